"""People of training courses who are merged, erased or leave: makers, and who is responsible."""

from typing import Any
from uuid import UUID

import pytest

from tests.api.trainings.conftest import added, approved, submitted
from tests.api.trainings.test_cost_statements import decide, drafted, sent
from tests.builders import Centre, Person, refusal

WHY = {"reason": "Sama ihminen"}


def merge(staff: Person, remaining: Person, other: Person) -> None:
    answer = staff.post(f"/v1/people/{remaining.id}/merger", {"person_id": str(other.id), **WHY})
    assert answer.status_code == 200, answer.text


def own_matter(answer: Any) -> bool:
    return bool(refusal(answer) == (403, "forbidden") and answer.json()["because"] == "own-matter")


@pytest.fixture
def second_self(centre: Centre, unit: UUID) -> Person:
    """The other record of a member of staff, which is the unit's manager."""
    return centre.person("unit_manager", unit)


def test_merged_people_are_one_maker_of_a_plan(
    centre: Centre, manager: Person, second_self: Person, staff: Person, unit: UUID
) -> None:
    """Both who made it and who sent it."""
    made = added(second_self, unit)
    manager.post(f"{made}/submission")
    sent_by = added(manager, unit)
    second_self.post(f"{sent_by}/submission")
    by_others = submitted(manager, unit)
    merge(centre.staff(), staff, second_self)
    for path in (made, sent_by):
        assert own_matter(staff.post(f"{path}/decision", {"outcome": "approved"}))
        assert own_matter(staff.post(f"{path}/exceptions", {"rule": "name", **WHY}))
        item = {"training_id": path.rpartition("/")[2], "outcome": "approved"}
        refused = staff.post("/v1/training-decisions", {"year": 2023, "items": [item]})
        assert (own_matter(refused), refused.json()["pointer"]) == (True, "/items/0")
        assert centre.staff().post(f"{path}/decision", {"outcome": "approved"}).status_code == 200
    assert staff.post(f"{by_others}/decision", {"outcome": "approved"}).status_code == 200


def test_everyone_who_ever_sent_a_plan_is_its_maker(
    centre: Centre, manager: Person, second_self: Person, staff: Person, unit: UUID
) -> None:
    path = added(manager, unit)
    second_self.post(f"{path}/submission")
    decision = f"{path}/decision"
    assert centre.staff().post(decision, {"outcome": "sent_back", "reason": "Tarkenna"}).status_code == 200
    manager.post(f"{path}/submission")
    shown = manager.get(path).json()
    assert (shown["submitted_by"], shown["senders"]) == (str(manager.id), [str(second_self.id), str(manager.id)])
    merge(centre.staff(), staff, second_self)
    assert own_matter(staff.post(decision, {"outcome": "approved"}))
    assert "training_decision" not in {task["kind"] for task in staff.get("/v1/me/tasks").json()["items"]}
    assert centre.staff().post(decision, {"outcome": "approved"}).status_code == 200


def test_everyone_who_ever_sent_a_statement_is_its_maker(
    centre: Centre, manager: Person, second_self: Person, staff: Person, unit: UUID
) -> None:
    path = approved(manager, staff, unit)
    centre.clock(2023, 5, 2)
    statement = drafted(manager, path)
    second_self.post(f"{statement}/submission")
    assert decide(centre.staff(), statement, "sent_back", reason="Tarkenna").status_code == 200
    assert manager.post(f"{statement}/submission").status_code == 200
    assert manager.get(statement).json()["senders"] == [str(second_self.id), str(manager.id)]
    merge(centre.staff(), staff, second_self)
    assert own_matter(decide(staff, statement))
    assert "cost_statement_decision" not in {task["kind"] for task in staff.get("/v1/me/tasks").json()["items"]}
    assert decide(centre.staff(), statement).status_code == 200


