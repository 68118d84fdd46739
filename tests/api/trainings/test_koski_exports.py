"""`/v1/koski-exports`."""

from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from secrets import token_bytes
from typing import Any
from uuid import UUID

import httpx
import pytest
from psycopg.errors import RestrictViolation
from pydantic import SecretStr

from app.db.identifiers import new_id
from app.domain.calendar.deadlines import HELSINKI
from app.local.embedded_postgres import Addresses
from app.sandbox.main import create_app
from app.settings import Settings
from tests.builders import Centre, Person, refusal
from tests.document import check_answer
from tests.koski import broken_conditions, broken_fields, broken_together
from tests.learners import (
    KOSKI,
    Learner,
    code_of,
    completion,
    consent_of,
    correction,
    course,
    learner,
    model_version,
    with_koski,
    wording,
)
from tests.locks import another, until_one_waits
from tests.server import NO_TLS, serving
from tests.trainings import add_training, participant_reader

PATH, CONSENTS = "/v1/koski-exports", "/v1/koski-consents"
NUMBER = "1.2.246.562.24.00000000003"
CODE = code_of("010190")


@pytest.fixture
def reader(centre: Centre) -> Person:
    with_koski(centre)
    return participant_reader(centre)


@pytest.fixture
def version(centre: Centre, central: UUID) -> UUID:
    return model_version(centre, central)


@pytest.fixture
def training(centre: Centre, central: UUID, version: UUID, reader: Person) -> UUID:
    """A course of 1 March 2023, on that day. The consent has a wording."""
    wording(reader)
    centre.clock(2023, 3, 1, 9)
    return course(centre, central, version)


@pytest.fixture
def aava(centre: Centre, training: UUID) -> Learner:
    """A learner who has passed and given a consent."""
    return passed(centre, training)


def passed(centre: Centre, training: UUID, person: Person | None = None, code: str = CODE, **columns: Any) -> Learner:
    of = learner(centre, training, person)
    consent(of, personal_identity_code=code)
    completion(centre, of, **columns)
    return of


def consent(of: Learner, **more: Any) -> str:
    answer = of.person.post(CONSENTS, consent_of(of, **more))
    assert answer.status_code == 201, answer.text
    return f"{CONSENTS}/{answer.json()['id']}"


def prepared(reader: Person, *trainings: UUID) -> dict[str, Any]:
    answer = reader.post(PATH, {"training_ids": [str(each) for each in trainings]})
    assert answer.status_code == 201, answer.text
    export: dict[str, Any] = answer.json()
    assert export["state"] == "prepared"
    return export


def actions_of(export: dict[str, Any]) -> list[str]:
    return [item["action"] for item in export["items"]]


def left_out_of(export: dict[str, Any]) -> list[str]:
    return [each["because"] for each in export["left_out"]]


def file_of(reader: Person, export: dict[str, Any]) -> list[dict[str, Any]]:
    """The file, which keeps to what Koski demands."""
    answer = reader.get(f"{PATH}/{export['id']}/file")
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    uploads: list[dict[str, Any]] = answer.json()
    for upload in uploads:
        assert not broken_fields(upload)
        assert not broken_conditions(upload)
    assert not broken_together(uploads)
    return uploads


def oids(number: int) -> dict[str, str]:
    return {
        "study_right_oid": f"1.2.246.562.15.{number:011}",
        "learner_oid": f"1.2.246.562.24.{number:011}",
    }


def receive(reader: Person, export: dict[str, Any], *outcomes: str, first: int = 1) -> httpx.Response:
    """Koski's outcomes of the export's items, in order. The accepted ones get numbers from `first` on."""
    items = []
    for number, (item, outcome) in enumerate(zip(export["items"], outcomes, strict=False), first):
        known = {name: item[name] for name in ("study_right_oid", "learner_oid") if item[name]}
        more = known or oids(number) if outcome == "accepted" else {}
        items.append({"source_id": item["source_id"], "outcome": outcome} | more)
    return reader.post(f"{PATH}/{export['id']}/receipt", {"items": items})


