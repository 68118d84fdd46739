"""Verifying email addresses: send a link, follow it, or believe the issuer of the token (rulebook §2.5)."""

import secrets
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from app.db.identifiers import new_id
from app.db.people.email_verifications import (
    conclude_open,
    count_verifications,
    email_verifications,
    find_holder,
    find_open,
    find_verification,
    lock_addresses,
)
from app.db.people.me import find_person
from app.db.people.people import persons
from app.db.sessions import Reader, Writer
from app.db.statements import change_row, insert_value
from app.delivery.addresses import key_of
from app.delivery.tokens import RANDOM_BYTES, TokenMailing, digest_of
from app.domain.access import check_person
from app.domain.delivery.mailed_events import ADDRESS_CHANGED
from app.domain.errors import AlreadyExists, NotFound
from app.domain.people import email_verifications as rules
from app.domain.people.daily_limits import ADDRESS_CHANGES, LINKS_REQUESTED, check_within_limit, day_around
from app.domain.people.email_verifications import (
    EmailVerification,
    SentVerification,
    VerificationCause,
    VerifiedEmail,
)
from app.domain.people.people import Person
from app.services.delivery.token_mails import mail_to_address, mail_token

PAGE = "email-verifications"
MOST_A_DAY: dict[VerificationCause, int] = {"changed": ADDRESS_CHANGES, "requested": LINKS_REQUESTED}


def verified(email: str, at: datetime) -> dict[str, object]:
    """The columns of a person whose address is verified."""
    return {"verified_email": email, "verified_email_key": key_of(email), "verified_at": at}


async def request_link(writer: Writer, tokens: TokenMailing) -> SentVerification:
    """Send the caller a new link in place of the last one. Raise WrongState, RateLimited."""
    check_person(writer.actor)
    addresses = await lock_addresses(writer.connection, writer.actor.person_id)
    person = await find_person(writer.connection, writer.actor.person_id)
    if person is None or addresses is None:
        raise NotFound
    rules.check_unverified(addresses)
    sent = await send_link(writer, tokens, person, "requested")
    writer.record("email-verification.requested", sent.id, person_id=str(person.id))
    return SentVerification(sent.email, sent.expires_at)


async def send_link(
    writer: Writer, tokens: TokenMailing, person: Person, cause: VerificationCause
) -> EmailVerification:
    """Send a link to the person's address; earlier links work no more. The person is locked. Raise RateLimited."""
    expires_at = writer.now + rules.VALID_FOR
    link = EmailVerification(new_id(), person.id, person.email, cause, writer.now, expires_at, "open")
    mailed = await mail_token(
        writer,
        tokens,
        event="email-verification.sent",
        cause_id=link.id,
        page=PAGE,
        address=person.email,
        language=person.language,
        facts={"expires_at": expires_at},
    )
    digest = mailed or await _token_of_earlier(writer, person)
    await conclude_open(writer.connection, [person.id], "replaced", writer.now)
    await insert_value(writer.connection, email_verifications, link, digest=digest)
    if most := MOST_A_DAY.get(cause):
        sent = await count_verifications(writer.connection, person.id, cause, *day_around(writer.now))
        check_within_limit(sent, most, writer.now)
    return link


async def _token_of_earlier(writer: Writer, person: Person) -> bytes:
    """The digest of the token that the address already has, if it is the person's and works; else one of no token.

    The earlier link loses it, so that the person is not left without a link because others requested so many.
    """
    earlier, unknown = await find_open(writer.connection, person.id), secrets.token_bytes(RANDOM_BYTES)
    if earlier is None or earlier.expires_at <= writer.now or key_of(earlier.email) != key_of(person.email):
        return unknown
    await change_row(writer.connection, email_verifications, earlier.id, digest=unknown)
    return earlier.digest


async def find_usable(reader: Reader, token: str) -> EmailVerification:
    """The link with that token. Raise NotFound, WrongState."""
    link = await find_verification(reader.connection, digest_of(token))
    if link is None:
        raise NotFound(pointer="/token")
    rules.check_usable(link, reader.now)
    return link


