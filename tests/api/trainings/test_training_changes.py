"""`/v1/trainings/{id}/changes`."""

from typing import Any
from uuid import UUID

import pytest

from tests.api.trainings.conftest import account, added, approved, session, submitted
from tests.api.trainings.test_trainings import faults
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


def test_an_edit_leaves_an_open_change_its_hours(manager: Person, main_user: Person, central: UUID, path: str) -> None:
    made = change(manager, path, platform_hours=5)
    edited = manager.patch(path, {"sessions": [session()]}).json()
    assert (edited["hours"], account(main_user, central)["reserved"]) == (6, 11)
    shown = manager.get(made).json()
    assert (shown["hours"], len(shown["plan"]["sessions"]), shown["changed"]) == (11, 1, ["platform_hours"])
    assert main_user.post(f"{made}/withdrawal").status_code == 200
    assert account(main_user, central)["reserved"] == 6
    # In the other order.
    change(manager, path, platform_hours=5)
    assert account(main_user, central)["reserved"] == 11


def test_an_edit_keeps_what_the_open_change_gives_up(
    manager: Person, main_user: Person, staff: Person, central: UUID, path: str
) -> None:
    made = change(manager, path, sessions=[session("2023-04-29")])
    manager.patch(path, {"sessions": [session()]})
    assert account(main_user, central)["reserved"] == 6
    assert staff.post(f"{made}/decision", {"outcome": "approved"}).json()["hours"] == 6
    assert account(main_user, central)["reserved"] == 6


def test_an_edit_that_adds_to_an_open_change_reserves_it(
    manager: Person, main_user: Person, staff: Person, central: UUID, unit: UUID
) -> None:
    """Twelve hours become ten by the edit. The change makes the sessions thirteen and keeps four platform hours."""
    path = approved(manager, staff, unit, sessions=[session(), session("2023-04-22")])
    change(manager, path, sessions=[session(), session("2023-04-22", ends="16:45")])
    assert account(main_user, central)["reserved"] == 13
    edit = {"sessions": [session()], "platform_hours": 4}
    assert manager.patch(path, edit).json()["hours"] == 10
    assert account(main_user, central)["reserved"] == 17
    most = {"sessions": [session(ends="12:15")], "platform_hours": 9}
    submitted(manager, unit, platform_hours=475)
    assert refusal(manager.patch(path, most)) == (409, "quota-exceeded")


def test_an_approved_change_is_checked_with_the_edits_since(
    manager: Person, main_user: Person, staff: Person, central: UUID, path: str
) -> None:
    """Two groups need two trainers, of whom an edit takes one."""
    manager.patch(path, {"trainers": [{"name": "Antti"}, {"name": "Kaisa"}]})
    made = change(manager, path, sessions=[session(parallel_groups=2)])
    manager.patch(path, {"trainers": [{"name": "Antti"}]})
    decision = f"{made}/decision", {"outcome": "approved"}
    assert faults(staff.post(*decision)) == {"/trainers": "too-few-trainers"}
    manager.patch(path, {"trainers": [{"name": "Antti"}, {"name": "Kaisa"}]})
    own = {"kinds": ["association"], "topics": ["music"]}
    main_user.put(f"/v1/organisations/{central}/training-rules", own)
    assert refusal(staff.post(*decision)) == (409, "runs-no-trainings")
    assert staff.post(decision[0], {"outcome": "rejected", "reason": "Ei"}).status_code == 200


def test_the_rules_of_the_year_count_for_the_decision(
    centre: Centre, manager: Person, staff: Person, path: str
) -> None:
    made = change(manager, path, platform_hours=5)
    decision = f"{made}/decision", {"outcome": "approved"}
    rules = staff.get("/v1/support-rules/2023")
    both = {name: rules.json()[name] for name in ("training", "peer_group")}
    off = both | {"training": both["training"] | {"enabled": False}}
    put = staff.put("/v1/support-rules/2023", off, headers={"If-Match": rules.headers["ETag"]})
    assert refusal(staff.post(*decision)) == (409, "activity-not-supported")
    staff.put("/v1/support-rules/2023", both, headers={"If-Match": put.headers["ETag"]})
    centre.owner.execute("UPDATE hour_pools SET closed_at = '2023-03-15' WHERE year = 2023")
    assert refusal(staff.post(*decision)) == (409, "year-closed")
    centre.owner.execute("UPDATE hour_pools SET closed_at = NULL WHERE year = 2023")
    assert staff.post(*decision).status_code == 200


def test_a_change_that_alters_no_session_is_sent_before_one_that_is_left(
    centre: Centre, manager: Person, path: str
) -> None:
    """Sessions are on 15 and 22 April, from 10 to 16."""
    changes = f"{path}/changes", {"planned_participants": 20}
    centre.clock(2023, 4, 15, 8)
    refused = manager.post(*changes)
    assert (refusal(refused), refused.json()["closes_on"]) == ((409, "plan-window-closed"), "2023-04-14")
    centre.clock(2023, 4, 15, 16)
    made = manager.post(*changes)
    assert made.status_code == 201, made.text
    manager.post(f"{made.headers['Location']}/withdrawal")
    centre.clock(2023, 4, 22, 8)
    assert manager.post(*changes).json()["closes_on"] == "2023-04-21"
    centre.clock(2023, 4, 22, 16)
    for fields in ({"planned_participants": 20}, {"platform_hours": 3}, {"mode": "online"}):
        refused = manager.post(f"{path}/changes", fields)
        assert refusal(refused) == (409, "wrong-state")
        assert refused.json()["because"] == "course-ended"


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
