"""What waits of badges for longer than 14 days is mailed once more to its side."""

from collections.abc import Callable, Iterator
from uuid import UUID

import pytest

from app.settings import Settings
from tests.api.people.badges import apply, decide, issuing, named, published
from tests.builders import Centre
from tests.delivery.events import Make

Remind = Callable[[], None]


@pytest.fixture(scope="module")
def issuer_service(settings: Settings) -> Iterator[str]:
    with issuing(settings) as address:
        yield address


@pytest.fixture
def centre(centre: Centre, issuer_service: str) -> Centre:
    centre.address = issuer_service
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
    assert "Odottaa: päätös osaamismerkistä" in first
    assert "Odottaa: osaamismerkin vastaanottaminen" in second
    assert "Odottanut alkaen: 30.3.2023" in second
