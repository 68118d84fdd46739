"""`/v1/koski-consents` and `/v1/koski-consent-wordings`."""

import asyncio
import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
from psycopg.errors import RestrictViolation

from app import worker
from app.api.requests import KEYED_VERSION
from app.db.identifiers import new_id
from app.db.tables import metadata
from app.domain.calendar.deadlines import HELSINKI
from app.local.embedded_postgres import Addresses
from app.sandbox.main import create_app
from app.services.trainings.koski_consents import delete_due_identities
from app.settings import Settings
from tests.builders import Centre, Person, refusal
from tests.document import check_answer
from tests.learners import (
    Learner,
    code_of,
    completion,
    consent_of,
    course,
    learner,
    model_version,
    with_koski,
    wording,
)
from tests.locks import another, until_one_waits
from tests.server import NO_TLS, serving
from tests.trainings import participant_reader

PATH, WORDINGS = "/v1/koski-consents", "/v1/koski-consent-wordings"
LAST_DAY = (2023, 3, 1)
NUMBER = "1.2.246.562.24.00000000003"
CODE = code_of("010190")


@pytest.fixture
def reader(centre: Centre) -> Person:
    return participant_reader(centre)


@pytest.fixture
def training(centre: Centre, central: UUID) -> UUID:
    """A course of 1 March 2023 with a study unit, on the morning of that day."""
    centre.clock(*LAST_DAY, 9)
    return course(centre, central, model_version(centre, central))


@pytest.fixture
def aava(centre: Centre, training: UUID, reader: Person) -> Learner:
    """A learner of the course. The consent has a wording."""
    wording(reader)
    return learner(centre, training)


def give(of: Learner, **more: Any) -> httpx.Response:
    return of.person.post(PATH, consent_of(of, **more))


def given(of: Learner, **more: Any) -> dict[str, Any]:
    answer = give(of, **more)
    assert answer.status_code == 201, answer.text
    consent: dict[str, Any] = answer.json()
    return consent


def faults_of(answer: httpx.Response) -> list[tuple[str, str]]:
    assert refusal(answer) == (422, "validation")
    return [(each["pointer"], each["code"]) for each in answer.json()["errors"]]


def actions_of(centre: Centre) -> list[tuple[str, dict[str, Any]]]:
    rows = centre.rows("SELECT action, facts FROM audit_entries WHERE action LIKE 'koski-%%' ORDER BY id")
    return [(action, facts) for action, facts in rows]


def test_a_wording_gets_the_next_version_and_is_shown_to_everyone(centre: Centre, reader: Person) -> None:
    first = reader.post(WORDINGS, {"fi": "Suostun", "sv": "Jag samtycker", "en": "I agree"})
    assert first.status_code == 201
    assert first.json() == {
        "version": 1,
        "texts": {"fi": "Suostun", "sv": "Jag samtycker", "en": "I agree"},
        "made_by": str(reader.id),
        "made_by_name": "Aino Esimerkki",
        "made_at": "2023-03-15T12:00:00+02:00",
    }
    assert first.headers["Location"].endswith(f"{WORDINGS}/1")
    assert wording(reader) == 2
    somebody = centre.person()
    assert [each["version"] for each in somebody.get(WORDINGS).json()["items"]] == [2, 1]
    assert somebody.get(f"{WORDINGS}/1").json()["texts"] == first.json()["texts"]
    assert refusal(somebody.get(f"{WORDINGS}/3")) == (404, "not-found")
    assert actions_of(centre)[0] == ("koski-consent-wording.written", {"version": 1})


def test_two_wordings_at_the_same_time_get_two_versions(reader: Person) -> None:
    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(lambda _: wording(reader), range(4))) == [1, 2, 3, 4]


def test_only_the_named_staff_write_wordings(centre: Centre, main_user: Person, staff: Person) -> None:
    body = {"fi": "Suostun", "sv": "Jag samtycker", "en": "I agree"}
    for person in (main_user, staff, centre.person("auditor"), centre.person()):
        answer = person.post(WORDINGS, body)
        assert (*refusal(answer), answer.json()["because"]) == (403, "forbidden", "register-readers-only")


