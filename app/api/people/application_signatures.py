"""`/v1/main-user-applications/{id}`: the document, the signed document, the signatures."""

import asyncio
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import StringConstraints

from app.api.backend import Backend
from app.api.conventions import File, Read, Replace, Write
from app.api.files import PDF, Download, giving
from app.api.operations import Operation
from app.api.paging import Page, Paging
from app.api.responses import refusing
from app.api.security import FileBody, operation
from app.api.shapes import Body, Text
from app.db.paging import Slice
from app.documents.signatures import Trust
from app.domain.people.application_signatures import ApplicationSignature, SignsAs
from app.domain.people.main_user_applications import MainUserApplication
from app.domain.people.signatures import SIGNED_DOCUMENT_BYTES
from app.services.people import application_signatures as signatures

router = APIRouter(
    prefix="/main-user-applications/{application_id}", route_class=Operation, tags=["Main-user applications"]
)


class ServiceSignatureIn(Body):
    digest: Annotated[str, StringConstraints(pattern=r"^[0-9A-Fa-f]{64}$")]
    """SHA-256 digest of the document to sign, in hexadecimal digits: the application's `document_digest`."""


class MatchIn(Body):
    signs_as: SignsAs
    """Person whose signature it is, according to the certificate's subject."""
    reason: Text | None = None
    """Reason for accepting the signature. Required if revocation is unknown or the certificate has a different name.
    `null` if none is given."""


async def trust_of(request: Request) -> Trust:
    backend: Backend = request.app.state.backend
    return await asyncio.to_thread(backend.trust)


@router.get("/document", **giving(PDF))
@operation(people_only=True, personal_data=True)
async def get_main_user_application_document(reader: Read, application_id: UUID) -> Download:
    """Get the document to be signed.

    Returns the PDF that was created when the application was submitted.

    **Who:** the applicant, the signatory, the organisation's main users, staff, auditors.
    """
    content = await signatures.get_document(reader, application_id)
    return Download(content, PDF, f"main-user-application-{application_id}.pdf")


@router.put("/signed-document", responses=refusing("wrong-state", "signed-document-refused", "precondition-required"))
@operation(people_only=True, file=FileBody((PDF,), largest=SIGNED_DOCUMENT_BYTES))
async def put_signed_main_user_application(
    writer: Replace, application_id: UUID, file: File, trust: Annotated[Trust, Depends(trust_of)]
) -> MainUserApplication:
    """Upload the signed document.

    Accepts the document with one signature or both. The second signer signs the document that the first has signed.
    `If-Match` is required if a signed document exists: use the `ETag` of that document or of the application.

    **Who:** the applicant, the signatory, staff.
    """
    return await signatures.bring_signed_document(
        writer, application_id, content=file.content, trust=trust, expected=writer.expected
    )


@router.get("/signed-document", **giving(PDF))
@operation(people_only=True, personal_data=True)
async def get_signed_main_user_application(reader: Read, application_id: UUID) -> Download:
    """Get the signed document.

    Returns the document that was uploaded last.

    **Who:** the applicant, the signatory, the organisation's main users, staff, auditors.
    """
    content = await signatures.get_signed_document(reader, application_id)
    return Download(content, PDF, f"main-user-application-{application_id}-signed.pdf")


@router.post("/signatures", status_code=201, responses=refusing("wrong-state", "already-exists"))
@operation(people_only=True, strong_sign_in=True)
async def sign_main_user_application(
    writer: Write, application_id: UUID, body: ServiceSignatureIn
) -> ApplicationSignature:
    """Sign the application in the service.

    Requires a strong authentication within the last five minutes.

    **Who:** the applicant, the signatory.
    """
    return await signatures.sign_in_service(writer, application_id, digest=body.digest)


@router.get("/signatures", response_model=Page[ApplicationSignature])
@operation(people_only=True, personal_data=True)
async def list_main_user_application_signatures(
    reader: Read, page: Paging, application_id: UUID
) -> Slice[ApplicationSignature]:
    """List the signatures of an application.

    Shows whose signatures they are and the results of the checks, newest first.

    **Who:** the applicant, the signatory, the organisation's main users, staff, auditors.
    """
    return await signatures.list_signatures(reader, page, application_id)


@router.get("/signatures/{signature_id}")
@operation(people_only=True, personal_data=True)
async def get_main_user_application_signature(
    reader: Read, application_id: UUID, signature_id: UUID
) -> ApplicationSignature:
    """Get a signature of an application.

    **Who:** the applicant, the signatory, the organisation's main users, staff, auditors.
    """
    return await signatures.get_signature(reader, application_id, signature_id)


@router.post("/signatures/{signature_id}/match", responses=refusing("wrong-state", "already-exists"))
@operation(people_only=True)
async def confirm_main_user_application_signature(
    writer: Write, application_id: UUID, signature_id: UUID, body: MatchIn
) -> ApplicationSignature:
    """Confirm whose signature it is.

    Confirms a signature in the document. When both are confirmed, the application is received.

    **Who:** staff, except the people concerned and the organisation's main users.
    """
    return await signatures.confirm_match(
        writer, application_id, signature_id, signs_as=body.signs_as, reason=body.reason
    )
