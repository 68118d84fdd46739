"""`POST /v1/people/{id}/merger`: what is transferred, what ends, and what stays with the other."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.db.identifiers import new_id
from app.domain.calendar.deadlines import HELSINKI
from app.sandbox.main import create_app
from app.settings import Settings
from tests.api.people.candidates import Candidate, main_user_grant
from tests.builders import Centre, Person, refusal
from tests.server import serving

WHY = "Sama ihminen"


def merge(staff: Person, person: Person, other: Person) -> httpx.Response:
    return staff.post(f"/v1/people/{person.id}/merger", {"person_id": str(other.id), "reason": WHY})


def merged(staff: Person, person: Person, other: Person) -> None:
    answer = merge(staff, person, other)
    assert answer.status_code == 200, answer.text


def events(centre: Centre, event: str) -> list[tuple[Any, ...]]:
    return centre.rows("SELECT subject_id, reason, facts FROM audit_entries WHERE action = %s ORDER BY id", event)


def state(person: Person, location: str) -> str:
    return str(person.get(location).json()["state"])


def apply(person: Person, organisation_id: UUID, role: str = "training_manager") -> str:
    body = {"organisation_id": str(organisation_id), "role": role}
    answer = person.post("/v1/role-applications", body)
    assert answer.status_code == 201, answer.text
    return str(answer.headers["Location"])


def test_merging_two_main_users_keeps_one_role_and_notifies_the_staff(centre: Centre, central: UUID) -> None:
    staff, person, other = centre.staff(), centre.main_user(central), centre.main_user(central)
    first, second = main_user_grant(centre, person), main_user_grant(centre, other)
    merged(staff, person, other)
    grants = {each["id"]: each for each in staff.get(f"/v1/role-grants?person_id={person.id}").json()["items"]}
    assert {grants[first]["state"], grants[second]["state"]} == {"in_force", "ended"}
    assert [each["end_reason"] for each in grants.values() if each["state"] == "ended"] == [WHY]
    assert [(row[0], row[2]["main_users"]) for row in events(centre, "organisation.main-users-few")] == [(central, 1)]
    roles = [role["role"] for role in person.get("/v1/me").json()["roles"]]
    assert roles == ["main_user"]


@pytest.mark.parametrize("query", [{}, {"validate_only": "true"}], ids=["", "dry run"])
def test_people_are_merged_after_a_strong_authentication(centre: Centre, query: dict[str, str]) -> None:
    staff, person, other = centre.staff(), centre.person(), centre.person()
    path, body = f"/v1/people/{person.id}/merger", {"person_id": str(other.id), "reason": WHY}
    answer = staff.post(path, body, headers=centre.weakly(staff), params=query)
    assert refusal(answer) == (401, "strong-authentication-required")
    own = staff.post(path, body | {"person_id": str(staff.id)}, headers=centre.weakly(staff), params=query)
    assert refusal(own) == (403, "forbidden")
    assert staff.post(path, body, params=query).status_code == 200


def test_the_longer_of_two_equal_roles_goes_on(centre: Centre, central: UUID) -> None:
    staff, person, other = centre.staff(), centre.person("training_manager", central), centre.person()
    centre.owner.execute(
        "INSERT INTO role_grants (id, person_id, role, organisation_id, valid_from) VALUES (%s, %s, %s, %s, %s)",
        [new_id(), other.id, "training_manager", central, datetime(2023, 6, 1, tzinfo=HELSINKI)],
    )
    centre.owner.execute(
        "UPDATE role_grants SET valid_until = %s WHERE person_id = %s",
        [datetime(2023, 12, 1, tzinfo=HELSINKI), person.id],
    )
    merged(staff, person, other)
    assert centre.rows(
        "SELECT (valid_from AT TIME ZONE 'Europe/Helsinki')::date, (valid_until AT TIME ZONE 'Europe/Helsinki')::date "
        "FROM role_grants WHERE person_id = %s ORDER BY 1",
        person.id,
    ) == [(date(2000, 1, 1), date(2023, 6, 1)), (date(2023, 6, 1), None)]


@pytest.mark.parametrize("role", ["main_user", "staff"])
def test_the_last_of_equal_roles_does_not_end_before_the_successors_begins(
    centre: Centre, central: UUID, role: str
) -> None:
    """The grants that cover it have ends of their own (rulebook §2.6, §2.7)."""
    organisation_id = central if role == "main_user" else None
    staff, successor = centre.staff(), centre.person(role, organisation_id)
    person, other = centre.person(role, organisation_id), centre.person(role, organisation_id)
    centre.owner.execute("UPDATE role_grants SET valid_from = '2023-08-01' WHERE person_id = %s", [successor.id])
    for each, end in ((person, "2023-12-01"), (other, "2023-09-01"), (staff, "2023-12-01")):
        centre.owner.execute("UPDATE role_grants SET valid_until = %s WHERE person_id = %s", [end, each.id])
    answer = merge(staff, person, other)
    assert refusal(answer) == (409, f"last-{role.replace('_', '-')}")
    assert answer.json()["needed_from"] == "2023-03-15T12:00:00+02:00"
    assert centre.rows("SELECT merged_into FROM persons WHERE id = %s", other.id) == [(None,)]
    centre.clock(2023, 8, 1)
    merged(staff, person, other)


def test_open_role_applications_are_transferred_and_doubles_withdrawn(centre: Centre, central: UUID) -> None:
    staff, person, other = centre.staff(), centre.person(), centre.person("training_manager", central)
    unit = centre.organisation(central)
    moved = apply(other, unit)
    own, twice = apply(person, unit, "unit_manager"), apply(other, unit, "unit_manager")
    held = apply(person, central)
    merged(staff, person, other)
    assert [state(person, each) for each in (moved, own, twice, held)] == [
        "applied",
        "applied",
        "withdrawn",
        "withdrawn",
    ]
    assert person.get(moved).json()["person_id"] == str(person.id)
    withdrawn = {str(row[0]) for row in events(centre, "role-application.withdrawn")}
    assert withdrawn == {twice[-36:], held[-36:]}


def test_decisions_that_one_made_about_the_other_stay(centre: Centre, central: UUID) -> None:
    staff, person, other = centre.staff(), centre.main_user(central), centre.person()
    decided = apply(other, central)
    assert person.post(f"{decided}/decision", {"outcome": "rejected", "reason": "Ei nyt"}).status_code == 200
    merged(staff, person, other)
    assert staff.get(decided).json()["person_id"] == str(other.id)


def test_an_open_main_user_application_of_the_other_is_withdrawn(centre: Centre) -> None:
    candidate = Candidate.of(centre, signatory_in_person=True)
    location, person = candidate.received(), centre.person()
    merged(centre.staff(), person, candidate.applicant)
    assert state(candidate.staff, location) == "withdrawn"
    [(_, reason, _)] = events(centre, "main-user-application.withdrawn")
    assert reason == WHY


def test_an_application_with_one_person_in_both_roles_is_withdrawn(centre: Centre) -> None:
    candidate = Candidate.of(centre, signatory_in_person=True)
    assert candidate.signatory
    location = candidate.received()
    merged(centre.staff(), candidate.applicant, candidate.signatory)
    assert state(candidate.staff, location) == "withdrawn"
    [(person_id,)] = centre.rows("SELECT person_id FROM signatories")
    assert person_id == candidate.applicant.id


def test_a_signatory_ends_if_the_same_person_confirmed_it(centre: Centre, central: UUID) -> None:
    first_staff, confirmer, other = centre.staff(), centre.staff(), centre.person("training_manager", central)
    body = {"basis": "Puheenjohtaja", "valid_from": "2023-01-01"}
    path = f"/v1/organisations/{central}/signatories"
    first_staff.post(path, body | {"name": "Aili Puheenjohtaja"})
    named = first_staff.post(path, body | {"person_id": str(other.id)}).json()
    assert confirmer.post(f"{path}/{named['id']}/confirmation", key=False).status_code == 200
    merged(first_staff, confirmer, other)
    assert centre.rows("SELECT person_id, ended_by FROM signatories WHERE id = %s", named["id"]) == [
        (other.id, first_staff.id)
    ]
    assert [(str(row[0]), row[1]) for row in events(centre, "signatory.ended")] == [(named["id"], WHY)]


def test_feeds_contacts_confirmations_and_mail_preferences_are_transferred(centre: Centre, central: UUID) -> None:
    staff, adviser, first, other = centre.staff(), centre.staff(), centre.person(), centre.staff()
    office = staff.post("/v1/regional-offices", {"name": "Itä"}).json()["id"]
    body = {"organisation_id": str(central), "person_id": str(other.id), "regional_office_id": office}
    answer = staff.post("/v1/contact-assignments", body | {"valid_from": "2023-01-01"})
    assert answer.status_code == 201, answer.text
    feed = other.post("/v1/me/calendar-feeds", {"name": "Kalenteri"}).json()
    assert other.put("/v1/me/mail-preferences", {"mail": "daily_digest"}).status_code == 200
    for person, year in ((other, 2021), (other, 2022), (adviser, 2022)):
        centre.owner.execute(
            "INSERT INTO organisation_confirmations VALUES (own_study_centre(), %s, %s, %s, %s, now(), false)",
            [new_id(), central, year, person.id],
        )
    merged(staff, first, other)
    # And once more: the person merged before is found in one step all the same.
    merged(staff, adviser, first)
    assert centre.rows("SELECT merged_into FROM persons WHERE id = %s", other.id) == [(adviser.id,)]
    assert centre.rows("SELECT DISTINCT person_id FROM contact_assignments") == [(adviser.id,)]
    assert [each["id"] for each in adviser.get("/v1/me/calendar-feeds").json()["items"]] == [feed["id"]]
    assert adviser.get("/v1/me/mail-preferences").json()["mail"] == "daily_digest"
    assert centre.rows("SELECT year, person_id FROM organisation_confirmations ORDER BY year, person_id") == sorted(
        [(2021, adviser.id), (2022, adviser.id), (2022, first.id)], key=str
    )


def test_nobody_is_merged_with_an_erased_person(centre: Centre) -> None:
    staff, person, gone = centre.staff(), centre.person(), centre.person()
    answer = staff.post(f"/v1/people/{gone.id}/erasure", {"reason": "Pyysi itse"})
    assert answer.status_code == 200, answer.text
    for kept, other in ((person, gone), (gone, person)):
        answer = merge(staff, kept, other)
        assert refusal(answer) == (409, "wrong-state")
        assert answer.json()["state"] == "erased"


def test_a_merged_person_decides_on_nothing_that_the_other_made(centre: Centre, central: UUID) -> None:
    enterer, confirmer, third = centre.staff(), centre.staff(), centre.staff()
    path = f"/v1/organisations/{central}/signatories"
    body = {"basis": "Puheenjohtaja", "valid_from": "2023-01-01"}
    third.post(path, body | {"name": "Aili Puheenjohtaja"})
    entered = enterer.post(path, body | {"name": "Bertta Sihteeri"}).json()
    assert entered["state"] == "unconfirmed"
    merged(third, confirmer, enterer)
    assert refusal(confirmer.post(f"{path}/{entered['id']}/confirmation", key=False)) == (403, "forbidden")
    assert third.post(f"{path}/{entered['id']}/confirmation", key=False).status_code == 200


def test_the_process_that_merges_or_erases_forgets_the_sign_in_immediately(centre: Centre, central: UUID) -> None:
    staff, person, other = centre.staff(), centre.person(), centre.main_user(central)
    assert other.get("/v1/me").status_code == 200
    merged(staff, person, other)
    assert other.get("/v1/me").json()["person"]["id"] == str(person.id)
    gone = centre.person()
    assert gone.get("/v1/me").status_code == 200
    assert staff.post(f"/v1/people/{gone.id}/erasure", {"reason": "Pyysi itse"}).status_code == 200
    assert refusal(gone.get("/v1/me")) == (403, "not-registered")


@pytest.fixture
def elsewhere(centre: Centre, settings: Settings) -> Iterator[Person]:
    """A member of staff who calls another process of the service."""
    staff = centre.staff()
    with serving(create_app(settings)) as address:
        staff.client.base_url = httpx.URL(address)
        yield staff


def test_a_remembered_sign_in_stops_acting_as_the_merged_person(
    centre: Centre, central: UUID, elsewhere: Person
) -> None:
    person, other = centre.person(), centre.main_user(central)
    account = {"iban": "FI2112345600000785", "holder": "Marttaliitto ry"}
    path = f"/v1/organisations/{central}/bank-account"
    assert other.get("/v1/me").status_code == 200
    merged(elsewhere, person, other)
    assert refusal(other.put(path, account)) == (401, "unauthenticated")
    # The person of the sign-in is looked up again.
    assert other.put(path, account).json()["open_change"]["proposed_by"] == str(person.id)


def test_a_remembered_sign_in_stops_acting_as_the_erased_person(
    centre: Centre, central: UUID, elsewhere: Person
) -> None:
    gone = centre.person()
    assert gone.get("/v1/me").status_code == 200
    assert elsewhere.post(f"/v1/people/{gone.id}/erasure", {"reason": "Pyysi itse"}).status_code == 200
    body = {"organisation_id": str(central), "role": "training_manager"}
    assert refusal(gone.post("/v1/role-applications", body)) == (401, "unauthenticated")
    assert refusal(gone.post("/v1/role-applications", body)) == (403, "not-registered")


def test_an_application_with_one_person_for_two_is_not_approved(centre: Centre) -> None:
    candidate = Candidate.of(centre, signatory_in_person=True)
    location = candidate.received()
    centre.owner.execute("UPDATE signatories SET person_id = %s", [candidate.applicant.id])
    answer = candidate.staff.post(f"{location}/decision", {"outcome": "approved"})
    assert refusal(answer) == (409, "same-person")
    assert state(candidate.staff, location) == "received"
    rejected = {"outcome": "rejected", "reason": "Sama ihminen"}
    assert candidate.staff.post(f"{location}/decision", rejected).status_code == 200
