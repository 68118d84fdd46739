"""Documents about plans, cost statements and their decisions: `/v1/trainings/{id}/documents/…`,
`/v1/peer-groups/{id}/documents/…` and `/v1/cost-statements/{id}/documents/…`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from app.api.conventions import PlainWrite
from app.api.files import PDF, Download, giving
from app.api.languages import language_of
from app.api.operations import Operation
from app.api.security import operation
from app.domain.organisations.organisations import Language
from app.services.trainings import documents, statement_documents

router = APIRouter(prefix="/trainings/{training_id}/documents", route_class=Operation, tags=["Training courses"])
peer_groups_router = APIRouter(
    prefix="/peer-groups/{peer_group_id}/documents", route_class=Operation, tags=["Peer study groups"]
)
statements_router = APIRouter(
    prefix="/cost-statements/{statement_id}/documents", route_class=Operation, tags=["Cost statements"]
)
DocumentLanguage = Annotated[Language, Depends(language_of("document"))]


@router.get("/plan", **giving(PDF))
@operation(scope="trainings:read", personal_data=True)
async def get_training_plan_document(writer: PlainWrite, training_id: UUID, language: DocumentLanguage) -> Download:
    """Get the plan of a training course as a PDF.

    Shows the plan as it was last submitted, or as the last approved change made it, with the calculation of its hours.
    It stays the same from the first reading on, also if the plan is edited later. Before the first submission it is 404
    `not-found`.

    **Who:** everyone with a role, within their reach.
    """
    name, content = await documents.get_plan_document(writer, "training", training_id, language)
    return Download(content, PDF, name, language, is_chosen=True)


@router.get("/decision", **giving(PDF))
@operation(scope="trainings:read", personal_data=True)
async def get_training_decision_document(writer: PlainWrite, training_id: UUID, language: DocumentLanguage) -> Download:
    """Get the decision on a training course as a PDF.

    Shows who approved or rejected the plan, when and why, the decisions on its changes, and what can be done next. It
    stays the same from the first reading on, until another change is decided. Before the decision it is 404
    `not-found`.

    **Who:** everyone with a role, within their reach.
    """
    name, content = await documents.get_plan_decision_document(writer, "training", training_id, language)
    return Download(content, PDF, name, language, is_chosen=True)


@peer_groups_router.get("/plan", **giving(PDF))
@operation(scope="trainings:read", personal_data=True)
async def get_peer_group_plan_document(writer: PlainWrite, peer_group_id: UUID, language: DocumentLanguage) -> Download:
    """Get the plan of a peer group as a PDF.

    Shows the plan as it was last submitted, or as the last approved change made it, with the calculation of its hours.
    It stays the same from the first reading on, also if the plan is edited later. Before the first submission it is 404
    `not-found`.

    **Who:** everyone with a role, within their reach.
    """
    name, content = await documents.get_plan_document(writer, "peer_group", peer_group_id, language)
    return Download(content, PDF, name, language, is_chosen=True)


@peer_groups_router.get("/decision", **giving(PDF))
@operation(scope="trainings:read", personal_data=True)
async def get_peer_group_decision_document(
    writer: PlainWrite, peer_group_id: UUID, language: DocumentLanguage
) -> Download:
    """Get the decision on a peer group as a PDF.

    Shows who approved or rejected the plan, when and why, the decisions on its changes, and what can be done next. It
    stays the same from the first reading on, until another change is decided. Before the decision it is 404
    `not-found`.

    **Who:** everyone with a role, within their reach.
    """
    name, content = await documents.get_plan_decision_document(writer, "peer_group", peer_group_id, language)
    return Download(content, PDF, name, language, is_chosen=True)


@statements_router.get("/statement", **giving(PDF))
@operation(scope="trainings:read", personal_data=True)
async def get_cost_statement_document(writer: PlainWrite, statement_id: UUID, language: DocumentLanguage) -> Download:
    """Get a cost statement as a PDF.

    Shows the statement as it was last submitted: costs by category and one by one, hours, and numbers of participants.
    It stays the same from the first reading on, also if the statement is edited later. Before the first submission it
    is 404 `not-found`.

    **Who:** everyone with a role, within their reach.
    """
    name, content = await statement_documents.get_statement_document(writer, statement_id, language)
    return Download(content, PDF, name, language, is_chosen=True)


@statements_router.get("/decision", **giving(PDF))
@operation(scope="trainings:read", personal_data=True)
async def get_cost_statement_decision_document(
    writer: PlainWrite, statement_id: UUID, language: DocumentLanguage
) -> Download:
    """Get the decision on a cost statement as a PDF.

    Shows who decided, when and why, and every step of the support. It can serve as a voucher in the accounts. It stays
    the same from the first reading on; a reversal makes a new one. Before the decision it is 404 `not-found`.

    **Who:** everyone with a role, within their reach.
    """
    name, content = await statement_documents.get_statement_decision_document(writer, statement_id, language)
    return Download(content, PDF, name, language, is_chosen=True)
