"""Changes of approved plans: submit, decide, withdraw, get and list."""

from collections.abc import Mapping
from typing import Any, Literal
from uuid import UUID

from app.db.identifiers import new_id
from app.db.paging import PageRequest, Slice
from app.db.sessions import Reader, Writer
from app.db.statements import change_row
from app.db.trainings import trainings as questions
from app.db.trainings.circumstances import find_circumstances
from app.db.trainings.cost_statements import find_last_statement_state
from app.db.trainings.tables import training_changes
from app.db.trainings.training_changes import changes, find_open_change, insert_change, put_plan
from app.domain.errors import AlreadyExists, Fault, Invalid, NotFound
from app.domain.trainings import training_changes as rules
from app.domain.trainings.model_courses import check_version_kept
from app.domain.trainings.outcomes import check_outcome
from app.domain.trainings.submissions import check_complete, check_place
from app.domain.trainings.support_rules import Activity
from app.domain.trainings.training_changes import TrainingChange
from app.domain.trainings.trainings import (
    Training,
    TrainingPlan,
    cause_fact_of,
    check_decider,
    check_state,
    check_support_kept,
    check_writer,
    differing,
    event_of,
    hours_of,
    with_changes,
)
from app.services.support.enrolments import check_offer, offer_changed
from app.services.trainings.model_courses import following, kept_version
from app.services.trainings.reservations import reserve
from app.services.trainings.trainings import check_plan, get_training, lock_training


async def submit_change(
    writer: Writer, hour_type: Activity, training_id: UUID, *, fields: Mapping[str, Any]
) -> TrainingChange:
    """Submit a change, and reserve the hours that it adds. The present plan stays in force until the decision."""
    training, place = await lock_training(writer, hour_type, training_id)
    plan = with_changes(training, fields)
    await check_plan(writer, place, training.year, plan, training)
    plan = (await following(writer, place, plan, training, fields)).plan
    check_writer(writer.actor, place)
    check_state(training.state, "approved")
    check_support_kept(training, plan)
    check_version_kept(training, plan)
    rules.check_hours_unsettled(await find_last_statement_state(writer.connection, training_id))
    changed = differing(training, plan)
    if not changed:
        raise Invalid(Fault("", "nothing-asked"))
    if existing := await find_open_change(writer.connection, training_id):
        raise AlreadyExists(existing_id=existing)
    await _check_possible(writer, training, plan)
    rules.check_in_time(training, plan, writer.now)
    hours = hours_of(plan)
    if training.supported:
        await reserve(writer, [(training, rules.held_hours_of(training, plan))])
    change_id = new_id()
    await insert_change(
        writer.connection,
        id=change_id,
        training_id=training_id,
        changed=changed,
        plan=plan,
        hours=hours,
        state="submitted",
        submitted_by=writer.actor.person_id,
        submitted_at=writer.now,
    )
    _record(writer, "submitted", change_id, training, changed=changed, hours=hours)
    return await changes.get(writer, change_id)


async def decide_change(
    writer: Writer,
    hour_type: Activity,
    training_id: UUID,
    change_id: UUID,
    *,
    outcome: Literal["approved", "rejected"],
    reason: str | None,
) -> TrainingChange:
    check_outcome(outcome, reason, None, writer.now)
    training, place = await lock_training(writer, hour_type, training_id)
    change = await _get(writer, training_id, change_id)
    check_decider(writer.actor, place, {*training.makers, change.submitted_by})
    rules.check_open(change)
    merged = await kept_version(writer, rules.merged_plan(training, change))
    if outcome == "approved":
        # Edits, rules and last days may have come since the change was sent.
        await _check_possible(writer, training, merged)
        if merged.enrolment != training.enrolment:
            await check_offer(writer, training_id, merged.enrolment)
        await questions.change_plan(writer.connection, training_id, merged, as_submitted=None)
        if merged.enrolment != training.enrolment:
            await offer_changed(writer, training_id)
    if training.supported:
        await reserve(writer, [(training, rules.held_hours_of(merged if outcome == "approved" else training))])
    await put_plan(
        writer.connection,
        change_id,
        merged,
        state=outcome,
        reason=reason,
        decided_by=writer.actor.person_id,
        decided_at=writer.now,
    )
    _record(writer, outcome, change_id, training, reason=reason)
    return await changes.get(writer, change_id)


async def withdraw_change(writer: Writer, hour_type: Activity, training_id: UUID, change_id: UUID) -> TrainingChange:
    training, place = await lock_training(writer, hour_type, training_id)
    change = await _get(writer, training_id, change_id)
    check_writer(writer.actor, place)
    rules.check_open(change)
    if training.supported:
        await reserve(writer, [(training, rules.held_hours_of(training))])
    await change_row(writer.connection, training_changes, change_id, state="withdrawn", ended_at=writer.now)
    _record(writer, "withdrawn", change_id, training)
    return await changes.get(writer, change_id)


async def get_change(reader: Reader, hour_type: Activity, training_id: UUID, change_id: UUID) -> TrainingChange:
    await get_training(reader, hour_type, training_id)
    return await _get(reader, training_id, change_id)


async def list_changes(
    reader: Reader, hour_type: Activity, page: PageRequest, training_id: UUID
) -> Slice[TrainingChange]:
    await get_training(reader, hour_type, training_id)
    return await changes.page(reader, page, training_id=training_id)


async def _check_possible(writer: Writer, training: Training, plan: TrainingPlan) -> None:
    """Check the plan with the change as at its submission, the windows apart."""
    if training.supported:
        circumstances = await find_circumstances(writer.connection, training.id)
        check_complete(plan, training.hour_type, circumstances.rules, training.exceptions)
        check_place(plan, training.year, training.hour_type, circumstances)


async def _get(session: Reader, training_id: UUID, change_id: UUID) -> TrainingChange:
    """Raise NotFound also for a change of another training. The training's lock protects it."""
    change = await changes.get(session, change_id)
    if change.training_id != training_id:
        raise NotFound
    return change


def _record(
    writer: Writer, verb: str, change_id: UUID, training: Training, *, reason: str | None = None, **facts: object
) -> None:
    writer.record(
        event_of(training.hour_type, verb, "-change"),
        change_id,
        organisation_id=training.organisation_id,
        reason=reason,
        reference=training.reference,
        year=training.year,
        **cause_fact_of(training.hour_type, training.id) | facts,
    )
