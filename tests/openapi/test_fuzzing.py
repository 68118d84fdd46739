"""Schemathesis over every operation: no 5xx, and no answer outside the document."""

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from app.domain.hours.ledger import distribution, grant, pool_change
from openapi.__main__ import COMMITTED
from tests.builders import Centre, Person

CONFIG = Path(__file__).with_name("schemathesis.toml")


@pytest.fixture
def staff_and_main_user(centre: Centre) -> dict[str, Person]:
    """A study centre with a little of everything, in the spring's change window, with an open round."""
    central = centre.organisation(name="Keskusjärjestö")
    district = centre.organisation(central, name="Piiri", kind="district")
    association = centre.organisation(district, name="Yhdistys")
    other = centre.organisation(name="Toinen keskusjärjestö")
    centre.change_window()
    centre.deadline("proposal_round", date(2023, 1, 1), date(2023, 12, 31))
    centre.deadline("cost_statement", None, date(2023, 1, 18))
    for year in (2022, 2023, 2024):
        centre.post(year, pool_change(1_000_000))
        centre.post(year, grant(central, 1000), grant(other, 1000))
        centre.post(year, distribution(central, association, 100))
    return {"staff": centre.staff(), "main_user": centre.main_user(central)}


@pytest.mark.parametrize("role", ["staff", "main_user"])
def test_no_answer_is_outside_the_document(service: str, staff_and_main_user: dict[str, Person], role: str) -> None:
    person = staff_and_main_user[role]
    found = subprocess.run(
        [
            Path(sys.executable).with_name("schemathesis"),
            f"--config-file={CONFIG}",
            "--no-color",
            "run",
            str(COMMITTED),
            f"--url={service}",
            f"--header=Authorization: {person.client.headers['Authorization']}",
            *os.environ.get("FUZZ", "--max-examples=5").split(),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout + found.stderr
