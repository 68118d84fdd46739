"""The facts of a person's tasks: a fixed number of questions, however many organisations there are."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Date,
    DateTime,
    Integer,
    SmallInteger,
    Text,
    Uuid,
    any_,
    bindparam,
    cast,
    func,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from app.db.calendar.deadlines import deadlines
from app.db.calendar.extensions import deadline_extensions
from app.db.calendar.matters import find_matters
from app.db.calendar.reminders import find_settings
from app.db.hours.distributions import hour_distributions
from app.db.hours.ledger import hour_balances, hour_pools
from app.db.hours.proposals import hour_proposals
from app.db.hours.returns import hour_returns
from app.db.hours.supplementary_requests import supplementary_hour_requests
from app.db.organisations.confirmations import organisation_confirmations
from app.db.organisations.organisations import name_in, organisation_ancestors, organisations
from app.db.people.people import in_force, role_grants
from app.db.sessions import Reader
from app.db.statements import Query
from app.domain.access import Role
from app.domain.calendar.deadlines import Kind, Window, day_of, start_of
from app.domain.calendar.task_facts import (
    HoursChange,
    NamedOrganisation,
    OwnOrganisation,
    OwnProposal,
    OwnWindow,
    TaskFacts,
    WaitingProposals,
    WaitingRequest,
    YearHours,
)
from app.domain.organisations.organisations import Language

MOST_WAITING = 500
"""Of the staff's tasks of one kind."""
SEEN_BACK, SEEN_AHEAD = timedelta(days=200), timedelta(days=400)
"""How far the calendar is looked at."""

_own = organisations.alias("own")
_central = organisations.alias("central")
_unit = organisations.alias("unit")
_is_own = _own.c.id == any_(bindparam("p_ids", type_=ARRAY(Uuid)))
_language = bindparam("p_language", type_=Text)
_from_year = bindparam("p_from_year", type_=SmallInteger)

_organisations = Query(
    select(
        _own.c.id,
        _own.c.central_organisation_id,
        name_in(_language, _own),
        _central.c.active_from,
        _central.c.active_until,
        _central.c.units_propose,
        select(_unit.c.id).where(_unit.c.parent_id == _own.c.id).correlate(_own).exists(),
    )
    .join(_central, _central.c.id == _own.c.central_organisation_id)
    .where(_is_own)
    .order_by(_own.c.sort_key, _own.c.id),
    lambda *columns: OwnOrganisation(*columns),
)


def window_of(
    organisation_id: UUID | None,
    deadline_id: UUID,
    kind: Kind,
    hours_year: int,
    opens_on: date | None,
    closes_on: date | None,
    extended_until: date | None,
) -> OwnWindow:
    return OwnWindow(organisation_id, deadline_id, kind, hours_year, Window(opens_on, closes_on, extended_until))


_is_near = (
    deadlines.c.confirmed,
    func.coalesce(deadlines.c.closes_on, deadlines.c.opens_on) >= bindparam("p_from", type_=Date),
    func.coalesce(deadlines.c.opens_on, deadlines.c.closes_on) <= bindparam("p_until", type_=Date),
)
_days = (deadlines.c.id, deadlines.c.kind, deadlines.c.hours_year, deadlines.c.opens_on, deadlines.c.closes_on)
_extended_until = (
    select(func.max(deadline_extensions.c.closes_on))
    .join(organisation_ancestors, organisation_ancestors.c.ancestor_id == deadline_extensions.c.organisation_id)
    .where(deadline_extensions.c.deadline_id == deadlines.c.id, organisation_ancestors.c.organisation_id == _own.c.id)
    .correlate(deadlines, _own)
    .scalar_subquery()
)
_windows = Query(
    select(_own.c.id, *_days, _extended_until)
    .join(
        deadlines,
        or_(deadlines.c.organisation_id.is_(None), deadlines.c.organisation_id == _own.c.central_organisation_id),
    )
    .where(_is_own, *_is_near)
    .order_by(deadlines.c.opens_on, deadlines.c.id, _own.c.id),
    window_of,
)
_windows_of_everyone = Query(
    select(cast(null(), Uuid), *_days, cast(null(), Date))
    .where(deadlines.c.organisation_id.is_(None), *_is_near)
    .order_by(deadlines.c.opens_on, deadlines.c.id),
    window_of,
)
_proposals = Query(
    select(
        hour_proposals.c.id,
        hour_proposals.c.organisation_id,
        hour_proposals.c.year,
        hour_proposals.c.state,
        hour_proposals.c.answer_by,
    )
    .join(_own, _own.c.id == hour_proposals.c.organisation_id)
    .where(_is_own, hour_proposals.c.state != "withdrawn", hour_proposals.c.year >= _from_year),
    OwnProposal,
)


