"""The links that verify email addresses, and the addresses that are verified."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Column,
    DateTime,
    LargeBinary,
    String,
    Text,
    Uuid,
    any_,
    bindparam,
    func,
    select,
    update,
)

from app.db.paging import given
from app.db.people.people import persons
from app.db.statements import Command, Connection, Query, columns_of, study_centre_table
from app.domain.people.email_verifications import EmailVerification, PersonAddresses, VerificationCause

email_verifications = study_centre_table(
    "email_verifications",
    Column("person_id", Uuid, nullable=False),
    Column("email", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("concluded_at", DateTime(timezone=True)),
)
_links = email_verifications.c


@dataclass(frozen=True)
class OpenLink:
    """The link that a person has, whether or not it has expired."""

    id: UUID
    email: str
    digest: bytes
    expires_at: datetime


_open = Query(
    select(*columns_of(OpenLink, email_verifications)).where(
        given(_links.person_id, "person_id"), _links.state == "open"
    ),
    OpenLink,
)
_with_digest = Query(
    select(*columns_of(EmailVerification, email_verifications)).where(
        _links.digest == bindparam("p_digest", type_=LargeBinary)
    ),
    EmailVerification,
)
_count: Query[int] = Query(
    select(func.count()).where(
        given(_links.person_id, "person_id"),
        given(_links.cause, "cause"),
        _links.made_at >= bindparam("p_since", type_=DateTime(timezone=True)),
        _links.made_at < bindparam("p_until", type_=DateTime(timezone=True)),
    )
)
_concluded = Command(
    update(email_verifications)
    .where(_links.person_id == any_(bindparam("p_ids", type_=ARRAY(Uuid))), _links.state == "open")
    .values(
        state=bindparam("p_state", type_=String),
        concluded_at=bindparam("p_concluded_at", type_=DateTime(timezone=True)),
    )
)
_addresses = Query(
    select(*columns_of(PersonAddresses, persons)).where(given(persons.c.id, "id")).with_for_update(key_share=True),
    PersonAddresses,
)
_holder: Query[UUID] = Query(
    select(persons.c.id).where(given(persons.c.verified_email_key, "key"), persons.c.merged_into.is_(None))
)


async def find_verification(connection: Connection, digest: bytes) -> EmailVerification | None:
    return await _with_digest.first(connection, p_digest=digest)


async def find_open(connection: Connection, person_id: UUID) -> OpenLink | None:
    return await _open.first(connection, p_person_id=person_id)


async def count_verifications(
    connection: Connection, person_id: UUID, cause: VerificationCause, since: datetime, until: datetime
) -> int:
    """Count the links of that cause that were sent between the two times."""
    return await _count.first(connection, p_person_id=person_id, p_cause=cause, p_since=since, p_until=until) or 0


async def conclude_open(connection: Connection, person_ids: list[UUID], state: str, now: datetime) -> None:
    """Let the link that each person has work no more."""
    await _concluded.run(connection, p_ids=person_ids, p_state=state, p_concluded_at=now)


async def lock_addresses(connection: Connection, person_id: UUID) -> PersonAddresses | None:
    """Nobody else changes the person until the transaction ends."""
    return await _addresses.first(connection, p_id=person_id)


async def find_holder(connection: Connection, key: str) -> UUID | None:
    """The person who has verified that address."""
    return await _holder.first(connection, p_key=key)
