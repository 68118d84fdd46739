"""Role grants, as their readers may see them."""

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

from app.db.organisations.organisations import organisations
from app.db.paging import Listing, PageRequest, Slice, below, given
from app.db.people.people import in_force, not_ended, persons, role_grants
from app.db.sessions import Reader
from app.db.statements import Connection, Query
from app.domain.access import Actor, Role, overseen_of
from app.domain.people.role_grants import GrantedRole, GrantState, state_of


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


async def lock(session: Reader, grant_id: UUID) -> GrantedRole | None:
    """As `find`, and nobody else changes it until the transaction ends."""
    grant = await _locked.first(session.connection, p_id=grant_id)
    return grant and _as_of(grant, session.now)


async def list_not_ended(session: Reader, person_id: UUID) -> list[GrantedRole]:
    """What the person holds or will hold, by organisation."""
    grants = await _not_ended_of_person.all(session.connection, p_person_id=person_id, p_at=session.now)
    return [_as_of(grant, session.now) for grant in grants]


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
    found = await _listing.page(reader, page, seen_by=viewers_of(reader.actor), **filters, **by_state)
    return replace(found, items=[_as_of(grant, reader.now) for grant in found.items])


_person_locked: Query[UUID] = Query(
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
_held: Query[UUID] = Query(_overlapping, lambda grant_id: grant_id)


async def find_held(
    connection: Connection,
    person_id: UUID,
    role: Role,
    organisation_id: UUID | None,
    *,
    valid_from: datetime,
    valid_until: datetime | None,
) -> UUID | None:
    """A grant by which the person holds the role there on some day of these."""
    return await _held.first(
        connection,
        p_person_id=person_id,
        p_role=role,
        p_organisation_id=organisation_id,
        p_from=valid_from,
        p_until=valid_until,
    )


async def lock_person(connection: Connection, person_id: UUID) -> bool:
    """Nobody merges or erases the person until the transaction ends. False where there is no such person."""
    return await _person_locked.first(connection, p_id=person_id) is not None
