"""Rights: giving and ending them, and who sees which.

All who give or end rights come through here: `grant_role`, `end_role`, `end_roles_of`. A central organisation's row is
locked before its main users are looked at, so that of two ends at once the second sees what the first has left.
Organisations are locked first, in id order, then the study centre, where its staff's rights end, then persons and
grants.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    Select,
    String,
    Uuid,
    and_,
    any_,
    bindparam,
    func,
    literal_column,
    or_,
    select,
)

from app.db.identifiers import new_id
from app.db.organisations.organisations import organisations
from app.db.paging import Listing, PageRequest, Slice, below, given
from app.db.people.main_users import lock_main_users, lock_staff
from app.db.people.people import in_force, not_ended, persons, role_grants
from app.db.sessions import Reader, Writer
from app.db.statements import Query, change_row, insert_row
from app.domain.access import Actor, Role, overseen_of
from app.domain.calendar.deadlines import last_day_before
from app.domain.errors import AlreadyExists, NotFound
from app.domain.people.role_grants import (
    GrantedRole,
    GrantState,
    check_brought_forward,
    check_main_users_remain,
    check_not_ended,
    check_staff_remain,
    count_main_users,
    state_of,
    surplus_of,
)

FEW = 1
"""So many main users or fewer, and the staff are told (rulebook §2.7)."""


def _instant(name: str) -> ColumnElement[Any]:
    return bindparam(f"p_{name}", type_=DateTime(timezone=True))


_grants = role_grants.c
_granted = (
    select(
        _grants.id,
        _grants.person_id,
        persons.c.name.label("person_name"),
        _grants.role,
        _grants.organisation_id,
        organisations.c.name.label("organisation_name"),
        _grants.valid_from,
        _grants.valid_until,
        # Follows from the clock: `_as_of` puts the real one in its place.
        literal_column("'upcoming'").label("state"),
        _grants.granted_by,
        _grants.granted_at,
        _grants.reason,
        _grants.role_application_id,
        _grants.main_user_application_id,
        _grants.ended_by,
        _grants.ended_at,
        _grants.end_reason,
    )
    .join(persons, persons.c.id == _grants.person_id)
    .outerjoin(organisations, organisations.c.id == _grants.organisation_id)
)
_one = _granted.where(_grants.id == bindparam("p_id", type_=Uuid))
_found = Query(_one, GrantedRole)
_locked = Query(_one.with_for_update(key_share=True, of=role_grants), GrantedRole)
_not_ended_of_person = Query(
    _granted.where(
        _grants.person_id == bindparam("p_person_id", type_=Uuid),
        not_ended(_instant("at")),
    ).order_by(_grants.organisation_id, _grants.id),
    GrantedRole,
)


def _as_of(grant: GrantedRole, now: datetime) -> GrantedRole:
    return replace(grant, state=state_of(grant.valid_from, grant.valid_until, now))


async def find(session: Reader, grant_id: UUID) -> GrantedRole | None:
    grant = await _found.first(session.connection, p_id=grant_id)
    return grant and _as_of(grant, session.now)


def seen_by(person_id: ColumnElement[Any], organisation_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """The filter `seen_by`, whose value is `viewers_of`: what is of the person, or within an overseen tree."""
    ids = bindparam("p_seen_by", type_=ARRAY(Uuid))
    return or_(person_id == any_(ids), below(organisation_id, any_(ids)))


def viewers_of(actor: Actor) -> list[UUID] | None:
    """The person's own id with those of the organisations overseen; None sees all. No id is of two kinds."""
    overseen = overseen_of(actor)
    return None if overseen is None else [actor.person_id, *overseen]


# By state, with the instant it is now.
_states: dict[str, ColumnElement[bool]] = {
    "upcoming": and_(_grants.valid_from > _instant("upcoming"), not_ended(role_grants.c.valid_from)),
    "in_force": in_force(_instant("in_force")),
    "ended": _grants.valid_until <= func.greatest(_instant("ended"), _grants.valid_from),
}
_listing = Listing(
    _granted,
    GrantedRole,
    key=[_grants.id],
    filters={
        "seen_by": seen_by(_grants.person_id, _grants.organisation_id),
        "organisation_id": given(_grants.organisation_id, "organisation_id"),
        "under": below(_grants.organisation_id, bindparam("p_under", type_=Uuid)),
        "person_id": given(_grants.person_id, "person_id"),
        "role": given(_grants.role, "role"),
        **_states,
    },
)


async def list_grants(
    reader: Reader, page: PageRequest, *, state: GrantState | None, **filters: UUID | str | None
) -> Slice[GrantedRole]:
    """Within what the caller sees."""
    by_state = {} if state is None else {str(state): reader.now}
    found = await _listing.page(
        reader.connection, page, reach=None, seen_by=viewers_of(reader.actor), **filters, **by_state
    )
    return replace(found, items=[_as_of(grant, reader.now) for grant in found.items])


