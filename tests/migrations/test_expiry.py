"""What waits for ever in a database of a released version expires with the upgrade, and nobody gets an email."""

from typing import Any

import psycopg
import pytest
from alembic import command

from app.db.identifiers import new_id
from app.local.embedded_postgres import Addresses
from tests.migrations.conftest import alembic_config
from tests.migrations.test_released import LAST_REVISION, load

CLOSED, DECIDED, OPEN = 2031, 2032, 2033
MADE, CLOSED_AT, DECIDED_AT = "2030-10-01 12:00+03", "2032-02-01 12:00+02", "2030-09-01 12:00+03"


def add_open_rows(admin: psycopg.Connection[Any]) -> None:
    """In each study centre a draft and a request of a closed, a decided and an open year."""
    for (centre,) in admin.execute("SELECT id FROM study_centres").fetchall():
        admin.execute("SELECT set_config('app.study_centre_id', %s, false)", [str(centre)])
        (person,) = _one(admin, "SELECT id FROM persons WHERE study_centre_id = %s LIMIT 1", centre)
        (central,) = _one(
            admin, "SELECT id FROM organisations WHERE study_centre_id = %s AND kind = 'central' LIMIT 1", centre
        )
        admin.execute(
            "INSERT INTO hour_pools (study_centre_id, year, closed_at) VALUES (%s, %s, %s)", [centre, CLOSED, CLOSED_AT]
        )
        admin.execute(
            "INSERT INTO hour_decisions (study_centre_id, id, organisation_id, year, hours, decided_by, decided_at) "
            "VALUES (%s, %s, %s, %s, 0, %s, %s)",
            [centre, new_id(), central, DECIDED, person, DECIDED_AT],
        )
        for year in (CLOSED, DECIDED, OPEN):
            admin.execute(
                "INSERT INTO hour_proposals (study_centre_id, id, organisation_id, central_organisation_id, year, "
                "state, created_by, created_at) VALUES (%s, %s, %s, %s, %s, 'draft', %s, %s)",
                [centre, new_id(), central, central, year, person, MADE],
            )
            admin.execute(
                "INSERT INTO supplementary_hour_requests (study_centre_id, id, organisation_id, year, hours, grounds, "
                "state, submitted_by, submitted_at) VALUES (%s, %s, %s, %s, 5, '', 'submitted', %s, %s)",
                [centre, new_id(), central, year, person, MADE],
            )


def _one(admin: psycopg.Connection[Any], statement: str, *parameters: Any) -> Any:
    return admin.execute(statement, parameters).fetchone()


@pytest.mark.parametrize("version", LAST_REVISION)
def test_open_rows_of_closed_years_and_decided_hours_expire(version: str, empty_database: Addresses) -> None:
    load(version, empty_database)
    with psycopg.connect(empty_database.admin, autocommit=True) as admin:
        add_open_rows(admin)
        (events,) = _one(admin, "SELECT count(*) FROM outbox")
        config = alembic_config(empty_database.owner, empty_database.service)
        command.upgrade(config, "head")
        for table, in_decided in (("hour_proposals", "expired"), ("supplementary_hour_requests", "submitted")):
            rows = admin.execute(
                f"SELECT DISTINCT year, state, expired_because FROM {table} WHERE year >= %s ORDER BY year",
                [CLOSED],
            ).fetchall()
            untouched = "draft" if table == "hour_proposals" else "submitted"
            because = "decided" if in_decided == "expired" else None
            assert rows == [
                (CLOSED, "expired", "year_closed"),
                (DECIDED, in_decided, because),
                (OPEN, untouched, None),
            ]
        # A proposal that was made after the decision ended when it was made.
        at = "SELECT DISTINCT year, expired_at = %s FROM hour_proposals WHERE state = 'expired' AND year = %s"
        assert admin.execute(at, [CLOSED_AT, CLOSED]).fetchall() == [(CLOSED, True)]
        assert admin.execute(at, [MADE, DECIDED]).fetchall() == [(DECIDED, True)]
        recorded = "SELECT action, count(*) FROM audit_entries WHERE action LIKE '%expired' GROUP BY 1 ORDER BY 1"
        assert admin.execute(recorded).fetchall() == [
            ("hour-proposal.expired", 4),
            ("supplementary-hour-request.expired", 2),
        ]
        assert _one(admin, "SELECT count(*) FROM outbox") == (events,)
        assert _one(admin, "SELECT count(*) FROM hours_left_open") == (0,)
        command.downgrade(config, "posting_plans")
        states = admin.execute("SELECT DISTINCT state FROM hour_proposals WHERE year >= %s ORDER BY 1", [CLOSED])
        assert states.fetchall() == [("draft",), ("withdrawn",)]
