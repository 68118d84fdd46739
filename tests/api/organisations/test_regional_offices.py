"""`/v1/regional-offices`."""

from typing import Any

import pytest

from app.db.identifiers import new_id
from tests.builders import Centre, Person, refusal

OFFICES = "/v1/regional-offices"


@pytest.fixture
def office(staff: Person) -> dict[str, Any]:
    answer = staff.post(OFFICES, {"name": "Tampere", "address": {"city": "Tampere"}, "phone": "+358 50 556 0003"})
    assert answer.status_code == 201
    found: dict[str, Any] = answer.json()
    return found


def test_staff_open_offices_that_everybody_sees(centre: Centre, staff: Person, office: dict[str, Any]) -> None:
    person = centre.person()
    path = f"{OFFICES}/{office['id']}"
    assert person.get(path).json() == office
    assert person.get(OFFICES).json()["items"] == [office]
    answer = staff.patch(path, {"address": {"street": "Kerhokuja 4"}, "phone": None})
    assert answer.json() == office | {
        "address": {"street": "Kerhokuja 4", "postal_code": None, "city": "Tampere"},
        "phone": None,
    }
    fetched = person.get(path)
    assert (fetched.json(), fetched.headers["ETag"]) == (answer.json(), answer.headers["ETag"])


def test_an_office_is_changed_in_the_expected_version(staff: Person, office: dict[str, Any]) -> None:
    path = f"{OFFICES}/{office['id']}"
    etag = staff.get(path).headers["ETag"]
    changed = staff.patch(path, {"phone": None}, etag=etag)
    assert changed.status_code == 200
    stale = staff.patch(path, {"name": "Oulu"}, etag=etag)
    assert refusal(stale) == (412, "precondition-failed")
    assert stale.headers["ETag"] == changed.headers["ETag"]
    assert staff.get(path).json()["name"] == "Tampere"


def test_a_second_office_of_the_same_name_is_refused(staff: Person, office: dict[str, Any]) -> None:
    answer = staff.post(OFFICES, {"name": "Tampere"})
    assert refusal(answer) == (409, "already-exists")
    assert answer.json()["existing_id"] == office["id"]
    other = staff.post(OFFICES, {"name": "Oulu"}).headers["Location"]
    assert refusal(staff.patch(other, {"name": "Tampere"})) == (409, "already-exists")
    assert staff.patch(other, {"name": "Oulu"}).status_code == 200


def test_only_staff_open_and_change_offices(centre: Centre, office: dict[str, Any]) -> None:
    main_user = centre.main_user(centre.organisation())
    assert refusal(main_user.post(OFFICES, {"name": "Oulu"})) == (403, "forbidden")
    assert refusal(main_user.patch(f"{OFFICES}/{office['id']}", {"name": "Oulu"})) == (403, "forbidden")
    assert refusal(main_user.get(f"{OFFICES}/{new_id()}")) == (404, "not-found")
    assert refusal(main_user.patch(f"{OFFICES}/{new_id()}", {}, etag="*")) == (404, "not-found")
