"""Role grants, as far as the caller may see them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    Uuid,
    any_,
    bindparam,
    case,
    func,
    or_,
    select,
)

from app.db.organisations.organisations import organisations
from app.db.paging import Sight, any_given, below, filters_of, given, seen_by
from app.db.people.people import not_ended, persons, role_grants
from app.db.resources import Resource
from app.db.sessions import Reader
from app.db.statements import NOW, Connection, Query, columns_of
from app.domain.access import Actor, Role, overseen_of
from app.domain.people.role_grants import GrantedRole

_grants = role_grants.c


def seen_by_overseers(person_id: ColumnElement[Any], organisation_id: ColumnElement[Any]) -> Sight:
    """Seen by the person, and by main users and unit managers within their tree (rulebook §2.6)."""
    ids = any_(bindparam("p_seen_by", type_=ARRAY(Uuid)))
    return Sight(or_(person_id == ids, below(organisation_id, ids)), _overseer)


def _overseer(actor: Actor) -> dict[str, object] | None:
    """The person's own id and those of the organisations overseen. An id is never both."""
    overseen = overseen_of(actor)
    return None if overseen is None else {"p_seen_by": [actor.person_id, *overseen]}


clock_state = case(
    (_grants.valid_until <= func.greatest(NOW, _grants.valid_from), "ended"),
    (_grants.valid_from > NOW, "upcoming"),
    else_="in_force",
)
_granted = (
    select(
        *columns_of(
            GrantedRole,
            role_grants,
            person_name=persons.c.name,
            organisation_name=organisations.c.name,
            state=clock_state,
        )
    )
    .join(persons, persons.c.id == _grants.person_id)
    .outerjoin(organisations, organisations.c.id == _grants.organisation_id)
)
grants = Resource(
    _granted,
    GrantedRole,
    role_grants,
    seen=seen_by_overseers(_grants.person_id, _grants.organisation_id),
    filters=filters_of(role_grants, "organisation_id", "under", "person_id", "role")
    | {"state": any_given(clock_state, "state")},
)
_not_ended_of_person = Query(
    _granted.where(given(_grants.person_id, "person_id"), not_ended(NOW), clock_state != "ended").order_by(
        _grants.organisation_id, _grants.id
    ),
    GrantedRole,
)


async def list_not_ended(session: Reader, person_id: UUID) -> list[GrantedRole]:
    """The roles that the person has or will have, by organisation."""
    return await _not_ended_of_person.all(session.connection, p_person_id=person_id, **seen_by(session))


def _instant(name: str) -> ColumnElement[Any]:
    return bindparam(f"p_{name}", type_=DateTime(timezone=True))


_person_locked: Query[UUID] = Query(
    select(persons.c.id)
    .where(
        persons.c.id == bindparam("p_id", type_=Uuid), persons.c.merged_into.is_(None), persons.c.erased_at.is_(None)
    )
    .with_for_update(key_share=True)
)
# The database cannot refuse it: after a merger, roles that two people had in the past may overlap.
_held: Query[UUID] = Query(
    select(_grants.id)
    .where(
        given(_grants.person_id, "person_id"),
        given(_grants.role, "role"),
        _grants.organisation_id.is_not_distinct_from(bindparam("p_organisation_id", type_=Uuid)),
        func.tstzrange(_grants.valid_from, _grants.valid_until).op("&&")(
            func.tstzrange(_instant("from"), _instant("until"))
        ),
    )
    .order_by(_grants.id)
    .limit(1)
)


async def find_held(
    connection: Connection,
    person_id: UUID,
    role: Role,
    organisation_id: UUID | None,
    *,
    valid_from: datetime,
    valid_until: datetime | None,
) -> UUID | None:
    """A grant by which the person has the role there on one of these days."""
    return await _held.first(
        connection,
        p_person_id=person_id,
        p_role=role,
        p_organisation_id=organisation_id,
        p_from=valid_from,
        p_until=valid_until,
    )


async def lock_person(connection: Connection, person_id: UUID) -> bool:
    """Lock the person, so that nobody merges or erases them. Return False if there is no such person."""
    return await _person_locked.first(connection, p_id=person_id) is not None
