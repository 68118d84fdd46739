"""The role of observer: what a board member or an accountant reads, and that nothing else comes with the role."""

import re
from datetime import date
from typing import Any
from uuid import UUID

import icalendar
import pytest

from app.db.identifiers import new_id
from app.domain.hours.ledger import grant, pool_change
from app.settings import Settings
from tests.api.hours.test_case_attachments import add, added
from tests.api.people.candidates import Candidate
from tests.api.people.test_role_invitations import mail_of
from tests.builders import Centre, Person, refusal

CONTACT = {"name": "Aino Esimerkki", "email": "aino@example.org", "phone": "040 123 4567"}
NAME_ALONE = {"name": "Aino Esimerkki", "email": None, "phone": None}
IBAN = {"iban": "FI21 1234 5600 0007 85", "holder": "Marttaliitto"}
PROPOSALS, GRANTS = "/v1/hour-proposals", "/v1/role-grants"


@pytest.fixture
def unit(centre: Centre, central: UUID) -> UUID:
    return centre.organisation(central, name="Itä")


@pytest.fixture
def observer(centre: Centre, central: UUID) -> Person:
    return centre.person("observer", central)


@pytest.fixture
def proposal_id(centre: Centre, central: UUID, main_user: Person) -> str:
    """A draft of the central organisation, in the round for 2024."""
    centre.clock(2023, 10, 16, 12)
    centre.deadline("proposal_round", date(2023, 10, 1), date(2023, 11, 30))
    lines = [{"unit_id": str(central), "hours": 100}]
    made = main_user.post(PROPOSALS, {"organisation_id": str(central), "year": 2024, "lines": lines})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def given(person: Person, organisation_id: UUID | None, role: str = "observer") -> dict[str, Any]:
    named = {"person_id": str(person.id), "organisation_id": organisation_id and str(organisation_id)}
    return named | {"role": role, "reason": "Hallituksen jäsen"}


def with_contact(staff: Person, organisation_id: UUID, contact: dict[str, str]) -> None:
    assert staff.patch(f"/v1/organisations/{organisation_id}", {"contact_person": contact}).is_success


def without_names(text: str) -> str:
    """Without the names of who did something."""
    return re.sub(r'(_by_name":)"[^"]+"', r"\1null", text)


def contacts_seen_by(person: Person) -> dict[str, Any]:
    """The contact persons in the list, each of which the organisation itself shows alike."""
    items = person.get("/v1/organisations").json()["items"]
    for item in items:
        assert person.get(f"/v1/organisations/{item['id']}").json() == item
    return {item["name"]: item["contact_person"] for item in items}


def test_main_users_and_staff_grant_the_role_for_any_organisation_of_the_tree(
    centre: Centre, central: UUID, unit: UUID, main_user: Person, staff: Person
) -> None:
    district = centre.organisation(central, kind="district")
    for granter in (main_user, staff):
        known = centre.person("training_manager", unit)
        for place in (central, district, unit):
            granted = granter.post(GRANTS, given(known, place))
            assert (granted.status_code, granted.json()["role"]) == (201, "observer")
    outsider = centre.person()
    assert refusal(main_user.post(GRANTS, given(outsider, central))) == (404, "not-found")
    assert refusal(main_user.post(GRANTS, given(known, centre.organisation()))) == (404, "not-found")
    for nobody in (centre.person("unit_manager", unit), centre.person("observer", unit), centre.person("auditor")):
        assert refusal(nobody.post(GRANTS, given(known, unit))) == (403, "forbidden")
    assert refusal(staff.post(GRANTS, given(known, None))) == (422, "validation")


def test_a_person_who_is_not_known_is_invited_to_observe(
    centre: Centre, central: UUID, main_user: Person, settings: Settings
) -> None:
    body = {"organisation_id": str(central), "role": "observer", "email": "kirjanpito@example.org"}
    invited = main_user.post("/v1/role-invitations", body)
    assert (invited.status_code, invited.json()["role"]) == (201, "observer")
    accountant = centre.person()
    _, token = mail_of(centre, settings, invited.json())
    accepted = accountant.post("/v1/role-invitations/acceptance", {"token": token})
    assert (accepted.status_code, accepted.json()["role"]) == (200, "observer")
    assert accountant.get(f"/v1/organisations/{central}").status_code == 200


