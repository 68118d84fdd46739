"""Whether emails are delivered (sähköpostien lähtö), and what prevents all of them (rulebook §5.7)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from app.domain.values import Shown

MailObstacle = Literal["unavailable", "tls", "sign_in", "sender"]
"""What prevents all emails: the server does not respond or takes none now, its TLS or the sign-in fails, or it refuses
the sender."""


@dataclass(frozen=True)
class MailDelivery(Shown):
    obstacle: MailObstacle | None
    """Obstacle to all emails: the email server accepts none now or does not respond (`unavailable`), the encrypted
    connection fails (`tls`), the server rejects the sign-in of the service (`sign_in`) or the sender's address
    (`sender`). `null` if nothing does, or if no email is due."""
    answer: str | None
    """Response of the email server when this began, or a description of the failure. `null` if nothing prevents
    emails."""
    since: datetime | None
    """When this began, in real time. `null` if nothing prevents emails."""


DELIVERING = MailDelivery(None, None, None)
"""Nothing prevents emails."""
