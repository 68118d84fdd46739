"""`/v1/trainings/{id}/completions` and `/v1/completions/{id}`."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from app.db.identifiers import new_id
from app.settings import Settings
from tests.api.another_key import after_another_secret_key
from tests.api.people.test_api_keys import made, program
from tests.api.trainings.certificate_steps import Course as SignedCourse
from tests.api.trainings.learning import FIRST, LAST, Course, course_of, passed, sessions
from tests.api.trainings.model_steps import errors_of, ok
from tests.builders import FOREVER, Centre, Person, refusal
from tests.trainings import add_training, participant_reader


@pytest.fixture
def course(centre: Centre, unit: UUID, manager: Person) -> Course:
    return course_of(centre, unit, manager)


@pytest.fixture
def graded(centre: Centre, unit: UUID, manager: Person) -> Course:
    return course_of(centre, unit, manager, scale="one_to_five")


def test_a_completion_is_recorded_shown_and_corrected(course: Course, manager: Person, centre: Centre) -> None:
    participant = course.participant()
    completion = course.recorded(participant)
    assert completion == {
        "id": completion["id"],
        "training_id": str(course.id),
        "participant_id": participant,
        "name": "Ilona Iltanen",
        "kind": "course",
        "outcome": "passed",
        "grade": None,
        "completed_on": "2023-03-15",
        "assessed_by": "Kouluttaja Kaisa",
        "attended": True,
        "grounds": None,
        "credits": 2,
        "state": "in_force",
        "corrects_id": None,
        "reason": None,
        "recorded_by": str(manager.id),
        "recorded_by_name": "Aino Esimerkki",
        "recorded_at": "2023-03-15T12:00:00+02:00",
    }
    path = f"/v1/completions/{completion['id']}"
    assert ok(manager.get(path)) == completion
    correction = {
        "outcome": "failed",
        "completed_on": "2023-03-14",
        "assessed_by": "Kouluttaja Kaisa",
        "name": "Iiro Iltanen",
        "reason": "Väärä osallistuja",
    }
    answer, repeated = (manager.post(f"{path}/correction", correction, key="one") for _ in range(2))
    corrected = ok(answer, 201)
    assert ok(manager.get(answer.headers["Location"])) == corrected == ok(repeated, 201)
    assert repeated.headers["Location"] == answer.headers["Location"]
    assert {name: corrected[name] for name in ("name", "outcome", "credits", "corrects_id", "reason", "state")} == {
        "name": "Iiro Iltanen",
        "outcome": "failed",
        "credits": 0,
        "corrects_id": completion["id"],
        "reason": "Väärä osallistuja",
        "state": "in_force",
    }
    assert ok(manager.get(path)) == completion | {"state": "corrected"}
    assert ok(manager.get(course.path))["items"] == [corrected, completion | {"state": "corrected"}]
    assert ok(manager.get(course.path, params={"state": "in_force"}))["items"] == [corrected]
    again = manager.post(f"{path}/correction", correction)
    assert (refusal(again), again.json()["allowed"]) == ((409, "wrong-state"), ["in_force"])
    facts = centre.rows(
        "SELECT action, subject_id::text, facts::text FROM audit_entries WHERE action LIKE 'completion.%%' ORDER BY id"
    )
    assert [(action, subject) for action, subject, _ in facts] == [
        ("completion.recorded", completion["id"]),
        ("completion.corrected", corrected["id"]),
    ]
    assert not any("Iltanen" in text for _, _, text in facts)


def test_a_name_that_is_not_corrected_stays(course: Course, manager: Person) -> None:
    path = f"/v1/completions/{course.recorded(course.participant())['id']}/correction"
    body = {"outcome": "interrupted", "completed_on": "2023-03-15", "assessed_by": "Kaisa", "reason": "Keskeytti"}
    assert ok(manager.post(path, body), 201)["name"] == "Ilona Iltanen"


def test_a_correction_is_checked_as_a_completion(graded: Course, manager: Person) -> None:
    path = f"/v1/completions/{graded.recorded(graded.participant(), grade=3)['id']}/correction"
    body = {"outcome": "passed", "completed_on": "2023-03-16", "assessed_by": "Kaisa", "reason": "Arvosana"}
    answer = manager.post(path, body)
    assert errors_of(answer) == [
        ("/grade", "required"),
        ("/attended", "attendance-required"),
        ("/completed_on", "day-outside"),
    ]


def test_of_forty_of_whom_three_never_came_nothing_is_recorded(course: Course, manager: Person) -> None:
    ids = [course.participant(f"Osallistuja {number}") for number in range(40)]
    items = [passed(each, attended=place not in (3, 17, 39)) for place, each in enumerate(ids)]
    answer = manager.post(course.path, {"items": items})
    assert errors_of(answer) == [(f"/items/{place}/attended", "attendance-required") for place in (3, 17, 39)]
    assert ok(manager.get(course.path))["items"] == []
    for place in (3, 17, 39):
        items[place] = items[place] | {"outcome": "interrupted"}
    recorded = ok(manager.post(course.path, {"items": items}), 201)["items"]
    assert [each["participant_id"] for each in recorded] == ids
    assert sum(each["credits"] for each in recorded) == 37 * 2


def test_the_last_session_has_begun(course: Course, manager: Person, centre: Centre) -> None:
    participant = course.participant()
    centre.clock_at(LAST - timedelta(seconds=1))
    answer = manager.post(course.path, {"items": [passed(participant, completed_on="2023-03-14")]})
    assert (refusal(answer), answer.json()["opens_at"]) == ((409, "training-not-over"), "2023-03-15T12:00:00+02:00")
    centre.clock_at(LAST)
    assert manager.post(course.path, {"items": [passed(participant)]}).status_code == 201


@pytest.mark.parametrize(
    ("finding", "fault"),
    [
        ({}, ("/grade", "required")),
        ({"outcome": "failed", "grade": 1}, ("/grade", "none-required")),
        ({"grade": 6}, ("/grade", "less-than-equal")),
        ({"grade": 3, "attended": False}, ("/attended", "attendance-required")),
        ({"grade": 3, "kind": "recognition"}, ("/grounds", "required")),
        ({"grade": 3, "completed_on": "2023-02-28"}, ("/completed_on", "day-outside")),
        ({"grade": 3, "completed_on": "2023-03-16"}, ("/completed_on", "day-outside")),
    ],
)
def test_what_is_said_fits_the_model_and_the_days(
    graded: Course, manager: Person, finding: dict[str, Any], fault: tuple[str, str]
) -> None:
    answer = manager.post(graded.path, {"items": [passed(graded.participant(), **finding)]})
    assert refusal(answer) == (422, "validation")
    assert errors_of(answer) == [(f"/items/0{fault[0]}", fault[1])]


def test_a_course_without_grades_has_none(course: Course, manager: Person) -> None:
    answer = manager.post(course.path, {"items": [passed(course.participant(), grade=5)]})
    assert errors_of(answer) == [("/items/0/grade", "none-required")]


def test_a_grade_and_a_recognition_are_kept(graded: Course) -> None:
    assert graded.recorded(graded.participant(), grade=5)["grade"] == 5
    recognised = graded.recorded(
        graded.participant("Oiva Oppinut"), kind="recognition", attended=None, grounds="Työkokemus", grade=4
    )
    assert (recognised["kind"], recognised["grounds"], recognised["credits"]) == ("recognition", "Työkokemus", 2)


def test_a_course_is_completed_within_two_years_of_its_first_session(
    course: Course, manager: Person, centre: Centre
) -> None:
    participant = course.participant()
    centre.clock(2025, 3, 2, 10)
    answer = manager.post(course.path, {"items": [passed(participant, completed_on="2025-03-02")]})
    assert answer.json()["errors"][0]["pointer"] == "/items/0/completed_on"
    assert course.recorded(participant, completed_on="2025-03-01")["completed_on"] == "2025-03-01"


def test_the_study_centre_sets_within_how_many_years_a_course_is_completed(
    course: Course, staff: Person, centre: Centre
) -> None:
    ok(staff.patch("/v1/study-centre", {"completion_years": 1}))
    centre.clock(2024, 3, 2, 10)
    late = course.writer.post(course.path, {"items": [passed(course.participant(), completed_on="2024-03-02")]})
    assert errors_of(late)[0][0] == "/items/0/completed_on"
    ok(staff.patch("/v1/study-centre", {"completion_years": 2}))
    assert course.recorded(course.participant("Eero"), completed_on="2024-03-02")["completed_on"] == "2024-03-02"


def test_a_participant_has_one_completion_in_force(course: Course, manager: Person) -> None:
    first, second = course.participant(), course.participant("Toinen")
    completion = course.recorded(first)
    answer = manager.post(course.path, {"items": [passed(second), passed(first)]})
    assert refusal(answer) == (409, "already-exists")
    assert (answer.json()["pointer"], answer.json()["existing_id"]) == ("/items/1/participant_id", completion["id"])
    twice = manager.post(course.path, {"items": [passed(second), passed(second)]})
    assert (refusal(twice), twice.json()["pointer"]) == ((409, "already-exists"), "/items/1/participant_id")


def test_a_participant_is_of_the_course_and_is_named(course: Course, manager: Person, centre: Centre) -> None:
    other = course_of(
        centre, centre.rows("SELECT organisation_id FROM trainings WHERE id = %s", course.id)[0][0], manager
    )
    for participant in (other.participant(), str(new_id())):
        answer = manager.post(course.path, {"items": [passed(participant)]})
        assert (refusal(answer), answer.json()["pointer"]) == ((404, "not-found"), "/items/0/participant_id")
    anonymous = course.participant()
    centre.owner.execute(
        "UPDATE training_participants SET name = NULL, anonymised_at = %s WHERE id = %s", [FOREVER, anonymous]
    )
    answer = manager.post(course.path, {"items": [passed(anonymous)]})
    assert (refusal(answer), answer.json()["state"]) == ((409, "wrong-state"), "anonymised")


def test_a_name_that_a_certificate_cannot_show_is_written_otherwise_first(
    course: Course, manager: Person, centre: Centre
) -> None:
    participant = course.participant()
    centre.owner.execute("UPDATE training_participants SET name = 'محمد علي' WHERE id = %s", [participant])
    answer = manager.post(course.path, {"items": [passed(participant)]})
    assert refusal(answer) == (409, "wrong-state")
    assert (answer.json()["pointer"], answer.json()["because"]) == ("/items/0/participant_id", "name-unprintable")
    centre.owner.execute("UPDATE training_participants SET name = 'Αίγλη Żółć-Љубовь' WHERE id = %s", [participant])
    recorded = course.recorded(participant)
    assert recorded["name"] == "Αίγλη Żółć-Љубовь"
    correction = passed(participant, name="李小龍", reason="Kirjoitusvirhe")
    del correction["participant_id"]
    assert errors_of(manager.post(f"/v1/completions/{recorded['id']}/correction", correction)) == [
        ("/name", "name-unprintable")
    ]


def test_a_late_statement_is_not_the_learners_fault(course: Course, centre: Centre) -> None:
    participant = course.participant()
    centre.owner.execute("UPDATE trainings SET state = 'lapsed', ended_at = %s WHERE id = %s", [FOREVER, course.id])
    assert course.recorded(participant)["state"] == "in_force"


@pytest.mark.parametrize("state", ["submitted", "cancelled", "lapsed"])
def test_others_than_approved_courses_are_not_completed(
    centre: Centre, unit: UUID, manager: Person, state: str
) -> None:
    course = course_of(centre, unit, manager, state=state)
    participant = new_id()
    centre.owner.execute(
        "INSERT INTO training_participants (id, training_id, name, under_age, created_by, created_at) "
        "VALUES (%s, %s, 'Nimi', false, %s, %s)",
        [participant, course.id, manager.id, FOREVER],
    )
    answer = manager.post(course.path, {"items": [passed(str(participant))]})
    assert (refusal(answer), answer.json()["allowed"]) == ((409, "wrong-state"), ["approved", "lapsed"])


def test_a_course_from_no_model_is_not_completed(centre: Centre, unit: UUID, manager: Person) -> None:
    training = add_training(centre, unit, sessions=Jsonb(sessions(FIRST)))
    course = Course(centre, manager, training)
    answer = manager.post(course.path, {"items": [passed(course.participant())]})
    assert (refusal(answer), answer.json()["because"]) == ((409, "wrong-state"), "no-model")


def test_nobody_records_what_concerns_themselves(course: Course, manager: Person, centre: Centre) -> None:
    address = centre.rows("SELECT verified_email FROM persons WHERE id = %s", manager.id)[0][0]
    own = course.participant("Joku Muu", address)
    answer = manager.post(course.path, {"items": [passed(course.participant()), passed(own)]})
    assert refusal(answer) == (403, "forbidden")
    assert (answer.json()["because"], answer.json()["pointer"]) == ("own-matter", "/items/1/participant_id")
    claimed = course.participant("Kolmas")
    centre.owner.execute(
        "INSERT INTO participation_claims (id, training_id, person_id, participant_id, state, claimed_at, decided_at) "
        "VALUES (%s, %s, %s, %s, 'granted', %s, %s)",
        [new_id(), course.id, manager.id, claimed, FOREVER, FOREVER],
    )
    assert refusal(manager.post(course.path, {"items": [passed(claimed)]})) == (403, "forbidden")
    other = centre.person("training_manager", course_organisation(course))
    completion = ok(other.post(course.path, {"items": [passed(claimed)]}), 201)["items"][0]
    body = {"outcome": "failed", "completed_on": "2023-03-15", "assessed_by": "Kaisa", "reason": "Itse"}
    refused = manager.post(f"/v1/completions/{completion['id']}/correction", body)
    assert (refusal(refused), refused.json()["because"]) == ((403, "forbidden"), "own-matter")


def course_organisation(course: Course) -> UUID:
    organisation: UUID = course.centre.rows("SELECT organisation_id FROM trainings WHERE id = %s", course.id)[0][0]
    return organisation


def test_writers_named_staff_and_the_learner_see_it_and_nobody_else(
    course: Course, centre: Centre, central: UUID, unit: UUID
) -> None:
    learner, other = centre.person(), centre.person()
    address = centre.rows("SELECT verified_email FROM persons WHERE id = %s", learner.id)[0][0]
    mine, theirs = course.recorded(course.participant("Aino Esimerkki", address)), course.recorded(course.participant())
    ok(learner.post("/v1/participation-claims", {"training_id": str(course.id)}), 201)
    path = f"/v1/completions/{mine['id']}"
    for person in (centre.main_user(central), centre.person("unit_manager", unit), participant_reader(centre)):
        assert ok(person.get(path)) | {"recorded_by_name": None} == mine | {"recorded_by_name": None}
        assert [each["id"] for each in ok(person.get(course.path))["items"]] == [theirs["id"], mine["id"]]
    assert ok(learner.get(path))["id"] == mine["id"]
    assert [each["id"] for each in ok(learner.get(course.path))["items"]] == [mine["id"]]
    for hidden in (path, course.path):
        for person in (centre.staff(), centre.person("auditor"), centre.person("observer", unit)):
            answer = person.get(hidden)
            assert (refusal(answer), answer.json()["because"]) == ((403, "forbidden"), "participant-readers-only")
        assert refusal(other.get(hidden)) == (404, "not-found")
    assert refusal(learner.get(f"/v1/completions/{theirs['id']}")) == (404, "not-found")
    readings = centre.rows("SELECT subject_id FROM audit_entries WHERE action = 'completions.read'")
    assert readings == [(course.id,)] * 2


def test_others_than_writers_record_nothing(course: Course, centre: Centre, unit: UUID) -> None:
    body = {"items": [passed(course.participant())]}
    completion = course.recorded(course.participant("Toinen"))
    correction = {"outcome": "failed", "completed_on": "2023-03-15", "assessed_by": "Kaisa", "reason": "Syy"}
    for person in (participant_reader(centre), centre.person("observer", unit)):
        assert refusal(person.post(course.path, body)) == (403, "forbidden")
        assert refusal(person.post(f"/v1/completions/{completion['id']}/correction", correction)) == (403, "forbidden")
    stranger = centre.main_user(centre.organisation())
    assert refusal(stranger.post(course.path, body)) == (404, "not-found")
    assert refusal(stranger.post(f"/v1/completions/{completion['id']}/correction", correction)) == (404, "not-found")


def test_a_repeated_request_shows_the_completions_as_they_are(course: Course, manager: Person) -> None:
    body = {"items": [passed(course.participant())]}
    first = manager.post(course.path, body, key="kerran")
    again = manager.post(course.path, body, key="kerran")
    assert (again.status_code, again.json()) == (201, first.json())
    assert len(ok(manager.get(course.path))["items"]) == 1


def test_a_participant_with_a_completion_is_not_removed(course: Course, manager: Person) -> None:
    participant = course.participant()
    course.recorded(participant)
    answer = manager.delete(f"/v1/trainings/{course.id}/participants/{participant}")
    assert (refusal(answer), answer.json()["because"]) == ((409, "wrong-state"), "completion-recorded")


def test_the_name_stays_when_the_participant_is_erased(course: Course, main_user: Person) -> None:
    completion = course.recorded(course.participant("Ilona Iltanen", "ilona@example.org"))
    erased = main_user.post("/v1/participant-erasures", {"email": "ilona@example.org", "reason": "Pyyntö"})
    assert erased.json()["participants"] == 1
    assert ok(main_user.get(f"/v1/completions/{completion['id']}"))["name"] == "Ilona Iltanen"


def test_the_database_lets_a_completion_only_be_corrected(course: Course, centre: Centre) -> None:
    completion = course.recorded(course.participant())["id"]
    for change in ("name = 'Muu'", "outcome = 'failed', credits = 0", "completed_on = '2023-03-14'"):
        with pytest.raises(psycopg.errors.RestrictViolation):
            centre.owner.execute(f"UPDATE completions SET {change} WHERE id = %s", [completion])
    centre.owner.execute("UPDATE completions SET state = 'corrected' WHERE id = %s", [completion])
    with pytest.raises(psycopg.errors.RestrictViolation):
        centre.owner.execute("UPDATE completions SET state = 'in_force' WHERE id = %s", [completion])


def test_an_api_key_records_nothing_about_the_person_who_created_it(centre: Centre, central: UUID, unit: UUID) -> None:
    main_user = centre.main_user(central)
    course = course_of(centre, unit, main_user)
    [(address,)] = centre.rows("SELECT verified_email FROM persons WHERE id = %s", main_user.id)
    own, other = course.participant("Aino Esimerkki", address), course.participant()
    key = program(centre, made(main_user, central, scopes=["participants:write"]))
    answer = key.post(course.path, {"items": [passed(other), passed(own)]})
    assert refusal(answer) == (403, "forbidden")
    assert (answer.json()["because"], answer.json()["pointer"]) == ("own-matter", "/items/1/participant_id")
    assert key.post(course.path, {"items": [passed(other)]}).status_code == 201


def test_of_two_who_record_or_correct_at_the_same_time_one_does(
    course: Course, centre: Centre, manager: Person, main_user: Person
) -> None:
    barrier = Barrier(2)

    def at_once(path: str, body: dict[str, Any]) -> list[int]:
        def run(person: Person) -> int:
            barrier.wait()
            return person.post(path, body).status_code

        with ThreadPoolExecutor(2) as pool:
            return sorted(pool.map(run, [manager, main_user]))

    assert at_once(course.path, {"items": [passed(course.participant())]}) == [201, 409]
    [(completion,)] = centre.rows("SELECT id FROM completions")
    correction = {"outcome": "failed", "completed_on": "2023-03-15", "assessed_by": "Kaisa", "reason": "Virhe"}
    assert at_once(f"/v1/completions/{completion}/correction", correction) == [201, 409]
    assert sorted(centre.rows("SELECT state FROM completions")) == [("corrected",), ("in_force",)]


def test_a_correction_withdraws_the_certificates_of_the_completion_alone(
    centre: Centre, central: UUID, unit: UUID, main_user: Person, manager: Person, staff: Person
) -> None:
    signed = SignedCourse.of(centre, central, unit, main_user, manager, staff)
    centre.clock(2023, 5, 2, 12)
    completion, other = signed.completion(), signed.completion("Eero Esimerkki")
    certificate, kept = (
        ok(manager.post(f"/v1/completions/{each}/certificates", {}), 201)["id"] for each in (completion, other)
    )
    correction = {"outcome": "failed", "completed_on": "2023-04-15", "assessed_by": "Kaisa", "reason": "Aino ei tullut"}
    corrected = ok(manager.post(f"/v1/completions/{completion}/correction", correction), 201)
    states = [ok(manager.get(f"/v1/certificates/{each}"))["state"] for each in (certificate, kept)]
    assert states == ["withdrawn", "in_force"]
    rows = centre.rows("SELECT subject_id, facts, reason FROM audit_entries WHERE action = 'completion.corrected'")
    [(subject, facts, reason)] = rows
    # The reason may name the learner.
    assert (str(subject), facts["withdrawn_certificates"], reason) == (corrected["id"], [certificate], None)


def test_completions_cannot_be_repeated_once_the_service_has_another_secret_key(
    course: Course, manager: Person, centre: Centre, settings: Settings
) -> None:
    items = {"items": [passed(course.participant())]}
    [completion] = ok(manager.post(course.path, items, key="once"), 201)["items"]
    path = f"/v1/completions/{completion['id']}/correction"
    correction = {"outcome": "failed", "completed_on": "2023-03-14", "assessed_by": "Kaisa", "reason": "Väärä päivä"}
    ok(manager.post(path, correction, key="twice"), 201)
    with after_another_secret_key(centre, settings, manager) as same_person:
        assert refusal(same_person.post(course.path, items, key="once")) == (409, "response-unreadable")
        assert refusal(same_person.post(path, correction, key="twice")) == (409, "response-unreadable")
    assert len(ok(manager.get(course.path))["items"]) == 2
