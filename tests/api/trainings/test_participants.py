"""`/v1/trainings/{id}/participants`."""

import csv
import io
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest

from app.db.identifiers import new_id
from tests.builders import Centre, Person, refusal
from tests.trainings import add_statement, add_training, participant_reader

AINO: dict[str, Any] = {"name": "Aino Esimerkki", "email": "Aino@Example.org", "gender": "female", "under_age": False}


@pytest.fixture
def training(centre: Centre, central: UUID) -> UUID:
    return add_training(centre, central)


@pytest.fixture
def path(training: UUID) -> str:
    return f"/v1/trainings/{training}/participants"


def reference_of(centre: Centre, training: UUID) -> Any:
    return centre.rows("SELECT reference FROM trainings WHERE id = %s", training)[0][0]


def facts_of(centre: Centre) -> list[tuple[str, UUID, dict[str, Any]]]:
    rows = centre.rows(
        "SELECT action, subject_id, facts FROM audit_entries WHERE action LIKE '%%participants.%%' ORDER BY id"
    )
    return [(action, subject_id, facts) for action, subject_id, facts in rows]


def test_a_participant_is_added_shown_changed_and_removed(main_user: Person, path: str, centre: Centre) -> None:
    answer = main_user.post(path, AINO)
    assert answer.status_code == 201
    participant = answer.json()
    assert participant == AINO | {
        "id": participant["id"],
        "training_id": path.split("/")[3],
        "anonymised_at": None,
        "created_by": str(main_user.id),
        "created_by_name": "Aino Esimerkki",
        "created_at": "2023-03-15T12:00:00+02:00",
    }
    one = answer.headers["Location"]
    fetched = main_user.get(one)
    assert (fetched.json(), fetched.headers["ETag"]) == (participant, answer.headers["ETag"])
    etag = fetched.headers["ETag"]
    changed = main_user.patch(one, {"name": "=Aino", "email": "aino@example.org", "gender": None, "under_age": True})
    assert changed.status_code == 200
    assert changed.json() == participant | {
        "name": "=Aino",
        "email": "aino@example.org",
        "gender": None,
        "under_age": True,
    }
    assert main_user.get(path).json()["items"] == [changed.json()]
    assert refusal(main_user.patch(one, {"name": "Muu"}, etag=etag)) == (412, "precondition-failed")
    assert refusal(main_user.delete(one, headers={"If-Match": etag})) == (412, "precondition-failed")
    assert main_user.patch(one, {}).json() == changed.json()
    assert main_user.delete(one).status_code == 204
    assert refusal(main_user.get(one)) == (404, "not-found")
    assert main_user.get(path).json()["items"] == []
    assert [action for action, _, _ in facts_of(centre)] == [
        "training-participants.added",
        "training-participants.changed",
        "training-participants.removed",
    ]


def test_only_a_name_is_needed(main_user: Person, path: str) -> None:
    for _ in range(2):
        assert main_user.post(path, {"name": "Nimi"}).json()["email"] is None
    assert len(main_user.get(path).json()["items"]) == 2


@pytest.mark.parametrize("written", ["aino@EXAMPLE.org", "AINO@example.org", "Aino@Example.org"])
def test_two_spellings_of_an_address_are_one_participant(main_user: Person, path: str, written: str) -> None:
    first = main_user.post(path, AINO).json()
    answer = main_user.post(path, {"name": "Toinen", "email": written})
    assert refusal(answer) == (409, "already-exists")
    assert (answer.json()["existing_id"], answer.json()["pointer"]) == (first["id"], "/email")
    assert "example.org" not in answer.text.lower()
    other = main_user.post(path, {"name": "Toinen", "email": "toinen@example.org"}).headers["Location"]
    assert refusal(main_user.patch(other, {"email": written})) == (409, "already-exists")


def test_an_address_is_in_several_trainings(main_user: Person, path: str, centre: Centre, central: UUID) -> None:
    assert main_user.post(path, AINO).status_code == 201
    assert main_user.post(f"/v1/trainings/{add_training(centre, central)}/participants", AINO).status_code == 201


def test_of_two_at_the_same_time_with_one_address_one_is_added(centre: Centre, central: UUID, path: str) -> None:
    people, barrier = [centre.main_user(central), centre.person("training_manager", central)], Barrier(2)

    def run(person: Person, email: str) -> int:
        barrier.wait()
        return person.post(path, AINO | {"email": email}).status_code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(run, people, ["aino@example.org", "AINO@example.org"])) == [201, 409]


