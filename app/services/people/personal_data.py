"""A person's data: tell all of it, erase what no law keeps."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from app.db.people import personal_data as questions
from app.db.people.erasures import erase_people, revoke_keys_of
from app.db.people.registrations import find_person_among, lock_people
from app.db.sessions import Writer
from app.domain.access import check_strong
from app.domain.errors import NotFound
from app.domain.people import personal_data as rules
from app.domain.people.people import people_reach_of
from app.domain.people.personal_data import Erasure, PersonalData, Standing
from app.services.people.roles import end_roles_of


async def tell_all(writer: Writer, person_id: UUID) -> PersonalData:
    """Written down in the audit."""
    await _get_standing(writer, person_id)
    ids = await questions.list_ids_of(writer.connection, person_id)
    told = PersonalData(
        person_id,
        await questions.list_sign_ins(writer.connection, ids),
        await questions.read_held(writer.connection, ids),
        await questions.count_made(writer.connection, ids),
    )
    writer.record("person.data-told", person_id)
    return told


async def erase(writer: Writer, person_id: UUID, *, reason: str) -> Erasure:
    """Raises LastMainUser where an organisation needs a successor first."""
    rules.check_not_erased(await _get_standing(writer, person_id))
    check_strong(writer.actor)
    ids = await questions.list_ids_of(writer.connection, person_id)
    # Organisations are locked before people: what was given meanwhile is ended once nobody can give more.
    await end_roles_of(writer, person_id, reason=reason)
    await lock_people(writer.connection, ids)
    rules.check_not_erased(await _get_standing(writer, person_id))
    await end_roles_of(writer, person_id, reason=reason)
    by = writer.actor.person_id
    for key_id, organisation_id in await revoke_keys_of(writer.connection, ids, by=by):
        writer.record("api-key.revoked", key_id, organisation_id=organisation_id, reason=reason)
    await erase_people(writer.connection, ids, by=by, now=writer.now)
    writer.record("person.erased", person_id, reason=reason)
    answers_until = datetime.now(UTC).date() + timedelta(days=rules.ANSWERS_KEPT_DAYS)
    return Erasure(person_id, writer.now, rules.kept_after(writer.now.date(), answers_until))


async def _get_standing(writer: Writer, person_id: UUID) -> Standing:
    """Raises NotFound where the caller does not see the person, Forbidden where it is somebody else."""
    standing = await questions.find_standing(writer.connection, person_id)
    among = people_reach_of(writer.actor)
    is_seen = among is None or person_id == writer.actor.person_id
    if standing is None or not (
        is_seen or await find_person_among(writer.connection, person_id, among or [], writer.now)
    ):
        raise NotFound
    rules.check_may_handle_data(writer.actor, person_id)
    return standing
