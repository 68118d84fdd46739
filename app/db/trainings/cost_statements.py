"""Cost statements of training courses and of peer groups."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncCursor
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    Select,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy import update as updated
from sqlalchemy.dialects.postgresql import JSONB

from app.db.identifiers import new_id
from app.db.organisations.organisations import organisations
from app.db.paging import Choice, Listing, choice, filters_of, given, seen_by
from app.db.resources import Resource
from app.db.sessions import Reader, Writer
from app.db.statements import (
    OVERSEEN,
    Command,
    Connection,
    Converted,
    Query,
    Selection,
    change_each,
    change_row,
    insert_row,
)
from app.db.trainings.plans import json_of
from app.db.trainings.tables import cost_statements, trainings
from app.db.trainings.trainings import SEEN
from app.domain.trainings.cost_statements import (
    OPEN_STATES,
    CostStatement,
    CostStatementSummary,
    StatementContents,
    StatementDeclarations,
    StatementFlag,
    costs_cents_of,
)
from app.domain.trainings.participants import ParticipantCounts
from app.domain.trainings.plan_kinds import KINDS
from app.domain.trainings.support import Cost, Disallowed, Support
from app.domain.trainings.support_rules import Activity
from app.domain.trainings.trainings import Training


def _flags_from(rows: list[dict[str, Any]]) -> list[StatementFlag]:
    return [
        StatementFlag(row["code"], *(row[name] and UUID(row[name]) for name in ("training_id", "organisation_id")))
        for row in rows
    ]


def _if_of(hour_type: Activity) -> ColumnElement[Any]:
    return case((trainings.c.hour_type == hour_type, cost_statements.c.training_id))


_shown: dict[str, Any] = {
    "training_id": _if_of("training"),
    "peer_group_id": _if_of("peer_group"),
    "training_name": trainings.c.name,
    "organisation_name": organisations.c.name,
    "hour_type": trainings.c.hour_type,
    "supported": trainings.c.supported,
    "planned_hours": trainings.c.hours,
    "payment_state": func.coalesce(cost_statements.c.payment_state, literal("none")),
}
# Flags are for those who see all people: staff and auditors.
_flags: ColumnElement[Any] = case((OVERSEEN.is_(None), cost_statements.c.flags), else_=literal([], JSONB))
_summary = Selection(CostStatementSummary, cost_statements, **_shown)
_PARTS: dict[str, Callable[[Any], Any]] = {
    "participants": lambda row: row and ParticipantCounts(**row),
    "costs": lambda rows: [Cost(**row) for row in rows],
    "declarations": lambda row: StatementDeclarations(**row),
}
"""How the parts of a statement are read that are no plain values."""
_statement = Selection(
    CostStatement,
    cost_statements,
    **_shown,
    **{name: Converted(cost_statements.c[name], read) for name, read in _PARTS.items()},
    disallowed=Converted(cost_statements.c.disallowed, lambda rows: [Disallowed(**row) for row in rows]),
    flags=Converted(_flags, _flags_from),
    support=Converted(cost_statements.c.support, lambda row: row and Support(**row)),
)


build_statement = _statement.build
"""Makes a statement of the columns of `select_statements`."""


def select_statements(*others: ColumnElement[Any]) -> Select[Any]:
    """The statements, each with other columns of its own."""
    return _from_all(select(*_statement.columns, *others))


def _from_all(statement: Select[Any]) -> Select[Any]:
    return statement.join(trainings, trainings.c.id == cost_statements.c.training_id).join(
        organisations, organisations.c.id == cost_statements.c.organisation_id
    )


def _cause_given(hour_type: Activity) -> Choice:
    id_field, is_of_type = KINDS[hour_type].id_field, trainings.c.hour_type == hour_type
    return choice(id_field, Uuid, lambda cause: and_(cost_statements.c.training_id == cause, is_of_type))


_filters = filters_of(cost_statements, "organisation_id", "under", "year", "state", "reference", "changed_since") | {
    "training_id": _cause_given("training"),
    "peer_group_id": _cause_given("peer_group"),
    "hour_type": given(trainings.c.hour_type, "hour_type"),
}
resource = Resource(
    _from_all(select(*_statement.columns)), _statement.build, cost_statements, seen=SEEN, locked_first=True
)
summaries = Listing(
    _from_all(select(*_summary.columns)), _summary.build, key=[cost_statements.c.id], seen=SEEN, filters=_filters
)
_several = _from_all(select(*_statement.columns)).where(
    cost_statements.c.id == any_(bindparam("p_ids", type_=ARRAY(Uuid)))
)
_found_several = Query(_several, _statement.build)
_found_several_seen = Query(_several.where(SEEN.condition), _statement.build)
_locked_several = Command(
    select(cost_statements.c.id)
    .where(cost_statements.c.id == any_(bindparam("p_ids", type_=ARRAY(Uuid))))
    .order_by(cost_statements.c.id)
    .with_for_update(key_share=True)
)
_of_training = cost_statements.c.training_id == bindparam("p_training_id", type_=Uuid)
_is_open = or_(*(cost_statements.c.state == state for state in OPEN_STATES))
_in_force = [_of_training, cost_statements.c.state != "reversed"]
_state: Query[str] = Query(select(cost_statements.c.state).where(*_in_force))
_last_state: Query[str] = Query(
    select(cost_statements.c.state).where(_of_training).order_by(_is_open, cost_statements.c.id.desc()).limit(1)
)
_id: Query[UUID] = Query(select(cost_statements.c.id).where(*_in_force))
_ended = Command(
    updated(cost_statements)
    .where(_of_training, _is_open)
    .values(state=bindparam("p_state", type_=Text), ended_at=bindparam("p_at", type_=DateTime(timezone=True)))
)


async def find_statement_state(connection: Connection, training_id: UUID) -> str | None:
    """The state of the training's cost statement that has not been reversed, if there is one."""
    return await _state.first(connection, p_training_id=training_id)


