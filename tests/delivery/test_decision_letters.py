"""The letter about a decision goes with the mail about it."""

from email.message import EmailMessage

from app.domain.hours.ledger import pool_change
from tests.builders import Centre
from tests.delivery.events import Deliver, Make, happen, states
from tests.mail_server import mail_server


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body
    return str(body.get_content())


def test_the_mail_of_a_decision_carries_the_letter_in_the_readers_language(
    centre: Centre, make: Make, deliver: Deliver
) -> None:
    central = centre.organisation()
    readers = {centre.main_user(central).id: language for language in ("fi", "sv")}
    for person_id, language in readers.items():
        centre.owner.execute("UPDATE persons SET language = %s WHERE id = %s", [language, person_id])
    centre.post(2024, pool_change(100))
    staff = centre.staff()
    body = {"year": 2024, "items": [{"organisation_id": str(central), "hours": 80}]}
    [made] = staff.post("/v1/hour-decisions", body).json()["items"]
    with mail_server() as server:
        make()
        deliver(server)
    names = {"fi": f"paatos-{made['reference']}.pdf", "sv": f"beslut-{made['reference']}.pdf"}
    assert len(server.mails) == 2
    for mail in server.mails:
        [attached] = mail.iter_attachments()
        language = mail["Content-Language"]
        letter = staff.get(f"/v1/hour-decisions/{made['id']}/document", params={"language": language})
        assert (attached.get_filename(), attached.get_content_type()) == (names[language], "application/pdf")
        assert attached.get_content() == letter.content
        said = {"fi": "Päätöskirje on liitteenä", "sv": "Beslutsbrevet är bifogat"}
        assert f"{said[language]} ({names[language]})." in text_of(mail)


def test_a_mail_whose_letter_cannot_be_made_leaves_without_it(centre: Centre, make: Make, deliver: Deliver) -> None:
    central = centre.organisation()
    centre.main_user(central)
    # Nothing is known of this decision.
    happen(centre, "hour-decision.made", central, year=2024, hours=80, asked=100, outcome="partially_approved")
    with mail_server() as server:
        make()
        deliver(server)
    [mail] = server.mails
    assert list(mail.iter_attachments()) == []
    assert "liitteenä" not in text_of(mail)
    assert states(centre) == ["sent"]


def test_a_digest_carries_the_letters_of_its_mails(centre: Centre, make: Make) -> None:
    central, other = centre.organisation(), centre.organisation()
    reader = centre.main_user(central)
    centre.grant(reader.id, "main_user", other)
    centre.post(2024, pool_change(100))
    items = [{"organisation_id": str(each), "hours": 40} for each in (central, other)]
    assert centre.staff().post("/v1/hour-decisions", {"year": 2024, "items": items}).status_code == 201
    make()
    [(attachments, text)] = centre.rows("SELECT attachments, text FROM mails WHERE event = 'digest'")
    assert len({each["decision_id"] for each in attachments}) == 2
    assert all(f"Päätöskirje on liitteenä ({each['name']})." in text for each in attachments)
