"""`/v1/hour-proposals`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import Field

from app.api.conventions import Edit, NoBody, Read, Write, WriteOnce
from app.api.operations import Operation
from app.api.paging import Page, Paging
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import IN_DIGITS, Body, Day, Line, SomeHours, Text, Year, YearQuery
from app.db.paging import Slice
from app.domain.hours.proposals import (
    MOST_LINES,
    HourProposal,
    HourProposalSummary,
    ProposalLine,
    ProposalRevision,
    ProposalState,
)
from app.services.hours import proposal_inclusions, proposal_revisions, proposals
from app.services.hours.proposals import ProposalChanges

router = APIRouter(prefix="/hour-proposals", route_class=Operation, tags=["Hour proposals"])

RevisionNumber = Annotated[int, Path(ge=1, le=2**31 - 1), IN_DIGITS]


class ProposalLineIn(Body):
    unit_id: UUID
    """The organisation itself, or one below it."""
    hours: SomeHours
    emphasis: Line | None = None
    grounds: Text | None = None

    def line(self) -> ProposalLine:
        return ProposalLine(self.unit_id, self.hours, self.emphasis, self.grounds, None, None)


class ProposalLinePatch(ProposalLineIn):
    source_proposal_id: UUID | None = None
    """Of an included line: only its hours may be changed."""
    source_hours: SomeHours | None = None
    """As it was, if said."""

    def line(self) -> ProposalLine:
        return ProposalLine(**self.model_dump())


class ProposalIn(Body):
    organisation_id: UUID
    year: Year
    lines: Annotated[list[ProposalLineIn], Field(max_length=MOST_LINES)]
    """May be empty until the proposal is submitted."""


class ProposalPatch(Body):
    lines: Annotated[list[ProposalLinePatch], Field(max_length=MOST_LINES, default_factory=list)]
    """All of them; those left out are removed. A unit's proposal with no line left is no longer included."""


class InclusionsIn(Body):
    proposal_ids: Annotated[list[UUID], Field(min_length=1, max_length=MOST_LINES)]
    """Submitted proposals of units, for the same year."""


class ReturnIn(Body):
    reason: Text
    answer_by: Day | None = None
    """Until the end of this day it may be submitted again, also after the round."""


@router.post("", status_code=201, responses=refusing("not-found", "year-closed", "not-a-member", "already-exists"))
@operation(scope="hours:write")
async def make_proposal(writer: Write, body: ProposalIn) -> HourProposal:
    """Draft a proposal for the hours of a year (main user; a unit's manager for the unit)."""
    return await proposals.make_proposal(
        writer, organisation_id=body.organisation_id, year=body.year, lines=[line.line() for line in body.lines]
    )


@router.get("", response_model=Page[HourProposalSummary])
@operation(scope="hours:read")
async def list_proposals(
    reader: Read,
    page: Paging,
    organisation_id: UUID | None = None,
    under: UUID | None = None,
    year: YearQuery = None,
    state: ProposalState | None = None,
) -> Slice[HourProposalSummary]:
    """Proposals within reach, newest first, without their lines."""
    return await proposals.list_proposals(
        reader, page, organisation_id=organisation_id, under=under, year=year, state=state
    )


@router.get("/{proposal_id}")
@operation(scope="hours:read")
async def get_proposal(reader: Read, proposal_id: UUID) -> HourProposal:
    """A proposal with its lines, beside them the granted and used hours of the year before."""
    return await proposals.get_proposal(reader, proposal_id)


@router.patch("/{proposal_id}", responses=refusing("wrong-state", "year-closed", "not-a-member"))
@operation(scope="hours:write")
async def change_proposal(writer: Edit, proposal_id: UUID, body: ProposalPatch) -> HourProposal:
    """Change the lines of a draft, or of what was sent back (main user; a unit's manager for the unit)."""
    changes = ProposalChanges()
    if "lines" in body.model_fields_set:
        changes["lines"] = [line.line() for line in body.lines]
    return await proposals.change_proposal(writer, proposal_id, changes, writer.expected)


@router.post(
    "/{proposal_id}/submission", responses=refusing("wrong-state", "year-closed", "not-a-member", "window-closed")
)
@operation(scope="hours:write")
async def submit_proposal(writer: WriteOnce, proposal_id: UUID, _: NoBody = None) -> HourProposal:
    """Submit a centre's to the study centre, a unit's to its centre (main user; a unit's manager for the unit)."""
    return await proposal_revisions.submit_proposal(writer, proposal_id)


@router.post(
    "/{proposal_id}/inclusions", responses=refusing("not-central", "wrong-state", "year-closed", "not-a-member")
)
@operation(scope="hours:write")
async def include_proposals(writer: Write, proposal_id: UUID, body: InclusionsIn) -> HourProposal:
    """Take units' submitted proposals into the centre's, line by line (main user)."""
    return await proposal_inclusions.include_proposals(writer, proposal_id, body.proposal_ids)


@router.post("/{proposal_id}/return", responses=refusing("wrong-state", "year-closed"))
@operation(scope="hours:write")
async def send_back_proposal(writer: Write, proposal_id: UUID, body: ReturnIn) -> HourProposal:
    """Send a submitted proposal back to be completed (staff a centre's, the main user a unit's)."""
    return await proposal_revisions.send_back_proposal(
        writer, proposal_id, reason=body.reason, answer_by=body.answer_by
    )


@router.post("/{proposal_id}/withdrawal", responses=refusing("wrong-state", "year-closed"))
@operation(scope="hours:write")
async def withdraw_proposal(writer: Write, proposal_id: UUID, _: NoBody = None) -> HourProposal:
    """Take a proposal back before it is included or decided; another may then be made (its sender)."""
    return await proposals.withdraw_proposal(writer, proposal_id)


@router.get("/{proposal_id}/revisions", response_model=Page[ProposalRevision])
@operation(scope="hours:read")
async def list_revisions(reader: Read, page: Paging, proposal_id: UUID) -> Slice[ProposalRevision]:
    """Every revision submitted, whole and unchanged, newest first."""
    return await proposal_revisions.list_revisions(reader, page, proposal_id)


@router.get("/{proposal_id}/revisions/{number}")
@operation(scope="hours:read")
async def get_revision(reader: Read, proposal_id: UUID, number: RevisionNumber) -> ProposalRevision:
    """One revision as it was submitted."""
    return await proposal_revisions.get_revision(reader, proposal_id, number)
