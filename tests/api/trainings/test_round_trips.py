"""Round trips of training courses to the database: fixed numbers, however many courses there are (promises §3)."""

from collections.abc import Iterator
from datetime import date
from uuid import UUID

import pytest

from app.domain.hours.ledger import distribution, grant, pool_change
from app.local.embedded_postgres import Addresses
from app.sandbox.main import create_app
from app.settings import Settings
from tests.api.test_round_trips import trips
from tests.api.trainings.conftest import PATH, added, approved
from tests.api.trainings.test_cost_statements import sent
from tests.builders import Centre, Person
from tests.conftest import SECRET
from tests.round_trips import CountedConnection
from tests.server import serving

MANY = 12


@pytest.fixture(scope="module")
def counted_service(database: Addresses) -> Iterator[str]:
    settings = Settings(database_url=database.service, secret_key=SECRET, sandbox=True)
    with serving(create_app(settings, connection_class=CountedConnection)) as address:
        yield address


@pytest.fixture
def warm(centre: Centre, counted_service: str) -> tuple[Person, Person, UUID]:
    """A main user and staff, whose tokens and roles are known, and a unit."""
    centre.address = counted_service
    centre.deadline("training_entry", date(2022, 12, 1), None, year=2022, hours_year=2023)
    central = centre.organisation()
    centre.post(2023, pool_change(1000), grant(central, 1000))
    main_user, staff = centre.main_user(central), centre.staff()
    for person in (main_user, staff):
        assert person.get(PATH).status_code == 200
    return main_user, staff, centre.organisation(central)


def units_with_hours(centre: Centre, main_user: Person, unit: UUID, number: int) -> list[UUID]:
    """The unit and others beside it, each with too few hours of its own for a course."""
    central = UUID(main_user.get(f"/v1/organisations/{unit}").json()["central_organisation_id"])
    units = [unit, *(centre.organisation(central) for _ in range(number - 1))]
    centre.post(2023, *(distribution(central, each, 4) for each in units))
    return units


def test_a_plan_and_its_decision(warm: tuple[Person, Person, UUID]) -> None:
    """The beginning; the locks with all facts; the change with the plan as it is then; the lock of the hours with the
    free ones; and the closing statement with the posting. That is house §3's five. What moves no hours takes four."""
    main_user, staff, unit = warm
    path = added(main_user, unit)
    assert trips(main_user.post, f"{path}/submission") == 5
    assert trips(staff.post, f"{path}/decision", {"outcome": "sent_back", "reason": "Tarkenna"}) == 4
    # What it has reserved is read too.
    assert trips(main_user.post, f"{path}/submission") == 5
    assert trips(staff.post, f"{path}/decision", {"outcome": "rejected", "reason": "Ei tueta"}) == 5
    other = added(main_user, unit)
    main_user.post(f"{other}/submission")
    assert trips(staff.post, f"{other}/decision", {"outcome": "approved"}) == 4
    assert trips(main_user.get, other) == 2
    assert trips(main_user.get, PATH) == 2


@pytest.mark.parametrize("outcome", ["approved", "rejected"])
def test_many_plans_take_as_many_round_trips_as_one(warm: tuple[Person, Person, UUID], outcome: str) -> None:
    main_user, staff, unit = warm
    counted = []
    for number in (1, MANY):
        ids = [added(main_user, unit).rpartition("/")[2] for _ in range(number)]
        sent = trips(main_user.post, "/v1/training-submissions", {"year": 2023, "training_ids": ids})
        items = [{"training_id": each, "outcome": outcome, "reason": "Näin"} for each in ids]
        decided = trips(staff.post, "/v1/training-decisions", {"year": 2023, "items": items})
        counted.append((sent, decided))
    assert counted == [(5, 4 if outcome == "approved" else 5)] * 2


@pytest.mark.parametrize("outcome", ["approved", "rejected"])
def test_plans_of_many_units_take_as_many_round_trips_as_one(
    centre: Centre, warm: tuple[Person, Person, UUID], outcome: str
) -> None:
    main_user, staff, unit = warm
    units = units_with_hours(centre, main_user, unit, MANY)
    counted = []
    for number in (1, MANY):
        ids = [added(main_user, each).rpartition("/")[2] for each in units[:number]]
        sent = trips(main_user.post, "/v1/training-submissions", {"year": 2023, "training_ids": ids})
        items = [{"training_id": each, "outcome": outcome, "reason": "Näin"} for each in ids]
        decided = trips(staff.post, "/v1/training-decisions", {"year": 2023, "items": items})
        counted.append((sent, decided))
    assert counted == [(5, 4 if outcome == "approved" else 5)] * 2


def test_many_copies_take_as_many_round_trips_as_one(warm: tuple[Person, Person, UUID]) -> None:
    main_user, _, unit = warm
    path = added(main_user, unit)
    days = [f"2023-{month:02}-16" for month in range(1, MANY + 1)]
    assert [trips(main_user.post, f"{path}/copies", {"starts_on": days[:number]}) for number in (1, MANY)] == [6, 6]


@pytest.mark.parametrize("outcome", ["approved", "rejected", "sent_back"])
def test_many_cost_statements_take_as_many_round_trips_as_one(
    centre: Centre, warm: tuple[Person, Person, UUID], outcome: str
) -> None:
    main_user, staff, unit = warm
    counted = []
    for number in (1, MANY):
        centre.clock(2023, 3, 15, 12)
        trainings = [approved(main_user, staff, unit) for _ in range(number)]
        centre.clock(2023, 4, 20)
        ids = [sent(main_user, training).rpartition("/")[2] for training in trainings]
        items = [{"statement_id": each, "outcome": outcome, "reason": "Näin"} for each in ids]
        counted.append(trips(staff.post, "/v1/cost-statement-decisions", {"year": 2023, "items": items}))
    assert counted == [5 if outcome == "sent_back" else 6] * 2


def test_what_many_units_reserve_once_more_after_reversals(centre: Centre, warm: tuple[Person, Person, UUID]) -> None:
    main_user, staff, unit = warm
    units = units_with_hours(centre, main_user, unit, 3)
    counted = []
    for number in (1, 3):
        centre.clock(2023, 3, 15, 12)
        trainings = [approved(main_user, staff, each) for each in units[:number]]
        centre.clock(2023, 4, 20)
        for training in trainings:
            statement = sent(main_user, training)
            assert staff.post(f"{statement}/decision", {"outcome": "approved"}).status_code == 200
            assert staff.post(f"{statement}/reversal", {"reason": "Väärin kirjattu"}).status_code == 200
        ids = [sent(main_user, training).rpartition("/")[2] for training in trainings]
        items = [{"statement_id": each, "outcome": "approved"} for each in ids]
        counted.append(trips(staff.post, "/v1/cost-statement-decisions", {"year": 2023, "items": items}))
    assert counted == [6] * 2