def test_a_consent_shows_the_wording_and_never_the_code(
    centre: Centre, aava: Learner, reader: Person, central: UUID
) -> None:
    answer = give(aava)
    assert answer.status_code == 201
    consent = answer.json()
    assert consent == {
        "id": consent["id"],
        "training_id": str(aava.training_id),
        "training_name": "Kurssi",
        "organisation_id": str(central),
        "participant_id": str(aava.participant_id),
        "person_id": str(aava.person.id),
        "wording": {"version": 1, "texts": {"fi": "Suostun", "sv": "Jag samtycker", "en": "I agree"}},
        "first_names": "Aava Kielo-Maria",
        "calling_name": "Kielo",
        "surname": "Tuulenpää",
        "identity_kind": "personal_identity_code",
        "identity_until": "2024-03-02T00:00:00+02:00",
        "state": "in_force",
        "given_at": "2023-03-01T09:00:00+02:00",
        "withdrawn_at": None,
        "entry": {"state": "none", "study_right_oid": None},
    }
    one = answer.headers["Location"]
    assert aava.person.get(one).json() == reader.get(one).json() == consent
    wording(reader)
    assert aava.person.get(one).json()["wording"] == consent["wording"]
    shown = actions_of(centre)
    assert ("koski-consent.given", {"training_id": str(aava.training_id)}) in shown
    assert [action for action, _ in shown].count("koski-consent.read") == 1, "what staff read is recorded"


def test_the_study_register_shows_the_own_newest_consent(centre: Centre, aava: Learner, training: UUID) -> None:
    def registered(of: Learner) -> Any:
        [entry] = of.person.get("/v1/me/study-register").json()["items"]
        return entry["consent"]

    onni = learner(centre, training)
    assert registered(aava) is None
    first = given(aava)
    assert registered(aava) == aava.person.get(f"{PATH}/{first['id']}").json()
    assert registered(onni) is None
    assert aava.person.post(f"{PATH}/{first['id']}/withdrawal").status_code == 200
    assert (registered(aava)["id"], registered(aava)["state"]) == (first["id"], "withdrawn")
    second = given(aava)
    assert (registered(aava)["id"], registered(aava)["state"]) == (second["id"], "in_force")


def test_a_learner_number_takes_the_place_of_a_code(aava: Learner) -> None:
    consent = given(aava, personal_identity_code=None, learner_number=NUMBER)
    assert consent["identity_kind"] == "learner_number"
    assert NUMBER not in str(consent)


def test_the_list_has_the_own_consents_and_for_the_named_staff_all(
    centre: Centre, aava: Learner, reader: Person, staff: Person, central: UUID
) -> None:
    onni = learner(centre, aava.training_id)
    other = learner(centre, course(centre, central, model_version(centre, central)), aava.person)
    ids = [given(each)["id"] for each in (aava, onni, other)]
    assert aava.person.post(f"{PATH}/{ids[0]}/withdrawal").status_code == 200

    def listed(person: Person, **filters: object) -> list[str]:
        items = person.get(PATH, params=filters).json()["items"]
        return sorted((each["id"] for each in items), key=ids.index)

    assert listed(aava.person) == [ids[0], ids[2]]
    assert listed(onni.person) == [ids[1]]
    assert listed(reader) == ids
    assert listed(reader, training_id=str(aava.training_id)) == ids[:2]
    assert listed(reader, participant_id=str(other.participant_id)) == ids[2:]
    assert listed(reader, state="withdrawn") == ids[:1]
    assert listed(reader, state="in_force") == ids[1:]
    assert listed(staff) == listed(centre.person("auditor")) == []
    assert [action for action, _ in actions_of(centre)].count("koski-consents.read") == 5


def test_only_the_learner_and_the_named_staff_see_a_consent(
    centre: Centre, aava: Learner, staff: Person, main_user: Person, central: UUID
) -> None:
    one = f"{PATH}/{given(aava)['id']}"
    assert refusal(staff.get(one)) == (403, "forbidden")
    writer = centre.person("training_manager", central)
    for person in (main_user, writer, centre.person("auditor"), learner(centre, aava.training_id).person):
        assert refusal(person.get(one)) == (404, "not-found")
        assert refusal(person.post(f"{one}/withdrawal")) == (404, "not-found")


