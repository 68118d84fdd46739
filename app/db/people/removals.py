"""Data about addresses that the service no longer needs, and how the nightly job removes them (rulebook §6.8)."""

from datetime import datetime, timedelta

from sqlalchemy import Interval, bindparam, delete, func, null, text, update

from app.db.delivery.mails import mails
from app.db.delivery.token_mails import token_mails
from app.db.people.email_verifications import email_verifications
from app.db.people.role_invitations import role_invitations
from app.db.statements import NOW, Command, Connection

LINKS_KEPT = timedelta(days=30)
"""After a link that verifies an address has ended."""
ADDRESSES_KEPT = timedelta(days=90)
"""After an invitation has ended, and after an email with a token was made."""
COUNTS_KEPT = timedelta(days=2)
"""Longer than the day for which the emails to an address are counted."""

_kept = bindparam("p_kept", type_=Interval)
_before = NOW - _kept
_links, _invitations = email_verifications.c, role_invitations.c
_removals = (
    (
        Command(delete(email_verifications).where(func.coalesce(_links.concluded_at, _links.expires_at) < _before)),
        LINKS_KEPT,
    ),
    (
        Command(
            update(role_invitations)
            .where(
                _invitations.email.is_not(None),
                func.coalesce(_invitations.accepted_at, _invitations.withdrawn_at, _invitations.expires_at) < _before,
            )
            .values(email=null(), email_key=null())
        ),
        ADDRESSES_KEPT,
    ),
    (
        Command(
            update(mails)
            .where(
                mails.c.person_id.is_(None), mails.c.state != "due", mails.c.address != "", mails.c.made_at < _before
            )
            .values(address="", subject="", text="", dates=text("'[]'::jsonb"), answer=null(), sealed_token=null())
        ),
        ADDRESSES_KEPT,
    ),
    # By real time: the counted day may be any in a sandbox.
    (Command(delete(token_mails).where(token_mails.c.counted_at < func.clock_timestamp() - _kept)), COUNTS_KEPT),
)


async def remove_old_addresses(connection: Connection, now: datetime) -> int:
    """Remove what has been kept long enough, and return the number of rows."""
    return sum([await command.run(connection, p_now=now, p_kept=kept) for command, kept in _removals])
