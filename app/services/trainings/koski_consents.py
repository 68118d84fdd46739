"""Consents for Koski: give, withdraw, get and list; end and empty them; and the wordings that learners agree to."""

from collections.abc import Callable, Sequence
from typing import TypedDict
from uuid import UUID

from app.db.identifiers import new_id
from app.db.organisations.organisations import get_place
from app.db.paging import PageRequest, Slice
from app.db.people.role_grants import lock_person
from app.db.people.study_centres import get_study_centre, lock_study_centre
from app.db.sessions import Reader, Writer
from app.db.statements import Connection, insert_value
from app.db.trainings import koski_consents as questions
from app.db.trainings import trainings
from app.db.trainings.koski_consents import ConsentPlace
from app.db.trainings.koski_exports import change_export, drop_unread, exports
from app.db.trainings.koski_tables import koski_consent_wordings
from app.db.transactions import write_down
from app.domain.access import SERVICE, check_still_registered, check_strong
from app.domain.calendar.deadlines import day_of
from app.domain.errors import AlreadyExists, Forbidden, NotFound
from app.domain.trainings import koski_consents as rules
from app.domain.trainings.koski_consents import IdentityKind, KoskiConsent, KoskiConsentWording
from app.domain.trainings.koski_exports import state_after
from app.domain.trainings.participation_claims import check_reader
from app.domain.trainings.trainings import Training, may_write
from app.domain.values import Localised
from app.keys.identity_keys import IdentityKeys
from app.services.trainings.participants import is_named

HeldKeys = Callable[[], IdentityKeys]
"""Returns the keys of identity codes. Raises NotConfigured."""


class GivenConsent(TypedDict):
    participant_id: UUID
    wording_version: int
    first_names: str
    calling_name: str
    surname: str
    identity_kind: IdentityKind


async def give_consent(
    writer: Writer, keys: HeldKeys, given: GivenConsent, *, identity: str, accepts_temporary: bool
) -> KoskiConsent:
    """The identity code or learner number goes to the database encrypted, and nowhere else."""
    participant_id = given["participant_id"]
    # The order of locks: people as in a merger and an erasure, then the training as in a revocation of the claim.
    check_still_registered(await lock_person(writer.connection, writer.actor.person_id))
    training_id = await questions.find_training_of(writer.connection, participant_id)
    training = training_id and await trainings.resource.find(writer, training_id, locked=True)
    place = await _lock_own(writer, participant_id)
    check_strong(writer.actor)
    if not training:
        raise NotFound(pointer="/participant_id")
    rules.check_takes_place(training)
    rules.check_wording(given["wording_version"], await questions.find_newest_wording(writer.connection))
    rules.check_calling_name(given["calling_name"], given["first_names"])
    if given["identity_kind"] == "personal_identity_code":
        rules.check_code(identity, day_of(writer.now), accepts_temporary=accepts_temporary)
    cipher = keys()
    rules.check_open(place.last_day, writer.now)
    rules.check_for_koski(place.study_unit)
    if existing_id := await questions.find_in_force(writer.connection, participant_id):
        raise AlreadyExists(existing_id=existing_id)
    consent_id = new_id()
    await questions.insert_consent(
        writer.connection,
        consent_id,
        training_id=place.training_id,
        person_id=writer.actor.person_id,
        identity=cipher.close(identity, consent_id.bytes),
        given_at=writer.now,
        **given,
    )
    _record(writer, "given", consent_id, place.organisation_id, training_id=str(place.training_id))
    return await questions.consents.get(writer, consent_id)


async def _lock_own(writer: Writer, participant_id: UUID) -> ConsentPlace:
    """Return the caller's own participant. Raise NotFound, or Forbidden for who sees it and is not the learner."""
    place = await questions.lock_place(writer.connection, participant_id)
    if place is None:
        raise NotFound(pointer="/participant_id")
    if place.learner_id is not None and writer.actor.is_among({place.learner_id}):
        return place
    of_training = await get_place(writer.connection, place.organisation_id)
    if may_write(writer.actor, of_training) or await is_named(writer):
        raise Forbidden(because="learner-only", pointer="/participant_id")
    raise NotFound(pointer="/participant_id")


async def withdraw_consent(writer: Writer, consent_id: UUID) -> KoskiConsent:
    consent = await _see(writer, consent_id)
    rules.check_learner(writer.actor, consent.person_id)
    locked = await questions.consents.lock(writer, consent_id)
    rules.check_in_force(locked)
    await withdraw(writer, [consent_id])
    return await questions.consents.get(writer, consent_id)


