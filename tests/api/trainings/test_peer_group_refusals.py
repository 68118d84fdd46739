"""What peer groups are refused, as training courses are: each documented refusal once."""

from typing import Any
from uuid import UUID

import pytest

from app.db.identifiers import new_id
from app.domain.hours.ledger import grant, pool_change
from app.settings import Settings
from tests.api.another_key import after_another_secret_key
from tests.api.trainings.test_peer_groups import PATH, WEEKLY, added, approved, meetings, plan, shown, submitted
from tests.builders import Centre, Person, refusal

STALE = '"stale"'


@pytest.fixture(autouse=True)
def quota(centre: Centre, central: UUID) -> None:
    centre.post(2023, pool_change(100), grant(central, 60), hour_type="peer_group")


@pytest.fixture
def group(manager: Person, staff: Person, unit: UUID) -> str:
    """Approved, with twelve hours."""
    return approved(manager, staff, unit)


def switch_off(staff: Person) -> None:
    rules = staff.get("/v1/support-rules/2023")
    body = {name: rules.json()[name] for name in ("training", "peer_group")}
    body["peer_group"]["enabled"] = False
    shown(staff.put("/v1/support-rules/2023", body, headers={"If-Match": rules.headers["ETag"]}))


def restrict(main_user: Person, central: UUID, **rules: Any) -> None:
    own = {"kinds": ["association"]} | rules
    shown(main_user.put(f"/v1/organisations/{central}/training-rules", own, headers={"If-Match": "*"}))


def end(centre: Centre, unit: UUID) -> None:
    centre.owner.execute("UPDATE organisations SET active_until = '2023-04-10' WHERE id = %s", [unit])


def close_year(centre: Centre) -> None:
    centre.owner.execute("UPDATE hour_pools SET closed_at = '2023-03-15' WHERE year = 2023")


def changed(person: Person, group: str, **fields: Any) -> str:
    answer = person.post(f"{group}/changes", fields)
    assert answer.status_code == 201, answer.text
    return str(answer.headers["Location"])


def test_an_organisation_that_does_not_exist(manager: Person) -> None:
    assert refusal(manager.post(PATH, plan(new_id()))) == (404, "not-found")


def test_a_stale_version(manager: Person, unit: UUID) -> None:
    group = added(manager, unit)
    one = manager.post(f"{group}/participants", {"name": "Aila Aho"}).headers["Location"]
    stale = (412, "precondition-failed")
    assert refusal(manager.patch(group, {"goals": "Muut"}, etag=STALE)) == stale
    assert refusal(manager.patch(one, {"under_age": True}, etag=STALE)) == stale
    assert refusal(manager.delete(one, headers={"If-Match": STALE})) == stale


def test_participants_of_a_group_that_has_ended(manager: Person, unit: UUID) -> None:
    group = added(manager, unit)
    one = manager.post(f"{group}/participants", {"name": "Aila Aho"}).headers["Location"]
    manager.post(f"{group}/withdrawal")
    ended = (409, "wrong-state")
    assert refusal(manager.post(f"{group}/participants", {"name": "Bo Berg"})) == ended
    assert refusal(manager.patch(one, {"under_age": True})) == ended
    assert refusal(manager.delete(one, headers={"If-Match": manager.get(one).headers["ETag"]})) == ended
    headers = {"Content-Type": "text/csv", "Idempotency-Key": "once"}
    imported = manager.client.post(f"{group}/participant-imports", content=b"name\nBo Berg", headers=headers)
    assert refusal(imported) == ended
    assert refusal(manager.post(f"{group}/withdrawal")) == ended


def test_an_address_that_another_participant_has(manager: Person, unit: UUID) -> None:
    people = f"{added(manager, unit)}/participants"
    manager.post(people, {"name": "Aila Aho", "email": "aila@example.org"})
    one = manager.post(people, {"name": "Bo Berg"}).headers["Location"]
    assert refusal(manager.patch(one, {"email": "AILA@example.org"})) == (409, "already-exists")


def test_an_approved_plan_needs_no_exception(staff: Person, group: str) -> None:
    exception = {"rule": "name", "reason": "Hyväksytään."}
    assert refusal(staff.post(f"{group}/exceptions", exception)) == (409, "wrong-state")


def test_a_submission_by_an_organisation_that_has_ended_or_runs_no_groups(
    centre: Centre, manager: Person, main_user: Person, central: UUID, unit: UUID
) -> None:
    submission = f"{added(manager, unit)}/submission"
    restrict(main_user, central, activities=["training"])
    assert refusal(manager.post(submission)) == (409, "runs-no-trainings")
    end(centre, unit)
    assert refusal(manager.post(submission)) == (409, "not-a-member")
    close_year(centre)
    assert refusal(manager.post(submission)) == (409, "year-closed")


