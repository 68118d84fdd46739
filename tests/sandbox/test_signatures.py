"""`POST /v1/sandbox/signatures`: the sandbox's own authority signs a main-user application's document for anybody."""

import asyncio
from datetime import datetime, timedelta

import pytest

from app.api.keys import drawn_key
from app.db.identifiers import new_id
from app.documents.applications import digest_of
from app.documents.signatures import Trust, examine
from app.sandbox.authority import Authority
from tests.builders import refusal
from tests.documents.by_hand import certifying
from tests.documents.test_additions import by
from tests.documents.test_applications import CONTENT, composed
from tests.sandbox import SECRET, Sandbox

LATER = timedelta(days=30)
SIGNATURES = "/v1/sandbox/signatures"


@pytest.fixture(scope="module")
def application_id(sandbox: Sandbox) -> str:
    """Drafted by the trainer of the first organisation, with a signatory of its own."""
    sandbox.clock("2023-06-15T12:00:00+03:00")
    staff, trainer = sandbox.person("staff@example.org"), sandbox.person("kouluttaja@example.org")
    [organisation] = trainer.get("/v1/me").json()["organisations"]
    central_id = organisation["central_organisation_id"]
    body = {"name": "Aili Puheenjohtaja", "basis": "Puheenjohtaja", "valid_from": "2023-01-01"}
    entered = staff.post(f"/v1/organisations/{central_id}/signatories", body)
    assert entered.status_code == 201, entered.text
    signatory = entered.json()
    if signatory["state"] == "unconfirmed":
        colleague = sandbox.person("staff2@example.org")
        assert colleague.post(f"{entered.headers['Location']}/confirmation", key=False).status_code == 200
    asked = {"organisation_id": central_id, "signatory_id": signatory["id"]}
    drafted = trainer.post("/v1/main-user-applications", asked)
    assert drafted.status_code == 201, drafted.text
    # Only the document is needed here, as the submission would make it.
    document = composed(CONTENT)
    sandbox.rows(
        "INSERT INTO main_user_application_documents (study_centre_id, application_id, content, digest, made_at)"
        " SELECT study_centre_id, id, %s, %s, %s FROM main_user_applications WHERE id = %s RETURNING digest",
        document,
        digest_of(document),
        datetime.fromisoformat("2023-06-15T11:00:00+03:00"),
        drafted.json()["id"],
    )
    return str(drafted.json()["id"])


def test_anybody_signs_and_the_service_accepts_it(sandbox: Sandbox, application_id: str) -> None:
    answer = sandbox.client.post(SIGNATURES, json={"application_id": application_id, "name": "Oskari Suvikangas"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/pdf")
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    ((original, made_at),) = sandbox.rows(
        "SELECT content, made_at FROM main_user_application_documents WHERE application_id = %s", application_id
    )
    trust = Trust((Authority(drawn_key(SECRET, "authority")).root,))
    now = made_at + timedelta(hours=2)
    examination = asyncio.run(examine(bytes(original), answer.content, trust, made_at=made_at, now=now))
    [signature] = examination.signatures
    assert signature.certificate.common_name == "Oskari Suvikangas"
    assert signature.revocation == "good"


def test_an_unknown_application_is_not_found(sandbox: Sandbox) -> None:
    answer = sandbox.client.post(SIGNATURES, json={"application_id": str(new_id()), "name": "Oskari Suvikangas"})
    assert (refusal(answer), answer.json()["pointer"]) == ((404, "not-found"), "/application_id")


def test_a_name_too_long_for_a_certificate_is_shortened(sandbox: Sandbox, application_id: str) -> None:
    answer = sandbox.client.post(SIGNATURES, json={"application_id": application_id, "name": "x" + "ä" * 63})
    assert (answer.status_code, answer.content[:5]) == (200, b"%PDF-")


def test_nobody_signs_after_a_signature_that_forbids_it(sandbox: Sandbox, application_id: str) -> None:
    own = Authority(drawn_key(SECRET, "authority"))
    signer = own.issue(name="Oskari", person="1", valid_from=CONTENT.made_at, valid_until=CONTENT.made_at + LATER)
    certified = certifying(composed(CONTENT), b"/TransformParams <</P 1>>").sign(composed(CONTENT), by(signer))
    changed = (
        "UPDATE main_user_application_documents SET content = %s, digest = %s WHERE application_id = %s RETURNING 1"
    )
    sandbox.rows(changed, certified, digest_of(certified), application_id)
    answer = sandbox.client.post(SIGNATURES, json={"application_id": application_id, "name": "Oskari Suvikangas"})
    assert (refusal(answer), answer.json()["finding"]) == ((422, "signed-document-refused"), "altered")
    sandbox.rows(changed, composed(CONTENT), digest_of(composed(CONTENT)), application_id)


@pytest.mark.parametrize("name", ["", "x" * 65, "a\x00b", 7, None])
def test_a_name_that_a_certificate_cannot_have_is_refused(sandbox: Sandbox, application_id: str, name: object) -> None:
    answer = sandbox.client.post(SIGNATURES, json={"application_id": application_id, "name": name})
    assert refusal(answer) == (422, "validation")
