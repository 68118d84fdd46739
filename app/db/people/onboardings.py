"""Onboardings of main users."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Column, Date, DateTime, Table, Text, Uuid, and_, any_, bindparam, case, or_, select

from app.db.organisations.organisations import organisations
from app.db.paging import Listing, below, given
from app.db.people.people import persons, role_grants
from app.db.people.role_grants import seen_by
from app.db.statements import Connection, Query, metadata, study_centre_key
from app.domain.calendar.deadlines import day_of
from app.domain.people.onboardings import Onboarding

onboardings = Table(
    "onboardings",
    metadata,
    study_centre_key(),
    Column("id", Uuid, primary_key=True),
    Column("role_grant_id", Uuid, nullable=False),
    Column("inductor_id", Uuid),
    Column("inductor_name", Text),
    Column("inducted_on", Date),
    Column("service_known_on", Date),
    Column("member_services_known_on", Date),
    Column("created_at", DateTime(timezone=True), nullable=False),
)

_table = onboardings.c
_state = case(
    (
        and_(
            _table.inducted_on.is_not(None),
            _table.service_known_on.is_not(None),
            _table.member_services_known_on.is_not(None),
        ),
        "done",
    ),
    else_="open",
)
_shown = (
    select(
        _table.id,
        _table.role_grant_id,
        role_grants.c.person_id,
        persons.c.name.label("person_name"),
        role_grants.c.organisation_id,
        organisations.c.name.label("organisation_name"),
        role_grants.c.granted_at.label("right_given_on"),
        _table.inductor_id,
        _table.inductor_name,
        _table.inducted_on,
        _table.service_known_on,
        _table.member_services_known_on,
        _state.label("state"),
        _table.created_at,
    )
    .join(role_grants, role_grants.c.id == _table.role_grant_id)
    .join(persons, persons.c.id == role_grants.c.person_id)
    .join(organisations, organisations.c.id == role_grants.c.organisation_id)
)
_NAMES = [column.name for column in _shown.exported_columns]


def _onboarding(*values: Any) -> Onboarding:
    row = dict(zip(_NAMES, values, strict=True))
    given_at: datetime = row["right_given_on"] or row["created_at"]
    return replace(Onboarding(**row), right_given_on=day_of(given_at))


_one = _shown.where(_table.id == bindparam("p_id", type_=Uuid))
_found = Query(_one, _onboarding)
_locked = Query(_one.with_for_update(key_share=True, of=onboardings), _onboarding)
_locked_with_names = Query(
    _shown.where(
        role_grants.c.person_id == any_(bindparam("p_ids", type_=ARRAY(Uuid))), _table.inductor_name.is_not(None)
    )
    .order_by(_table.id)
    .with_for_update(key_share=True, of=onboardings),
    _onboarding,
)
_gives_inductions = Query(
    select(role_grants.c.id)
    .where(
        role_grants.c.person_id == bindparam("p_person_id", type_=Uuid),
        or_(
            role_grants.c.role == "staff",
            and_(
                role_grants.c.role == "main_user",
                role_grants.c.organisation_id == bindparam("p_organisation_id", type_=Uuid),
            ),
        ),
    )
    .limit(1),
    lambda grant_id: grant_id,
)

listing = Listing(
    _shown,
    _onboarding,
    key=[_table.id],
    filters={
        "seen_by": seen_by(role_grants.c.person_id, role_grants.c.organisation_id),
        "organisation_id": given(role_grants.c.organisation_id, "organisation_id"),
        "under": below(role_grants.c.organisation_id, bindparam("p_under", type_=Uuid)),
        "person_id": given(role_grants.c.person_id, "person_id"),
        "state": _state == bindparam("p_state", type_=Text),
    },
)


async def find(connection: Connection, onboarding_id: UUID) -> Onboarding | None:
    return await _found.first(connection, p_id=onboarding_id)


async def lock(connection: Connection, onboarding_id: UUID) -> Onboarding | None:
    """As `find`, and nobody else changes it until the transaction ends."""
    return await _locked.first(connection, p_id=onboarding_id)


async def lock_with_names(connection: Connection, person_ids: list[UUID]) -> list[Onboarding]:
    """Onboardings of these people that name an inductor in free text."""
    return await _locked_with_names.all(connection, p_ids=person_ids)


async def gives_inductions(connection: Connection, person_id: UUID, organisation_id: UUID) -> bool:
    """Whether the person is or was staff or main user of the organisation."""
    found = await _gives_inductions.first(connection, p_person_id=person_id, p_organisation_id=organisation_id)
    return found is not None
