"""Data about addresses that the service no longer needs, and how the nightly job removes them (rulebook §6.8)."""

from datetime import datetime

from sqlalchemy import Interval, and_, bindparam, delete, func, null, select, update

from app.db.delivery.mails import emptying, mails
from app.db.delivery.token_mails import token_mails
from app.db.people.email_verifications import email_verifications
from app.db.people.role_invitations import role_invitations
from app.db.statements import NOW, Command, Connection
from app.domain.people.personal_data import COUNTS_KEPT, INVITED_KEPT, LINKS_KEPT

_kept = bindparam("p_kept", type_=Interval)
_before = NOW - _kept
_links, _invitations = email_verifications.c, role_invitations.c
_is_old_link = func.coalesce(_links.concluded_at, _links.expires_at) < _before
_is_old_invitation = and_(
    _invitations.email.is_not(None),
    func.coalesce(_invitations.accepted_at, _invitations.withdrawn_at, _invitations.expires_at) < _before,
)
_removals = (
    # The emails first: an erasure finds them by what they are about.
    (emptying(mails.c.cause_id.in_(select(_links.id).where(_is_old_link))), LINKS_KEPT),
    (Command(delete(email_verifications).where(_is_old_link)), LINKS_KEPT),
    (emptying(mails.c.cause_id.in_(select(_invitations.id).where(_is_old_invitation))), INVITED_KEPT),
    (
        Command(update(role_invitations).where(_is_old_invitation).values(email=null(), email_key=null())),
        INVITED_KEPT,
    ),
    # By real time: the counted day may be any in a sandbox.
    (Command(delete(token_mails).where(token_mails.c.counted_at < func.clock_timestamp() - _kept)), COUNTS_KEPT),
)


async def remove_ended(connection: Connection, now: datetime) -> int:
    """Remove what ended long enough ago, and return the number of rows."""
    return sum([await command.run(connection, p_now=now, p_kept=kept) for command, kept in _removals])
