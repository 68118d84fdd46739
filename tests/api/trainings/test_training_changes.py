"""`/v1/trainings/{id}/changes`."""

from typing import Any
from uuid import UUID

import pytest

from tests.api.trainings.conftest import account, added, approved, session
from tests.builders import Centre, Person, refusal


@pytest.fixture
def path(manager: Person, staff: Person, unit: UUID) -> str:
    """An approved plan of two sessions, twelve hours in all."""
    return approved(manager, staff, unit, sessions=[session(), session("2023-04-22")])


def change(person: Person, path: str, **fields: Any) -> str:
    answer = person.post(f"{path}/changes", fields)
    assert answer.status_code == 201, answer.text
    return str(answer.headers["Location"])


def test_a_change_reserves_at_once_and_waits(
    manager: Person, main_user: Person, staff: Person, central: UUID, path: str
) -> None:
    made = change(manager, path, sessions=[session(), session("2023-04-22"), session("2023-04-29")])
    shown = manager.get(made).json()
    assert (shown["state"], shown["hours"], shown["changed"]) == ("submitted", 18, ["sessions"])
    assert shown["plan"]["name"] == "Järjestön talous"
    assert manager.get(path).json()["hours"] == 12
    assert manager.get(path).json()["open_change_id"] == shown["id"]
    assert account(main_user, central)["reserved"] == 18
    assert manager.get(f"{path}/changes").json()["items"] == [shown]
    again = manager.post(f"{path}/changes", {"mode": "online"})
    assert (refusal(again), again.json()["existing_id"]) == ((409, "already-exists"), shown["id"])
    # What is edited meanwhile stays.
    manager.patch(path, {"marketing_text": "Tervetuloa"})
    assert refusal(manager.post(f"{made}/decision", {"outcome": "approved"})) == (403, "forbidden")
    decided = staff.post(f"{made}/decision", {"outcome": "approved"}).json()
    assert (decided["state"], decided["decided_by"]) == ("approved", str(staff.id))
    training = manager.get(path).json()
    assert (training["hours"], training["marketing_text"], training["open_change_id"]) == (18, "Tervetuloa", None)
    assert account(main_user, central)["reserved"] == 18
    assert refusal(staff.post(f"{made}/decision", {"outcome": "approved"})) == (409, "wrong-state")


def test_a_change_that_is_rejected_or_withdrawn_frees_what_it_added(
    manager: Person, main_user: Person, staff: Person, central: UUID, path: str
) -> None:
    first = change(manager, path, platform_hours=5)
    assert account(main_user, central)["reserved"] == 17
    assert staff.post(f"{first}/decision", {"outcome": "rejected", "reason": "Ei"}).json()["reason"] == "Ei"
    assert account(main_user, central)["reserved"] == 12
    second = change(manager, path, platform_hours=5)
    assert manager.post(f"{second}/withdrawal").json()["state"] == "withdrawn"
    assert account(main_user, central)["reserved"] == 12
    assert refusal(manager.post(f"{second}/withdrawal")) == (409, "wrong-state")


def test_fewer_hours_are_freed_by_the_decision(
    manager: Person, main_user: Person, staff: Person, central: UUID, path: str
) -> None:
    made = change(manager, path, sessions=[session("2023-04-29")])
    assert account(main_user, central)["reserved"] == 12
    staff.post(f"{made}/decision", {"outcome": "approved"})
    assert account(main_user, central)["reserved"] == 6
    assert manager.get(path).json()["ends_at"] == "2023-04-29T16:00:00+03:00"


def test_a_change_is_sent_before_the_first_session_that_it_alters(centre: Centre, manager: Person, path: str) -> None:
    centre.clock(2023, 4, 21, 23)
    made = change(manager, path, sessions=[session(), session("2023-04-22", ends="17:00")])
    manager.post(f"{made}/withdrawal")
    centre.clock(2023, 4, 22)
    answer = manager.post(f"{path}/changes", {"sessions": [session(), session("2023-04-22", ends="17:00")]})
    assert refusal(answer) == (409, "plan-window-closed")
    assert answer.json()["closes_on"] == "2023-04-21"


def test_what_a_change_may_be(centre: Centre, manager: Person, staff: Person, unit: UUID, path: str) -> None:
    changes = f"{path}/changes"
    assert refusal(manager.post(changes, {})) == (422, "validation")
    assert refusal(manager.post(changes, {"planned_participants": 3})) == (422, "validation")
    assert refusal(manager.post(changes, {"platform_hours": 1000})) == (409, "quota-exceeded")
    assert refusal(manager.post(changes, {"supported": False})) == (409, "wrong-state")
    assert refusal(staff.post(changes, {"platform_hours": 1})) == (403, "forbidden")
    assert refusal(manager.post(f"{added(manager, unit)}/changes", {"platform_hours": 1})) == (409, "wrong-state")
    centre.owner.execute("UPDATE organisations SET active_until = '2023-04-20' WHERE id = %s", [unit])
    assert refusal(manager.post(changes, {"platform_hours": 1})) == (409, "not-a-member")


def test_the_rules_of_the_centre_and_the_year_count_for_changes(
    manager: Person, main_user: Person, staff: Person, central: UUID, path: str
) -> None:
    own = {"kinds": ["association"], "topics": ["music"]}
    assert main_user.put(f"/v1/organisations/{central}/training-rules", own).status_code == 200
    assert refusal(manager.post(f"{path}/changes", {"platform_hours": 1})) == (409, "runs-no-trainings")
    rules = staff.get("/v1/support-rules/2023")
    off = {name: rules.json()[name] for name in ("training", "peer_group")}
    off["training"]["enabled"] = False
    staff.put("/v1/support-rules/2023", off, headers={"If-Match": rules.headers["ETag"]})
    assert refusal(manager.post(f"{path}/changes", {"platform_hours": 1})) == (409, "activity-not-supported")


def test_a_cancellation_ends_the_open_change(
    manager: Person, main_user: Person, central: UUID, path: str, staff: Person
) -> None:
    made = change(manager, path, platform_hours=5)
    manager.post(f"{path}/cancellation", {"reason": "Peruuntui"})
    assert manager.get(made).json()["state"] == "cancelled"
    assert account(main_user, central)["reserved"] == 0
    assert refusal(staff.post(f"{made}/decision", {"outcome": "approved"})) == (409, "wrong-state")


def test_changes_are_those_of_their_course(manager: Person, staff: Person, unit: UUID, path: str) -> None:
    made = change(manager, path, platform_hours=5)
    other = approved(manager, staff, unit)
    assert refusal(manager.get(f"{other}/changes/{made.rsplit('/', 1)[1]}")) == (404, "not-found")
