"""Mails about signatures that certificates lack: to main users and staff, once for the first course that ends."""

from collections.abc import Callable
from uuid import UUID

import pytest

from tests.api.trainings.learning import Course, course_of
from tests.builders import Centre
from tests.delivery.events import Make

Remind = Callable[[], None]
OWN, CENTRES = "organisation-signature.missing", "study-centre-signature.missing"


@pytest.fixture
def central(centre: Centre) -> UUID:
    return centre.organisation(name="Marttaliitto")


@pytest.fixture
def course(centre: Centre, central: UUID) -> Course:
    """It ends on 15 March, and the central organisation has main users."""
    unit = centre.organisation(central, name="Hämeen Martat")
    return course_of(centre, unit, centre.person("training_manager", unit))


def mailed(centre: Centre, make: Make) -> dict[str, set[UUID]]:
    """The mails about signatures that are made now, with their readers."""
    known = {mail_id for (mail_id,) in centre.rows("SELECT id FROM mails")}
    make()
    rows = centre.rows("SELECT id, event, person_id FROM mails WHERE event ~ 'signature.missing'")
    found: dict[str, set[UUID]] = {}
    for mail_id, event, person_id in rows:
        if mail_id not in known:
            found.setdefault(event, set()).add(person_id)
    return found


def people(centre: Centre, role: str) -> set[UUID]:
    return {person_id for (person_id,) in centre.rows("SELECT person_id FROM role_grants WHERE role = %s", role)}


@pytest.mark.usefixtures("course")
def test_a_missing_signature_is_mailed_once_in_the_last_thirty_days(centre: Centre, make: Make, remind: Remind) -> None:
    mailed(centre, make)
    centre.clock(2023, 2, 12, 23, 59, 59)
    remind()
    assert mailed(centre, make) == {}
    centre.clock(2023, 2, 13)
    for _ in range(2):
        remind()
    assert mailed(centre, make) == {OWN: people(centre, "main_user"), CENTRES: people(centre, "staff")}
    texts = dict(centre.rows("SELECT DISTINCT event, text FROM mails WHERE event ~ 'signature.missing'"))
    for event, of in ((OWN, "Marttaliitto"), (CENTRES, "Järjestö: ")):
        assert "Koulutus: Kurssi" in texts[event]
        assert "Puuttuu: allekirjoittaja" in texts[event]
        assert "Lisättävä viimeistään: 15.3.2023" in texts[event]
        assert of in texts[event]
    centre.clock(2023, 3, 10)
    remind()
    assert mailed(centre, make) == {}


def test_nothing_is_mailed_of_a_signature_that_is_there(
    centre: Centre, course: Course, make: Make, remind: Remind
) -> None:
    signatory = '{"name": "Raija Rehtori", "title": {"fi": "rehtori"}}'
    image = "INSERT INTO study_centre_signature_images VALUES (%s, %s, %s, '2023-01-01')"
    centre.owner.execute("UPDATE study_centres SET certificate_signatory = %s", [signatory])
    centre.owner.execute(image, [centre.id, b"PNG", course.writer.id])
    mailed(centre, make)
    centre.clock(2023, 3, 1)
    remind()
    assert mailed(centre, make) == {OWN: people(centre, "main_user")}


@pytest.mark.usefixtures("course")
def test_a_course_that_has_ended_asks_for_nothing(centre: Centre, make: Make, remind: Remind) -> None:
    mailed(centre, make)
    centre.clock(2023, 3, 15, 18)
    remind()
    assert mailed(centre, make) == {}
