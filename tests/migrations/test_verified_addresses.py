"""Addresses of databases from before they were verified: all count as verified, and no two that are one do."""

from typing import Any

import psycopg
import pytest
from alembic import command

from app.db.identifiers import new_id
from app.delivery.addresses import key_of
from app.local.embedded_postgres import Addresses
from tests.migrations.conftest import alembic_config
from tests.migrations.test_released import LAST_REVISION, load

ADDRESSES = {
    # In the order in which people have registered; True of those that are verified after the upgrade.
    "aino@straße.example": True,
    "aino@xn--strae-oqa.example": False,
    "aino@strasse.example": True,
    "BERTA@example.org": True,
    "berta@example.org": False,
    "berta@ｅxample.org": False,
    "not an address": True,
    "cecilia@exam_ple.org": True,
    "Cecilia@EXAM_PLE.org": False,
}


def add_people(connection: psycopg.Connection[Any]) -> list[Any]:
    """The same addresses in both study centres, whose people have registered in the order of the list."""
    centres = [centre for (centre,) in connection.execute("SELECT id FROM study_centres").fetchall()]
    for centre in centres:
        connection.execute("SELECT set_config('app.study_centre_id', %s, false)", [str(centre)])
        for day, address in enumerate(ADDRESSES, 1):
            connection.execute(
                "INSERT INTO persons (study_centre_id, id, name, email, created_at) "
                "VALUES (%s, %s, 'Aino Vanha', %s, %s)",
                [centre, new_id(), address, f"2020-01-{day:02}"],
            )
    return centres


@pytest.mark.parametrize("version", LAST_REVISION)
def test_of_addresses_that_become_equal_the_oldest_is_verified(version: str, empty_database: Addresses) -> None:
    load(version, empty_database)
    with psycopg.connect(empty_database.admin, autocommit=True) as admin:
        centres = add_people(admin)
        config = alembic_config(empty_database.owner, empty_database.service)
        command.upgrade(config, "head")
        assert len(centres) == 2
        for centre in centres:
            rows = admin.execute(
                "SELECT email, verified_email, verified_email_key, verified_at IS NOT NULL FROM persons "
                "WHERE study_centre_id = %s AND name = 'Aino Vanha'",
                [centre],
            ).fetchall()
            verified = {email: (address, key, at) for email, address, key, at in rows}
            expected = {
                email: (email, key_of(email), True) if is_verified else (None, None, False)
                for email, is_verified in ADDRESSES.items()
            }
            assert verified == expected
        others = admin.execute("SELECT DISTINCT verified_email = email FROM persons WHERE name <> 'Aino Vanha'")
        assert others.fetchall() == [(True,)]


def test_the_version_before_finds_each_address_once(empty_database: Addresses) -> None:
    config = alembic_config(empty_database.owner, empty_database.service)
    command.upgrade(config, "verified_addresses")
    centre, first, second = new_id(), new_id(), new_id()
    with psycopg.connect(empty_database.admin, autocommit=True) as admin:
        admin.execute("INSERT INTO study_centres (id, name) VALUES (%s, 'Opintokeskus')", [centre])
        admin.execute("SELECT set_config('app.study_centre_id', %s, false)", [str(centre)])
        for person, verified in ((first, None), (second, "sama@example.org")):
            admin.execute(
                "INSERT INTO persons (study_centre_id, id, name, email, created_at, verified_email, "
                "verified_email_key, verified_at) VALUES (%(centre)s, %(id)s, 'Aino', 'sama@example.org', now(), "
                "%(verified)s, %(verified)s, CASE WHEN %(verified)s::text IS NOT NULL THEN now() END)",
                {"centre": centre, "id": person, "verified": verified},
            )
        command.downgrade(config, "-1")
        assert dict(admin.execute("SELECT id, email FROM persons").fetchall()) == {
            first: f"{first}@unverified.invalid",
            second: "sama@example.org",
        }
        command.upgrade(config, "verified_addresses")
        assert admin.execute("SELECT count(*) FROM persons WHERE verified_email = email").fetchone() == (2,)


def test_the_version_before_finds_addresses_in_lower_case(empty_database: Addresses) -> None:
    config = alembic_config(empty_database.owner, empty_database.service)
    command.upgrade(config, "verified_addresses")
    centres = [new_id(), new_id()]
    # Address, verified address; and the address afterwards.
    people = [
        ("ÄITI@Example.org", "ÄITI@Example.org", "äiti@example.org"),
        ("Aino@example.org", None, None),
        ("AINO@example.org", "AINO@example.org", "aino@example.org"),
        ("aino@example.org", None, None),
        ("berta@example.org", "Old@example.org", "berta@example.org"),
    ]
    with psycopg.connect(empty_database.admin, autocommit=True) as admin:
        after = {}
        for centre in centres:
            admin.execute("INSERT INTO study_centres (id, name) VALUES (%s, 'Opintokeskus')", [centre])
            admin.execute("SELECT set_config('app.study_centre_id', %s, false)", [str(centre)])
            for email, verified, expected in people:
                person = new_id()
                after[person] = expected or f"{person}@unverified.invalid"
                admin.execute(
                    "INSERT INTO persons (study_centre_id, id, name, email, created_at, verified_email, "
                    "verified_email_key, verified_at) VALUES (%(centre)s, %(id)s, 'Aino', %(email)s, now(), "
                    "%(verified)s, %(key)s, CASE WHEN %(key)s::text IS NOT NULL THEN now() END)",
                    {
                        "centre": centre,
                        "id": person,
                        "email": email,
                        "verified": verified,
                        "key": verified and key_of(verified),
                    },
                )
        command.downgrade(config, "-1")
        assert dict(admin.execute("SELECT id, email FROM persons").fetchall()) == after


def test_an_invitation_from_before_is_found_however_its_address_is_written(empty_database: Addresses) -> None:
    config = alembic_config(empty_database.owner, empty_database.service)
    command.upgrade(config, "pool_last")
    centres, removed = [new_id(), new_id()], None
    with psycopg.connect(empty_database.admin, autocommit=True) as admin:
        # The invitations alone: neither their organisations nor the people are needed.
        admin.execute("SET session_replication_role = replica")
        for centre in centres:
            for email in ("Aino@straße.example", removed):
                admin.execute(
                    "INSERT INTO role_invitations (study_centre_id, id, organisation_id, role, email, state, "
                    "invited_by, invited_at, expires_at, token_digest) VALUES (%(centre)s, %(id)s, %(id)s, "
                    "'unit_manager', %(email)s, 'open', %(id)s, now(), now() + interval '14 days', '\\x00'::bytea "
                    "|| decode(replace(%(id)s::text, '-', ''), 'hex'))",
                    {"centre": centre, "id": new_id(), "email": email},
                )
        command.upgrade(config, "head")
        keys = admin.execute("SELECT study_centre_id, email, email_key FROM role_invitations").fetchall()
        found = [("Aino@straße.example", key_of("Aino@straße.example")), (removed, None)]
        assert sorted(keys, key=str) == sorted(((centre, *one) for centre in centres for one in found), key=str)
