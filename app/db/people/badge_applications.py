"""Applications for badges, and the facts that their criteria are judged by."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Boolean,
    Column,
    DateTime,
    Integer,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    column,
    func,
    literal,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from app.db.hours.proposals import hour_proposals
from app.db.organisations.confirmations import organisation_confirmations
from app.db.organisations.organisations import organisations
from app.db.paging import Sight, filters_of, given, seen_by
from app.db.people.badge_definitions import badge_definitions
from app.db.people.onboardings import onboardings
from app.db.people.people import persons, role_grants
from app.db.resources import Resource
from app.db.sessions import Reader
from app.db.statements import Command, Connection, Converted, Query, Selection, changed_at, columns_of, from_json
from app.db.statements import study_centre_table as table_of
from app.domain.access import Actor
from app.domain.calendar.deadlines import day_of
from app.domain.people.badge_applications import BadgeApplication, BadgeCriterionMet, Earner, EarnerFacts, HeldRole
from app.domain.people.badge_definitions import BadgeTexts

badge_applications = table_of(
    "badge_applications",
    Column("definition_id", Uuid, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("organisation_id", Uuid, nullable=False),
    Column("state", Text, nullable=False),
    Column("criteria", JSONB, nullable=False),
    Column("applied_at", DateTime(timezone=True), nullable=False),
    Column("withdrawn_at", DateTime(timezone=True)),
    Column("decided_by", Uuid),
    Column("decided_at", DateTime(timezone=True)),
    Column("decision_reason", Text),
    Column("answered_at", DateTime(timezone=True)),
    Column("valid_until", DateTime(timezone=True)),
    Column("public", Boolean, nullable=False),
    Column("revoked_by", Uuid),
    Column("revoked_at", DateTime(timezone=True)),
    Column("revocation_reason", Text),
    Column("is_renewed", Boolean, nullable=False),
    Column("list_number", Integer),
    Column("list_index", Integer),
    Column("credential", Text),
    changed_at(),
)
_table = badge_applications.c


def _criteria(stored: list[dict[str, Any]]) -> tuple[BadgeCriterionMet, ...]:
    return tuple(
        BadgeCriterionMet(**one | {"since": date.fromisoformat(one["since"]) if one["since"] else None})
        for one in stored
    )


def stored_criteria(criteria: tuple[BadgeCriterionMet, ...]) -> list[dict[str, Any]]:
    return [vars(one) | {"since": one.since.isoformat() if one.since else None} for one in criteria]


def _earner(actor: Actor) -> dict[str, object] | None:
    if actor.has("staff", "auditor"):
        return None
    return {"p_own": actor.own_ids}


_selection = Selection(
    BadgeApplication,
    badge_applications,
    badge_name=from_json(badge_definitions.c.name, BadgeTexts),
    person_name=persons.c.name,
    organisation_name=organisations.c.name,
    criteria=Converted(_table.criteria, _criteria),
)
_applied = (
    select(*_selection.columns)
    .join(badge_definitions, badge_definitions.c.id == _table.definition_id)
    .join(persons, persons.c.id == _table.person_id)
    .join(organisations, organisations.c.id == _table.organisation_id)
)
applications = Resource(
    _applied,
    _selection.build,
    badge_applications,
    seen=Sight(_table.person_id == any_(bindparam("p_own", type_=ARRAY(Uuid))), _earner),
    filters=filters_of(badge_applications, "definition_id", "organisation_id", "under", "person_id", "state"),
)
_ids = bindparam("p_ids", type_=ARRAY(Uuid))
_is_open_or_held = or_(*(_table.state == state for state in ("applied", "granted", "accepted")))
_of_people_locked = Query(
    _applied.where(_table.person_id == any_(_ids), _is_open_or_held)
    .order_by(_table.id)
    .with_for_update(key_share=True, of=badge_applications),
    _selection.build,
)
# As the unique index of the table has it.
_open_or_held: Query[UUID] = Query(
    select(_table.id).where(
        given(_table.person_id, "person_id"),
        given(_table.definition_id, "definition_id"),
        _is_open_or_held,
        ~_table.is_renewed,
    )
)
_credential: Query[str | None] = Query(
    select(_table.credential).where(_table.id == bindparam("p_id", type_=Uuid)), lambda credential: credential
)
_forgetting = Command(
    update(badge_applications)
    .where(_table.person_id == any_(_ids))
    .values(credential=null(), public=False, decision_reason=null(), revocation_reason=null())
)
_renewal = Command(
    update(badge_applications)
    .where(
        _table.person_id == any_(_ids),
        _table.definition_id == bindparam("p_definition_id", type_=Uuid),
        _table.state == "accepted",
        _table.valid_until <= bindparam("p_now", type_=DateTime(timezone=True)),
    )
    .values(is_renewed=True)
)


async def lock_open_of(session: Reader, person_ids: list[UUID]) -> list[BadgeApplication]:
    """Those that are neither rejected nor ended."""
    return await _of_people_locked.all(session.connection, p_ids=person_ids, **seen_by(session))


async def find_credential(connection: Connection, application_id: UUID) -> str | None:
    return await _credential.first(connection, p_id=application_id)


async def renew_expired(connection: Connection, person_id: UUID, definition_id: UUID, now: datetime) -> None:
    """Let expired badges no longer count as held."""
    await _renewal.run(connection, p_ids=[person_id], p_definition_id=definition_id, p_now=now)


async def find_open_or_held(connection: Connection, person_id: UUID, definition_id: UUID) -> UUID | None:
    """The person's application for the badge that is open, or whose badge is held."""
    return await _open_or_held.first(connection, p_person_id=person_id, p_definition_id=definition_id)


