"""Refusals of batches and of retries; the operations on a single plan or statement have tests of their own."""

from uuid import UUID

import pytest

from app.domain.hours.ledger import hour_return
from app.settings import Settings
from tests.api.another_key import after_another_secret_key
from tests.api.trainings.conftest import added, approved, session
from tests.api.trainings.test_cost_statements import decide, sent
from tests.builders import Centre, Person, refusal

SUBMISSIONS = "/v1/training-submissions"
DECISIONS = "/v1/cost-statement-decisions"


def submitted_together(person: Person, path: str, year: int = 2023) -> tuple[int, str]:
    answer = person.post(SUBMISSIONS, {"year": year, "training_ids": [path.rpartition("/")[2]]})
    assert answer.json()["pointer"] == "/training_ids/0"
    return refusal(answer)


def decided_together(staff: Person, statement: str) -> tuple[int, str]:
    item = {"statement_id": statement.rpartition("/")[2], "outcome": "approved", "reason": "Kunnossa"}
    return refusal(staff.post(DECISIONS, {"year": 2023, "items": [item]}))


def test_an_activity_that_is_switched_off(manager: Person, staff: Person, unit: UUID) -> None:
    rules = staff.get("/v1/support-rules/2023")
    off = {name: rules.json()[name] for name in ("training", "peer_group")}
    off["training"]["enabled"] = False
    staff.put("/v1/support-rules/2023", off, headers={"If-Match": rules.headers["ETag"]})
    assert submitted_together(manager, added(manager, unit)) == (409, "activity-not-supported")


def test_an_organisation_that_has_ended_by_then(centre: Centre, manager: Person, unit: UUID) -> None:
    path = added(manager, unit)
    centre.owner.execute("UPDATE organisations SET active_until = '2023-04-14' WHERE id = %s", [unit])
    assert submitted_together(manager, path) == (409, "not-a-member")


def test_a_plan_that_is_too_late_and_a_year_that_is_not_open_yet(centre: Centre, manager: Person, unit: UUID) -> None:
    path, next_year = added(manager, unit), added(manager, unit, year=2024, sessions=[session("2024-02-03")])
    centre.clock(2023, 4, 15)
    assert submitted_together(manager, path) == (409, "plan-window-closed")
    assert submitted_together(manager, next_year, 2024) == (409, "window-closed")


def test_own_rules_that_allow_no_courses(main_user: Person, central: UUID, unit: UUID) -> None:
    path = added(main_user, unit)
    main_user.put(f"/v1/organisations/{central}/training-rules", {"kinds": ["district"]})
    assert submitted_together(main_user, path) == (409, "runs-no-trainings")


def test_an_approved_plan_needs_no_exception(manager: Person, staff: Person, unit: UUID) -> None:
    path = approved(manager, staff, unit)
    exception = {"rule": "plan_window", "until": "2023-04-20", "reason": "Sairastapaus"}
    assert refusal(staff.post(f"{path}/exceptions", exception)) == (409, "wrong-state")


@pytest.fixture
def waiting(centre: Centre, manager: Person, staff: Person, unit: UUID) -> str:
    """A statement that waits after the reversal of the first one: its course has nothing reserved."""
    path = approved(manager, staff, unit)
    centre.clock(2023, 5, 2)
    first = sent(manager, path)
    decide(staff, first)
    assert staff.post(f"{first}/reversal", {"reason": "Väärä"}).status_code == 200
    return sent(manager, path)


def test_hours_that_others_have_taken_meanwhile(centre: Centre, staff: Person, central: UUID, waiting: str) -> None:
    centre.post(2023, hour_return(central, 500))
    assert decided_together(staff, waiting) == (409, "quota-exceeded")


def test_rules_that_nobody_has_confirmed(centre: Centre, staff: Person, waiting: str) -> None:
    centre.owner.execute("UPDATE support_rules SET verified = false WHERE year = 2023")
    assert decided_together(staff, waiting) == (409, "support-rules-unverified")


def test_a_year_that_was_closed_before_the_statement_came_again(
    centre: Centre, manager: Person, staff: Person, waiting: str
) -> None:
    back = decide(staff, waiting, "sent_back", reason="Tarkenna", answer_by="2024-02-10")
    assert back.status_code == 200
    centre.clock(2024, 1, 19)
    assert staff.post("/v1/hour-pools/2023/closing").status_code == 200
    assert manager.post(f"{waiting}/submission").status_code == 200
    assert refusal(decide(staff, waiting, reason="Kunnossa")) == (409, "year-closed")
    assert decided_together(staff, waiting) == (409, "year-closed")


def test_a_participant_cannot_be_repeated_once_the_service_has_another_secret_key(
    centre: Centre, manager: Person, unit: UUID, settings: Settings
) -> None:
    path = f"{added(manager, unit)}/participants"
    person = {"name": "Meri Aallotar", "under_age": False}
    first = manager.post(path, person, key="once")
    assert first.status_code == 201, first.text
    one = first.headers["Location"]
    etag = first.headers["ETag"]
    changed = manager.patch(one, {"name": "Meri A."}, etag=etag, headers={"Idempotency-Key": "twice"})
    assert changed.status_code == 200
    with after_another_secret_key(centre, settings, manager) as same_person:
        assert refusal(same_person.post(path, person, key="once")) == (409, "response-unreadable")
        again = same_person.patch(one, {"name": "Meri A."}, etag=etag, headers={"Idempotency-Key": "twice"})
        assert refusal(again) == (409, "response-unreadable")