def test_nobody_gives_a_consent_in_place_of_the_learner(
    centre: Centre, aava: Learner, reader: Person, staff: Person, main_user: Person, central: UUID
) -> None:
    writer = centre.person("training_manager", central)
    for person in (reader, main_user, writer):
        answer = person.post(PATH, consent_of(aava))
        assert (*refusal(answer), answer.json()["because"]) == (403, "forbidden", "learner-only")
    unclaimed = consent_of(aava) | {"participant_id": str(new_id())}
    for person, body in (
        (staff, consent_of(aava)),
        (centre.person("auditor"), consent_of(aava)),
        (learner(centre, aava.training_id).person, consent_of(aava)),
        (aava.person, unclaimed),
    ):
        answer = person.post(PATH, body)
        assert (*refusal(answer), answer.json()["pointer"]) == (404, "not-found", "/participant_id")


def test_a_claim_that_is_open_or_revoked_gives_no_consent(centre: Centre, aava: Learner) -> None:
    centre.owner.execute("UPDATE participation_claims SET state = 'revoked', ended_at = %s", [datetime.now(HELSINKI)])
    assert refusal(give(aava)) == (404, "not-found")


def test_a_weak_sign_in_gives_no_consent_and_gets_no_replay(centre: Centre, aava: Learner) -> None:
    weak = centre.weakly(aava.person)
    answer = aava.person.post(PATH, consent_of(aava), headers=weak)
    assert refusal(answer) == (401, "strong-authentication-required")
    key = str(new_id())
    assert aava.person.post(PATH, consent_of(aava), key=key).status_code == 201
    again = aava.person.post(PATH, consent_of(aava), key=key, headers=weak)
    assert refusal(again) == (401, "strong-authentication-required")


@pytest.mark.parametrize(
    ("last_day", "hours"), [((2023, 3, 1), 24), ((2023, 3, 26), 23), ((2023, 10, 29), 25)], ids=["24", "23", "25"]
)
def test_a_consent_is_given_until_midnight_in_finland(
    centre: Centre, reader: Person, central: UUID, last_day: tuple[int, int, int], hours: int
) -> None:
    begins = datetime(*last_day, tzinfo=HELSINKI)
    ends = datetime.combine(date(*last_day) + timedelta(days=1), datetime.min.time(), HELSINKI)
    assert (ends.timestamp() - begins.timestamp()) / 3600 == hours
    noon = begins + timedelta(hours=12)
    training = course(centre, central, model_version(centre, central), starts_at=noon)
    wording(reader)
    first, second = learner(centre, training), learner(centre, training)
    centre.clock_at(ends)
    answer = give(first)
    assert refusal(answer) == (409, "consent-closed")
    assert answer.json()["closed_at"] == ends.isoformat()
    centre.clock_at(datetime.fromtimestamp(ends.timestamp() - 0.001, HELSINKI))
    given(first)
    centre.clock(2023, 1, 1)
    given(second, personal_identity_code=code_of("020290"))


def test_a_course_without_a_study_unit_or_a_model_is_not_for_koski(
    centre: Centre, reader: Person, central: UUID
) -> None:
    centre.clock(*LAST_DAY)
    wording(reader)
    for version in (model_version(centre, central, study_unit=None), None):
        answer = give(learner(centre, course(centre, central, version)))
        assert refusal(answer) == (409, "not-for-koski")


def test_a_participant_has_one_consent_in_force(aava: Learner) -> None:
    consent = given(aava)
    answer = give(aava)
    assert (*refusal(answer), answer.json()["existing_id"]) == (409, "already-exists", consent["id"])
    assert aava.person.post(f"{PATH}/{consent['id']}/withdrawal").status_code == 200
    assert given(aava)["id"] != consent["id"]


def test_two_consents_at_the_same_time_are_one(aava: Learner) -> None:
    with ThreadPoolExecutor(4) as threads:
        statuses = sorted(answer.status_code for answer in threads.map(lambda _: give(aava), range(4)))
    assert statuses == [201, 409, 409, 409]


