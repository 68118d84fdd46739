"""Cost statements: add, change, submit, get and list."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from typing import Any, TypedDict, Unpack
from uuid import UUID

from app.db.paging import PageRequest, Slice
from app.db.sessions import Reader, Writer
from app.db.trainings import cost_statements as questions
from app.db.trainings import trainings
from app.db.trainings.documents import keep_submitted_statement
from app.db.trainings.participant_counts import counts_of_rows
from app.db.trainings.statement_flags import find_median_per_hour
from app.db.trainings.support_rules import find_rules
from app.domain.access import Place
from app.domain.errors import AlreadyExists, NotFound
from app.domain.trainings import cost_statements as rules
from app.domain.trainings.cost_statements import OPEN_STATES, CostStatement, CostStatementSummary, StatementState
from app.domain.trainings.plan_kinds import KINDS
from app.domain.trainings.statement_checks import check_held, check_statement_window, is_late
from app.domain.trainings.support_rules import Activity
from app.domain.trainings.trainings import Training, cause_fact_of, check_writer, of_type
from app.domain.trainings.trainings import check_state as check_training
from app.domain.versions import Versions, check_version
from app.services.trainings.statement_flags import find_flags


class StatementListFilters(TypedDict, total=False):
    training_id: Sequence[UUID] | None
    peer_group_id: Sequence[UUID] | None
    hour_type: Activity | None
    organisation_id: Sequence[UUID] | None
    under: Sequence[UUID] | None
    year: Sequence[int] | None
    state: Sequence[StatementState] | None
    reference: Sequence[str] | None
    changed_since: datetime | None


async def add_statement(
    writer: Writer, hour_type: Activity, training_id: UUID, fields: Mapping[str, Any]
) -> CostStatement:
    """Add the draft of a training's statement, of which there is one at a time, reversed ones apart."""
    try:
        training = of_type(await trainings.resource.lock(writer, training_id), hour_type)
    except NotFound:
        raise NotFound(pointer=f"/{KINDS[hour_type].id_field}") from None
    check_writer(writer.actor, await trainings.get_place_of(writer.connection, training))
    contents = rules.with_changes(rules.EMPTY, fields)
    rules.check_not_counted(fields, await counts_of_rows(writer.connection, training_id))
    check_training(training.state, "approved")
    if existing := await questions.find_statement_id(writer.connection, training_id):
        raise AlreadyExists(existing_id=existing)
    statement_id = await questions.insert_draft(writer, training, contents)
    statement = await get_statement(writer, statement_id)
    record(writer, "created", statement)
    return statement


async def change_statement(
    writer: Writer, statement_id: UUID, *, changes: Mapping[str, Any], expected: Versions
) -> CostStatement:
    _, place, statement = await lock_statement(writer, statement_id)
    contents = rules.with_changes(statement, changes)
    check_writer(writer.actor, place)
    check_version(statement, expected)
    rules.check_state(statement.state, *OPEN_STATES)
    rules.check_not_counted(changes, await counts_of_rows(writer.connection, statement.cause_id))
    changed = rules.differing(statement, contents)
    if not changed:
        return statement
    await keep_submitted_statement(writer.connection, statement_id)
    await questions.change_contents(writer.connection, statement_id, contents)
    record(writer, "changed", statement, changed=changed)
    return await get_statement(writer, statement_id)


async def submit_statement(writer: Writer, statement_id: UUID) -> CostStatement:
    """Submit the statement once the last session has ended. Without subsidy it is approved by that."""
    seen = await questions.resource.get(writer, statement_id)
    # It is of the complete year, so it is found before anything is locked.
    median_cents = await find_median_per_hour(writer.connection, seen.year, seen.hour_type)
    training, place, statement = await lock_statement(writer, statement_id)
    check_writer(writer.actor, place)
    rules.check_state(statement.state, *OPEN_STATES)
    rules.check_no_open_change(statement, training.open_change_id)
    if training.supported or training.ends_at:
        check_held(writer.now, training.starts_at, training.ends_at)
    if training.supported:
        await _send(writer, training, place, statement, median_cents)
    else:
        await _approve_automatically(writer, statement)
    return await get_statement(writer, statement_id)