def accepted(reader: Person, *trainings: UUID, first: int = 1) -> dict[str, Any]:
    """An export of which Koski has accepted all."""
    export = prepared(reader, *trainings)
    file_of(reader, export)
    answer = receive(reader, export, *["accepted"] * len(export["items"]), first=first)
    assert answer.status_code == 200, answer.text
    assert answer.json()["state"] == "acknowledged"
    return export


def test_a_passed_completion_with_a_consent_is_exported(
    centre: Centre, aava: Learner, training: UUID, reader: Person
) -> None:
    export = prepared(reader, training)
    [(completion_id,)] = centre.rows("SELECT id FROM completions")
    assert export == {
        "id": export["id"],
        "training_ids": [str(training)],
        "state": "prepared",
        "items": [
            {
                "completion_id": str(completion_id),
                "source_id": str(completion_id),
                "action": "create",
                "outcome": None,
                "study_right_oid": None,
                "learner_oid": None,
                "version": None,
                "error": None,
                "received_at": None,
            }
        ],
        "left_out": [],
        "prepared_by": str(reader.id),
        "prepared_by_name": "Aino Esimerkki",
        "prepared_at": "2023-03-01T09:00:00+02:00",
        "file_read_at": None,
        "concluded_at": None,
    }
    [upload] = file_of(reader, export)
    assert upload["henkilö"] == {
        "hetu": CODE,
        "etunimet": "Aava Kielo-Maria",
        "kutsumanimi": "Kielo",
        "sukunimi": "Tuulenpää",
    }
    [right] = upload["opiskeluoikeudet"]
    assert right["lähdejärjestelmänId"]["id"] == str(completion_id)
    assert right["oppilaitos"] == {"oid": KOSKI["school_oid"]}
    [work] = right["suoritukset"]
    assert work["toimipiste"] == {"oid": KOSKI["place_oid"]}
    assert work["vahvistus"]["myöntäjäHenkilöt"][0]["nimi"] == "Sylvi Rantakallio"
    assert work["vahvistus"]["myöntäjäHenkilöt"][0]["titteli"] == {"fi": "rehtori", "sv": "rektor"}
    [part] = work["osasuoritukset"]
    assert part["koulutusmoduuli"]["kuvaus"] == {"fi": "Tunnistaa kymmenen sientä\nOsaa säilöä"}
    assert part["koulutusmoduuli"]["tunniste"]["nimi"] == {"fi": "Sienestämisen perusteet"}
    assert part["arviointi"][0]["arvosana"]["koodiarvo"] == "Hyväksytty"
    assert aava.person.get(CONSENTS).json()["items"][0]["entry"] == {"state": "prepared", "study_right_oid": None}


def test_a_grade_and_a_learner_number_are_exported_as_they_are(centre: Centre, training: UUID, reader: Person) -> None:
    onni = learner(centre, training)
    consent(onni, personal_identity_code=None, learner_number=NUMBER)
    completion(centre, onni, grade=4)
    [upload] = file_of(reader, prepared(reader, training))
    assert upload["henkilö"] == {"oid": NUMBER}
    grade = upload["opiskeluoikeudet"][0]["suoritukset"][0]["osasuoritukset"][0]["arviointi"][0]["arvosana"]
    assert grade == {"koodiarvo": "4", "koodistoUri": "arviointiasteikkovstvapaatavoitteinen"}


def test_why_others_are_left_out(centre: Centre, central: UUID, training: UUID, reader: Person) -> None:
    other = course(centre, central, model_version(centre, central, study_unit=None))
    failed, without, refused = (learner(centre, training) for _ in range(3))
    consent(failed, personal_identity_code=code_of("010191"))
    completion(centre, failed, outcome="failed", credits=0)
    completion(centre, without)
    withdrawn = consent(refused, personal_identity_code=code_of("010192"))
    completion(centre, refused)
    assert refused.person.post(f"{withdrawn}/withdrawal").status_code == 200
    completion(centre, learner(centre, other))
    passed(centre, training)
    first = prepared(reader, training, other)
    assert actions_of(first) == ["create"]
    assert sorted(left_out_of(first)) == ["no-consent", "no-consent", "not-for-koski", "not-passed"]
    again = prepared(reader, training)
    assert actions_of(again) == []
    assert sorted(left_out_of(again)) == ["already-sent", "no-consent", "no-consent", "not-passed"]