@pytest.mark.parametrize(
    ("more", "faults"),
    [
        ({"wording_version": 2}, [("/wording_version", "wording-not-newest")]),
        ({"calling_name": "Pihla"}, [("/calling_name", "not-a-first-name")]),
        ({"personal_identity_code": CODE[:-1] + "0"}, [("/personal_identity_code", "identity-code-checksum")]),
        ({"personal_identity_code": "310290-9005"}, [("/personal_identity_code", "identity-code-format")]),
        ({"personal_identity_code": "010190z9005"}, [("/personal_identity_code", "identity-code-format")]),
        (
            {"personal_identity_code": code_of("020305", sign="A")},
            [("/personal_identity_code", "under-age")],
        ),
        ({"learner_number": NUMBER}, [("/learner_number", "extra-forbidden")]),
        ({"personal_identity_code": None}, [("/personal_identity_code", "missing")]),
        (
            {"personal_identity_code": None, "learner_number": "1.2.246.562.10.00000000003"},
            [("/learner_number", "string-pattern-mismatch")],
        ),
        ({"surname": ""}, [("/surname", "string-too-short")]),
    ],
)
def test_what_is_wrong_in_itself(aava: Learner, more: dict[str, Any], faults: list[tuple[str, str]]) -> None:
    answer = give(aava, **more)
    assert faults_of(answer) == faults
    code = more.get("personal_identity_code") or CODE
    assert code not in answer.text


def test_a_person_is_of_age_on_the_eighteenth_birthday(aava: Learner) -> None:
    given(aava, personal_identity_code=code_of("010305", sign="A"))


def test_a_code_may_be_written_in_small_letters(aava: Learner) -> None:
    given(aava, personal_identity_code=f" {CODE.lower()} ")


def test_without_keys_no_consent_is_given(settings: Settings, aava: Learner) -> None:
    with (
        serving(create_app(settings.model_copy(update={"identity_keys": []}))) as address,
        httpx.Client(base_url=address, headers=aava.person.client.headers, timeout=60, verify=NO_TLS) as client,
    ):
        client.event_hooks = {"response": [check_answer]}
        answer = Person(aava.person.id, client).post(PATH, consent_of(aava))
    assert (*refusal(answer), answer.json()["missing"]) == (409, "not-configured", ["IDENTITY_KEYS"])


def test_a_withdrawal_deletes_the_code(centre: Centre, aava: Learner) -> None:
    consent = given(aava)
    centre.clock(*LAST_DAY, 10)
    key = str(new_id())
    answer = aava.person.post(f"{PATH}/{consent['id']}/withdrawal", key=key)
    assert answer.status_code == 200
    assert answer.json() == consent | {
        "state": "withdrawn",
        "withdrawn_at": "2023-03-01T10:00:00+02:00",
        "identity_until": None,
    }
    assert centre.rows("SELECT identity FROM koski_consents") == [(None,)]
    again = aava.person.post(f"{PATH}/{consent['id']}/withdrawal", key=key)
    assert (again.headers["Idempotency-Replayed"], again.json()) == ("true", answer.json())
    twice = aava.person.post(f"{PATH}/{consent['id']}/withdrawal")
    assert refusal(twice) == (409, "wrong-state")
    facts = {"training_id": str(aava.training_id), "sent": False}
    assert actions_of(centre)[-1] == ("koski-consent.withdrawn", facts)


def test_staff_withdraw_nothing_in_place_of_the_learner(aava: Learner, reader: Person) -> None:
    answer = reader.post(f"{PATH}/{given(aava)['id']}/withdrawal")
    assert (*refusal(answer), answer.json()["because"]) == (403, "forbidden", "learner-only")


def test_a_consent_is_withdrawn_after_the_course_too(centre: Centre, aava: Learner) -> None:
    consent = given(aava)
    centre.clock(2023, 5, 1)
    assert aava.person.post(f"{PATH}/{consent['id']}/withdrawal").json()["state"] == "withdrawn"


