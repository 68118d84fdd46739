"""Mails say whom and what they are about and where it is done, and all whom an end concerns get one."""

from collections.abc import Callable
from datetime import date
from uuid import UUID

import pytest

from app.domain.hours.ledger import pool_change
from tests.api.people.candidates import Candidate
from tests.builders import Centre, Person
from tests.delivery.events import Make
from tests.document import document

WHY = {"reason": "Pyysi itse"}
ORIGIN = "https://tunnit.example.org"


def name(centre: Centre, person: Person, text: str) -> None:
    centre.owner.execute("UPDATE persons SET name = %s WHERE id = %s", [text, person.id])


def mails_to(centre: Centre, person: Person, event: str) -> list[str]:
    return [
        f"{subject}\n{text}"
        for subject, text in centre.rows(
            "SELECT subject, text FROM mails WHERE person_id = %s AND event = %s ORDER BY id", person.id, event
        )
    ]


def apply(person: Person, central: UUID, role: str = "training_manager") -> str:
    answer = person.post("/v1/role-applications", {"organisation_id": str(central), "role": role})
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"]


def test_a_mail_links_to_the_operation_that_does_it(centre: Centre, make_with_links: Make) -> None:
    central = centre.organisation()
    main_user, applicant = centre.main_user(central), centre.person()
    apply(applicant, central)
    make_with_links()
    (text,) = mails_to(centre, main_user, "role-application.made")
    operation = document()["paths"]["/v1/role-applications/{role_application_id}/decision"]["post"]
    assert f"\n\nAvaa Tuntipankissa: {ORIGIN}/docs#/{operation['tags'][0]}/{operation['operationId']}\n\n" in text
    (text,) = mails_to(centre, applicant, "role-application.made")
    assert "/decision" not in text
    assert "odottaa" not in text


def test_the_day_to_keep_describes_itself_and_has_the_link(centre: Centre, make_with_links: Make) -> None:
    candidate = Candidate.of(centre, signatory_in_person=True)
    candidate.submitted()
    make_with_links()
    [([day],)] = centre.rows("SELECT dates FROM mails WHERE event = 'main-user-application.submitted'")
    assert day["description"].startswith("Järjestön Marttaliitto pääkäyttäjähakemus odottaa allekirjoitustasi.")
    assert "Hakija: Aino Esimerkki" in day["description"]
    operation = document()["paths"]["/v1/main-user-applications/{application_id}/signatures"]["post"]
    assert day["link"].endswith(f"/{operation['operationId']}")


def test_an_applicant_who_is_main_user_hears_what_applicants_hear(centre: Centre, make: Make) -> None:
    central = centre.organisation()
    main_user, other = centre.main_user(central), centre.main_user(central)
    apply(main_user, central)
    make()
    (own,) = mails_to(centre, main_user, "role-application.made")
    (deciders,) = mails_to(centre, other, "role-application.made")
    assert "vastaanotettu" in own
    assert "odottaa päätöstä" in deciders


@pytest.mark.parametrize(
    ("granted", "outcome", "line"),
    [
        (0, "hylätty", "Myönnetty: ei opetustunteja"),
        (60, "osittain hyväksytty", "Myönnetty: 60 opetustuntia"),
        (100, "hyväksytty", "Myönnetty: 100 opetustuntia"),
    ],
)
def test_a_decision_says_the_year_and_the_hours_proposed_and_granted(
    centre: Centre, make: Make, granted: int, outcome: str, line: str
) -> None:
    central, staff = centre.organisation(), centre.staff()
    main_user = centre.main_user(central)
    centre.post(2024, pool_change(1000))
    centre.deadline("proposal_round", date(2023, 3, 1), date(2023, 3, 31))
    lines = [{"unit_id": str(central), "hours": 100}]
    body = {"organisation_id": str(central), "year": 2024, "lines": lines}
    location = main_user.post("/v1/hour-proposals", body).headers["Location"]
    assert main_user.post(f"{location}/submission").is_success
    item = {"organisation_id": str(central), "hours": granted, "reason": "Varaa jäi"}
    answer = staff.post("/v1/hour-decisions", {"year": 2024, "items": [item]})
    assert answer.status_code == 201, answer.text
    make()
    (text,) = mails_to(centre, main_user, "hour-decision.made")
    assert text.startswith(f"Päätös vuoden 2024 tunneista: {outcome}\n")
    reference = answer.json()["items"][0]["reference"]
    facts = ["Tuntien vuosi: 2024", "Ehdotettu: 100 opetustuntia", line]
    assert "\n".join([f"Päätös: {outcome}", f"Viite: {reference}", *facts]) in text


