"""Signatories."""

from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Column,
    Date,
    DateTime,
    Text,
    Uuid,
    any_,
    bindparam,
    case,
    func,
    or_,
    select,
)

from app.db.organisations.organisations import organisations
from app.db.paging import any_given, filters_of, seen_by
from app.db.people.people import persons, role_grants
from app.db.resources import Resource
from app.db.sessions import Reader
from app.db.statements import TODAY, Connection, Query, columns_of, study_centre_table
from app.domain.access import acting_reach_of
from app.domain.calendar.deadlines import day_of
from app.domain.people.signatories import Signatory

signatories = study_centre_table(
    "signatories",
    Column("organisation_id", Uuid, nullable=False),
    Column("name", Text),
    Column("person_id", Uuid),
    Column("basis", Text, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_until", Date),
    Column("entered_by", Uuid, nullable=False),
    Column("entered_at", DateTime(timezone=True), nullable=False),
    Column("confirmed_by", Uuid),
    Column("confirmed_at", DateTime(timezone=True)),
    Column("ended_by", Uuid),
    Column("ended_at", DateTime(timezone=True)),
)

_has_passed = or_(signatories.c.ended_at.is_not(None), signatories.c.valid_until < TODAY)
clock_state = case(
    (_has_passed, "ended"),
    (signatories.c.confirmed_at.is_(None), "unconfirmed"),
    (signatories.c.valid_from > TODAY, "upcoming"),
    else_="in_force",
)
_stored = select(
    *columns_of(Signatory, signatories, name=func.coalesce(persons.c.name, signatories.c.name), state=clock_state)
).outerjoin(persons, persons.c.id == signatories.c.person_id)
signatory_resource = Resource(
    _stored,
    Signatory,
    signatories,
    filters=filters_of(signatories, "organisation_id") | {"state": any_given(clock_state, "state")},
)
_locked_of_people = Query(
    _stored.where(signatories.c.person_id == any_(bindparam("p_person_ids", type_=ARRAY(Uuid))), clock_state != "ended")
    .order_by(signatories.c.id)
    .with_for_update(key_share=True, of=signatories),
    Signatory,
)


async def lock_signatories_of(session: Reader, person_ids: list[UUID]) -> list[Signatory]:
    """The signatories that are these people and have not ended."""
    return await _locked_of_people.all(session.connection, p_person_ids=person_ids, **seen_by(session))


_held: Query[UUID] = Query(
    select(organisations.c.id)
    .where(organisations.c.id == bindparam("p_organisation_id", type_=Uuid))
    .with_for_update(key_share=True)
)
_any: Query[UUID] = Query(
    select(signatories.c.id)
    .where(
        signatories.c.organisation_id == bindparam("p_organisation_id", type_=Uuid),
        clock_state != "ended",
    )
    .limit(1)
)


async def has_signatory(session: Reader, organisation_id: UUID) -> bool:
    """Whether there is one that has not ended. The organisation is locked, so that only one can be the first."""
    await _held.first(session.connection, p_organisation_id=organisation_id)
    found = await _any.first(session.connection, p_organisation_id=organisation_id, p_today=day_of(session.now))
    return found is not None


_name: Query[str] = Query(select(persons.c.name).where(persons.c.id == bindparam("p_person_id", type_=Uuid)))
_name_in_tree: Query[str] = Query(
    select(persons.c.name).where(
        persons.c.id == bindparam("p_person_id", type_=Uuid),
        select(role_grants.c.id)
        .join(organisations, organisations.c.id == role_grants.c.organisation_id)
        .where(
            role_grants.c.person_id == persons.c.id,
            organisations.c.central_organisation_id == bindparam("p_central_id", type_=Uuid),
        )
        .exists(),
    )
)


async def find_name(connection: Connection, person_id: UUID, *, in_tree_of: UUID | None) -> str | None:
    """The person's name. With a central organisation, only if the person has or had a role in its tree."""
    if in_tree_of is None:
        return await _name.first(connection, p_person_id=person_id)
    return await _name_in_tree.first(connection, p_person_id=person_id, p_central_id=in_tree_of)


_belonging: Query[UUID] = Query(
    select(organisations.c.id)
    .where(
        organisations.c.id == any_(bindparam("p_organisations", type_=ARRAY(Uuid))),
        organisations.c.central_organisation_id == bindparam("p_central_id", type_=Uuid),
    )
    .limit(1)
)


async def belongs_to(session: Reader, central_organisation_id: UUID) -> bool:
    """Whether the caller has any role but an observer's in the central organisation's tree."""
    held = acting_reach_of(session.actor)
    found = await _belonging.first(session.connection, p_organisations=held, p_central_id=central_organisation_id)
    return found is not None
