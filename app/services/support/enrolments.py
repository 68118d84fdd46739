"""Enrolment in the public calendar: request, confirm and cancel it, and let the waiting move up (rulebook §6.2).

The training is locked first: it decides about its places one after another. Nobody is a caller here, and nothing of
those who enrol is in the audit.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from app.db.delivery.token_mails import count_token_mails, note_token_mail
from app.db.identifiers import new_id
from app.db.sessions import Reader, Writer
from app.db.statements import change_row, insert_row
from app.db.support import enrolments as questions
from app.db.support.enrolments import enrolments
from app.db.trainings.public_calendar import find_enrolled_training, find_subject
from app.delivery.addresses import key_of
from app.delivery.tokens import TokenMailing, digest_of
from app.domain.errors import NotFound
from app.domain.organisations.names import name_in
from app.domain.organisations.organisations import Language
from app.domain.people.daily_limits import TOKENS_TO_ADDRESS, check_within_limit, day_around
from app.domain.support import enrolments as rules
from app.domain.support.enrolments import Enrolment, EnrolmentRequest, EnrolmentRow, Subject
from app.domain.trainings.public_calendar import OwnEnrolment
from app.services.delivery.token_mails import mail_to_address, mail_token

PAGE = "enrolments"
REQUESTED, KNOWN = "enrolment.requested", "enrolment.known"
LIMIT_OF_TRAINING, LIMIT_OF_MAILBOX = "enrolment.of-training", "enrolment.of-mailbox"
"""What is counted as token mails are, by the digest of the training, and of the training and the address."""
REMOVED: dict[str, object] = {"name": None, "email": None, "email_key": None}


async def request_enrolment(
    writer: Writer,
    tokens: TokenMailing,
    slug: str,
    training_id: UUID,
    *,
    name: str,
    email: str,
    language: Language,
    under_age: bool,
    is_limited: bool,
) -> EnrolmentRequest:
    """Mail a link that confirms the enrolment. Raise NotFound, EnrolmentClosed, TrainingFull, RateLimited.

    Who has enrolled already gets a link to that enrolment, and the caller sees no difference.
    """
    subject = await find_subject(writer, training_id)
    if subject is None or not subject.is_public:
        raise NotFound
    offered = rules.check_can_enrol(subject, writer.now)
    rules.outcome_of(offered, (await questions.count_places(writer.connection, training_id)).enrolled)
    if is_limited:
        await _check_requests(writer, offered, training_id)
    email_key, expires_at = key_of(email), writer.now + rules.VALID_FOR
    if not await _may_mail(writer, training_id, email_key, is_limited=is_limited):
        return EnrolmentRequest(expires_at)
    known = await questions.find_of_address(writer.connection, training_id, email_key)
    is_confirmed = known is not None and known.number is not None
    enrolment_id = known.id if known else new_id()
    written_in = known.language if known and is_confirmed else language
    digest = await mail_token(
        writer,
        tokens,
        event=KNOWN if is_confirmed else REQUESTED,
        cause_id=enrolment_id,
        page=PAGE,
        address=email,
        language=written_in,
        facts=_facts_of(subject, written_in) | {"slug": slug, "expires_at": expires_at},
        most_a_day=TOKENS_TO_ADDRESS if is_limited else None,
    )
    if digest is None:
        return EnrolmentRequest(expires_at)
    said = {
        "digest": digest,
        "name": name,
        "email": email,
        "language": language,
        "under_age": under_age,
        "requested_at": writer.now,
        "expires_at": expires_at,
    }
    if known is None:
        await insert_row(
            writer.connection,
            enrolments,
            id=enrolment_id,
            subject_type="training",
            subject_id=training_id,
            state="unconfirmed",
            email_key=email_key,
            **said,
        )
    else:
        # A stranger who knows the address of a person who has enrolled changes nothing of the enrolment.
        await change_row(writer.connection, enrolments, known.id, **({"digest": digest} if is_confirmed else said))
    return EnrolmentRequest(expires_at)


async def find_own(reader: Reader, token: str) -> OwnEnrolment:
    """The enrolment of the token. Raise NotFound."""
    row = await questions.find_enrolment(reader.connection, digest_of(token))
    return await _shown(reader, _known(row))


async def find_organiser(reader: Reader, own: OwnEnrolment, language: Language) -> str:
    """The name of the organisation that runs the course, in that language. Raise NotFound."""
    subject = await find_subject(reader, own.training.id)
    if subject is None:
        raise NotFound
    return name_in(language, subject.organiser)


async def confirm(writer: Writer, token: str) -> OwnEnrolment:
    """Take the place, or one in the waiting list. Repeating it changes nothing.

    Raise NotFound, WrongState, EnrolmentClosed, TrainingFull.
    """
    row, subject = await _lock(writer, token)
    state = row.state_at(writer.now)
    rules.check_unconfirmed(state)
    if state == "unconfirmed":
        offered = rules.check_can_enrol(subject, writer.now)
        counts = await questions.count_places(writer.connection, subject.id)
        await change_row(
            writer.connection,
            enrolments,
            row.id,
            state=rules.outcome_of(offered, counts.enrolled),
            number=counts.last_number + 1,
            confirmed_at=writer.now,
        )
    return await find_own(writer, token)


async def cancel(writer: Writer, token: str) -> OwnEnrolment:
    """Give the place back. The others move up. Repeating it changes nothing. Raise NotFound."""
    row, subject = await _lock(writer, token)
    if row.state != "cancelled":
        await change_row(
            writer.connection,
            enrolments,
            row.id,
            state="cancelled",
            ended_at=writer.now,
            erased_at=writer.now,
            **REMOVED,
        )
        await move_up(writer, subject)
    return await find_own(writer, token)


async def move_up(writer: Writer, subject: Subject) -> None:
    """Enrol the first who wait for the places that are free, and mail them. The training is locked."""
    counts = await questions.count_places(writer.connection, subject.id)
    free = rules.moving_up(subject, counts.enrolled, writer.now)
    for row in await questions.list_first_waiting(writer.connection, subject.id, free) if free else []:
        await change_row(writer.connection, enrolments, row.id, state="enrolled")
        await _notify(writer, row, "enrolment.moved-up", subject)


async def check_offer(writer: Writer, training_id: UUID, offered: Enrolment | None) -> None:
    """Check the new enrolment of a locked training: everyone enrolled keeps the place. Raise QuotaExceeded."""
    if offered is not None:
        counts = await questions.count_places(writer.connection, training_id)
        rules.check_places_kept(offered.places, counts.enrolled)


async def offer_changed(writer: Writer, training_id: UUID) -> None:
    """Let the waiting have new places of the locked training."""
    subject = await find_subject(writer, training_id)
    if subject is not None:
        await move_up(writer, subject)


async def end_enrolments(writer: Writer, training_id: UUID) -> None:
    """End the enrolments of a locked training that is not held, and mail those who are enrolled or wait.

    After its end nobody has to hear that it was not held.
    """
    subject = await find_subject(writer, training_id)
    if subject is not None and subject.ends_at > writer.now:
        for row in await questions.list_confirmed(writer.connection, training_id):
            await _notify(writer, row, "enrolment.training-cancelled", subject)
    await questions.end_all(writer.connection, training_id, writer.now)


async def erase_address(writer: Writer, email_key: str, training_ids: Sequence[UUID]) -> None:
    """End the address's enrolments in these locked trainings, and let others have their places."""
    for training_id in sorted(await questions.end_with_address(writer.connection, email_key, training_ids, writer.now)):
        await offer_changed(writer, training_id)


