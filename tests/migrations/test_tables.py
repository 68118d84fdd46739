"""A table that `create_table` makes has the same protection as those of the released migrations."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic import command
from alembic.script import ScriptDirectory
from psycopg import sql

from app.local.embedded_postgres import Addresses
from tests.migrations.conftest import alembic_config, user_of

REVISION = """
from migrations.tables import create_table

revision = "hour_handbacks"
down_revision = "{head}"


def upgrade() -> None:
    create_table(
        "hour_handbacks",
        '''
        id uuid NOT NULL,
        organisation_id uuid NOT NULL,
        year smallint NOT NULL,
        hours integer NOT NULL,
        grounds text,
        state text NOT NULL,
        booked_by uuid NOT NULL,
        booked_at timestamptz NOT NULL,
        changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        cancelled_by uuid,
        cancelled_at timestamptz,
        reference text DEFAULT take_reference(NULL),
        handler_id uuid
        ''',
        references={{
            "organisation_id": "organisations",
            "booked_by": "actors",
            "cancelled_by": "actors",
            "handler_id": "persons",
        }},
        rights="SELECT, INSERT",
    )
"""


@pytest.fixture
def twins(empty_database: Addresses, tmp_path: Path) -> Iterator[tuple[psycopg.Connection[Any], str]]:
    """The returns, which a released migration made, and the handbacks, which must be the same."""
    config = alembic_config(empty_database.owner, empty_database.service)
    head = ScriptDirectory.from_config(config).get_current_head()
    (tmp_path / "hour_handbacks.py").write_text(REVISION.format(head=head), encoding="utf-8")
    config.set_main_option("version_locations", os.pathsep.join(("migrations/versions", str(tmp_path))))
    command.upgrade(config, "head")
    with psycopg.connect(empty_database.admin, autocommit=True) as admin:
        yield admin, user_of(empty_database.service)


def both(admin: psycopg.Connection[Any], question: str, *parameters: object) -> tuple[list[Any], list[Any]]:
    """The rows of the query for each of the two tables; `{}` is the table's name."""
    returns, handbacks = (
        admin.execute(sql.SQL(question).format(sql.Literal(table)), parameters).fetchall()
        for table in ("hour_returns", "hour_handbacks")
    )
    return returns, handbacks


def test_the_columns_are_the_same(twins: tuple[psycopg.Connection[Any], str]) -> None:
    returns, handbacks = both(
        twins[0],
        "SELECT column_name, data_type, is_nullable, column_default FROM information_schema.columns "
        "WHERE table_name = {} ORDER BY ordinal_position",
    )
    assert handbacks == returns
    assert returns[0] == ("study_centre_id", "uuid", "NO", "own_study_centre()")


def test_the_policy_is_the_same_and_forced(twins: tuple[psycopg.Connection[Any], str]) -> None:
    returns, handbacks = both(
        twins[0],
        "SELECT c.relrowsecurity, c.relforcerowsecurity, p.polname, p.polcmd, p.polpermissive, p.polroles, "
        "pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid) "
        "FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid WHERE c.oid = {}::regclass",
    )
    assert handbacks == returns
    assert len(returns) == 1
    assert returns[0][:2] == (True, True)


def test_the_services_rights_are_the_same(twins: tuple[psycopg.Connection[Any], str]) -> None:
    admin, service = twins
    returns, handbacks = both(
        admin,
        "SELECT p.name, has_table_privilege(%s, {}, p.name) FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', "
        "'TRUNCATE', 'REFERENCES', 'TRIGGER']) p (name)",
        service,
    )
    assert handbacks == returns
    assert {name for name, has in returns if has} == {"SELECT", "INSERT"}


def test_the_key_and_the_foreign_keys_include_the_study_centre(twins: tuple[psycopg.Connection[Any], str]) -> None:
    returns, handbacks = both(
        twins[0],
        "SELECT contype, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE conrelid = {}::regclass AND contype IN ('p', 'f') ORDER BY 1, 2",
    )
    of_centre = ("f", "FOREIGN KEY (study_centre_id) REFERENCES study_centres(id)")
    assert [row for row in handbacks if row != of_centre] == returns
    assert of_centre in handbacks