def test_an_observer_reads_the_hours_the_calendar_and_the_organisations_of_the_tree(
    centre: Centre, central: UUID, unit: UUID, main_user: Person, observer: Person, proposal_id: str
) -> None:
    centre.post(2024, pool_change(1000), grant(central, 500))
    centre.deadline("unit_proposals", date(2023, 10, 1), date(2023, 11, 15), organisation_id=central)
    tree = f"/v1/organisations/{central}"
    paths = [
        *("/v1/organisations", tree, f"/v1/organisations/{unit}", f"{tree}/contact", f"{tree}/training-rules"),
        *(
            f"{tree}/bank-account",
            "/v1/calendars/2023/deadlines",
            f"/v1/calendars/2023/wheel.svg?organisation_id={central}",
        ),
        *(f"{tree}/hour-accounts/2024", "/v1/hour-accounts?year=2024", "/v1/hour-transfers?year=2024"),
        *(f"{tree}/hour-distribution/2024", f"{tree}/unit-round/2024", f"{tree}/unit-round/2024/units"),
        *(PROPOSALS, f"{PROPOSALS}/{proposal_id}", f"{PROPOSALS}/{proposal_id}/revisions", "/v1/hour-decisions"),
        *("/v1/supplementary-hour-requests", "/v1/allotment-requests", "/v1/hour-returns", "/v1/hour-corrections"),
        "/v1/peer-group-quotas",
    ]
    for path in paths:
        read, of_main_user = observer.get(path), main_user.get(path)
        assert (read.status_code, read.text) == (200, without_names(of_main_user.text)), path


def test_an_observer_of_a_unit_reads_the_unit_and_what_is_below(
    centre: Centre, central: UUID, unit: UUID, proposal_id: str
) -> None:
    below, observer = centre.organisation(unit, name="Kitee"), centre.person("observer", unit)
    names = [item["name"] for item in observer.get("/v1/organisations").json()["items"]]
    assert names == ["Itä", "Kitee"]
    for path in (f"/v1/organisations/{below}/hour-accounts/2024", f"/v1/organisations/{unit}/hour-accounts/2024"):
        assert observer.get(path).status_code == 200
    for path in (
        f"/v1/organisations/{central}",
        f"/v1/organisations/{central}/unit-round/2024",
        f"{PROPOSALS}/{proposal_id}",
    ):
        assert refusal(observer.get(path)) == (404, "not-found")


def test_the_observer_of_a_unit_sees_no_round_of_units_there(centre: Centre, unit: UUID) -> None:
    path = f"/v1/organisations/{unit}/unit-round/2024"
    assert refusal(centre.person("observer", unit).get(path)) == (409, "not-central")
    assert refusal(centre.person("unit_manager", unit).get(path)) == (403, "forbidden")


def test_of_a_contact_person_an_observer_sees_the_name_alone(
    centre: Centre, central: UUID, unit: UUID, main_user: Person, observer: Person, staff: Person
) -> None:
    with_contact(staff, central, CONTACT)
    with_contact(staff, unit, {"email": "ita@example.org"})
    nameless = {"name": None, "email": "ita@example.org", "phone": None}
    assert contacts_seen_by(main_user) == {"Itä": nameless, "Marttaliitto": CONTACT}
    assert contacts_seen_by(observer) == {"Itä": None, "Marttaliitto": NAME_ALONE}
    listed = observer.get("/v1/organisations", headers={"Accept": "text/csv"})
    assert listed.status_code == 200
    assert "Aino Esimerkki,,," in listed.text
    assert not any(each in listed.text for each in ("@", CONTACT["phone"]))
    trainer, auditor = centre.person("observer", central), centre.person("observer", central)
    centre.grant(trainer.id, "training_manager", unit)
    assert contacts_seen_by(trainer) == {"Itä": nameless, "Marttaliitto": NAME_ALONE}
    centre.grant(auditor.id, "auditor")
    assert contacts_seen_by(auditor) == {"Itä": nameless, "Marttaliitto": CONTACT}