def _waiting(central_organisation_id: Any) -> Any:
    ids = func.array_agg(aggregate_order_by(hour_proposals.c.id, hour_proposals.c.id))
    return select(central_organisation_id, hour_proposals.c.year, ids).where(
        hour_proposals.c.state == "submitted", hour_proposals.c.year >= _from_year
    )


_of_units = Query(
    _waiting(hour_proposals.c.central_organisation_id)
    .join(_own, _own.c.id == hour_proposals.c.central_organisation_id)
    .where(_is_own, hour_proposals.c.organisation_id != hour_proposals.c.central_organisation_id)
    .group_by(hour_proposals.c.central_organisation_id, hour_proposals.c.year),
    lambda *columns: WaitingProposals(*columns),
)
_of_centres = Query(
    _waiting(cast(null(), Uuid))
    .where(hour_proposals.c.organisation_id == hour_proposals.c.central_organisation_id)
    .group_by(hour_proposals.c.year),
    lambda *columns: WaitingProposals(*columns),
)

# A centre's row counts its tree; what of allotments has lapsed stands in the centre's own `lapsed`.
_is_centre = _own.c.id == _own.c.central_organisation_id
_free = hour_balances.c.common + hour_balances.c.allotment


def _total(column: Any) -> Any:
    return cast(func.sum(column), Integer)


_hours = Query(
    select(
        _own.c.id,
        hour_balances.c.year,
        _total(_free + hour_balances.c.reserved + hour_balances.c.used),
        _total(hour_balances.c.reserved + hour_balances.c.used),
        _total(hour_balances.c.reserved),
        _total(hour_balances.c.common),
        func.coalesce(func.max(hour_distributions.c.revision), 0) > 0,
        func.bool_or(hour_pools.c.closed_at.is_not(None)),
    )
    .select_from(_own)
    .join(
        hour_balances,
        (hour_balances.c.central_organisation_id == _own.c.central_organisation_id)
        & or_(_is_centre, hour_balances.c.organisation_id == _own.c.id),
    )
    .join(hour_pools, hour_pools.c.year == hour_balances.c.year)
    .outerjoin(
        hour_distributions,
        (hour_distributions.c.organisation_id == _own.c.id) & (hour_distributions.c.year == hour_balances.c.year),
    )
    .where(_is_own, hour_balances.c.year >= _from_year)
    .group_by(_own.c.id, hour_balances.c.year)
    .order_by(_own.c.id, hour_balances.c.year),
    lambda *columns: YearHours(*columns),
)
_confirmed: Query[tuple[UUID, int]] = Query(
    select(organisation_confirmations.c.organisation_id, organisation_confirmations.c.year).where(
        organisation_confirmations.c.organisation_id == any_(bindparam("p_ids", type_=ARRAY(Uuid))),
        organisation_confirmations.c.person_id == bindparam("p_person_id", type_=Uuid),
        organisation_confirmations.c.year >= _from_year,
    ),
    lambda organisation_id, year: (organisation_id, year),
)
_since = bindparam("p_since", type_=DateTime(timezone=True))
_made = union_all(
    select(
        supplementary_hour_requests.c.organisation_id,
        supplementary_hour_requests.c.year,
        supplementary_hour_requests.c.submitted_at.label("made_at"),
    )
    .join(_own, _own.c.id == supplementary_hour_requests.c.organisation_id)
    .where(_is_own, supplementary_hour_requests.c.state != "withdrawn")
    .where(supplementary_hour_requests.c.submitted_at >= _since),
    select(hour_returns.c.organisation_id, hour_returns.c.year, hour_returns.c.booked_at)
    .join(_own, _own.c.id == hour_returns.c.organisation_id)
    .where(_is_own, hour_returns.c.booked_at >= _since),
).subquery("made")
_changes = Query(select(_made), HoursChange)
_requests = Query(
    select(
        supplementary_hour_requests.c.id,
        supplementary_hour_requests.c.organisation_id,
        name_in(_language).label("organisation_name"),
        supplementary_hour_requests.c.year,
        supplementary_hour_requests.c.hours,
    )
    .join(organisations, organisations.c.id == supplementary_hour_requests.c.organisation_id)
    .where(supplementary_hour_requests.c.state == "submitted", supplementary_hour_requests.c.year >= _from_year)
    .order_by(supplementary_hour_requests.c.id)
    .limit(MOST_WAITING),
    WaitingRequest,
)
_now = bindparam("p_now", type_=DateTime(timezone=True))
_today = bindparam("p_today", type_=Date)
_without_main_user = Query(
    select(organisations.c.id, name_in(_language).label("name"))
    .where(
        organisations.c.kind == "central",
        organisations.c.active_from <= _today,
        func.coalesce(organisations.c.active_until, _today) >= _today,
        ~select(role_grants.c.id)
        .where(
            role_grants.c.organisation_id == organisations.c.id,
            role_grants.c.role == "main_user",
            in_force(_now),
        )
        .exists(),
    )
    .order_by(organisations.c.sort_key, organisations.c.id)
    .limit(MOST_WAITING),
    NamedOrganisation,
)


