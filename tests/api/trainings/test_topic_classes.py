"""`/v1/topic-classes`."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest

from app.db.identifiers import new_id
from tests.builders import Centre, Person, refusal

PATH = "/v1/topic-classes"
ANCESTRY: dict[str, Any] = {"code": "ancestry", "name": "Sukututkimus", "name_en": "Family history"}


def codes(person: Person, **query: Any) -> list[str]:
    items = person.get(PATH, params={"limit": 200} | query).json()["items"]
    return [each["code"] for each in items]


def test_everybody_sees_the_loaded_classes_in_the_order_of_their_codes(centre: Centre) -> None:
    nobody = centre.person()
    found = codes(nobody)
    assert found == sorted(found)
    assert len(found) == 26
    items = nobody.get(PATH, params={"limit": 200}).json()["items"]
    assert all(each["name_sv"] and each["name_en"] and each["statistics_class"] and each["active"] for each in items)
    first = nobody.get(PATH, params={"limit": 20}).json()
    rest = nobody.get(PATH, params={"limit": 20, "cursor": first["next_cursor"]}).json()
    assert [each["code"] for each in first["items"] + rest["items"]] == found
    assert nobody.get(f"{PATH}/{items[3]['id']}").json() == items[3]


def test_staff_add_a_class(centre: Centre, staff: Person) -> None:
    answer = staff.post(PATH, ANCESTRY)
    assert answer.status_code == 201
    topic = answer.json()
    assert topic == ANCESTRY | {"id": topic["id"], "name_sv": None, "statistics_class": None, "active": True}
    fetched = centre.person().get(answer.headers["Location"])
    assert (fetched.json(), fetched.headers["ETag"]) == (topic, answer.headers["ETag"])
    assert "ancestry" in codes(staff)


def test_a_code_is_of_one_class(staff: Person) -> None:
    topic = staff.post(PATH, ANCESTRY).json()
    answer = staff.post(PATH, ANCESTRY | {"name": "Muu"})
    assert refusal(answer) == (409, "already-exists")
    assert (answer.json()["existing_id"], answer.json()["pointer"]) == (topic["id"], "/code")


def test_only_one_of_two_simultaneous_classes_of_a_code_is_added(centre: Centre, staff: Person) -> None:
    people, barrier = [staff, centre.staff()], Barrier(2)

    def run(person: Person) -> int:
        barrier.wait()
        return person.post(PATH, ANCESTRY).status_code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(run, people)) == [201, 409]


def test_a_class_is_changed_but_never_its_code(centre: Centre, staff: Person) -> None:
    path = staff.post(PATH, ANCESTRY).headers["Location"]
    etag = staff.get(path).headers["ETag"]
    answer = staff.patch(path, {"name_sv": "Släktforskning", "name_en": None, "active": False})
    assert answer.status_code == 200
    assert (answer.json()["name_sv"], answer.json()["name_en"], answer.json()["active"]) == (
        "Släktforskning",
        None,
        False,
    )
    assert staff.get(path).json() == answer.json()
    assert refusal(staff.patch(path, {"name": "Muu"}, etag=etag)) == (412, "precondition-failed")
    assert refusal(staff.patch(path, {"code": "other"})) == (422, "validation")
    assert "ancestry" in codes(staff, active="false")
    assert "ancestry" not in codes(staff, active="true")
    assert refusal(staff.patch(f"{PATH}/{new_id()}", {"name": "Muu"}, etag=etag)) == (404, "not-found")
    audit = centre.rows("SELECT action, facts FROM audit_entries WHERE action LIKE 'topic-class.%%' ORDER BY id")
    assert audit == [
        ("topic-class.added", {"code": "ancestry"}),
        ("topic-class.changed", {"name_sv": "Släktforskning", "name_en": None, "active": False}),
    ]


def test_others_change_no_class(centre: Centre, main_user: Person, central: UUID, staff: Person) -> None:
    path = staff.post(PATH, ANCESTRY).headers["Location"]
    for person in (main_user, centre.person("auditor"), centre.person("training_manager", central)):
        assert refusal(person.post(PATH, ANCESTRY | {"code": "other"})) == (403, "forbidden")
        assert refusal(person.patch(path, {"name": "Muu"})) == (403, "forbidden")


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("code", "Suku"),
        ("code", ""),
        ("code", "-suku"),
        ("code", "a" * 41),
        ("name", ""),
        ("name", None),
        ("name_sv", " "),
        ("statistics_class", "0 22"),
        ("active", None),
        ("active", "true"),
    ],
)
def test_wrong_classes_are_refused(staff: Person, member: str, value: object) -> None:
    answer = staff.post(PATH, ANCESTRY | {member: value})
    assert refusal(answer) == (422, "validation")
    assert [error["pointer"] for error in answer.json()["errors"]] == [f"/{member}"]
