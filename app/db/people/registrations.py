"""Queries about people: who they are, who sees them, and their sign-ins."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    String,
    Uuid,
    any_,
    bindparam,
    func,
    literal_column,
    select,
)

from app.db.organisations.organisations import organisation_ancestors
from app.db.paging import Listing, Sight, below, choice, given
from app.db.people.me import people
from app.db.people.people import not_ended, persons, role_grants
from app.db.statements import NOW, Connection, Query
from app.domain.access import Actor
from app.domain.people.people import Person, people_reach_of

_locked = Query(
    people.where(persons.c.id == any_(bindparam("p_ids", type_=ARRAY(Uuid)))).order_by(persons.c.id).with_for_update(),
    Person,
)
_grants: Select[Any] = select(literal_column("1")).where(role_grants.c.person_id == persons.c.id)
_among: ColumnElement[bool] = (
    _grants.where(
        role_grants.c.organisation_id == organisation_ancestors.c.organisation_id,
        organisation_ancestors.c.ancestor_id == any_(bindparam("p_among", type_=ARRAY(Uuid))),
        not_ended(NOW),
    )
    .correlate(persons)
    .exists()
)
_person_among = Query(people.where(given(persons.c.id, "id"), _among), Person)


def _holds_for(organisation_id: Any) -> Select[Any]:
    return _grants.where(role_grants.c.organisation_id == organisation_id).correlate(persons)


def _small(text: ColumnElement[str]) -> ColumnElement[str]:
    # The database's locale converts only ASCII letters to lower case.
    return func.lower(func.translate(text, "ÅÄÖÆØÉÜŠŽ", "åäöæøéüšž"))


def _parameters_of(actor: Actor) -> dict[str, object] | None:
    among = people_reach_of(actor)
    return None if among is None else {"p_among": among}


_asked = _small(bindparam("p_q", type_=String))
people_listing = Listing(
    people.where(persons.c.merged_into.is_(None), persons.c.erased_at.is_(None)),
    Person,
    key=[persons.c.id],
    seen=Sight(_among, _parameters_of),
    filters={
        "q": (func.strpos(_small(persons.c.name), _asked) > 0) | (func.strpos(_small(persons.c.email), _asked) > 0),
        "organisation_id": choice("organisation_id", Uuid, lambda place: _holds_for(place).exists()),
        # A filter must not reveal who has a role in an organisation that the caller does not reach.
        "organisation_among": choice(
            "organisation_among",
            Uuid,
            lambda place: (
                _holds_for(place)
                .where(below(role_grants.c.organisation_id, any_(bindparam("p_among", type_=ARRAY(Uuid)))))
                .exists()
            ),
        ),
    },
)


async def find_person_among(connection: Connection, person_id: UUID, among: list[UUID], now: datetime) -> Person | None:
    """The person, if they have or will have a role in one of these organisations or below."""
    return await _person_among.first(connection, p_id=person_id, p_among=among, p_now=now)


async def lock_people(connection: Connection, ids: list[UUID]) -> dict[UUID, Person]:
    """Lock them, so that nobody grants them a role or merges them until the transaction ends."""
    return {person.id: person for person in await _locked.all(connection, p_ids=ids)}
