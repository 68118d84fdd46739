"""`/v1/trainings/{id}/certificate-batches` and `/v1/certificate-batches`."""

from uuid import UUID

from fastapi import APIRouter

from app.api.conventions import InSandbox, PlainWrite, WriteOnce
from app.api.files import Download, giving
from app.api.operations import Operation
from app.api.paging import Page, Paging
from app.api.rendering import Created
from app.api.responses import refusing
from app.api.security import operation
from app.api.trainings.certificates import CertificateIn, MakingOf
from app.db.paging import Slice
from app.domain.trainings.certificate_batches import CertificateBatch
from app.services.trainings import certificate_batches

ZIP = "application/zip"

router = APIRouter(prefix="/trainings/{training_id}/certificate-batches", route_class=Operation, tags=["Certificates"])
batches_router = APIRouter(prefix="/certificate-batches", route_class=Operation, tags=["Certificates"])
_file = giving(ZIP)
_file["responses"] = _file["responses"] | refusing("wrong-state")


@router.post(
    "", status_code=201, response_model=CertificateBatch, responses=refusing("wrong-state", "signature-missing")
)
@operation(people_only=True)
async def request_training_certificates(
    writer: WriteOnce, making: MakingOf, in_sandbox: InSandbox, training_id: UUID, body: CertificateIn | None = None
) -> Created:
    """Request the certificates of a training course.

    Those of all passed completions in force. Certificates that exist are taken as they are. The worker makes the
    others, a sandbox immediately.

    **Who:** training managers of the organisation, its unit managers and main users.
    """
    language = body.language if body else None
    # A sandbox has no worker that could be waited for.
    batch = await certificate_batches.request_batch(writer, making, training_id, language, is_made_now=in_sandbox)
    return Created(batch, location=f"/v1/certificate-batches/{batch.id}")


@router.get("", response_model=Page[CertificateBatch])
@operation(people_only=True)
async def list_training_certificate_batches(
    writer: PlainWrite, page: Paging, training_id: UUID
) -> Slice[CertificateBatch]:
    """List the requested certificates of a training course.

    The newest come first.

    **Who:** training managers of the organisation, its unit managers and main users.
    """
    return await certificate_batches.list_batches(writer, page, training_id)


@batches_router.get("/{batch_id}")
@operation(people_only=True)
async def get_certificate_batch(writer: PlainWrite, batch_id: UUID) -> CertificateBatch:
    """Get the state of requested certificates.

    **Who:** training managers of the organisation, its unit managers and main users.
    """
    return await certificate_batches.get_batch(writer, batch_id)


@batches_router.get("/{batch_id}/file", **_file)
@operation(people_only=True, personal_data=True)
async def get_certificate_batch_file(writer: PlainWrite, batch_id: UUID) -> Download:
    """Get requested certificates as a ZIP.

    Possible for seven days after they were made, then it is 404 `not-found`. Each certificate is a PDF named by its
    code.

    **Who:** training managers of the organisation, its unit managers and main users.
    """
    name, content = await certificate_batches.get_file(writer, batch_id)
    return Download(content, ZIP, name)