def test_those_who_write_the_training_see_its_participants_and_others_do_not(centre: Centre, central: UUID) -> None:
    unit = centre.organisation(central)
    path = f"/v1/trainings/{add_training(centre, unit)}/participants"
    one = centre.person("training_manager", unit).post(path, AINO).headers["Location"]
    for person in (
        centre.main_user(central),
        centre.person("unit_manager", unit),
        centre.person("training_manager", unit),
    ):
        assert person.get(one).json()["name"] == AINO["name"]
        assert len(person.get(path).json()["items"]) == 1
    assert facts_of(centre)[1:] == []
    for person in (
        centre.staff(),
        centre.person("auditor"),
        centre.person("observer", central),
        centre.person("training_manager", central),
    ):
        for answer in (
            person.get(path),
            person.get(one),
            person.post(path, AINO),
            person.patch(one, {"name": "Muu"}, etag='"a"'),
            person.delete(one),
        ):
            assert refusal(answer) == (403, "forbidden")
            assert "Aino" not in answer.text
    other = centre.main_user(centre.organisation())
    for answer in (other.get(path), other.get(one), other.post(path, AINO), other.delete(one)):
        assert refusal(answer) == (404, "not-found")


def test_named_staff_read_and_each_reading_is_recorded(
    centre: Centre, main_user: Person, training: UUID, path: str
) -> None:
    one = main_user.post(path, AINO).headers["Location"]
    reader = participant_reader(centre)
    assert reader.get(path).json()["items"] == [reader.get(one).json()]
    assert [entry for entry in facts_of(centre) if entry[0].endswith(".read")] == [
        ("training-participants.read", training, {"year": 2023, "reference": reference_of(centre, training)})
    ] * 2
    for answer in (reader.post(path, AINO), reader.patch(one, {"name": "Muu"}), reader.delete(one)):
        assert refusal(answer) == (403, "forbidden")
    assert refusal(centre.staff().get(path)) == (403, "forbidden")
    # A name without the role shows nothing.
    centre.owner.execute("UPDATE role_grants SET valid_until = '2023-01-01' WHERE person_id = %s", [reader.id])
    assert refusal(reader.get(path)) == (404, "not-found")


def test_a_participant_of_another_training_is_not_found(
    main_user: Person, path: str, centre: Centre, central: UUID
) -> None:
    one = main_user.post(path, AINO).json()["id"]
    other = f"/v1/trainings/{add_training(centre, central)}/participants/{one}"
    assert refusal(main_user.get(other)) == (404, "not-found")
    assert refusal(main_user.patch(other, {"name": "Muu"}, etag='"a"')) == (404, "not-found")
    assert refusal(main_user.delete(other)) == (404, "not-found")
    assert refusal(main_user.post(f"/v1/trainings/{new_id()}/participants", AINO)) == (404, "not-found")


def test_a_key_needs_the_scopes_of_participants(centre: Centre, main_user: Person, central: UUID, path: str) -> None:
    one = main_user.post(path, AINO).headers["Location"]

    def key(*scopes: str) -> Person:
        body = {"name": "Kurssit", "organisation_id": str(central), "scopes": list(scopes), "expires_in_days": 30}
        answer = main_user.post("/v1/api-keys", body)
        assert answer.status_code == 201, answer.text
        client = centre.signed_in(main_user.id)
        client.headers["Authorization"] = f"Bearer {answer.json()['key']}"
        return Person(main_user.id, client)

    of_trainings, reading, writing = (
        key("trainings:read", "trainings:write"),
        key("participants:read"),
        key("participants:write"),
    )
    for answer in (of_trainings.get(path), of_trainings.get(one), of_trainings.post(path, AINO), writing.get(path)):
        assert refusal(answer) == (403, "forbidden")
        assert "Aino" not in answer.text
    assert AINO["email"] not in of_trainings.get(path.removesuffix("/participants")).text
    assert reading.get(one).json()["name"] == AINO["name"]
    assert refusal(reading.delete(one)) == (403, "forbidden")
    assert writing.post(path, {"name": "Bo"}).status_code == 201
    by_address = {"email": AINO["email"]}
    assert refusal(reading.post("/v1/participant-searches", by_address)) == (403, "forbidden")
    assert refusal(writing.post("/v1/participant-erasures", by_address | {"reason": "Pyyntö"})) == (403, "forbidden")


