"""Mails about completions and claims: to those who record or decide them, and to the learner."""

from collections.abc import Callable
from uuid import UUID

import pytest

from tests.api.trainings.learning import Course, course_of
from tests.api.trainings.model_steps import ok
from tests.builders import Centre
from tests.delivery.events import Make
from tests.trainings import participant_reader

Remind = Callable[[], None]
CLAIMS = "/v1/participation-claims"


@pytest.fixture
def course(centre: Centre) -> Course:
    unit = centre.organisation(centre.organisation(name="Marttaliitto"), name="Hämeen Martat")
    return course_of(centre, unit, centre.person("training_manager", unit))


def mailed(centre: Centre, make: Make) -> list[tuple[str, UUID]]:
    """The mails of completions and claims that are made now, with their readers."""
    known = {mail_id for (mail_id,) in centre.rows("SELECT id FROM mails")}
    make()
    rows = centre.rows("SELECT id, event, person_id FROM mails WHERE event ~ 'completion|claim' ORDER BY id")
    return [(event, person_id) for mail_id, event, person_id in rows if mail_id not in known]


def test_a_claim_is_mailed_to_the_readers_and_the_decision_to_the_learner(
    centre: Centre, course: Course, make: Make
) -> None:
    reader, learner = participant_reader(centre), centre.person()
    mailed(centre, make)
    claim = ok(learner.post(CLAIMS, {"training_id": str(course.id)}), 201)["id"]
    assert mailed(centre, make) == [("participation-claim.made", reader.id)]
    ok(reader.post(f"{CLAIMS}/{claim}/decision", {"outcome": "granted", "participant_id": course.participant()}))
    assert mailed(centre, make) == [("participation-claim.granted", learner.id)]
    ok(reader.post(f"{CLAIMS}/{claim}/revocation", {"reason": "Väärä henkilö Ilona"}))
    assert mailed(centre, make) == [("participation-claim.revoked", learner.id)]
    claim = ok(learner.post(CLAIMS, {"training_id": str(course.id)}), 201)["id"]
    mailed(centre, make)
    ok(reader.post(f"{CLAIMS}/{claim}/decision", {"outcome": "rejected", "reason": "Ilona ei osallistunut"}))
    assert mailed(centre, make) == [("participation-claim.rejected", learner.id)]
    texts = centre.rows("SELECT event, text FROM mails WHERE event LIKE 'participation-claim.%%'")
    assert all("Kurssi" in text for _, text in texts)
    # The learner gets the reason, and nobody else.
    assert {event for event, text in texts if "Ilona" in text} == {
        "participation-claim.rejected",
        "participation-claim.revoked",
    }


def test_a_claim_that_is_granted_at_once_is_mailed_to_nobody(centre: Centre, course: Course, make: Make) -> None:
    participant_reader(centre)
    learner = centre.person()
    [(address,)] = centre.rows("SELECT email FROM persons WHERE id = %s", learner.id)
    course.participant("Aino Esimerkki", address)
    mailed(centre, make)
    assert ok(learner.post(CLAIMS, {"training_id": str(course.id)}), 201)["state"] == "granted"
    assert mailed(centre, make) == []


def test_what_waits_longer_than_fourteen_days_is_mailed_once_more(
    centre: Centre, course: Course, make: Make, remind: Remind
) -> None:
    reader = participant_reader(centre)
    course.participant()
    ok(centre.person().post(CLAIMS, {"training_id": str(course.id)}), 201)
    mailed(centre, make)
    # The claim is of noon of 15 March, and the course ended that evening.
    centre.clock(2023, 3, 15, 23, 59, 59)
    remind()
    assert mailed(centre, make) == []
    centre.clock(2023, 3, 16)
    remind()
    [(maker,)] = centre.rows("SELECT created_by FROM trainings WHERE id = %s", course.id)
    assert mailed(centre, make) == [("completions.due", maker)]
    centre.clock(2023, 3, 29, 23, 59, 59)
    remind()
    assert mailed(centre, make) == []
    centre.clock(2023, 3, 30)
    remind()
    assert sorted(mailed(centre, make)) == [("completions.waiting", maker), ("participation-claim.waiting", reader.id)]
    centre.clock(2023, 4, 20)
    remind()
    assert mailed(centre, make) == []


def test_nothing_is_mailed_of_a_course_whose_completions_are_recorded(
    centre: Centre, course: Course, make: Make, remind: Remind
) -> None:
    course.recorded(course.participant())
    centre.clock(2023, 3, 30)
    remind()
    assert mailed(centre, make) == []
