"""Supplementary requests: submit, decide, withdraw, get and list."""

from uuid import UUID

from app.db.hours.expiring import share_openings
from app.db.hours.ledger import post_transfers
from app.db.hours.pools import hold_pool
from app.db.hours.standing import get_standing, get_standing_to_make
from app.db.hours.supplementary_requests import requests, supplementary_hour_requests
from app.db.identifiers import new_id
from app.db.sessions import Writer
from app.db.statements import change_value, insert_value
from app.domain.access import check_main_user, check_not_own, check_staff
from app.domain.hours import supplementary_requests as rules
from app.domain.hours.ledger import supplementary_grant
from app.domain.hours.standing import Standing, check_may_change, check_member
from app.domain.hours.supplementary_requests import SupplementaryRequest


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
        submitted_at=writer.now,
        granted_hours=None,
        reason=None,
        decided_by=None,
        decided_at=None,
        withdrawn_at=None,
        expired_at=None,
        expired_because=None,
    )
    await insert_value(writer.connection, supplementary_hour_requests, request)
    writer.record("supplementary-hour-request.submitted", request.id, organisation_id=organisation_id, hours=hours)
    return request


async def decide_request(writer: Writer, request_id: UUID, *, hours: int, reason: str | None) -> SupplementaryRequest:
    request, standing = await _lock_in_reach(writer, request_id)
    check_staff(writer.actor)
    check_not_own(writer.actor, standing.place, [request.submitted_by])
    rules.check_undecided(request.state)
    state = rules.decided_state_of(request.hours, hours)
    if hours:
        # The membership may have ended since the request. A rejection is always possible.
        check_member(standing, writer.now)
        # The pool is held before it is read, so that the second of two decisions sees what the first has left.
        pool = await hold_pool(writer.connection, request.year)
        rules.check_grant(pool.available, hours)
        transfers = [supplementary_grant(request.organisation_id, hours)]
        await post_transfers(writer, request.year, "supplementary_hour_request", request_id, transfers)
    decided = await change_value(
        writer.connection,
        supplementary_hour_requests,
        request,
        state=state,
        granted_hours=hours,
        reason=reason,
        decided_by=writer.actor.person_id,
        decided_at=writer.now,
    )
    writer.record(
        "supplementary-hour-request.decided",
        request_id,
        organisation_id=request.organisation_id,
        reason=reason,
        state=state,
        reference=request.reference,
        year=request.year,
        asked=request.hours,
        hours=hours,
    )
    return decided


async def withdraw_request(writer: Writer, request_id: UUID) -> SupplementaryRequest:
    request, standing = await _lock_in_reach(writer, request_id)
    check_main_user(writer.actor, standing.place)
    rules.check_undecided(request.state)
    withdrawn = await change_value(
        writer.connection, supplementary_hour_requests, request, state="withdrawn", withdrawn_at=writer.now
    )
    writer.record("supplementary-hour-request.withdrawn", request_id, organisation_id=request.organisation_id)
    return withdrawn


get_request = requests.get
list_requests = requests.page


async def _lock_in_reach(writer: Writer, request_id: UUID) -> tuple[SupplementaryRequest, Standing]:
    request = await requests.lock(writer, request_id)
    return request, await get_standing(writer, request.organisation_id, request.year)
