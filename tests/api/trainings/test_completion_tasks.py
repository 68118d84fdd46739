"""Tasks of completions and claims, each with the call that does it."""

from typing import Any
from uuid import UUID

import pytest

from tests.api.trainings.learning import Course, course_of
from tests.api.trainings.model_steps import ok
from tests.builders import Centre, Person
from tests.trainings import participant_reader

OURS = ("completions_to_record", "participation_claim", "participant_readers_missing")


@pytest.fixture
def course(centre: Centre, unit: UUID, manager: Person) -> Course:
    """A course whose last session ends at six in the evening of 15 March."""
    return course_of(centre, unit, manager)


def tasks(person: Person) -> list[dict[str, Any]]:
    return [task for task in ok(person.get("/v1/me/tasks"))["items"] if task["kind"] in OURS]


def kinds(*people: Person) -> list[list[str]]:
    return [[task["kind"] for task in tasks(person)] for person in people]


def test_writers_record_the_completions_of_a_course_from_its_end(
    centre: Centre, course: Course, manager: Person, main_user: Person, unit: UUID
) -> None:
    first, second = course.participant(), course.participant("Eero Esimerkki")
    everybody = (manager, main_user, centre.person("unit_manager", unit), centre.person("observer", unit))
    centre.clock(2023, 3, 15, 17, 59, 59)
    assert kinds(*everybody) == [[], [], [], []]
    centre.clock(2023, 3, 15, 18)
    assert kinds(*everybody) == [["completions_to_record"]] * 3 + [[]]
    (task,) = tasks(manager)
    assert task["call"] == {"method": "POST", "path": course.path, "body": {"items": []}}
    assert (task["organisation_id"], task["closes_on"]) == (str(unit), None)
    course.recorded(first)
    assert kinds(manager) == [["completions_to_record"]]
    recorded = course.recorded(second, outcome="failed", attended=False)
    assert kinds(*everybody) == [[], [], [], []]
    correction = {"outcome": "passed", "completed_on": "2023-03-15", "assessed_by": "Kaisa", "attended": True}
    ok(manager.post(f"/v1/completions/{recorded['id']}/correction", correction | {"reason": "Virhe"}), 201)
    assert kinds(manager) == [[]]


def test_nothing_is_to_record_of_other_courses(centre: Centre, course: Course, manager: Person) -> None:
    centre.clock(2023, 3, 16)
    assert kinds(manager) == [[]]
    course.participant()
    assert kinds(manager) == [["completions_to_record"]]
    lapsed = "UPDATE trainings SET state = 'lapsed', ended_at = '2023-03-15', decided_at = "
    centre.owner.execute(f"{lapsed}'2023-03-01'")
    assert kinds(manager) == [["completions_to_record"]]
    centre.owner.execute("UPDATE training_participants SET name = NULL, email = NULL, anonymised_at = '2023-03-15'")
    assert kinds(manager) == [[]]
    centre.owner.execute("UPDATE training_participants SET name = 'Aino', anonymised_at = NULL")
    centre.clock(2025, 3, 1)
    assert kinds(manager) == [["completions_to_record"]]
    centre.clock(2025, 3, 2)
    assert kinds(manager) == [[]]
    ok(centre.staff().patch("/v1/study-centre", {"completion_years": 3}))
    assert kinds(manager) == [["completions_to_record"]]


def test_named_staff_decide_claims_of_others(centre: Centre, course: Course, staff: Person) -> None:
    reader, learner = participant_reader(centre), centre.person()
    claim = ok(learner.post("/v1/participation-claims", {"training_id": str(course.id)}), 201)
    ok(reader.post("/v1/participation-claims", {"training_id": str(course.id)}), 201)
    assert kinds(reader, staff, learner, centre.person("auditor")) == [["participation_claim"], [], [], []]
    (task,) = tasks(reader)
    assert task["call"]["path"] == f"/v1/participation-claims/{claim['id']}/decision"
    body = task["call"]["body"] | {"participant_id": course.participant()}
    ok(reader.post(task["call"]["path"], body))
    assert kinds(reader) == [[]]


def test_staff_name_a_reader_while_a_claim_or_a_completion_waits(centre: Centre, course: Course, staff: Person) -> None:
    auditor = centre.person("auditor")
    assert kinds(staff, auditor) == [[], []]
    ok(centre.person().post("/v1/participation-claims", {"training_id": str(course.id)}), 201)
    assert kinds(staff, auditor) == [["participant_readers_missing"], []]
    centre.owner.execute("UPDATE participation_claims SET state = 'rejected', decided_at = '2023-03-15'")
    assert kinds(staff) == [[]]
    course.participant()
    centre.clock(2023, 3, 16)
    (task,) = tasks(staff)
    assert task["call"]["path"] == "/v1/study-centre/participant-readers"
    reader = participant_reader(centre)
    assert kinds(staff, reader) == [[], []]
    # Who has left the staff reads nothing any more.
    centre.owner.execute("UPDATE role_grants SET valid_until = '2023-03-16' WHERE person_id = %s", [reader.id])
    assert kinds(staff) == [["participant_readers_missing"]]
