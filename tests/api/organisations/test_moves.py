"""Moving and ending organisations: `PATCH /v1/organisations/{id}`."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import psycopg
import pytest

from app.db.identifiers import new_id
from app.domain.hours.ledger import distribution, grant, lapse, pool_change, recall, reservation, use
from tests.api.organisations.test_organisations import PATH, ancestors
from tests.builders import FOREVER, Centre, Person, refusal


@pytest.fixture
def central(centre: Centre) -> UUID:
    """A central organisation with 1,000 hours of 2023."""
    central = centre.organisation()
    centre.post(2023, pool_change(2000), grant(central, 1000))
    return central


@pytest.fixture
def district(centre: Centre, central: UUID) -> UUID:
    return centre.organisation(central, kind="district")


@pytest.fixture
def association(centre: Centre, district: UUID) -> UUID:
    return centre.organisation(district)


def move(person: Person, organisation_id: UUID, parent_id: UUID) -> Any:
    return person.patch(f"{PATH}/{organisation_id}", {"parent_id": str(parent_id)})


def end(person: Person, organisation_id: UUID, last_day: str) -> Any:
    return person.patch(f"{PATH}/{organisation_id}", {"active_until": last_day})


def propose(centre: Centre, organisation_id: UUID, central: UUID, *, year: int = 2023, state: str = "draft") -> None:
    centre.owner.execute(
        "INSERT INTO hour_proposals (id, organisation_id, central_organisation_id, year, state, created_by, "
        "created_at) VALUES (%s, %s, %s, %s, %s, %s, %s)",
        [new_id(), organisation_id, central, year, state, centre.person().id, FOREVER],
    )


def test_a_main_user_moves_a_unit_with_all_below_it(
    centre: Centre, central: UUID, district: UUID, association: UUID
) -> None:
    main_user = centre.main_user(central)
    deeper = centre.organisation(association)
    other = centre.organisation(central, kind="district")
    answer = move(main_user, association, other)
    assert (answer.status_code, answer.json()["parent_id"]) == (200, str(other))
    assert ancestors(centre, association) == [association, other, central]
    assert ancestors(centre, deeper) == [deeper, association, other, central]
    assert ancestors(centre, district) == [district, central]
    listed = main_user.get(PATH, params={"under": str(other)}).json()["items"]
    assert {item["id"] for item in listed} == {str(one) for one in (other, association, deeper)}


def test_a_move_within_the_central_organisation_recalls_no_hours(
    centre: Centre, staff: Person, central: UUID, association: UUID
) -> None:
    centre.post(2023, distribution(central, association, 10))
    assert move(staff, association, central).status_code == 200


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_no_organisation_is_below_itself(
    centre: Centre, staff: Person, district: UUID, association: UUID, depth: int
) -> None:
    parent = (district, association, centre.organisation(association))[depth]
    answer = move(staff, district, parent)
    assert refusal(answer) == (409, "organisation-cycle")
    assert (answer.json()["organisation_id"], answer.json()["parent_id"]) == (str(district), str(parent))


def test_staff_move_a_unit_to_another_central_organisation_with_all_below_it(
    centre: Centre, staff: Person, central: UUID, district: UUID, association: UUID
) -> None:
    propose(centre, association, central, state="decided")
    other = centre.organisation()
    answer = move(staff, district, other)
    assert (answer.status_code, answer.json()["central_organisation_id"]) == (200, str(other))
    assert answer.headers["ETag"] == staff.get(f"{PATH}/{district}").headers["ETag"]
    assert staff.get(f"{PATH}/{association}").json()["central_organisation_id"] == str(other)
    assert ancestors(centre, association) == [association, district, other]
    assert centre.main_user(central).get(f"{PATH}/{association}").status_code == 404
    assert centre.main_user(other).get(f"{PATH}/{association}").status_code == 200
    # Transfers from before stay with the old central organisation.
    assert centre.rows("SELECT central_organisation_id FROM hour_proposals") == [(central,)]


def test_a_main_user_moves_nothing_to_another_central_organisation(
    centre: Centre, central: UUID, district: UUID
) -> None:
    other = centre.organisation()
    main_user = centre.main_user(central)
    answer = move(main_user, district, other)
    assert refusal(answer) == (404, "not-found")
    assert answer.json()["pointer"] == "/parent_id"
    of_both = centre.main_user(central)
    centre.grant(of_both.id, "main_user", other)
    assert refusal(move(of_both, district, other)) == (403, "forbidden")


def test_a_unit_with_hours_below_it_does_not_move_until_they_are_recalled(
    centre: Centre, staff: Person, central: UUID, district: UUID, association: UUID
) -> None:
    other = centre.organisation()
    centre.post(2023, distribution(central, association, 30), reservation(central, association, 10))
    propose(centre, district, central, year=2024, state="submitted")
    answer = move(staff, district, other)
    assert refusal(answer) == (409, "organisation-in-use")
    assert answer.json()["holds"] == [
        {"year": 2023, "allotted": 30, "reserved": 10, "open_proposals": 0, "open_trainings": 0},
        {"year": 2024, "allotted": 0, "reserved": 0, "open_proposals": 1, "open_trainings": 0},
    ]
    assert ancestors(centre, association) == [association, district, central]
    sibling = centre.organisation(central)
    assert move(staff, sibling, other).status_code == 200


@pytest.mark.parametrize(
    ("state", "holds"),
    [
        ("draft", True),
        ("submitted", True),
        ("sent_back", True),
        ("decided", False),
        ("withdrawn", False),
    ],
)
def test_a_unit_with_an_open_proposal_does_not_move(
    centre: Centre, staff: Person, central: UUID, district: UUID, state: str, holds: bool
) -> None:
    propose(centre, district, central, state=state)
    assert move(staff, district, centre.organisation()).status_code == (409 if holds else 200)


def test_hours_of_a_closed_year_do_not_prevent_a_move(
    centre: Centre, staff: Person, central: UUID, district: UUID
) -> None:
    centre.post(2023, distribution(central, district, 30))
    centre.post(2023, lapse(central, district, 30), lapse(central, central, 970))
    centre.owner.execute("SELECT close_hour_year(2023::smallint, now())")
    assert move(staff, district, centre.organisation()).status_code == 200


def test_a_recalled_allotment_does_not_prevent_a_move(
    centre: Centre, staff: Person, central: UUID, district: UUID
) -> None:
    centre.post(2023, distribution(central, district, 30), recall(central, district, 30))
    assert move(staff, district, centre.organisation()).status_code == 200


def test_a_unit_can_end_when_it_has_no_hours_left(centre: Centre, staff: Person, central: UUID, district: UUID) -> None:
    centre.post(2023, distribution(central, district, 30), reservation(central, district, 30))
    answer = end(staff, district, "2023-12-31")
    assert refusal(answer) == (409, "organisation-in-use")
    assert answer.json()["holds"] == [
        {"year": 2023, "allotted": 30, "reserved": 30, "open_proposals": 0, "open_trainings": 0}
    ]
    centre.post(2023, use(central, district, 30))
    ended = end(staff, district, "2023-12-31")
    assert (ended.status_code, ended.json()["active_until"]) == (200, "2023-12-31")
    assert staff.patch(f"{PATH}/{district}", {"active_until": None}).status_code == 200


def test_a_membership_ends_no_earlier_than_the_years_with_its_hours(
    centre: Centre, staff: Person, central: UUID, district: UUID
) -> None:
    centre.post(2023, distribution(central, district, 30))
    answer = end(staff, central, "2022-12-31")
    assert refusal(answer) == (409, "organisation-in-use")
    assert [one["year"] for one in answer.json()["holds"]] == [2023]
    assert end(staff, central, "2023-06-30").status_code == 200
    assert refusal(
        centre.main_user(central).post(
            "/v1/supplementary-hour-requests",
            {"organisation_id": str(central), "year": 2024, "hours": 1, "grounds": "Kysyntä"},
        )
    ) == (409, "not-a-member")


@pytest.mark.parametrize("_attempt", range(3))
def test_only_one_of_two_moves_that_would_make_a_cycle_is_done(
    centre: Centre, staff: Person, central: UUID, _attempt: int
) -> None:
    one, other = centre.organisation(central), centre.organisation(central)
    people = [centre.main_user(central), centre.main_user(central)]
    etags = [staff.get(f"{PATH}/{each}").headers["ETag"] for each in (one, other)]

    def swap(turn: int) -> tuple[int, str | None]:
        moved, parent = ((one, other), (other, one))[turn]
        answer = people[turn].patch(f"{PATH}/{moved}", {"parent_id": str(parent)}, etag=etags[turn])
        return answer.status_code, answer.json().get("code")

    with ThreadPoolExecutor(2) as threads:
        answers = sorted(threads.map(swap, range(2)))
    assert answers == [(200, None), (409, "organisation-cycle")]
    assert sorted(len(ancestors(centre, each)) for each in (one, other)) == [2, 3]


def test_units_added_while_their_parent_moves_are_below_it(
    centre: Centre, staff: Person, central: UUID, district: UUID
) -> None:
    homes = [central, centre.organisation()]

    def add(number: int) -> int:
        unit = {"name": f"Yhdistys {number}", "kind": "association", "parent_id": str(district)}
        return staff.post(PATH, unit).status_code

    def go(number: int) -> int:
        return int(move(staff, district, homes[number % 2]).status_code)

    with ThreadPoolExecutor(6) as threads:
        added, moved = threads.map(add, range(20)), threads.map(go, range(8))
        assert set(added) == {201}
        assert set(moved) <= {200, 412}
    home = UUID(staff.get(f"{PATH}/{district}").json()["parent_id"])
    units = centre.rows("SELECT id, central_organisation_id FROM organisations WHERE parent_id = %s", district)
    assert len(units) == 20
    for unit_id, central_id in units:
        assert (central_id, ancestors(centre, unit_id)) == (home, [unit_id, district, home])


def test_a_move_and_an_allotment_wait_for_each_other(
    centre: Centre, staff: Person, central: UUID, district: UUID
) -> None:
    """The old central organisation allots hours to a unit that has just left: the request has to be sent again."""
    assert move(staff, district, centre.organisation()).status_code == 200
    with pytest.raises(psycopg.errors.SerializationFailure):
        centre.post(2023, distribution(central, district, 1))
    with pytest.raises(psycopg.errors.SerializationFailure):
        propose(centre, district, central)


def test_a_move_waits_for_a_proposal_that_is_being_created(
    centre: Centre, staff: Person, central: UUID, district: UUID
) -> None:
    other = centre.organisation()
    etag = staff.get(f"{PATH}/{district}").headers["ETag"]
    with ThreadPoolExecutor(1) as thread:
        with centre.owner.transaction():
            propose(centre, district, central)
            moving = thread.submit(staff.patch, f"{PATH}/{district}", {"parent_id": str(other)}, etag=etag)
            with pytest.raises(TimeoutError):
                moving.result(timeout=0.5)
        assert refusal(moving.result()) == (409, "organisation-in-use")


def test_adding_a_unit_waits_for_a_running_move(centre: Centre, staff: Person, district: UUID) -> None:
    unit = {"name": "Yhdistys", "kind": "association", "parent_id": str(district)}
    with ThreadPoolExecutor(1) as thread:
        with centre.owner.transaction():
            centre.owner.execute("SELECT FROM study_centres FOR NO KEY UPDATE")
            adding = thread.submit(staff.post, PATH, unit)
            with pytest.raises(TimeoutError):
                adding.result(timeout=0.5)
        assert adding.result().status_code == 201
