"""Trainings and their plans: of training courses and of peer groups."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, get_args
from uuid import UUID

from psycopg import AsyncCursor
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Date,
    Select,
    Text,
    Uuid,
    all_,
    and_,
    any_,
    bindparam,
    func,
    or_,
    select,
    true,
)

from app.db.identifiers import new_id
from app.db.organisations.organisations import get_place, organisations, place_at
from app.db.paging import Listing, Sight, below, choice, filters_of, seen_by
from app.db.people.people import study_centres
from app.db.resources import Resource
from app.db.sessions import Reader, Writer
from app.db.statements import (
    Connection,
    Converted,
    Query,
    Row,
    Selection,
    change_row,
    change_rows,
    insert_row,
    insert_rows,
)
from app.db.trainings.model_tables import training_model_versions
from app.db.trainings.plans import PARTS, columns_of_plan, exceptions_from, json_of, sessions_from
from app.db.trainings.statement_days import (
    IS_STATEMENT,
    PHASE,
    PLAN_CLOSES_ON,
    PLAN_OPENS_ON,
    RULES,
    STATEMENT,
    STATEMENT_DUE_ON,
    STATEMENT_LAST_ON,
)
from app.db.trainings.tables import training_changes, trainings
from app.domain.access import Place, reach_of
from app.domain.organisations.names import search_text_of
from app.domain.organisations.organisations import Language
from app.domain.trainings.cooperation import PlanWarning, warnings_of
from app.domain.trainings.flags import trainer_keys_of
from app.domain.trainings.model_versions import HOURS_OF_CREDIT
from app.domain.trainings.sessions import (
    HourBreakdown,
    breakdown_of,
    ends_on_of,
    first_start_of,
    last_end_of,
    starts_on_of,
)
from app.domain.trainings.support_rules import Activity
from app.domain.trainings.trainings import (
    ModelOfCourse,
    PlanException,
    Training,
    TrainingPlan,
    TrainingSummary,
    hours_of,
)


def _breakdown_from(row: list[Any]) -> HourBreakdown:
    sessions, platform_hours = row
    return breakdown_of(sessions_from(sessions), platform_hours)


def _warnings_from(row: list[Any]) -> list[PlanWarning]:
    text, *names = row
    return warnings_of(text, zip(get_args(Language), names, strict=True))


_centre_names = [
    select(column).scalar_subquery()
    for column in (study_centres.c.name, study_centres.c.name_sv, study_centres.c.name_en)
]
_open_change = (
    select(training_changes.c.id)
    .where(training_changes.c.training_id == trainings.c.id, training_changes.c.state == "submitted")
    .correlate(trainings)
    .scalar_subquery()
)
_model = (
    select(
        func.jsonb_build_object(
            "model_id",
            training_model_versions.c.model_id,
            "version_id",
            training_model_versions.c.id,
            "number",
            training_model_versions.c.number,
            "learner_hours",
            training_model_versions.c.learner_hours,
        )
    )
    .where(training_model_versions.c.id == trainings.c.model_version_id)
    .correlate(trainings)
    .scalar_subquery()
)


def _model_from(row: dict[str, Any] | None) -> ModelOfCourse | None:
    if row is None:
        return None
    return ModelOfCourse(
        UUID(row["model_id"]),
        UUID(row["version_id"]),
        row["number"],
        row["learner_hours"] // HOURS_OF_CREDIT,
        row["learner_hours"],
    )


_shown: dict[str, Any] = {
    "organisation_name": organisations.c.name,
    "phase": PHASE,
    "plan_opens_on": PLAN_OPENS_ON,
    "plan_closes_on": PLAN_CLOSES_ON,
    "statement_due_on": STATEMENT_DUE_ON,
    "statement_last_on": STATEMENT_LAST_ON,
    "statement_id": STATEMENT.c.id,
}
_summary = Selection(TrainingSummary, trainings, **_shown)
_training = Selection(
    Training,
    trainings,
    **_shown,
    **{name: Converted(trainings.c[name], read) for name, read in PARTS.items()},
    exceptions=Converted(trainings.c.exceptions, exceptions_from),
    hour_breakdown=Converted(func.jsonb_build_array(trainings.c.sessions, trainings.c.platform_hours), _breakdown_from),
    open_change_id=_open_change,
    model=Converted(_model, _model_from),
    warnings=Converted(func.jsonb_build_array(trainings.c.marketing_text, *_centre_names), _warnings_from),
)


build_training = _training.build
"""Makes a training of the columns of `select_trainings`."""


def select_trainings(*others: ColumnElement[Any]) -> Select[Any]:
    """The trainings, each with other columns of its own."""
    return _from_all(select(*_training.columns, *others))


def _from_all(statement: Select[Any]) -> Select[Any]:
    joined = statement.join(organisations, organisations.c.id == trainings.c.organisation_id).join(RULES, true())
    return joined.outerjoin(STATEMENT, IS_STATEMENT)


_reach = any_(bindparam("p_reach", type_=ARRAY(Uuid)))


def _parameters_of_reach(actor: Any) -> dict[str, object] | None:
    reach = reach_of(actor)
    return None if reach is None else {"p_reach": reach}


# What was submitted stays with its central organisation: after a move the new one does not see it (rulebook §6.1).
SEEN = Sight(
    or_(
        trainings.c.central_organisation_id == _reach,
        trainings.c.organisation_id == _reach,
        and_(
            organisations.c.central_organisation_id == trainings.c.central_organisation_id,
            below(trainings.c.organisation_id, _reach),
        ),
    ),
    _parameters_of_reach,
)
_filters = filters_of(
    trainings,
    "hour_type",
    "organisation_id",
    "under",
    "year",
    "state",
    "topic",
    "mode",
    "supported",
    "reference",
    "changed_since",
) | {
    "phase": choice("phase", Text, lambda phase: phase == PHASE),
    "starts_from": trainings.c.starts_on >= bindparam("p_starts_from", type_=Date),
    "starts_until": trainings.c.starts_on <= bindparam("p_starts_until", type_=Date),
    "model_id": choice(
        "model_id",
        Uuid,
        lambda model: trainings.c.model_version_id.in_(
            select(training_model_versions.c.id).where(training_model_versions.c.model_id == model)
        ),
    ),
    "words": trainings.c.search_text.like(all_(bindparam("p_words", type_=ARRAY(Text)))),
}
resource = Resource(_from_all(select(*_training.columns)), _training.build, trainings, seen=SEEN, locked_first=True)
summaries = Listing(
    _from_all(select(*_summary.columns)), _summary.build, key=[trainings.c.id], seen=SEEN, filters=_filters
)


@dataclass(frozen=True)
class Placed:
    """A training, and its place: below the central organisation whose hours it uses, also if its organisation has left
    that one since."""

    training: Training
    place: Place


_placed = Selection(Placed, training=_training, place=place_at(organisations))


def _placed_from(*values: Any) -> Placed:
    placed = _placed.build(*values)
    return replace(placed, place=_place_of(placed.training, placed.place))


_is_asked = trainings.c.id == any_(bindparam("p_ids", type_=ARRAY(Uuid)))
_several = _from_all(select(*_training.columns)).where(_is_asked)
_found_several = Query(_several, _training.build)
_found_several_seen = Query(_several.where(SEEN.condition), _training.build)
_several_placed = _from_all(select(*_placed.columns)).where(_is_asked)
_found_placed = Query(_several_placed, _placed_from)
_found_placed_seen = Query(_several_placed.where(SEEN.condition), _placed_from)


async def lock_several(writer: Writer, training_ids: Sequence[UUID]) -> dict[UUID, Placed]:
    """Lock the trainings in the order of their IDs, and return each one that the caller sees by its ID.

    Nobody moves or ends their organisations until the transaction ends.
    """
    async with writer.connection.pipeline():
        locked = await ask_locked(writer, training_ids)
    return await read_locked(locked)


async def read_locked(locked: AsyncCursor[Placed]) -> dict[UUID, Placed]:
    return {placed.training.id: placed for placed in await locked.fetchall()}


async def ask_locked(writer: Writer, training_ids: Sequence[UUID]) -> AsyncCursor[Placed]:
    """As `lock_several`, in a pipeline of the caller, who reads the answer by `read_locked`."""
    await writer.connection.execute("SELECT lock_trainings(%s)", [list(training_ids)])
    return await _ask(writer, training_ids, _found_placed, _found_placed_seen)


async def find_several(session: Reader, training_ids: Sequence[UUID]) -> dict[UUID, Training]:
    """Return each of the trainings that the caller sees by its ID."""
    found = await _ask(session, training_ids, _found_several, _found_several_seen)
    return {training.id: training for training in await found.fetchall()}


async def _ask(
    session: Reader, training_ids: Collection[UUID], every: Query[Row], seen: Query[Row]
) -> AsyncCursor[Row]:
    sight = resource.sight_of(session)
    query = every if sight is None else seen
    return await query.ask(session.connection, p_ids=list(training_ids), **seen_by(session), **(sight or {}))


async def get_place_of(connection: Connection, training: TrainingSummary) -> Place:
    """The place of the training: below the central organisation whose hours it uses, also if its organisation has left
    that one since."""
    return _place_of(training, await get_place(connection, training.organisation_id))


def _place_of(training: TrainingSummary, place: Place) -> Place:
    return place_under(training.central_organisation_id, place)


def place_under(central_id: UUID, place: Place) -> Place:
    """The place of a training with hours of that central organisation, if its organisation is at `place` now."""
    if place.central_organisation_id == central_id:
        return place
    return Place(place.organisation_id, central_id, frozenset({place.organisation_id, central_id}))


def _columns_of(plan: TrainingPlan) -> dict[str, Any]:
    return columns_of_plan(plan) | {
        "search_text": search_text_of(plan.name, plan.target_group, plan.content),
        "trainer_keys": trainer_keys_of(trainer.name for trainer in plan.trainers),
        "hours": hours_of(plan),
        "starts_at": first_start_of(plan.sessions),
        "ends_at": last_end_of(plan.sessions),
        "starts_on": starts_on_of(plan.sessions),
        "ends_on": ends_on_of(plan.sessions),
    }


async def insert_draft(
    writer: Writer, hour_type: Activity, place: Place, year: int, plan: TrainingPlan, *, reference: str | None = None
) -> UUID:
    """A draft of the caller. Without a reference the database takes one."""
    numbered = {"reference": reference} if reference else {}
    row = _draft(writer, hour_type, place, year, plan)
    await insert_row(writer.connection, trainings, **row, **numbered)
    training_id: UUID = row["id"]
    return training_id


async def insert_drafts(
    writer: Writer, hour_type: Activity, place: Place, plans: Sequence[tuple[int, TrainingPlan]]
) -> list[UUID]:
    """As `insert_draft`, of several plans, each in its year. They travel in one message."""
    rows = [_draft(writer, hour_type, place, year, plan) for year, plan in plans]
    await insert_rows(writer.connection, trainings, rows)
    return [row["id"] for row in rows]


def _draft(writer: Writer, hour_type: Activity, place: Place, year: int, plan: TrainingPlan) -> dict[str, Any]:
    return {
        "id": new_id(),
        "hour_type": hour_type,
        "organisation_id": place.organisation_id,
        "central_organisation_id": place.central_organisation_id,
        "year": year,
        "state": "draft",
        "exceptions": [],
        "decided_automatically": False,
        "created_by": writer.actor.person_id,
        "created_at": writer.now,
    } | _columns_of(plan)


async def change_plan(connection: Connection, training_id: UUID, plan: TrainingPlan, **columns: object) -> None:
    """Change the plan, and other columns with it."""
    await change_row(connection, trainings, training_id, **_columns_of(plan), **columns)


async def change_state(connection: Connection, training_id: UUID, **columns: object) -> None:
    await change_row(connection, trainings, training_id, **columns)


async def change_states(writer: Writer, changes: Mapping[UUID, Mapping[str, object]]) -> dict[UUID, Training]:
    """As `change_state` of several, in one message that returns them as they are then, by ID."""
    alike: dict[tuple[tuple[str, object], ...], list[UUID]] = {}
    for training_id, columns in changes.items():
        alike.setdefault(tuple(columns.items()), []).append(training_id)
    async with writer.connection.pipeline():
        for columns_of_all, training_ids in alike.items():
            await change_rows(writer.connection, trainings, training_ids, **dict(columns_of_all))
        changed = await _ask(writer, changes, _found_several, _found_several_seen)
    return {training.id: training for training in await changed.fetchall()}


async def put_exceptions(connection: Connection, training_id: UUID, exceptions: Sequence[PlanException]) -> None:
    await change_row(connection, trainings, training_id, exceptions=json_of(list(exceptions)))