def test_the_same_study_unit_on_the_same_day_overlaps(
    centre: Centre, central: UUID, version: UUID, aava: Learner, training: UUID, reader: Person
) -> None:
    morning, evening = course(centre, central, version), course(centre, central, version)
    passed(centre, morning, aava.person)
    passed(centre, evening, aava.person, completed_on=date(2023, 3, 2))
    unit = course(centre, central, model_version(centre, central, study_unit="1139"))
    passed(centre, unit, aava.person)
    both = prepared(reader, training, morning, evening, unit)
    assert (actions_of(both), left_out_of(both)) == (["create"] * 3, ["overlap"])
    file_of(reader, both)
    assert left_out_of(prepared(reader, morning)) == ["overlap"], "also while it waits"
    assert receive(reader, both, *["accepted"] * 3).status_code == 200
    assert left_out_of(prepared(reader, morning)) == ["overlap"]


def test_two_people_who_gave_one_code_are_seen_by_staff_alone(
    centre: Centre, aava: Learner, training: UUID, reader: Person
) -> None:
    onni = passed(centre, training)
    export = prepared(reader, training)
    assert (actions_of(export), left_out_of(export)) == ([], ["identity-conflict"] * 2)
    for of in (aava, onni):
        assert "conflict" not in of.person.get(CONSENTS).text
    [item] = onni.person.get(CONSENTS).json()["items"]
    assert onni.person.post(f"{CONSENTS}/{item['id']}/withdrawal").status_code == 200
    assert (actions_of(prepared(reader, training)), centre.rows("SELECT count(*) FROM koski_exports")) == (
        ["create"],
        [(2,)],
    )


def test_a_number_that_koski_returned_for_another_person_conflicts(
    centre: Centre, central: UUID, version: UUID, aava: Learner, training: UUID, reader: Person
) -> None:
    accepted(reader, training)
    other = course(centre, central, version)
    onni = learner(centre, other)
    consent(onni, personal_identity_code=None, learner_number=oids(1)["learner_oid"])
    completion(centre, onni)
    assert left_out_of(prepared(reader, other)) == ["identity-conflict"]
    assert aava.person.get(CONSENTS).json()["items"][0]["entry"]["state"] == "accepted"


def test_what_koski_has_is_corrected_by_its_own_numbers(
    centre: Centre, aava: Learner, training: UUID, reader: Person
) -> None:
    first = accepted(reader, training)
    assert left_out_of(prepared(reader, training)) == ["already-sent"]
    [item] = first["items"]
    correcting = correction(centre, aava, UUID(item["completion_id"]), grade=5)
    export = prepared(reader, training)
    [corrected] = export["items"]
    assert (corrected["action"], corrected["completion_id"], corrected["source_id"]) == (
        "correct",
        str(correcting),
        item["source_id"],
    )
    [upload] = file_of(reader, export)
    assert upload["henkilö"] == {"oid": oids(1)["learner_oid"]}
    [right] = upload["opiskeluoikeudet"]
    assert (right["oid"], right["lähdejärjestelmänId"]["id"]) == (oids(1)["study_right_oid"], item["source_id"])
    assert CODE not in str(upload)


def test_a_correction_that_koski_refused_is_tried_again(
    centre: Centre, aava: Learner, training: UUID, reader: Person
) -> None:
    [item] = accepted(reader, training)["items"]
    correction(centre, aava, UUID(item["completion_id"]), grade=5)
    assert receive(reader, prepared(reader, training), "refused").json()["state"] == "acknowledged"
    assert actions_of(prepared(reader, training)) == ["correct"]


def test_a_correction_to_failed_cancels_the_entry(
    centre: Centre, aava: Learner, training: UUID, reader: Person
) -> None:
    [item] = accepted(reader, training)["items"]
    correction(centre, aava, UUID(item["completion_id"]), outcome="failed", credits=0)
    export = prepared(reader, training)
    assert [(each["action"], each["completion_id"]) for each in export["items"]] == [("cancel", item["completion_id"])]
    [upload] = file_of(reader, export)
    periods = upload["opiskeluoikeudet"][0]["tila"]["opiskeluoikeusjaksot"]
    assert [period["tila"]["koodiarvo"] for period in periods] == ["hyvaksytystisuoritettu", "mitatoity"]


