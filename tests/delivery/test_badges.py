"""What waits of badges for longer than 14 days is mailed once more to its side."""

from collections.abc import Callable
from uuid import UUID

import pytest

from tests.api.people.badges import APPLICATIONS, TEXTS, accepted, apply, decide, named, published
from tests.builders import Centre
from tests.delivery.events import Make

Remind = Callable[[], None]


@pytest.fixture
def centre(centre: Centre, public_service: str) -> Centre:
    centre.address = public_service
    return named(centre)


def test_an_application_and_a_granted_badge_are_reported_once_more(centre: Centre, make: Make, remind: Remind) -> None:
    organisation_id = centre.organisation(name="Marttaliitto")
    staff, earner = centre.staff(), centre.main_user(organisation_id)

    def reported() -> list[tuple[str, UUID]]:
        known = {mail_id for (mail_id,) in centre.rows("SELECT id FROM mails")}
        remind()
        make()
        rows = centre.rows("SELECT id, event, person_id FROM mails WHERE event ~ 'badge-.*waiting'")
        return [(event, person_id) for mail_id, event, person_id in rows if mail_id not in known]

    answer = apply(earner, published(staff), organisation_id)
    assert answer.status_code == 201, answer.text
    centre.clock(2023, 3, 29, 23, 59, 59)
    assert reported() == []
    centre.clock(2023, 3, 30)
    assert reported() == [("badge-application.decision-waiting", staff.id)]
    assert reported() == []
    assert decide(staff, answer.json()).status_code == 200
    centre.clock(2023, 4, 13, 23, 59, 59)
    assert reported() == []
    centre.clock(2023, 4, 14)
    assert reported() == [("badge-application.acceptance-waiting", earner.id)]
    assert reported() == []
    [(first,), (second,)] = centre.rows("SELECT text FROM mails WHERE event ~ 'badge-.*waiting' ORDER BY id")
    assert f"Osaamismerkki: {TEXTS['fi']}\n" in first
    assert "Odottaa: päätös osaamismerkistä" in first
    assert "Odottaa: osaamismerkin vastaanottaminen" in second
    assert "Odottanut alkaen: 30.3.2023" in second


def test_a_mail_about_a_badge_names_it_in_the_language_of_its_reader(centre: Centre, make: Make) -> None:
    organisation_id = centre.organisation(name="Marttaliitto")
    staff, earner = centre.staff(), centre.main_user(organisation_id)
    centre.owner.execute("UPDATE persons SET language = 'sv' WHERE id = %s", [earner.id])
    application = accepted(staff, earner, organisation_id)
    body = {"reason": "Myönnetty erehdyksessä"}
    assert staff.post(f"{APPLICATIONS}/{application['id']}/revocation", body).status_code == 200
    make()
    mails = dict(
        centre.rows(
            "SELECT event, subject || E'\\n' || text FROM mails WHERE event LIKE 'badge-application.%%' ORDER BY id"
        )
    )
    finnish, swedish = TEXTS["fi"], TEXTS["sv"]
    made = mails["badge-application.made"]
    assert f"Osaamismerkkihakemus odottaa päätöstä: {finnish}\n" in made
    assert f"\nOsaamismerkki: {finnish}\n" in made
    for event in ("decided", "revoked"):
        assert swedish in mails[f"badge-application.{event}"].splitlines()[0]
        assert f"\nMärke: {swedish}\n" in mails[f"badge-application.{event}"]
