"""Certificates: made by writers and learners, never changed, checked by anybody, and ended by corrections and staff."""

import io
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from app.db.identifiers import new_id
from app.domain.trainings.certificates import grouped
from app.local.embedded_postgres import Addresses
from app.sandbox.main import create_app
from app.settings import Settings
from tests.api.trainings.certificate_steps import Course, document_of, made
from tests.api.trainings.conftest import approved
from tests.api.trainings.model_steps import errors_of, ok
from tests.builders import Centre, Person, refusal
from tests.locks import another, until_one_waits
from tests.pdf_text import needs_pdftotext, text_of
from tests.server import NO_TLS, serving


@pytest.fixture
def course(centre: Centre, central: UUID, unit: UUID, main_user: Person, manager: Person, staff: Person) -> Course:
    made = Course.of(centre, central, unit, main_user, manager, staff)
    centre.clock(2023, 5, 2, 12)
    return made


@pytest.fixture
def reader(centre: Centre, staff: Person) -> Person:
    """One of the staff who is named to see participants."""
    named = centre.staff()
    ok(
        staff.put(
            "/v1/study-centre/participant-readers", {"person_ids": [str(named.id)], "reason": "Opintorekisterin hoito"}
        )
    )
    return named


def audited(centre: Centre, action: str) -> int:
    [(count,)] = centre.rows("SELECT count(*) FROM audit_entries WHERE action = %s", action)
    return int(count)


@needs_pdftotext
def test_a_writer_makes_a_certificate_that_says_everything(course: Course, tmp_path: Path) -> None:
    certificate = made(course.writer, course.completion())
    assert certificate["language"] == "fi"
    assert certificate["state"] == "in_force"
    assert len(certificate["code"]) == 16
    content = document_of(course.writer, certificate)
    assert certificate["digest"] == sha256(content).hexdigest()
    shown = text_of(content, tmp_path)
    for said in (
        "Kaisa Kuusiranta",
        "Ryhmänohjaajan peruskurssi, versio 1",
        "2 opintopistettä · 54 tuntia oppijan työtä",
        "Osaa ohjata ryhmää",
        "Kokoontumisen suunnitelma",
        "Pekka Pihlajamäki",
        "Hämeen Martat",
        "15.4.2023",
        "2.5.2023",
        "Raija Rehtori",
        "puheenjohtaja",
        "Marttaliitto",
        grouped(certificate["code"]),
    ):
        assert said in shown
    assert ok(course.writer.get(f"/v1/certificates/{certificate['id']}")) == certificate


@needs_pdftotext
def test_a_learner_makes_the_own_certificate_in_each_language_once(course: Course, tmp_path: Path) -> None:
    completion = course.completion()
    learner = course.learner(completion)
    swedish = made(learner, completion, language="sv")
    shown = text_of(document_of(learner, swedish), tmp_path)
    assert "Grundkurs för gruppledare" in shown
    assert "rektor" in shown
    # Its title is known in Finnish alone.
    assert "puheenjohtaja" in shown
    finnish = made(learner, completion)
    again = course.writer.post(f"/v1/completions/{completion}/certificates", {"language": "sv"})
    assert refusal(again) == (409, "already-exists")
    assert again.json()["existing_id"] == swedish["id"]
    listed = ok(learner.get(f"/v1/completions/{completion}/certificates"))["items"]
    assert [each["id"] for each in listed] == [finnish["id"], swedish["id"]]


def test_the_own_data_have_the_certificates(course: Course) -> None:
    completion = course.completion()
    learner = course.learner(completion)
    certificate = made(course.writer, completion)
    made(course.writer, course.completion("Åke Ängström"))
    [row] = ok(learner.get(f"/v1/people/{learner.id}/data"))["held"]["certificates"]
    assert {name: row[name] for name in ("id", "completion_id", "code", "state")} == {
        name: certificate[name] for name in ("id", "completion_id", "code", "state")
    }


def test_a_repeated_request_makes_one_certificate(course: Course) -> None:
    completion = course.completion()
    path = f"/v1/completions/{completion}/certificates"
    first, second = (course.writer.post(path, {}, key="one") for _ in range(2))
    assert first.json() == second.json()
    assert second.headers["Idempotency-Replayed"] == "true"
    assert refusal(course.writer.post(path, {}, key=False)) == (400, "idempotency-key-required")
    assert len(ok(course.writer.get(path))["items"]) == 1


