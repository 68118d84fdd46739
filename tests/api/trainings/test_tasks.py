"""Tasks of plans, their changes and cost statements, each with the call that does it."""

from typing import Any
from uuid import UUID

import pytest

from tests.api.trainings.conftest import approved, session, submitted
from tests.api.trainings.test_cost_statements import decide, drafted, sent
from tests.builders import Centre, Person


@pytest.fixture
def held(centre: Centre, manager: Person, staff: Person, unit: UUID) -> str:
    """An approved course of 15 April 2023. It is 20 April."""
    path = approved(manager, staff, unit)
    centre.clock(2023, 4, 20)
    return path


def tasks(person: Person, **query: Any) -> list[dict[str, Any]]:
    answer = person.get("/v1/me/tasks", params=query)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def kinds(person: Person) -> list[tuple[str, str | None]]:
    """Kinds of tasks with their last days. Nobody here has other tasks."""
    return [(task["kind"], task["closes_on"]) for task in tasks(person)]


def do(person: Person, *, answers: int = 200, **more: Any) -> None:
    """Do the person's only task by its call."""
    (task,) = tasks(person)
    call = task["call"]
    body = (call["body"] or {}) | more or None
    answer = (person.patch if call["method"] == "PATCH" else person.post)(call["path"], body)
    assert answer.status_code == answers, answer.text


def through_main_user(main_user: Person, central: UUID) -> None:
    own = {"kinds": ["central", "association"], "plans_through_main_user": True}
    assert main_user.put(f"/v1/organisations/{central}/training-rules", own).status_code == 200


def test_a_plan_is_endorsed_and_decided_and_submitted_again(
    centre: Centre, manager: Person, main_user: Person, staff: Person, unit: UUID, central: UUID
) -> None:
    through_main_user(main_user, central)
    unit_manager = centre.person("unit_manager", unit)
    path = submitted(manager, unit)
    everybody = (manager, unit_manager, main_user, staff)
    assert list(map(kinds, everybody)) == [[], [], [("training_endorsement", None)], []]
    do(main_user)
    assert list(map(kinds, everybody)) == [[], [], [], [("training_decision", None)]]
    (task,) = tasks(staff)
    assert task["title"] == "Hämeen Martat: tee päätös suunnitelmasta, Järjestön talous"
    assert (task["organisation_id"], task["year"]) == (str(unit), 2023)
    assert task["reference"] == manager.get(path).json()["reference"]
    do(staff, outcome="sent_back", reason="Sisältö puuttuu")
    back = [("training_sent_back", "2023-03-29")]
    assert list(map(kinds, everybody)) == [back, back, back, []]
    do(manager, content="Talousarvio, kirjanpito ja tilinpäätös")
    assert manager.post(f"{path}/submission").status_code == 200
    do(staff)
    assert list(map(kinds, everybody)) == [[], [], [], []]


def test_a_change_is_decided(manager: Person, main_user: Person, staff: Person, unit: UUID) -> None:
    path = approved(manager, staff, unit)
    assert manager.post(f"{path}/changes", {"sessions": [session(), session("2023-04-16")]}).status_code == 201
    assert kinds(staff) == [("training_change_decision", None)]
    do(staff)
    assert (kinds(staff), kinds(main_user)) == ([], [])


