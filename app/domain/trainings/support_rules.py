"""Rules of support (tukisäännöt): what a study centre pays for a teaching hour in a year, and what it asks for it
(rulebook §4.1, §4.2)."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from app.domain.errors import Fault, Invalid, SupportRulesUnverified
from app.domain.lists import check_once
from app.domain.values import Shown

Activity = Literal["training", "peer_group"]
"""The hour type that an activity uses."""
CostCategory = Literal[
    "teaching_fees",
    "planning_fees",
    "trainer_travel",
    "trainer_per_diem",
    "trainer_lodging",
    "participant_travel",
    "participant_lodging",
    "participant_meals",
    "materials",
    "venue",
    "leader_fees",
    "leader_travel",
    "equipment",
    "other",
]
SHORTEST_MONTH = 28
"""In days."""


@dataclass(frozen=True)
class ActivityRules(Shown):
    enabled: bool
    """Whether the activity is supported in the year."""
    rate_cents: int
    """Most support for a teaching hour, in cents."""
    share_percent: int
    """Most support as a share of the eligible costs, in per cent."""
    minimum_hours: int
    """Fewest teaching hours that are supported."""
    maximum_hours: int | None
    """Most teaching hours that are supported. `null` if there is no limit."""
    minimum_participants: int
    """Fewest participants who are old enough (`minimum_age`)."""
    minimum_age: int
    """Age from which a participant counts, in years."""
    earliest_months: int
    """Number of months before the first day from which a plan may be sent."""
    latest_days: int
    """Number of days before the first day until which a plan may be sent. Below 0 they are days after it: −14 is two
    weeks after."""
    statement_days: int
    """Number of days after the last day in which the cost statement is due."""
    automatic_approval: bool
    """Whether plans are approved automatically when they are sent."""
    eligible_costs: list[CostCategory]
    """Categories of costs that count."""


@dataclass(frozen=True)
class SupportRules(Shown):
    year: int
    verified: bool
    """Whether the figures are confirmed. If not, plans are handled, but no cost statement is approved."""
    inherited_from: int | None
    """Year whose rules apply because this one has none of its own. `null` if it has."""
    revision: int
    """Number of the year's own rules, which grows with each change. 0 if the year has none."""
    training: ActivityRules
    """Rules for training courses."""
    peer_group: ActivityRules
    """Rules for peer study groups."""
    changed_by: UUID | None
    """ID of the person who last set the year's rules. `null` if nobody has."""
    changed_by_name: str | None
    changed_at: datetime | None
    """When the year's rules were last set. `null` if nobody has set them."""

    def of(self, activity: Activity) -> ActivityRules:
        return self.training if activity == "training" else self.peer_group


def inherited(rules: SupportRules, year: int) -> SupportRules:
    """Return the rules for a year that has none of its own (rulebook §4.1)."""
    if rules.year == year:
        return rules
    return replace(
        rules,
        year=year,
        verified=False,
        inherited_from=rules.year,
        revision=0,
        changed_by=None,
        changed_by_name=None,
        changed_at=None,
    )


def check_rules(rules: ActivityRules, pointer: str) -> None:
    """Check that the numbers agree with one another: some hours are possible, and on some day a plan may be sent.

    Rulebook §4.1. Raise Invalid.
    """
    check_once(rules.eligible_costs, f"{pointer}/eligible_costs/{{}}")
    faults = []
    if rules.maximum_hours is not None and rules.maximum_hours < rules.minimum_hours:
        facts: dict[str, object] = {"ge": rules.minimum_hours}
        faults.append(Fault(f"{pointer}/maximum_hours", "greater-than-equal", facts))
    most = rules.earliest_months * SHORTEST_MONTH
    if rules.latest_days > most:
        faults.append(Fault(f"{pointer}/latest_days", "less-than-equal", {"le": most}))
    if faults:
        raise Invalid(*faults)


def check_verified(rules: SupportRules, *, pointer: str | None = None) -> None:
    """Check that the year's figures are confirmed (rulebook §4.1). Raise SupportRulesUnverified."""
    if not rules.verified:
        raise SupportRulesUnverified(pointer=pointer, year=rules.year, inherited_from=rules.inherited_from)