def test_two_requests_at_the_same_time_make_one_certificate(
    course: Course, centre: Centre, database: Addresses
) -> None:
    completion = course.completion()
    path = f"/v1/completions/{completion}/certificates"
    with another(centre, database) as other, ThreadPoolExecutor(2) as pool:
        with other.owner.transaction():
            other.owner.execute("SELECT FROM completions WHERE id = %s FOR UPDATE", [completion])
            answers = [pool.submit(course.writer.post, path, {}) for _ in range(2)]
            until_one_waits(centre, 2)
        first, second = sorted((each.result() for each in answers), key=lambda answer: answer.status_code)
    certificate = ok(first, 201)
    assert (refusal(second), second.json()["existing_id"]) == ((409, "already-exists"), certificate["id"])
    assert ok(course.writer.get(path))["items"] == [certificate]
    assert audited(centre, "signature-image.used") == 1


def test_a_dry_run_makes_none(course: Course) -> None:
    completion = course.completion()
    path = f"/v1/completions/{completion}/certificates"
    assert course.writer.post(path, {}, params={"validate_only": "true"}).status_code == 201
    assert ok(course.writer.get(path))["items"] == []
    assert audited(course.centre, "signature-image.used") == 0


def test_a_language_that_the_version_lacks_is_wrong(course: Course) -> None:
    answer = course.writer.post(f"/v1/completions/{course.completion()}/certificates", {"language": "en"})
    assert answer.status_code == 422
    assert errors_of(answer) == [("/language", "language-not-in-version")]
    batch = course.writer.post(f"/v1/trainings/{course.id}/certificate-batches", {"language": "en"})
    assert errors_of(batch) == [("/language", "language-not-in-version")]


@pytest.mark.parametrize("outcome", ["failed", "interrupted"])
def test_only_a_passed_completion_gets_one(course: Course, outcome: str) -> None:
    answer = course.writer.post(f"/v1/completions/{course.completion(outcome=outcome)}/certificates", {})
    assert refusal(answer) == (409, "wrong-state")
    assert answer.json()["state"] == outcome
    assert answer.json()["allowed"] == ["passed"]


def test_a_corrected_completion_gets_none(course: Course) -> None:
    old = course.completion()
    course.corrected(old)
    answer = course.writer.post(f"/v1/completions/{old}/certificates", {})
    assert refusal(answer) == (409, "wrong-state")
    assert answer.json()["allowed"] == ["in_force"]


def test_each_use_of_a_signature_image_is_recorded_without_a_name(course: Course) -> None:
    certificate = made(course.writer, course.completion())
    made(course.writer, course.completion("Åke Ängström"))
    assert audited(course.centre, "signature-image.used") == 2
    assert audited(course.centre, "study-centre-signature-image.used") == 2
    entries = course.centre.rows("SELECT to_jsonb(audit_entries)::text FROM audit_entries")
    outbox = course.centre.rows("SELECT to_jsonb(outbox)::text FROM outbox")
    for (text,) in (*entries, *outbox):
        assert "Kuusiranta" not in text
        assert certificate["code"] not in text


def test_a_signature_image_that_is_removed_prevents_the_next_certificate_only(course: Course) -> None:
    first = made(course.writer, course.completion())
    before = document_of(course.writer, first)
    assert course.main_user.delete(f"/v1/organisations/{course.central}/signature-image").status_code == 204
    answer = course.writer.post(f"/v1/completions/{course.completion('Åke Ängström')}/certificates", {})
    assert refusal(answer) == (409, "signature-missing")
    call = f"PUT /v1/organisations/{course.central}/signature-image"
    assert answer.json()["missing"] == [{"whose": "organisation", "what": "signature_image", "call": call}]
    assert "the organisation: signature image" in answer.json()["detail"]
    assert document_of(course.writer, first) == before


