"""`/v1/people`."""

import base64
import json
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.db.identifiers import new_id
from tests.builders import Centre, Person, refusal

PEOPLE = "/v1/people"


@pytest.fixture(autouse=True)
def founder(centre: Centre) -> Person:
    """A study centre begins with its first staff member."""
    return centre.staff()


def newcomer(centre: Centre, subject: str | None = None) -> Person:
    """A person who has signed in and is not registered."""
    return Person(UUID(int=0), centre.signed_in(subject or str(new_id())))


def register(person: Person, centre: Centre, **more: Any) -> httpx.Response:
    """Register by naming the study centre: the tests' database has many."""
    body = {"name": "Uusi Ihminen", "email": f"{new_id()}@example.org", "study_centre_id": str(centre.id)}
    key = more.pop("key", True)
    path = more.pop("path", PEOPLE)
    return person.post(path, body | more, key=key)


def second_sign_in(centre: Centre) -> tuple[Person, UUID]:
    person = newcomer(centre)
    return person, UUID(register(person, centre).json()["id"])


def test_an_unregistered_person_may_only_register(centre: Centre) -> None:
    person = newcomer(centre)
    for answer in (person.get("/v1/me"), person.get("/v1/organisations"), person.post("/v1/hour-pools/2023")):
        assert answer.status_code in {403, 405}
    answer = person.get("/v1/me")
    assert refusal(answer) == (403, "not-registered")
    answer = register(person, centre, name="Aila Alku", email="Aila@Example.org", phone="040 123 4567", language="sv")
    assert answer.status_code == 201
    made = answer.json()
    assert made == {
        "id": made["id"],
        "name": "Aila Alku",
        "email": "Aila@Example.org",
        "email_verified_at": None,
        "phone": "040 123 4567",
        "language": "sv",
        "merged_into": None,
    }
    assert answer.headers["Location"] == f"{PEOPLE}/{made['id']}"
    fetched = person.get(answer.headers["Location"])
    assert (fetched.json(), fetched.headers["ETag"]) == (made, answer.headers["ETag"])
    assert fetched.headers["Cache-Control"] == "private, no-cache"
    me = person.get("/v1/me").json()
    assert (me["person"], me["roles"]) == (made, [])
    assert centre.rows("SELECT action, subject_id, actor_id, facts FROM audit_entries") == [
        ("person.registered", UUID(made["id"]), UUID(made["id"]), {"person_id": made["id"]})
    ]


def test_nobody_registers_twice(centre: Centre) -> None:
    person = newcomer(centre)
    made = register(person, centre).json()
    again = register(person, centre)
    assert refusal(again) == (409, "already-exists")
    assert again.json()["existing_id"] == made["id"]


def test_a_retry_with_its_key_gets_the_first_answer(centre: Centre) -> None:
    person = newcomer(centre)
    body = {"name": "Uusi Ihminen", "email": "uusi@example.org", "study_centre_id": str(centre.id)}
    first, again = (person.post(PEOPLE, body, key="registration") for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json() == first.json()


def test_two_simultaneous_registrations_make_one_person(centre: Centre) -> None:
    subject = str(new_id())
    answers: list[httpx.Response] = []
    clients = [newcomer(centre, subject) for _ in range(4)]
    threads = [threading.Thread(target=lambda each=each: answers.append(register(each, centre))) for each in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert centre.rows("SELECT count(*) FROM persons") == [(2,)]


def test_a_dry_run_registers_nobody(centre: Centre) -> None:
    person = newcomer(centre)
    assert register(person, centre, path=f"{PEOPLE}?validate_only=true").status_code == 201
    assert refusal(person.get("/v1/me")) == (403, "not-registered")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"study_centre_id": None}, "/study_centre_id"),
        ({"study_centre_id": 1}, "/study_centre_id"),
        ({"email": "no address"}, "/email"),
        ({"name": " "}, "/name"),
        ({"role": "staff"}, "/role"),
    ],
)
def test_wrong_data_is_refused(
    new_centre: Callable[[], AbstractContextManager[Centre]], centre: Centre, body: dict[str, Any], pointer: str
) -> None:
    # The study centre is only needed if there are several, which are known by their people.
    with new_centre() as other:
        for each in (centre, other):
            each.person()
        answer = register(newcomer(centre), centre, **body)
    assert refusal(answer) == (422, "validation")
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


def test_an_unknown_study_centre_is_refused(centre: Centre) -> None:
    answer = register(newcomer(centre), centre, study_centre_id=str(new_id()))
    assert refusal(answer) == (404, "not-found")
    assert answer.json()["pointer"] == "/study_centre_id"


