"""How many mails with a token each address got: apart from people and invitations, so that no erasure resets it."""

from datetime import datetime

from sqlalchemy import Column, DateTime, Integer, LargeBinary, Text, bindparam, func, select, text

from app.db.identifiers import new_id
from app.db.paging import given
from app.db.statements import Command, Connection, Query, insert_row, study_centre_table

token_mails = study_centre_table(
    "token_mails",
    Column("event", Text, nullable=False),
    Column("address_digest", LargeBinary, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("counted_at", DateTime(timezone=True), nullable=False),
)

_locked = Command(
    text(
        "SELECT pg_advisory_xact_lock(hashtextextended("
        "concat('mails to ', own_study_centre(), CAST(:p_address_digest AS text)), 0))"
    )
)
_count: Query[int] = Query(
    select(func.count(type_=Integer)).where(
        given(token_mails.c.event, "event"),
        given(token_mails.c.address_digest, "address_digest"),
        token_mails.c.made_at >= bindparam("p_since", type_=DateTime(timezone=True)),
        token_mails.c.made_at < bindparam("p_until", type_=DateTime(timezone=True)),
    )
)


async def count_token_mails(
    connection: Connection, event: str, address_digest: bytes, since: datetime, until: datetime
) -> int:
    """Count the address's mails about the event between the two times.

    Until the transaction ends, no other request counts the mails to that address.
    """
    await _locked.run(connection, p_address_digest=address_digest.hex())
    parameters = {"p_event": event, "p_address_digest": address_digest, "p_since": since, "p_until": until}
    return await _count.first(connection, **parameters) or 0


async def note_token_mail(connection: Connection, event: str, address_digest: bytes, now: datetime) -> None:
    await insert_row(connection, token_mails, id=new_id(), event=event, address_digest=address_digest, made_at=now)
