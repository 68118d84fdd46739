"""References: find what one names."""

from app.db.hours.references import check_seen, find_named
from app.db.sessions import Reader
from app.domain.errors import NotFound
from app.domain.hours.causes import Reference, path_of


async def get_reference(reader: Reader, reference: str) -> Reference:
    named = await find_named(reader.connection, reference)
    path = path_of(named.type, named.id) if named else None
    # Applications are for people alone (rulebook §2.4).
    is_for_people = named is not None and named.type == "main_user_application"
    if named is None or path is None or (is_for_people and reader.actor.scopes is not None):
        raise NotFound
    await check_seen(reader, named)
    return Reference(reference, named.type, named.id, named.organisation_id, path)