def test_a_withdrawal_after_the_export_cancels_the_entry_in_the_next_one(
    centre: Centre, aava: Learner, training: UUID, reader: Person
) -> None:
    accepted(reader, training)
    consents = aava.person.get(CONSENTS).json()["items"]
    assert consents[0]["entry"] == {"state": "accepted", "study_right_oid": oids(1)["study_right_oid"]}
    assert tasks_of(reader) == []
    assert aava.person.post(f"{CONSENTS}/{consents[0]['id']}/withdrawal").status_code == 200
    [task] = tasks_of(reader)
    assert task["call"]["path"] == PATH
    assert task["call"]["body"] == {"training_ids": [str(training)]}
    centre.clock(2023, 6, 1)
    export = prepared(reader, training)
    assert actions_of(export) == ["cancel"]
    assert tasks_of(reader) == []
    [upload] = file_of(reader, export)
    assert upload["henkilö"] == {"oid": oids(1)["learner_oid"]}
    assert upload["opiskeluoikeudet"][0]["tila"]["opiskeluoikeusjaksot"][1] == {
        "alku": "2023-06-01",
        "tila": {"koodiarvo": "mitatoity", "koodistoUri": "koskiopiskeluoikeudentila"},
    }
    assert receive(reader, export, "accepted").status_code == 200
    [consent_] = aava.person.get(CONSENTS).json()["items"]
    assert consent_["entry"]["state"] == "cancelled"
    assert left_out_of(prepared(reader, training)) == ["no-consent"]


def tasks_of(person: Person) -> list[dict[str, Any]]:
    return [task for task in person.get("/v1/me/tasks").json()["items"] if task["kind"] == "koski_cancellation"]


def test_only_the_named_staff_get_the_task(
    aava: Learner, training: UUID, reader: Person, staff: Person, main_user: Person
) -> None:
    accepted(reader, training)
    [item] = aava.person.get(CONSENTS).json()["items"]
    assert aava.person.post(f"{CONSENTS}/{item['id']}/withdrawal").status_code == 200
    assert [len(tasks_of(each)) for each in (reader, staff, main_user, aava.person)] == [1, 0, 0, 0]


def test_a_withdrawal_before_the_file_is_read_leaves_the_file(
    centre: Centre, aava: Learner, training: UUID, reader: Person
) -> None:
    onni = passed(centre, training, code=code_of("020290"))
    export = prepared(reader, training)
    [item] = aava.person.get(CONSENTS).json()["items"]
    assert aava.person.post(f"{CONSENTS}/{item['id']}/withdrawal").json()["entry"]["state"] == "none"
    assert [upload["henkilö"]["hetu"] for upload in file_of(reader, export)] == [code_of("020290")]
    shown = reader.get(f"{PATH}/{export['id']}").json()
    assert [each["outcome"] for each in shown["items"]] == ["not_sent", None]
    assert receive(reader, {**export, "items": export["items"][1:]}, "accepted").json()["state"] == "acknowledged"
    assert tasks_of(reader) == []
    assert onni.person.get(CONSENTS).json()["items"][0]["entry"]["state"] == "accepted"


def test_a_withdrawal_of_all_that_a_file_has_ends_the_export(aava: Learner, training: UUID, reader: Person) -> None:
    export = prepared(reader, training)
    [item] = aava.person.get(CONSENTS).json()["items"]
    assert aava.person.post(f"{CONSENTS}/{item['id']}/withdrawal").status_code == 200
    assert reader.get(f"{PATH}/{export['id']}").json()["state"] == "cancelled"


