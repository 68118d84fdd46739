"""Rights: give, end, look."""

from datetime import date
from uuid import UUID

from app.db.organisations.organisations import find_place
from app.db.organisations.profiles import find as find_organisation
from app.db.paging import PageRequest, Slice
from app.db.people import role_grants as questions
from app.db.people.role_grants import list_grants
from app.db.sessions import Reader, Writer
from app.domain.access import Place, Role, check_person, check_reach, sees_rights_of
from app.domain.errors import NotFound
from app.domain.people import role_grants as rules
from app.domain.people.role_grants import GrantedRole, GrantState
from app.domain.people.roles import check_role_fits
from app.services.people.roles import end_role, grant_role


async def give_role(
    writer: Writer,
    *,
    person_id: UUID,
    role: Role,
    organisation_id: UUID | None,
    reason: str,
    begins_on: date | None,
    ends_on: date | None,
) -> GrantedRole:
    check_person(writer.actor)
    rules.check_centre_role(role, organisation_id)
    valid_from, valid_until = rules.validity_of(begins_on, ends_on, writer.now)
    place, kind = None, None
    if organisation_id:
        found = await find_organisation(writer.connection, organisation_id)
        place = check_reach(writer.actor, found and found[1], pointer="/organisation_id")
        kind = found and found[0].kind
    rules.check_may_grant(writer.actor, role, place, person_id)
    check_role_fits(role, kind)
    return await grant_role(
        writer,
        person_id=person_id,
        role=role,
        organisation_id=organisation_id,
        reason=reason,
        valid_from=valid_from,
        valid_until=valid_until,
    )


async def end_grant(writer: Writer, grant_id: UUID, *, ends_on: date | None, reason: str) -> GrantedRole:
    grant, place = await _get_seen(writer, grant_id)
    check_person(writer.actor)
    rules.check_may_end(writer.actor, grant, place)
    return await end_role(writer, grant_id, at=rules.end_of(grant, ends_on, writer.now), reason=reason)


async def get_grant(reader: Reader, grant_id: UUID) -> GrantedRole:
    grant, _ = await _get_seen(reader, grant_id)
    return grant


async def list_role_grants(
    reader: Reader,
    page: PageRequest,
    *,
    organisation_id: UUID | None,
    under: UUID | None,
    person_id: UUID | None,
    role: Role | None,
    state: GrantState | None,
) -> Slice[GrantedRole]:
    return await list_grants(
        reader, page, organisation_id=organisation_id, under=under, person_id=person_id, role=role, state=state
    )


async def _get_seen(session: Reader, grant_id: UUID) -> tuple[GrantedRole, Place | None]:
    """Raises NotFound where there is none, or the caller does not see it."""
    grant = await questions.find(session, grant_id)
    if grant is None:
        raise NotFound
    place = await find_place(session.connection, grant.organisation_id) if grant.organisation_id else None
    if not sees_rights_of(session.actor, grant.person_id, place):
        raise NotFound
    return grant, place
