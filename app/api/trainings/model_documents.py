"""`/v1/training-models/{id}/versions/{number}/document` and `…/comparison/{other_number}`."""

from uuid import UUID

from fastapi import APIRouter

from app.api.conventions import PlainWrite, Read
from app.api.files import PDF, Download, giving
from app.api.operations import Operation
from app.api.responses import refusing
from app.api.security import operation
from app.api.trainings.documents import DocumentLanguage
from app.api.trainings.model_versions import NumberPath
from app.domain.trainings.model_comparisons import VersionComparison
from app.services.trainings import model_documents

router = APIRouter(
    prefix="/training-models/{model_id}/versions/{number}", route_class=Operation, tags=["Training models"]
)


@router.get("/comparison/{other_number}", responses=refusing("not-found"))
@operation(scope="trainings:read")
async def compare_training_model_versions(
    reader: Read, model_id: UUID, number: NumberPath, other_number: NumberPath
) -> VersionComparison:
    """Compare two versions of a training model.

    Shows each section that differs, with its content in the first version and in the second one.

    **Who:** everyone with a role in the tree of the central organisation, staff, auditors.
    """
    return await model_documents.get_comparison(reader, model_id, number, other_number)


@router.get("/document", **giving(PDF))
@operation(scope="trainings:read")
async def get_training_model_document(
    writer: PlainWrite, model_id: UUID, number: NumberPath, language: DocumentLanguage
) -> Download:
    """Get a version of a training model as a PDF.

    Shows all sections. The document of an approved version stays the same from the first reading on. That of another
    version says on each page that the version has not been approved.

    **Who:** everyone with a role in the tree of the central organisation, staff, auditors.
    """
    name, content = await model_documents.get_version_document(writer, model_id, number, language)
    return Download(content, PDF, name, language, is_chosen=True)