async def list_statements(
    reader: Reader, page: PageRequest, **filters: Unpack[StatementListFilters]
) -> Slice[CostStatementSummary]:
    return await questions.summaries.page(reader, page, **filters)


async def get_statement(session: Reader, statement_id: UUID) -> CostStatement:
    return await _with_estimate(session, await questions.resource.get(session, statement_id))


async def lock_statement(writer: Writer, statement_id: UUID) -> tuple[Training, Place, CostStatement]:
    """Lock the training, then its statement, as all do who move its hours. Raise NotFound."""
    seen = await questions.resource.get(writer, statement_id)
    training = await trainings.resource.lock(writer, seen.cause_id)
    statement = await questions.resource.lock(writer, statement_id)
    place = await trainings.get_place_of(writer.connection, training)
    return training, place, await _with_estimate(writer, statement)


def record(writer: Writer, verb: str, statement: CostStatement, *, reason: str | None = None, **facts: object) -> None:
    """Record what was done with the statement. Participants are in none of the facts (rulebook §6.2)."""
    writer.record(
        f"cost-statement.{verb}",
        statement.id,
        organisation_id=statement.organisation_id,
        reason=reason,
        **{
            "reference": statement.reference,
            "year": statement.year,
            "hours": statement.hours,
            "support_cents": statement.support.cents if statement.support else None,
        }
        | cause_fact_of(statement.hour_type, statement.cause_id)
        | facts,
    )


async def _with_estimate(session: Reader, statement: CostStatement) -> CostStatement:
    """The statement with the numbers of its training's participants, until it is submitted, and with an estimate of
    its support, until it is decided."""
    if statement.state in OPEN_STATES:
        counted = await counts_of_rows(session.connection, statement.cause_id)
        statement = replace(statement, participants=counted or statement.participants)
    if statement.state not in ("draft", "submitted", "sent_back"):
        return statement
    return rules.estimated(statement, await find_rules(session.connection, statement.year))


async def _send(
    writer: Writer, training: Training, place: Place, statement: CostStatement, median_cents: Fraction | None
) -> None:
    rules.check_complete(statement)
    due_on = training.statement_due_on
    if due_on is None:
        raise RuntimeError("a training that has been held has a day until which its statement is due")
    timing = check_statement_window(writer.now, due_on, training.statement_last_on, statement.answer_by)
    late = is_late(timing, was_submitted=statement.submitted_at is not None, was_late="late" in statement.needs_reason)
    needed = rules.needed_of(statement, await find_rules(writer.connection, statement.year), late=late)
    await questions.change_statement(
        writer.connection,
        statement.id,
        **_sent(writer),
        state="submitted",
        participants=statement.participants,
        needs_reason=needed,
        flags=await find_flags(writer, training, place, statement, median_cents),
    )
    record(writer, "submitted", statement, late=late)


async def _approve_automatically(writer: Writer, statement: CostStatement) -> None:
    found = await find_rules(writer.connection, statement.year)
    support = rules.support_for(statement, found, final=True)
    await questions.change_statement(
        writer.connection,
        statement.id,
        **_sent(writer),
        state="approved",
        participants=statement.participants,
        support=support,
        support_cents=0,
        used_hours=0,
        payment_state="none",
        decided_by=None,
        decided_at=writer.now,
        decided_automatically=True,
    )
    record(writer, "submitted", statement, late=False, automatically=True)
    record(writer, "approved", replace(statement, support=support), automatically=True)


def _sent(writer: Writer) -> dict[str, object]:
    return {"submitted_by": writer.actor.person_id, "submitted_at": writer.now, "reason": None, "answer_by": None}
