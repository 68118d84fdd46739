"""Names beside the IDs of who did something, and who sees them."""

from uuid import UUID

import pytest

from app.domain.hours.ledger import pool_change, supplementary_grant
from tests.api.people.test_api_keys import made, program
from tests.builders import Centre, Person

REQUESTS = "/v1/supplementary-hour-requests"


@pytest.fixture(autouse=True)
def window(centre: Centre) -> None:
    centre.change_window()


def named(centre: Centre, person: Person, name: str) -> Person:
    centre.owner.execute("UPDATE persons SET name = %s WHERE id = %s", [name, person.id])
    return person


@pytest.fixture
def liisa(centre: Centre, main_user: Person) -> Person:
    return named(centre, main_user, "Liisa Pääkäyttäjä")


@pytest.fixture
def olli(centre: Centre, staff: Person) -> Person:
    return named(centre, staff, "Olli Virkailija")


@pytest.fixture
def request_path(liisa: Person, central: UUID) -> str:
    return requested(liisa, central)


def requested(by: Person, central: UUID) -> str:
    body = {"organisation_id": str(central), "year": 2023, "hours": 10, "grounds": "Kysyntä kasvoi"}
    answer = by.post(REQUESTS, body)
    assert answer.status_code == 201, answer.text
    location: str = answer.headers["Location"]
    return location


def names(reader: Person, path: str) -> tuple[str | None, str | None]:
    """Who submitted and who decided the request, the same alone and in the list."""
    one = reader.get(path).json()
    listed = {item["id"]: item for item in reader.get(REQUESTS).json()["items"]}
    assert listed[one["id"]] == one
    return one["submitted_by_name"], one["decided_by_name"]


def test_a_main_user_sees_the_name_of_the_staff_and_the_own_one(
    centre: Centre, liisa: Person, olli: Person, request_path: str
) -> None:
    assert names(liisa, request_path) == ("Liisa Pääkäyttäjä", None)
    decided = olli.post(f"{request_path}/decision", {"hours": 0})
    assert (decided.json()["submitted_by_name"], decided.json()["decided_by_name"]) == (
        "Liisa Pääkäyttäjä",
        "Olli Virkailija",
    )
    assert names(liisa, request_path) == ("Liisa Pääkäyttäjä", "Olli Virkailija")
    assert names(centre.person("auditor"), request_path) == ("Liisa Pääkäyttäjä", "Olli Virkailija")


def test_the_response_to_a_change_has_the_callers_own_name_and_is_the_same_when_read(
    liisa: Person, central: UUID
) -> None:
    body = {"organisation_id": str(central), "year": 2023, "hours": 10, "grounds": "Kysyntä kasvoi"}
    answer = liisa.post(REQUESTS, body)
    assert answer.json()["submitted_by_name"] == "Liisa Pääkäyttäjä"
    found = liisa.get(answer.headers["Location"])
    assert found.json() == answer.json()
    assert found.headers["ETag"] == answer.headers["ETag"]


def test_staff_who_have_left_are_named_and_those_who_never_began_are_not(
    centre: Centre, liisa: Person, olli: Person, request_path: str
) -> None:
    olli.post(f"{request_path}/decision", {"hours": 0})
    centre.owner.execute("UPDATE role_grants SET valid_until = '2023-03-01' WHERE person_id = %s", [olli.id])
    assert names(liisa, request_path) == ("Liisa Pääkäyttäjä", "Olli Virkailija")
    centre.owner.execute(
        "UPDATE role_grants SET valid_from = '2023-03-16', valid_until = NULL WHERE person_id = %s", [olli.id]
    )
    assert names(liisa, request_path) == ("Liisa Pääkäyttäjä", None)