def test_edits_of_an_approved_plan(manager: Person, main_user: Person, central: UUID, unit: UUID, group: str) -> None:
    """The edit adds hours that the open change would have too, on top of its own."""
    changed(manager, group, sessions=[*WEEKLY, *meetings("2023-05-02", "2023-05-09")])
    for _ in range(3):
        submitted(manager, unit)
    edit = {"sessions": WEEKLY[:1], "platform_hours": 9}
    assert refusal(manager.patch(group, edit)) == (409, "quota-exceeded")
    restrict(main_user, central, topics=["music"])
    assert refusal(manager.patch(group, {"topic": "finances"})) == (409, "runs-no-trainings")


def test_changes_that_are_not_taken(
    centre: Centre, manager: Person, main_user: Person, staff: Person, central: UUID, unit: UUID, group: str
) -> None:
    changes = f"{group}/changes"
    made = changed(manager, group, platform_hours=1)
    assert refusal(manager.post(changes, {"platform_hours": 2})) == (409, "already-exists")
    shown(manager.post(f"{made}/withdrawal"))
    assert refusal(manager.post(f"{made}/withdrawal")) == (409, "wrong-state")
    assert refusal(staff.post(f"{made}/decision", {"outcome": "approved"})) == (409, "wrong-state")
    restrict(main_user, central, topics=["music"])
    assert refusal(manager.post(changes, {"platform_hours": 2})) == (409, "runs-no-trainings")
    end(centre, unit)
    assert refusal(manager.post(changes, {"platform_hours": 2})) == (409, "not-a-member")
    switch_off(staff)
    assert refusal(manager.post(changes, {"platform_hours": 2})) == (409, "activity-not-supported")


def test_a_change_that_comes_too_late(centre: Centre, manager: Person, group: str) -> None:
    centre.clock(2023, 4, 4, 8)
    late = {"sessions": [*meetings("2023-04-05"), *WEEKLY[1:]]}
    assert refusal(manager.post(f"{group}/changes", late)) == (409, "plan-window-closed")


def test_decisions_on_changes_by_the_rules_of_that_day(
    centre: Centre, manager: Person, main_user: Person, staff: Person, central: UUID, unit: UUID, group: str
) -> None:
    decision = f"{changed(manager, group, platform_hours=1)}/decision", {"outcome": "approved"}
    restrict(main_user, central, topics=["music"])
    assert refusal(staff.post(*decision)) == (409, "runs-no-trainings")
    end(centre, unit)
    assert refusal(staff.post(*decision)) == (409, "not-a-member")
    close_year(centre)
    assert refusal(staff.post(*decision)) == (409, "year-closed")
    switch_off(staff)
    assert refusal(staff.post(*decision)) == (409, "activity-not-supported")


def test_a_participant_cannot_be_repeated_once_the_service_has_another_secret_key(
    centre: Centre, manager: Person, unit: UUID, settings: Settings
) -> None:
    path = f"{added(manager, unit)}/participants"
    person = {"name": "Meri Aallotar"}
    first = manager.post(path, person, key="once")
    one, etag = first.headers["Location"], first.headers["ETag"]
    shown(manager.patch(one, {"name": "Meri A."}, etag=etag, headers={"Idempotency-Key": "twice"}))
    with after_another_secret_key(centre, settings, manager) as same_person:
        assert refusal(same_person.post(path, person, key="once")) == (409, "response-unreadable")
        again = same_person.patch(one, {"name": "Meri A."}, etag=etag, headers={"Idempotency-Key": "twice"})
        assert refusal(again) == (409, "response-unreadable")


def test_an_approved_plan_needs_no_endorsement(main_user: Person, group: str) -> None:
    assert refusal(main_user.post(f"{group}/endorsement", {"outcome": "endorsed"})) == (409, "wrong-state")


def test_a_change_that_needs_more_hours_than_are_free(manager: Person, group: str) -> None:
    assert refusal(manager.post(f"{group}/changes", {"platform_hours": 1000})) == (409, "quota-exceeded")


def test_a_group_that_was_withdrawn(manager: Person, unit: UUID) -> None:
    group = added(manager, unit)
    manager.post(f"{group}/withdrawal")
    ended = (409, "wrong-state")
    assert refusal(manager.patch(group, {"goals": "Muut"})) == ended
    assert refusal(manager.post(f"{group}/submission")) == ended
    assert refusal(manager.post(f"{group}/cancellation", {"reason": "Peruttu."})) == ended
    assert refusal(manager.post(f"{group}/changes", {"goals": "Muut"})) == ended
