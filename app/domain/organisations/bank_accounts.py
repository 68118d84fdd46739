"""Bank accounts (tilinumero) for payments, and how two people change one (rulebook §6.4)."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol
from uuid import UUID

from app.domain.access import Actor, Place, check_main_user_or_staff
from app.domain.errors import AlreadyExists, Forbidden, WrongState
from app.domain.values import Shown

ChangeState = Literal["proposed", "approved", "rejected", "withdrawn"]
HOLD = timedelta(days=5)
"""How long payments wait after a change of account, so that a wrong one is noticed before money is sent."""

SEPA_COUNTRIES = frozenset(
    # A line of a list for each country would hide them.
    "AD AL AT BE BG CH CY CZ DE DK EE ES FI FR GB GI GR HR HU IE IS IT LI LT LU LV MC MD ME MK MT NL NO PL PT RO RS SE "  # noqa: SIM905
    "SI SK SM VA".split()
)
"""The first letters of the IBANs of the Single Euro Payments Area: the European Payments Council's list of SEPA scheme
countries, EPC409-09, as of 22 May 2025, the day Serbia was added (rulebook
§6.4). Åland's accounts begin with FI, the French overseas ones with FR, and those of Jersey, Guernsey and the Isle of
Man with GB."""


@dataclass(frozen=True)
class BankAccountChange(Shown):
    id: UUID
    organisation_id: UUID
    organisation_name: str
    iban: str
    """IBAN. Complete for main users of the tree, staff and auditors. For others all but the country and the last four
    characters are `*`."""
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
    """When payments to the account start. `null` if the change has not been approved."""


@dataclass(frozen=True)
class BankAccount(Shown):
    organisation_id: UUID
    owner_id: UUID | None
    """ID of the organisation that owns the account: the organisation itself or its central organisation. `null` if
    there is no account."""
    iban: str | None
    """IBAN. Complete for main users of the tree, staff and auditors. For others all but the country and the last four
    characters are `*`. `null` if there is no account."""
    bic: str | None
    """BIC of the bank. `null` if the bank is not known or there is no account."""
    holder: str | None
    """Name of the account holder. `null` if there is no account."""
    approved_at: datetime | None
    """When the account was approved. `null` if there is no account."""
    payments_held_until: datetime | None
    """When payments to the account start. `null` if there is no account."""
    payments_held: bool
    """Whether payments are on hold because the account has changed recently."""
    open_change: BankAccountChange | None
    """The organisation's own change that waits for a second person. `null` if there is none."""


class AccountChange(Protocol):
    """A change of an organisation's account, or of the study centre's own."""

    @property
    def id(self) -> UUID: ...

    @property
    def proposed_by(self) -> UUID: ...


class Account(Protocol):
    @property
    def iban(self) -> str | None: ...

    @property
    def holder(self) -> str | None: ...


def as_proposed(actor: Actor, now: datetime, *, iban: str, bic: str | None, holder: str) -> dict[str, Any]:
    """Return the members of a new change beside its ID and organisation."""
    return {
        "iban": iban,
        "bic": bic,
        "holder": holder,
        "state": "proposed",
        "proposed_by": actor.person_id,
        "proposed_by_name": actor.name,
        "proposed_at": now,
        "decided_by": None,
        "decided_by_name": None,
        "decided_at": None,
        "reason": None,
        "withdrawn_at": None,
        "payments_held_until": None,
    }


def as_approved(actor: Actor, now: datetime) -> dict[str, Any]:
    """Return the members that an approval changes."""
    return _decided(actor, now) | {"state": "approved", "payments_held_until": held_until(now)}


def as_rejected(actor: Actor, now: datetime, reason: str) -> dict[str, Any]:
    return _decided(actor, now) | {"state": "rejected", "reason": reason}


def as_withdrawn(now: datetime) -> dict[str, Any]:
    return {"state": "withdrawn", "withdrawn_at": now}


def _decided(actor: Actor, now: datetime) -> dict[str, Any]:
    return {"decided_by": actor.person_id, "decided_by_name": actor.name, "decided_at": now}


def account_of(
    organisation_id: UUID, in_force: BankAccountChange | None, waiting: BankAccountChange | None, now: datetime
) -> BankAccount:
    """Return the account. `in_force` is the last approved change, of the organisation or its central organisation.

    Rulebook §10 question 21.
    """
    if in_force is None:
        return BankAccount(organisation_id, None, None, None, None, None, None, False, waiting)
    held_until = in_force.payments_held_until
    return BankAccount(
        organisation_id,
        in_force.organisation_id,
        in_force.iban,
        in_force.bic,
        in_force.holder,
        in_force.decided_at,
        held_until,
        held_until is not None and now < held_until,
        waiting,
    )


def names_account(known: Account | None, iban: str, holder: str) -> bool:
    """Whether it is the same account already: then a proposal changes nothing."""
    return known is not None and (known.iban, known.holder) == (iban, holder)


def check_none_open(waiting: AccountChange | None) -> None:
    """Check that no other change is open (rulebook §6.4). Raise AlreadyExists."""
    if waiting is not None:
        raise AlreadyExists(existing_id=waiting.id)


def check_may_decide(actor: Actor, place: Place, change: BankAccountChange) -> None:
    """Check for another person than the proposer: a main user of the tree or staff (rulebook §6.4). Raise Forbidden."""
    check_main_user_or_staff(actor, place)
    check_another(actor, change)


def check_another(actor: Actor, change: AccountChange) -> None:
    """Check for another person than the proposer (rulebook §6.4). Raise Forbidden."""
    if actor.is_among({change.proposed_by}):
        raise Forbidden(because="own-matter")


def check_may_withdraw(actor: Actor, change: AccountChange) -> None:
    """Check for the person who proposed the change; others reject it. Raise Forbidden."""
    if not actor.is_among({change.proposed_by}):
        raise Forbidden(because="not-a-party")


def check_open(state: ChangeState) -> None:
    if state != "proposed":
        raise WrongState(state=state, allowed=["proposed"])


def held_until(approved_at: datetime) -> datetime:
    """Return the time five days later, at the same time of day."""
    return approved_at + HOLD


def masked(iban: str) -> str:
    """Return the country and the last four characters, which identify an account but cannot be used."""
    return f"{iban[:2]}{'*' * (len(iban) - 6)}{iban[-4:]}"


def may_see_whole(actor: Actor, place: Place) -> bool:
    return actor.has("staff", "auditor") or actor.has_for(place, "main_user")


def change_as_seen(change: BankAccountChange, actor: Actor, place: Place) -> BankAccountChange:
    return change if may_see_whole(actor, place) else replace(change, iban=masked(change.iban))


def account_as_seen(account: BankAccount, actor: Actor, place: Place) -> BankAccount:
    if may_see_whole(actor, place):
        return account
    return replace(
        account,
        iban=account.iban and masked(account.iban),
        open_change=account.open_change and change_as_seen(account.open_change, actor, place),
    )
