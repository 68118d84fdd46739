"""Exports to Koski: prepare, read the file, enter receipts, cancel, get and list."""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from app.db.identifiers import new_id
from app.db.paging import PageRequest, Slice
from app.db.people.study_centres import lock_study_centre
from app.db.sessions import Writer
from app.db.trainings import koski_exports as questions
from app.db.trainings import trainings
from app.db.trainings.koski_consents import list_kept_identities
from app.db.trainings.koski_exports import ItemToSend, exports
from app.domain.access import check_strong
from app.domain.calendar.deadlines import day_of
from app.domain.errors import NotConfigured, NotFound
from app.domain.lists import check_once
from app.domain.trainings import koski_exports as rules
from app.domain.trainings.koski_consents import kept_until
from app.domain.trainings.koski_exports import KoskiExport, Receipt
from app.domain.trainings.koski_study_rights import Issuer, NamedLearner, StudyRight, upload_of
from app.domain.trainings.participation_claims import check_reader
from app.domain.trainings.trainings import of_type
from app.keys.identity_keys import IdentityKeys, UnknownKeyError
from app.services.trainings.koski_consents import HeldKeys, withdraw
from app.services.trainings.participants import is_named

USUAL_LANGUAGE = "fi"


async def prepare_export(writer: Writer, keys: HeldKeys, training_ids: Sequence[UUID]) -> KoskiExport:
    await _check_reader(writer)
    check_strong(writer.actor)
    check_once(training_ids, "/training_ids/{}")
    for index, training_id in enumerate(training_ids):
        await _check_training(writer, training_id, f"/training_ids/{index}")
    cipher = keys()
    issuer = await _issuer(writer)
    # Exports are prepared one after another, so that none has what another has.
    await lock_study_centre(writer.connection)
    await questions.lock_consents_of_trainings(writer.connection, training_ids)
    candidates, consents = await questions.list_candidates(writer.connection, training_ids, writer.now)
    entries, waiting, sent_with = await questions.list_entries(
        writer.connection,
        [each.source_id for each in candidates],
        [each.person_id for each in candidates if each.person_id],
    )
    identities = await _identities(writer, cipher)
    chosen, left_out = rules.choose(candidates, entries, waiting, identities)
    export = KoskiExport(
        new_id(),
        list(training_ids),
        "prepared",
        [],
        left_out,
        writer.actor.person_id,
        writer.actor.name,
        writer.now,
        None,
        None,
    )
    of_item = {
        each.source_id: sent_with[each.source_id] if each.action == "cancel" else consents[each.source_id]
        for each in chosen
    }
    await questions.insert_export(writer.connection, export, issuer, chosen, of_item)
    writer.record(
        "koski-export.prepared",
        export.id,
        training_ids=[str(each) for each in training_ids],
        items=len(chosen),
        left_out=len(left_out),
    )
    return await exports.get(writer, export.id)


async def read_file(writer: Writer, keys: HeldKeys, export_id: UUID) -> list[dict[str, Any]]:
    """Return the file: of each completion that waits for a receipt the body of a request to Koski."""
    await _check_reader(writer)
    export = await exports.lock(writer, export_id)
    check_strong(writer.actor)
    rules.check_prepared(export)
    cipher = keys()
    issuer = await questions.get_issuer(writer.connection, export_id)
    uploads = []
    for item in await questions.list_to_send(writer.connection, export_id):
        learner = _learner(writer, cipher, item)
        if learner is not None:
            uploads.append(upload_of(learner, _study_right(item, export), issuer))
    if export.file_read_at is None:
        await questions.change_export(writer.connection, export_id, file_read_at=writer.now)
    writer.record("koski-export.file-read", export_id, items=len(uploads))
    return uploads


async def enter_receipt(writer: Writer, export_id: UUID, receipts: Sequence[Receipt]) -> KoskiExport:
    await _check_reader(writer)
    # As exports, receipts are entered one after another, so that none gives what another has given.
    await lock_study_centre(writer.connection)
    await questions.lock_consents_of_export(writer.connection, export_id)
    export = await exports.lock(writer, export_id)
    rights = [oid for receipt in receipts if (oid := receipt.get("study_right_oid"))]
    items = rules.received(export, receipts, await questions.list_holders(writer.connection, rights))
    await questions.write_receipts(writer.connection, export_id, items, writer.actor.person_id, writer.now)
    state = rules.state_after(export, items)
    if state != "prepared":
        await questions.change_export(writer.connection, export_id, state=state, concluded_at=writer.now)
    withdrawn = [each.source_id for each in items if each.outcome == "withdrawn_by_learner"]
    await withdraw(writer, await questions.list_consents_in_force(writer.connection, export_id, withdrawn))
    outcomes = Counter(str(each.outcome) for each in items)
    writer.record("koski-export.received", export_id, outcomes=dict(outcomes))
    return await exports.get(writer, export_id)