def test_a_withdrawal_after_the_file_is_read_counts_as_sent(aava: Learner, training: UUID, reader: Person) -> None:
    export = prepared(reader, training)
    file_of(reader, export)
    [item] = aava.person.get(CONSENTS).json()["items"]
    assert aava.person.post(f"{CONSENTS}/{item['id']}/withdrawal").status_code == 200
    assert file_of(reader, export) == []
    assert receive(reader, export, "accepted").status_code == 200
    assert len(tasks_of(reader)) == 1
    assert actions_of(prepared(reader, training)) == ["cancel"]


def test_what_the_learner_withdrew_in_koski_is_not_sent_again(aava: Learner, training: UUID, reader: Person) -> None:
    export = prepared(reader, training)
    file_of(reader, export)
    assert receive(reader, export, "withdrawn_by_learner").json()["state"] == "acknowledged"
    [item] = aava.person.get(CONSENTS).json()["items"]
    assert (item["state"], item["entry"]["state"]) == ("withdrawn", "withdrawn_by_learner")
    assert left_out_of(prepared(reader, training)) == ["withdrawn-by-learner"]
    consent(aava)
    assert left_out_of(prepared(reader, training)) == ["withdrawn-by-learner"]


@pytest.mark.usefixtures("aava")
def test_receipts_come_in_portions(centre: Centre, training: UUID, reader: Person) -> None:
    passed(centre, training, code=code_of("020290"))
    export = prepared(reader, training)
    assert len(file_of(reader, export)) == 2
    first = receive(reader, export, "accepted").json()
    assert (first["state"], [item["outcome"] for item in first["items"]]) == ("prepared", ["accepted", None])
    assert len(file_of(reader, export)) == 1, "what Koski has already is not in the file any more"
    twice = receive(reader, export, "accepted")
    assert (*refusal(twice), twice.json()["pointer"]) == (409, "wrong-state", "/items/0/source_id")
    rest = {**export, "items": export["items"][1:]}
    last = receive(reader, rest, "accepted", first=2).json()
    assert (last["state"], last["concluded_at"]) == ("acknowledged", "2023-03-01T09:00:00+02:00")
    for answer in (
        receive(reader, rest, "accepted"),
        reader.get(f"{PATH}/{export['id']}/file"),
        reader.post(f"{PATH}/{export['id']}/cancellation"),
    ):
        assert (*refusal(answer), answer.json()["state"]) == (409, "wrong-state", "acknowledged")


def test_an_export_waits_for_an_erasure_before_it_locks_consents(
    centre: Centre, aava: Learner, reader: Person, database: Addresses
) -> None:
    with another(centre, database) as eraser, ThreadPoolExecutor(1) as pool:
        with eraser.owner.transaction():
            eraser.owner.execute("SELECT FROM persons WHERE id = %s FOR UPDATE", [aava.person.id])
            waiting = pool.submit(prepared, reader, aava.training_id)
            until_one_waits(centre)
            eraser.owner.execute("SELECT FROM koski_consents FOR UPDATE NOWAIT")
        assert actions_of(waiting.result()) == ["create"]


@pytest.mark.usefixtures("aava")
def test_receipts_that_are_wrong(centre: Centre, training: UUID, reader: Person) -> None:
    passed(centre, training, code=code_of("020290"))
    export = prepared(reader, training)
    path, source_id = f"{PATH}/{export['id']}/receipt", export["items"][0]["source_id"]
    good = {"source_id": source_id, "outcome": "accepted"} | oids(1)

    def sent(*items: dict[str, Any]) -> httpx.Response:
        return reader.post(path, {"items": list(items)})

    foreign = sent(good, good | {"source_id": str(new_id())})
    assert (*refusal(foreign), foreign.json()["pointer"]) == (404, "not-found", "/items/1/source_id")
    twice = sent(good, good)
    assert (*refusal(twice), twice.json()["pointer"]) == (409, "wrong-state", "/items/1/source_id")
    bare = sent({"source_id": source_id, "outcome": "accepted"})
    assert [(each["pointer"], each["code"]) for each in bare.json()["errors"]] == [
        ("/items/0/study_right_oid", "oid-needed"),
        ("/items/0/learner_oid", "oid-needed"),
    ]
    assert refusal(sent(good | {"learner_oid": KOSKI["school_oid"]})) == (422, "validation")
    other = sent(*({**good, "source_id": each["source_id"]} for each in export["items"]))
    assert [(each["pointer"], each["code"]) for each in other.json()["errors"]] == [
        ("/items/1/study_right_oid", "oid-of-another")
    ]
    assert refusal(sent()) == (422, "validation")
    assert reader.get(f"{PATH}/{export['id']}").json()["state"] == "prepared"
    named = sent({"source_id": source_id, "outcome": "refused", "error": f"Virheellinen hetu {CODE}", "version": 2})
    item = named.json()["items"][0]
    assert (item["error"], item["version"], item["received_at"]) == (
        "Virheellinen hetu ***",
        2,
        "2023-03-01T09:00:00+02:00",
    )