_person_locked = Query(
    select(persons.c.id)
    .where(
        persons.c.id == bindparam("p_id", type_=Uuid), persons.c.merged_into.is_(None), persons.c.erased_at.is_(None)
    )
    .with_for_update(key_share=True),
    lambda person_id: person_id,
)
# The database cannot refuse it: of two people who were one, what they held in the past may overlap.
_overlapping: Select[Any] = (
    select(_grants.id)
    .where(
        _grants.person_id == bindparam("p_person_id", type_=Uuid),
        _grants.role == bindparam("p_role", type_=String),
        _grants.organisation_id.is_not_distinct_from(bindparam("p_organisation_id", type_=Uuid)),
        func.tstzrange(_grants.valid_from, _grants.valid_until).op("&&")(
            func.tstzrange(_instant("from"), _instant("until"))
        ),
    )
    .order_by(_grants.id)
    .limit(1)
)
_held = Query(_overlapping, lambda grant_id: grant_id)


async def check_not_held(
    session: Reader,
    person_id: UUID,
    role: Role,
    organisation_id: UUID | None,
    *,
    valid_from: datetime,
    valid_until: datetime | None = None,
) -> None:
    """Raises AlreadyExists where the person holds the role there on some day of these."""
    existing = await _held.first(
        session.connection,
        p_person_id=person_id,
        p_role=role,
        p_organisation_id=organisation_id,
        p_from=valid_from,
        p_until=valid_until,
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
) -> GrantedRole:
    """Gives a right, from now on unless said; who may is asked before.

    Raises NotFound where there is no such person, AlreadyExists where the right is held within those days, LastMainUser
    where a main user's right would end without a successor.
    """
    valid_from = valid_from or writer.now
    if role == "main_user" and organisation_id:
        main_users = await lock_main_users(writer.connection, organisation_id)
        if valid_until:
            check_main_users_remain(main_users, (), valid_until)
    if await _person_locked.first(writer.connection, p_id=person_id) is None:
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
        granted_by=writer.actor.person_id,
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
    """Ends a right at an instant, or where it begins later, as it begins; who may is asked before.

    Raises NotFound, WrongState where it has ended already, Invalid where it ends no later anyway, LastMainUser where
    a main user's needs a successor, LastStaff where one of the staff's does.
    """
    grant = await _get(writer, grant_id)
    main_users, staff = None, None
    if grant.role == "main_user" and grant.organisation_id:
        main_users = await lock_main_users(writer.connection, grant.organisation_id)
    elif grant.role == "staff":
        staff = await lock_staff(writer.connection)
    locked = await _locked.first(writer.connection, p_id=grant_id)
    if locked is None:
        raise NotFound
    grant = _as_of(locked, writer.now)
    check_not_ended(grant.state)
    at = max(at, grant.valid_from)
    # Another may have ended it meanwhile, and sooner.
    check_brought_forward(grant, at)
    if main_users:
        check_main_users_remain(main_users, {grant_id}, at)
    if staff is not None:
        check_staff_remain(staff, {grant_id}, at)
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
        last_day=last_day_before(at),
    )
    if main_users and main_users.is_member_from(at):
        left = count_main_users(main_users, {grant_id}, at)
        if left <= FEW:
            writer.record(
                "organisation.main-users-few",
                main_users.organisation_id,
                organisation_id=main_users.organisation_id,
                main_users=left,
                since=at,
            )
    return await _get(writer, grant_id)


async def end_roles_of(writer: Writer, person_id: UUID, *, reason: str) -> None:
    """Ends at once all that the person holds or will hold. Raises LastMainUser where an organisation needs a successor.

    Organisations come in id order, so that two who go at once do not wait for one another.
    """
    for grant in await _not_ended_of_person.all(writer.connection, p_person_id=person_id, p_at=writer.now):
        if state_of(grant.valid_from, grant.valid_until, writer.now) != "ended":
            await end_role(writer, grant.id, at=writer.now, reason=reason)


async def end_surplus_roles_of(writer: Writer, person_id: UUID, *, reason: str) -> None:
    """Where the person holds a role twice for the same days, one is enough."""
    grants = await _not_ended_of_person.all(writer.connection, p_person_id=person_id, p_at=writer.now)
    for grant, at in surplus_of([_as_of(grant, writer.now) for grant in grants], writer.now):
        await end_role(writer, grant.id, at=at, reason=reason)


async def _get(session: Reader, grant_id: UUID) -> GrantedRole:
    grant = await find(session, grant_id)
    if grant is None:
        raise NotFound
    return grant