async def forget_credentials(connection: Connection, person_ids: list[UUID]) -> None:
    """Delete what erased people's badges say; their bits in the status lists remain."""
    await _forgetting.run(connection, p_ids=person_ids)


_earners = (
    func.unnest(bindparam("p_people", type_=ARRAY(Uuid)), bindparam("p_organisations", type_=ARRAY(Uuid)))
    .table_valued(column("person_id", Uuid), column("organisation_id", Uuid))
    .render_derived(name="earners")
)
_own_ids = select(persons.c.id).where(
    or_(persons.c.id == _earners.c.person_id, persons.c.merged_into == _earners.c.person_id)
)
_held_roles = Query(
    select(*_earners.c, *columns_of(HeldRole, role_grants)).join_from(
        _earners,
        role_grants,
        and_(role_grants.c.person_id.in_(_own_ids), role_grants.c.organisation_id == _earners.c.organisation_id),
    ),
    lambda person_id, organisation_id, *role: (Earner(person_id, organisation_id), HeldRole(*role)),
)
_steps = (onboardings.c.inducted_on, onboardings.c.service_known_on, onboardings.c.member_services_known_on)
_days = Query(
    select(
        *_earners.c,
        select(func.min(func.greatest(*_steps)))
        .join_from(onboardings, role_grants, role_grants.c.id == onboardings.c.role_grant_id)
        .where(
            role_grants.c.person_id.in_(_own_ids),
            role_grants.c.organisation_id == _earners.c.organisation_id,
            *(step.is_not(None) for step in _steps),
        )
        .scalar_subquery(),
        select(func.min(organisation_confirmations.c.confirmed_at))
        .where(
            organisation_confirmations.c.person_id.in_(_own_ids),
            organisation_confirmations.c.organisation_id == _earners.c.organisation_id,
        )
        .scalar_subquery(),
        select(func.min(hour_proposals.c.submitted_at))
        .where(
            hour_proposals.c.created_by.in_(_own_ids),
            hour_proposals.c.organisation_id == _earners.c.organisation_id,
        )
        .scalar_subquery(),
    ),
    lambda person_id, organisation_id, *days: (Earner(person_id, organisation_id), days),
)


async def list_earner_facts(connection: Connection, earners: Collection[Earner]) -> dict[Earner, EarnerFacts]:
    """The facts of each earner, by the same person's records that were merged too."""
    named = {
        "p_people": [earner.person_id for earner in earners],
        "p_organisations": [earner.organisation_id for earner in earners],
    }
    async with connection.pipeline():
        asked_roles = await _held_roles.ask(connection, **named)
        asked_days = await _days.ask(connection, **named)
    roles: dict[Earner, list[HeldRole]] = {}
    for earner, role in await asked_roles.fetchall():
        roles.setdefault(earner, []).append(role)
    return {
        earner: EarnerFacts(
            roles.get(earner, []), onboarded, confirmed and day_of(confirmed), proposed and day_of(proposed)
        )
        for earner, (onboarded, confirmed, proposed) in await asked_days.fetchall()
    }


@dataclass(frozen=True)
class ListUse:
    """The bits of one status list."""

    taken: list[int]
    revoked: list[int]
    changed_at: datetime | None
    """When a badge of the list was signed or revoked last."""


_number = bindparam("p_number", type_=Integer)
_no_indexes = literal([], ARRAY(Integer))
_indexes: Any = func.array_agg(_table.list_index)
_columns_of_use: Any = (
    func.coalesce(_indexes, _no_indexes).label("taken"),
    func.coalesce(_indexes.filter(_table.state == "revoked"), _no_indexes).label("revoked"),
    func.max(func.greatest(_table.answered_at, _table.revoked_at)).label("changed_at"),
)
_use = Query(select(*_columns_of_use).where(_table.list_number == _number), ListUse)
_last: Query[int] = Query(select(func.coalesce(func.max(_table.list_number), 1)), int)


async def find_last_list(connection: Connection) -> int:
    """The number of the status list that is filled now, 1 at first."""
    return await _last.first(connection) or 1


async def get_list_use(connection: Connection, number: int) -> ListUse:
    return await _use.first(connection, p_number=number) or ListUse([], [], None)
