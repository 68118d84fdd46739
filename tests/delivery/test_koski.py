"""Mails about entries in Koski that are to be cancelled: to the staff who are named to see participants."""

from collections.abc import Callable
from uuid import UUID

import pytest
from psycopg.types.json import Jsonb

from tests.api.trainings.learning import FIRST, sessions
from tests.api.trainings.model_steps import ok
from tests.api.trainings.test_koski_exports import CONSENTS, accepted, passed, prepared
from tests.builders import Centre, Person
from tests.delivery.events import Make
from tests.learners import Learner, course, model_version, with_koski, wording
from tests.trainings import participant_reader


@pytest.fixture
def reader(centre: Centre) -> Person:
    with_koski(centre)
    return participant_reader(centre)


@pytest.fixture
def training(centre: Centre, reader: Person) -> UUID:
    """A course of 1 March 2023, on that day, with a learner whom Koski knows."""
    central = centre.organisation(name="Marttaliitto")
    wording(reader)
    centre.clock(2023, 3, 1, 9)
    return course(centre, central, model_version(centre, central), sessions=Jsonb(sessions(FIRST)))


@pytest.fixture
def known(centre: Centre, training: UUID, reader: Person) -> Learner:
    learner = passed(centre, training)
    accepted(reader, training)
    return learner


def mailed(centre: Centre, make: Make) -> list[tuple[str, UUID]]:
    """The mails about Koski that are made now, with their readers."""
    seen = {mail_id for (mail_id,) in centre.rows("SELECT id FROM mails")}
    make()
    rows = centre.rows("SELECT id, event, person_id FROM mails WHERE event LIKE 'koski%%' ORDER BY id")
    return [(event, person_id) for mail_id, event, person_id in rows if mail_id not in seen]


def corrected(centre: Centre, training: UUID, outcome: str) -> None:
    [(completion_id, organisation_id)] = centre.rows(
        "SELECT completions.id, organisation_id FROM completions JOIN trainings ON trainings.id = training_id "
        "WHERE training_id = %s AND completions.state = 'in_force'",
        training,
    )
    writer = centre.person("training_manager", organisation_id)
    body = {"outcome": outcome, "completed_on": "2023-03-01", "assessed_by": "Kaisa", "reason": "Arvioitu uudelleen"}
    more = {"attended": True} if outcome == "passed" else {}
    ok(writer.post(f"/v1/completions/{completion_id}/correction", body | more), 201)


@pytest.mark.usefixtures("known")
def test_a_correction_that_makes_an_entry_wrong_is_mailed_to_the_readers(
    centre: Centre, training: UUID, reader: Person, make: Make
) -> None:
    mailed(centre, make)
    corrected(centre, training, "passed")
    assert mailed(centre, make) == []
    corrected(centre, training, "failed")
    assert mailed(centre, make) == [("koski-entry.to-cancel", reader.id)]


def test_an_entry_that_waits_longer_than_fourteen_days_is_mailed_once_more(
    centre: Centre, known: Learner, reader: Person, make: Make, remind: Callable[[], None]
) -> None:
    [consent] = ok(known.person.get(CONSENTS))["items"]
    ok(known.person.post(f"{CONSENTS}/{consent['id']}/withdrawal"))
    assert mailed(centre, make) == [("koski-consent.withdrawn", reader.id)]
    centre.clock(2023, 3, 15, 23, 59, 59)
    remind()
    assert mailed(centre, make) == []
    centre.clock(2023, 3, 16)
    remind()
    assert mailed(centre, make) == [("koski-entry.waiting", reader.id)]
    centre.clock(2023, 4, 20)
    remind()
    assert mailed(centre, make) == []


def test_an_entry_that_an_export_cancels_waits_for_nobody_here(
    centre: Centre, known: Learner, training: UUID, reader: Person, make: Make, remind: Callable[[], None]
) -> None:
    [consent] = ok(known.person.get(CONSENTS))["items"]
    ok(known.person.post(f"{CONSENTS}/{consent['id']}/withdrawal"))
    mailed(centre, make)
    assert [item["action"] for item in prepared(reader, training)["items"]] == ["cancel"]
    centre.clock(2023, 3, 20)
    remind()
    assert mailed(centre, make) == []
