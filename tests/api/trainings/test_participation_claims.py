"""`/v1/participation-claims`."""

from typing import Any
from uuid import UUID

import psycopg
import pytest

from app.db.identifiers import new_id
from tests.api.trainings.learning import Course, course_of
from tests.api.trainings.model_steps import errors_of, ok
from tests.builders import FOREVER, Centre, Person, refusal
from tests.trainings import add_training, participant_reader

CLAIMS = "/v1/participation-claims"


@pytest.fixture
def course(centre: Centre, unit: UUID, manager: Person) -> Course:
    return course_of(centre, unit, manager)


@pytest.fixture
def learner(centre: Centre) -> Person:
    """A person without a role, called Aino Esimerkki."""
    return centre.person()


def address_of(centre: Centre, person: Person) -> str:
    return str(centre.rows("SELECT verified_email FROM persons WHERE id = %s", person.id)[0][0])


def claim(person: Person, course: Course) -> dict[str, Any]:
    return ok(person.post(CLAIMS, {"training_id": str(course.id)}), 201)


@pytest.mark.parametrize("name", ["Aino Esimerkki", "aino esimerkki", "AINO  ESIMERKKI", "Áino Esimerkkí"])
def test_the_same_address_and_name_are_granted_immediately(
    centre: Centre, course: Course, learner: Person, name: str
) -> None:
    participant = course.participant(name, address_of(centre, learner))
    granted = claim(learner, course)
    assert granted == {
        "id": granted["id"],
        "training_id": str(course.id),
        "training_name": "Kurssi",
        "organisation_id": granted["organisation_id"],
        "organisation_name": "Hämeen Martat",
        "person_id": str(learner.id),
        "person_name": "Aino Esimerkki",
        "participant_id": participant,
        "state": "granted",
        "reason": None,
        "claimed_at": "2023-03-15T12:00:00+02:00",
        "decided_by": None,
        "decided_by_name": None,
        "decided_at": "2023-03-15T12:00:00+02:00",
        "ended_by": None,
        "ended_by_name": None,
        "ended_at": None,
    }
    assert ok(learner.get(f"{CLAIMS}/{granted['id']}")) == granted
    assert ok(learner.get(CLAIMS))["items"] == [granted]


def test_otherwise_it_is_open_and_shows_nothing(centre: Centre, course: Course, learner: Person) -> None:
    course.participant("Aino Toinen", address_of(centre, learner))
    course.participant("Aino Esimerkki", "muu@example.org")
    similar = claim(learner, course)
    assert (similar["state"], similar["participant_id"]) == ("open", None)
    stranger = claim(centre.person(), course)
    changing = ("id", "person_id", "person_name")
    assert {k: v for k, v in similar.items() if k not in changing} == {
        k: v for k, v in stranger.items() if k not in changing
    }


def test_an_unverified_address_grants_nothing(centre: Centre, course: Course, learner: Person) -> None:
    course.participant("Aino Esimerkki", address_of(centre, learner))
    centre.owner.execute(
        "UPDATE persons SET verified_email = NULL, verified_email_key = NULL, verified_at = NULL WHERE id = %s",
        [learner.id],
    )
    assert claim(learner, course)["state"] == "open"


def test_one_is_open_or_granted_in_a_course(course: Course, learner: Person, centre: Centre) -> None:
    first = claim(learner, course)
    answer = learner.post(CLAIMS, {"training_id": str(course.id)})
    assert (refusal(answer), answer.json()["existing_id"]) == ((409, "already-exists"), first["id"])
    reader = participant_reader(centre)
    ok(reader.post(f"{CLAIMS}/{first['id']}/decision", {"outcome": "rejected", "reason": "Ei ollut mukana"}))
    assert claim(learner, course)["state"] == "open"


