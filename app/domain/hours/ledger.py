"""The ledger of hours (tuntikirjanpito): accounts, and the transfers between them (rulebook §3.12).

Double-entry and append-only: a transfer moves a whole number of hours from one account to another. A mistake is
corrected by another transfer. The accounts of a year sum to zero, because the source `state` is minus what was
granted.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from app.domain.values import Shown

HourType = Literal["training", "peer_group"]
"""Hours of training courses, and those of peer groups, which are never mixed."""
Account = Literal["state", "pool", "common", "allotment", "reserved", "used", "lapsed"]
TransferKind = Literal[
    "pool",
    "grant",
    "supplementary_grant",
    "distribution",
    "recall",
    "return",
    "return_cancellation",
    "reservation",
    "release",
    "use",
    "reversal",
    "lapse",
    "correction",
]


def facts_of(hour_type: HourType, **facts: object) -> dict[str, Any]:
    """Return the facts of an event about hours, with their type. Those of training courses need none."""
    return facts if hour_type == "training" else facts | {"hour_type": hour_type}


@dataclass(frozen=True)
class Holding(Shown):
    """An account and its holder."""

    account: Account
    """Kind of account."""
    organisation_id: UUID | None
    """ID of the organisation. `null` if the account is `state` or `pool`, which belong to the study centre."""


@dataclass(frozen=True)
class Transfer:
    kind: TransferKind
    hours: int
    central_organisation_id: UUID | None
    """The central organisation under which it happens. None between the study centre's own accounts."""
    source: Holding
    target: Holding

    def holders(self) -> Iterator[tuple[UUID, UUID]]:
        """The organisations whose balances the transfer changes, each with its central organisation."""
        for holding in (self.source, self.target):
            if holding.organisation_id is not None and self.central_organisation_id is not None:
                yield holding.organisation_id, self.central_organisation_id


STATE = Holding("state", None)
POOL = Holding("pool", None)


def pool_change(hours: int) -> Transfer:
    """Return the transfer that adds hours from the state to the pool, or, if negative, gives some back."""
    if hours > 0:
        return Transfer("pool", hours, None, STATE, POOL)
    return Transfer("pool", -hours, None, POOL, STATE)


def grant(central_id: UUID, hours: int) -> Transfer:
    return Transfer("grant", hours, central_id, POOL, Holding("common", central_id))


def supplementary_grant(central_id: UUID, hours: int) -> Transfer:
    return Transfer("supplementary_grant", hours, central_id, POOL, Holding("common", central_id))


def distribution(central_id: UUID, unit_id: UUID, hours: int) -> Transfer:
    return Transfer("distribution", hours, central_id, Holding("common", central_id), Holding("allotment", unit_id))


def recall(central_id: UUID, unit_id: UUID, hours: int) -> Transfer:
    return Transfer("recall", hours, central_id, Holding("allotment", unit_id), Holding("common", central_id))


def hour_return(central_id: UUID, hours: int) -> Transfer:
    return Transfer("return", hours, central_id, Holding("common", central_id), POOL)


def return_cancellation(central_id: UUID, hours: int) -> Transfer:
    return Transfer("return_cancellation", hours, central_id, POOL, Holding("common", central_id))


def free_account_of(central_id: UUID, holder_id: UUID) -> Holding:
    """Return the account of a holder's free hours: `common` of a central organisation, `allotment` of a unit."""
    return Holding("common" if holder_id == central_id else "allotment", holder_id)


def reservation(central_id: UUID, holder_id: UUID, hours: int) -> Transfer:
    free = free_account_of(central_id, holder_id)
    return Transfer("reservation", hours, central_id, free, Holding("reserved", holder_id))


def release(central_id: UUID, holder_id: UUID, hours: int) -> Transfer:
    free = free_account_of(central_id, holder_id)
    return Transfer("release", hours, central_id, Holding("reserved", holder_id), free)


def use(central_id: UUID, holder_id: UUID, hours: int) -> Transfer:
    return Transfer("use", hours, central_id, Holding("reserved", holder_id), Holding("used", holder_id))


def reversal(central_id: UUID, holder_id: UUID, hours: int, *, has_left: bool, year_is_closed: bool) -> Transfer:
    """Return the transfer that takes back used hours: they are free again for their holder.

    Those of a unit that has left the central organisation are its common hours. In a closed year they lapse.
    """
    if year_is_closed:
        target = Holding("lapsed", central_id)
    else:
        target = Holding("common", central_id) if has_left else free_account_of(central_id, holder_id)
    return Transfer("reversal", hours, central_id, Holding("used", holder_id), target)


def lapse(central_id: UUID, holder_id: UUID, hours: int) -> Transfer:
    free = free_account_of(central_id, holder_id)
    return Transfer("lapse", hours, central_id, free, Holding("lapsed", central_id))


def correction(central_id: UUID, hours: int, *, year_is_closed: bool) -> Transfer:
    """Return the transfer that adds hours to the central organisation, or, if negative, takes some.

    In a closed year it changes the lapsed hours (rulebook §3.13).
    """
    own = Holding("lapsed" if year_is_closed else "common", central_id)
    if hours > 0:
        return Transfer("correction", hours, central_id, POOL, own)
    return Transfer("correction", -hours, central_id, own, POOL)
