"""Flags of cost statements: what staff and auditors should look at, and what decides nothing."""

from typing import Any
from uuid import UUID

import pytest

from app.db.identifiers import new_id
from app.domain.hours.ledger import grant
from tests.api.trainings.conftest import approved, session
from tests.api.trainings.test_cost_statements import PATH, add, decide, drafted, sent, shown
from tests.builders import FOREVER, Centre, Person, refusal

IBAN = "FI2112345600000785"
TRAINER = [{"name": "Kaisa Kuusiranta"}]
OTHER_TRAINER = [{"name": "Oskari Olematon"}]


def flags(person: Person, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = shown(person.get(path))["flags"]
    return found


def account_of(centre: Centre, organisation_id: UUID, person: Person, iban: str = IBAN) -> None:
    centre.owner.execute(
        "INSERT INTO bank_account_changes (id, organisation_id, iban, holder, state, proposed_by, proposed_at, "
        "decided_by, decided_at, payments_held_until) "
        "VALUES (%s, %s, %s, 'Martat ry', 'approved', %s, %s, %s, %s, %s)",
        [new_id(), organisation_id, iban, person.id, FOREVER, centre.staff().id, FOREVER, FOREVER],
    )


@pytest.fixture
def other_central(centre: Centre, central: UUID) -> UUID:
    other = centre.organisation(name="Toinen liitto")
    centre.post(2023, grant(other, 100))
    assert central != other
    return other


def test_an_account_of_another_tree_is_flagged_for_staff_and_auditors_alone(
    centre: Centre, manager: Person, staff: Person, central: UUID, unit: UUID, other_central: UUID
) -> None:
    account_of(centre, central, staff)
    account_of(centre, unit, staff, "FI7944052020036082")
    account_of(centre, unit, staff)
    account_of(centre, other_central, staff)
    held = approved(manager, staff, unit)
    centre.clock(2023, 4, 20)
    path = sent(manager, held)
    flag = {"code": "account-in-other-tree", "training_id": None, "organisation_id": str(other_central)}
    for reader in (staff, centre.person("auditor")):
        assert flags(reader, path) == [flag]
    for reader in (manager, centre.main_user(central)):
        assert flags(reader, path) == []
    assert shown(decide(staff, path))["state"] == "approved"
    # An account that is no longer in force says nothing.
    account_of(centre, other_central, staff, "FI7944052020036082")
    second = approved(manager, staff, unit, sessions=[session("2023-04-22")])
    centre.clock(2023, 4, 24)
    assert flags(staff, sent(manager, second)) == []


def test_a_trainer_and_a_participant_in_two_places(
    centre: Centre, manager: Person, staff: Person, unit: UUID, other_central: UUID
) -> None:
    other_manager = centre.person("training_manager", other_central)
    here = approved(manager, staff, unit, trainers=TRAINER)
    there = [
        approved(other_manager, staff, other_central, trainers=trainers, sessions=[session(begins=begins, ends=ends)])
        for trainers, begins, ends in (
            ([{"name": "kaisa kuusiranta"}], "15:00", "18:00"),
            (TRAINER, "16:00", "19:00"),
            (OTHER_TRAINER, "09:00", "12:00"),
        )
    ]
    for training, person in ((here, manager), (there[2], other_manager)):
        participant = {"name": "Aino Esimerkki", "email": "aino@example.org", "gender": None, "under_age": False}
        assert person.post(f"{training}/participants", participant).status_code == 201
    centre.clock(2023, 4, 20)
    path = sent(manager, here, participants={"of_age": 1})
    found = {(flag["code"], flag["training_id"]) for flag in flags(staff, path)}
    assert found == {
        ("trainer-in-two-places", there[0].rpartition("/")[2]),
        ("participant-in-two-places", there[2].rpartition("/")[2]),
    }


def test_a_trainer_is_the_same_in_capital_letters_and_with_accents(
    centre: Centre, manager: Person, staff: Person, unit: UUID, other_central: UUID
) -> None:
    other_manager = centre.person("training_manager", other_central)
    here = approved(manager, staff, unit, trainers=[{"name": "Åsa Öhman"}])
    there = approved(other_manager, staff, other_central, trainers=[{"name": "ÅSA ÖHMAN"}])
    centre.clock(2023, 4, 20)
    found = [(flag["code"], flag["training_id"]) for flag in flags(staff, sent(manager, here))]
    assert found == [("trainer-in-two-places", there.rpartition("/")[2])]


def test_a_course_of_several_weeks_is_found_from_each_of_its_days(
    centre: Centre, manager: Person, staff: Person, unit: UUID, other_central: UUID
) -> None:
    other_manager = centre.person("training_manager", other_central)
    days = [session(day) for day in ("2023-03-20", "2023-04-15", "2023-05-20")]
    long = approved(other_manager, staff, other_central, trainers=TRAINER, sessions=days)
    paths = [
        approved(manager, staff, unit, trainers=TRAINER, sessions=[session(day)])
        for day in ("2023-03-20", "2023-04-15", "2023-04-16", "2023-05-20")
    ]
    of_both = approved(manager, staff, unit, trainers=TRAINER, sessions=[session("2023-05-19"), session("2023-05-20")])
    centre.clock(2023, 5, 21)
    for path, meets in zip(paths, (True, True, False, True), strict=True):
        found = [flag["training_id"] for flag in flags(staff, sent(manager, path))]
        assert (long.rpartition("/")[2] in found) is meets, path
    assert {flag["training_id"] for flag in flags(staff, sent(manager, of_both))} == {
        each.rpartition("/")[2] for each in (long, paths[3])
    }


def test_the_same_sessions_stated_twice(centre: Centre, manager: Person, staff: Person, unit: UUID) -> None:
    first, second, third = (
        approved(manager, staff, unit, trainers=trainers, sessions=[session(f"2023-04-{day}")])
        for trainers, day in ((TRAINER, 15), (OTHER_TRAINER, 15), (TRAINER, 16))
    )
    centre.clock(2023, 4, 20)
    assert flags(staff, sent(manager, first)) == []
    found = [(flag["code"], flag["training_id"]) for flag in flags(staff, sent(manager, second))]
    assert found == [("sessions-stated-twice", first.rpartition("/")[2])]
    assert flags(staff, sent(manager, third)) == []


def test_hours_that_cost_over_three_times_the_median(
    centre: Centre, manager: Person, staff: Person, unit: UUID
) -> None:
    trainings = [approved(manager, staff, unit, sessions=[session(f"2023-05-{day:02}")]) for day in range(1, 23)]
    centre.clock(2023, 5, 25)
    # An hour costs 10 euros in each of the first twenty.
    cheap = [{"category": "venue", "cents": 6_000}]
    limit, over = ([{"category": "venue", "cents": cents}] for cents in (18_000, 18_001))
    items = []
    for training in trainings[:19]:
        path = sent(manager, training, costs=cheap)
        items.append({"statement_id": path.rpartition("/")[2], "outcome": "approved"})
    shown(staff.post("/v1/cost-statement-decisions", {"year": 2023, "items": items}))
    twentieth = sent(manager, trainings[19], costs=over)
    assert flags(staff, twentieth) == []
    shown(decide(staff, twentieth))
    assert flags(staff, sent(manager, trainings[20], costs=limit)) == []
    found = flags(staff, sent(manager, trainings[21], costs=over))
    assert found == [{"code": "costly-hours", "training_id": None, "organisation_id": None}]


def test_numbers_come_from_the_list_of_participants(centre: Centre, manager: Person, staff: Person, unit: UUID) -> None:
    held = approved(manager, staff, unit)
    for number, gender in enumerate(("female", "female", "male", None)):
        body = {"name": "Aino", "email": f"{number}@example.org", "gender": gender, "under_age": number == 3}
        assert manager.post(f"{held}/participants", body).status_code == 201
    answer = add(manager, held)
    assert refusal(answer) == (422, "validation")
    assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [
        ("/participants", "counted-from-list")
    ]
    counted = {"of_age": 3, "under_age": 1, "female": 2, "male": 1, "other": 0}
    path = drafted(manager, held, participants=counted)
    assert refusal(manager.patch(path, {"participants": None})) == (422, "validation")
    assert shown(manager.patch(path, {"hours": 4}))["participants"] == counted
    body = {"name": "Eino", "email": "4@example.org", "gender": "other", "under_age": False}
    assert manager.post(f"{held}/participants", body).status_code == 201
    counted |= {"of_age": 4, "other": 1}
    assert shown(staff.get(path))["participants"] == counted
    centre.clock(2023, 4, 20)
    assert shown(manager.post(f"{path}/submission"))["participants"] == counted
    assert shown(staff.get(f"{PATH}/{path.rpartition('/')[2]}"))["participants"] == counted
    assert refusal(manager.post(f"{held}/participants", body | {"email": "5@example.org"})) == (409, "wrong-state")