async def _lock(writer: Writer, token: str) -> tuple[EnrolmentRow, Subject]:
    """The enrolment and its training, both locked: the training first."""
    digest = digest_of(token)
    row = _known(await questions.find_enrolment(writer.connection, digest))
    subject = await find_subject(writer, row.subject_id, locked=True)
    row = _known(await questions.find_enrolment(writer.connection, digest, locked=True))
    if subject is None:
        raise NotFound
    return row, subject


def _known(row: EnrolmentRow | None) -> EnrolmentRow:
    if row is None:
        raise NotFound
    return row


async def _shown(reader: Reader, row: EnrolmentRow) -> OwnEnrolment:
    training = await find_enrolled_training(reader, row.subject_id)
    if training is None:
        raise NotFound
    state, position = row.state_at(reader.now), None
    if state == "waiting":
        position = (await questions.count_places(reader.connection, row.subject_id, row.number)).position
    return OwnEnrolment(state, position, training)


async def _check_requests(writer: Writer, offered: Enrolment, training_id: UUID) -> None:
    """Count the request, and check the limit of the training's day. Raise RateLimited."""
    digest = digest_of(str(training_id))
    done = await count_token_mails(writer.connection, LIMIT_OF_TRAINING, digest, *day_around(writer.now))
    check_within_limit(done + 1, rules.requests_a_day(offered), writer.now)
    await note_token_mail(writer.connection, LIMIT_OF_TRAINING, digest, writer.now)


async def _may_mail(writer: Writer, training_id: UUID, email_key: str, *, is_limited: bool) -> bool:
    """Whether the mailbox may have a mail about the training. No other request asks until the transaction ends."""
    digest = digest_of(f"{training_id} {email_key}")
    hour: tuple[datetime, datetime] = writer.now - rules.MAIL_EVERY, writer.now + timedelta(seconds=1)
    sent = await count_token_mails(writer.connection, LIMIT_OF_MAILBOX, digest, *hour)
    if is_limited and sent:
        return False
    await note_token_mail(writer.connection, LIMIT_OF_MAILBOX, digest, writer.now)
    return True


async def _notify(writer: Writer, row: EnrolmentRow, event: str, subject: Subject) -> None:
    if row.email is not None:
        facts = _facts_of(subject, row.language)
        await mail_to_address(writer, event=event, address=row.email, language=row.language, facts=facts)


def _facts_of(subject: Subject, language: Language) -> dict[str, object]:
    return {
        "course": subject.name,
        "organisation": name_in(language, subject.organiser),
        "starts_at": subject.starts_at,
    }