async def cancel_export(writer: Writer, export_id: UUID) -> KoskiExport:
    await _check_reader(writer)
    export = await exports.lock(writer, export_id)
    rules.check_not_sent(export)
    await questions.mark_not_sent(writer.connection, export_id, writer.now)
    await questions.change_export(writer.connection, export_id, state="cancelled", concluded_at=writer.now)
    writer.record("koski-export.cancelled", export_id)
    return await exports.get(writer, export_id)


async def get_export(writer: Writer, export_id: UUID) -> KoskiExport:
    await _check_reader(writer)
    return await exports.get(writer, export_id)


async def list_exports(
    writer: Writer,
    page: PageRequest,
    *,
    training_id: Sequence[UUID] | None,
    state: Sequence[rules.ExportState] | None,
) -> Slice[KoskiExport]:
    await _check_reader(writer)
    return await exports.page(writer, page, training_id=training_id, state=state)


async def _check_reader(writer: Writer) -> None:
    check_reader(writer.actor, is_named=await is_named(writer))


async def _check_training(writer: Writer, training_id: UUID, pointer: str) -> None:
    try:
        of_type(await trainings.resource.get(writer, training_id), "training")
    except NotFound:
        raise NotFound(pointer=pointer) from None


async def _issuer(writer: Writer) -> Issuer:
    """Who reports and confirms, by the profile. Raise NotConfigured."""
    profile = await questions.get_profile(writer.connection)
    source, signatory = profile.koski, profile.certificate_signatory
    if source is None or signatory is None:
        needed = {"koski": source, "certificate_signatory": signatory}
        raise NotConfigured(missing=[name for name, value in needed.items() if value is None])
    title = {language: text for language, text in signatory["title"].items() if text}
    return Issuer(source["school_oid"], source["place_oid"], source["source_system"], signatory["name"], title)


async def _identities(writer: Writer, cipher: IdentityKeys) -> dict[UUID, Collection[str]]:
    """All codes and numbers that are kept, by person, and the numbers that Koski has returned. They are compared here,
    decrypted, so that the database has nothing by which one could be found (docs/decisions/identity-codes.md)."""
    identities: dict[UUID, set[str]] = {}
    for each in await list_kept_identities(writer.connection):
        if writer.now < each.until:
            identities.setdefault(each.person_id, set()).add(_opened(cipher, each.identity, each.consent_id))
    for person_id, number in await questions.list_known_learners(writer.connection):
        identities.setdefault(person_id, set()).add(number)
    return {**identities}


def _opened(cipher: IdentityKeys, identity: bytes, consent_id: UUID) -> str:
    """Raise NotConfigured if the key has been removed."""
    try:
        return cipher.open(identity, consent_id.bytes)
    except UnknownKeyError:
        raise NotConfigured(missing=["IDENTITY_KEYS"]) from None


def _learner(writer: Writer, cipher: IdentityKeys, item: ItemToSend) -> NamedLearner | str | None:
    """None for a completion that may not be sent any more: the consent was withdrawn, or the code's time has passed."""
    if item.action == "cancel":
        return item.learner_oid
    if item.is_withdrawn:
        return None
    if item.action == "correct":
        return item.learner_oid
    if item.identity is None or writer.now >= kept_until(item.last_day, item.accepted_at):
        return None
    identity = _opened(cipher, item.identity, item.consent_id)
    if item.kind == "learner_number":
        return identity
    return NamedLearner(identity, item.first_names or "", item.calling_name or "", item.surname or "")


def _study_right(item: ItemToSend, export: KoskiExport) -> StudyRight:
    texts = {language: text for language, text in item.texts.items() if text}
    return StudyRight(
        source_id=str(item.source_id),
        action=item.action,
        completed_on=item.completed_on,
        credits=item.credits,
        grade=item.grade,
        language=item.language or USUAL_LANGUAGE,
        study_unit=item.study_unit,
        local_code=str(item.model_id),
        names={language: text["name"] for language, text in texts.items()},
        descriptions={language: "\n".join(text["goals"]) for language, text in texts.items()},
        oid=item.study_right_oid,
        cancelled_on=day_of(export.prepared_at) if item.action == "cancel" else None,
    )
