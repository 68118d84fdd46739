"""A central organisation in March 2023 with 500 hours, an association below it, and the plans of their courses."""

import io
import logging
from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

import httpx
import pytest
import structlog

from app import logs
from app.domain.hours.ledger import grant, pool_change
from tests.builders import Centre, Person
from tests.document import check_answer
from tests.server import NO_TLS

PATH = "/v1/trainings"


@pytest.fixture
def central(centre: Centre) -> UUID:
    """Trainings of 2023 are added from December 2022, and its statements by 18 January 2024."""
    central = centre.organisation(name="Marttaliitto")
    centre.post(2023, pool_change(1000), grant(central, 500))
    centre.deadline("training_entry", date(2022, 12, 1), None, year=2022, hours_year=2023)
    centre.deadline("cost_statement", None, date(2024, 1, 18), year=2024, hours_year=2023)
    return central


@pytest.fixture
def unit(centre: Centre, central: UUID) -> UUID:
    return centre.organisation(central, name="Hämeen Martat")


@pytest.fixture
def staff(centre: Centre) -> Person:
    return centre.staff()


@pytest.fixture
def manager(centre: Centre, unit: UUID) -> Person:
    """The association's training manager."""
    return centre.person("training_manager", unit)


@pytest.fixture
def main_user(centre: Centre, central: UUID) -> Person:
    return centre.main_user(central)


PLACE = {"name": "Järjestötalo", "municipality": "109", "street": "Raatihuoneenkatu 1", "postal_code": "13100"}


def session(day: str = "2023-04-15", begins: str = "10:00", ends: str = "16:00", **more: Any) -> dict[str, Any]:
    """Six hours of 45 minutes, with 90 minutes of breaks."""
    times = {"starts_at": f"{day}T{begins}:00+03:00", "ends_at": f"{day}T{ends}:00+03:00"}
    return times | {"break_minutes": 90, "parallel_groups": 1, "places": [PLACE]} | more


def plan(organisation_id: UUID, **more: Any) -> dict[str, Any]:
    """A complete plan of six hours."""
    return {
        "organisation_id": str(organisation_id),
        "year": 2023,
        "name": "Järjestön talous",
        "topic": "society",
        "target_group": "Rahastonhoitajat",
        "goals": "Osaa laatia talousarvion",
        "content": "Talousarvio ja kirjanpito",
        "methods": "Luento ja harjoituksia",
        "mode": "in_person",
        "language": "fi",
        "sessions": [session()],
        "trainers": [{"name": "Kaisa Kuusiranta"}],
        "planned_participants": 12,
        "planned_under_age": 0,
        "declarations": {"not_sold": True, "no_qualification": True, "cooperation_named": True},
    } | more


def added(person: Person, organisation_id: UUID, **more: Any) -> str:
    """The path of a new draft."""
    answer = person.post(PATH, plan(organisation_id, **more))
    assert answer.status_code == 201, answer.text
    return str(answer.headers["Location"])


def submitted(person: Person, organisation_id: UUID, **more: Any) -> str:
    path = added(person, organisation_id, **more)
    answer = person.post(f"{path}/submission")
    assert answer.status_code == 200, answer.text
    return path


def approved(person: Person, staff: Person, organisation_id: UUID, **more: Any) -> str:
    path = submitted(person, organisation_id, **more)
    answer = staff.post(f"{path}/decision", {"outcome": "approved"})
    assert answer.status_code == 200, answer.text
    return path


def account(person: Person, organisation_id: UUID, year: int = 2023) -> dict[str, Any]:
    answer = person.get(f"/v1/organisations/{organisation_id}/hour-accounts/{year}")
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


@pytest.fixture
def slug(centre: Centre) -> str:
    """The study centre's, which its public addresses begin with."""
    slug = f"malli-{str(centre.id)[-12:]}"
    centre.owner.execute("UPDATE study_centres SET slug = %s", [slug])
    return slug


@pytest.fixture
def public(centre: Centre) -> Iterator[httpx.Client]:
    """Anyone: a browser without a token."""
    hooks = {"response": [check_answer]}
    with httpx.Client(base_url=centre.address, timeout=60, verify=NO_TLS, event_hooks=hooks) as client:
        yield client


@pytest.fixture
def log(service: str) -> Iterator[io.StringIO]:
    """All that is logged while the test runs."""
    kept, handlers, level = structlog.get_config(), logging.root.handlers[:], logging.root.level
    stream = io.StringIO()
    assert service, "the service has set up its own log"
    logs.configure("DEBUG", stream)
    yield stream
    structlog.configure(**kept)
    logging.root.handlers = handlers
    logging.root.setLevel(level)
