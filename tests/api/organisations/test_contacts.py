"""`/v1/contact-assignments` and `/v1/organisations/{id}/contact`."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest

from app.db.identifiers import new_id
from tests.builders import Centre, Person, refusal

OFFICES, ASSIGNMENTS = "/v1/regional-offices", "/v1/contact-assignments"


@pytest.fixture
def office(staff: Person) -> dict[str, Any]:
    answer = staff.post(OFFICES, {"name": "Tampere", "address": {"city": "Tampere"}, "phone": "+358 50 556 0003"})
    assert answer.status_code == 201
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture
def naming(central: UUID, staff: Person, office: dict[str, Any]) -> dict[str, Any]:
    return {
        "organisation_id": str(central),
        "person_id": str(staff.id),
        "regional_office_id": office["id"],
        "valid_from": "2023-01-01",
        "valid_until": "2023-06-30",
    }


def test_a_contact_person_is_seen_from_the_first_day_to_the_last(
    centre: Centre, staff: Person, central: UUID, office: dict[str, Any], naming: dict[str, Any]
) -> None:
    main_user = centre.main_user(central)
    nobody = main_user.get(f"/v1/organisations/{central}/contact").json()
    assert (nobody["person"], nobody["regional_office"]) == (None, None)
    answer = staff.post(ASSIGNMENTS, naming)
    assert answer.status_code == 201
    fetched = main_user.get(answer.headers["Location"])
    assert (fetched.json(), fetched.headers["ETag"]) == (answer.json(), answer.headers["ETag"])
    for day, named in (((2022, 12, 31, 23, 59), False), ((2023, 1, 1), True), ((2023, 6, 30, 23), True)):
        centre.clock(*day)
        contact = main_user.get(f"/v1/organisations/{central}/contact").json()
        assert (contact["assignment_id"] == answer.json()["id"]) is named
    assert contact["person"] == {
        "id": str(staff.id),
        "name": "Aino Esimerkki",
        "email": f"{staff.id}@example.org",
        "email_verified_at": "2000-01-01T00:00:00+02:00",
    }
    assert contact["regional_office"] == office
    centre.clock(2023, 7, 1)
    assert main_user.get(f"/v1/organisations/{central}/contact").json() == nobody


def test_units_have_their_centres_contact_person(
    centre: Centre, staff: Person, central: UUID, naming: dict[str, Any]
) -> None:
    unit = centre.organisation(centre.organisation(central))
    staff.post(ASSIGNMENTS, naming)
    answer = centre.person("training_manager", unit).get(f"/v1/organisations/{unit}/contact")
    contact = answer.json()
    assert (contact["organisation_id"], contact["central_organisation_id"]) == (str(unit), str(central))
    assert contact["person"]["id"] == str(staff.id)
    assert answer.headers["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize(
    ("first", "last"), [("2023-06-30", None), ("2022-01-01", "2023-01-01"), ("2023-03-01", "2023-03-01")]
)
def test_an_organisation_has_one_contact_person_a_day(
    staff: Person, naming: dict[str, Any], first: str, last: str | None
) -> None:
    made = staff.post(ASSIGNMENTS, naming).json()
    answer = staff.post(ASSIGNMENTS, naming | {"valid_from": first, "valid_until": last})
    assert refusal(answer) == (409, "assignment-overlap")
    assert answer.json()["overlaps_with"] == made["id"]


def test_one_contact_person_may_follow_another_on_the_next_day(staff: Person, naming: dict[str, Any]) -> None:
    staff.post(ASSIGNMENTS, naming)
    after = naming | {"valid_from": "2023-07-01", "valid_until": None}
    path = staff.post(ASSIGNMENTS, after).headers["Location"]
    assert refusal(staff.patch(path, {"valid_from": "2023-06-30"})) == (409, "assignment-overlap")
    answer = staff.patch(path, {"valid_until": "2023-12-31"})
    assert answer.json()["valid_until"] == "2023-12-31"
    assert staff.get(path).headers["ETag"] == answer.headers["ETag"]
    etag = answer.headers["ETag"]
    staff.patch(path, {"valid_until": None})
    assert refusal(staff.patch(path, {"valid_until": "2023-12-30"}, etag=etag)) == (412, "precondition-failed")
    assert refusal(staff.delete(path, headers={"If-Match": etag})) == (412, "precondition-failed")
    assert staff.delete(path).status_code == 204
    assert refusal(staff.get(path)) == (404, "not-found")


def test_the_last_day_does_not_come_before_the_first(staff: Person, naming: dict[str, Any]) -> None:
    answer = staff.post(ASSIGNMENTS, naming | {"valid_until": "2022-12-31"})
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [("/valid_until", "day-order")]
    answer = staff.post(ASSIGNMENTS, naming | {"valid_from": "1999-12-31"})
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/valid_from"]


def test_a_contact_person_is_a_staff_member(centre: Centre, staff: Person, naming: dict[str, Any]) -> None:
    answer = staff.post(ASSIGNMENTS, naming | {"person_id": str(centre.person("auditor").id)})
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [("/person_id", "not-staff")]


def test_units_have_no_contact_person_of_their_own(
    centre: Centre, staff: Person, central: UUID, naming: dict[str, Any]
) -> None:
    answer = staff.post(ASSIGNMENTS, naming | {"organisation_id": str(centre.organisation(central))})
    assert refusal(answer) == (409, "not-central")


@pytest.mark.parametrize("member", ["organisation_id", "person_id", "regional_office_id"])
def test_an_unknown_id_is_refused_with_its_pointer(staff: Person, naming: dict[str, Any], member: str) -> None:
    answer = staff.post(ASSIGNMENTS, naming | {member: str(new_id())})
    assert refusal(answer) == (404, "not-found")
    assert answer.json()["pointer"] == f"/{member}"


def test_main_users_assign_nobody_and_see_their_own_contact_person(
    centre: Centre, staff: Person, central: UUID, naming: dict[str, Any]
) -> None:
    path = staff.post(ASSIGNMENTS, naming).headers["Location"]
    main_user, stranger = centre.main_user(central), centre.main_user(centre.organisation())
    later = naming | {"valid_from": "2023-07-01", "valid_until": None}
    assert refusal(main_user.post(ASSIGNMENTS, later)) == (403, "forbidden")
    assert refusal(main_user.patch(path, {"valid_until": None})) == (403, "forbidden")
    assert refusal(main_user.delete(path)) == (403, "forbidden")
    for filters in ({}, {"organisation_id": central}, {"under": central}, {"person_id": staff.id}):
        assert len(main_user.get(ASSIGNMENTS, params=filters).json()["items"]) == 1
        assert stranger.get(ASSIGNMENTS, params=filters).json()["items"] == []
    assert main_user.get(ASSIGNMENTS, params={"regional_office_id": new_id()}).json()["items"] == []
    assert refusal(stranger.get(path)) == (404, "not-found")
    assert refusal(stranger.get(f"/v1/organisations/{central}/contact")) == (404, "not-found")


def test_one_of_two_simultaneous_assignments_is_refused(centre: Centre, naming: dict[str, Any]) -> None:
    people = [centre.staff(), centre.staff()]
    barrier = Barrier(2)

    def name(person: Person) -> int:
        barrier.wait()
        return person.post(ASSIGNMENTS, naming).status_code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(name, people)) == [201, 409]
    assert centre.rows("SELECT count(*) FROM contact_assignments") == [(1,)]