async def find_facts(session: Reader, language: Language) -> TaskFacts:
    """By the roles that are in force: what they do not ask for is not looked for. Organisations by their names in
    that language."""
    today = day_of(session.now)
    days: dict[str, object] = {"p_from": today - SEEN_BACK, "p_until": today + SEEN_AHEAD}
    facts = TaskFacts(
        settings=await find_settings(session.connection),
        holds_role=bool(session.actor.roles),
        person_id=session.actor.person_id,
        matters=await find_matters(session, language),
    )
    roles: dict[UUID, set[Role]] = {}
    for grant in session.actor.roles:
        if grant.organisation_id:
            roles.setdefault(grant.organisation_id, set()).add(grant.role)
    if roles:
        facts = await _add_own(session, facts, roles, days, language)
    if session.actor.has("staff"):
        facts = await _add_staffs(session, facts, days, language)
    return facts


async def _add_own(
    session: Reader, facts: TaskFacts, roles: dict[UUID, set[Role]], days: dict[str, object], language: Language
) -> TaskFacts:
    connection, ids = session.connection, sorted(roles)
    today = day_of(session.now)
    found = await _organisations.all(connection, p_ids=ids, p_language=language)
    return replace(
        facts,
        organisations=[replace(organisation, roles=frozenset(roles[organisation.id])) for organisation in found],
        windows=await _windows.all(connection, p_ids=ids, **days),
        proposals=await _proposals.all(connection, p_ids=ids, p_from_year=today.year),
        waiting=await _of_units.all(connection, p_ids=ids, p_from_year=today.year),
        hours=await _hours.all(connection, p_ids=ids, p_from_year=today.year - 1),
        confirmed=frozenset(
            await _confirmed.all(connection, p_ids=ids, p_person_id=session.actor.person_id, p_from_year=today.year - 1)
        ),
        changes=await _changes.all(connection, p_ids=ids, p_since=start_of(today - SEEN_BACK)),
    )


async def _add_staffs(session: Reader, facts: TaskFacts, days: dict[str, object], language: Language) -> TaskFacts:
    connection, today = session.connection, day_of(session.now)
    return replace(
        facts,
        is_staff=True,
        windows=facts.windows + await _windows_of_everyone.all(connection, **days),
        waiting=facts.waiting + await _of_centres.all(connection, p_from_year=today.year),
        requests=await _requests.all(connection, p_from_year=today.year, p_language=language),
        without_main_user=await _without_main_user.all(
            connection, p_now=session.now, p_today=today, p_language=language
        ),
    )
