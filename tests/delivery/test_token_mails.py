"""A mail with a token is handed over with it, to the address that the token was made for, and loses it then."""

from uuid import UUID

import pytest

from app.domain.delivery.mails import MailState
from tests.builders import Centre
from tests.delivery.events import Deliver
from tests.mail_server import ACCEPTED, MailServer, mail_server

PATH = "/v1/role-invitations"
ADDRESS = "uusi@example.org"


def invite(centre: Centre) -> None:
    central: UUID = centre.organisation()
    body = {"organisation_id": str(central), "role": "training_manager", "email": ADDRESS}
    assert centre.main_user(central).post(PATH, body).status_code == 201


@pytest.mark.parametrize(
    ("answer", "state"), [(ACCEPTED, "sent"), ("550 5.1.1 No such mailbox", "refused"), ("450 4.2.0 Later", "due")]
)
def test_the_database_keeps_the_token_until_the_mail_is_concluded(
    centre: Centre, deliver: Deliver, answer: str, state: MailState
) -> None:
    invite(centre)
    with mail_server(MailServer(on_recipient=lambda _: answer)) as server:
        deliver(server, pause=3600)
    [(found, address, sealed, text)] = centre.rows("SELECT state, address, sealed_token, text FROM mails")
    assert (found, address, sealed is None) == (state, ADDRESS, state != "due")
    assert "••••••••" in text
    assert centre.rows("SELECT id FROM persons WHERE mail_refused_at IS NOT NULL") == []


def test_the_reader_gets_the_token_and_can_use_it(centre: Centre, deliver: Deliver) -> None:
    invite(centre)
    with mail_server(MailServer()) as server:
        deliver(server)
    [message] = server.mails
    assert message["To"] == ADDRESS
    parts = [part.get_content() for part in message.walk() if part.get_content_maintype() == "text"]
    assert len(parts) == 2
    for content in parts:
        assert "•" not in content
        token = " ".join(content.split()).split("acceptance`: ")[1][:64]
        answer = centre.person().post(f"{PATH}/acceptance", {"token": token}, params={"validate_only": "true"})
        assert answer.status_code == 200


LURE = "Voitit! https://evil.example/klikkaa, siis nyt <x@evil.example>"


def test_a_stranger_chooses_no_text_in_a_mail_to_an_address_that_is_not_verified(
    centre: Centre, deliver: Deliver
) -> None:
    centre.staff()
    stranger = centre.signed_in("stranger")
    body = {"name": LURE, "email": "uhri@example.org", "study_centre_id": str(centre.id)}
    assert stranger.post("/v1/people", json=body).status_code == 201
    assert stranger.post("/v1/me/email-verification").status_code == 200
    with mail_server(MailServer()) as server:
        deliver(server)
    assert [message["To"] for message in server.mails] == ["uhri@example.org"] * 2
    for message in server.mails:
        assert "evil" not in message.as_string()
        assert "Voitit" not in message.as_string()
        text = message.get_body(("plain",))
        assert text is not None
        assert text.get_content().splitlines()[0] == "Hei,"


def test_the_notice_of_a_change_has_no_text_of_who_changed_the_address(centre: Centre, deliver: Deliver) -> None:
    person = centre.person()
    changes = {"name": LURE, "email": "evil@evil.example"}
    assert person.patch("/v1/me", changes).status_code == 200
    with mail_server(MailServer()) as server:
        deliver(server)
    (notice,) = [message for message in server.mails if message["To"] == f"{person.id}@example.org"]
    assert "evil" not in notice.as_string()
    assert "Voitit" not in notice.as_string()