def test_everything_that_is_missing_is_named_together(course: Course) -> None:
    owner = course.centre.owner
    owner.execute("DELETE FROM study_centre_signature_images")
    owner.execute("UPDATE study_centres SET certificate_signatory = NULL")
    owner.execute("UPDATE organisations SET certificate_signatory = NULL")
    for path in (
        f"/v1/completions/{course.completion()}/certificates",
        f"/v1/trainings/{course.id}/certificate-batches",
    ):
        answer = course.writer.post(path, {})
        assert refusal(answer) == (409, "signature-missing")
        assert [(each["whose"], each["what"]) for each in answer.json()["missing"]] == [
            ("study_centre", "signatory"),
            ("study_centre", "signature_image"),
            ("organisation", "signatory"),
        ]


def test_a_certificate_is_seen_by_writers_the_learner_and_named_staff(
    course: Course, centre: Centre, staff: Person, reader: Person
) -> None:
    completion = course.completion()
    learner, other = course.learner(completion), course.learner(course.completion("Åke Ängström"))
    certificate = made(course.writer, completion)
    auditor = centre.person("auditor")
    paths = (f"/v1/certificates/{certificate['id']}", f"/v1/certificates/{certificate['id']}/document")
    for path in (*paths, f"/v1/completions/{completion}/certificates"):
        for person in (course.writer, course.main_user, learner, reader):
            assert person.get(path).status_code == 200
        for person in (staff, auditor):
            assert refusal(person.get(path)) == (403, "forbidden")
        assert refusal(other.get(path)) == (404, "not-found")
        assert refusal(centre.main_user(centre.organisation(name="Muu liitto")).get(path)) == (404, "not-found")
    # Each reading by staff is recorded.
    assert audited(centre, "completion.read") == 3
    for person in (staff, reader):
        answer = person.post(f"/v1/completions/{completion}/certificates", {"language": "sv"})
        assert refusal(answer) == (403, "forbidden")
    assert refusal(other.post(f"/v1/completions/{completion}/certificates", {})) == (404, "not-found")
    assert refusal(course.writer.post(f"/v1/completions/{new_id()}/certificates", {})) == (404, "not-found")


def test_staff_withdraw_a_certificate_once_and_another_can_be_made(
    course: Course, reader: Person, public: httpx.Client, slug: str
) -> None:
    completion = course.completion()
    certificate = made(course.writer, completion)
    path = f"/v1/certificates/{certificate['id']}/withdrawal"
    assert refusal(course.writer.post(path, {"reason": "Väärä henkilö"})) == (403, "forbidden")
    withdrawn = ok(reader.post(path, {"reason": "Väärä henkilö"}))
    assert (withdrawn["state"], withdrawn["reason"]) == ("withdrawn", "Väärä henkilö")
    again = reader.post(path, {"reason": "Väärä henkilö"})
    assert refusal(again) == (409, "wrong-state")
    assert again.json()["allowed"] == ["in_force"]
    assert ok(public.get(f"/v1/public/{slug}/certificates/{certificate['code']}"))["state"] == "withdrawn"
    other = made(course.writer, completion)
    assert other["code"] != certificate["code"]
    # The one that staff have withdrawn for a reason is not replaced.
    assert ok(course.writer.get(f"/v1/certificates/{certificate['id']}"))["state"] == "withdrawn"


def test_the_certificate_of_a_correction_replaces_the_old_ones_of_its_language(course: Course) -> None:
    old = course.completion("Kaisa Kuusirnta")
    finnish, swedish = made(course.writer, old), made(course.writer, old, language="sv")
    middle = course.corrected(old, name="Kaisa Kuusiranta")
    newer = course.corrected(middle)
    made(course.writer, newer)

    def state_of(certificate: dict[str, Any]) -> object:
        return ok(course.writer.get(f"/v1/certificates/{certificate['id']}"))["state"]

    assert state_of(finnish) == "replaced"
    assert state_of(swedish) == "in_force"


