"""Organisations with all their data: get, list and write."""

import re
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Text, Uuid, all_, any_, bindparam, case, func, or_, select

from app.db.organisations.organisations import ancestors_of, organisations
from app.db.paging import Listing, any_under, below, filters_of, within_reach
from app.db.sessions import Reader
from app.db.statements import Connection, Converted, Query, Selection, change_row, from_json, insert_row
from app.domain.access import Actor, Place, acting_reach_of, is_within_reach
from app.domain.errors import NotFound
from app.domain.organisations.certificate_signatories import signatory_of
from app.domain.organisations.names import search_text_of, search_words_of, sort_key_of
from app.domain.organisations.organisations import Address, ContactPerson, Organisation

_central_only = {
    name: case((organisations.c.kind == "central", organisations.c[name])) for name in ("draws_on", "units_propose")
}


def _selection(contact_person: ColumnElement[Any]) -> Selection[Organisation]:
    return Selection(
        Organisation,
        organisations,
        address=from_json(organisations.c.address, Address),
        billing_address=from_json(organisations.c.billing_address, Address),
        contact_person=from_json(contact_person, ContactPerson),
        certificate_signatory=Converted(organisations.c.certificate_signatory, signatory_of),
        **_central_only,
    )


_contact = organisations.c.contact_person
_shown = _selection(_contact)
_placed = select(*_shown.columns, ancestors_of(organisations))


def _organisation_and_place(*values: Any) -> tuple[Organisation, Place]:
    organisation = _shown.build(*values[:-1])
    return organisation, Place(organisation.id, organisation.central_organisation_id, frozenset(values[-1]))


_one = _placed.where(organisations.c.id == bindparam("p_id", type_=Uuid))
_found = Query(_one, _organisation_and_place)
_locked = Query(_one.with_for_update(key_share=True, of=organisations), _organisation_and_place)
_holder = Query(
    _placed.where(
        organisations.c.business_id == bindparam("p_business_id", type_=Text),
        organisations.c.id != bindparam("p_id", type_=Uuid),
    ),
    _organisation_and_place,
)

_contacts_of = bindparam("p_contacts_of", type_=ARRAY(Uuid))
# As `shown_to` of the rules has it.
_listed = _selection(
    case(
        (or_(_contacts_of.is_(None), below(organisations.c.id, any_(_contacts_of))), _contact),
        (_contact["name"].as_string().is_not(None), func.jsonb_build_object("name", _contact["name"])),
    )
)


def _contacts_shown_to(actor: Actor) -> dict[str, object]:
    """The tops of the trees of which the caller sees complete contact persons. None is all."""
    return {"p_contacts_of": acting_reach_of(actor) if actor.has("observer") else None}


has_words = organisations.c.search_text.like(all_(bindparam("p_words", type_=ARRAY(Text))))
# By name in Finnish order.
organisation_listing = Listing(
    select(*_listed.columns),
    _listed.build,
    key=[organisations.c.sort_key, organisations.c.id],
    newest_first=False,
    seen=within_reach(organisations.c.id),
    filters=filters_of(organisations, "kind", "parent_id", "changed_since")
    | {"under": any_under(organisations.c.id), "words": has_words},
    parameters_of=_contacts_shown_to,
)


async def find(connection: Connection, organisation_id: UUID) -> tuple[Organisation, Place] | None:
    """The organisation and its place in its tree, also if the caller does not reach it."""
    return await _found.first(connection, p_id=organisation_id)


async def get(
    session: Reader, organisation_id: UUID, *, locked: bool = False, pointer: str | None = None
) -> tuple[Organisation, Place]:
    """As `find`. Locked, nobody else changes it until the transaction ends.

    Raise NotFound if there is none, or the caller does not reach it.
    """
    found = await (_locked if locked else _found).first(session.connection, p_id=organisation_id)
    if found is None or not is_within_reach(session.actor, found[1]):
        raise NotFound(pointer=pointer)
    return found


async def lock(connection: Connection, organisation_id: UUID) -> tuple[Organisation, Place] | None:
    """As `find`, and nobody else changes it until the transaction ends."""
    return await _locked.first(connection, p_id=organisation_id)


async def find_business_id(connection: Connection, business_id: str, besides: UUID) -> Place | None:
    """The place of another organisation that has this business ID."""
    holder = await _holder.first(connection, p_business_id=business_id, p_id=besides)
    return holder and holder[1]


async def insert(connection: Connection, organisation: Organisation, created_at: datetime) -> None:
    await insert_row(connection, organisations, **_columns(organisation), created_at=created_at)


async def change(connection: Connection, organisation: Organisation) -> None:
    columns = _columns(organisation)
    await change_row(connection, organisations, columns.pop("id"), **columns)


def patterns_of(q: str | None) -> list[str] | None:
    """The words as patterns of LIKE, with its special characters escaped. None if there are no words."""
    return ["%" + re.sub(r"([\\%_])", r"\\\1", word) + "%" for word in search_words_of(q or "")] or None


def _columns(organisation: Organisation) -> dict[str, Any]:
    columns = asdict(organisation)
    if not organisation.is_central:
        # The columns are not null; the value of units is never used.
        columns["draws_on"], columns["units_propose"] = "allotment_then_common", True
    columns["sort_key"] = sort_key_of(organisation.name)
    columns["search_text"] = search_text_of(
        organisation.name, organisation.name_sv, organisation.name_en, organisation.business_id
    )
    return columns
