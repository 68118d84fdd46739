"""Signatories."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Date,
    DateTime,
    Table,
    Text,
    Uuid,
    any_,
    bindparam,
    func,
    literal_column,
    or_,
    select,
)

from app.db.organisations.organisations import organisations
from app.db.paging import Listing, PageRequest, Slice, given
from app.db.people.people import persons, role_grants
from app.db.sessions import Reader
from app.db.statements import Connection, Query, metadata, study_centre_key
from app.domain.calendar.deadlines import day_of
from app.domain.people.signatories import Signatory, SignatoryState, state_of

signatories = Table(
    "signatories",
    metadata,
    study_centre_key(),
    Column("id", Uuid, primary_key=True),
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

_stored = select(
    signatories.c.id,
    signatories.c.organisation_id,
    func.coalesce(persons.c.name, signatories.c.name).label("name"),
    signatories.c.person_id,
    signatories.c.basis,
    signatories.c.valid_from,
    signatories.c.valid_until,
    # Follows from the clock: `_as_of` puts the real one in its place.
    literal_column("'unconfirmed'").label("state"),
    signatories.c.entered_by,
    signatories.c.entered_at,
    signatories.c.confirmed_by,
    signatories.c.confirmed_at,
    signatories.c.ended_at,
).outerjoin(persons, persons.c.id == signatories.c.person_id)
_one = _stored.where(signatories.c.id == bindparam("p_id", type_=Uuid))
_found = Query(_one, Signatory)
_locked = Query(_one.with_for_update(key_share=True, of=signatories), Signatory)
_locked_of_people = Query(
    _stored.where(
        signatories.c.person_id == any_(bindparam("p_person_ids", type_=ARRAY(Uuid))), signatories.c.ended_at.is_(None)
    )
    .order_by(signatories.c.id)
    .with_for_update(key_share=True, of=signatories),
    Signatory,
)


def _as_of(signatory: Signatory, now: datetime) -> Signatory:
    state = state_of(signatory.valid_from, signatory.valid_until, signatory.confirmed_at, signatory.ended_at, now)
    return replace(signatory, state=state)


async def find_signatory(session: Reader, signatory_id: UUID) -> Signatory | None:
    found = await _found.first(session.connection, p_id=signatory_id)
    return found and _as_of(found, session.now)


async def lock_signatory(session: Reader, signatory_id: UUID) -> Signatory | None:
    """As `find_signatory`, and nobody else changes it until the transaction ends."""
    found = await _locked.first(session.connection, p_id=signatory_id)
    return found and _as_of(found, session.now)


async def lock_signatories_of(session: Reader, person_ids: list[UUID]) -> list[Signatory]:
    """Those that are these people and have not ended."""
    found = await _locked_of_people.all(session.connection, p_person_ids=person_ids)
    return [each for each in (_as_of(each, session.now) for each in found) if each.state != "ended"]


def _has_passed(day: str) -> ColumnElement[bool]:
    return or_(signatories.c.ended_at.is_not(None), signatories.c.valid_until < bindparam(day, type_=Date))


# By state, with the day it is now.
_states: dict[str, ColumnElement[bool]] = {
    "ended": _has_passed("p_ended"),
    "unconfirmed": ~func.coalesce(_has_passed("p_unconfirmed"), False) & signatories.c.confirmed_at.is_(None),
    "upcoming": ~func.coalesce(_has_passed("p_upcoming"), False)
    & signatories.c.confirmed_at.is_not(None)
    & (signatories.c.valid_from > bindparam("p_upcoming", type_=Date)),
    "in_force": ~func.coalesce(_has_passed("p_in_force"), False)
    & signatories.c.confirmed_at.is_not(None)
    & (signatories.c.valid_from <= bindparam("p_in_force", type_=Date)),
}
_listing = Listing(
    _stored,
    Signatory,
    key=[signatories.c.id],
    filters={"organisation_id": given(signatories.c.organisation_id, "organisation_id"), **_states},
)


async def page_of_signatories(
    session: Reader, page: PageRequest, organisation_id: UUID, state: SignatoryState | None
) -> Slice[Signatory]:
    by_day = {} if state is None else {state: day_of(session.now)}
    found = await _listing.page(session, page, organisation_id=organisation_id, **by_day)
    return replace(found, items=[_as_of(signatory, session.now) for signatory in found.items])


_held = Query(
    select(organisations.c.id)
    .where(organisations.c.id == bindparam("p_organisation_id", type_=Uuid))
    .with_for_update(key_share=True),
    lambda organisation_id: organisation_id,
)
_any = Query(
    select(signatories.c.id)
    .where(
        signatories.c.organisation_id == bindparam("p_organisation_id", type_=Uuid),
        ~func.coalesce(_has_passed("p_today"), False),
    )
    .limit(1),
    lambda signatory_id: signatory_id,
)


async def has_signatory(session: Reader, organisation_id: UUID) -> bool:
    """Whether one is there that has not ended; the organisation is held, so that of two first ones one is first."""
    await _held.first(session.connection, p_organisation_id=organisation_id)
    found = await _any.first(session.connection, p_organisation_id=organisation_id, p_today=day_of(session.now))
    return found is not None


_name: Query[str] = Query(
    select(persons.c.name).where(persons.c.id == bindparam("p_person_id", type_=Uuid)), lambda name: name
)
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
    ),
    lambda name: name,
)


async def find_name(connection: Connection, person_id: UUID, *, in_tree_of: UUID | None) -> str | None:
    """The person's name; with a central organisation only where the person has held a role in its tree."""
    if in_tree_of is None:
        return await _name.first(connection, p_person_id=person_id)
    return await _name_in_tree.first(connection, p_person_id=person_id, p_central_id=in_tree_of)


_belonging: Query[UUID] = Query(
    select(organisations.c.id)
    .where(
        organisations.c.id == any_(bindparam("p_organisations", type_=ARRAY(Uuid))),
        organisations.c.central_organisation_id == bindparam("p_central_id", type_=Uuid),
    )
    .limit(1),
    lambda organisation_id: organisation_id,
)


async def belongs_to(session: Reader, central_organisation_id: UUID) -> bool:
    """Whether the caller holds a role, whichever, in the central organisation's tree."""
    held = sorted({grant.organisation_id for grant in session.actor.roles if grant.organisation_id})
    found = await _belonging.first(session.connection, p_organisations=held, p_central_id=central_organisation_id)
    return found is not None