def test_a_correction_withdraws_certificates_and_a_new_one_replaces_those_of_its_language(
    course: Course, centre: Centre, public: httpx.Client, slug: str
) -> None:
    """From the recording on, as writers do it."""
    path = f"/v1/trainings/{course.id}"
    participant = ok(course.writer.post(f"{path}/participants", {"name": "Kaisa Kuusirnta"}), 201)["id"]
    finding = {"outcome": "passed", "completed_on": "2023-04-15", "assessed_by": "Pekka", "attended": True}
    body = {"items": [finding | {"participant_id": participant}]}
    [recorded] = ok(course.writer.post(f"{path}/completions", body), 201)["items"]
    finnish, swedish = made(course.writer, recorded["id"]), made(course.writer, recorded["id"], language="sv")

    def checked(*certificates: dict[str, Any], name: str) -> list[tuple[str, bool]]:
        bodies = [{"code": each["code"], "name": name} for each in certificates]
        answers = [ok(public.post(f"/v1/public/{slug}/certificate-checks", json=each)) for each in bodies]
        shown = [ok(public.get(f"/v1/public/{slug}/certificates/{each['code']}")) for each in certificates]
        assert [each["state"] for each in shown] == [each["state"] for each in answers]
        return [(each["state"], each["name_matches"]) for each in answers]

    assert checked(finnish, swedish, name="Kaisa Kuusirnta") == [("in_force", True)] * 2
    correction = finding | {"name": "Kaisa Kuusiranta", "reason": "Kirjoitusvirhe"}
    corrected = ok(course.writer.post(f"/v1/completions/{recorded['id']}/correction", correction), 201)
    assert checked(finnish, swedish, name="Kaisa Kuusirnta") == [("withdrawn", True)] * 2
    [(facts,)] = centre.rows("SELECT facts FROM audit_entries WHERE action = 'completion.corrected'")
    assert sorted(facts["withdrawn_certificates"]) == sorted([finnish["id"], swedish["id"]])
    assert refusal(course.writer.post(f"/v1/completions/{recorded['id']}/certificates", {})) == (409, "wrong-state")
    new = made(course.writer, corrected["id"])
    assert checked(finnish, swedish, new, name="Kaisa Kuusiranta") == [
        ("replaced", False),
        ("withdrawn", False),
        ("in_force", True),
    ]


def test_the_study_register_shows_the_certificates_of_what_is_in_force(course: Course) -> None:
    old, other = course.completion(), course.completion("Toinen Oppija")
    learner = course.learner(old)
    finnish, swedish = made(learner, old), made(course.writer, old, language="sv")
    made(course.writer, other)

    def registered() -> Any:
        [entry] = ok(learner.get("/v1/me/study-register"))["items"]
        return entry["certificates"]

    assert registered() == [swedish, finnish]
    newer = course.corrected(old)
    assert registered() == []
    new = made(course.writer, newer)
    assert registered() == [new]


def test_anybody_checks_a_certificate_and_sees_no_name(course: Course, public: httpx.Client, slug: str) -> None:
    certificate = made(course.writer, course.completion())
    code = grouped(certificate["code"])
    answer = public.get(f"/v1/public/{slug}/certificates/{code.lower()}")
    assert answer.headers["Cache-Control"] == "no-store"
    assert ok(answer) == {
        "state": "in_force",
        "organisation": "Marttaliitto",
        "organiser": "Hämeen Martat",
        "study_centre": ok(course.main_user.get("/v1/study-centre"))["name"],
        "model": "Ryhmänohjaajan peruskurssi",
        "version": 1,
        "credits": 2,
        "completed_on": "2023-04-15",
        "issued_on": "2023-05-02",
    }
    assert "Kuusiranta" not in answer.text


def test_certificates_remain_valid_after_the_membership_and_are_made_of_the_courses_in_it(
    course: Course, centre: Centre, unit: UUID, public: httpx.Client, slug: str
) -> None:
    before = made(course.writer, course.completion())
    participant = course.participant("Åke Ängström")
    centre.owner.execute(
        "UPDATE organisations SET active_until = '2023-04-30' WHERE id = ANY(%s)", [[course.central, unit]]
    )
    finding = {"outcome": "passed", "completed_on": "2023-04-15", "assessed_by": "Pekka", "attended": True}
    body = {"items": [finding | {"participant_id": str(participant)}]}
    [recorded] = ok(course.writer.post(f"/v1/trainings/{course.id}/completions", body), 201)["items"]
    after = made(course.writer, recorded["id"])
    for certificate in (before, after):
        assert ok(public.get(f"/v1/public/{slug}/certificates/{certificate['code']}"))["state"] == "in_force"
        assert document_of(course.main_user, certificate).startswith(b"%PDF")


