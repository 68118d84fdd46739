"""The account from which the study centre pays (maksutili), and how two of the staff change it (rulebook §6.11)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.domain.access import Actor, check_fresh, check_staff
from app.domain.organisations.bank_accounts import ChangeState, check_another
from app.domain.values import Shown


@dataclass(frozen=True)
class PaymentAccountChange(Shown):
    id: UUID
    iban: str
    """IBAN of the account."""
    bic: str | None
    """BIC of the bank, found by the IBAN. `null` if the bank is not known."""
    holder: str
    """Name of the account holder."""
    state: ChangeState
    """State of the change."""
    proposed_by: UUID
    """ID of the person who proposed the change."""
    proposed_by_name: str | None
    proposed_at: datetime
    """When the change was proposed."""
    decided_by: UUID | None
    decided_by_name: str | None
    decided_at: datetime | None
    reason: str | None
    """Reason for the rejection. `null` if the change was not rejected."""
    withdrawn_at: datetime | None
    payments_held_until: datetime | None
    """When payments from the account start. `null` if the change has not been approved."""


@dataclass(frozen=True)
class PaymentAccount(Shown):
    iban: str | None
    """IBAN of the account. `null` if there is no account."""
    bic: str | None
    """BIC of the bank. `null` if the bank is not known or there is no account."""
    holder: str | None
    """Name of the account holder. `null` if there is no account."""
    approved_at: datetime | None
    """When the account was approved. `null` if there is no account."""
    payments_held_until: datetime | None
    """When payments from the account start. `null` if there is no account."""
    payments_held: bool
    """Whether payments are on hold because the account has changed recently."""
    open_change: PaymentAccountChange | None
    """Change that waits for a second person. `null` if there is none."""


def account_of(
    in_force: PaymentAccountChange | None, waiting: PaymentAccountChange | None, now: datetime
) -> PaymentAccount:
    """Return the account. `in_force` is the last approved change."""
    if in_force is None:
        return PaymentAccount(None, None, None, None, None, False, waiting)
    held_until = in_force.payments_held_until
    is_held = held_until is not None and now < held_until
    return PaymentAccount(
        in_force.iban, in_force.bic, in_force.holder, in_force.decided_at, held_until, is_held, waiting
    )


def check_may_approve(actor: Actor, change: PaymentAccountChange, real_now: datetime) -> None:
    """Check for another of the staff, within minutes of a strong authentication (rulebook §6.11).

    Raise Forbidden, StrongAuthenticationRequired.
    """
    check_may_reject(actor, change)
    check_fresh(actor, real_now)


def check_may_reject(actor: Actor, change: PaymentAccountChange) -> None:
    """Check for another of the staff than the proposer (rulebook §6.11). Raise Forbidden."""
    check_staff(actor)
    check_another(actor, change)
