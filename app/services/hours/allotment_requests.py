"""Allotment requests: submit, decide, withdraw, get and list."""

from uuid import UUID

from app.db.hours.accounts import get_books
from app.db.hours.allotment_requests import (
    allotment_requests,
    find_open,
    requests,
)
from app.db.hours.distributions import find_revision, raise_revision
from app.db.hours.expiring import share_openings
from app.db.hours.ledger import lock_balances, post_transfers
from app.db.hours.standing import get_standing, get_standing_to_make
from app.db.identifiers import new_id
from app.db.organisations.training_rules import find_recipients
from app.db.sessions import Writer
from app.db.statements import change_value, insert_value
from app.domain.access import check_role
from app.domain.calendar.deadlines import day_of
from app.domain.errors import AlreadyExists
from app.domain.hours import allotment_requests as rules
from app.domain.hours.allotment_requests import AllotmentRequest
from app.domain.hours.standing import check_year


async def submit_request(writer: Writer, *, unit_id: UUID, year: int, hours: int, grounds: str) -> AllotmentRequest:
    # A closing comes before this, and is seen, or waits, and ends the new request.
    await share_openings(writer.connection, year)
    standing = await get_standing_to_make(writer, unit_id, year, pointer="/unit_id")
    rules.check_may_request(writer.actor, standing)
    check_year(standing, writer.now)
    # The database's unique index lets one of two simultaneous requests through.
    if existing := await find_open(writer.connection, unit_id, year):
        raise AlreadyExists(existing_id=existing)
    # Nothing is locked yet: the decision checks again what is in use by then.
    books = await get_books(writer, unit_id, year)
    rules.check_not_in_use(books.balance_of(unit_id), hours)
    request = AllotmentRequest(
        id=new_id(),
        reference=standing.reference,
        unit_id=unit_id,
        unit_name=standing.organisation_name,
        central_organisation_id=standing.place.central_organisation_id,
        year=year,
        hours=hours,
        grounds=grounds,
        state="submitted",
        granted_hours=None,
        reason=None,
        submitted_by=writer.actor.person_id,
        submitted_by_name=writer.actor.name,
        submitted_at=writer.now,
        decided_by=None,
        decided_by_name=None,
        decided_at=None,
        withdrawn_at=None,
        expired_at=None,
        expired_because=None,
    )
    await insert_value(writer.connection, allotment_requests, request)
    writer.record(
        "allotment-request.submitted",
        request.id,
        organisation_id=unit_id,
        reference=request.reference,
        year=year,
        asked=hours,
    )
    return request


async def decide_request(writer: Writer, request_id: UUID, *, hours: int, reason: str | None) -> AllotmentRequest:
    request = await requests.lock(writer, request_id)
    standing = await get_standing(writer, request.unit_id, request.year)
    rules.check_decider(writer.actor, standing, request.submitted_by)
    rules.check_undecided(request.state)
    state = rules.decided_state_of(request.hours, hours)
    if hours:
        await _change_allotment(writer, request, hours)
    decided = await change_value(
        writer.connection,
        allotment_requests,
        request,
        state=state,
        granted_hours=hours,
        reason=reason,
        decided_by=writer.actor.person_id,
        decided_by_name=writer.actor.name,
        decided_at=writer.now,
    )
    writer.record(
        "allotment-request.decided",
        request_id,
        organisation_id=request.unit_id,
        reason=reason,
        state=state,
        reference=request.reference,
        year=request.year,
        asked=request.hours,
        hours=hours,
    )
    return decided


async def withdraw_request(writer: Writer, request_id: UUID) -> AllotmentRequest:
    request = await requests.lock(writer, request_id)
    standing = await get_standing(writer, request.unit_id, request.year)
    check_role(writer.actor, standing.place, "unit_manager")
    rules.check_undecided(request.state)
    withdrawn = await change_value(
        writer.connection, allotment_requests, request, state="withdrawn", withdrawn_at=writer.now
    )
    writer.record("allotment-request.withdrawn", request_id, organisation_id=request.unit_id, year=request.year)
    return withdrawn


get_request = requests.get
list_requests = requests.page


async def _change_allotment(writer: Writer, request: AllotmentRequest, hours: int) -> None:
    """Raise or lower the unit's allotment, and the revision of the distribution with it."""
    unit_id, year, central_id = request.unit_id, request.year, request.central_organisation_id
    # As in a distribution, the tree's balances are locked before they are read, and the unit's days after that. The
    # second of a decision and a distribution sees what the first left, and nobody else raises the revision meanwhile.
    await lock_balances(writer.connection, year, central_id)
    standing = await get_standing(writer, unit_id, year)
    recipients = await find_recipients(writer.connection, central_id, [unit_id])
    rules.check_change(standing, recipients[unit_id], hours, day_of(writer.now))
    transfer = rules.transfer_of(await get_books(writer, unit_id, year), unit_id, hours)
    await post_transfers(writer, year, "allotment_request", request.id, [transfer])
    seen = await find_revision(writer.connection, central_id, year)
    await raise_revision(
        writer.connection, central_id, year, seen=seen, person_id=writer.actor.person_id, now=writer.now
    )
    writer.record(
        "hour-distribution.changed",
        central_id,
        organisation_id=central_id,
        year=year,
        revision=seen + 1,
        recalled=-hours if hours < 0 else 0,
        distributed=max(0, hours),
    )