def test_people_of_other_organisations_are_not_named(
    centre: Centre, central: UUID, liisa: Person, request_path: str
) -> None:
    # A role below shows the resource, and not the people of the centre.
    unit = centre.organisation(central)
    other = centre.main_user(centre.organisation())
    centre.owner.execute(
        "UPDATE supplementary_hour_requests SET submitted_by = %s WHERE organisation_id = %s", [other.id, central]
    )
    assert names(liisa, request_path) == (None, None)
    assert names(centre.staff(), request_path) == ("Aino Esimerkki", None)
    # The person is seen from the day on which a role in the tree is known.
    centre.grant(other.id, "training_manager", unit)
    assert names(liisa, request_path) == ("Aino Esimerkki", None)
    centre.owner.execute("UPDATE role_grants SET valid_until = '2023-03-01' WHERE organisation_id = %s", [unit])
    assert names(liisa, request_path) == (None, None)


def test_a_training_manager_sees_no_names_but_those_of_the_staff(
    centre: Centre, central: UUID, olli: Person, request_path: str
) -> None:
    olli.post(f"{request_path}/decision", {"hours": 0})
    assert names(centre.person("training_manager", central), request_path) == (None, "Olli Virkailija")


def test_a_key_is_named_by_its_name_and_sees_no_people(
    centre: Centre, central: UUID, liisa: Person, olli: Person
) -> None:
    key = program(centre, made(liisa, central, name="Jäsenrekisteri"))
    path = requested(key, central)
    assert olli.post(f"{path}/decision", {"hours": 0}).status_code == 200
    for reader in (key, liisa, centre.person("training_manager", central)):
        assert names(reader, path) == ("Jäsenrekisteri", "Olli Virkailija")
    by_person = requested(liisa, central)
    assert names(key, by_person) == (None, None)
    assert key.get(f"{REQUESTS}?limit=1").json()["items"][0]["submitted_by"] == str(liisa.id)


def test_an_erased_person_has_no_name(centre: Centre, central: UUID, liisa: Person, olli: Person) -> None:
    path = requested(liisa, central)
    olli.post(f"{path}/decision", {"hours": 0})
    other, colleague = centre.main_user(central), centre.staff()
    for person in (liisa, olli):
        assert person.post(f"/v1/people/{person.id}/erasure", {"reason": "Pyyntö"}).status_code == 200
    assert names(other, path) == names(colleague, path) == (None, None)


def test_what_a_merged_record_did_has_its_name_for_those_who_see_the_person(
    centre: Centre, central: UUID, liisa: Person, request_path: str
) -> None:
    remaining = centre.person()
    merged = centre.staff().post(
        f"/v1/people/{remaining.id}/merger", {"person_id": str(liisa.id), "reason": "Sama ihminen"}
    )
    assert merged.status_code == 200, merged.text
    assert names(remaining, request_path) == ("Liisa Pääkäyttäjä", None)
    assert names(centre.main_user(central), request_path) == ("Liisa Pääkäyttäjä", None)


def test_a_new_name_is_another_version(centre: Centre, liisa: Person, request_path: str) -> None:
    first = liisa.get(request_path)
    named(centre, liisa, "Liisa Uusinimi")
    second = liisa.get(request_path, headers={"If-None-Match": first.headers["ETag"]})
    assert second.status_code == 200
    assert second.json() == first.json() | {"submitted_by_name": "Liisa Uusinimi"}


def test_transfers_name_their_actors_and_not_the_service(centre: Centre, central: UUID, liisa: Person) -> None:
    centre.post(2023, pool_change(1000), supplementary_grant(central, 100))
    liisa.post("/v1/hour-returns", {"organisation_id": str(central), "year": 2023, "hours": 10})
    items = liisa.get("/v1/hour-transfers?year=2023").json()["items"]
    assert [(item["actor"] is None, item["actor_name"]) for item in items][:1] == [(False, "Liisa Pääkäyttäjä")]
    assert all(item["actor_name"] is None for item in items if item["actor"] is None)


def test_the_audit_names_by_the_same_rule(centre: Centre, central: UUID, liisa: Person) -> None:
    requested(liisa, central)
    path = f"/v1/audit-entries?organisation_id={central}"
    assert liisa.get(path).json()["items"][0]["actor"]["name"] == "Liisa Pääkäyttäjä"
    colleague = centre.main_user(central)
    centre.owner.execute("UPDATE role_grants SET valid_until = '2023-03-01' WHERE person_id = %s", [liisa.id])
    assert colleague.get(path).json()["items"][0]["actor"]["name"] is None
