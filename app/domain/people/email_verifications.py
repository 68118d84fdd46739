"""Verifying email addresses (sähköpostiosoitteen vahvistaminen; rulebook §2.5)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from app.domain.errors import WrongState
from app.domain.values import Shown

VerificationCause = Literal["registered", "changed", "requested"]
VerificationState = Literal["open", "used", "replaced", "withdrawn"]

VALID_FOR = timedelta(hours=24)


@dataclass(frozen=True)
class EmailVerification:
    """A link that was mailed to an address, to verify it."""

    id: UUID
    person_id: UUID
    email: str
    cause: VerificationCause
    made_at: datetime
    expires_at: datetime
    state: VerificationState


@dataclass(frozen=True)
class PersonAddresses:
    """The address that a person has entered, and the last one that was verified, where emails go."""

    email: str
    verified_email: str | None
    verified_email_key: str | None
    verified_at: datetime | None

    @property
    def is_verified(self) -> bool:
        return self.email == self.verified_email


@dataclass(frozen=True)
class VerifiedEmail(Shown):
    email: str
    """Email address that is verified now."""
    email_verified_at: datetime
    """When the email address was verified."""


@dataclass(frozen=True)
class SentVerification(Shown):
    email: str
    """Email address that the link was sent to."""
    expires_at: datetime
    """When the link stops working."""


def check_usable(verification: EmailVerification, now: datetime) -> None:
    """Check that the link has not been used, replaced or withdrawn, and has not expired. Raise WrongState."""
    state = "expired" if verification.state == "open" and verification.expires_at <= now else verification.state
    if state != "open":
        raise WrongState(state=state, allowed=["open"])


def check_unverified(addresses: PersonAddresses) -> None:
    """Check that there is an address to verify. Raise WrongState."""
    if addresses.is_verified:
        raise WrongState(state="verified", allowed=["unverified"])