def test_an_observer_sees_no_people(centre: Centre) -> None:
    candidate = Candidate.of(centre)
    main_user, observer = centre.main_user(candidate.central), centre.person("observer", candidate.central)
    application = candidate.submitted()
    for path in (f"/v1/people/{main_user.id}", application, f"{application}/document"):
        assert refusal(observer.get(path)) == (404, "not-found")
    for path in ("/v1/people", "/v1/role-applications", "/v1/main-user-applications", "/v1/onboardings"):
        assert observer.get(path).json()["items"] == []
    assert [item["person_id"] for item in observer.get(GRANTS).json()["items"]] == [str(observer.id)]
    assert observer.get("/v1/audit-entries").json()["items"] == []
    signatories = f"/v1/organisations/{candidate.central}/signatories"
    for path in (signatories, f"{signatories}/{new_id()}"):
        assert refusal(observer.get(path)) == (403, "forbidden")
    trainer = centre.person("observer", candidate.central)
    centre.grant(trainer.id, "training_manager", candidate.unit)
    assert trainer.get(signatories).status_code == 200


def test_an_observer_sees_no_whole_account_number(
    centre: Centre, central: UUID, main_user: Person, observer: Person
) -> None:
    account = f"/v1/organisations/{central}/bank-account"
    proposed = main_user.put(account, IBAN)
    assert proposed.is_success, proposed.text
    approval = f"/v1/bank-account-changes/{proposed.json()['open_change']['id']}/approval"
    assert refusal(observer.post(approval)) == (403, "forbidden")
    assert centre.staff().post(approval).is_success
    assert "FI2112345600000785" in main_user.get(account).text
    for read in (observer.get(account), observer.get("/v1/bank-account-changes")):
        assert read.status_code == 200
        assert "0785" in read.text
        assert "1234560000" not in read.text


def test_an_observer_reads_and_writes_no_case(main_user: Person, observer: Person, proposal_id: str) -> None:
    case = f"/v1/cases/hour-proposals/{proposal_id}"
    path = f"{case}/comments"
    assert main_user.post(path, {"text": "Luonnos", "visible_to": "both"}).status_code == 201
    attachment = added(main_user, f"{case}/attachments")
    for asked in (path, f"{case}/attachments", attachment, f"{attachment}/file"):
        assert refusal(observer.get(asked)) == (403, "forbidden")
    assert refusal(observer.post(path, {"text": "Hyvä", "visible_to": "both"})) == (403, "forbidden")
    for written in (
        add(observer, f"{case}/attachments"),
        observer.delete(attachment),
        observer.put(f"{case}/handler", {"person_id": None}),
    ):
        assert refusal(written) == (403, "forbidden")


def test_an_observer_changes_nothing(
    centre: Centre, central: UUID, unit: UUID, main_user: Person, observer: Person, proposal_id: str
) -> None:
    centre.post(2023, pool_change(1000), grant(central, 500))
    tree, place = f"/v1/organisations/{central}", {"organisation_id": str(central)}
    lines = [{"unit_id": str(unit), "hours": 5}]
    days = {"opens_on": "2023-10-01", "closes_on": "2023-11-15"}
    for path, body in (
        (PROPOSALS, place | {"year": 2025, "lines": lines}),
        (f"{PROPOSALS}/{proposal_id}/submission", None),
        (f"{PROPOSALS}/{proposal_id}/withdrawal", None),
        (f"{PROPOSALS}/{proposal_id}/return", {"reason": "Täydennä"}),
        ("/v1/supplementary-hour-requests", place | {"year": 2023, "hours": 10, "grounds": "Kurssit"}),
        ("/v1/hour-returns", place | {"year": 2023, "hours": 10}),
        ("/v1/hour-decisions", {"year": 2024, "items": [place | {"hours": 10}]}),
        ("/v1/peer-group-quotas", {"year": 2024, "items": [place | {"hours": 10}]}),
        ("/v1/hour-corrections", place | {"year": 2023, "hours": 10, "reason": "Virhe"}),
        ("/v1/allotment-requests", {"unit_id": str(unit), "year": 2023, "hours": 10, "grounds": "Kurssit"}),
        ("/v1/calendars/2023/deadlines", {"kind": "unit_proposals"} | place | days),
        ("/v1/organisations", {"name": "Uusi", "kind": "association", "parent_id": str(central)}),
        ("/v1/organisation-confirmations", place | {"year": 2023}),
        (f"{tree}/signatories", {"name": "Signe", "basis": "Puheenjohtaja", "valid_from": "2023-01-01"}),
        ("/v1/api-keys", place | {"name": "Liitos", "scopes": ["hours:read"], "expires_in_days": 30}),
        ("/v1/role-invitations", place | {"role": "observer", "email": "uusi@example.org"}),
        (GRANTS, given(main_user, unit)),
    ):
        assert refusal(observer.post(path, body)) == (403, "forbidden"), path
    assert refusal(observer.patch(tree, {"phone": "09 123 4567"})) == (403, "forbidden")
    distribution = {"units": [{"unit_id": str(unit), "hours": 10}]}
    for path, body in ((f"{tree}/hour-distribution/2023", distribution), (f"{tree}/bank-account", IBAN)):
        match = {"If-Match": observer.get(path).headers["ETag"]}
        assert refusal(observer.put(path, body, headers=match)) == (403, "forbidden"), path