def test_what_the_certificate_says_is_checked_also_after_a_change_of_names(
    course: Course, centre: Centre, public: httpx.Client, slug: str
) -> None:
    certificate = made(course.writer, course.completion())
    centre.owner.execute("UPDATE organisations SET name = 'Uusi nimi' WHERE id = %s", [course.central])
    assert ok(public.get(f"/v1/public/{slug}/certificates/{certificate['code']}"))["organisation"] == "Marttaliitto"


def test_a_code_with_one_character_changed_is_unknown(course: Course, public: httpx.Client, slug: str) -> None:
    certificate = made(course.writer, course.completion())
    code = certificate["code"]
    for place in range(16):
        other = code[:place] + ("2" if code[place] != "2" else "3") + code[place + 1 :]
        assert refusal(public.get(f"/v1/public/{slug}/certificates/{other}")) == (404, "not-found")
        answer = public.post(f"/v1/public/{slug}/certificate-checks", json={"code": other, "name": "Kaisa Kuusiranta"})
        assert refusal(answer) == (404, "not-found")
    assert refusal(public.get(f"/v1/public/{slug}/certificates/todistus")) == (404, "not-found")
    assert refusal(public.get(f"/v1/public/toinen/certificates/{code}")) == (404, "not-found")


@pytest.mark.parametrize(
    ("name", "matches"), [("kaisa KUUSIRANTA", True), ("Kaisa  Kuusiránta", True), ("Kaisa Kuusisto", False)]
)
def test_a_name_is_checked_without_being_stored_or_shown(
    course: Course, centre: Centre, public: httpx.Client, slug: str, name: str, matches: bool
) -> None:
    certificate = made(course.writer, course.completion())
    counted = "SELECT (SELECT count(*) FROM audit_entries) + (SELECT count(*) FROM stored_answers)"
    [before] = centre.rows(counted)
    body = {"code": certificate["code"], "name": name}
    answer = public.post(f"/v1/public/{slug}/certificate-checks", json=body, headers={"Idempotency-Key": "avain"})
    shown = ok(answer)
    assert shown.pop("name_matches") is matches
    assert answer.headers["Cache-Control"] == "no-store"
    assert shown == ok(public.get(f"/v1/public/{slug}/certificates/{certificate['code']}"))
    assert name not in answer.text
    assert centre.rows(counted) == [before]


def test_the_bytes_of_a_certificate_never_change(course: Course, centre: Centre) -> None:
    completion = course.completion()
    certificate = made(course.writer, completion)
    first = document_of(course.writer, certificate)
    changes = {
        "content": b"%PDF-1.7 other",
        "digest": "0" * 64,
        "code": "0" * 16,
        "sealed": not certificate["sealed"],
        "language": "sv",
        "issued_at": "2024-01-01",
        "organisation_name": "Muu",
        "organiser_name": "Muu",
        "completion_id": course.completion("Muu Nimi"),
    }
    for column, value in changes.items():
        with pytest.raises(psycopg.Error):
            centre.owner.execute(f"UPDATE certificates SET {column} = %s WHERE id = %s", [value, certificate["id"]])
    # Also both together, which agree.
    other = b"%PDF-1.7 other"
    with pytest.raises(psycopg.Error):
        centre.owner.execute(
            "UPDATE certificates SET content = %s, digest = %s WHERE id = %s",
            [other, sha256(other).hexdigest(), certificate["id"]],
        )
    course.main_user.delete(f"/v1/organisations/{course.central}/signature-image")
    centre.owner.execute("UPDATE organisations SET name = 'Uusi nimi' WHERE id = %s", [course.central])
    assert document_of(course.writer, certificate) == first


def batch_of(course: Course, **body: Any) -> dict[str, Any]:
    answer = course.writer.post(f"/v1/trainings/{course.id}/certificate-batches", body)
    shown = ok(answer, 201)
    assert answer.headers["Location"].endswith(f"/v1/certificate-batches/{shown['id']}")
    return shown


