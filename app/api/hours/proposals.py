"""`/v1/hour-proposals`."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import Field, Strict

from app.api.conventions import Edit, NoBody, Read, Write, WriteOnce
from app.api.operations import Operation, Tag
from app.api.paging import Page, Paging
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import (
    IN_DIGITS,
    WHOLE,
    Body,
    ChangedSince,
    Day,
    Line,
    References,
    Several,
    SomeHours,
    Text,
    Year,
    Years,
)
from app.db.paging import Slice
from app.domain.hours.proposals import (
    MOST_LINES,
    Copied,
    HourProposal,
    HourProposalSummary,
    ProposalLine,
    ProposalRevision,
    ProposalState,
)
from app.services.hours import proposal_inclusions, proposal_revisions, proposals
from app.services.hours.proposals import ProposalChanges

router = APIRouter(
    prefix="/hour-proposals",
    route_class=Operation,
    tags=[
        Tag(
            "Hour proposals", "Hours that organisations propose for the next year, in the proposal round in the autumn."
        )
    ],
)

SumOfHours = Annotated[int, Strict(), Field(ge=0, le=2**53 - 1), WHOLE]
RevisionNumber = Annotated[int, Path(ge=1, le=2**31 - 1), IN_DIGITS]


async def only_lines(
    request: Request,
    rows: Annotated[Literal["lines"] | None, Query(description="`lines` returns a row per line. Only as CSV.")] = None,
) -> Literal["lines"] | None:
    if rows and not request.state.is_csv:
        request.state.parameter_faults["rows"] = "only-in-csv"
    return rows


OnlyLines = Annotated[Literal["lines"] | None, Depends(only_lines)]


class ProposalLineIn(Body):
    unit_id: UUID
    hours: SomeHours
    emphasis: Line | None = None
    """Emphasis of the training courses. `null` if none is given."""
    grounds: Text | None = None
    """Grounds for the hours. `null` if none are given."""

    def line(self) -> ProposalLine:
        return ProposalLine(self.unit_id, self.hours, self.emphasis, self.grounds, None, None, None)


class CopiedIn(Body):
    hours: SumOfHours
    granted: SumOfHours
    used: SumOfHours


class ProposalLinePatch(ProposalLineIn):
    source_proposal_id: UUID | None = None
    """ID of the unit's proposal that an included line comes from. Only the hours of such a line may change. `null` if
    the line is the organisation's own."""
    source_hours: SomeHours | None = None
    """Hours that the unit proposed, unchanged. Optional."""
    copied: CopiedIn | None = None
    """Hours of the copied year, unchanged. Optional."""

    def line(self) -> ProposalLine:
        copied = Copied(**self.copied.model_dump()) if self.copied else None
        return ProposalLine(**self.model_dump(exclude={"copied"}), copied=copied)


class ProposalIn(Body):
    organisation_id: UUID
    year: Year
    lines: Annotated[list[ProposalLineIn], Field(max_length=MOST_LINES, default_factory=list)]
    """Lines of the proposal, which may be empty until it is submitted. Required unless another proposal is copied."""
    copy_of: UUID | None = None
    """ID of another proposal of the same organisation, for the same year or an earlier one, whose lines are copied. Not
    together with `lines`."""


class ProposalPatch(Body):
    lines: Annotated[list[ProposalLinePatch], Field(max_length=MOST_LINES, default_factory=list)]
    """All lines of the proposal. Lines left out are removed. A unit's proposal without any lines left is no longer
    included."""


class InclusionsIn(Body):
    proposal_ids: Annotated[list[UUID], Field(min_length=1, max_length=MOST_LINES)]
    """IDs of submitted proposals of units for the same year."""


class ReturnIn(Body):
    reason: Text
    """Reason for sending the proposal back."""
    answer_by: Day | None = None
    """Last day to submit the proposal again, also after the round has closed. `null` if no day is given."""


@router.post("", status_code=201, responses=refusing("not-found", "year-closed", "not-a-member", "already-exists"))
@operation(scope="hours:write")
async def make_hour_proposal(writer: Write, body: ProposalIn) -> HourProposal:
    """Create an hour proposal.

    Creates a draft for the hours of a year, with its lines or with those of another proposal.

    **Who:** main users; unit managers for their unit.
    """
    lines = [line.line() for line in body.lines] if "lines" in body.model_fields_set else None
    return await proposals.make_proposal(
        writer, organisation_id=body.organisation_id, year=body.year, lines=lines, copy_of=body.copy_of
    )


