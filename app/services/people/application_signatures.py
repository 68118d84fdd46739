"""The application's document and its signatures: upload, sign in the service, match, get and list."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from app.db.organisations.organisations import get_place
from app.db.paging import PageRequest, Slice
from app.db.people.application_documents import find_document, find_signed_document
from app.db.people.application_signatures import (
    find_signatures,
    keep_service_signature,
    keep_signed_document,
    match_signature,
    signature_listing,
)
from app.db.people.main_user_applications import applications, main_user_applications
from app.db.people.signatories import signatory_resource
from app.db.sessions import Reader, Writer
from app.db.statements import change_value
from app.documents.signatures import Trust, examine
from app.domain.errors import NotFound
from app.domain.people import application_signatures as rules
from app.domain.people.application_signatures import ApplicationSignature, SignsAs
from app.domain.people.main_user_applications import (
    MainUserApplication,
    check_document_version,
    check_may_judge,
    check_may_upload,
    check_signatory,
    check_state,
)
from app.domain.people.signatures import Check, SignInEvidence
from app.domain.versions import Versions
from app.services.people.main_user_applications import record_application


async def get_document(reader: Reader, application_id: UUID) -> bytes:
    return await _content(reader, application_id, signed=False)


async def get_signed_document(reader: Reader, application_id: UUID) -> bytes:
    return await _content(reader, application_id, signed=True)


async def bring_signed_document(
    writer: Writer, application_id: UUID, *, content: bytes, trust: Trust, expected: Versions
) -> MainUserApplication:
    """Check and keep the signed document, in place of an earlier one. A refused document is not kept."""
    application = await _get_to_sign(writer, application_id, expected)
    original = await find_document(writer.connection, application_id)
    if original is None or application.submitted_at is None:
        raise NotFound
    found = await examine(original, content, trust, made_at=application.submitted_at, now=writer.now)
    # The document was examined without a lock, because that takes time. Changes made meanwhile are seen now.
    application = await _get_to_sign(writer, application_id, expected, locked=True)
    present = await find_signatures(writer, application_id)
    in_service = {signature.signs_as for signature in present if signature.method == "service" and signature.signs_as}
    signs_as = rules.signers_of(found.signatures, application, in_service)
    document_id = await keep_signed_document(
        writer,
        application_id,
        content,
        found.signed_document_digest,
        list(zip(found.signatures, signs_as, strict=True)),
    )
    brought = await change_value(writer.connection, main_user_applications, application, signed_document_id=document_id)
    brought = replace(brought, signed_document_digest=found.signed_document_digest)
    record_application(
        writer,
        "signed-document-brought",
        brought,
        digest=found.signed_document_digest,
        signatures=len(found.signatures),
    )
    return await _update_state(writer, brought)


async def sign_in_service(writer: Writer, application_id: UUID, *, digest: str) -> ApplicationSignature:
    application = await applications.get(writer, application_id, locked=True)
    signs_as = rules.check_may_sign(writer.actor, application, datetime.now(UTC))
    check_state(application, "awaiting_signatures")
    await _check_signatory(writer, application)
    rules.check_not_signed(await find_signatures(writer, application_id), signs_as)
    rules.check_digest(digest, application.document_digest)
    signed_in = writer.actor.authentication
    evidence = SignInEvidence(
        person_id=writer.actor.person_id,
        issuer=signed_in.issuer,
        subject=signed_in.subject,
        acr=signed_in.acr or "",
        authenticated_at=signed_in.at or writer.now,
        document_digest=digest.lower(),
        signed_at=writer.now,
        request_id=writer.request_id,
    )
    checks = [Check("document-is-ours", "passed"), Check("authentication-fresh", "passed")]
    signature_id = await keep_service_signature(writer, application_id, signs_as, evidence, checks)
    record_application(writer, "signed-in-service", application, signs_as=signs_as, evidence_digest=evidence.digest)
    await _update_state(writer, application)
    return await _get_signature(writer, application_id, signature_id)


async def confirm_match(
    writer: Writer, application_id: UUID, signature_id: UUID, *, signs_as: SignsAs, reason: str | None
) -> ApplicationSignature:
    application = await applications.get(writer, application_id, locked=True)
    place = await get_place(writer.connection, application.organisation_id)
    signatures = await find_signatures(writer, application_id)
    signature = _of(signatures, signature_id)
    check_may_judge(writer.actor, application, place)
    check_state(application, "awaiting_signatures", "signed")
    rules.check_match(signature, signatures, signs_as, reason)
    await match_signature(writer, signature_id, signs_as, reason)
    record_application(
        writer, "signature-matched", application, reason=reason, signature_id=str(signature_id), signs_as=signs_as
    )
    await _update_state(writer, application)
    return await _get_signature(writer, application_id, signature_id)


async def get_signature(reader: Reader, application_id: UUID, signature_id: UUID) -> ApplicationSignature:
    await applications.get(reader, application_id)
    return await _get_signature(reader, application_id, signature_id)


async def list_signatures(reader: Reader, page: PageRequest, application_id: UUID) -> Slice[ApplicationSignature]:
    await applications.get(reader, application_id)
    return await signature_listing.page(reader, page, application_id=application_id)


async def _content(reader: Reader, application_id: UUID, *, signed: bool) -> bytes:
    await applications.get(reader, application_id)
    content = await (find_signed_document if signed else find_document)(reader.connection, application_id)
    if content is None:
        raise NotFound
    return content


async def _get_to_sign(
    writer: Writer, application_id: UUID, expected: Versions, *, locked: bool = False
) -> MainUserApplication:
    """Return the application if the caller may upload its signed document now."""
    application = await applications.get(writer, application_id, locked=locked)
    check_may_upload(writer.actor, application)
    check_document_version(application, expected)
    check_state(application, "awaiting_signatures", "signed")
    await _check_signatory(writer, application)
    return application


async def _check_signatory(writer: Writer, application: MainUserApplication) -> None:
    """Check that the signatory is still one: that may have ended since the submission."""
    signatory = await signatory_resource.find(writer, application.signatory_id)
    check_signatory(signatory, application.organisation_id, application.applicant_id, application.applicant_name)


async def _update_state(writer: Writer, application: MainUserApplication) -> MainUserApplication:
    """Change the application to the state that follows from its signatures, and record a new state."""
    state = rules.state_after(await find_signatures(writer, application.id))
    if state == application.state:
        return application
    received_at = writer.now if state == "received" else None
    settled = await change_value(
        writer.connection, main_user_applications, application, state=state, received_at=received_at
    )
    if state != "awaiting_signatures":
        record_application(writer, state, settled)
    return settled


async def _get_signature(session: Reader, application_id: UUID, signature_id: UUID) -> ApplicationSignature:
    return _of(await find_signatures(session, application_id), signature_id)


def _of(signatures: list[ApplicationSignature], signature_id: UUID) -> ApplicationSignature:
    for signature in signatures:
        if signature.id == signature_id:
            return signature
    raise NotFound
