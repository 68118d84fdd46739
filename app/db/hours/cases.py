"""The case of a proposal, a request, a return or an application: one door to the four kinds."""

from typing import Any
from uuid import UUID

from app.db.hours.expiring import share_openings
from app.db.hours.pools import find_pool
from app.db.hours.proposals import find_submitted, proposals
from app.db.hours.returns import returns
from app.db.hours.supplementary_requests import requests
from app.db.organisations.organisations import get_place
from app.db.people.main_user_applications import applications
from app.db.resources import Resource
from app.db.sessions import Reader, Writer
from app.domain.hours.cases import Case, CaseType

_RESOURCES: dict[CaseType, Resource[Any]] = {
    "hour-proposals": proposals,
    "supplementary-hour-requests": requests,
    "hour-returns": returns,
    "main-user-applications": applications,
}
_MAKER = {
    "hour-proposals": "created_by",
    "supplementary-hour-requests": "submitted_by",
    "hour-returns": "booked_by",
    "main-user-applications": "applicant_id",
}


async def get_case(session: Reader, case_type: CaseType, case_id: UUID) -> Case:
    """Raises NotFound if there is none, or the caller does not see it."""
    return await _case(session, case_type, await _RESOURCES[case_type].get(session, case_id))


async def lock_case(writer: Writer, case_type: CaseType, case_id: UUID) -> Case:
    """As `get_case`. The row is locked before its state is read, so that nothing is added to a case that has ended."""
    found = await _RESOURCES[case_type].lock(writer, case_id)
    if case_type == "hour-returns":
        # A closing comes before this, and is seen, or waits.
        await share_openings(writer.connection, found.year)
    return await _case(writer, case_type, found)


async def _case(session: Reader, case_type: CaseType, found: Any) -> Case:
    parties: tuple[UUID | None, ...] = ()
    makers = {getattr(found, _MAKER[case_type])}
    if case_type == "hour-proposals":
        makers |= (await find_submitted(session.connection, [found.id]))[found.organisation_id].makers
    closed_at = None
    if case_type == "main-user-applications":
        parties = (found.applicant_id, found.signatory_person_id)
    if case_type == "hour-returns":
        closed_at = (await find_pool(session.connection, found.year)).closed_at
    return Case(
        type=case_type,
        id=found.id,
        place=await get_place(session.connection, found.organisation_id),
        reference=found.reference,
        year=getattr(found, "year", None),
        state=found.state,
        makers=frozenset(makers - {None}),
        parties=tuple(party for party in parties if party),
        closed_at=closed_at,
    )
