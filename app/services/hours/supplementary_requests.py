"""Supplementary requests: submit, decide one or many, withdraw, get and list."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from app.db.hours.expiring import share_openings
from app.db.hours.grants import find_candidates
from app.db.hours.ledger import post_transfers
from app.db.hours.pools import hold_pool
from app.db.hours.standing import get_standing, get_standing_to_make
from app.db.hours.supplementary_requests import (
    lock_requests,
    mark_decided,
    requests,
    supplementary_hour_requests,
)
from app.db.identifiers import new_id
from app.db.sessions import Writer
from app.db.statements import change_value, insert_value
from app.domain.access import check_main_user, check_staff
from app.domain.hours import supplementary_requests as rules
from app.domain.hours.grants import check_may_decide_alone
from app.domain.hours.ledger import supplementary_grant
from app.domain.hours.standing import Standing, check_may_change
from app.domain.hours.supplementary_requests import RequestDecision, SupplementaryRequest, SupplementaryRequests


async def submit_request(
    writer: Writer, *, organisation_id: UUID, year: int, hours: int, grounds: str
) -> SupplementaryRequest:
    # A closing comes before this, and is seen, or waits, and ends the new request.
    await share_openings(writer.connection, year)
    standing = await get_standing_to_make(writer, organisation_id, year, "change_window", pointer="/organisation_id")
    check_main_user(writer.actor, standing.place)
    check_may_change(standing, writer.now)
    request = SupplementaryRequest(
        id=new_id(),
        reference=standing.reference,
        organisation_id=organisation_id,
        organisation_name=standing.organisation_name,
        year=year,
        hours=hours,
        grounds=grounds,
        state="submitted",
        submitted_by=writer.actor.person_id,
        submitted_by_name=writer.actor.name,
        submitted_at=writer.now,
        granted_hours=None,
        reason=None,
        decided_by=None,
        decided_by_name=None,
        decided_at=None,
        withdrawn_at=None,
        expired_at=None,
        expired_because=None,
        handler_id=None,
        handler_name=None,
    )
    await insert_value(writer.connection, supplementary_hour_requests, request)
    writer.record("supplementary-hour-request.submitted", request.id, organisation_id=organisation_id, hours=hours)
    return request


async def decide_request(writer: Writer, request_id: UUID, *, hours: int, reason: str | None) -> SupplementaryRequest:
    (decided,) = await _decide(writer, [RequestDecision(request_id, hours, reason)])
    return decided


async def decide_requests(
    writer: Writer, *, year: int, items: Sequence[RequestDecision], by_plan: bool = False
) -> SupplementaryRequests:
    """Decide all or none. Requests of another year are not found.

    `by_plan` is for the publication of a plan, which checks itself who may publish it.
    """
    rules.check_each_once(items)
    return SupplementaryRequests(await _decide(writer, items, year=year, by_plan=by_plan))


async def withdraw_request(writer: Writer, request_id: UUID) -> SupplementaryRequest:
    request, standing = await _lock_in_reach(writer, request_id)
    check_main_user(writer.actor, standing.place)
    rules.check_open(request)
    withdrawn = await change_value(
        writer.connection, supplementary_hour_requests, request, state="withdrawn", withdrawn_at=writer.now
    )
    writer.record("supplementary-hour-request.withdrawn", request_id, organisation_id=request.organisation_id)
    return withdrawn


get_request = requests.get
list_requests = requests.page


async def _decide(
    writer: Writer, items: Sequence[RequestDecision], *, year: int | None = None, by_plan: bool = False
) -> list[SupplementaryRequest]:
    """Decide requests of one year, in the same number of statements for five hundred as for one."""
    requests = await lock_requests(writer, [item.request_id for item in items])
    candidates = await find_candidates(writer, {request.organisation_id for request in requests.values()})
    rules.check_there(writer.actor, year, items, requests, candidates)
    check_staff(writer.actor)
    rules.check_none_own(writer.actor, items, requests, candidates)
    if not by_plan:
        by_two = any(candidate.by_two for candidate in candidates.values())
        check_may_decide_alone((item.hours for item in items), by_two=by_two)
    rules.check_undecided(items, requests)
    rules.check_no_more_than_asked(items, requests)
    granting = [item for item in items if item.hours]
    if granting:
        # The membership may have ended since the request. A rejection is always possible.
        rules.check_members(granting, requests, candidates)
        year = requests[granting[0].request_id].year
        # The pool is held before it is read, so that the second of two decisions sees what the first has left.
        pool = await hold_pool(writer.connection, year)
        rules.check_pool_suffices(pool.available, granting)
        transfers = [supplementary_grant(requests[item.request_id].organisation_id, item.hours) for item in granting]
        causes = [item.request_id for item in granting]
        await post_transfers(writer, year, "supplementary_hour_request", causes, transfers)
    decided = [
        replace(
            requests[item.request_id],
            state=rules.decided_state_of(requests[item.request_id].hours, item.hours),
            granted_hours=item.hours,
            reason=item.reason,
            decided_by=writer.actor.person_id,
            decided_by_name=writer.actor.name,
            decided_at=writer.now,
        )
        for item in items
    ]
    await mark_decided(writer.connection, decided, by=writer.actor.person_id, at=writer.now)
    for request in decided:
        writer.record(
            "supplementary-hour-request.decided",
            request.id,
            organisation_id=request.organisation_id,
            reason=request.reason,
            state=request.state,
            reference=request.reference,
            year=request.year,
            asked=request.hours,
            hours=request.granted_hours,
        )
    return decided


async def _lock_in_reach(writer: Writer, request_id: UUID) -> tuple[SupplementaryRequest, Standing]:
    request = await requests.lock(writer, request_id)
    return request, await get_standing(writer, request.organisation_id, request.year)
