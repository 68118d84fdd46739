"""Hour proposals (tuntiehdotus): the hours that an organisation applies for in the autumn round (rulebook §3.1)."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from app.domain.access import Actor, check_main_user, check_role, check_staff
from app.domain.calendar.deadlines import Window, check_units_window_open, check_window_open, day_of
from app.domain.errors import Fault, Invalid, NotFound, WrongState
from app.domain.hours.expiring import ExpiryCause
from app.domain.hours.standing import Standing, check_member
from app.domain.lists import check_once
from app.domain.trainings.strategies import AimedTarget
from app.domain.values import Shown

ProposalState = Literal["draft", "submitted", "sent_back", "included", "decided", "withdrawn", "expired"]

MOST_LINES = 5000
"""The most lines of one proposal, included ones counted."""
MOST_HOURS = 10_000_000
"""The most hours of one line."""
MOST_GROUNDS = 4000
"""The most characters of the grounds of one line."""


@dataclass(frozen=True)
class Copied(Shown):
    """Hours requested in the copied year, and what the unit then got and used."""

    hours: int
    """Hours requested in the copied year."""
    granted: int
    """Hours granted to the central organisation, or allotted to the unit, in the copied year."""
    used: int
    """Hours used in the copied year."""


@dataclass(frozen=True)
class ProposalLine(Shown):
    unit_id: UUID
    """ID of the organisation itself or of a unit below it."""
    hours: int
    """Hours proposed."""
    emphasis: str | None
    """Emphasis of the training courses. `null` if none was given."""
    grounds: str | None
    """Grounds for the hours. `null` if none were given."""
    source_proposal_id: UUID | None
    """ID of the unit's proposal that the line was included from. `null` if the line is the organisation's own."""
    source_hours: int | None
    """Hours that the unit itself proposed. `null` if the line is the organisation's own."""
    copied: Copied | None
    """Hours of the copied year. `null` if the line was not copied."""


@dataclass(frozen=True)
class OfProposal(Shown):
    """What a line says of its proposal where it is listed without it."""

    proposal_id: UUID
    reference: str | None
    organisation_id: UUID
    organisation_name: str
    year: int
    state: ProposalState


@dataclass(frozen=True)
class ListedLine(ProposalLine, OfProposal):
    """A line with its proposal, whose fields come first."""


@dataclass(frozen=True)
class PreviousYear(Shown):
    """Hours of the previous year, for comparison with the proposal."""

    granted: int
    """Hours granted to the central organisation, or allotted to the unit."""
    used: int
    """Hours used."""


@dataclass(frozen=True)
class HourProposalSummary(Shown):
    """A proposal without its lines, as lists show it."""

    id: UUID
    reference: str | None
    organisation_id: UUID
    organisation_name: str
    central_organisation_id: UUID
    year: int
    state: ProposalState
    """State of the proposal."""
    hours: int
    """Sum of the hours of the lines."""
    previous_year: PreviousYear
    """Hours of the previous year, for comparison."""
    answer_by: date | None
    """Last day to submit the proposal again after it was sent back, also after the round has closed. `null` if no day
    was given."""
    return_reason: str | None
    """Reason given when the proposal was last sent back. `null` if it has not been sent back."""
    included_in: UUID | None
    """ID of the central organisation's proposal that includes this unit's proposal. `null` if it is not included."""
    created_by: UUID
    created_by_name: str | None
    created_at: datetime
    submitted_at: datetime | None
    """When the last revision was submitted. `null` if the proposal has not been submitted."""
    expired_at: datetime | None
    expired_because: ExpiryCause | None
    handler_id: UUID | None
    handler_name: str | None

    @property
    def is_central(self) -> bool:
        return self.organisation_id == self.central_organisation_id


@dataclass(frozen=True)
class HourProposal(HourProposalSummary):
    lines: list[ProposalLine]
    """Lines of the proposal."""
    strategy_targets: list[AimedTarget]
    """Targets of the year in the central organisation's training strategy in force. Empty if there are none."""


@dataclass(frozen=True)
class ProposalRevision(Shown):
    """What was submitted, complete and unchanged whatever happens to the proposal."""

    number: int
    """Number of the revision, 1 for the first submission."""
    hours: int
    """Sum of the hours of the lines."""
    lines: list[ProposalLine]
    """Lines as they were submitted."""
    submitted_by: UUID
    """ID of the person who submitted the revision."""
    submitted_by_name: str | None
    submitted_at: datetime
    """When the revision was submitted."""


def check_proposer(actor: Actor, standing: Standing) -> None:
    """Check for the main user, or the unit's manager if the central organisation allows it. Raise Forbidden."""
    units_may = standing.units_propose and not standing.place.is_central
    check_role(actor, standing.place, "main_user", *(("unit_manager",) if units_may else ()))


def check_returner(actor: Actor, standing: Standing) -> None:
    """Check for the receiver: staff for a central organisation's proposal, its main user for a unit's.
    Raise Forbidden."""
    if not standing.place.is_central:
        check_main_user(actor, standing.place)
    else:
        check_staff(actor)


def check_state(state: ProposalState, *allowed: ProposalState) -> None:
    if state not in allowed:
        raise WrongState(state=state, allowed=list(allowed))


def check_editable(state: ProposalState) -> None:
    """Check that the proposal is a draft or was sent back. Raise WrongState."""
    check_state(state, "draft", "sent_back")


def check_lines_once(lines: Sequence[ProposalLine]) -> None:
    """Check that the same unit, emphasis and source occur once. Raise Invalid."""
    check_once(((line.unit_id, line.emphasis, line.source_proposal_id) for line in lines), "/lines/{}")


def check_units(lines: Sequence[ProposalLine], units: AbstractSet[UUID]) -> None:
    """Check that the lines are of the tree. `units` are the organisation and those below it. Raise NotFound."""
    for index, line in enumerate(lines):
        if line.unit_id not in units:
            raise NotFound(pointer=f"/lines/{index}/unit_id")


def check_submission(proposal: HourProposal, standing: Standing, own_days: Sequence[Window], now: datetime) -> None:
    """Check that the round is open, for a unit its central organisation's own days, or the last day to submit again.

    `standing` has the windows of the round, `own_days` are the central organisation's days for its units. Raise
    WrongState, NotAMember, WindowClosed, and Invalid if there are no lines.
    """
    check_editable(proposal.state)
    check_member(standing, now)
    may_answer = proposal.state == "sent_back" and proposal.answer_by is not None and day_of(now) <= proposal.answer_by
    if not may_answer:
        if proposal.is_central:
            check_window_open("proposal_round", standing.windows, now)
        else:
            check_units_window_open(own_days, standing.windows, now)
    if not proposal.lines:
        raise Invalid(Fault("/lines", "nothing-asked"))


def check_answer_by(answer_by: date | None, now: datetime) -> None:
    """Check that the last day to submit again has not passed. Raise Invalid."""
    if answer_by is not None and answer_by < day_of(now):
        raise Invalid(Fault("/answer_by", "day-passed"))