def test_a_withdrawn_role_application_is_reported_to_who_would_have_decided(centre: Centre, make: Make) -> None:
    central = centre.organisation(name="Marttaliitto")
    main_user, applicant = centre.main_user(central), centre.person()
    name(centre, applicant, "Eino Eerola")
    location = apply(applicant, central)
    assert applicant.post(f"{location}/withdrawal").is_success
    make()
    (text,) = mails_to(centre, main_user, "role-application.withdrawn")
    assert text.startswith("Käyttöoikeushakemus on peruttu: Marttaliitto\n")
    assert "Hakija: Eino Eerola\n" in text


def test_a_withdrawn_main_user_application_is_reported_to_all_who_had_heard_of_it(centre: Centre, make: Make) -> None:
    candidate = Candidate.of(centre, signatory_in_person=True)
    assert candidate.signatory
    event = "main-user-application.withdrawn"
    for step, reached in ((candidate.drafted, 0), (candidate.submitted, 1), (candidate.received, 2)):
        location = step()
        assert candidate.applicant.post(f"{location}/withdrawal").is_success
        make()
        heard = [len(mails_to(centre, person, event)) for person in (candidate.signatory, candidate.staff)]
        assert heard == [max(0, reached), max(0, reached - 1)]


def test_each_mail_about_a_main_user_application_names_its_reference(
    centre: Centre, expire: Callable[[], None], make: Make
) -> None:
    candidate = Candidate.of(centre, signatory_in_person=True)

    def check_mails(location: str, *events: str) -> None:
        make()
        reference = candidate.staff.get(location).json()["reference"]
        texts = centre.rows("SELECT event, text FROM mails WHERE event LIKE 'main-user-application.%%' ORDER BY event")
        centre.owner.execute("DELETE FROM mails")
        assert [event.partition(".")[2] for event, _ in texts] == list(events)
        for event, text in texts:
            assert f"Viite: {reference}" in text.splitlines(), event

    location = candidate.received()
    assert candidate.applicant.post(f"{location}/withdrawal").is_success
    check_mails(location, "received", "received", "submitted", "withdrawn", "withdrawn", "withdrawn")
    location = candidate.received()
    decision = {"outcome": "rejected", "reason": "Toinen hoitaa"}
    assert candidate.staff.post(f"{location}/decision", decision).is_success
    check_mails(location, "received", "received", "rejected", "submitted")
    location = candidate.approved()
    check_mails(location, "approved", "received", "received", "submitted")
    candidate = Candidate.of(centre, signatory_in_person=True)
    location = candidate.submitted()
    centre.clock(2023, 5, 15)
    expire()
    check_mails(location, "expired", "submitted")


def test_an_erasure_is_reported_to_all_whom_it_concerns(centre: Centre, make: Make) -> None:
    candidate = Candidate.of(centre, signatory_in_person=True)
    assert candidate.signatory
    main_user = centre.main_user(candidate.central)
    name(centre, candidate.signatory, "Liisa Lahti")
    candidate.submitted()
    apply(candidate.signatory, candidate.central)
    make()
    (made,) = mails_to(centre, main_user, "role-application.made")
    assert "Hakija: Liisa Lahti\n" in made
    erased = candidate.staff.post(f"/v1/people/{candidate.signatory.id}/erasure", WHY)
    assert erased.status_code == 200, erased.text
    make()
    pseudonym = f"Poistettu henkilö {candidate.signatory.id.hex[-6:]}"
    for person, event in (
        (main_user, "role-application.withdrawn"),
        (main_user, "signatory.ended"),
        (candidate.applicant, "signatory.ended"),
    ):
        (text,) = mails_to(centre, person, event)
        assert pseudonym in text
    (choose,) = mails_to(centre, candidate.applicant, "signatory.ended")
    assert choose.startswith("Valitse toinen nimenkirjoittaja: Marttaliitto\n")
    # Nor is the name in what others were sent before.
    assert centre.rows("SELECT 1 FROM mails WHERE text LIKE '%%Lahti%%' OR subject LIKE '%%Lahti%%'") == []
    (made,) = mails_to(centre, main_user, "role-application.made")
    assert f"Hakija: {pseudonym}\n" in made


def test_a_revoked_key_is_reported_to_the_main_users(centre: Centre, make: Make) -> None:
    central = centre.organisation()
    main_user, other = centre.main_user(central), centre.main_user(central)
    body = {"organisation_id": str(central), "name": "Ohjelma", "scopes": ["hours:read"], "expires_in_days": 30}
    assert main_user.post("/v1/api-keys", body).status_code == 201
    assert main_user.post(f"/v1/people/{main_user.id}/erasure", WHY).is_success
    make()
    (text,) = mails_to(centre, other, "api-key.revoked")
    assert "Avain: Ohjelma\n" in text
