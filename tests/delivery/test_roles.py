"""Each change of a person's roles is mailed once, with its days."""

from uuid import UUID

import pytest

from app.domain.hours.ledger import pool_change
from tests.api.people.candidates import Candidate
from tests.builders import Centre
from tests.delivery.events import Make


def mails_to(centre: Centre, person_id: UUID) -> list[tuple[str, str]]:
    """Event and text of each mail that leaves."""
    return centre.rows("SELECT event, text FROM mails WHERE person_id = %s AND state = 'due' ORDER BY id", person_id)


def days_kept(centre: Centre, event: str) -> set[tuple[str, str]]:
    found = centre.rows("SELECT dates FROM mails WHERE event = %s", event)
    return {(date["day"], date["title"]) for (dates,) in found for date in dates}


@pytest.mark.parametrize(
    ("more", "days"),
    [
        ({}, "Voimassa alkaen: 15.3.2023\n\n"),
        ({"ends_on": "2023-12-31"}, "Voimassa alkaen: 15.3.2023\nViimeinen päivä: 31.12.2023\n\n"),
    ],
)
def test_only_the_decision_is_mailed_when_a_role_application_is_granted(
    centre: Centre, make: Make, more: dict[str, str], days: str
) -> None:
    central = centre.organisation(name="Marttaliitto")
    main_user, applicant = centre.main_user(central), centre.person()
    asked = {"organisation_id": str(central), "role": "training_manager"}
    location = applicant.post("/v1/role-applications", asked).headers["Location"]
    assert main_user.post(f"{location}/decision", {"outcome": "granted"} | more).is_success
    make()
    (received, of_receipt), (event, text) = mails_to(centre, applicant.id)
    assert (received, event) == ("role-application.made", "role-application.decided")
    assert "Käyttöoikeushakemuksesi on vastaanotettu." in of_receipt
    assert "Sait" not in of_receipt
    [(_, of_decider)] = mails_to(centre, main_user.id)
    assert "Hakija: Aino Esimerkki\nKäyttöoikeus: koulutuksen vastuuhenkilö\n" in of_decider
    assert "Päätös: myönnetty\n" in text
    assert days in text


def test_the_mail_about_a_rejected_application_has_no_days(centre: Centre, make: Make) -> None:
    central, applicant = centre.organisation(), centre.person()
    asked = {"organisation_id": str(central), "role": "training_manager"}
    location = applicant.post("/v1/role-applications", asked).headers["Location"]
    assert centre.staff().post(f"{location}/decision", {"outcome": "rejected", "reason": "Ei nyt"}).is_success
    make()
    _, (_, text) = mails_to(centre, applicant.id)
    assert "Päätös: hylätty\n" in text
    subjects = centre.rows("SELECT subject FROM mails WHERE event = 'role-application.decided'")
    assert subjects == [("Päätös käyttöoikeushakemuksestasi: hylätty",)]
    assert "Voimassa" not in text


@pytest.mark.parametrize(("begins_on", "day"), [(None, "15.3.2023"), ("2023-04-01", "1.4.2023")])
def test_a_new_main_user_gets_one_mail_with_the_first_day(
    centre: Centre, make: Make, begins_on: str | None, day: str
) -> None:
    candidate = Candidate.of(centre, signatory_in_person=True)
    assert candidate.signatory
    candidate.approved(begins_on=begins_on)
    make()
    (received, of_receipt), (event, text) = mails_to(centre, candidate.applicant.id)
    assert (received, event) == ("main-user-application.received", "main-user-application.approved")
    assert "on vastaanotettu" in of_receipt
    assert "odottaa päätöstä" not in of_receipt
    assert "Hakemuksesi järjestön Marttaliitto pääkäyttäjäksi on hyväksytty." in text
    assert f"Pääkäyttäjäoikeutesi on voimassa {day} alkaen." in text
    [(event, text)] = mails_to(centre, candidate.signatory.id)
    assert event == "main-user-application.submitted"
    assert "Viimeinen päivä allekirjoittaa on 14.5.2023." in text
    assert "Hakija: Aino Esimerkki\n" in text
    title = "Viimeinen päivä allekirjoittaa pääkäyttäjähakemus: Marttaliitto"
    assert days_kept(centre, event) == {("2023-05-14", title)}


@pytest.mark.parametrize(("ends_on", "last_day"), [(None, "2023-03-15"), ("2023-06-30", "2023-06-30")])
def test_mails_about_a_role_that_is_granted_and_ended_have_its_days(
    centre: Centre, make: Make, ends_on: str | None, last_day: str
) -> None:
    central, person, staff = centre.organisation(name="Marttaliitto"), centre.person(), centre.staff()
    given = {"person_id": str(person.id), "role": "training_manager", "organisation_id": str(central)}
    answer = staff.post("/v1/role-grants", given | {"begins_on": "2023-03-15", "reason": "Hoitaa kursseja"})
    assert answer.status_code == 201, answer.text
    ending = {"reason": "Muutto"} | ({"ends_on": ends_on} if ends_on else {})
    assert staff.post(f"{answer.headers['Location']}/ending", ending).is_success
    make()
    (beginning, text), (end, of_end) = mails_to(centre, person.id)
    assert (beginning, end) == ("role-grant.given", "role-grant.ended")
    assert "Voimassa alkaen: 15.3.2023" in text
    year, month, day = (int(part) for part in last_day.split("-"))
    if ends_on is None:
        assert f"Käyttöoikeutesi on päättynyt {day}.{month}.{year}." in of_end
        assert "viimeinen" not in of_end
        assert days_kept(centre, end) == set()
        return
    assert f"Käyttöoikeutesi päättyy, ja sen viimeinen voimassaolopäivä on {day}.{month}.{year}." in of_end
    title = "Käyttöoikeuden viimeinen päivä: koulutuksen vastuuhenkilö, Marttaliitto"
    assert days_kept(centre, end) == {(last_day, title)}


def test_an_observer_gets_no_mails(centre: Centre, make: Make) -> None:
    centre.post(2023, pool_change(1000))
    central, staff = centre.organisation(), centre.staff()
    main_user, observer = centre.main_user(central), centre.person("training_manager", central)
    [grant] = observer.get("/v1/role-grants").json()["items"]
    body = {"person_id": str(observer.id), "organisation_id": str(central), "role": "observer", "reason": "Hallitus"}
    assert staff.post("/v1/role-grants", body).status_code == 201
    assert observer.post(f"/v1/role-grants/{grant['id']}/ending", {"reason": "Vain hallitus"}).is_success
    make()
    [(event, text)] = mails_to(centre, observer.id)
    assert (event, "koulutuksen vastuuhenkilö" in text) == ("role-grant.ended", True)
    decision = {"year": 2023, "items": [{"organisation_id": str(central), "hours": 10}]}
    assert staff.post("/v1/hour-decisions", decision).status_code == 201
    texts = {"fi": {"subject": "Kokous", "body": "Tervetuloa"}}
    message = staff.post("/v1/messages", {"texts": texts, "audience": "main_users"}).headers["Location"]
    assert staff.post(f"{message}/sending").is_success
    [observing] = observer.get("/v1/role-grants?state=in_force").json()["items"]
    assert main_user.post(f"/v1/role-grants/{observing['id']}/ending", {"reason": "Kausi päättyi"}).is_success
    make()
    assert len(mails_to(centre, main_user.id)) == 2
    assert len(mails_to(centre, observer.id)) == 1