def test_a_statement_is_due_from_the_end_of_the_course_until_it_is_decided(
    centre: Centre, manager: Person, main_user: Person, staff: Person, unit: UUID
) -> None:
    path = approved(manager, staff, unit)
    centre.clock(2023, 4, 15, 15, 59)
    assert kinds(manager) == []
    centre.clock(2023, 4, 15, 16)
    due = [("cost_statements", "2023-05-13")]
    assert (kinds(manager), kinds(main_user), kinds(staff)) == (due, due, [])
    centre.clock(2023, 5, 14)
    assert [task["state"] for task in tasks(manager)] == ["late"]
    centre.clock(2023, 11, 14)
    assert [task["state"] for task in tasks(manager)] == ["late"]
    do(manager, answers=201)
    (statement,) = manager.get("/v1/cost-statements").json()["items"]
    statement_path = f"/v1/cost-statements/{statement['id']}"
    contents = {
        "hours": 6,
        "participants": {"of_age": 9},
        "costs": [{"category": "teaching_fees", "cents": 30_000}],
        "declarations": {"booked": True, "separable": True},
    }
    assert manager.patch(statement_path, contents).status_code == 200
    (task,) = tasks(manager)
    assert (task["reference"], task["state"]) == (statement["reference"], "late")
    do(manager)
    assert (kinds(manager), kinds(staff)) == ([], [("cost_statement_decision", None)])
    do(staff, outcome="sent_back", reason="Tosite puuttuu", answer_by="2023-12-24")
    assert (kinds(manager), kinds(staff)) == ([("cost_statements", "2023-12-24")], [])
    do(manager, other_grants_cents=100)
    assert manager.post(f"{statement_path}/submission").status_code == 200
    do(staff, reason="Myöhässä, mutta perusteltu")
    assert (kinds(manager), kinds(staff)) == ([], [])
    assert manager.get(path).json()["phase"] == "ended"
    assert staff.post(f"{statement_path}/reversal", {"reason": "Väärä summa"}).status_code == 200
    assert kinds(manager) == [("cost_statements", "2023-05-13")]


def test_staff_are_asked_to_decide_nothing_of_their_own(
    centre: Centre, manager: Person, unit: UUID, central: UUID, staff: Person, held: str
) -> None:
    both = centre.staff()
    centre.grant(both.id, "main_user", central)
    maker = centre.staff()
    centre.grant(maker.id, "training_manager", unit)
    submitted(maker, unit, sessions=[session("2023-05-10")])
    sent(manager, held)
    kinds_of = [sorted(kind for kind, _ in kinds(person)) for person in (staff, both, maker)]
    assert kinds_of == [["cost_statement_decision", "training_decision"], [], ["cost_statement_decision"]]


def test_a_rejected_statement_and_a_cancelled_course_leave_no_task(
    manager: Person, staff: Person, unit: UUID, held: str
) -> None:
    assert decide(staff, sent(manager, held), "rejected", reason="Ei ole tukikelpoinen").status_code == 200
    other = approved(manager, staff, unit, sessions=[session("2023-04-21")])
    assert manager.post(f"{other}/cancellation", {"reason": "Sairaus"}).status_code == 200
    assert kinds(manager) == []


def test_the_manager_of_another_unit_has_no_task(
    centre: Centre, manager: Person, central: UUID, unit: UUID, held: str
) -> None:
    drafted(manager, held)
    others = [
        centre.person("training_manager", central),
        centre.person("unit_manager", centre.organisation(central)),
        centre.person("training_manager", centre.organisation(unit)),
        centre.person("auditor"),
        centre.person("observer", central),
    ]
    assert [kinds(person) for person in others] == [[], [], [], [], []]
    assert kinds(manager) == [("cost_statements", "2023-05-13")]


@pytest.mark.parametrize("how", ["role ended", "erased"])
def test_the_main_user_names_a_new_person_in_place_of_one_who_left(
    centre: Centre, manager: Person, main_user: Person, staff: Person, unit: UUID, how: str
) -> None:
    path = approved(manager, staff, unit)
    assert kinds(main_user) == []
    if how == "erased":
        answer = staff.post(f"/v1/people/{manager.id}/erasure", {"reason": "Pyyntö"})
        assert answer.status_code in (200, 204), answer.text
    else:
        centre.owner.execute("UPDATE role_grants SET valid_until = '2023-03-01' WHERE person_id = %s", [manager.id])
    assert kinds(main_user) == [("training_without_responsible", None)]
    successor = centre.person("training_manager", unit)
    do(main_user, responsible_person_id=str(successor.id))
    assert kinds(main_user) == []
    assert main_user.get(path).json()["responsible_person_id"] == str(successor.id)
