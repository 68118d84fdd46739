"""The facts from which a person's tasks follow: a fixed number of queries for any number of organisations."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ARRAY, SmallInteger, Text, Uuid, any_, bindparam, func, select

from app.db.calendar.hour_facts import (
    list_changes,
    list_own_proposals,
    list_waiting_of_centres,
    list_waiting_of_units,
    list_waiting_requests,
    list_year_hours,
)
from app.db.calendar.model_tasks import list_model_actions
from app.db.calendar.pending_actions import list_pending_actions
from app.db.calendar.reminder_settings import find_settings
from app.db.calendar.training_tasks import list_training_actions
from app.db.calendar.windows import list_own_windows, list_windows_of_everyone
from app.db.delivery.mail_obstacles import find_mail_delivery
from app.db.organisations.confirmations import organisation_confirmations
from app.db.organisations.organisations import name_in, organisations
from app.db.paging import clock_of
from app.db.people.people import in_force, role_grants
from app.db.sessions import Reader
from app.db.statements import NOW, TODAY, Query, columns_of
from app.db.trainings.completions_to_record import lacks_reader
from app.db.trainings.strategy_follow_ups import list_in_force
from app.domain.access import Role
from app.domain.calendar.deadlines import day_of, start_of
from app.domain.calendar.task_facts import OwnOrganisation, TaskFacts
from app.domain.calendar.tasks import NamedOrganisation
from app.domain.organisations.organisations import Language
from app.domain.people.people import Person

MOST_LISTED = 500
"""How many organisations without a main user are listed."""
SEEN_BACK, SEEN_AHEAD = timedelta(days=200), timedelta(days=400)
"""How far back and ahead the calendar is read."""

_own = organisations.alias("own")
_central = organisations.alias("central")
_unit = organisations.alias("unit")
_ids = bindparam("p_ids", type_=ARRAY(Uuid))
_language = bindparam("p_language", type_=Text)

_has_units = select(_unit.c.id).where(_unit.c.parent_id == _own.c.id).correlate(_own).exists()
_organisations = Query(
    select(
        *columns_of(
            OwnOrganisation,
            _own,
            name=name_in(_language, _own),
            active_from=_central.c.active_from,
            active_until=_central.c.active_until,
            units_propose=_central.c.units_propose,
            has_units=_has_units,
        )
    )
    .join(_central, _central.c.id == _own.c.central_organisation_id)
    .where(_own.c.id == any_(_ids))
    .order_by(_own.c.sort_key, _own.c.id),
    OwnOrganisation,
)
_confirmed: Query[tuple[UUID, int]] = Query(
    select(organisation_confirmations.c.organisation_id, organisation_confirmations.c.year).where(
        organisation_confirmations.c.organisation_id == any_(_ids),
        organisation_confirmations.c.person_id == bindparam("p_person_id", type_=Uuid),
        organisation_confirmations.c.year >= bindparam("p_from_year", type_=SmallInteger),
    ),
    lambda organisation_id, year: (organisation_id, year),
)
_without_main_user = Query(
    select(*columns_of(NamedOrganisation, organisations, name=name_in(_language)))
    .where(
        organisations.c.kind == "central",
        organisations.c.active_from <= TODAY,
        func.coalesce(organisations.c.active_until, TODAY) >= TODAY,
        ~select(role_grants.c.id)
        .where(
            role_grants.c.organisation_id == organisations.c.id,
            role_grants.c.role == "main_user",
            in_force(NOW),
        )
        .exists(),
    )
    .order_by(organisations.c.sort_key, organisations.c.id)
    .limit(MOST_LISTED),
    NamedOrganisation,
)


async def find_task_facts(session: Reader, person: Person) -> TaskFacts:
    """The facts for the caller's roles in force. Names of organisations are in the language of the person."""
    language = person.language
    facts = TaskFacts(
        now=session.now,
        settings=await find_settings(session.connection),
        holds_role=bool(session.actor.roles),
        person_id=session.actor.person_id,
        is_verified=person.email_verified_at is not None,
        pending_actions=await list_pending_actions(session, language),
        training_actions=await list_training_actions(session, language),
        model_actions=await list_model_actions(session, language),
    )
    roles: dict[UUID, set[Role]] = {}
    for grant in session.actor.roles:
        if grant.organisation_id:
            roles.setdefault(grant.organisation_id, set()).add(grant.role)
    if roles:
        facts = await _with_own_facts(session, facts, roles, language)
    if session.actor.has("staff"):
        facts = await _with_staff_facts(session, facts, language)
    return facts


async def _with_own_facts(
    session: Reader, facts: TaskFacts, roles: dict[UUID, set[Role]], language: Language
) -> TaskFacts:
    connection, ids = session.connection, sorted(roles)
    today = day_of(session.now)
    found = await _organisations.all(connection, p_ids=ids, p_language=language)
    confirmed = await _confirmed.all(
        connection, p_ids=ids, p_person_id=session.actor.person_id, p_from_year=today.year - 1
    )
    return replace(
        facts,
        organisations=[replace(organisation, roles=frozenset(roles[organisation.id])) for organisation in found],
        windows=await list_own_windows(connection, ids, today - SEEN_BACK, today + SEEN_AHEAD),
        proposals=await list_own_proposals(connection, ids, today.year),
        waiting=await list_waiting_of_units(connection, ids, today.year),
        hours=await list_year_hours(connection, ids, today.year - 1),
        confirmed=frozenset(confirmed),
        strategies=await list_in_force(connection, ids),
        changes=await list_changes(connection, ids, start_of(today - SEEN_BACK)),
    )


async def _with_staff_facts(session: Reader, facts: TaskFacts, language: Language) -> TaskFacts:
    connection, today = session.connection, day_of(session.now)
    waiting = await list_waiting_of_centres(connection)
    years = [each.year for each in waiting]
    windows = await list_windows_of_everyone(connection, today - SEEN_BACK, today + SEEN_AHEAD, decision_years=years)
    delivery = await find_mail_delivery(connection)
    return replace(
        facts,
        is_staff=True,
        windows=facts.windows + windows,
        waiting=facts.waiting + waiting,
        requests=await list_waiting_requests(connection, language),
        mail_obstacle=delivery.obstacle if delivery else None,
        lacks_reader=await lacks_reader(session),
        without_main_user=await _without_main_user.all(connection, p_language=language, **clock_of(session)),
    )
