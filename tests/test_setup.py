"""`python -m app.setup`: the first study centre and its first staff member."""

import os
from collections.abc import Iterator

import psycopg
import pytest

from app import setup
from app.db.schema import prepared_database
from app.local.embedded_postgres import Addresses
from tests.sandbox import another_database, role_prefix_of

ARGUMENTS = ["--study-centre", "Opintokeskus Uusi", "--staff", "https://id.example", "subject-1"]


@pytest.fixture
def database(postgres_cluster: Addresses, monkeypatch: pytest.MonkeyPatch) -> Iterator[Addresses]:
    with another_database(postgres_cluster) as made:
        monkeypatch.setenv("OWNER_DATABASE_URL", made.owner)
        monkeypatch.setenv("ROLE_PREFIX", role_prefix_of(made))
        yield made


def people(database: Addresses) -> list[tuple[object, ...]]:
    with psycopg.connect(database.admin, dbname=database.owner.rpartition("/")[2]) as admin:
        return admin.execute(
            "SELECT s.name, c.issuer, c.subject, p.name, p.email, g.role, g.organisation_id FROM callers c "
            "JOIN study_centres s ON s.id = c.study_centre_id JOIN persons p ON p.id = c.person_id "
            "JOIN role_grants g ON g.person_id = p.id ORDER BY c.subject"
        ).fetchall()


def test_an_empty_database_gets_its_study_centre_and_its_staff(
    database: Addresses, capsys: pytest.CaptureFixture[str]
) -> None:
    assert setup.main([*ARGUMENTS, "--name", "Aino Alku", "--email", "Aino@example.org"]) == 0
    assert "Opintokeskus Uusi" in capsys.readouterr().out
    assert people(database) == [
        ("Opintokeskus Uusi", "https://id.example", "subject-1", "Aino Alku", "Aino@example.org", "staff", None)
    ]
    with psycopg.connect(database.admin, dbname=database.owner.rpartition("/")[2]) as admin:
        assert admin.execute("SELECT min(year), max(year), count(*) FROM support_rules").fetchone() == (2014, 2025, 12)
        assert admin.execute("SELECT count(*) FROM topic_classes WHERE active").fetchone() == (26,)


def test_the_same_staff_member_is_refused_and_nothing_is_changed(
    database: Addresses, capsys: pytest.CaptureFixture[str]
) -> None:
    assert setup.main(ARGUMENTS) == 0
    assert setup.main(ARGUMENTS) == 1
    assert "already" in capsys.readouterr().err
    assert len(people(database)) == 1
    with psycopg.connect(database.admin, dbname=database.owner.rpartition("/")[2]) as admin:
        assert admin.execute("SELECT count(*) FROM study_centres").fetchone() == (1,)


def test_a_second_study_centre_has_its_own_staff(database: Addresses) -> None:
    assert setup.main(ARGUMENTS) == 0
    assert setup.main(["--study-centre", "Toinen", "--staff", "https://id.example", "subject-2"]) == 0
    assert [row[0] for row in people(database)] == ["Opintokeskus Uusi", "Toinen"]


def test_a_sandbox_is_left_alone(database: Addresses, capsys: pytest.CaptureFixture[str]) -> None:
    with prepared_database(database.owner, os.environ["ROLE_PREFIX"], sandbox=True):
        pass
    assert setup.main(ARGUMENTS) == 1
    assert "belongs to a sandbox" in capsys.readouterr().err
    assert people(database) == []


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ARGUMENTS[:2],
        ARGUMENTS[2:],
        ARGUMENTS[:4],
        ["--study-centre", " ", *ARGUMENTS[2:]],
        [*ARGUMENTS, "--what"],
        [*ARGUMENTS, "--email", "staff@printer.local"],
    ],
)
@pytest.mark.usefixtures("database")
def test_wrong_use_is_explained_and_ends_with_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        setup.main(arguments)
    assert ended.value.code == 2


def test_without_a_database_there_is_nothing_to_set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OWNER_DATABASE_URL", raising=False)
    assert setup.main(ARGUMENTS) == 2
    monkeypatch.setenv("OWNER_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    assert setup.main(ARGUMENTS) == 1


def test_the_role_of_the_service_sets_nothing_up(
    database: Addresses, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OWNER_DATABASE_URL", database.service)
    assert setup.main(ARGUMENTS) == 1
    with prepared_database(database.owner, role_prefix_of(database), sandbox=False):
        pass
    assert setup.main(ARGUMENTS) == 1
    assert capsys.readouterr().err.count("OWNER_DATABASE_URL needs the role that owns the tables") == 2
    assert people(database) == []