@pytest.mark.parametrize("state", ["rejected", "withdrawn", "cancelled", "lapsed"])
def test_a_training_that_has_ended_gets_no_participants(
    main_user: Person, centre: Centre, central: UUID, state: str
) -> None:
    path = f"/v1/trainings/{add_training(centre, central, state=state)}/participants"
    answer = main_user.post(path, AINO)
    assert refusal(answer) == (409, "wrong-state")
    assert answer.json()["state"] == state


@pytest.mark.parametrize(("state", "status"), [("draft", 201), ("submitted", 409), ("approved", 409)])
def test_participants_are_fixed_while_a_statement_counts_them(
    main_user: Person, centre: Centre, training: UUID, path: str, state: str, status: int
) -> None:
    one = main_user.post(path, AINO).headers["Location"]
    add_statement(centre, training, state)
    etag = main_user.get(one).headers["ETag"]
    answers = [
        main_user.post(path, {"name": "Toinen"}),
        main_user.patch(one, {"name": "Muu"}, etag=etag),
        main_user.delete(one),
    ]
    if status == 409:
        assert {answer.json().get("because") for answer in answers} == {"statement-exists"}
    assert [answer.status_code for answer in answers] == ([409] * 3 if status == 409 else [201, 200, 204])


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("name", ""),
        ("name", " "),
        ("name", None),
        ("name", "a" * 201),
        ("email", "aino"),
        ("email", "aino@localhost"),
        ("email", ""),
        ("gender", "f"),
        ("under_age", "true"),
        ("under_age", None),
        ("age", 7),
    ],
)
def test_wrong_participants_are_refused(main_user: Person, path: str, member: str, value: object) -> None:
    answer = main_user.post(path, AINO | {member: value})
    assert refusal(answer) == (422, "validation")
    assert [error["pointer"] for error in answer.json()["errors"]] == [f"/{member}"]


@pytest.mark.parametrize("name", ["=1+1", "+358", "-", "@aino"])
def test_names_are_kept_as_they_are_written(main_user: Person, path: str, name: str) -> None:
    assert main_user.post(path, {"name": name}).json()["name"] == name


def test_formulas_are_neutralised_in_a_csv(main_user: Person, path: str) -> None:
    names = ["=1+1", "+358", "-", "@aino", "Aino"]
    for name in names:
        main_user.post(path, {"name": name})
    rows = list(csv.DictReader(io.StringIO(main_user.get(path, headers={"Accept": "text/csv"}).text)))
    assert [row["name"] for row in reversed(rows)] == ["'=1+1", "'+358", "'-", "'@aino", "Aino"]
    assert {row["email"] for row in rows} == {""}


def test_a_csv_is_recorded_once_and_refused_like_the_list(
    centre: Centre, main_user: Person, training: UUID, path: str
) -> None:
    main_user.post(path, AINO)
    reader = participant_reader(centre)
    answer = reader.get(path, headers={"Accept": "text/csv"})
    assert (answer.status_code, "Aino@Example.org" in answer.text) == (200, True)
    assert [(action, subject) for action, subject, _ in facts_of(centre)][1:] == [
        ("training-participants.read", training)
    ]
    assert refusal(centre.staff().get(path, headers={"Accept": "text/csv"})) == (403, "forbidden")
    other = centre.main_user(centre.organisation())
    assert refusal(other.get(path, headers={"Accept": "text/csv"})) == (404, "not-found")


def test_a_stored_answer_to_a_retry_can_be_read_with_its_key_alone(
    main_user: Person, path: str, centre: Centre
) -> None:
    first = main_user.post(path, AINO, key="same")
    again = main_user.post(path, AINO, key="same")
    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    [(body,)] = centre.rows("SELECT body FROM stored_answers")
    assert b"aino" not in bytes(body).lower()


def test_neither_audit_nor_events_name_a_participant(main_user: Person, path: str, centre: Centre) -> None:
    answer = main_user.post(path, AINO)
    main_user.patch(answer.headers["Location"], {"name": "Aino Muu"})
    main_user.delete(answer.headers["Location"])
    for table in ("audit_entries", "outbox"):
        [(written,)] = centre.rows(f"SELECT string_agg(t::text, ' ') FROM {table} t")
        assert answer.json()["id"] not in written
        assert "aino" not in written.lower()
