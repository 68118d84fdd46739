"""Roles: grant and end them, for every use case that does.

A central organisation's row is locked before its main users are looked at, so that of two ends at once the second sees
what the first has left. Organisations are locked first, in id order, then the study centre, where its staff's roles
end, then persons and grants.
"""

from datetime import datetime
from uuid import UUID

from app.db.identifiers import new_id
from app.db.people.main_users import lock_main_users, lock_staff
from app.db.people.people import role_grants
from app.db.people.role_grants import find_held, grants, list_not_ended, lock_person
from app.db.sessions import Reader, Writer
from app.db.statements import change_row, insert_row
from app.domain.access import Role
from app.domain.calendar.deadlines import last_day_before
from app.domain.errors import AlreadyExists, NotFound
from app.domain.people import role_grants as rules
from app.domain.people.role_grants import GrantedRole


async def check_not_held(
    session: Reader,
    person_id: UUID,
    role: Role,
    organisation_id: UUID | None,
    *,
    valid_from: datetime,
    valid_until: datetime | None = None,
) -> None:
    """Raises AlreadyExists if the person has the role there on one of these days."""
    existing = await find_held(
        session.connection, person_id, role, organisation_id, valid_from=valid_from, valid_until=valid_until
    )
    if existing:
        raise AlreadyExists(existing_id=existing)


async def grant_role(
    writer: Writer,
    *,
    person_id: UUID,
    role: Role,
    organisation_id: UUID | None,
    reason: str | None,
    valid_from: datetime | None = None,
    valid_until: datetime | None = None,
    role_application_id: UUID | None = None,
    main_user_application_id: UUID | None = None,
    granted_by: UUID | None = None,
) -> GrantedRole:
    """Grant a role, by default from now on and by the caller. Permission is checked before.

    Raises NotFound if there is no such person, AlreadyExists if the person has the role within those days, LastMainUser
    if a main user's role would end without a successor.
    """
    valid_from = valid_from or writer.now
    if role == "main_user" and organisation_id:
        main_users = await lock_main_users(writer.connection, organisation_id)
        if valid_until:
            rules.check_main_users_remain(main_users, (), valid_until)
    if not await lock_person(writer.connection, person_id):
        raise NotFound(pointer="/person_id")
    await check_not_held(writer, person_id, role, organisation_id, valid_from=valid_from, valid_until=valid_until)
    grant_id = new_id()
    await insert_row(
        writer.connection,
        role_grants,
        id=grant_id,
        person_id=person_id,
        role=role,
        organisation_id=organisation_id,
        valid_from=valid_from,
        valid_until=valid_until,
        granted_by=granted_by or writer.actor.person_id,
        granted_at=writer.now,
        reason=reason,
        role_application_id=role_application_id,
        main_user_application_id=main_user_application_id,
    )
    writer.record(
        "role-grant.given",
        grant_id,
        organisation_id=organisation_id,
        reason=reason,
        person_id=str(person_id),
        role=role,
        valid_from=valid_from,
        valid_until=valid_until,
        last_day=last_day_before(valid_until) if valid_until else None,
        role_application_id=role_application_id,
        main_user_application_id=main_user_application_id,
    )
    return await _get(writer, grant_id)


async def end_role(writer: Writer, grant_id: UUID, *, at: datetime, reason: str | None) -> GrantedRole:
    """End a role at a time, or at its beginning if that is later. The caller's permission is checked before.

    Raises NotFound, WrongState if it has already ended, Invalid if it ends no later anyway, LastMainUser if
    a main user needs a successor, LastStaff if a staff member does.
    """
    grant = await _get(writer, grant_id)
    main_users, staff = None, None
    if grant.role == "main_user" and grant.organisation_id:
        main_users = await lock_main_users(writer.connection, grant.organisation_id)
    elif grant.role == "staff":
        staff = await lock_staff(writer.connection)
    locked = await grants.find(writer, grant_id, locked=True)
    if locked is None:
        raise NotFound
    grant = locked
    rules.check_not_ended(grant.state)
    at = max(at, grant.valid_from)
    # Another request may have ended it meanwhile, at an earlier time.
    rules.check_brought_forward(grant, at)
    if main_users:
        rules.check_main_users_remain(main_users, {grant_id}, at)
    if staff is not None:
        rules.check_staff_remain(staff, {grant_id}, at)
    await change_row(
        writer.connection,
        role_grants,
        grant_id,
        valid_until=at,
        ended_by=writer.actor.person_id,
        ended_at=writer.now,
        end_reason=reason,
    )
    writer.record(
        "role-grant.ended",
        grant_id,
        organisation_id=grant.organisation_id,
        reason=reason,
        person_id=str(grant.person_id),
        role=grant.role,
        valid_until=at,
        # A role that is over, or never begins, has no last day to come.
        **({"ended_at": writer.now} if at in {writer.now, grant.valid_from} else {"last_day": last_day_before(at)}),
    )
    if main_users and (left := rules.few_main_users(main_users, {grant_id}, at)) is not None:
        writer.record(
            "organisation.main-users-few",
            main_users.organisation_id,
            organisation_id=main_users.organisation_id,
            main_users=left,
            since=at,
        )
    return await _get(writer, grant_id)


async def end_roles_of(writer: Writer, person_id: UUID, *, reason: str) -> None:
    """End now all roles that the person has or will have.

    Raises LastMainUser, LastStaff. Organisations are locked in id order, so that two simultaneous requests do not wait
    for each other.
    """
    for grant in await list_not_ended(writer, person_id):
        await end_role(writer, grant.id, at=writer.now, reason=reason)


async def end_surplus_roles_of(writer: Writer, person_id: UUID, *, reason: str) -> None:
    """End a role that another grant of the person covers."""
    for grant, at in rules.surplus_of(await list_not_ended(writer, person_id), writer.now):
        await end_role(writer, grant.id, at=at, reason=reason)


async def _get(session: Reader, grant_id: UUID) -> GrantedRole:
    grant = await grants.find(session, grant_id)
    if grant is None:
        raise NotFound
    return grant
