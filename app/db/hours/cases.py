"""The case of a proposal, a request, a return or an application: one door to the four kinds."""

from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, or_, select

from app.db.hours.expiring import share_openings
from app.db.hours.pools import find_pool
from app.db.hours.proposals import find_makers, proposals
from app.db.hours.returns import returns
from app.db.hours.supplementary_requests import requests
from app.db.organisations.organisations import get_place
from app.db.people.api_keys import actors, api_keys
from app.db.people.main_user_applications import applications
from app.db.people.people import persons
from app.db.people.role_invitations import keep_roles_of
from app.db.resources import Resource
from app.db.sessions import Reader, Writer
from app.db.statements import Query, change_row
from app.domain.access import Actor
from app.domain.hours.cases import Case, CaseHandler, CaseType

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
HANDLED = [resource.table for resource in _RESOURCES.values()]
"""The tables that name the handler of a case."""
_person_id = bindparam("p_person_id", type_=Uuid)
_records = select(persons.c.id).where(or_(persons.c.id == _person_id, persons.c.merged_into == _person_id))
_acted_as: Query[UUID] = Query(
    select(actors.c.id).where(
        or_(actors.c.id.in_(_records), actors.c.id.in_(select(api_keys.c.id).where(api_keys.c.made_by.in_(_records))))
    )
)


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


async def put_handler(writer: Writer, case: Case, handler_id: UUID | None) -> CaseHandler:
    resource = _RESOURCES[case.type]
    await change_row(writer.connection, resource.table, case.id, handler_id=handler_id)
    found = await resource.get(writer, case.id)
    return CaseHandler(found.handler_id, found.handler_name)


async def find_candidate(writer: Writer, person_id: UUID) -> Actor:
    """The person as they would act. None of the roles ends until the transaction does."""
    roles = await keep_roles_of(writer.connection, person_id)
    acted_as = await _acted_as.all(writer.connection, p_person_id=person_id)
    return Actor.at(person_id, roles, writer.now, other_ids=acted_as)


async def _case(session: Reader, case_type: CaseType, found: Any) -> Case:
    parties: tuple[UUID | None, ...] = ()
    makers = {getattr(found, _MAKER[case_type])}
    if case_type == "hour-proposals":
        makers |= await find_makers(session.connection, found.id)
    closed_at = None
    if case_type == "main-user-applications":
        parties = (found.applicant_id, found.signatory_person_id)
    if case_type == "hour-returns":
        closed_at = (await find_pool(session.connection, found.year)).closed_at
    place = await get_place(session.connection, found.organisation_id)
    return Case(
        type=case_type,
        id=found.id,
        place=place,
        central_organisation_id=getattr(found, "central_organisation_id", place.central_organisation_id),
        reference=found.reference,
        year=getattr(found, "year", None),
        state=found.state,
        makers=frozenset(makers - {None}),
        handler=CaseHandler(found.handler_id, found.handler_name),
        parties=tuple(party for party in parties if party),
        closed_at=closed_at,
    )
