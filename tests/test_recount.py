"""`python -m app.recount`."""

import psycopg
import pytest

from app import recount, setup
from app.db.identifiers import new_id
from app.local.embedded_postgres import Addresses
from tests.sandbox import another_database, role_prefix_of

FIGURE = """
INSERT INTO training_figures (central_organisation_id, year, organisation_id, hour_type, supported, month, topic, mode,
    municipality, used_hours, changed_at)
VALUES (%(id)s, 2023, %(id)s, 'training', true, 4, '', '', '', 6, now())
"""
ORGANISATION = """
INSERT INTO organisations (id, kind, central_organisation_id, name, sort_key, search_text, active_from, created_at)
VALUES (%(id)s, 'central', %(id)s, 'Marttaliitto', '', '', '2000-01-01', now())
"""


def test_figures_that_are_astray_are_reported_and_put_right(
    postgres_cluster: Addresses, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with another_database(postgres_cluster) as made:
        monkeypatch.setenv("OWNER_DATABASE_URL", made.owner)
        monkeypatch.setenv("ROLE_PREFIX", role_prefix_of(made))
        assert setup.main(["--study-centre", "Opintokeskus", "--staff", "https://id.example", "subject-1"]) == 0
        with psycopg.connect(made.owner, autocommit=True) as owner:
            [(centre,)] = owner.execute("SELECT study_centre_id FROM callers").fetchall()
            owner.execute("SELECT set_config('app.study_centre_id', %s, false)", [str(centre)])
            parameters = {"id": new_id()}
            owner.execute(ORGANISATION, parameters)
            owner.execute(FIGURE, parameters)
            assert recount.main() == 0
            assert owner.execute("SELECT * FROM training_figures_astray").fetchall() == []
        assert f"Study centre {centre}: 1 figures were astray." in capsys.readouterr().out


def test_it_needs_the_tables_owner(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("OWNER_DATABASE_URL", raising=False)
    assert recount.main() == 2
    assert "OWNER_DATABASE_URL" in capsys.readouterr().err