@pytest.mark.usefixtures("aava")
def test_what_was_refused_holds_no_study_right(centre: Centre, training: UUID, reader: Person) -> None:
    passed(centre, training, code=code_of("020290"))
    export = prepared(reader, training)
    first, second = ({"source_id": item["source_id"]} | oids(1) for item in export["items"])
    path = f"{PATH}/{export['id']}/receipt"
    assert reader.post(path, {"items": [first | {"outcome": "refused"}]}).status_code == 200
    assert reader.post(path, {"items": [second | {"outcome": "accepted"}]}).status_code == 200


@pytest.mark.usefixtures("aava")
def test_what_was_refused_is_exported_again(training: UUID, reader: Person) -> None:
    assert receive(reader, prepared(reader, training), "refused").json()["state"] == "acknowledged"
    assert actions_of(prepared(reader, training)) == ["create"]


def test_an_export_that_was_not_sent_is_cancelled(aava: Learner, training: UUID, reader: Person) -> None:
    export = prepared(reader, training)
    answer = reader.post(f"{PATH}/{export['id']}/cancellation")
    assert answer.status_code == 200
    cancelled = answer.json()
    assert (cancelled["state"], [item["outcome"] for item in cancelled["items"]]) == ("cancelled", ["not_sent"])
    again = reader.post(f"{PATH}/{export['id']}/cancellation")
    assert (*refusal(again), again.json()["state"]) == (409, "wrong-state", "cancelled")
    assert actions_of(prepared(reader, training)) == ["create"]
    assert aava.person.get(CONSENTS).json()["items"][0]["entry"]["state"] == "prepared"


@pytest.mark.usefixtures("aava")
def test_an_export_with_a_receipt_is_not_cancelled(centre: Centre, training: UUID, reader: Person) -> None:
    passed(centre, training, code=code_of("020290"))
    export = prepared(reader, training)
    assert receive(reader, export, "accepted").status_code == 200
    answer = reader.post(f"{PATH}/{export['id']}/cancellation")
    assert (*refusal(answer), answer.json()["state"]) == (409, "wrong-state", "received")


def test_a_code_is_deleted_ninety_days_after_the_acceptance(
    centre: Centre, aava: Learner, training: UUID, reader: Person
) -> None:
    centre.clock(2023, 3, 10, 12)
    accepted(reader, training)
    [item] = aava.person.get(CONSENTS).json()["items"]
    assert item["identity_until"] == "2023-06-08T12:00:00+03:00"
    centre.clock(2023, 6, 8, 12)
    assert aava.person.get(CONSENTS).json()["items"][0]["identity_until"] is None
    correction(centre, aava, UUID(centre.rows("SELECT id::text FROM completions")[0][0]), grade=5)
    assert actions_of(prepared(reader, training)) == ["correct"], "a correction needs no code"


@pytest.mark.usefixtures("aava")
def test_a_code_whose_time_has_passed_is_neither_chosen_nor_in_a_file(
    centre: Centre, training: UUID, reader: Person
) -> None:
    end = datetime(2024, 3, 2, tzinfo=HELSINKI)
    centre.clock_at(end - timedelta(seconds=1))
    export = prepared(reader, training)
    assert len(file_of(reader, export)) == 1
    centre.clock_at(end)
    assert file_of(reader, export) == []
    assert reader.post(f"{PATH}/{export['id']}/cancellation").status_code == 200
    assert left_out_of(prepared(reader, training)) == ["no-consent"]
    assert centre.rows("SELECT identity IS NULL FROM koski_consents") == [(False,)], "the worker has not run"