def test_merged_people_are_one_maker_of_a_change(
    centre: Centre, manager: Person, second_self: Person, staff: Person, unit: UUID
) -> None:
    path = approved(manager, staff, unit)
    change = second_self.post(f"{path}/changes", {"mode": "hybrid"}).headers["Location"]
    merge(centre.staff(), staff, second_self)
    assert own_matter(staff.post(f"{change}/decision", {"outcome": "approved"}))
    assert centre.staff().post(f"{change}/decision", {"outcome": "approved"}).status_code == 200


def test_merged_people_are_one_maker_of_a_statement(
    centre: Centre, manager: Person, second_self: Person, staff: Person, unit: UUID
) -> None:
    paths = [approved(manager, staff, unit) for _ in range(2)]
    centre.clock(2023, 5, 2)
    own, by_others = sent(second_self, paths[0]), sent(manager, paths[1])
    merge(centre.staff(), staff, second_self)
    assert own_matter(decide(staff, own))
    assert decide(centre.staff(), own).status_code == 200
    assert own_matter(staff.post(f"{own}/reversal", {"reason": "Virhe"}))
    assert decide(staff, by_others).status_code == 200


def test_a_responsible_person_who_is_merged_stays_responsible(
    centre: Centre, manager: Person, unit: UUID, staff: Person
) -> None:
    remaining = centre.person()
    path = added(manager, unit)
    assert manager.get(path).json()["responsible_person_id"] == str(manager.id)
    merge(staff, remaining, manager)
    shown = remaining.get(path).json()
    assert shown["responsible_person_id"] == str(remaining.id)
    assert shown["created_by"] == str(manager.id)
    assert remaining.patch(path, {"name": "Uusi nimi"}).status_code == 200
    assert remaining.post(f"{path}/submission").status_code == 200


def kinds_of(person: Person) -> dict[str, Any]:
    return {
        task["kind"]: task["call"]
        for task in person.get("/v1/me/tasks").json()["items"]
        if task["kind"] == "training_without_responsible"
    }


def test_an_erased_responsible_person_is_replaced_by_the_main_users_task(
    manager: Person, main_user: Person, staff: Person, unit: UUID
) -> None:
    path = approved(manager, staff, unit)
    assert kinds_of(main_user) == {}
    erased = staff.post(f"/v1/people/{manager.id}/erasure", {"reason": "Pyyntö"})
    assert erased.status_code == 200, erased.text
    shown = main_user.get(path).json()
    assert (shown["responsible_person_id"], shown["created_by"]) == (None, str(manager.id))
    assert shown["created_by_name"] is None
    assert kinds_of(main_user)["training_without_responsible"]["path"] == path
    named = main_user.patch(path, {"responsible_person_id": str(main_user.id)})
    assert named.status_code == 200, named.text
    assert kinds_of(main_user) == {}


def test_a_responsible_person_without_a_role_is_replaced_by_the_main_users_task(
    centre: Centre, manager: Person, main_user: Person, staff: Person, unit: UUID
) -> None:
    path = approved(manager, staff, unit)
    centre.owner.execute("UPDATE role_grants SET valid_until = '2023-03-15' WHERE person_id = %s", [manager.id])
    assert main_user.get(path).json()["responsible_person_id"] == str(manager.id)
    assert kinds_of(main_user)["training_without_responsible"]["path"] == path
    assert main_user.patch(path, {"name": "Uusi nimi"}).status_code == 200


def test_the_own_data_count_courses_and_statements(
    centre: Centre, manager: Person, main_user: Person, staff: Person, unit: UUID
) -> None:
    """They are of the organisation, so only their numbers are the person's own data."""
    path = approved(main_user, staff, unit, responsible_person_id=str(manager.id))
    centre.clock(2023, 5, 2)
    sent(manager, path)
    shown = manager.get(f"/v1/people/{manager.id}/data").json()
    counted = {column: number for column, number in shown["made"].items() if "training" in column or "cost" in column}
    assert counted == {
        "trainings.responsible_person_id": 1,
        "cost_statements.created_by": 1,
        "cost_statements.submitted_by": 1,
    }
    assert not {"trainings", "cost_statements", "training_participants"} & shown["held"].keys()
