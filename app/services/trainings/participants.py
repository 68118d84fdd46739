"""Participants of trainings: add, change, remove, get and list. What named staff read is recorded."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.db.organisations.participant_readers import is_participant_reader
from app.db.paging import PageRequest, Slice
from app.db.sessions import Writer
from app.db.statements import remove_row
from app.db.support.enrolments import find_people
from app.db.trainings import participants as questions
from app.db.trainings import trainings
from app.db.trainings.completions import has_completion
from app.db.trainings.cost_statements import find_statement_state
from app.db.trainings.participation_claims import has_claim
from app.db.trainings.tables import training_participants
from app.delivery.addresses import key_of
from app.domain.calendar.deadlines import day_of
from app.domain.errors import AlreadyExists, NotFound
from app.domain.trainings import participants as rules
from app.domain.trainings.participants import Participant, ParticipantData, Participants
from app.domain.trainings.support_rules import Activity
from app.domain.trainings.trainings import Training, check_writer, event_of, of_type
from app.domain.versions import Versions, check_version


async def add_participant(writer: Writer, hour_type: Activity, training_id: UUID, data: ParticipantData) -> Participant:
    training = await lock_open(writer, hour_type, training_id)
    email_key = await _check_address(writer, training_id, data.get("email"))
    participant_id = await questions.insert_participant(writer, training_id, data, email_key=email_key)
    record(writer, "added", training, participants=1)
    return await questions.participants.get(writer, participant_id)


async def add_enrolled(writer: Writer, training_id: UUID, enrolment_ids: Sequence[UUID]) -> Participants:
    """Add those who came, from their enrolments. Raise NotFound, AlreadyExists, with the pointer of the enrolment."""
    training = await lock_open(writer, "training", training_id)
    people = await find_people(writer.connection, training_id, enrolment_ids)
    keys = [key_of(people[each].email) if each in people else None for each in enrolment_ids]
    taken = rules.repeated_of(keys, await questions.find_keys(writer.connection, training_id))
    for place, each in enumerate(enrolment_ids):
        if each not in people:
            raise NotFound(pointer=f"/enrolment_ids/{place}")
        if place in taken:
            raise AlreadyExists(pointer=f"/enrolment_ids/{place}")
    added = []
    for each, key in zip(enrolment_ids, keys, strict=True):
        person = people[each]
        data: ParticipantData = {"name": person.name, "email": person.email, "under_age": person.under_age}
        participant_id = await questions.insert_participant(writer, training_id, data, email_key=key)
        added.append(await questions.participants.get(writer, participant_id))
    record(writer, "added", training, participants=len(added))
    return Participants(added)


async def change_participant(
    writer: Writer,
    hour_type: Activity,
    training_id: UUID,
    participant_id: UUID,
    changes: ParticipantData,
    expected: Versions,
) -> Participant:
    training = await _lock(writer, hour_type, training_id)
    participant = await _get(writer, training_id, participant_id, locked=True)
    check_version(participant, expected)
    await _check_open(writer, training)
    rules.check_named(participant)
    columns: dict[str, Any] = {name: value for name, value in changes.items() if value != getattr(participant, name)}
    if not columns:
        return participant
    if "email" in columns:
        columns["email_key"] = await _check_address(writer, training_id, columns["email"], among=participant_id)
    await questions.change_participant(writer.connection, participant_id, **columns)
    record(writer, "changed", training, participants=1)
    return await questions.participants.get(writer, participant_id)


async def remove_participant(
    writer: Writer, hour_type: Activity, training_id: UUID, participant_id: UUID, expected: Versions
) -> None:
    training = await _lock(writer, hour_type, training_id)
    participant = await _get(writer, training_id, participant_id, locked=True)
    check_version(participant, expected)
    await _check_open(writer, training)
    rules.check_named(participant)
    rules.check_unregistered(
        has_completion=await has_completion(writer.connection, participant_id),
        has_claim=await has_claim(writer.connection, participant_id),
    )
    await remove_row(writer.connection, training_participants, participant_id)
    record(writer, "removed", training, participants=1)


async def get_participant(writer: Writer, hour_type: Activity, training_id: UUID, participant_id: UUID) -> Participant:
    training = await read_training(writer, hour_type, training_id)
    participant = await _get(writer, training_id, participant_id)
    record_reading(writer, training)
    return participant


async def list_participants(
    writer: Writer, hour_type: Activity, page: PageRequest, training_id: UUID
) -> Slice[Participant]:
    training = await read_training(writer, hour_type, training_id)
    found = await questions.participants.page(writer, page, training_id=training_id)
    record_reading(writer, training)
    return found


async def read_again(writer: Writer, ids: UUID | Sequence[UUID]) -> Participant | Participants:
    """Return participants of a training as they are now. Raise NotFound, Forbidden."""
    listed = [ids] if isinstance(ids, UUID) else ids
    items = [await questions.participants.get(writer, each) for each in listed]
    await _check_writer(writer, await trainings.resource.get(writer, items[0].training_id))
    return items[0] if isinstance(ids, UUID) else Participants(items)


async def is_named(writer: Writer) -> bool:
    """Whether the caller is one of the staff who are named to see participants."""
    return writer.actor.has("staff") and await is_participant_reader(writer.connection, writer.actor.own_ids)


async def check_may_write(writer: Writer, hour_type: Activity, training_id: UUID) -> None:
    """Raise NotFound, Forbidden."""
    await _check_writer(writer, of_type(await trainings.resource.get(writer, training_id), hour_type))


async def lock_open(writer: Writer, hour_type: Activity, training_id: UUID) -> Training:
    """Lock a training whose participants can be entered. Raise NotFound, Forbidden, WrongState."""
    training = await _lock(writer, hour_type, training_id)
    await _check_open(writer, training)
    kept_months = await questions.find_kept_months(writer.connection)
    rules.check_year_named(training.year, kept_months, day_of(writer.now))
    return training


def record(writer: Writer, verb: str, training: Training, *, reason: str | None = None, **facts: int) -> None:
    """Record it of the training: no entry names a participant, not even by an ID."""
    writer.record(
        event_of(training.hour_type, verb, "-participants"),
        training.id,
        organisation_id=training.organisation_id,
        reason=reason,
        reference=training.reference,
        year=training.year,
        **facts,
    )


async def _lock(writer: Writer, hour_type: Activity, training_id: UUID) -> Training:
    training = of_type(await trainings.resource.lock(writer, training_id), hour_type)
    await _check_writer(writer, training)
    return training


async def _check_writer(writer: Writer, training: Training) -> None:
    check_writer(writer.actor, await trainings.get_place_of(writer.connection, training))


async def _check_open(writer: Writer, training: Training) -> None:
    rules.check_open(training, await find_statement_state(writer.connection, training.id))


async def read_training(writer: Writer, hour_type: Activity, training_id: UUID) -> Training:
    training = of_type(await trainings.resource.get(writer, training_id), hour_type)
    place = await trainings.get_place_of(writer.connection, training)
    rules.check_reader(writer.actor, place, is_named=await is_named(writer))
    return training


def record_reading(writer: Writer, training: Training) -> None:
    """Record what staff read; those who write the training read it unrecorded."""
    if writer.actor.has("staff"):
        record(writer, "read", training)


async def _get(writer: Writer, training_id: UUID, participant_id: UUID, *, locked: bool = False) -> Participant:
    """Raise NotFound also for a participant of another training."""
    participant = await questions.participants.get(writer, participant_id, locked=locked)
    if participant.training_id != training_id:
        raise NotFound
    return participant


async def _check_address(
    writer: Writer, training_id: UUID, email: str | None, *, among: UUID | None = None
) -> str | None:
    """Return the key of the address. Raise AlreadyExists if another participant of the training has it."""
    if email is None:
        return None
    email_key = key_of(email)
    holder_id = await questions.find_holder(writer.connection, training_id, email_key)
    rules.check_address_free(None if holder_id == among else holder_id)
    return email_key
