"""`/v1/hour-decisions`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import Field

from app.api.conventions import PlainWrite, Read, WriteOnce
from app.api.files import PDF, Download, giving
from app.api.languages import language_of
from app.api.operations import Operation, Tag
from app.api.paging import Page, Paging
from app.api.rendering import Created
from app.api.responses import NO_LOCATION, refusing
from app.api.security import operation
from app.api.shapes import AnyHours, Body, ChangedSince, References, Several, Text, Year, Years
from app.db.paging import Slice
from app.domain.hours.decisions import DecisionItem, HourDecision, HourDecisions
from app.domain.organisations.organisations import Language
from app.services.hours import decisions, letters

router = APIRouter(
    prefix="/hour-decisions",
    route_class=Operation,
    tags=[
        Tag("Hour decisions", "The hours that the study centre grants to many organisations together, all or nothing.")
    ],
)


class HourDecisionIn(Body):
    organisation_id: UUID
    """ID of a central organisation, which may occur once in a request."""
    proposal_id: UUID | None = None
    """ID of the organisation's submitted proposal. `null` if the service should find it."""
    hours: AnyHours
    reason: Text | None = None
    """Reason for the decision. `null` if none is given."""


class HourDecisionsIn(Body):
    year: Year
    items: Annotated[list[HourDecisionIn], Field(min_length=1, max_length=500)]
    """Decisions to make, all together or none."""


@router.post(
    "",
    status_code=201,
    response_model=HourDecisions,
    responses=refusing(
        "not-found", "not-central", "wrong-state", "year-closed", "not-a-member", "already-exists", "pool-exceeded"
    )
    | NO_LOCATION,
)
@operation(scope="hours:write")
async def make_hour_decisions(writer: WriteOnce, body: HourDecisionsIn) -> Created:
    """Grant hours to central organisations.

    Grants hours of the year from the pool to many organisations. Either all decisions are made or none.

    **Who:** staff, except for their own proposals and organisations.
    """
    items = [DecisionItem(**vars(item)) for item in body.items]
    return Created(await decisions.decide_hours(writer, year=body.year, items=items), location=None)


@router.get("", response_model=Page[HourDecision])
@operation(scope="hours:read", csv=True)
async def list_hour_decisions(
    reader: Read,
    page: Paging,
    organisation_id: Several[UUID] = None,
    under: Several[UUID] = None,
    year: Years = None,
    reference: References = None,
    changed_since: ChangedSince = None,
) -> Slice[HourDecision]:
    """List hour decisions.

    The newest come first.

    **Who:** everyone with a role, within their reach.
    """
    return await decisions.list_decisions(
        reader,
        page,
        organisation_id=organisation_id,
        under=under,
        year=year,
        reference=reference,
        changed_since=changed_since,
    )


@router.get("/{decision_id}")
@operation(scope="hours:read")
async def get_hour_decision(reader: Read, decision_id: UUID) -> HourDecision:
    """Get an hour decision.

    Shows the hours proposed and the hours granted.

    **Who:** everyone with a role, within their reach.
    """
    return await decisions.get_decision(reader, decision_id)


@router.get("/{decision_id}/document", **giving(PDF))
@operation(scope="hours:read")
async def get_hour_decision_document(
    writer: PlainWrite, decision_id: UUID, language: Annotated[Language, Depends(language_of("letter"))]
) -> Download:
    """Get the letter of an hour decision.

    Returns a PDF with the hours proposed and granted, the reason, and what can be done next. It stays the same from the
    first reading on.

    **Who:** everyone with a role, within their reach.
    """
    name, letter = await letters.get_letter(writer, decision_id, language)
    return Download(letter, PDF, name, language, is_chosen=True)
