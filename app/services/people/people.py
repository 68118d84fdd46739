"""People: register, get, list and merge."""

from collections.abc import Sequence
from uuid import UUID

from app.db.paging import PageRequest, Slice
from app.db.people.badge_applications import lock_open_of
from app.db.people.main_users import lock_main_users, lock_staff
from app.db.people.me import find_person
from app.db.people.mergers import (
    list_centres_of_main_users,
    list_open_applications,
    lock_pointless_role_applications,
    move_all,
)
from app.db.people.people import callers, persons
from app.db.people.personal_data import find_person_status
from app.db.people.registrations import find_person_among, lock_people, people_listing
from app.db.people.signatories import lock_signatories_of
from app.db.sessions import Reader, Writer
from app.db.statements import insert_row, insert_value
from app.delivery.tokens import TokenMailing
from app.domain.access import check_person, check_strong
from app.domain.errors import AlreadyExists, NotFound
from app.domain.organisations.organisations import Language
from app.domain.people import people as rules
from app.domain.people.people import Person
from app.domain.people.personal_data import check_not_erased
from app.services.people import role_applications, signatories
from app.services.people.email_verifications import is_vouched_for, send_link, take_over, verified
from app.services.people.main_user_applications import withdraw_all
from app.services.people.roles import end_surplus_roles_of
from app.services.trainings import participation_claims


async def register(
    writer: Writer, tokens: TokenMailing, *, name: str, email: str, phone: str | None, language: Language
) -> Person:
    """Register the caller, who has signed in and is not known yet (rulebook §2.5)."""
    check_person(writer.actor)
    own_id, signed_in = writer.actor.person_id, writer.actor.authentication
    if await find_person(writer.connection, own_id):
        raise AlreadyExists(existing_id=own_id)
    is_verified = await is_vouched_for(writer, email)
    verified_at = writer.now if is_verified else None
    person = Person(own_id, name, email, verified_at, phone, language, merged_into=None)
    columns = verified(email, writer.now) if is_verified else {}
    await insert_value(writer.connection, persons, person, created_at=writer.now, **columns)
    await insert_row(writer.connection, callers, issuer=signed_in.issuer, subject=signed_in.subject, person_id=own_id)
    writer.record("person.registered", own_id, person_id=str(own_id))
    if not is_verified:
        await send_link(writer, tokens, person, "registered")
    return person


async def list_people(
    reader: Reader, page: PageRequest, *, q: str | None, organisation_id: Sequence[UUID] | None
) -> Slice[Person]:
    among = rules.people_reach_of(reader.actor)
    return await people_listing.page(
        reader,
        page,
        q=q,
        organisation_id=organisation_id if among is None else None,
        organisation_among=None if among is None else organisation_id,
    )


async def get_person(reader: Reader, person_id: UUID, *, pointer: str | None = None) -> Person:
    """Raise NotFound if the caller does not see the person."""
    among = rules.people_reach_of(reader.actor)
    if among is None or person_id == reader.actor.person_id:
        person = await find_person(reader.connection, person_id)
    else:
        person = await find_person_among(reader.connection, person_id, among, reader.now)
    if person is None:
        raise NotFound(pointer=pointer)
    return person


async def merge(writer: Writer, person_id: UUID, *, other_id: UUID, reason: str) -> Person:
    """Move what the other person has. What the other has made remains theirs, and the other is never deleted."""
    await get_person(writer, person_id)
    rules.check_may_merge(writer.actor, person_id, other_id)
    check_strong(writer.actor)
    # The order of locks is that of granting and ending roles: applications, organisations, people.
    await _withdraw_applications(writer, other_id, person_id, reason)
    for organisation_id in await list_centres_of_main_users(writer.connection, [person_id, other_id]):
        await lock_main_users(writer.connection, organisation_id)
    await lock_staff(writer.connection)
    # One query locks both in the order of their ids, so that two mergers of the same people wait for each other.
    found = await lock_people(writer.connection, [person_id, other_id])
    if other_id not in found:
        raise NotFound(pointer="/person_id")
    rules.check_two(person_id, other_id)
    for pointer, each_id in ((None, person_id), ("/person_id", other_id)):
        if status := await find_person_status(writer.connection, each_id):
            check_not_erased(status, pointer=pointer)
    # A signatory whom this person confirmed would be confirmed by nobody else after the merger, so it ends.
    for signatory in await lock_signatories_of(writer, [other_id]):
        if signatory.confirmed_by == person_id:
            await signatories.end(writer, signatory, reason=reason)
    await participation_claims.end_surplus(writer, person_id, other_id, reason=reason)
    await move_all(writer.connection, other_id, person_id, writer.now)
    await take_over(writer, person_id, other_id)
    await end_surplus_roles_of(writer, person_id, reason=reason)
    writer.record("person.merged", person_id, reason=reason, person_id=str(person_id), merged_person_id=str(other_id))
    return await get_person(writer, person_id)


async def _withdraw_applications(writer: Writer, other_id: UUID, person_id: UUID, reason: str) -> None:
    """Withdraw applications that one person cannot have twice, or would sign as two people (rulebook §2.5)."""
    open_ids = await list_open_applications(writer.connection, other_id, person_id)
    await withdraw_all(writer, open_ids, reason=reason)
    for application in await lock_pointless_role_applications(writer, other_id, person_id):
        await role_applications.withdraw(writer, application, reason=reason)
    # They only move, but an application for a badge locks them before its person.
    await lock_open_of(writer, [person_id, other_id])