def test_the_list_of_exports(centre: Centre, central: UUID, training: UUID, reader: Person) -> None:
    other = course(centre, central, None)
    first, second = prepared(reader, training), prepared(reader, training, other)
    assert reader.post(f"{PATH}/{first['id']}/cancellation").status_code == 200

    def listed(**filters: object) -> list[str]:
        return [each["id"] for each in reader.get(PATH, params=filters).json()["items"]]

    assert listed() == [second["id"], first["id"]]
    assert listed(state="cancelled") == [first["id"]]
    assert listed(training_id=str(other)) == [second["id"]]
    assert listed(training_id=[str(other), str(training)]) == [second["id"], first["id"]]
    assert listed(training_id=str(new_id())) == []


def test_only_the_named_staff_handle_exports(
    centre: Centre, training: UUID, reader: Person, staff: Person, main_user: Person
) -> None:
    export = prepared(reader, training)
    one = f"{PATH}/{export['id']}"
    for person in (staff, main_user, centre.person("auditor"), centre.person()):
        answers = [
            person.post(PATH, {"training_ids": [str(training)]}),
            person.get(PATH),
            person.get(one),
            person.get(f"{one}/file"),
            person.post(f"{one}/receipt", {"items": [{"source_id": str(new_id()), "outcome": "refused"}]}),
            person.post(f"{one}/cancellation"),
        ]
        assert [refusal(answer) for answer in answers] == [(403, "forbidden")] * 6


def test_exports_and_files_need_a_strong_sign_in(centre: Centre, training: UUID, reader: Person) -> None:
    export = prepared(reader, training)
    weak = centre.weakly(reader)
    for answer in (
        reader.post(PATH, {"training_ids": [str(training)]}, headers=weak),
        reader.get(f"{PATH}/{export['id']}/file", headers=weak),
    ):
        assert refusal(answer) == (401, "strong-authentication-required")


@pytest.mark.usefixtures("aava")
def test_each_look_at_the_file_is_recorded(centre: Centre, training: UUID, reader: Person) -> None:
    export = prepared(reader, training)
    file_of(reader, export)
    centre.clock(2023, 3, 2)
    file_of(reader, export)
    looks = centre.rows(
        "SELECT actor_id, facts FROM audit_entries WHERE action = 'koski-export.file-read' AND subject_id = %s",
        export["id"],
    )
    assert looks == [(reader.id, {"items": 1})] * 2
    assert reader.get(f"{PATH}/{export['id']}").json()["file_read_at"] == "2023-03-01T09:00:00+02:00"


def test_unknown_courses_and_courses_named_twice(centre: Centre, central: UUID, training: UUID, reader: Person) -> None:
    group = add_training(centre, central, hour_type="peer_group")
    for unknown in (new_id(), group):
        answer = reader.post(PATH, {"training_ids": [str(training), str(unknown)]})
        assert (*refusal(answer), answer.json()["pointer"]) == (404, "not-found", "/training_ids/1")
    twice = reader.post(PATH, {"training_ids": [str(training)] * 2})
    assert [(each["pointer"], each["code"]) for each in twice.json()["errors"]] == [
        ("/training_ids/1", "duplicate-item")
    ]


@pytest.mark.parametrize("missing", [["koski"], ["certificate_signatory"], ["koski", "certificate_signatory"]])
def test_a_profile_without_what_koski_needs(centre: Centre, training: UUID, reader: Person, missing: list[str]) -> None:
    for name in missing:
        centre.owner.execute(f"UPDATE study_centres SET {name} = NULL")
    answer = reader.post(PATH, {"training_ids": [str(training)]})
    assert (*refusal(answer), answer.json()["missing"]) == (409, "not-configured", missing)


