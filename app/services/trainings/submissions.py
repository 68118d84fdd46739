"""Plans of training courses and peer groups: submit, endorse, decide, except from rules, withdraw and cancel."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from app.db.sessions import Writer
from app.db.trainings import trainings as questions
from app.db.trainings.circumstances import find_circumstances, lock_with_circumstances
from app.db.trainings.cost_statements import find_statement_state
from app.domain.access import check_main_user
from app.domain.lists import check_found, check_of_year, check_once
from app.domain.trainings import submissions as rules
from app.domain.trainings.outcomes import EndorsementOutcome, Outcome, answer_day_of, check_outcome
from app.domain.trainings.submissions import Circumstances
from app.domain.trainings.support_rules import Activity
from app.domain.trainings.training_changes import check_no_statement
from app.domain.trainings.trainings import (
    ExceptionRule,
    PlanException,
    Training,
    check_decider,
    check_state,
    check_writer,
    event_of,
    of_type,
)
from app.services.trainings.ending import end_training
from app.services.trainings.koski_consents import end_of_training
from app.services.trainings.model_courses import check_submitted_version
from app.services.trainings.reservations import reserve


@dataclass(frozen=True)
class TrainingDecision:
    training_id: UUID
    outcome: Outcome
    reason: str | None
    answer_by: date | None


@dataclass(frozen=True)
class _Submission:
    training: Training
    circumstances: Circumstances


async def submit_training(writer: Writer, hour_type: Activity, training_id: UUID) -> Training:
    (submitted,) = await _submit(writer, hour_type, [training_id])
    return submitted


async def submit_trainings(writer: Writer, *, year: int, training_ids: Sequence[UUID]) -> list[Training]:
    """Submit the plans of several courses, all or none."""
    check_once(training_ids, "/training_ids/{}")
    return await _submit(writer, "training", training_ids, year=year, pointer="/training_ids/{}")


async def endorse_training(
    writer: Writer,
    hour_type: Activity,
    training_id: UUID,
    *,
    outcome: EndorsementOutcome,
    reason: str | None,
    answer_by: date | None,
) -> Training:
    """Decide for the organisation whether the plan goes to the study centre."""
    check_outcome(outcome, reason, answer_by, writer.now)
    training = await _lock(writer, hour_type, training_id)
    place = await questions.get_place_of(writer.connection, training)
    check_main_user(writer.actor, place)
    check_state(training.state, "awaiting_main_user")
    if outcome == "endorsed":
        circumstances = await find_circumstances(writer.connection, training_id)
        automatic = rules.is_approved_when_sent(training, circumstances.rules)
        columns = _sent(writer, automatic=automatic) | {
            "endorsed_by": writer.actor.person_id,
            "endorsed_at": writer.now,
        }
        _record(writer, "endorsed", training, by="main_user", approved=automatic)
        if automatic:
            _record_automatic(writer, training)
    else:
        columns = _decided(writer, training, outcome, reason, answer_by, by="main_user")
    changed = await questions.change_states(writer, {training_id: columns})
    await _free(writer, [training] if outcome == "rejected" else [])
    return changed[training_id]


async def decide_training(
    writer: Writer,
    hour_type: Activity,
    training_id: UUID,
    *,
    outcome: Outcome,
    reason: str | None,
    answer_by: date | None,
) -> Training:
    (decided,) = await _decide(writer, hour_type, [TrainingDecision(training_id, outcome, reason, answer_by)])
    return decided


async def decide_trainings(writer: Writer, *, year: int, items: Sequence[TrainingDecision]) -> list[Training]:
    """Decide the plans of several courses, all or none."""
    check_once((item.training_id for item in items), "/items/{}/training_id")
    return await _decide(writer, "training", items, year=year, pointer="/items/{}")


async def except_training(
    writer: Writer, hour_type: Activity, training_id: UUID, *, rule: ExceptionRule, until: date | None, reason: str
) -> Training:
    """Let the plan be sent until the day, or accept the name, against the rule."""
    rules.check_exception(rule, until, writer.now)
    training = await _lock(writer, hour_type, training_id)
    check_decider(writer.actor, await questions.get_place_of(writer.connection, training), training.makers)
    check_state(training.state, "draft", "awaiting_main_user", "submitted", "sent_back")
    name = training.name if rule == "name" else None
    exception = PlanException(rule, until, reason, writer.now, name)
    await questions.put_exceptions(writer.connection, training_id, [*training.exceptions, exception])
    _record(writer, "excepted", training, reason=reason, rule=rule, until=until)
    return await questions.resource.get(writer, training_id)


async def withdraw_training(writer: Writer, hour_type: Activity, training_id: UUID) -> Training:
    training = await _lock(writer, hour_type, training_id)
    check_writer(writer.actor, await questions.get_place_of(writer.connection, training))
    check_state(training.state, "draft", "awaiting_main_user", "submitted", "sent_back")
    freed = await end_training(writer, training, "withdrawn")
    _record(writer, "withdrawn", training, was=training.state, freed=freed)
    return await questions.resource.get(writer, training_id)


async def cancel_training(writer: Writer, hour_type: Activity, training_id: UUID, *, reason: str) -> Training:
    """Cancel an approved training: nothing of it is held, and nothing is paid."""
    training = await _lock(writer, hour_type, training_id)
    place = await questions.get_place_of(writer.connection, training)
    if not writer.actor.has("staff"):
        check_writer(writer.actor, place)
    check_state(training.state, "approved")
    check_no_statement(await find_statement_state(writer.connection, training_id))
    freed = await end_training(writer, training, "cancelled", reason=reason)
    await end_of_training(writer, training_id)
    by = "staff" if writer.actor.has("staff") else "writers"
    _record(writer, "cancelled", training, reason=reason, freed=freed, by=by)
    return await questions.resource.get(writer, training_id)


async def _lock(writer: Writer, hour_type: Activity, training_id: UUID) -> Training:
    return of_type(await questions.resource.lock(writer, training_id), hour_type)


async def _submit(
    writer: Writer, hour_type: Activity, training_ids: Sequence[UUID], *, year: int | None = None, pointer: str = ""
) -> list[Training]:
    """Submit all or none, in the order named. Hours are read once all is locked."""
    locked = {
        training_id: _Submission(training, circumstances)
        for training_id, (training, circumstances) in (await lock_with_circumstances(writer, training_ids)).items()
        if training.hour_type == hour_type
    }
    check_found(training_ids, locked, pointer=pointer)
    submissions = [locked[training_id] for training_id in training_ids]
    for index, each in enumerate(submissions):
        check_writer(writer.actor, each.circumstances.place, pointer=pointer.format(index) or None)
    if year is not None:
        check_of_year([each.training.year for each in submissions], year, pointer)
    for index, each in enumerate(submissions):
        await _check_submission(each, writer, pointer.format(index))
    sent = await questions.change_states(writer, {each.training.id: _send(writer, each) for each in submissions})
    supported = [(index, each.training) for index, each in enumerate(submissions) if each.training.supported]
    wanted = [(training, training.hours) for _, training in supported]
    await reserve(writer, wanted, pointers=[pointer.format(index) for index, _ in supported])
    return [sent[training_id] for training_id in training_ids]


async def _check_submission(submission: _Submission, writer: Writer, pointer: str) -> None:
    training, circumstances = submission.training, submission.circumstances
    rules.check_sendable(training, writer.now, pointer=pointer or None)
    await check_submitted_version(writer, training, circumstances.place, pointer=f"{pointer}/model_version_id")
    if training.supported:
        rules.check_complete(
            training,
            training.hour_type,
            circumstances.rules,
            training.exceptions,
            circumstances.topics_in_use,
            pointer=pointer,
        )
        rules.check_possible(training, circumstances, writer.now, pointer=pointer or None)


def _send(writer: Writer, submission: _Submission) -> dict[str, object]:
    """Record the submission, and return what it changes."""
    training = submission.training
    was_endorsed = training.endorsed_at is not None
    needs_endorsement = rules.needs_endorsement(
        training, submission.circumstances, writer.actor, was_endorsed=was_endorsed
    )
    automatic = rules.is_approved_when_sent(training, submission.circumstances.rules)
    _record(
        writer,
        "submitted",
        training,
        to="main_user" if needs_endorsement else "staff",
        approved=automatic and not needs_endorsement,
    )
    if automatic and not needs_endorsement:
        _record_automatic(writer, training)
    state = {"state": "awaiting_main_user"} if needs_endorsement else _sent(writer, automatic=automatic)
    return {
        **state,
        "submitted_by": writer.actor.person_id,
        "submitted_at": writer.now,
        "reason": None,
        "answer_by": None,
    }


def _sent(writer: Writer, *, automatic: bool) -> dict[str, object]:
    """The columns of a plan that reaches the study centre."""
    if not automatic:
        return {"state": "submitted"}
    return {"state": "approved", "decided_by": None, "decided_at": writer.now, "decided_automatically": True}


async def _decide(
    writer: Writer,
    hour_type: Activity,
    items: Sequence[TrainingDecision],
    *,
    year: int | None = None,
    pointer: str = "",
) -> list[Training]:
    for index, item in enumerate(items):
        check_outcome(item.outcome, item.reason, item.answer_by, writer.now, pointer=pointer.format(index))
    ids = [item.training_id for item in items]
    placed = await questions.lock_several(writer, ids)
    locked = {each_id: each.training for each_id, each in placed.items() if each.training.hour_type == hour_type}
    check_found(ids, locked, pointer=pointer and f"{pointer}/training_id")
    for index, training_id in enumerate(ids):
        makers = locked[training_id].makers
        check_decider(writer.actor, placed[training_id].place, makers, pointer=pointer.format(index) or None)
    if year is not None:
        check_of_year([locked[training_id].year for training_id in ids], year, f"{pointer}/training_id")
    for index, item in enumerate(items):
        check_state(locked[item.training_id].state, "submitted", pointer=pointer.format(index) or None)
    changes: dict[UUID, dict[str, object]] = {}
    for item in items:
        training = locked[item.training_id]
        changes[training.id] = _decided(writer, training, item.outcome, item.reason, item.answer_by, by="staff")
    decided = await questions.change_states(writer, changes)
    await _free(writer, [locked[item.training_id] for item in items if item.outcome == "rejected"])
    return [decided[item.training_id] for item in items]


def _decided(
    writer: Writer,
    training: Training,
    outcome: Outcome,
    reason: str | None,
    answer_by: date | None,
    *,
    by: Literal["main_user", "staff"],
) -> dict[str, object]:
    """Record the decision, and return what it changes. What is sent back keeps its hours."""
    until = answer_day_of(answer_by, writer.now) if outcome == "sent_back" else None
    _record(writer, outcome.replace("_", "-"), training, reason=reason, by=by, answer_by=until)
    if until:
        return {"state": outcome, "reason": reason, "answer_by": until}
    return {
        "state": outcome,
        "reason": reason,
        "decided_by": writer.actor.person_id,
        "decided_at": writer.now,
        "decided_automatically": False,
    }


async def _free(writer: Writer, trainings: Sequence[Training]) -> None:
    """Free the hours of all, in one posting."""
    await reserve(writer, [(training, 0) for training in trainings if training.supported])


def _record_automatic(writer: Writer, training: Training) -> None:
    """Record the approval that nobody decided."""
    _record(writer, "approved", training, automatically=True, supported=training.supported)


def _record(writer: Writer, verb: str, training: Training, *, reason: str | None = None, **facts: object) -> None:
    writer.record(
        event_of(training.hour_type, verb),
        training.id,
        organisation_id=training.organisation_id,
        reason=reason,
        **{"reference": training.reference, "year": training.year, "hours": training.hours} | facts,
    )
