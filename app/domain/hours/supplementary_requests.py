"""Supplementary requests (lisähaku): a central organisation requests more hours for the year (rulebook §3.4)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from app.domain.access import Actor, check_not_own, check_reach
from app.domain.errors import Fault, Invalid, NotFound, PoolExceeded, WrongState
from app.domain.hours.expiring import ExpiryCause
from app.domain.hours.grants import Candidate
from app.domain.lists import check_once
from app.domain.organisations.membership import check_member_in
from app.domain.values import Shown

RequestState = Literal["submitted", "approved", "partially_approved", "rejected", "withdrawn", "expired"]


@dataclass(frozen=True)
class SupplementaryRequest(Shown):
    id: UUID
    reference: str | None
    organisation_id: UUID
    organisation_name: str
    year: int
    hours: int
    """Hours requested."""
    grounds: str
    """Grounds for the request."""
    state: RequestState
    """State of the request."""
    submitted_by: UUID
    """ID of the person who submitted the request."""
    submitted_by_name: str | None
    submitted_at: datetime
    """When the request was submitted."""
    granted_hours: int | None
    """Hours granted. `null` if no decision has been made."""
    reason: str | None
    """Reason for the decision. `null` if none was given."""
    decided_by: UUID | None
    decided_by_name: str | None
    decided_at: datetime | None
    withdrawn_at: datetime | None
    expired_at: datetime | None
    expired_because: ExpiryCause | None
    handler_id: UUID | None
    handler_name: str | None


@dataclass(frozen=True)
class SupplementaryRequests(Shown):
    items: list[SupplementaryRequest]
    """Requests decided, in the order of the decisions."""


@dataclass(frozen=True)
class RequestDecision:
    """One decision, as it is requested."""

    request_id: UUID
    hours: int
    reason: str | None
    pointer: str | None = None
    """Where it is named: in the body of a batch, or as the row of a plan. None if there is no other."""
    hours_pointer: str = "/hours"
    """Where its hours are."""


def check_each_once(items: Iterable[RequestDecision]) -> None:
    """Check that a batch has one decision for each request. Raise Invalid."""
    check_once((item.request_id for item in items), "/items/{}/request_id")


def check_there(
    actor: Actor,
    year: int | None,
    items: Iterable[RequestDecision],
    requests: Mapping[UUID, SupplementaryRequest],
    candidates: Mapping[UUID, Candidate],
) -> None:
    """Check that every request is in reach, and of the year if one is named. Raise NotFound."""
    for item in items:
        request = requests.get(item.request_id)
        if request is None or year not in (None, request.year):
            raise NotFound(pointer=item.pointer)
        check_reach(actor, candidates[request.organisation_id].place, pointer=item.pointer)


def check_none_own(
    actor: Actor,
    items: Iterable[RequestDecision],
    requests: Mapping[UUID, SupplementaryRequest],
    candidates: Mapping[UUID, Candidate],
) -> None:
    """Check that nobody decides their own (rulebook §2.2). Raise Forbidden."""
    for item in items:
        request = requests[item.request_id]
        place = candidates[request.organisation_id].place
        check_not_own(actor, place, [request.submitted_by], pointer=item.pointer)


def check_open(request: SupplementaryRequest, *, pointer: str | None = None) -> None:
    """Check that no decision or withdrawal has been made. Raise WrongState."""
    if request.state != "submitted":
        raise WrongState(pointer=pointer, state=request.state, allowed=["submitted"])


def check_undecided(items: Iterable[RequestDecision], requests: Mapping[UUID, SupplementaryRequest]) -> None:
    """Check that all the requests are open. Raise WrongState."""
    for item in items:
        check_open(requests[item.request_id], pointer=item.pointer)


def decided_state_of(asked: int, granted: int) -> RequestState:
    """Return the state that follows from the granted hours, which are no more than the requested ones."""
    if granted == 0:
        return "rejected"
    return "approved" if granted == asked else "partially_approved"


def check_no_more_than_asked(items: Iterable[RequestDecision], requests: Mapping[UUID, SupplementaryRequest]) -> None:
    """Check that no decision grants more than was requested (rulebook §3.4). Raise Invalid."""
    faults = [
        Fault(item.hours_pointer, "more-than-asked", {"asked": requests[item.request_id].hours})
        for item in items
        if item.hours > requests[item.request_id].hours
    ]
    if faults:
        raise Invalid(*faults)


def check_members(
    granting: Iterable[RequestDecision],
    requests: Mapping[UUID, SupplementaryRequest],
    candidates: Mapping[UUID, Candidate],
) -> None:
    """Check that those who are granted hours are still members (rulebook §6.1). A rejection is always possible.

    Raise NotAMember.
    """
    for item in granting:
        request = requests[item.request_id]
        candidate = candidates[request.organisation_id]
        check_member_in(request.year, candidate.active_from, candidate.active_until, pointer=item.pointer)


def check_pool_suffices(available: int, granting: Iterable[RequestDecision]) -> None:
    """Check that the decisions together do not exceed the free hours of the pool (rulebook §3.4).
    Raise PoolExceeded."""
    asked = sum(item.hours for item in granting)
    if asked > available:
        raise PoolExceeded(available=available, asked=asked)
