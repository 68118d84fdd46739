"""Organisations and their places in their trees."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Boolean,
    Column,
    ColumnElement,
    Date,
    DateTime,
    FromClause,
    ScalarSelect,
    SmallInteger,
    Text,
    Uuid,
    any_,
    bindparam,
    case,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB

from app.db.statements import Connection, Converted, Query, Selection, changed_at, study_centre_table
from app.domain.access import Place
from app.domain.errors import NotFound
from app.domain.organisations.organisations import Language

organisations = study_centre_table(
    "organisations",
    Column("kind", Text, nullable=False),
    Column("parent_id", Uuid),
    Column("central_organisation_id", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    Column("name_sv", Text),
    Column("name_en", Text),
    Column("sort_key", Text, nullable=False),
    Column("search_text", Text, nullable=False),
    Column("business_id", Text),
    Column("language", Text, nullable=False),
    Column("languages", ARRAY(Text), nullable=False),
    Column("website", Text),
    Column("email", Text),
    Column("phone", Text),
    Column("address", JSONB),
    Column("billing_address", JSONB),
    Column("contact_person", JSONB),
    Column("certificate_signatory", JSONB),
    Column("active_from", Date, nullable=False),
    Column("active_until", Date),
    Column("draws_on", Text, nullable=False),
    Column("units_propose", Boolean, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    changed_at(),
)

organisation_ancestors = study_centre_table(
    "organisation_ancestors",
    Column("organisation_id", Uuid, primary_key=True),
    Column("ancestor_id", Uuid, primary_key=True),
    Column("distance", SmallInteger, nullable=False),
)


def name_in(language: ColumnElement[str], named: FromClause = organisations) -> ColumnElement[str]:
    """The name of an organisation, a study centre or a topic class in that language, or else in Finnish.

    `app.domain.organisations.names` has the same for names that have been fetched.
    """
    own = case((language == "sv", named.c.name_sv), (language == "en", named.c.name_en))
    return func.coalesce(own, named.c.name)


def ancestors_of(organisation: FromClause) -> ScalarSelect[Any]:
    """The column of the ids of `organisation`, which is that table or an alias of it, and of all above it."""
    return (
        select(func.array_agg(organisation_ancestors.c.ancestor_id))
        .where(organisation_ancestors.c.organisation_id == organisation.c.id)
        .correlate(organisation)
        .scalar_subquery()
    )


def place_at(organisation: FromClause) -> Selection[Place]:
    """The place of `organisation`, which is that table or an alias of it, in its tree."""
    return Selection(
        Place,
        organisation_id=organisation.c.id,
        central_organisation_id=organisation.c.central_organisation_id,
        ancestors=Converted(ancestors_of(organisation), frozenset),
    )


_place = place_at(organisations)
_placed = Query(select(*_place.columns).where(organisations.c.id == bindparam("p_id", type_=Uuid)), _place.build)


async def find_place(connection: Connection, organisation_id: UUID) -> Place | None:
    """The organisation's place in its tree, for the rules of access."""
    return await _placed.first(connection, p_id=organisation_id)


@dataclass(frozen=True)
class NamedPlace:
    name: str
    name_sv: str | None
    name_en: str | None
    place: Place


_named = Selection(NamedPlace, organisations, place=_place)
_named_place = Query(select(*_named.columns).where(organisations.c.id == bindparam("p_id", type_=Uuid)), _named.build)


async def get_named_place(connection: Connection, organisation_id: UUID) -> NamedPlace:
    """As `get_place`, with the organisation's names. Raises NotFound."""
    named = await _named_place.first(connection, p_id=organisation_id)
    if named is None:
        raise NotFound
    return named


async def get_place(connection: Connection, organisation_id: UUID) -> Place:
    """As `find_place`. Raises NotFound."""
    place = await find_place(connection, organisation_id)
    if place is None:
        raise NotFound
    return place


_names = Query(
    select(organisations.c.id, name_in(bindparam("p_language", type_=Text))).where(
        organisations.c.id == any_(bindparam("p_ids", type_=ARRAY(Uuid)))
    ),
    lambda organisation_id, name: (organisation_id, name),
)


async def find_names(connection: Connection, organisation_ids: Collection[UUID], language: Language) -> dict[UUID, str]:
    """The names of the organisations in that language."""
    return dict(await _names.all(connection, p_ids=list(organisation_ids), p_language=language))


_below: Query[UUID] = Query(
    select(organisation_ancestors.c.organisation_id).where(
        organisation_ancestors.c.ancestor_id == bindparam("p_top", type_=Uuid),
        organisation_ancestors.c.organisation_id == any_(bindparam("p_ids", type_=ARRAY(Uuid))),
    )
)


async def find_below(connection: Connection, top: UUID, organisation_ids: Collection[UUID]) -> set[UUID]:
    """Which of the organisations are `top` or below it."""
    return set(await _below.all(connection, p_top=top, p_ids=list(organisation_ids)))
