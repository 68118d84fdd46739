"""Mails, preferences and the messages of the staff, over HTTP."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from app.db.identifiers import new_id
from tests.builders import Centre, refusal
from tests.delivery.conftest import make
from tests.delivery.events import Make

__all__ = ["make"]

MESSAGES, PREFERENCES = "/v1/messages", "/v1/me/mail-preferences"
NOBODY = "01890000-0000-7000-8000-000000000000"


def message(**members: Any) -> dict[str, Any]:
    texts = {"fi": {"subject": "Kokous", "body": "Tervetuloa, {organisation}!"}}
    return {"texts": texts, "audience": "main_users"} | members


def mails_to(centre: Centre, person_id: UUID) -> list[tuple[Any, ...]]:
    return centre.rows("SELECT subject, text, state FROM mails WHERE person_id = %s ORDER BY id", person_id)


def test_a_message_goes_to_each_main_user_once(centre: Centre, make: Make) -> None:
    first, second = centre.organisation(name="Ensimmäinen ry"), centre.organisation(name="Toinen ry")
    both, one, staff = centre.main_user(first), centre.main_user(second), centre.staff()
    centre.grant(both.id, "main_user", second)
    written = staff.post(MESSAGES, message())
    assert (written.status_code, written.json()["state"]) == (201, "draft")
    path = written.headers["Location"]
    preview = staff.get(f"{path}/preview").json()
    assert preview["recipients"] == 2
    assert "ry!" in preview["text"]
    assert "ry!" in preview["html"]
    make()
    assert mails_to(centre, one.id) == []
    assert staff.post(f"{path}/sending").json()["state"] == "scheduled"
    make()
    make()
    sent = staff.get(path).json()
    assert (sent["state"], sent["recipients"]) == ("sent", 2)
    [(subject, text, state)] = mails_to(centre, one.id)
    assert (subject, state) == ("Kokous", "due")
    assert "Tervetuloa, Toinen ry!" in text
    assert "Tervetuloa, Ensimmäinen ry!" in mails_to(centre, both.id)[0][1]
    assert refusal(staff.post(f"{path}/cancellation")) == (409, "wrong-state")
    assert refusal(staff.post(f"{path}/sending")) == (409, "wrong-state")


def test_a_message_comes_in_the_readers_language_or_in_finnish(centre: Centre, make: Make) -> None:
    organisation_id = centre.organisation(name="Marttaliitto", name_sv="Marthaförbundet", name_en="The Marthas")
    study_centre = centre.named_in_all()
    finnish, swedish, english = (centre.main_user(organisation_id) for _ in range(3))
    for person, language in ((swedish, "sv"), (english, "en")):
        centre.owner.execute("UPDATE persons SET language = %s WHERE id = %s", [language, person.id])
    texts = {
        "fi": {"subject": "Kokous: {organisation}", "body": "Tervetuloa!"},
        "sv": {"subject": "Möte: {organisation}", "body": "Välkommen!"},
    }
    staff = centre.staff()
    path = staff.post(MESSAGES, message(texts=texts)).headers["Location"]
    preview = staff.get(f"{path}/preview", params={"language": "sv"}).json()
    assert (preview["language"], preview["subject"]) == ("sv", "Möte: Marthaförbundet")
    assert preview["text"].endswith(f"\n{study_centre['sv']}")
    staff.post(f"{path}/sending")
    make()
    in_finnish = [("fi", "Kokous: Marttaliitto", "Hei Aino Esimerkki,\n\nTervetuloa!\n\nTerveisin")]
    in_swedish = [("sv", "Möte: Marthaförbundet", "Hej Aino Esimerkki,\n\nVälkommen!\n\nMed vänlig hälsning")]
    for person, expected in ((finnish, in_finnish), (swedish, in_swedish), (english, in_finnish)):
        mails = centre.rows("SELECT language, subject, text FROM mails WHERE person_id = %s", person.id)
        assert [(language, subject, text.rpartition("\n")[0]) for language, subject, text in mails] == expected
        assert [text.rpartition("\n")[2] for _, _, text in mails] == [study_centre[expected[0][0]]]


def test_a_message_scheduled_by_the_calendar_follows_its_deadline(centre: Centre, make: Make) -> None:
    organisation_id = centre.organisation()
    main_user, staff = centre.main_user(organisation_id), centre.staff()
    deadline_id = centre.deadline("change_window", date(2023, 3, 13), date(2023, 3, 25))
    texts = {"fi": {"subject": "Viimeinen päivä {last_day}", "body": "Muista!"}}
    body = message(texts=texts, audience="deadline", deadline_id=str(deadline_id), days_before=3)
    path = staff.post(MESSAGES, body).headers["Location"]
    staff.post(f"{path}/sending")
    assert staff.get(f"{path}/preview").json()["due_at"] == "2023-03-22T08:00:00+02:00"
    make()
    assert mails_to(centre, main_user.id) == []
    centre.owner.execute("UPDATE deadlines SET closes_on = '2023-03-27' WHERE id = %s", [deadline_id])
    centre.clock(2023, 3, 22, 9)
    make()
    assert mails_to(centre, main_user.id) == []
    centre.clock(2023, 3, 24, 8)
    make()
    assert [subject for subject, _, _ in mails_to(centre, main_user.id)] == ["Viimeinen päivä 27.3.2023"]


def test_a_message_can_be_cancelled_before_its_time(centre: Centre, make: Make) -> None:
    organisation_id = centre.organisation()
    main_user, staff = centre.main_user(organisation_id), centre.staff()
    body = message(
        audience="organisations", organisation_ids=[str(organisation_id)], send_at="2023-03-15T12:30:00+02:00"
    )
    path = staff.post(MESSAGES, body).headers["Location"]
    staff.post(f"{path}/sending")
    make()
    assert staff.post(f"{path}/cancellation").json()["state"] == "cancelled"
    centre.clock(2023, 3, 15, 13)
    make()
    assert mails_to(centre, main_user.id) == []
    assert [each["state"] for each in staff.get(MESSAGES, params={"state": "cancelled"}).json()["items"]] == [
        "cancelled"
    ]


@pytest.mark.parametrize(
    ("members", "faults"),
    [
        ({"texts": {}}, {("/texts/fi", "required")}),
        ({"texts": {"xx": {"subject": "A", "body": "B"}}}, {("/texts/xx", "literal-error")}),
        ({"audience": "organisations"}, {("/organisation_ids", "required")}),
        ({"audience": "deadline"}, {("/deadline_id", "required")}),
        ({"days_before": 2}, {("/deadline_id", "required")}),
        ({"audience": "organisations", "organisation_ids": [NOBODY, NOBODY]}, {("/organisation_ids", "repeated")}),
        ({"send_at": "9999-12-31T23:59:59-14:00"}, {("/send_at", "out-of-range")}),
        ({"send_at": "0001-01-01T00:00:00+14:00"}, {("/send_at", "out-of-range")}),
        (
            {"texts": {"fi": {"subject": "{last_day}", "body": "{name.__class__} {"}}},
            {("/texts/fi/subject", "unknown-placeholder"), ("/texts/fi/body", "unknown-placeholder")},
        ),
    ],
)
def test_contradictory_fields_are_refused(
    centre: Centre, members: dict[str, Any], faults: set[tuple[str, str]]
) -> None:
    answer = centre.staff().post(MESSAGES, message(**members))
    assert refusal(answer) == (422, "validation")
    assert {(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]} == faults


def test_only_staff_send_messages(centre: Centre) -> None:
    main_user, auditor, staff = centre.main_user(centre.organisation()), centre.person("auditor"), centre.staff()
    manager = centre.person("unit_manager", centre.organisation(centre.organisation()))
    assert refusal(main_user.post(MESSAGES, message())) == (403, "forbidden")
    assert refusal(auditor.post(MESSAGES, message())) == (403, "forbidden")
    path = staff.post(MESSAGES, message()).headers["Location"]
    assert auditor.get(path).status_code == 200
    for address in (MESSAGES, path, f"{path}/preview"):
        assert refusal(manager.get(address)) == (403, "forbidden")
    for verb in ("sending", "cancellation"):
        assert refusal(auditor.post(f"{path}/{verb}")) == (403, "forbidden")
        assert refusal(staff.post(f"{MESSAGES}/{new_id()}/{verb}")) == (404, "not-found")
    assert refusal(staff.get(f"{MESSAGES}/{new_id()}")) == (404, "not-found")
    unknown = message(audience="organisations", organisation_ids=[str(new_id())])
    assert refusal(staff.post(MESSAGES, unknown)) == (404, "not-found")
    assert refusal(staff.post(MESSAGES, message(deadline_id=str(new_id())))) == (404, "not-found")


def test_people_see_their_own_mails_and_staff_all(centre: Centre, make: Make) -> None:
    organisation_id = centre.organisation()
    one, other, staff = centre.main_user(organisation_id), centre.main_user(organisation_id), centre.staff()
    staff.post(f"{staff.post(MESSAGES, message()).headers['Location']}/sending")
    make()
    (own,) = one.get("/v1/mails").json()["items"]
    assert own["person_id"] == str(one.id)
    assert len(staff.get("/v1/mails", params={"state": "due"}).json()["items"]) == 2
    assert one.get("/v1/mails", params={"person_id": str(other.id)}).json()["items"] == []
    assert one.get(f"/v1/mails/{own['id']}").json() == own
    assert refusal(other.get(f"/v1/mails/{own['id']}")) == (404, "not-found")


def test_people_choose_how_mail_comes(centre: Centre) -> None:
    person = centre.main_user(centre.organisation())
    answer = person.get(PREFERENCES)
    assert answer.json() == {"mail": "reminders_gathered", "mail_refused_at": None}
    chosen = person.put(PREFERENCES, {"mail": "necessary"}, headers={"If-Match": answer.headers["ETag"]})
    assert chosen.json() == person.get(PREFERENCES).json() == {"mail": "necessary", "mail_refused_at": None}
    stale = person.put(PREFERENCES, {"mail": "each"}, headers={"If-Match": answer.headers["ETag"]})
    assert refusal(stale) == (412, "precondition-failed")