@router.get("", response_model=Page[HourProposalSummary])
@operation(scope="hours:read", csv=True)
async def list_hour_proposals(
    reader: Read,
    page: Paging,
    organisation_id: Several[UUID] = None,
    under: Several[UUID] = None,
    year: Years = None,
    state: Several[ProposalState] = None,
    reference: References = None,
    handler_id: Several[UUID] = None,
    changed_since: ChangedSince = None,
    rows: OnlyLines = None,
) -> Slice[Any]:
    """List hour proposals.

    The newest come first. The lines are not included, but `rows=lines` returns them as CSV.

    **Who:** everyone with a role, within their reach.
    """
    return await proposals.list_proposals(
        reader,
        page,
        organisation_id=organisation_id,
        under=under,
        year=year,
        state=state,
        reference=reference,
        handler_id=handler_id,
        changed_since=changed_since,
        rows=rows,
    )


@router.get("/{proposal_id}")
@operation(scope="hours:read")
async def get_hour_proposal(reader: Read, proposal_id: UUID) -> HourProposal:
    """Get an hour proposal.

    Includes the lines, and the granted and used hours of the previous year.

    **Who:** everyone with a role, within their reach.
    """
    return await proposals.get_proposal(reader, proposal_id)


@router.patch("/{proposal_id}", responses=refusing("wrong-state", "not-a-member"))
@operation(scope="hours:write")
async def change_hour_proposal(writer: Edit, proposal_id: UUID, body: ProposalPatch) -> HourProposal:
    """Change an hour proposal.

    Changes the lines of a draft or of a proposal that was sent back.

    **Who:** main users; unit managers for their unit.
    """
    changes = ProposalChanges()
    if "lines" in body.model_fields_set:
        changes["lines"] = [line.line() for line in body.lines]
    return await proposals.change_proposal(writer, proposal_id, changes, writer.expected)


@router.post("/{proposal_id}/submission", responses=refusing("wrong-state", "not-a-member", "window-closed"))
@operation(scope="hours:write")
async def submit_hour_proposal(writer: WriteOnce, proposal_id: UUID, _: NoBody = None) -> HourProposal:
    """Submit an hour proposal.

    A central organisation's proposal goes to the study centre, a unit's proposal to its central organisation.

    **Who:** main users; unit managers for their unit.
    """
    return await proposal_revisions.submit_proposal(writer, proposal_id)


@router.post("/{proposal_id}/inclusions", responses=refusing("not-central", "wrong-state", "not-a-member"))
@operation(scope="hours:write")
async def include_hour_proposals(writer: Write, proposal_id: UUID, body: InclusionsIn) -> HourProposal:
    """Include units' proposals.

    Adds the lines of units' submitted proposals to the central organisation's proposal.

    **Who:** main users.
    """
    return await proposal_inclusions.include_proposals(writer, proposal_id, body.proposal_ids)


@router.post("/{proposal_id}/return", responses=refusing("wrong-state"))
@operation(scope="hours:write")
async def send_back_hour_proposal(writer: Write, proposal_id: UUID, body: ReturnIn) -> HourProposal:
    """Send a proposal back for completion.

    **Who:** staff for a central organisation's proposal, main users for a unit's.
    """
    return await proposal_revisions.send_back_proposal(
        writer, proposal_id, reason=body.reason, answer_by=body.answer_by
    )


@router.post("/{proposal_id}/withdrawal", responses=refusing("wrong-state"))
@operation(scope="hours:write")
async def withdraw_hour_proposal(writer: Write, proposal_id: UUID, _: NoBody = None) -> HourProposal:
    """Withdraw an hour proposal.

    The proposal must not be included or decided yet. Another one may then be created.

    **Who:** main users; unit managers for their unit.
    """
    return await proposals.withdraw_proposal(writer, proposal_id)


@router.get("/{proposal_id}/revisions", response_model=Page[ProposalRevision])
@operation(scope="hours:read")
async def list_hour_proposal_revisions(reader: Read, page: Paging, proposal_id: UUID) -> Slice[ProposalRevision]:
    """List the revisions of a proposal.

    Returns each submitted revision, complete and unchanged, newest first.

    **Who:** everyone with a role, within their reach.
    """
    return await proposal_revisions.list_revisions(reader, page, proposal_id)


@router.get("/{proposal_id}/revisions/{number}")
@operation(scope="hours:read")
async def get_hour_proposal_revision(reader: Read, proposal_id: UUID, number: RevisionNumber) -> ProposalRevision:
    """Get a revision of a proposal.

    Returns the revision as it was submitted.

    **Who:** everyone with a role, within their reach.
    """
    return await proposal_revisions.get_revision(reader, proposal_id, number)