async def verify(writer: Writer, token: str) -> VerifiedEmail:
    """Verify the address that the token was mailed to. Raise NotFound, WrongState, AlreadyExists."""
    link = await find_usable(writer, token)
    await lock_addresses(writer.connection, link.person_id)
    # Another request may have used or replaced it meanwhile.
    link = await find_usable(writer, token)
    holder = await find_holder(writer.connection, key_of(link.email))
    if holder not in {None, link.person_id}:
        raise AlreadyExists(because="address-verified")
    # The holder of the token acts as the person.
    writer.actor = replace(writer.actor, person_id=link.person_id)
    await conclude_open(writer.connection, [link.person_id], "used", writer.now)
    await _write_down(writer, link.person_id, link.email)
    return VerifiedEmail(link.email, writer.now)


async def is_vouched_for(writer: Writer, email: str) -> bool:
    """Whether the issuer of the caller's token has verified the address, and nobody else has it here."""
    vouched = writer.actor.authentication.verified_email
    if vouched is None or key_of(vouched) != key_of(email):
        return False
    return await find_holder(writer.connection, key_of(email)) in {None, writer.actor.person_id}


async def believe_issuer(writer: Writer) -> None:
    """Verify the caller's address if the issuer of the token has verified it."""
    person_id = writer.actor.person_id
    person = await find_person(writer.connection, person_id)
    if person is None or person.email_verified_at or not await is_vouched_for(writer, person.email):
        return
    addresses = await lock_addresses(writer.connection, person_id)
    if addresses and addresses.email == person.email and not addresses.is_verified:
        await conclude_open(writer.connection, [person_id], "withdrawn", writer.now)
        await _write_down(writer, person_id, addresses.email)


async def address_changed(writer: Writer, tokens: TokenMailing) -> None:
    """Send a link to the address that the caller has just entered, and a notice to the one verified last."""
    person_id = writer.actor.person_id
    addresses = await lock_addresses(writer.connection, person_id)
    person = await find_person(writer.connection, person_id)
    if addresses is None or person is None:
        raise NotFound
    if addresses.verified_email_key == key_of(addresses.email):
        # The verified address again, perhaps written in another way.
        await conclude_open(writer.connection, [person_id], "withdrawn", writer.now)
        await change_row(writer.connection, persons, person_id, verified_email=addresses.email)
        return
    if await is_vouched_for(writer, addresses.email):
        await conclude_open(writer.connection, [person_id], "withdrawn", writer.now)
        await _write_down(writer, person_id, addresses.email)
    else:
        await send_link(writer, tokens, person, "changed")
    if addresses.verified_email:
        await mail_to_address(
            writer,
            event=ADDRESS_CHANGED,
            address=addresses.verified_email,
            language=person.language,
            facts={"changed_at": writer.now},
            person_id=person_id,
        )


async def take_over(writer: Writer, person_id: UUID, other_id: UUID) -> None:
    """Let a person have the verified address of the other, who has been merged, if the person needs it."""
    await conclude_open(writer.connection, [other_id], "withdrawn", writer.now)
    own, other = [await lock_addresses(writer.connection, each_id) for each_id in (person_id, other_id)]
    if own is None or other is None or other.verified_email is None or own.is_verified:
        return
    is_same = key_of(own.email) == other.verified_email_key
    if is_same:
        await conclude_open(writer.connection, [person_id], "withdrawn", writer.now)
    if is_same or own.verified_email is None:
        await change_row(
            writer.connection,
            persons,
            person_id,
            verified_email=own.email if is_same else other.verified_email,
            verified_email_key=other.verified_email_key,
            verified_at=other.verified_at,
        )


async def _write_down(writer: Writer, person_id: UUID, email: str) -> None:
    await change_row(writer.connection, persons, person_id, mail_refused_at=None, **verified(email, writer.now))
    writer.record("person.email-verified", person_id, person_id=str(person_id))
