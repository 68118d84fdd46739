"""Role grants: grant, end, get and list."""

from datetime import date
from uuid import UUID

from app.db.organisations import profiles
from app.db.organisations.organisations import find_place
from app.db.people.role_grants import grants
from app.db.sessions import Writer
from app.domain.access import Role, check_person
from app.domain.people import role_grants as rules
from app.domain.people.role_grants import GrantedRole
from app.domain.people.roles import check_role_fits
from app.services.people.people import get_person
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
        organisation, place = await profiles.get(writer, organisation_id, pointer="/organisation_id")
        kind = organisation.kind
    rules.check_may_grant(writer.actor, role, place, person_id)
    await get_person(writer, person_id, pointer="/person_id")
    rules.check_sign_in(writer.actor, role)
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
    grant = await grants.get(writer, grant_id)
    place = await find_place(writer.connection, grant.organisation_id) if grant.organisation_id else None
    check_person(writer.actor)
    rules.check_may_end(writer.actor, grant, place)
    return await end_role(writer, grant_id, at=rules.end_of(grant, ends_on, writer.now), reason=reason)


get_grant = grants.get
list_role_grants = grants.page
