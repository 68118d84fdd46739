"""Who the caller is."""

from app.db.people.me import find_person, list_organisations
from app.db.sessions import Reader
from app.domain.errors import NotFound
from app.domain.people.people import HeldRole, Me


async def get_me(reader: Reader) -> Me:
    person = await find_person(reader.connection, reader.actor.person_id)
    if person is None:
        raise NotFound
    ids = sorted({grant.organisation_id for grant in reader.actor.roles if grant.organisation_id})
    organisations = await list_organisations(reader.connection, ids) if ids else []
    names = {organisation.id: organisation.name for organisation in organisations}
    roles = [
        HeldRole(
            grant.role,
            grant.organisation_id,
            names[grant.organisation_id] if grant.organisation_id else None,
            grant.valid_from,
            grant.valid_until,
        )
        for grant in sorted(
            reader.actor.roles, key=lambda grant: (grant.valid_from, grant.role, str(grant.organisation_id))
        )
    ]
    return Me(person, roles, organisations)