def test_the_course_has_been_approved(centre: Centre, unit: UUID, learner: Person, manager: Person) -> None:
    draft = add_training(centre, unit, state="draft")
    for training in (draft, new_id()):
        answer = learner.post(CLAIMS, {"training_id": str(training)})
        assert (refusal(answer), answer.json()["pointer"]) == ((404, "not-found"), "/training_id")
    answer = manager.post(CLAIMS, {"training_id": str(draft)})
    assert (refusal(answer), answer.json()["allowed"]) == ((409, "wrong-state"), ["approved", "lapsed"])


def test_a_claim_needs_a_strong_sign_in(centre: Centre, course: Course, learner: Person) -> None:
    answer = learner.post(CLAIMS, {"training_id": str(course.id)}, headers=centre.weakly(learner))
    assert refusal(answer) == (401, "strong-authentication-required")


def test_named_staff_decide_and_revoke(centre: Centre, course: Course, learner: Person) -> None:
    reader, participant = participant_reader(centre), course.participant()
    path = f"{CLAIMS}/{claim(learner, course)['id']}"
    granted = ok(reader.post(f"{path}/decision", {"outcome": "granted", "participant_id": participant}))
    assert (granted["state"], granted["participant_id"], granted["decided_by"]) == (
        "granted",
        participant,
        str(reader.id),
    )
    again = reader.post(f"{path}/decision", {"outcome": "granted", "participant_id": participant})
    assert (refusal(again), again.json()["allowed"]) == ((409, "wrong-state"), ["open"])
    other = claim(centre.person(), course)
    taken = reader.post(f"{CLAIMS}/{other['id']}/decision", {"outcome": "granted", "participant_id": participant})
    assert (refusal(taken), taken.json()["pointer"]) == ((409, "already-exists"), "/participant_id")
    foreign = course_of(centre, UUID(granted["organisation_id"]), course.writer).participant()
    missing = reader.post(f"{CLAIMS}/{other['id']}/decision", {"outcome": "granted", "participant_id": foreign})
    assert (refusal(missing), missing.json()["pointer"]) == ((404, "not-found"), "/participant_id")
    revoked = ok(reader.post(f"{path}/revocation", {"reason": "Väärä henkilö"}))
    assert (revoked["state"], revoked["reason"], revoked["ended_by"]) == ("revoked", "Väärä henkilö", str(reader.id))
    twice = reader.post(f"{path}/revocation", {"reason": "Väärä henkilö"})
    assert (refusal(twice), twice.json()["allowed"]) == ((409, "wrong-state"), ["granted"])
    assert ok(reader.post(f"{CLAIMS}/{other['id']}/decision", {"outcome": "granted", "participant_id": participant}))
    actions = centre.rows("SELECT action FROM audit_entries WHERE action LIKE 'participation-claim.%%' ORDER BY id")
    assert [action for (action,) in actions] == [
        "participation-claim.made",
        "participation-claim.granted",
        "participation-claim.made",
        "participation-claim.revoked",
        "participation-claim.granted",
    ]


def test_the_reason_of_a_claim_is_not_in_the_audit(centre: Centre, course: Course) -> None:
    """It may name the learner, and auditors read the audit."""
    reader = participant_reader(centre)
    rejected, granted = (f"{CLAIMS}/{claim(centre.person(), course)['id']}" for _ in range(2))
    ok(reader.post(f"{rejected}/decision", {"outcome": "rejected", "reason": "Aino ei ollut mukana"}))
    decision = {"outcome": "granted", "participant_id": course.participant(), "reason": "Aino soitti"}
    ok(reader.post(f"{granted}/decision", decision))
    ok(reader.post(f"{granted}/revocation", {"reason": "Aino on toinen henkilö"}))
    for table in ("audit_entries", "outbox"):
        rows = centre.rows(f"SELECT to_jsonb(t)::text FROM {table} t")
        assert not any("Aino" in text for (text,) in rows)
    reasons = [ok(reader.get(path))["reason"] for path in (rejected, granted)]
    assert reasons == ["Aino ei ollut mukana", "Aino on toinen henkilö"]


