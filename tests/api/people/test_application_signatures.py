"""`/v1/main-user-applications/{id}`: its document, the signed document and the signatures.

`tests/documents` checks hostile files of all kinds; here, each refusal reaches the caller and leaves nothing behind.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer

from app.api.keys import drawn_key
from app.db.identifiers import new_id
from app.domain.calendar.deadlines import HELSINKI
from app.domain.people.signatures import SIGNED_DOCUMENT_BYTES
from app.sandbox.authority import Authority
from app.sandbox.main import create_app
from app.sandbox.signing import Identity
from app.settings import Settings
from tests.api.people.candidates import Candidate, signatory_of
from tests.builders import Centre, Person, refusal
from tests.conftest import SECRET
from tests.documents.text import text_of
from tests.server import serving

AT = datetime(2023, 3, 15, 11, 59, 59, tzinfo=HELSINKI)
NOW = AT + timedelta(minutes=10)
TRUSTED = Authority(drawn_key(SECRET, "authority"))
UNKNOWN = Authority(b"?" * 32, "Unknown")
APPLICANT, SIGNATORY = "Aino Esimerkki", "Aili Puheenjohtaja"


@pytest.fixture
def candidate(centre: Centre) -> Candidate:
    return Candidate.of(centre)


@pytest.fixture
def location(centre: Centre, candidate: Candidate) -> str:
    location = candidate.submitted()
    centre.clock_at(NOW)
    return location


def signed(document: bytes, *names: str, authority: Authority = TRUSTED) -> bytes:
    for name in names:
        document = asyncio.run(authority.sign(document, name=name, person=name, at=NOW))
    return document


def document_of(person: Person, location: str) -> bytes:
    answer = person.get(f"{location}/document")
    assert answer.status_code == 200
    return answer.content


def upload(person: Person, location: str, content: bytes, **headers: str) -> httpx.Response:
    return person.client.put(
        f"{location}/signed-document", content=content, headers={"Content-Type": "application/pdf"} | headers
    )


def signatures_of(person: Person, location: str) -> list[dict[str, Any]]:
    """In the order in which they were found."""
    items: list[dict[str, Any]] = person.get(f"{location}/signatures").json()["items"]
    return items[::-1]


def kept(centre: Centre) -> list[tuple[int, ...]]:
    return centre.rows(
        "SELECT (SELECT count(*) FROM main_user_application_signed_documents), "
        "(SELECT count(*) FROM main_user_application_signatures)"
    )


def test_the_application_shows_the_digest_of_its_document(centre: Centre, candidate: Candidate, location: str) -> None:
    answer = candidate.applicant.get(f"{location}/document")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    application = candidate.applicant.get(location).json()
    assert application["document_digest"] == sha256(answer.content).hexdigest()
    assert candidate.staff.get(f"{location}/document").content == answer.content
    assert refusal(centre.person().get(f"{location}/document")) == (404, "not-found")


@pytest.mark.parametrize(
    ("language", "title"),
    [("fi", "Pääkäyttäjähakemus"), ("sv", "Ansökan om att bli huvudanvändare"), ("en", "Main-user application")],
)
def test_the_document_is_in_the_language_of_the_application(candidate: Candidate, language: str, title: str) -> None:
    location = candidate.submitted(language=language)
    answer = candidate.applicant.get(f"{location}/document")
    assert PdfFileReader(BytesIO(answer.content)).root["/Lang"].startswith(language)
    text = text_of(answer.content)
    expected = [title, "Marttaliitto", APPLICANT, SIGNATORY, location.rpartition("/")[2]]
    assert [each for each in expected if each not in text] == []


def test_a_draft_has_no_document_and_before_the_upload_there_is_no_signed_one(candidate: Candidate) -> None:
    location = candidate.drafted()
    for path in ("document", "signed-document", f"signatures/{new_id()}"):
        assert refusal(candidate.applicant.get(f"{location}/{path}")) == (404, "not-found")
    assert refusal(upload(candidate.applicant, location, b"%PDF-")) == (409, "wrong-state")


def test_a_document_does_not_change_after_the_submission(centre: Centre, candidate: Candidate, location: str) -> None:
    assert candidate.applicant.get(f"{location}/document").status_code == 200
    with pytest.raises(psycopg.errors.CheckViolation, match="documents_digest"):
        centre.owner.execute("UPDATE main_user_application_documents SET content = content || '%'")


def test_a_document_signed_by_both_waits_for_the_staff_to_match_them(
    centre: Centre, candidate: Candidate, location: str
) -> None:
    both = signed(document_of(candidate.applicant, location), APPLICANT, SIGNATORY)
    answer = upload(candidate.applicant, location, both)
    assert (answer.status_code, answer.json()["state"]) == (200, "signed")
    fetched = candidate.applicant.get(location)
    assert (fetched.json(), fetched.headers["ETag"]) == (answer.json(), answer.headers["ETag"])
    assert candidate.applicant.get(f"{location}/signed-document").content == both
    assert answer.json()["signed_document_digest"] == sha256(both).hexdigest()

    first, second = signatures_of(candidate.staff, location)
    assert [(s["signs_as"], s["named"], s["certificate"]["common_name"], s["state"]) for s in (first, second)] == [
        ("applicant", APPLICANT, APPLICANT, "unmatched"),
        ("signatory", SIGNATORY, SIGNATORY, "unmatched"),
    ]
    assert (first["method"], first["revocation"], first["signed_at_by"]) == ("document", "good", "signer")
    assert {check["finding"] for check in first["checks"]} == {"passed"}
    assert candidate.staff.get(f"{location}/signatures/{first['id']}").json() == first

    for signature, state in ((first, "signed"), (second, "received")):
        path = f"{location}/signatures/{signature['id']}"
        matched = candidate.staff.post(f"{path}/match", {"signs_as": signature["signs_as"]})
        assert (matched.json()["state"], matched.json()["matched_by"]) == ("matched", str(candidate.staff.id))
        assert (candidate.staff.get(path).json(), candidate.staff.get(path).headers["ETag"]) == (
            matched.json(),
            matched.headers["ETag"],
        )
        assert candidate.applicant.get(location).json()["state"] == state
    assert candidate.applicant.get(location).json()["received_at"] == NOW.isoformat()
    events = [event for (event,) in centre.rows("SELECT event FROM outbox ORDER BY id")]
    assert [event for event in events if event.endswith((".signed", ".received"))] == [
        "main-user-application.signed",
        "main-user-application.received",
    ]


def test_the_second_person_signs_the_document_that_the_first_signed(candidate: Candidate, location: str) -> None:
    once = signed(document_of(candidate.applicant, location), APPLICANT)
    first = upload(candidate.applicant, location, once)
    assert first.json()["state"] == "awaiting_signatures"
    found = candidate.applicant.get(f"{location}/signed-document")
    both = signed(found.content, SIGNATORY)
    assert refusal(upload(candidate.applicant, location, both)) == (428, "precondition-required")
    stale = upload(candidate.applicant, location, both, **{"If-Match": '"0"'})
    assert refusal(stale) == (412, "precondition-failed")
    assert stale.json()["etag"] == found.headers["ETag"]
    second = upload(candidate.applicant, location, both, **{"If-Match": found.headers["ETag"]})
    assert second.json()["state"] == "signed"
    assert [s["signs_as"] for s in signatures_of(candidate.staff, location)] == ["applicant", "signatory"]
    assert upload(candidate.applicant, location, once, **{"If-Match": first.headers["ETag"]}).status_code == 412
    assert upload(candidate.applicant, location, once, **{"If-Match": second.headers["ETag"]}).status_code == 200


def test_one_person_signs_the_document_and_the_other_in_the_service(centre: Centre) -> None:
    candidate = Candidate.of(centre, signatory_in_person=True)
    assert candidate.signatory
    centre.owner.execute("UPDATE persons SET name = %s WHERE id = %s", [SIGNATORY, candidate.signatory.id])
    location = candidate.submitted()
    centre.clock_at(NOW)
    here = candidate.sign_here(candidate.applicant, location)
    assert (here["method"], here["state"], here["acr"]) == ("service", "matched", "sandbox-strong")
    brought = upload(candidate.applicant, location, signed(document_of(candidate.applicant, location), SIGNATORY))
    assert brought.json()["state"] == "signed"
    (signature,) = (s for s in signatures_of(candidate.staff, location) if s["method"] == "document")
    candidate.staff.post(f"{location}/signatures/{signature['id']}/match", {"signs_as": "signatory"})
    assert candidate.applicant.get(location).json()["state"] == "received"


def test_merging_an_applicant_with_the_matching_staff_withdraws_the_application(
    centre: Centre, candidate: Candidate, location: str
) -> None:
    upload(candidate.applicant, location, signed(document_of(candidate.applicant, location), APPLICANT, SIGNATORY))
    signature = signatures_of(candidate.staff, location)[0]
    answer = candidate.staff.post(f"{location}/signatures/{signature['id']}/match", {"signs_as": signature["signs_as"]})
    assert answer.status_code == 200, answer.text
    body = {"person_id": str(candidate.staff.id), "reason": "Sama ihminen"}
    other = centre.staff()
    assert other.post(f"/v1/people/{candidate.applicant.id}/merger", body).status_code == 200
    assert other.get(location).json()["state"] == "withdrawn"


def altered(document: bytes) -> bytes:
    """Change one byte of the signed part."""
    place = document.index(b"/Type")
    return document[:place] + b"/Typf" + document[place + 5 :]


def encrypted(document: bytes) -> bytes:
    writer = copy_into_new_writer(PdfFileReader(BytesIO(document)))
    writer.encrypt(owner_pass="secret", user_pass="secret")  # type: ignore[no-untyped-call]  # The library leaves it out.
    output = BytesIO()
    writer.write(output)  # type: ignore[no-untyped-call]  # The same.
    return output.getvalue()


def signed_as(identity: Identity, document: bytes) -> bytes:
    """Without evidence that the certificate is not revoked."""
    return asyncio.run(TRUSTED.sign_as(identity, document, at=NOW))


def certified(
    valid_from: datetime = NOW - timedelta(days=1), valid_until: datetime = NOW + timedelta(days=1)
) -> Identity:
    return TRUSTED.issue(name=APPLICANT, person="1", valid_from=valid_from, valid_until=valid_until)


HOSTILE: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "not a PDF": (lambda _: b"PK\x03\x04 an archive", "not-a-pdf"),
    "empty": (lambda _: b"%PDF-1.7\n", "not-a-pdf"),
    "encrypted": (encrypted, "encrypted"),
    "without a signature": (lambda document: document, "not-signed"),
    "altered by a byte": (lambda document: altered(signed(document, APPLICANT)), "not-this-document"),
    "signed by an unknown root": (
        lambda document: signed(document, APPLICANT, authority=UNKNOWN),
        "certificate-untrusted",
    ),
    "signed by an expired certificate": (
        lambda document: signed_as(certified(NOW - timedelta(days=9), NOW - timedelta(days=2)), document),
        "certificate-expired",
    ),
    "signed twice by the same": (lambda document: signed(document, APPLICANT, APPLICANT), "signed-twice"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_file_that_is_not_the_signed_document_is_refused_and_leaves_nothing(
    centre: Centre, candidate: Candidate, location: str, kind: str
) -> None:
    before = candidate.applicant.get(location).json()
    made, finding = HOSTILE[kind]
    answer = upload(candidate.applicant, location, made(document_of(candidate.applicant, location)))
    assert refusal(answer) == (422, "signed-document-refused")
    assert answer.json()["finding"] == finding
    assert kept(centre) == [(0, 0)]
    assert candidate.applicant.get(location).json() == before


def test_the_document_of_another_application_is_refused(centre: Centre, candidate: Candidate, location: str) -> None:
    other = Candidate.of(centre)
    document = document_of(other.applicant, other.submitted())
    answer = upload(candidate.applicant, location, signed(document, APPLICANT, SIGNATORY))
    assert refusal(answer) == (422, "signed-document-refused")
    assert answer.json()["finding"] == "not-this-document"
    assert kept(centre) == [(0, 0)]


def test_a_certificate_on_a_configured_revocation_list_is_refused(
    centre: Centre, candidate: Candidate, location: str, settings: Settings, tmp_path: Path
) -> None:
    identity, revoked = certified(), tmp_path / "revoked.crl"
    revoked.write_bytes(TRUSTED.revocation_list(NOW - timedelta(hours=1), [identity]))
    content = signed_as(identity, document_of(candidate.applicant, location))
    with serving(create_app(settings.model_copy(update={"signature_revocation_lists": [revoked]}))) as address:
        answer = upload(candidate.applicant, f"{address}{location}", content)
        assert refusal(answer) == (422, "signed-document-refused")
        assert answer.json()["finding"] == "certificate-revoked"
        assert kept(centre) == [(0, 0)]
        other = signed_as(certified(), document_of(candidate.applicant, location))
        assert upload(candidate.applicant, f"{address}{location}", other).status_code == 200
    assert [signature["revocation"] for signature in signatures_of(candidate.staff, location)] == ["good"]


def test_a_person_who_signed_in_the_service_does_not_sign_the_document_too(centre: Centre) -> None:
    candidate = Candidate.of(centre, signatory_in_person=True)
    assert candidate.signatory
    centre.owner.execute("UPDATE persons SET name = %s WHERE id = %s", [SIGNATORY, candidate.signatory.id])
    location = candidate.submitted()
    centre.clock_at(NOW)
    candidate.sign_here(candidate.applicant, location)
    answer = upload(candidate.applicant, location, signed(document_of(candidate.applicant, location), APPLICANT))
    assert refusal(answer) == (422, "signed-document-refused")
    assert answer.json()["finding"] == "signed-twice"


@pytest.mark.parametrize("size", [SIGNED_DOCUMENT_BYTES + 1, 60 * 1024 * 1024])
def test_a_file_that_is_too_large_is_refused_before_it_is_read(candidate: Candidate, location: str, size: int) -> None:
    answer = upload(candidate.applicant, location, b"%PDF-" + bytes(size - 5))
    assert refusal(answer) == (413, "payload-too-large")


def test_only_a_pdf_is_accepted(candidate: Candidate, location: str) -> None:
    answer = upload(candidate.applicant, location, b"{}", **{"Content-Type": "application/json"})
    assert refusal(answer) == (415, "unsupported-media-type")


def test_only_the_applicant_and_staff_upload_the_document(centre: Centre, candidate: Candidate, location: str) -> None:
    content = signed(document_of(candidate.applicant, location), APPLICANT)
    for person in (centre.main_user(candidate.central), centre.person("auditor")):
        assert refusal(upload(person, location, content)) == (403, "forbidden")
    assert refusal(upload(centre.person("training_manager", candidate.unit), location, content)) == (404, "not-found")
    assert upload(candidate.staff, location, content).status_code == 200


def test_late_signatures_and_those_of_an_ended_signatory_are_refused(
    centre: Centre, candidate: Candidate, location: str
) -> None:
    content = signed(document_of(candidate.applicant, location), APPLICANT, SIGNATORY)
    signatory = f"/v1/organisations/{candidate.central}/signatories/{candidate.signatory_id}"
    candidate.staff.post(f"{signatory}/end", key=False)
    ended = upload(candidate.applicant, location, content)
    assert refusal(ended) == (409, "wrong-state")
    assert ended.json()["state"] == "ended"
    centre.clock(2023, 5, 15)
    late = upload(candidate.applicant, location, content)
    assert refusal(late) == (409, "wrong-state")
    assert late.json()["state"] == "expired"


def test_one_of_two_simultaneous_documents_is_kept(centre: Centre, candidate: Candidate, location: str) -> None:
    document = document_of(candidate.applicant, location)
    contents = [signed(document, APPLICANT), signed(document, SIGNATORY)]
    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(lambda content: upload(candidate.applicant, location, content), contents))
    assert sorted(answer.status_code for answer in answers) == [200, 428]
    assert kept(centre) == [(1, 1)]


def test_staff_match_a_signature_in_another_name_with_a_reason(candidate: Candidate, location: str) -> None:
    document = document_of(candidate.applicant, location)
    assert upload(candidate.applicant, location, signed(document, "Esimerkki Aino Maria", "A. P.")).json()["state"] == (
        "signed"
    )
    first, second = signatures_of(candidate.staff, location)
    assert [(s["signs_as"], s["named"]) for s in (first, second)] == [("applicant", APPLICANT), (None, None)]
    path = f"{location}/signatures/{{}}/match"
    for signature, signs_as in ((first, "signatory"), (second, "applicant")):
        silent = candidate.staff.post(path.format(signature["id"]), {"signs_as": signs_as})
        assert [(e["pointer"], e["code"]) for e in silent.json()["errors"]] == [("/reason", "names-differ")]
    reason = {"reason": "Puhuttelunimi, henkilötunnus tarkistettu"}
    assert candidate.staff.post(path.format(second["id"]), {"signs_as": "applicant"} | reason).status_code == 200
    taken = candidate.staff.post(path.format(first["id"]), {"signs_as": "applicant"})
    assert refusal(taken) == (409, "already-exists")
    assert taken.json()["existing_id"] == second["id"]
    assert candidate.staff.post(path.format(first["id"]), {"signs_as": "signatory"} | reason).status_code == 200
    again = candidate.staff.post(path.format(first["id"]), {"signs_as": "signatory"})
    assert refusal(again) == (409, "wrong-state")
    assert candidate.staff.get(location).json()["state"] == "received"


def test_a_certificate_without_evidence_is_accepted_with_a_reason(candidate: Candidate, location: str) -> None:
    document = document_of(candidate.applicant, location)
    assert upload(candidate.applicant, location, signed_as(certified(), document)).status_code == 200
    (signature,) = signatures_of(candidate.staff, location)
    assert signature["revocation"] == "unknown"
    assert {"name": "not-revoked", "finding": "unknown"} in signature["checks"]
    match = f"{location}/signatures/{signature['id']}/match"
    silent = candidate.staff.post(match, {"signs_as": "applicant"})
    assert [(e["pointer"], e["code"]) for e in silent.json()["errors"]] == [("/reason", "revocation-unknown")]
    matched = candidate.staff.post(match, {"signs_as": "applicant", "reason": "Soitin hakijalle"})
    assert (matched.json()["state"], matched.json()["reason"]) == ("matched", "Soitin hakijalle")


def test_only_staff_match_signatures_and_not_their_own(centre: Centre, candidate: Candidate, location: str) -> None:
    upload(candidate.applicant, location, signed(document_of(candidate.applicant, location), APPLICANT))
    (signature,) = signatures_of(candidate.staff, location)
    match = f"{location}/signatures/{signature['id']}/match"
    main_user = centre.main_user(candidate.central)
    for person in (candidate.applicant, main_user):
        assert refusal(person.post(match, {"signs_as": "applicant"})) == (403, "forbidden")
        centre.grant(person.id, "staff")
        assert refusal(person.post(match, {"signs_as": "applicant"})) == (403, "forbidden")
    unknown = candidate.staff.post(f"{location}/signatures/{new_id()}/match", {"signs_as": "applicant"})
    assert refusal(unknown) == (404, "not-found")
    assert refusal(candidate.staff.post(match, {"signs_as": "staff"})) == (422, "validation")


def test_both_people_sign_in_the_service(centre: Centre) -> None:
    candidate = Candidate.of(centre, signatory_in_person=True)
    assert candidate.signatory
    location = candidate.submitted()
    digest = candidate.applicant.get(location).json()["document_digest"]
    answer = candidate.applicant.post(f"{location}/signatures", {"digest": digest.upper()})
    assert answer.status_code == 201
    assert candidate.applicant.get(answer.headers["Location"]).json() == answer.json()
    assert (answer.json()["person_id"], answer.json()["signs_as"]) == (str(candidate.applicant.id), "applicant")
    again = candidate.applicant.post(f"{location}/signatures", {"digest": digest})
    assert refusal(again) == (409, "already-exists")
    assert again.json()["existing_id"] == answer.json()["id"]
    candidate.sign_here(candidate.signatory, location)
    assert candidate.applicant.get(location).json()["state"] == "received"
    ((evidence, kept_digest),) = centre.rows(
        "SELECT evidence, evidence_digest FROM main_user_application_signatures WHERE signs_as = 'applicant'"
    )
    assert evidence["document_digest"] == digest
    assert evidence["person_id"] == str(candidate.applicant.id)
    assert evidence["request_id"] == answer.headers["X-Request-Id"]
    assert answer.json()["evidence_digest"] == kept_digest


def test_signing_in_the_service_needs_the_digest_and_a_fresh_strong_sign_in(centre: Centre) -> None:
    candidate = Candidate.of(centre, signatory_in_person=True)
    location = candidate.submitted()
    digest = candidate.applicant.get(location).json()["document_digest"]
    other = candidate.applicant.post(f"{location}/signatures", {"digest": "0" * 64})
    assert [(e["pointer"], e["code"]) for e in other.json()["errors"]] == [("/digest", "digest-differs")]
    for wrong in ("0", "g" * 64):
        answer = candidate.applicant.post(f"{location}/signatures", {"digest": wrong})
        assert refusal(answer) == (422, "validation")
    weak = centre.issuer.token_for(candidate.applicant.id, strong=False)
    answer = candidate.applicant.post(
        f"{location}/signatures", {"digest": digest}, headers={"Authorization": f"Bearer {weak}"}
    )
    assert refusal(answer) == (401, "strong-authentication-required")
    assert "max_age=" in answer.headers["WWW-Authenticate"]
    for person in (candidate.staff, centre.main_user(candidate.central)):
        assert refusal(person.post(f"{location}/signatures", {"digest": digest})) == (403, "forbidden")
    stranger = centre.person("training_manager", candidate.unit)
    assert refusal(stranger.post(f"{location}/signatures", {"digest": digest})) == (404, "not-found")
    assert kept(centre) == [(0, 0)]


def test_one_of_two_simultaneous_signings_is_kept(centre: Centre) -> None:
    candidate = Candidate.of(centre, signatory_in_person=True)
    location = candidate.submitted()
    body = {"digest": candidate.applicant.get(location).json()["document_digest"]}
    with ThreadPoolExecutor(3) as threads:
        answers = list(threads.map(lambda _: candidate.applicant.post(f"{location}/signatures", body), range(3)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]


def test_a_withdrawn_application_cannot_be_signed(centre: Centre) -> None:
    candidate = Candidate.of(centre, signatory_in_person=True)
    location = candidate.submitted()
    digest = candidate.applicant.get(location).json()["document_digest"]
    assert candidate.applicant.post(f"{location}/withdrawal", key=False).status_code == 200
    answer = candidate.applicant.post(f"{location}/signatures", {"digest": digest})
    assert refusal(answer) == (409, "wrong-state")
    assert (answer.json()["state"], answer.json()["allowed"]) == ("withdrawn", ["awaiting_signatures"])


def test_a_signatory_known_by_name_only_does_not_sign_in_the_service(candidate: Candidate, location: str) -> None:
    candidate.sign_here(candidate.applicant, location)
    body = {"digest": candidate.applicant.get(location).json()["document_digest"]}
    assert refusal(candidate.staff.post(f"{location}/signatures", body)) == (403, "forbidden")
    assert candidate.applicant.get(location).json()["state"] == "awaiting_signatures"


def test_everybody_who_sees_the_application_sees_its_signatures(
    centre: Centre, candidate: Candidate, location: str
) -> None:
    upload(candidate.applicant, location, signed(document_of(candidate.applicant, location), APPLICANT))
    for person in (candidate.applicant, centre.main_user(candidate.central), centre.person("auditor")):
        assert len(signatures_of(person, location)) == 1
    stranger = centre.person("training_manager", candidate.unit)
    assert refusal(stranger.get(f"{location}/signatures")) == (404, "not-found")
    other = Candidate.of(centre)
    assert signatures_of(other.applicant, other.submitted()) == []
    assert signatory_of(other.staff, other.central)["state"] == "unconfirmed"
