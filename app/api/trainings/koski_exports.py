"""`/v1/koski-exports`."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field, Strict, StringConstraints

from app.api.conventions import NoBody, PlainWrite, ServiceKeys, Write, WriteOnce
from app.api.operations import Operation
from app.api.paging import Page, Paging
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import WHOLE, Body, Several, Text
from app.db.paging import Slice
from app.domain.trainings.koski_exports import (
    MOST_RECEIPTS,
    MOST_TRAININGS,
    ExportState,
    KoskiExport,
    Receipt,
    ReceiptOutcome,
)
from app.services.trainings import koski_exports

router = APIRouter(prefix="/koski-exports", route_class=Operation, tags=["Koski"])

StudyRightOid = Annotated[str, StringConstraints(pattern=r"^1\.2\.246\.562\.15\.[0-9]{11}$")]
LearnerOid = Annotated[str, StringConstraints(pattern=r"^1\.2\.246\.562\.(24|98|198)\.[0-9]{11}$")]


class KoskiExportIn(Body):
    training_ids: Annotated[list[UUID], Field(min_length=1, max_length=MOST_TRAININGS)]
    """IDs of the training courses, each once."""


class KoskiReceiptItemIn(Body):
    source_id: UUID
    """ID in the source system, of an item of the export."""
    outcome: ReceiptOutcome
    """Outcome in Koski. `withdrawn_by_learner`: the learner has withdrawn the consent in Koski’s own service."""
    study_right_oid: StudyRightOid | None = None
    """OID of the study right in Koski. Required if it was accepted."""
    learner_oid: LearnerOid | None = None
    """OID of the learner in Koski. Required if it was accepted."""
    version: Annotated[int, Strict(), Field(ge=1, le=1_000_000), WHOLE] | None = None
    """Version of the study right in Koski. `null` if not known."""
    error: Text | None = None
    """Error of Koski. What looks like a personal identity code is replaced by stars. `null` if there is none."""


class KoskiReceiptIn(Body):
    items: Annotated[list[KoskiReceiptItemIn], Field(min_length=1, max_length=MOST_RECEIPTS)]
    """Receipts, each item once."""

    def receipts(self) -> list[Receipt]:
        return [Receipt(**item.model_dump()) for item in self.items]  # type: ignore[typeddict-item]  # Its own fields.


@router.post("", status_code=201, responses=refusing("not-found", "not-configured"))
@operation(people_only=True, strong_sign_in=True)
async def create_koski_export(writer: WriteOnce, keys: ServiceKeys, body: KoskiExportIn) -> KoskiExport:
    """Create an export to Koski.

    Chooses the completions of the courses that are passed, in force and have a consent. Each other completion is in
    `left_out` with the reason. What Koski has already is corrected or cancelled, if the completion has been corrected
    or the consent withdrawn.

    **Who:** staff named to see participants, with strong authentication.
    """
    return await koski_exports.prepare_export(writer, keys.for_identities, body.training_ids)


@router.get("", response_model=Page[KoskiExport], responses=refusing("forbidden"))
@operation(people_only=True, personal_data=True)
async def list_koski_exports(
    writer: PlainWrite,
    page: Paging,
    training_id: Several[UUID] = None,
    state: Several[ExportState] = None,
) -> Slice[KoskiExport]:
    """List exports to Koski.

    The newest come first.

    **Who:** staff named to see participants.
    """
    return await koski_exports.list_exports(writer, page, training_id=training_id, state=state)


@router.get("/{export_id}", responses=refusing("forbidden"))
@operation(people_only=True, personal_data=True)
async def get_koski_export(writer: PlainWrite, export_id: UUID) -> KoskiExport:
    """Get an export to Koski.

    Includes the receipts.

    **Who:** staff named to see participants.
    """
    return await koski_exports.get_export(writer, export_id)


@router.get("/{export_id}/file", responses=refusing("forbidden", "wrong-state", "not-configured"))
@operation(people_only=True, strong_sign_in=True, personal_data=True, secret_answer=True)
async def get_koski_export_file(writer: PlainWrite, keys: ServiceKeys, export_id: UUID) -> list[dict[str, Any]]:
    """Get the file for Koski.

    Returns an array. Each element is the body of one `PUT /api/oppija` of Koski’s data transfer, with the personal
    identity code or the number of the learner. Items with a receipt are no longer in it, nor those whose consent has
    been withdrawn. Each reading is recorded in the audit.

    **Who:** staff named to see participants, with strong authentication, while the export is prepared.
    """
    return await koski_exports.read_file(writer, keys.for_identities, export_id)


@router.post("/{export_id}/receipt", responses=refusing("wrong-state"))
@operation(people_only=True, personal_data=True, secret_body=True)
async def submit_koski_export_receipt(writer: WriteOnce, export_id: UUID, body: KoskiReceiptIn) -> KoskiExport:
    """Submit Koski’s receipts.

    Possible in portions, each item once. When no item waits any more, the export is acknowledged.

    **Who:** staff named to see participants.
    """
    return await koski_exports.enter_receipt(writer, export_id, body.receipts())


@router.post("/{export_id}/cancellation", responses=refusing("wrong-state"))
@operation(people_only=True, personal_data=True)
async def cancel_koski_export(writer: Write, export_id: UUID, _: NoBody = None) -> KoskiExport:
    """Cancel an export that was not sent.

    Its completions can be exported again. Not possible after the first receipt.

    **Who:** staff named to see participants.
    """
    return await koski_exports.cancel_export(writer, export_id)
