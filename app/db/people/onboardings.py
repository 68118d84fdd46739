"""Onboardings of main users."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Column, Date, DateTime, Text, Uuid, and_, any_, bindparam, case, func, or_, select

from app.db.organisations.organisations import organisations
from app.db.paging import any_given, filters_of
from app.db.people.people import persons, role_grants
from app.db.people.role_grants import seen_by_overseers
from app.db.resources import Resource
from app.db.statements import Connection, Converted, Query, Selection, name_of, study_centre_table
from app.domain.calendar.deadlines import day_of
from app.domain.people.onboardings import Onboarding

onboardings = study_centre_table(
    "onboardings",
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
_onboarding = Selection(
    Onboarding,
    onboardings,
    person_id=role_grants.c.person_id,
    person_name=persons.c.name,
    organisation_id=role_grants.c.organisation_id,
    organisation_name=organisations.c.name,
    right_given_on=Converted(func.coalesce(role_grants.c.granted_at, _table.created_at), day_of),
    state=_state,
)
_kept = (
    select(*_onboarding.columns)
    .join(role_grants, role_grants.c.id == _table.role_grant_id)
    .join(persons, persons.c.id == role_grants.c.person_id)
    .join(organisations, organisations.c.id == role_grants.c.organisation_id)
)


def _shown(*values: Any) -> Onboarding:
    """The onboarding with the name of an inductor whom the service knows, as far as the caller may see it."""
    *kept, known = values
    onboarding = _onboarding.build(*kept)
    return replace(onboarding, inductor_name=known) if onboarding.inductor_id else onboarding


onboarding_resource = Resource(
    _kept.add_columns(name_of(_table.inductor_id).label("known_inductor")),
    _shown,
    onboardings,
    seen=seen_by_overseers(role_grants.c.person_id, role_grants.c.organisation_id),
    filters=filters_of(role_grants, "organisation_id", "under", "person_id") | {"state": any_given(_state, "state")},
)
_locked_with_names = Query(
    _kept.where(
        role_grants.c.person_id == any_(bindparam("p_ids", type_=ARRAY(Uuid))), _table.inductor_name.is_not(None)
    )
    .order_by(_table.id)
    .with_for_update(key_share=True, of=onboardings),
    _onboarding.build,
)
_gives_inductions: Query[UUID] = Query(
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
    .limit(1)
)


async def lock_with_names(connection: Connection, person_ids: list[UUID]) -> list[Onboarding]:
    """Onboardings of these people that name an inductor in free text."""
    return await _locked_with_names.all(connection, p_ids=person_ids)


async def gives_inductions(connection: Connection, person_id: UUID, organisation_id: UUID) -> bool:
    """Whether the person is or was staff or main user of the organisation."""
    found = await _gives_inductions.first(connection, p_person_id=person_id, p_organisation_id=organisation_id)
    return found is not None
