"""Certificates of all who have passed a course: ordered by those who write it, made by the worker in portions."""

from datetime import datetime
from io import BytesIO
from uuid import UUID
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from app.db.identifiers import new_id
from app.db.paging import PageRequest, Slice
from app.db.people.study_centres import get_study_centre
from app.db.sessions import Writer
from app.db.statements import Connection, change_row, insert_row
from app.db.trainings import certificate_batches as questions
from app.db.trainings import certificates, trainings
from app.db.transactions import write_down
from app.domain.access import Actor
from app.domain.errors import NotFound
from app.domain.organisations.organisations import Language
from app.domain.trainings import certificate_batches as rules
from app.domain.trainings.certificate_batches import CertificateBatch
from app.domain.trainings.certificates import SignatureMissing, language_of, languages_of
from app.domain.trainings.trainings import Training, check_writer, of_type
from app.services.trainings.certificates import Making, find_signing, issue
from app.texts.certificates import batch_name, certificate_name

PORTION = 40
"""Certificates of a transaction: so many are made again if the worker dies."""


async def request_batch(
    writer: Writer, making: Making, training_id: UUID, wanted: Language | None, *, is_made_now: bool
) -> CertificateBatch:
    """Raise NotFound, Forbidden, Invalid, WrongState, SignatureMissing; Overloaded if they are made now."""
    training = await _get_written(writer, training_id)
    model = rules.check_with_model(await questions.find_model_of(writer.connection, training_id), training.state)
    language = language_of(wanted, training.language, languages_of(model.texts))
    # What is missing is said now, not by the worker.
    await find_signing(writer.connection, model.organisation_id)
    batch_id = new_id()
    await insert_row(
        writer.connection,
        questions.certificate_batches,
        id=batch_id,
        training_id=training_id,
        language=language,
        state="waiting",
        certificates=0,
        requested_by=writer.actor.person_id,
        requested_at=writer.now,
    )
    writer.record(
        "certificate-batch.requested", batch_id, organisation_id=training.organisation_id, training_id=training_id
    )
    while is_made_now and not await _make_portion(writer, making, batch_id):
        pass
    return await questions.resource.get(writer, batch_id)


async def get_batch(writer: Writer, batch_id: UUID) -> CertificateBatch:
    """Raise NotFound, Forbidden."""
    batch = await questions.resource.get(writer, batch_id)
    await _get_written(writer, batch.training_id)
    return batch


async def list_batches(writer: Writer, page: PageRequest, training_id: UUID) -> Slice[CertificateBatch]:
    """Raise NotFound, Forbidden."""
    await _get_written(writer, training_id)
    return await questions.resource.page(writer, page, training_id=training_id)


async def get_file(writer: Writer, batch_id: UUID) -> tuple[str, bytes]:
    """The name and the ZIP, whose bytes do not change. Raise NotFound, also after its time; Forbidden, WrongState."""
    batch = await questions.resource.get(writer, batch_id)
    training = await _get_written(writer, batch.training_id)
    rules.check_file_ready(batch)
    if batch.available_until and writer.now >= batch.available_until:
        raise NotFound
    return batch_name(batch.language, training.reference, training.year), await _zipped(writer, batch)


async def make_batches(connection: Connection, making: Making) -> None:
    """Make what is ordered in the study centre, portion by portion, each committed by itself.

    Of several workers one works on an order. One that dies leaves it to the next, with what it has committed.
    """
    while await _make_waiting(connection, making):
        pass


async def _make_waiting(connection: Connection, making: Making) -> bool:
    """Make a portion of the oldest order. Return whether there was any."""
    async with connection.transaction():
        batch_id = await questions.lock_waiting(connection)
        if batch_id is None:
            return False
        now = (await get_study_centre(connection)).now
        writer = Writer(connection, await _orderer(connection, batch_id, now), now, retry_key=b"")
        await _make_portion(writer, making, batch_id)
        await write_down(writer)
    return True


async def _orderer(connection: Connection, batch_id: UUID, now: datetime) -> Actor:
    """Who ordered them uses the signature images."""
    service = Writer(connection, Actor(UUID(int=0), ()), now, retry_key=b"")
    batch = await questions.resource.find(service, batch_id)
    if batch is None:
        raise RuntimeError("the order is locked")
    return Actor(batch.requested_by, ())


async def _make_portion(writer: Writer, making: Making, batch_id: UUID) -> bool:
    """Make the next certificates of an order, or end it. Return whether it has ended."""
    connection = writer.connection
    batch = await questions.resource.find(writer, batch_id)
    if batch is None:
        raise RuntimeError("the order is there")
    locked = await questions.lock_without(connection, batch.training_id, batch.language, PORTION)
    if not locked:
        made = await questions.list_in_force(connection, batch.training_id, batch.language)
        await _end(writer, batch, state="ready", certificates=len(made), certificate_ids=made)
        return True
    # Another may have made some of them while this waited for its locks.
    ids = await questions.list_still_without(connection, locked, batch.language)
    model = await questions.find_model_of(connection, batch.training_id)
    if model is None:
        raise RuntimeError("only a course with a model has an order")
    try:
        signing = await find_signing(connection, model.organisation_id)
        completions = await certificates.lock_certifiable(connection, ids, batch.language)
        await issue(writer, making, signing, completions, batch.language)
    except SignatureMissing as refusal:
        # A signature has been removed since.
        await _end(writer, batch, state="failed", failure=refusal.code)
        return True
    await change_row(connection, questions.certificate_batches, batch_id, certificates=batch.certificates + len(ids))
    return False


async def _end(writer: Writer, batch: CertificateBatch, *, state: str, **columns: object) -> None:
    await change_row(
        writer.connection,
        questions.certificate_batches,
        batch.id,
        state=state,
        finished_at=writer.now,
        **columns,
    )
    writer.record(f"certificate-batch.{state}", batch.id, training_id=batch.training_id)


async def _get_written(writer: Writer, training_id: UUID) -> Training:
    training = of_type(await trainings.resource.get(writer, training_id), "training")
    check_writer(writer.actor, await trainings.get_place_of(writer.connection, training))
    return training


async def _zipped(writer: Writer, batch: CertificateBatch) -> bytes:
    """PDFs are compressed already."""
    archive = BytesIO()
    with ZipFile(archive, "w", ZIP_STORED) as file:
        for certificate_id in await questions.list_batch_certificates(writer.connection, batch.id):
            certificate = await certificates.resource.find(writer, certificate_id)
            if certificate is None:
                raise RuntimeError("certificates are not removed")
            name = certificate_name(certificate.language, certificate.code)
            # The same bytes each time: the time is that of the order, not of the reading.
            entry = ZipInfo(name, certificate.issued_at.timetuple()[:6])
            entry.external_attr = 0o644 << 16
            file.writestr(entry, await certificates.get_content(writer.connection, certificate_id))
    return archive.getvalue()