def test_an_observer_applies_for_nothing(centre: Centre, unit: UUID, observer: Person) -> None:
    body = {"organisation_id": str(unit), "role": "unit_manager"}
    refused = observer.post("/v1/role-applications", body)
    assert (refusal(refused), refused.json()["because"]) == ((403, "forbidden"), "observers-apply-for-nothing")
    trainer = centre.person("observer", unit)
    centre.grant(trainer.id, "training_manager", unit)
    assert trainer.post("/v1/role-applications", body).status_code == 201


def test_an_observers_role_is_no_base_right(centre: Centre) -> None:
    candidate, observer = Candidate.of(centre), centre.person()
    centre.grant(observer.id, "observer", candidate.central)
    body = {"organisation_id": str(candidate.central), "signatory_id": candidate.signatory_id}
    assert refusal(observer.post("/v1/main-user-applications", body)) == (403, "forbidden")


@pytest.mark.usefixtures("proposal_id")
def test_an_observer_has_a_feed_without_tasks_and_an_empty_task_list(
    centre: Centre, central: UUID, main_user: Person, observer: Person
) -> None:
    centre.post(2023, pool_change(1000), grant(central, 500))
    assert main_user.get("/v1/me/tasks").json()["items"]
    assert observer.get("/v1/me/tasks").json()["items"] == []
    feed = observer.post("/v1/me/calendar-feeds", {"name": "Puhelin"}).json()
    days = icalendar.Calendar.from_ical(observer.get(feed["address"]).content).walk("VEVENT")
    assert [event.decoded("DTSTART") for event in days] == [date(2023, 10, 1), date(2023, 11, 30)]


def test_no_key_acts_as_an_observer(central: UUID, main_user: Person) -> None:
    key = {"organisation_id": str(central), "name": "Liitos", "scopes": ["hours:read"], "expires_in_days": 30}
    assert refusal(main_user.post("/v1/api-keys", key | {"role": "observer"})) == (422, "validation")


def test_observers_who_are_one_person_are_merged_and_erased(
    centre: Centre, central: UUID, main_user: Person, observer: Person, staff: Person
) -> None:
    other = centre.person("observer", central)
    merger = staff.post(f"/v1/people/{observer.id}/merger", {"person_id": str(other.id), "reason": "Sama ihminen"})
    assert merger.status_code == 200, merger.text
    assert [role["role"] for role in other.get("/v1/me").json()["roles"]] == ["observer"]
    erased = staff.post(f"/v1/people/{observer.id}/erasure", {"reason": "Pyysi"})
    assert erased.status_code == 200, erased.text
    states = {item["state"] for item in main_user.get(GRANTS, params={"role": "observer"}).json()["items"]}
    assert states == {"ended"}


def test_an_observer_ends_the_own_role_and_sees_nothing_any_more(central: UUID, observer: Person) -> None:
    [role_grant] = observer.get(GRANTS).json()["items"]
    assert observer.post(f"{GRANTS}/{role_grant['id']}/ending", {"reason": "Kausi päättyi"}).status_code == 200
    assert refusal(observer.get(f"/v1/organisations/{central}")) == (404, "not-found")
