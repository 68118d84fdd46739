"""The rules of support of a year: inheritance, and numbers that agree with one another."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from app.domain.errors import Invalid, SupportRulesUnverified
from app.domain.trainings.support_rules import (
    ActivityRules,
    CostCategory,
    SupportRules,
    check_rules,
    check_verified,
    inherited,
)

COSTS: list[CostCategory] = ["teaching_fees", "venue"]
TRAINING = ActivityRules(True, 3500, 55, 1, None, 7, 15, 6, 1, 28, False, COSTS)
PEER_GROUP = ActivityRules(True, 300, 100, 10, None, 5, 15, 3, -14, 28, False, ["materials"])
OWN = SupportRules(2025, True, None, 4, TRAINING, PEER_GROUP, uuid4(), "Sari", datetime(2025, 1, 2, tzinfo=UTC))


def test_a_year_without_rules_has_those_of_an_earlier_one_unverified() -> None:
    rules = inherited(OWN, 2027)
    assert (rules.year, rules.inherited_from, rules.verified, rules.revision) == (2027, 2025, False, 0)
    assert (rules.training, rules.peer_group) == (TRAINING, PEER_GROUP)
    assert (rules.changed_by, rules.changed_by_name, rules.changed_at) == (None, None, None)


def test_a_year_with_rules_of_its_own_inherits_nothing() -> None:
    assert inherited(OWN, 2025) is OWN


def test_each_activity_has_its_own_rules() -> None:
    assert (OWN.of("training"), OWN.of("peer_group")) == (TRAINING, PEER_GROUP)


@pytest.mark.parametrize(
    ("rules", "pointers"),
    [
        (TRAINING, []),
        (PEER_GROUP, []),
        (replace(TRAINING, minimum_hours=10, maximum_hours=10), []),
        (replace(TRAINING, minimum_hours=10, maximum_hours=9), ["/training/maximum_hours"]),
        # 1 month may have 28 days: a plan would have to be sent before it may be sent.
        (replace(TRAINING, earliest_months=1, latest_days=28), []),
        (replace(TRAINING, earliest_months=1, latest_days=29), ["/training/latest_days"]),
        (replace(TRAINING, earliest_months=0, latest_days=1), ["/training/latest_days"]),
        (replace(TRAINING, earliest_months=0, latest_days=0), []),
        (replace(TRAINING, eligible_costs=["venue", "other", "venue"]), ["/training/eligible_costs/2"]),
    ],
)
def test_numbers_agree(rules: ActivityRules, pointers: list[str]) -> None:
    found = []
    try:
        check_rules(rules, "/training")
    except Invalid as refused:
        found = [fault.pointer for fault in refused.faults]
    assert found == pointers


def test_rules_of_another_year_are_not_confirmed() -> None:
    check_verified(OWN)
    with pytest.raises(SupportRulesUnverified) as refused:
        check_verified(inherited(OWN, 2026))
    assert refused.value.code == "support-rules-unverified"
    assert refused.value.facts == {"year": 2026, "inherited_from": 2025}