def test_a_body_that_is_not_json_is_refused(centre: Centre) -> None:
    person = newcomer(centre)
    answer = person.client.post(PEOPLE, content="{", headers={"Content-Type": "application/json"})
    assert refusal(answer) == (400, "malformed-json")
    assert refusal(person.post(PEOPLE, [])) == (422, "validation")
    answer = person.client.post(PEOPLE, content="{}", headers={"Content-Type": "text/plain"})
    assert refusal(answer) == (415, "unsupported-media-type")


def test_registering_needs_a_token(centre: Centre) -> None:
    person = newcomer(centre)
    person.client.headers["Authorization"] = "Bearer x.y.z"
    answer = register(person, centre)
    assert refusal(answer) == (401, "unauthenticated")
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_people_are_visible_to_the_managers_of_their_organisations(centre: Centre) -> None:
    centre.person()
    central = centre.organisation()
    district = centre.organisation(central, kind="district")
    beside = centre.organisation(central)
    staff, main_user = centre.staff(), centre.main_user(central)
    manager, trainer = centre.person("unit_manager", district), centre.person("training_manager", beside)
    foreign = centre.main_user(centre.organisation())
    everybody = centre.rows("SELECT id FROM persons ORDER BY id DESC")

    def seen_by(person: Person, **query: str) -> list[UUID]:
        answer = person.get(PEOPLE, params=query)
        assert answer.headers["Cache-Control"] == "private, no-cache"
        return [UUID(each["id"]) for each in answer.json()["items"]]

    assert seen_by(staff) == [row[0] for row in everybody]
    assert seen_by(centre.person("auditor")) != []
    assert seen_by(main_user) == [trainer.id, manager.id, main_user.id]
    assert seen_by(manager) == [manager.id]
    assert seen_by(trainer) == []
    assert seen_by(main_user, organisation_id=str(beside)) == [trainer.id]
    assert seen_by(main_user, q="AINO ESI") == [trainer.id, manager.id, main_user.id]
    assert seen_by(main_user, q=str(manager.id)) == [manager.id]
    assert seen_by(main_user, q="nobody") == []
    abroad = centre.organisation()
    centre.grant(trainer.id, "training_manager", abroad)
    assert seen_by(staff, organisation_id=str(abroad)) == [trainer.id]
    assert seen_by(main_user, organisation_id=str(abroad)) == [], "what people hold elsewhere is not theirs to know"
    path = f"{PEOPLE}/{foreign.id}"
    assert staff.get(path).status_code == 200
    assert foreign.get(path).status_code == 200
    assert refusal(main_user.get(path)) == (404, "not-found")
    assert trainer.get(f"{PEOPLE}/{trainer.id}").status_code == 200
    assert refusal(staff.get(f"{PEOPLE}/{new_id()}")) == (404, "not-found")


def test_only_staff_see_people_whose_roles_have_ended(centre: Centre, founder: Person) -> None:
    central = centre.organisation()
    main_user, trainer = centre.main_user(central), centre.person("training_manager", central)
    path = f"{PEOPLE}/{trainer.id}"
    assert main_user.get(path).status_code == 200
    over = "UPDATE role_grants SET valid_until = '2023-03-15' WHERE person_id = %s"
    centre.owner.execute(over, [trainer.id])
    assert refusal(main_user.get(path)) == (404, "not-found")
    assert [each["id"] for each in main_user.get(PEOPLE).json()["items"]] == [str(main_user.id)]
    assert founder.get(path).status_code == 200


def test_names_are_found_in_any_case(centre: Centre) -> None:
    staff = centre.staff()
    register(newcomer(centre), centre, name="Örjan Ääriniitty")
    for q in ("ÄÄRI", "ääri", "örjan", "ÖRJAN Ä"):
        assert [each["name"] for each in staff.get(PEOPLE, params={"q": q}).json()["items"]] == ["Örjan Ääriniitty"]


def test_a_page_of_people_is_followed_by_the_next(centre: Centre, founder: Person) -> None:
    staff = founder
    centre.person()
    first = staff.get(PEOPLE, params={"limit": 1, "include": "total"}).json()
    assert first["total"] == 2
    following = staff.get(PEOPLE, params={"limit": 1, "cursor": first["next_cursor"]}).json()
    assert [each["id"] for each in following["items"]] == [str(staff.id)]
    assert refusal(staff.get(PEOPLE, params={"cursor": "x"})) == (400, "invalid-cursor")


