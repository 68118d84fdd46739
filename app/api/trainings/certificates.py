"""`/v1/completions/{id}/certificates` and `/v1/certificates`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from app.api.conventions import PlainWrite, ServiceKeys, Write, WriteOnce
from app.api.files import PDF, Download, giving
from app.api.operations import Operation, Tag
from app.api.paging import Page, Paging
from app.api.rendering import Created
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import Body, Text
from app.db.paging import Slice
from app.domain.organisations.organisations import Language
from app.domain.trainings.certificates import CourseCertificate
from app.services.trainings import certificates
from app.services.trainings.certificates import Making, making_of

router = APIRouter(
    prefix="/completions/{completion_id}/certificates",
    route_class=Operation,
    tags=[
        Tag(
            "Certificates",
            "Certificates of passed courses as PDFs whose bytes never change, each with a code by which anybody checks "
            "it.",
        )
    ],
)
certificates_router = APIRouter(prefix="/certificates", route_class=Operation, tags=["Certificates"])


class CertificateIn(Body):
    language: Language | None = None
    """Language of the certificate, one of those of the training model's version. By default it is that of the
    course."""


class CertificateWithdrawalIn(Body):
    reason: Text
    """Reason of the withdrawal."""


async def making(keys: ServiceKeys) -> Making:
    return making_of(keys.public_url, keys.seal)


MakingOf = Annotated[Making, Depends(making)]


@router.post(
    "",
    status_code=201,
    response_model=CourseCertificate,
    responses=refusing("wrong-state", "already-exists", "signature-missing"),
)
@operation(people_only=True)
async def make_completion_certificate(
    writer: WriteOnce, making: MakingOf, completion_id: UUID, body: CertificateIn | None = None
) -> Created:
    """Create the certificate of a completion.

    Possible for a passed completion in force, once in each language. It has the signatures of the study centre and of
    the model's central organisation; what they lack is in `missing`. The certificate of a corrected completion replaces
    the old one.

    **Who:** training managers of the organisation, its unit managers and main users, the learner.
    """
    made = await certificates.make_certificate(writer, making, completion_id, body.language if body else None)
    return Created(made, location=f"/v1/certificates/{made.id}")


@router.get("", response_model=Page[CourseCertificate])
@operation(people_only=True)
async def list_completion_certificates(
    writer: PlainWrite, page: Paging, completion_id: UUID
) -> Slice[CourseCertificate]:
    """List the certificates of a completion.

    The newest come first. Each reading by staff is recorded in the audit.

    **Who:** training managers of the organisation, its unit managers and main users, the learner, staff named to see
    participants.
    """
    return await certificates.list_certificates(writer, page, completion_id)


@certificates_router.get("/{certificate_id}")
@operation(people_only=True)
async def get_certificate(writer: PlainWrite, certificate_id: UUID) -> CourseCertificate:
    """Get a certificate.

    Each reading by staff is recorded in the audit.

    **Who:** training managers of the organisation, its unit managers and main users, the learner, staff named to see
    participants.
    """
    return await certificates.get_certificate(writer, certificate_id)


@certificates_router.get("/{certificate_id}/document", **giving(PDF))
@operation(people_only=True, personal_data=True)
async def get_certificate_document(writer: PlainWrite, certificate_id: UUID) -> Download:
    """Get a certificate as a PDF.

    The bytes never change, and `digest` is their digest. Each reading by staff is recorded in the audit.

    **Who:** training managers of the organisation, its unit managers and main users, the learner, staff named to see
    participants.
    """
    name, content, language = await certificates.get_document(writer, certificate_id)
    return Download(content, PDF, name, language)


@certificates_router.post("/{certificate_id}/withdrawal", responses=refusing("wrong-state"))
@operation(people_only=True)
async def withdraw_certificate(writer: Write, certificate_id: UUID, body: CertificateWithdrawalIn) -> CourseCertificate:
    """Withdraw a certificate.

    Its check then says that it is withdrawn. Another one can be made.

    **Who:** staff named to see participants.
    """
    return await certificates.withdraw(writer, certificate_id, body.reason)