async def find_last_statement_state(connection: Connection, training_id: UUID) -> str | None:
    """The state of the training's latest cost statement, also of a reversed one. One that the organisation still writes
    counts only where there is no other."""
    return await _last_state.first(connection, p_training_id=training_id)


async def find_statement_id(connection: Connection, training_id: UUID) -> UUID | None:
    """The ID of the training's cost statement that has not been reversed, if there is one."""
    return await _id.first(connection, p_training_id=training_id)


async def find_several(session: Reader, statement_ids: Sequence[UUID]) -> dict[UUID, CostStatement]:
    """Return each of the statements that the caller sees by its ID."""
    return await read_several(await _ask(session, statement_ids))


async def ask_locked(writer: Writer, statement_ids: Sequence[UUID]) -> AsyncCursor[CostStatement]:
    """As `find_several`, and nobody else changes them until the transaction ends: in a pipeline of the caller, who has
    locked their trainings, and reads the answer by `read_several`."""
    await _locked_several.run(writer.connection, p_ids=list(statement_ids))
    return await _ask(writer, statement_ids)


async def read_several(asked: AsyncCursor[CostStatement]) -> dict[UUID, CostStatement]:
    return {statement.id: statement for statement in await asked.fetchall()}


async def _ask(session: Reader, statement_ids: Collection[UUID]) -> AsyncCursor[CostStatement]:
    sight = resource.sight_of(session)
    query = _found_several if sight is None else _found_several_seen
    return await query.ask(session.connection, p_ids=list(statement_ids), **seen_by(session), **(sight or {}))


async def end_open_statement(connection: Connection, training_id: UUID, state: str, at: datetime) -> None:
    """End the statement that has not been submitted, or was sent back."""
    await _ended.run(connection, p_training_id=training_id, p_state=state, p_at=at)


def contents_from(row: dict[str, Any]) -> StatementContents:
    """What a statement says, from JSON."""
    return StatementContents(**{name: _PARTS[name](value) if name in _PARTS else value for name, value in row.items()})


async def insert_draft(writer: Writer, training: Training, contents: StatementContents) -> UUID:
    """A draft of the caller. The database takes its reference."""
    statement_id = new_id()
    await insert_row(
        writer.connection,
        cost_statements,
        id=statement_id,
        training_id=training.id,
        organisation_id=training.organisation_id,
        central_organisation_id=training.central_organisation_id,
        year=training.year,
        state="draft",
        needs_reason=[],
        flags=[],
        disallowed=[],
        decided_automatically=False,
        created_by=writer.actor.person_id,
        created_at=writer.now,
        **_columns_of(contents),
    )
    return statement_id


async def change_contents(connection: Connection, statement_id: UUID, contents: StatementContents) -> None:
    await change_row(connection, cost_statements, statement_id, **_columns_of(contents))


async def change_statement(connection: Connection, statement_id: UUID, **columns: object) -> None:
    """Change the state and what comes with it."""
    await change_row(connection, cost_statements, statement_id, **_stored(columns))


async def change_statements(writer: Writer, changes: Mapping[UUID, Mapping[str, object]]) -> dict[UUID, CostStatement]:
    """As `change_statement` of several, in one message that returns them as they are then, by ID."""
    alike: dict[tuple[str, ...], dict[UUID, Mapping[str, object]]] = {}
    for statement_id, columns in changes.items():
        alike.setdefault(tuple(sorted(columns)), {})[statement_id] = _stored(columns)
    async with writer.connection.pipeline():
        for rows in alike.values():
            await change_each(writer.connection, cost_statements, rows)
        changed = await _ask(writer, changes)
    return await read_several(changed)


def _stored(columns: Mapping[str, object]) -> dict[str, object]:
    shown = {"participants", "flags", "disallowed", "support"}
    return {name: json_of(columns[name]) if name in shown else columns[name] for name in sorted(columns)}


def _columns_of(contents: StatementContents) -> dict[str, Any]:
    values = {field.name: getattr(contents, field.name) for field in fields(StatementContents)}
    columns = {name: json_of(value) if name in _PARTS else value for name, value in values.items()}
    return columns | {"costs_cents": costs_cents_of(contents)}