def test_a_dry_run_keeps_nothing(centre: Centre, aava: Learner) -> None:
    answer = aava.person.post(f"{PATH}?validate_only=true", consent_of(aava), key=False)
    assert answer.status_code == 201
    assert centre.rows("SELECT * FROM koski_consents") == []


@pytest.fixture
def delete_due(database: Addresses, centre: Centre) -> Callable[[], int]:
    """What the worker does for the study centre at night."""

    def run() -> int:
        async def once() -> int:
            options = f"-c app.study_centre_id={centre.id}"
            async with await psycopg.AsyncConnection.connect(
                database.service, options=options, autocommit=True
            ) as connection:
                return await delete_due_identities(connection)

        return asyncio.run(once())

    return run


def test_a_code_is_deleted_a_year_after_the_course(
    centre: Centre, aava: Learner, delete_due: Callable[[], int]
) -> None:
    consent = given(aava)
    one = f"{PATH}/{consent['id']}"
    end = datetime(2024, 3, 2, tzinfo=HELSINKI)
    centre.clock_at(end - timedelta(seconds=1))
    assert delete_due() == 0
    assert aava.person.get(one).json()["identity_until"] == "2024-03-02T00:00:00+02:00"
    centre.clock_at(end)
    # Its time has passed, whether the worker has run or not.
    assert aava.person.get(one).json()["identity_until"] is None
    assert centre.rows("SELECT identity IS NULL FROM koski_consents") == [(False,)]
    assert delete_due() == 1
    assert delete_due() == 0
    assert centre.rows("SELECT identity FROM koski_consents") == [(None,)]
    assert aava.person.get(one).json()["state"] == "in_force"
    assert actions_of(centre)[-1] == ("koski-consent.identity-deleted", {})


def test_the_worker_deletes_codes_every_night() -> None:
    assert worker.delete_identities in worker.JOBS


def test_the_database_keeps_a_consent_as_it_was_given(centre: Centre, aava: Learner) -> None:
    given(aava)
    for change in (
        "given_at = '2020-01-01'",
        "wording_version = 1, identity_kind = 'learner_number'",
        r"identity = '\x0000000000000000000000000000000000000000000000000000000000000000'",
        "surname = 'Toinen'",
    ):
        with pytest.raises(RestrictViolation):
            centre.owner.execute(f"UPDATE koski_consents SET {change}")
    assert aava.person.post(f"{PATH}/{aava.person.get(PATH).json()['items'][0]['id']}/withdrawal").status_code == 200
    with pytest.raises(RestrictViolation):
        centre.owner.execute("UPDATE koski_consents SET withdrawn_at = NULL")


def everything_in(centre: Centre) -> str:
    """All rows of all tables, as the tables' owner reads them, and bytes also as the text that they may be."""
    dump = []
    for name in [*sorted(metadata.tables), "stored_answers"]:
        for row in centre.rows(f"SELECT * FROM {name}"):
            dump += [value.decode("latin-1") + value.hex() if isinstance(value, bytes) else str(value) for value in row]
    return "\n".join(dump)


def test_no_code_is_in_the_database_the_audit_the_outbox_or_the_log(
    centre: Centre, aava: Learner, reader: Person, log: io.StringIO
) -> None:
    with_koski(centre)
    completion(centre, aava)
    onni = learner(centre, aava.training_id)
    completion(centre, onni)
    given(aava)
    given(onni, personal_identity_code=None, learner_number=NUMBER)
    minor = code_of("020310", sign="A")
    answers = [give(aava), give(aava, personal_identity_code=minor), give(aava, personal_identity_code=CODE[:-1] + "0")]
    assert [answer.status_code for answer in answers] == [409, 422, 422]
    export = reader.post("/v1/koski-exports", {"training_ids": [str(aava.training_id)]}).json()
    file = reader.get(f"/v1/koski-exports/{export['id']}/file")
    assert {CODE, NUMBER} == {each for each in (CODE, NUMBER) if each in file.text}, "the file alone has them"
    [item, other] = export["items"]
    receipts = [
        {"source_id": item["source_id"], "outcome": "refused", "error": f"Virheellinen hetu: {CODE}"},
        {"source_id": other["source_id"], "outcome": "refused"},
    ]
    answer = reader.post(f"/v1/koski-exports/{export['id']}/receipt", {"items": receipts})
    assert answer.status_code == 200
    dump = everything_in(centre)
    assert str(aava.participant_id) in dump, "the dump has the consents"
    assert "koski-consent.given" in dump
    places = {"database": dump, "log": log.getvalue(), "answers": "".join(each.text for each in [*answers, answer])}
    assert len(places["log"]) > 1000
    for place, text in places.items():
        for secret in (CODE, minor, NUMBER, CODE.replace("-", ""), CODE.encode().hex(), NUMBER.encode().hex()):
            assert secret not in text, f"{secret} is in the {place}"


