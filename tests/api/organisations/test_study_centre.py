"""`/v1/study-centre`."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from app.db.identifiers import new_id
from app.domain.hours.ledger import grant, pool_change
from tests.builders import FOREVER, Centre, Person, refusal

PATH = "/v1/study-centre"


def by_two(person: Person, *, on: bool) -> dict[str, Any]:
    answer = person.patch(PATH, {"decisions_by_two": on})
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    assert person.get(PATH).json() == shown
    return shown


def mailed(centre: Centre) -> list[Any]:
    """The facts of the events that the staff get an email about."""
    event = "study-centre.decisions-by-two-ending"
    return [facts for (facts,) in centre.rows("SELECT facts FROM outbox WHERE event = %s ORDER BY id", event)]


def test_everybody_sees_the_study_centre(centre: Centre, staff: Person) -> None:
    shown = staff.get(PATH).json()
    assert shown == {
        "id": str(centre.id),
        "name": shown["name"],
        "decisions_by_two": False,
        "decisions_by_two_until": None,
    }
    assert shown["name"]
    for person in (centre.person(), centre.main_user(centre.organisation()), centre.person("auditor")):
        assert person.get(PATH).json() == shown


def test_only_staff_turn_decisions_by_two_on_and_off(centre: Centre, staff: Person) -> None:
    for person in (centre.main_user(centre.organisation()), centre.person("auditor"), centre.person()):
        assert refusal(person.patch(PATH, {"decisions_by_two": True})) == (403, "forbidden")
    etag = staff.get(PATH).headers["ETag"]
    assert by_two(staff, on=True)["decisions_by_two"] is True
    assert refusal(staff.patch(PATH, {"decisions_by_two": False}, etag=etag)) == (412, "precondition-failed")
    for wrong in (None, "false", 0):
        assert refusal(staff.patch(PATH, {"decisions_by_two": wrong})) == (422, "validation")


def test_they_are_on_immediately_and_off_from_the_midnight_after_the_next(centre: Centre, staff: Person) -> None:
    assert by_two(staff, on=True) == staff.get(PATH).json()
    centre.clock(2023, 3, 15, 23, 59, 59)
    ending = by_two(staff, on=False)
    assert (ending["decisions_by_two"], ending["decisions_by_two_until"]) == (True, "2023-03-17T00:00:00+02:00")
    centre.clock(2023, 3, 16)
    # Turning them off again puts nothing off.
    assert by_two(staff, on=False) == ending
    centre.clock(2023, 3, 16, 23, 59, 59)
    assert staff.get(PATH).json() == ending
    centre.clock(2023, 3, 17)
    ended = staff.get(PATH).json()
    assert (ended["decisions_by_two"], ended["decisions_by_two_until"]) == (False, None)
    assert by_two(staff, on=False) == ended
    assert by_two(staff, on=True)["decisions_by_two_until"] is None


def test_the_midnight_is_the_one_in_finland_when_the_clocks_change(centre: Centre, staff: Person) -> None:
    by_two(staff, on=True)
    centre.clock(2023, 3, 25, 12)
    assert by_two(staff, on=False)["decisions_by_two_until"] == "2023-03-27T00:00:00+03:00"


def test_turning_them_on_again_cancels_the_end(centre: Centre, staff: Person) -> None:
    by_two(staff, on=True)
    by_two(staff, on=False)
    assert by_two(centre.staff(), on=True)["decisions_by_two_until"] is None
    centre.clock(2023, 4, 1)
    assert staff.get(PATH).json()["decisions_by_two"] is True


def test_all_of_the_staff_get_an_email_when_they_are_turned_off(centre: Centre, staff: Person) -> None:
    by_two(staff, on=True)
    assert mailed(centre) == []
    by_two(staff, on=False)
    by_two(staff, on=False)
    assert mailed(centre) == [{"person_id": str(staff.id), "last_day": "2023-03-16"}]
    by_two(staff, on=True)
    by_two(staff, on=True)
    changes = centre.rows("SELECT facts FROM audit_entries WHERE action = 'study-centre.changed' ORDER BY id")
    assert [facts["decisions_by_two_until"] for (facts,) in changes] == [None, "2023-03-17T00:00:00+02:00", None]


def request(centre: Centre, central: UUID) -> str:
    """A submitted supplementary request for 10 hours of 2023."""
    request_id = new_id()
    centre.owner.execute(
        "INSERT INTO supplementary_hour_requests (id, organisation_id, year, hours, grounds, state, submitted_by, "
        "submitted_at) VALUES (%s, %s, 2023, 10, 'Kysyntä kasvoi', 'submitted', %s, %s)",
        [request_id, central, centre.person().id, FOREVER],
    )
    return str(request_id)


def decide(person: Person, central: UUID, hours: int) -> httpx.Response:
    return person.post(
        "/v1/hour-decisions", {"year": 2023, "items": [{"organisation_id": str(central), "hours": hours}]}
    )


def decide_request(person: Person, request_id: str, hours: int) -> httpx.Response:
    return person.post(f"/v1/supplementary-hour-requests/{request_id}/decision", {"hours": hours})


def decide_requests(person: Person, request_id: str, hours: int) -> httpx.Response:
    items = [{"request_id": request_id, "hours": hours}]
    return person.post("/v1/supplementary-hour-decisions", {"year": 2023, "items": items})


@pytest.fixture
def central(centre: Centre) -> UUID:
    central = centre.organisation()
    centre.post(2023, pool_change(1_000), grant(central, 100))
    return central


def test_one_person_alone_grants_no_hours_then(centre: Centre, staff: Person, central: UUID) -> None:
    by_two(staff, on=True)
    first, second = request(centre, central), request(centre, central)
    for answer in (
        decide(staff, central, 1),
        decide_request(staff, first, 1),
        decide_requests(staff, first, 1),
        staff.post(
            "/v1/supplementary-hour-decisions",
            {"year": 2023, "items": [{"request_id": first, "hours": 0}, {"request_id": second, "hours": 1}]},
        ),
    ):
        assert (refusal(answer), answer.json()["because"]) == ((403, "forbidden"), "decisions-by-two")
    assert centre.rows("SELECT pool FROM hour_pools") == [(900,)]
    # Who may decide nothing learns that first, and what is out of reach stays unknown.
    assert decide(centre.person("auditor"), central, 1).json()["roles"] == ["staff"]
    assert refusal(decide(staff, new_id(), 1)) == refusal(decide_request(staff, str(new_id()), 1)) == (404, "not-found")


def test_one_person_alone_decides_nought_and_corrects(centre: Centre, staff: Person, central: UUID) -> None:
    by_two(staff, on=True)
    assert decide(staff, central, 0).status_code == 201
    assert decide_request(staff, request(centre, central), 0).status_code == 200
    assert decide_requests(staff, request(centre, central), 0).status_code == 201
    correction = {"organisation_id": str(central), "year": 2023, "hours": 5, "reason": "Kirjattu väärin"}
    assert staff.post("/v1/hour-corrections", correction).status_code == 201


def test_turning_them_off_for_a_minute_helps_nobody(centre: Centre, staff: Person, central: UUID) -> None:
    by_two(staff, on=True)
    by_two(staff, on=False)
    request_id = request(centre, central)
    for now in ((2023, 3, 15, 12, 1), (2023, 3, 16), (2023, 3, 16, 23, 59, 59)):
        centre.clock(*now)
        for answer in (decide(staff, central, 1), decide_request(staff, request_id, 1)):
            assert (refusal(answer), answer.json()["because"]) == ((403, "forbidden"), "decisions-by-two")
    centre.clock(2023, 3, 17)
    assert decide(staff, central, 1).status_code == 201
    assert decide_request(staff, request_id, 1).status_code == 200