def test_all_who_have_passed_get_their_certificates_in_one_file(course: Course) -> None:
    passed = [course.completion(f"Oppija {number}") for number in range(3)]
    course.completion("Åke Ängström", outcome="failed")
    course.completion("Ei Enää", state="corrected")
    existing = made(course.writer, passed[1])
    batch = batch_of(course)
    assert (batch["state"], batch["certificates"], batch["language"]) == ("ready", 3, "fi")
    assert ok(course.writer.get(f"/v1/certificate-batches/{batch['id']}")) == batch
    assert ok(course.main_user.get(f"/v1/trainings/{course.id}/certificate-batches"))["items"][0]["id"] == batch["id"]
    answer = course.writer.get(f"/v1/certificate-batches/{batch['id']}/file")
    assert answer.headers["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        files = {name: archive.read(name) for name in archive.namelist()}
    digests = {sha256(content).hexdigest() for content in files.values()}
    certificates = [ok(course.writer.get(f"/v1/completions/{each}/certificates"))["items"] for each in passed]
    assert digests == {each["digest"] for [each] in certificates}
    assert f"todistus-{existing['code']}.pdf" in files
    # The same bytes each time, and the same certificates in another order of them.
    assert course.writer.get(f"/v1/certificate-batches/{batch['id']}/file").content == answer.content
    assert batch_of(course)["certificates"] == 3


def test_the_file_of_many_is_there_for_seven_days(course: Course, centre: Centre) -> None:
    course.completion()
    batch = batch_of(course)
    until = centre.clock(2023, 5, 9, 12)
    assert batch["available_until"].startswith("2023-05-09T12:00:00")
    path = f"/v1/certificate-batches/{batch['id']}/file"
    assert refusal(course.writer.get(path)) == (404, "not-found")
    centre.clock_at(until - timedelta(seconds=1))
    assert course.writer.get(path).status_code == 200


def test_only_those_who_write_the_course_request_many(course: Course, centre: Centre, reader: Person) -> None:
    completion = course.completion()
    learner = course.learner(completion)
    batch = batch_of(course)
    path = f"/v1/certificate-batches/{batch['id']}"
    for person, expected in ((reader, (403, "forbidden")), (learner, (404, "not-found"))):
        assert refusal(person.post(f"/v1/trainings/{course.id}/certificate-batches", {})) == expected
        for each in (path, f"{path}/file", f"/v1/trainings/{course.id}/certificate-batches"):
            assert refusal(person.get(each)) == expected
    waiting = new_id()
    centre.owner.execute(
        "INSERT INTO certificate_batches (id, training_id, language, state, requested_by, requested_at) "
        "VALUES (%s, %s, 'fi', 'waiting', %s, '2023-05-02')",
        [waiting, course.id, course.writer.id],
    )
    unready = course.writer.get(f"/v1/certificate-batches/{waiting}/file")
    assert refusal(unready) == (409, "wrong-state")
    assert (unready.json()["state"], unready.json()["allowed"]) == ("waiting", ["ready"])


def test_a_course_without_a_model_has_no_certificates(manager: Person, staff: Person, unit: UUID) -> None:
    path = approved(manager, staff, unit)
    answer = manager.post(f"{path}/certificate-batches", {})
    assert refusal(answer) == (409, "wrong-state")
    assert (answer.json()["state"], answer.json()["because"]) == ("approved", "no-model")


@needs_pdftotext
def test_a_learner_gets_an_extract_of_all_passed_completions(course: Course, tmp_path: Path) -> None:
    completion = course.completion("Oppija Yksi")
    learner = course.learner(completion)
    certificate = made(course.writer, completion)
    course.completion("Toinen Oppija")
    answer = learner.get("/v1/me/study-register/extract", params={"language": "sv"})
    assert answer.status_code == 200
    assert answer.headers["Content-Language"] == "sv"
    shown = text_of(answer.content, tmp_path)
    for said in ("Utdrag ur studieregistret", "Aino Esimerkki", "Grundkurs för", "15.4.2023", "godkänd", "2.5.2023"):
        assert said.casefold() in shown.casefold()
    assert grouped(certificate["code"]) in shown
    assert "Toinen" not in shown
    course.corrected(completion, outcome="failed")
    empty = text_of(learner.get("/v1/me/study-register/extract").content, tmp_path)
    assert "Grundkurs" not in empty
    assert grouped(certificate["code"]) not in empty


def test_no_log_has_a_name_that_is_checked_or_the_secret_of_a_share(
    course: Course, public_service: str, public: httpx.Client, slug: str, log: io.StringIO
) -> None:
    course.centre.address = public_service
    completion = course.completion()
    certificate, learner = made(course.writer, completion), course.learner(completion)
    path, name = f"/v1/public/{slug}/certificate-checks", "Kaisa Kuusiranta"
    checks = [
        ({"code": certificate["code"], "name": name}, 200),
        ({"code": "0" * 16, "name": name}, 404),
        ({"code": 7, "name": name, name: name}, 422),
    ]
    for body, status in checks:
        assert public.post(path, json=body).status_code == status
    assert public.post(path, content=f'{{"name": "{name}", ').status_code in {400, 415, 422}
    share = ok(learner.post("/v1/me/study-register/shares", {"expires_on": "2023-05-30"}), 201)
    secret = share["address"].rpartition("/")[2]
    page = f"/v1/public/{slug}/study-register/{secret}"
    assert public.get(page).status_code == 200
    assert learner.delete(f"/v1/me/study-register/shares/{share['id']}").status_code == 204
    assert public.get(page).status_code == 404
    logged = log.getvalue()
    assert "certificate-checks" in logged
    assert "study-register" in logged
    for hidden in (name, "Kuusiranta", secret):
        assert hidden not in logged


def test_public_checks_are_limited_for_each_address(course: Course, settings: Settings, slug: str) -> None:
    """As other public calls are: the first request too many is refused, whichever of them it is."""
    certificate = made(course.writer, course.completion())
    paths = f"/v1/public/{slug}/certificates/{certificate['code']}", f"/v1/public/{slug}/certificate-checks"
    body = {"code": certificate["code"], "name": "Kaisa Kuusiranta"}
    app = create_app(settings.model_copy(update={"rate_limit_public": 2}))
    with serving(app) as address, httpx.Client(base_url=address, timeout=60, verify=NO_TLS) as client:
        for _ in range(2):
            assert client.post(paths[1], json=body).status_code == 200
        refused = client.post(paths[1], json=body)
        assert (refusal(refused), refused.json()["limit"]) == ((429, "rate-limited"), "public")
    app = create_app(settings.model_copy(update={"rate_limit_anonymous": 2}))
    with serving(app) as address, httpx.Client(base_url=address, timeout=60, verify=NO_TLS) as client:
        assert [client.get(paths[0]).status_code for _ in range(3)] == [200, 200, 429]


@pytest.mark.usefixtures("course")
def test_wrong_checks_leave_no_name_in_the_response(public: httpx.Client, slug: str) -> None:
    path = f"/v1/public/{slug}/certificate-checks"
    answer = public.post(path, json={"code": 7, "name": "Kaisa Kuusiranta", "other": "Kaisa Kuusiranta"})
    assert answer.status_code == 422, answer.text
    assert "Kuusiranta" not in answer.text


def test_a_missing_signature_is_a_task_until_the_first_course_ends(
    course: Course, centre: Centre, staff: Person
) -> None:
    def tasks(person: Person) -> list[tuple[str, str]]:
        items = ok(person.get("/v1/me/tasks"))["items"]
        return [
            (f"{each['call']['method']} {each['call']['path']}", each["closes_on"])
            for each in items
            if each["kind"] in ("certificate_signature", "study_centre_signature")
        ]

    centre.clock(2023, 4, 10)
    assert tasks(course.main_user) == tasks(staff) == []
    course.main_user.delete(f"/v1/organisations/{course.central}/signature-image")
    image = f"PUT /v1/organisations/{course.central}/signature-image"
    assert tasks(course.main_user) == [(image, "2023-04-15")]
    centre.owner.execute("UPDATE organisations SET certificate_signatory = NULL")
    assert tasks(course.main_user) == [(f"PATCH /v1/organisations/{course.central}", "2023-04-15")]
    assert tasks(staff) == tasks(course.writer) == []
    centre.owner.execute("DELETE FROM study_centre_signature_images")
    assert tasks(staff) == [("PUT /v1/study-centre/signature-image", "2023-04-15")]
    centre.clock(2023, 4, 16)
    assert tasks(course.main_user) == tasks(staff) == []
