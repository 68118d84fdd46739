"""Completions: record, correct, get and list. What named staff read is recorded."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Literal
from uuid import UUID

from app.db.paging import PageRequest, Slice
from app.db.sessions import Writer
from app.db.trainings import completions as questions
from app.db.trainings import trainings
from app.db.trainings.participation_claims import is_claimed_by
from app.documents.making import is_shown
from app.domain.access import Actor, is_within_reach
from app.domain.errors import NotFound
from app.domain.trainings import completions as rules
from app.domain.trainings.completions import (
    Completion,
    CompletionDays,
    CompletionEntry,
    CompletionFinding,
    Completions,
    CompletionState,
    Learner,
    ModelInCourse,
)
from app.domain.trainings.participants import check_reader
from app.domain.trainings.trainings import Training, check_writer, of_type
from app.services.trainings.certificates import withdraw_certificates
from app.services.trainings.koski_consents import note_correction
from app.services.trainings.participants import is_named

Sight = Literal["all", "own"]
"""Whether the caller sees all completions of a training, or the own one."""


async def record_completions(writer: Writer, training_id: UUID, entries: Sequence[CompletionEntry]) -> Completions:
    """All or none. Raise NotFound, Forbidden, AlreadyExists with the pointer of the item; Invalid with those of all."""
    training = await _lock_written(writer, training_id)
    ids = [entry.participant_id for entry in entries]
    found = await questions.find_learners(writer.connection, training_id, ids)
    place = "/items/{}/participant_id"
    recorder = await _recorder_of(writer)
    for index, participant_id in enumerate(ids):
        if participant_id not in found:
            raise NotFound(pointer=place.format(index))
        rules.check_not_oneself(recorder, found[participant_id], pointer=place.format(index))
    model = rules.check_completable(training, await questions.find_model(writer.connection, training_id))
    rules.check_over(training.sessions, writer.now)
    learners = [found[each] for each in ids]
    rules.check_none_in_force(learners, place=place)
    names = [
        rules.check_named(learner, is_shown, pointer=place.format(index)) for index, learner in enumerate(learners)
    ]
    findings = [entry.finding for entry in entries]
    days = await _days_of(writer, training)
    rules.check_findings(findings, model, days, place="/items/{}")
    recorded = [
        await _insert(writer, training, learner, model, finding, name=name)
        for learner, finding, name in zip(learners, findings, names, strict=True)
    ]
    for completion in recorded:
        _record(writer, "recorded", completion, training)
    return Completions(recorded)


async def correct_completion(
    writer: Writer, completion_id: UUID, finding: CompletionFinding, *, name: str | None, reason: str
) -> Completion:
    """Record another completion in place of this one, which never changes but in its state."""
    found = await questions.resource.find(writer, completion_id)
    if found is None:
        raise NotFound
    # The training first, as all do.
    training = await _lock_written(writer, found.training_id)
    completion = await questions.resource.get(writer, completion_id, locked=True)
    learners = await questions.find_learners(writer.connection, training.id, [completion.participant_id])
    learner = learners[completion.participant_id]
    rules.check_not_oneself(await _recorder_of(writer), learner)
    rules.check_in_force(completion)
    model = await questions.find_model(writer.connection, training.id)
    if model is None:
        raise NotFound
    rules.check_findings([finding], model, await _days_of(writer, training), place="")
    rules.check_corrected_name(name, is_shown)
    await questions.mark_corrected(writer.connection, completion_id)
    withdrawn = await withdraw_certificates(writer, completion_id)
    corrected = await _insert(
        writer,
        training,
        learner,
        model,
        finding,
        name=name or completion.name,
        corrects_id=completion_id,
        reason=reason,
    )
    _record(writer, "corrected", corrected, training, withdrawn)
    await note_correction(writer, training, completion.participant_id)
    return corrected


async def get_completion(writer: Writer, completion_id: UUID) -> Completion:
    """Raise NotFound for a completion of a training out of reach, unless it is the caller's own."""
    completion = await questions.resource.find(writer, completion_id)
    if completion is None:
        raise NotFound
    learner_of = {completion.participant_id}
    training = await _find_training(writer, completion.training_id)
    if await _sight_of(writer, training, learner_of) == "all":
        _record_reading(writer, training)
    return completion