def test_the_digest_of_a_repeated_request_cannot_be_guessed(centre: Centre, aava: Learner) -> None:
    """Everything but the code is known to a reader of the database, and there are few codes."""
    key, other_key = str(new_id()), str(new_id())
    answer = aava.person.post(PATH, consent_of(aava), key=key)
    again = aava.person.post(PATH, consent_of(aava), key=key)
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
    assert again.json() == answer.json()
    other = aava.person.post(PATH, consent_of(aava, personal_identity_code=code_of("020290")), key=key)
    assert refusal(other) == (422, "idempotency-key-reused")
    assert aava.person.post(f"{PATH}/{answer.json()['id']}/withdrawal", key=False).status_code == 200
    assert aava.person.post(PATH, consent_of(aava), key=other_key).status_code == 201
    digests = [row[0] for row in centre.rows("SELECT request_digest FROM stored_answers")]
    keyed = [digest for digest in digests if digest.startswith(KEYED_VERSION)]
    assert len(keyed) == len(set(keyed)) == 2, "the same body has another digest with another key"


def erased(of: Learner) -> dict[str, Any]:
    answer = of.person.post(f"/v1/people/{of.person.id}/erasure", {"reason": "Oma pyyntö"})
    assert answer.status_code == 200, answer.text
    erasure: dict[str, Any] = answer.json()
    return erasure


def test_an_erasure_withdraws_what_was_not_exported_and_deletes_names_and_codes(centre: Centre, aava: Learner) -> None:
    given(aava)
    assert erased(aava)["koski"] == []
    [row] = centre.rows("SELECT identity, first_names, calling_name, surname, withdrawn_at IS NULL FROM koski_consents")
    assert row == (None, None, None, None, False)


def test_an_erasure_says_what_koski_has(centre: Centre, aava: Learner, reader: Person) -> None:
    with_koski(centre)
    completion_id = completion(centre, aava)
    given(aava)
    export = reader.post("/v1/koski-exports", {"training_ids": [str(aava.training_id)]}).json()
    oids = {"study_right_oid": "1.2.246.562.15.00000000004", "learner_oid": NUMBER}
    receipt = {"items": [{"source_id": str(completion_id), "outcome": "accepted"} | oids]}
    assert reader.post(f"/v1/koski-exports/{export['id']}/receipt", receipt).status_code == 200
    held = {"completion_id": str(completion_id), "training_id": str(aava.training_id)}
    assert erased(aava)["koski"] == [held | {"study_right_oid": oids["study_right_oid"]}]
    [consent] = reader.get(PATH).json()["items"]
    assert (consent["state"], consent["surname"], consent["identity_until"]) == ("in_force", None, None)


def test_the_own_data_have_the_consents_without_the_code(centre: Centre, aava: Learner) -> None:
    given(aava)
    answer = aava.person.get(f"/v1/people/{aava.person.id}/data")
    [row] = answer.json()["held"]["koski_consents"]
    assert (row["surname"], row["identity_kind"]) == ("Tuulenpää", "personal_identity_code")
    assert "identity" not in row
    assert CODE not in answer.text
    assert centre.rows("SELECT identity IS NULL FROM koski_consents") == [(False,)]


