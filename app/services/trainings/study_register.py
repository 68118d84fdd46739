"""The study register: a learner's own, its shares, and completions by name, each look of which is recorded."""

import secrets
from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from uuid import UUID

from app.db.identifiers import new_id
from app.db.organisations.profiles import patterns_of
from app.db.organisations.study_centre import get_study_centre
from app.db.paging import PageRequest, Slice
from app.db.people.role_grants import lock_person
from app.db.sessions import Reader, Writer
from app.db.statements import insert_row
from app.db.trainings import study_register as questions
from app.db.trainings import study_register_shares as share_questions
from app.db.trainings.study_register_shares import shares, study_register_shares
from app.domain.access import check_person, check_still_registered, check_strong
from app.domain.calendar.deadlines import day_of
from app.domain.errors import NotFound
from app.domain.organisations.names import name_in
from app.domain.organisations.organisations import Language
from app.domain.trainings import study_register as rules
from app.domain.trainings.completions import CompletionState
from app.domain.trainings.participation_claims import check_reader
from app.domain.trainings.study_register import NewShare, RegisteredCompletion, SharedRegister, StudyRegister
from app.services.trainings.participants import is_named

SECRET_BYTES = 32


async def get_own_register(reader: Reader) -> StudyRegister:
    check_person(reader.actor)
    return StudyRegister(await questions.list_participations(reader, reader.actor.own_ids))


async def search_register(
    writer: Writer, page: PageRequest, *, q: str, state: Sequence[CompletionState] | None
) -> Slice[RegisteredCompletion]:
    """Completions by name. The audit has that they looked, without the name."""
    check_person(writer.actor)
    check_reader(writer.actor, is_named=await is_named(writer))
    found = await questions.listing.page(writer, page, words=patterns_of(q), state=state)
    centre = await get_study_centre(writer)
    writer.record("study-register.read", centre.id)
    return found


async def share_register(writer: Writer, *, expires_on: date, public_url: str | None) -> NewShare:
    """The secret is in this response alone: the database has its digest."""
    check_person(writer.actor)
    check_strong(writer.actor)
    person_id, today = writer.actor.person_id, day_of(writer.now)
    rules.check_last_day(expires_on, today)
    centre = await get_study_centre(writer)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    share = NewShare(new_id(), expires_on, writer.now, rules.address_of(public_url, centre.slug, secret))
    # Two shares made at the same time are counted one after another.
    check_still_registered(await lock_person(writer.connection, person_id))
    rules.check_share_limit(await share_questions.count_shares(writer.connection, person_id, today))
    await insert_row(
        writer.connection,
        study_register_shares,
        id=share.id,
        person_id=person_id,
        digest=digest_of(secret),
        expires_on=expires_on,
        made_at=writer.now,
    )
    writer.record("study-register-share.made", share.id, person_id=str(person_id), expires_on=expires_on)
    return share


get_share = shares.get
list_shares = shares.page


async def end_share(writer: Writer, share_id: UUID) -> None:
    """End a share of the caller's. From then on its address returns 404."""
    check_person(writer.actor)
    check_strong(writer.actor)
    share = await shares.lock(writer, share_id)
    await share_questions.end_share(writer.connection, share.id, writer.now)
    writer.record("study-register-share.ended", share.id, person_id=str(writer.actor.person_id))


async def end_shares_of(writer: Writer, person_ids: Sequence[UUID]) -> None:
    """End all shares of people who are erased."""
    for share_id in await share_questions.end_shares_of(writer.connection, person_ids, writer.now):
        writer.record("study-register-share.ended", share_id)


async def read_shared(reader: Reader, secret: str, language: Language) -> SharedRegister:
    """With names in that language. Raise NotFound for an unknown secret, after the last day and after the end."""
    share = await share_questions.find_share(reader.connection, digest_of(secret), day_of(reader.now))
    if share is None:
        raise NotFound
    centre = await get_study_centre(reader)
    passed = await questions.list_shared(reader.connection, [share.person_id], language)
    return SharedRegister(share.person_name, name_in(language, centre), share.expires_on, passed)


def digest_of(secret: str) -> bytes:
    """One round of hashing is enough: nobody can guess 256 random bits."""
    return sha256(secret.encode()).digest()