async def list_completions(
    writer: Writer, page: PageRequest, training_id: UUID, *, state: Sequence[CompletionState] | None, **filters: object
) -> Slice[Completion]:
    """All that writers and named staff see; a learner sees the own."""
    training = await _find_training(writer, training_id)
    sight = await _sight_of(writer, training, None)
    own = None if sight == "all" else writer.actor.own_ids
    found = await questions.resource.page(writer, page, training_id=training_id, state=state, learner=own, **filters)
    if sight == "all":
        _record_reading(writer, training)
    return found


async def read_again(writer: Writer, ids: UUID | Sequence[UUID]) -> Completion | Completions:
    """Return completions of a training as they are now. Raise NotFound, Forbidden."""
    listed = [ids] if isinstance(ids, UUID) else ids
    items = [await questions.resource.get(writer, each) for each in listed]
    training = await trainings.resource.get(writer, items[0].training_id)
    check_writer(writer.actor, await trainings.get_place_of(writer.connection, training))
    return items[0] if isinstance(ids, UUID) else Completions(items)


async def _recorder_of(writer: Writer) -> Actor:
    """The caller. An API key records for the person who created it, who may be the learner."""
    actor = writer.actor
    maker_id = await questions.find_maker(writer.connection, actor.person_id) if actor.scopes is not None else None
    return actor if maker_id is None else replace(actor, other_ids=actor.other_ids | {maker_id})


async def _insert(
    writer: Writer,
    training: Training,
    learner: Learner,
    model: ModelInCourse,
    finding: CompletionFinding,
    *,
    name: str,
    corrects_id: UUID | None = None,
    reason: str | None = None,
) -> Completion:
    completion_id = await questions.insert_completion(
        writer,
        training_id=training.id,
        participant_id=learner.id,
        name=name,
        credits=rules.credits_of(finding, model),
        corrects_id=corrects_id,
        reason=reason,
        **asdict(finding),
    )
    return await questions.resource.get(writer, completion_id)


async def _lock_written(writer: Writer, training_id: UUID) -> Training:
    training = of_type(await trainings.resource.lock(writer, training_id), "training")
    check_writer(writer.actor, await trainings.get_place_of(writer.connection, training))
    return training


async def _find_training(writer: Writer, training_id: UUID) -> Training:
    """Also one out of reach: a learner may have no role."""
    training = await trainings.resource.find(writer, training_id)
    if training is None:
        raise NotFound
    return of_type(training, "training")


async def _sight_of(writer: Writer, training: Training, participant_ids: set[UUID] | None) -> Sight:
    """Raise NotFound for who neither reaches the training nor is its learner, Forbidden for who reaches it only."""
    if writer.actor.scopes is None and await is_claimed_by(
        writer.connection, training.id, writer.actor.own_ids, participant_ids
    ):
        place = await trainings.get_place_of(writer.connection, training)
        return "all" if rules.sees_all(writer.actor, place, is_named=await is_named(writer)) else "own"
    place = await trainings.get_place_of(writer.connection, training)
    if not is_within_reach(writer.actor, place):
        raise NotFound
    check_reader(writer.actor, place, is_named=await is_named(writer))
    return "all"


def _record(
    writer: Writer,
    verb: str,
    completion: Completion,
    training: Training,
    withdrawn_certificates: Sequence[UUID] = (),
) -> None:
    """Record it by IDs. The reason of a correction may name the learner: it is in the completion alone."""
    writer.record(
        f"completion.{verb}",
        completion.id,
        organisation_id=training.organisation_id,
        training_id=str(training.id),
        reference=training.reference,
        corrects_id=completion.corrects_id and str(completion.corrects_id),
        withdrawn_certificates=[str(each) for each in withdrawn_certificates],
    )


def _record_reading(writer: Writer, training: Training) -> None:
    """Record what staff read; those who write the training read it unrecorded."""
    if writer.actor.has("staff"):
        writer.record(
            "completions.read",
            training.id,
            organisation_id=training.organisation_id,
            reference=training.reference,
            year=training.year,
        )


async def _days_of(writer: Writer, training: Training) -> CompletionDays:
    return rules.days_of(training.sessions, await questions.find_years(writer.connection), writer.now)