async def withdraw(writer: Writer, consent_ids: Sequence[UUID]) -> None:
    """Withdraw locked consents, and delete their identity codes. What waits in a file that is not read leaves it."""
    if not consent_ids:
        return
    touched = await drop_unread(writer.connection, consent_ids, writer.now)
    for export_id in sorted(set(touched)):
        export = await exports.get(writer, export_id)
        if (state := state_after(export)) != "prepared":
            await change_export(writer.connection, export_id, state=state, concluded_at=writer.now)
    sent = await questions.list_sent(writer.connection, consent_ids)
    await questions.withdraw_consents(writer.connection, consent_ids, writer.now)
    for consent_id in consent_ids:
        consent = await questions.consents.get(writer, consent_id)
        _record(
            writer,
            "withdrawn",
            consent_id,
            consent.organisation_id,
            training_id=str(consent.training_id),
            sent=consent_id in sent,
        )


async def end_of_participant(writer: Writer, participant_id: UUID) -> None:
    """End the participant's consent, if Koski has nothing of it: the claim of the learner has been revoked."""
    await withdraw(writer, await questions.list_not_sent_of_participant(writer.connection, participant_id))


async def end_of_training(writer: Writer, training_id: UUID) -> None:
    """End the consents of a training that is cancelled: nothing of it will be reported."""
    await withdraw(writer, await questions.list_not_sent_of_training(writer.connection, training_id))


async def note_correction(writer: Writer, training: Training, participant_id: UUID) -> None:
    """Record that Koski has an entry that a correction makes wrong: the staff get an email."""
    if await questions.is_entry_to_cancel(writer.connection, participant_id):
        writer.record(
            "koski-entry.to-cancel", training.id, organisation_id=training.organisation_id, training_id=str(training.id)
        )


async def forget_learners(writer: Writer, person_ids: Sequence[UUID]) -> None:
    """Withdraw what Koski has not got, and delete the names, codes and numbers of people who are erased."""
    await withdraw(writer, await questions.list_not_sent_of_people(writer.connection, person_ids))
    await questions.empty_consents(writer.connection, person_ids)


async def get_consent(writer: Writer, consent_id: UUID) -> KoskiConsent:
    consent = await _see(writer, consent_id)
    if not writer.actor.is_among({consent.person_id}):
        _record(writer, "read", consent_id, None)
    return consent


async def list_consents(
    writer: Writer,
    page: PageRequest,
    *,
    training_id: Sequence[UUID] | None,
    participant_id: Sequence[UUID] | None,
    state: Sequence[rules.ConsentState] | None,
) -> Slice[KoskiConsent]:
    """The caller's own, or all of them for the named staff, whose reading is recorded."""
    sees_all = await is_named(writer)
    own_ids = None if sees_all else writer.actor.own_ids
    found = await questions.consents.page(
        writer, page, own_ids=own_ids, training_id=training_id, participant_id=participant_id, state=state
    )
    if sees_all:
        centre = await get_study_centre(writer.connection)
        writer.record("koski-consents.read", centre.id)
    return found


async def read_again(writer: Writer, consent_id: UUID) -> KoskiConsent:
    """Return a consent that the caller gave or withdrew, as it is now. Raise NotFound."""
    return await _see(writer, consent_id)


async def _see(writer: Writer, consent_id: UUID) -> KoskiConsent:
    """Raise NotFound for those who are not the learner, Forbidden for staff who are not named."""
    consent = await questions.consents.get(writer, consent_id)
    if not writer.actor.is_among({consent.person_id}):
        if not writer.actor.has("staff"):
            raise NotFound
        check_reader(writer.actor, is_named=await is_named(writer))
    return consent


async def write_wording(writer: Writer, texts: Localised) -> KoskiConsentWording:
    check_reader(writer.actor, is_named=await is_named(writer))
    # The second of two simultaneous requests gets the next version.
    await lock_study_centre(writer.connection)
    newest = await questions.find_newest_wording(writer.connection) or 0
    wording = KoskiConsentWording(newest + 1, texts, writer.actor.person_id, writer.actor.name, writer.now)
    await insert_value(writer.connection, koski_consent_wordings, wording)
    centre = await get_study_centre(writer.connection)
    writer.record("koski-consent-wording.written", centre.id, version=wording.version)
    return wording


async def get_wording(reader: Reader, version: int) -> KoskiConsentWording:
    wording = await questions.find_wording(reader, version)
    if wording is None:
        raise NotFound
    return wording


list_wordings = questions.wordings.page


async def delete_due_identities(connection: Connection) -> int:
    """Delete the codes and numbers whose time has passed by the study centre's clock, and return how many."""
    async with connection.transaction():
        now = (await get_study_centre(connection)).now
        due = [each.consent_id for each in await questions.list_kept_identities(connection) if each.until <= now]
        if not due:
            return 0
        await questions.delete_identities(connection, due)
        writer = Writer(connection, SERVICE, now, retry_key=b"")
        for consent_id in due:
            _record(writer, "identity-deleted", consent_id, None)
        await write_down(writer)
        return len(due)


def _record(writer: Writer, verb: str, consent_id: UUID, organisation_id: UUID | None, **facts: str | bool) -> None:
    writer.record(f"koski-consent.{verb}", consent_id, organisation_id=organisation_id, reason=None, **facts)
