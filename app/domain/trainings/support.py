"""Support (tuki): what the study centre pays for the hours held, in euro cents (rulebook §4.1, §4.3)."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from app.domain.trainings.support_rules import Activity, CostCategory, SupportRules
from app.domain.values import Shown

LimitedBy = Literal[
    "hours",
    "costs",
    "other_grants",
    "minimum_hours",
    "minimum_participants",
    "not_supported",
    "rejected",
    "reversed",
]
PaymentState = Literal["none", "payable"]


@dataclass(frozen=True)
class Cost(Shown):
    category: CostCategory
    """Category of the cost."""
    cents: int
    """Cost in euro cents."""
    note: str | None
    """Note on the cost. `null` if there is none."""


@dataclass(frozen=True)
class Disallowed(Shown):
    category: CostCategory
    """Category of the cost."""
    cents: int
    """Part of the costs that does not count, in euro cents."""
    reason: str
    """Reason why it does not count."""


@dataclass(frozen=True)
class Support(Shown):
    """Support and the steps to it: the smallest of `by_hours_cents`, `by_costs_cents` and `room_cents`."""

    cents: int
    """Support in cents."""
    currency: Literal["EUR"]
    """Currency of the support and the costs."""
    hours: int
    """Teaching hours that are supported: those held, and no more than those planned."""
    rate_cents: int
    """Most support for a teaching hour, in cents, by the rules of the year."""
    share_percent: int
    """Most support as a share of the eligible costs, in per cent, by the rules of the year."""
    eligible_cents: int
    """Costs of the categories that count, without what was disallowed, in cents."""
    by_hours_cents: int
    """Most support by the hours: `hours` times `rate_cents`."""
    by_costs_cents: int
    """Most support by the costs: `share_percent` of `eligible_cents`, rounded half up to a cent."""
    room_cents: int
    """Eligible costs that other grants do not cover, in cents."""
    limited_by: LimitedBy
    """Basis of the amount. `hours`, `costs` and `other_grants`: the smallest of the three limits, the first of
    them if they are equal. Otherwise the support is 0: too few hours or participants for a peer study group, a
    training course or peer study group without subsidy, or a statement that was rejected or reversed."""
    rules_revision: int
    """Number of the year's support rules that the figures follow."""
    final: bool
    """Whether the support was decided. Until then it is an estimate."""


def support_of(
    activity: Activity,
    rules: SupportRules,
    *,
    planned: int,
    held: int,
    of_age: int,
    costs: Iterable[Cost],
    disallowed: Iterable[Disallowed] = (),
    other_grants_cents: int = 0,
    supported: bool = True,
    final: bool = False,
) -> Support:
    """Return the least of hours × rate, share × eligible costs, and eligible costs − other grants (rulebook §4.1).

    Hours are those held, up to those planned and to the rules' maximum. A peer group below the minimum of hours, or of
    participants who are old enough, gets no support (rulebook §3.6). For a training course too few participants are a
    question for the decision. Fees that participants paid do not count (rulebook §4.3).
    """
    of_year = rules.of(activity)
    counted = supported_hours(planned, held)
    hours = counted if of_year.maximum_hours is None else min(counted, of_year.maximum_hours)
    eligible = eligible_cents_of(costs, disallowed, of_year.eligible_costs)
    by_hours = hours * of_year.rate_cents
    by_costs = _share_of(eligible, of_year.share_percent)
    room = max(0, eligible - other_grants_cents)
    limits: list[tuple[int, LimitedBy]] = [(by_hours, "hours"), (by_costs, "costs"), (room, "other_grants")]
    cents, limited_by = min(limits, key=lambda limit: limit[0])
    if activity == "peer_group" and counted < of_year.minimum_hours:
        cents, limited_by = 0, "minimum_hours"
    elif activity == "peer_group" and of_age < of_year.minimum_participants:
        cents, limited_by = 0, "minimum_participants"
    if not supported:
        cents, limited_by = 0, "not_supported"
    return Support(
        cents=cents,
        currency="EUR",
        hours=hours,
        rate_cents=of_year.rate_cents,
        share_percent=of_year.share_percent,
        eligible_cents=eligible,
        by_hours_cents=by_hours,
        by_costs_cents=by_costs,
        room_cents=room,
        limited_by=limited_by,
        rules_revision=rules.revision,
        final=final,
    )


def supported_hours(planned: int, held: int) -> int:
    """Return the hours that an approval uses: those held, up to those planned (rulebook §3.5, example 16)."""
    return min(planned, held)


def eligible_cents_of(costs: Iterable[Cost], disallowed: Iterable[Disallowed], eligible: Iterable[CostCategory]) -> int:
    """Return the costs of the eligible categories less what was disallowed, never below 0 in a category (§4.3)."""
    sums: defaultdict[CostCategory, int] = defaultdict(int)
    for cost in costs:
        sums[cost.category] += cost.cents
    for part in disallowed:
        sums[part.category] -= part.cents
    return sum(max(0, sums[category]) for category in set(eligible))


def without_support(support: Support, because: Literal["rejected", "reversed"]) -> Support:
    """Return what is left of the support once its statement was rejected or reversed: nothing (rulebook §3.5)."""
    return replace(support, cents=0, limited_by=because, final=True)


def payment_state_of(support: Support) -> PaymentState:
    """Return whether a decided support waits for its payment (rulebook §3.5). There is none of 0 euros."""
    return "payable" if support.final and support.cents > 0 else "none"


def _share_of(cents: int, percent: int) -> int:
    """The share in cents, rounded half up once."""
    return (cents * percent + 50) // 100
