"""Decisions (päätös): staff grant the year's hours to many central organisations together (rulebook §3.2)."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from app.domain.access import Actor, check_not_own
from app.domain.errors import Forbidden, NotFound, WrongState
from app.domain.hours.grants import Candidate, GrantItem, check_in_reach, organisation_pointer
from app.domain.hours.proposals import ProposalState
from app.domain.values import Shown


@dataclass(frozen=True)
class HourDecision(Shown):
    id: UUID
    reference: str | None
    organisation_id: UUID
    organisation_name: str
    year: int
    proposal_id: UUID | None
    """ID of the submitted proposal that was decided. `null` if the organisation had submitted none."""
    asked: int | None
    """Hours of the proposal. `null` if there was no proposal."""
    hours: int
    """Hours granted, which may differ from those proposed."""
    reason: str | None
    """Reason for the decision. `null` if none was given."""
    decided_by: UUID
    """ID of the person who made the decision."""
    decided_by_name: str | None
    decided_at: datetime
    """When the decision was made."""


@dataclass(frozen=True)
class HourDecisions(Shown):
    items: list[HourDecision]
    """Decisions made by the request, in the order of the request."""


@dataclass(frozen=True)
class DecisionItem(GrantItem):
    """One decision of a batch, as it is requested."""

    proposal_id: UUID | None


@dataclass(frozen=True)
class LockedProposal:
    """A proposal that an item names, or an open one of an organisation or its units."""

    id: UUID
    organisation_id: UUID
    year: int
    state: ProposalState


@dataclass(frozen=True)
class SubmittedProposal:
    """The proposal that a decision is about."""

    id: UUID
    organisation_id: UUID
    hours: int
    makers: frozenset[UUID]
    """IDs of those who created or sent it, or a unit's proposal included in it."""


def outcome_of(asked: int | None, granted: int) -> Literal["approved", "partially_approved", "rejected"]:
    """How the decision is reported. Without a proposal all that is granted is what was wanted."""
    if granted == 0:
        return "rejected"
    return "approved" if asked is None or granted >= asked else "partially_approved"


def check_there(
    actor: Actor,
    year: int,
    items: Sequence[DecisionItem],
    candidates: Mapping[UUID, Candidate],
    proposals: Mapping[UUID, LockedProposal],
) -> None:
    """Check that every organisation is in reach, and every proposal is its own and of that year. Raise NotFound."""
    check_in_reach(actor, items, candidates)
    for index, item in enumerate(items):
        if item.proposal_id is not None:
            named = proposals.get(item.proposal_id)
            if named is None or (named.organisation_id, named.year) != (item.organisation_id, year):
                raise NotFound(pointer=_proposal(index))


def check_none_own(
    actor: Actor,
    items: Sequence[DecisionItem],
    candidates: Mapping[UUID, Candidate],
    submitted: Mapping[UUID, SubmittedProposal],
) -> None:
    """Check that nobody decides their own (rulebook §2.2). `submitted` are proposals by organisation.
    Raise Forbidden."""
    for index, item in enumerate(items):
        proposal = submitted.get(item.organisation_id)
        place, makers = candidates[item.organisation_id].place, proposal.makers if proposal else ()
        check_not_own(actor, place, makers, pointer=organisation_pointer(index))


def check_second_person(actor: Actor, last_edited_by: UUID | None, *, by_two: bool) -> None:
    """Check that another person publishes a plan than edited it last, where two people decide (rulebook §3.2).

    Raise Forbidden.
    """
    if by_two and actor.is_among({last_edited_by}):
        raise Forbidden(because="decisions-by-two")


def check_submitted(
    items: Sequence[DecisionItem], proposals: Mapping[UUID, LockedProposal], decided: Container[UUID]
) -> None:
    """Check that a named proposal is submitted. If it is decided, `check_ungranted` reports the decision instead.

    Raise WrongState.
    """
    for index, item in enumerate(items):
        if item.proposal_id is None or item.organisation_id in decided:
            continue
        state = proposals[item.proposal_id].state
        if state != "submitted":
            raise WrongState(state=state, allowed=["submitted"], pointer=_proposal(index))


def _proposal(index: int) -> str:
    return f"/items/{index}/proposal_id"
