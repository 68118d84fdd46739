"""The caller's own data: get and change."""

from app.db.people.me import find_person, list_organisations
from app.db.people.people import persons
from app.db.people.role_grants import lock_person
from app.db.sessions import Reader, Writer
from app.db.statements import change_row
from app.delivery.tokens import TokenMailing
from app.domain.access import check_person, check_still_registered
from app.domain.errors import NotFound
from app.domain.people.people import HeldRole, Me, PersonChanges
from app.domain.versions import Versions, check_version
from app.services.people.email_verifications import address_changed


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


async def change_me(writer: Writer, tokens: TokenMailing, *, changes: PersonChanges, expected: Versions) -> Me:
    check_person(writer.actor)
    own_id = writer.actor.person_id
    check_still_registered(await lock_person(writer.connection, own_id))
    before = await get_me(writer)
    check_version(before, expected)
    differing = {name: value for name, value in changes.items() if getattr(before.person, name) != value}
    if not differing:
        return before
    await change_row(writer.connection, persons, own_id, **differing)
    writer.record("person.changed", own_id, person_id=str(own_id), changed=sorted(differing))
    if "email" in differing:
        await address_changed(writer, tokens)
    return await get_me(writer)