@pytest.mark.parametrize(
    ("decision", "faults"),
    [
        ({"outcome": "granted"}, [("/participant_id", "required")]),
        ({"outcome": "rejected"}, [("/reason", "required")]),
        (
            {"outcome": "rejected", "reason": "Ei", "participant_id": str(new_id())},
            [("/participant_id", "none-required")],
        ),
    ],
)
def test_a_grant_names_a_participant_and_a_rejection_its_reason(
    centre: Centre, course: Course, learner: Person, decision: dict[str, Any], faults: list[tuple[str, str]]
) -> None:
    answer = participant_reader(centre).post(f"{CLAIMS}/{claim(learner, course)['id']}/decision", decision)
    assert (refusal(answer), errors_of(answer)) == ((422, "validation"), faults)


def test_others_than_named_staff_see_and_decide_nothing(centre: Centre, course: Course, learner: Person) -> None:
    path = f"{CLAIMS}/{claim(learner, course)['id']}"
    decision = {"outcome": "rejected", "reason": "Ei"}
    for person in (centre.staff(), centre.person("auditor"), course.writer):
        assert refusal(person.get(path)) == (404, "not-found")
        assert ok(person.get(CLAIMS))["items"] == []
    for person, status in ((centre.staff(), 403), (learner, 403), (course.writer, 404)):
        assert person.post(f"{path}/decision", decision).status_code == status
        assert person.post(f"{path}/revocation", {"reason": "Syy"}).status_code == status


def test_named_staff_decide_nothing_of_their_own(centre: Centre, course: Course) -> None:
    reader = participant_reader(centre)
    path = f"{CLAIMS}/{claim(reader, course)['id']}"
    for answer in (
        reader.post(f"{path}/decision", {"outcome": "granted", "participant_id": course.participant()}),
        reader.post(f"{path}/revocation", {"reason": "Syy"}),
    ):
        assert (refusal(answer), answer.json()["because"]) == ((403, "forbidden"), "own-matter")


def test_reading_by_named_staff_is_recorded(centre: Centre, course: Course, learner: Person) -> None:
    own = claim(learner, course)
    reader = participant_reader(centre)
    assert ok(reader.get(CLAIMS, params={"state": "open"}))["items"] == [own]
    assert ok(reader.get(f"{CLAIMS}/{own['id']}")) == own
    ok(learner.get(CLAIMS))
    assert len(centre.rows("SELECT 1 FROM audit_entries WHERE action = 'participation-claims.read'")) == 2


def test_a_claimed_participant_is_not_removed(centre: Centre, course: Course, learner: Person) -> None:
    participant = course.participant("Aino Esimerkki", address_of(centre, learner))
    claim(learner, course)
    answer = course.writer.delete(f"/v1/trainings/{course.id}/participants/{participant}")
    assert (refusal(answer), answer.json()["because"]) == ((409, "wrong-state"), "participation-claimed")


def test_a_lapsed_course_can_be_claimed(centre: Centre, course: Course, learner: Person) -> None:
    centre.owner.execute("UPDATE trainings SET state = 'lapsed', ended_at = %s WHERE id = %s", [FOREVER, course.id])
    assert claim(learner, course)["state"] == "open"


@pytest.mark.parametrize("state", ["rejected", "revoked"])
def test_an_ended_claim_stays_ended_in_the_database(course: Course, centre: Centre, state: str) -> None:
    claim = ok(centre.person().post(CLAIMS, {"training_id": str(course.id)}), 201)["id"]
    ended = "decided_at" if state == "rejected" else "ended_at"
    centre.owner.execute(
        f"UPDATE participation_claims SET state = %s, {ended} = claimed_at WHERE id = %s", [state, claim]
    )
    with pytest.raises(psycopg.errors.RestrictViolation):
        centre.owner.execute(
            "UPDATE participation_claims SET state = 'open', decided_at = NULL, ended_at = NULL WHERE id = %s", [claim]
        )