def test_staff_merge_two_sign_ins_of_one_person(centre: Centre) -> None:
    staff, organisation = centre.staff(), centre.organisation()
    first, (other, other_id) = centre.main_user(organisation), second_sign_in(centre)
    centre.grant(other_id, "training_manager", organisation)
    assert other.get("/v1/me").json()["person"]["id"] == str(other_id)
    answer = staff.post(f"{PEOPLE}/{first.id}/merger", {"person_id": str(other_id), "reason": "Sama ihminen"})
    assert answer.status_code == 200
    assert answer.json()["id"] == str(first.id)
    # A sign-in that was just used is remembered for at most a minute; another token of it is not.
    token = centre.issuer.token_for(_subject_of(other), strong=False)
    me = other.get("/v1/me", headers={"Authorization": f"Bearer {token}"}).json()
    assert me["person"]["id"] == str(first.id)
    assert {role["role"] for role in me["roles"]} == {"main_user", "training_manager"}
    merged = staff.get(f"{PEOPLE}/{other_id}").json()
    assert merged["merged_into"] == str(first.id)
    assert str(other_id) not in {each["id"] for each in staff.get(PEOPLE).json()["items"]}
    assert centre.rows("SELECT subject_id, reason, facts FROM audit_entries WHERE action = 'person.merged'") == [
        (first.id, "Sama ihminen", {"person_id": str(first.id), "merged_person_id": str(other_id)})
    ]


def _subject_of(person: Person) -> str:
    token = person.client.headers["Authorization"].split(".")[1]
    return str(json.loads(base64.urlsafe_b64decode(token + "=="))["sub"])


def test_a_person_is_not_merged_into_itself_nor_twice(centre: Centre) -> None:
    staff, first, other = centre.staff(), centre.person(), centre.person()
    body = {"person_id": str(other.id), "reason": "Sama ihminen"}
    answer = staff.post(f"{PEOPLE}/{other.id}/merger", body)
    assert refusal(answer) == (409, "same-person")
    assert answer.json()["pointer"] == "/person_id"
    assert staff.post(f"{PEOPLE}/{first.id}/merger", body).status_code == 200
    answer = staff.post(f"{PEOPLE}/{first.id}/merger", body)
    assert refusal(answer) == (409, "wrong-state")
    assert (answer.json()["state"], answer.json()["pointer"]) == ("merged", "/person_id")
    back = staff.post(f"{PEOPLE}/{other.id}/merger", {"person_id": str(first.id), "reason": "Takaisin"})
    assert refusal(back) == (409, "wrong-state")


def test_a_person_merged_before_is_transferred_too(centre: Centre) -> None:
    """Otherwise nobody could end the first one's feeds, and an erasure would leave the first one as it was."""
    staff, first, second, last = centre.staff(), centre.person(), centre.person(), centre.person()
    feed = first.post("/v1/me/calendar-feeds", {"name": "Puhelin"}).json()
    for goes, into in ((first, second), (second, last)):
        body = {"person_id": str(goes.id), "reason": "Sama ihminen"}
        assert staff.post(f"{PEOPLE}/{into.id}/merger", body).status_code == 200
    assert staff.get(f"{PEOPLE}/{first.id}").json()["merged_into"] == str(last.id)
    assert [each["id"] for each in last.get("/v1/me/calendar-feeds").json()["items"]] == [feed["id"]]
    assert staff.post(f"{PEOPLE}/{last.id}/erasure", {"reason": "Pyysi"}).status_code == 200
    assert centre.rows("SELECT count(*) FROM persons WHERE erased_at IS NOT NULL") == [(3,)]


def test_an_erased_person_cannot_be_merged(centre: Centre) -> None:
    staff, erased, person = centre.staff(), centre.person(), centre.person()
    assert staff.post(f"{PEOPLE}/{erased.id}/erasure", {"reason": "Pyysi"}).status_code == 200
    for into, goes in ((erased, person), (person, erased)):
        answer = staff.post(f"{PEOPLE}/{into.id}/merger", {"person_id": str(goes.id), "reason": "Sama ihminen"})
        assert refusal(answer) == (409, "wrong-state")
        assert answer.json()["state"] == "erased"


def test_only_staff_merge_people_and_never_themselves(centre: Centre) -> None:
    staff, person, organisation = centre.staff(), centre.person(), centre.organisation()
    main_user = centre.main_user(organisation)
    centre.grant(person.id, "training_manager", organisation)
    for path_id, other_id in ((staff.id, person.id), (person.id, staff.id), (staff.id, staff.id)):
        answer = staff.post(f"{PEOPLE}/{path_id}/merger", {"person_id": str(other_id), "reason": "Minä"})
        assert refusal(answer) == (403, "forbidden")
    body = {"person_id": str(person.id), "reason": "Sama"}
    assert refusal(main_user.post(f"{PEOPLE}/{main_user.id}/merger", body)) == (403, "forbidden")
    assert refusal(main_user.post(f"{PEOPLE}/{staff.id}/merger", body)) == (404, "not-found")
    unknown = staff.post(f"{PEOPLE}/{person.id}/merger", {"person_id": str(new_id()), "reason": "Kuka"})
    assert refusal(unknown) == (404, "not-found")
    assert unknown.json()["pointer"] == "/person_id"