def test_the_profile_names_the_school_and_the_system(centre: Centre, staff: Person) -> None:
    path = "/v1/study-centre"
    assert staff.get(path).json()["koski"] is None
    assert staff.patch(path, {"koski": KOSKI}).json()["koski"] == KOSKI
    [(facts,)] = centre.rows("SELECT facts FROM audit_entries WHERE action = 'study-centre.changed'")
    assert facts == {"koski": KOSKI}
    for wrong in ({"school_oid": NUMBER}, {"place_oid": "1.2.246.562.10.1"}, {"source_system": ""}):
        assert refusal(staff.patch(path, {"koski": KOSKI | wrong})) == (422, "validation")
    assert staff.patch(path, {"koski": None}).json()["koski"] is None


@contextmanager
def served(settings: Settings, keys: list[bytes], person: Person) -> Iterator[Person]:
    """The person, who calls a service with these keys."""
    held = [SecretStr(b64encode(key).decode()) for key in keys]
    with (
        serving(create_app(settings.model_copy(update={"identity_keys": held}))) as address,
        httpx.Client(base_url=address, headers=person.client.headers, timeout=60, verify=NO_TLS) as client,
    ):
        client.event_hooks = {"response": [check_answer]}
        yield Person(person.id, client)


def test_a_new_key_encrypts_and_the_old_one_decrypts(
    centre: Centre, settings: Settings, training: UUID, reader: Person
) -> None:
    old, new = token_bytes(32), token_bytes(32)
    aava, onni = learner(centre, training), learner(centre, training)
    for of, keys, code in ((aava, [old], CODE), (onni, [new, old], CODE)):
        completion(centre, of)
        with served(settings, keys, of.person) as person:
            assert person.post(CONSENTS, consent_of(of, personal_identity_code=code)).status_code == 201
    body = {"training_ids": [str(training)]}
    with served(settings, [new, old], reader) as rotated:
        assert left_out_of(rotated.post(PATH, body).json()) == ["identity-conflict"] * 2, "compared over both keys"
    assert onni.person.post(f"{CONSENTS}/{onni.person.get(CONSENTS).json()['items'][0]['id']}/withdrawal").is_success
    with served(settings, [new, old], reader) as rotated:
        export = rotated.post(PATH, body).json()
        assert CODE in rotated.get(f"{PATH}/{export['id']}/file").text
    for keys in ([new], []):
        with served(settings, keys, reader) as without:
            answers = [without.post(PATH, body), without.get(f"{PATH}/{export['id']}/file")]
        for answer in answers:
            assert (*refusal(answer), answer.json()["missing"]) == (409, "not-configured", ["IDENTITY_KEYS"])


@pytest.mark.usefixtures("aava")
def test_exports_at_the_same_time_have_each_completion_once(centre: Centre, training: UUID, reader: Person) -> None:
    with ThreadPoolExecutor(4) as threads:
        exports = list(threads.map(lambda _: prepared(reader, training), range(4)))
    assert sorted(len(export["items"]) for export in exports) == [0, 0, 0, 1]
    assert centre.rows("SELECT count(*) FROM koski_export_items") == [(1,)]


def test_a_withdrawal_and_a_receipt_at_the_same_time_do_not_deadlock(
    centre: Centre, aava: Learner, training: UUID, reader: Person
) -> None:
    export = prepared(reader, training)
    file_of(reader, export)
    [item] = aava.person.get(CONSENTS).json()["items"]
    with ThreadPoolExecutor(2) as threads:
        withdrawal = threads.submit(aava.person.post, f"{CONSENTS}/{item['id']}/withdrawal")
        receipt = threads.submit(receive, reader, export, "withdrawn_by_learner")
        assert receipt.result().status_code == 200
        assert withdrawal.result().status_code in {200, 409}
    assert centre.rows("SELECT withdrawn_at IS NULL, identity FROM koski_consents") == [(False, None)]


@pytest.mark.usefixtures("aava")
def test_the_database_keeps_receipts_and_ended_exports(centre: Centre, training: UUID, reader: Person) -> None:
    accepted(reader, training)
    for change in (
        "koski_export_items SET study_right_oid = NULL",
        "koski_export_items SET outcome = 'refused'",
        "koski_exports SET state = 'prepared', concluded_at = NULL",
    ):
        with pytest.raises(RestrictViolation):
            centre.owner.execute(f"UPDATE {change}")