def test_a_merger_moves_the_consents(centre: Centre, aava: Learner, staff: Person) -> None:
    consent = given(aava)
    other = centre.person()
    body = {"person_id": str(aava.person.id), "reason": "Sama henkilö"}
    assert staff.post(f"/v1/people/{other.id}/merger", body).status_code == 200
    moved = other.get(f"{PATH}/{consent['id']}").json()
    assert moved == consent | {"person_id": str(other.id)}
    assert other.post(f"{PATH}/{consent['id']}/withdrawal").status_code == 200


def test_a_revoked_claim_ends_a_consent_that_was_not_exported(aava: Learner, reader: Person, centre: Centre) -> None:
    consent = given(aava)
    ((claim,),) = centre.rows("SELECT id FROM participation_claims WHERE person_id = %s", aava.person.id)
    answer = reader.post(f"/v1/participation-claims/{claim}/revocation", {"reason": "Väärä henkilö"})
    assert (answer.status_code, answer.json()["state"]) == (200, "revoked")
    ended = reader.get(f"{PATH}/{consent['id']}").json()
    assert ended["state"] == "withdrawn"
    assert ended["withdrawn_at"] is not None


def test_a_consent_waits_for_a_revocation_of_the_claim_at_the_same_time(
    aava: Learner, centre: Centre, database: Addresses
) -> None:
    with another(centre, database) as other, ThreadPoolExecutor(1) as pool:
        with other.owner.transaction():
            other.owner.execute("SELECT FROM trainings FOR UPDATE")
            other.owner.execute("UPDATE participation_claims SET state = 'revoked', ended_at = claimed_at")
            waiting = pool.submit(give, aava)
            until_one_waits(centre)
        assert refusal(waiting.result()) == (404, "not-found")
    assert centre.rows("SELECT count(*) FROM koski_consents") == [(0,)]


def test_a_cancelled_course_ends_its_consents_and_gets_no_more(
    centre: Centre, aava: Learner, staff: Person, reader: Person
) -> None:
    onni = learner(centre, aava.training_id)
    ended = given(aava)
    answer = staff.post(f"/v1/trainings/{aava.training_id}/cancellation", {"reason": "Kouluttaja sairastui"})
    assert answer.status_code == 200, answer.text
    assert reader.get(f"{PATH}/{ended['id']}").json()["state"] == "withdrawn"
    assert centre.rows("SELECT identity FROM koski_consents") == [(None,)]
    late = give(onni)
    assert (*refusal(late), late.json()["state"]) == (409, "wrong-state", "cancelled")


def test_a_consent_ends_with_a_claim_that_a_merger_ends(centre: Centre, aava: Learner, staff: Person) -> None:
    """Both have claimed a participant of the course: one claim stays, and the consent of the other ends."""
    onni = learner(centre, aava.training_id)
    kept, ended = given(onni), given(aava)
    body = {"person_id": str(aava.person.id), "reason": "Sama henkilö"}
    assert staff.post(f"/v1/people/{onni.person.id}/merger", body).status_code == 200
    states = {each["id"]: each["state"] for each in onni.person.get(PATH).json()["items"]}
    assert states == {kept["id"]: "in_force", ended["id"]: "withdrawn"}
    assert centre.rows("SELECT id, identity IS NULL FROM koski_consents ORDER BY id") == [
        (UUID(kept["id"]), False),
        (UUID(ended["id"]), True),
    ]
    assert ("koski-consent.withdrawn", {"training_id": str(aava.training_id), "sent": False}) in actions_of(centre)


def test_a_merger_leaves_a_consent_of_what_was_exported(centre: Centre, aava: Learner, reader: Person) -> None:
    with_koski(centre)
    onni = learner(centre, aava.training_id)
    completion(centre, aava)
    consent = given(aava)
    export = reader.post("/v1/koski-exports", {"training_ids": [str(aava.training_id)]}).json()
    assert reader.get(f"/v1/koski-exports/{export['id']}/file").status_code == 200
    body = {"person_id": str(aava.person.id), "reason": "Sama henkilö"}
    assert centre.staff().post(f"/v1/people/{onni.person.id}/merger", body).status_code == 200
    assert onni.person.get(f"{PATH}/{consent['id']}").json()["state"] == "in_force"
