"""Support: the least of hours, costs and what other grants leave, to the cent."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.trainings.support import (
    Cost,
    Disallowed,
    LimitedBy,
    Support,
    eligible_cents_of,
    payment_state_of,
    support_of,
    supported_hours,
    without_support,
)
from app.domain.trainings.support_rules import ActivityRules, CostCategory, SupportRules

CATEGORIES: tuple[CostCategory, ...] = get_args(CostCategory)
TRAINING = ActivityRules(True, 3500, 55, 1, None, 7, 15, 6, 1, 28, False, ["teaching_fees", "venue"])
PEER_GROUP = ActivityRules(True, 300, 100, 10, None, 5, 15, 3, -14, 28, False, ["materials", "venue", "other"])
RULES = SupportRules(2024, True, None, 3, TRAINING, PEER_GROUP, None, None, None)


def of_training(
    hours: int,
    euros: str,
    rate_cents: int = 3500,
    share: int = 55,
    *,
    other_grants: int = 0,
    maximum_hours: int | None = None,
) -> Support:
    """Support of a training that was held as planned, with costs in euros."""
    rules = replace(TRAINING, rate_cents=rate_cents, share_percent=share, maximum_hours=maximum_hours)
    return support_of(
        "training",
        replace(RULES, training=rules),
        planned=hours,
        held=hours,
        of_age=7,
        costs=costs(euros),
        other_grants_cents=other_grants,
    )


def of_group(planned: int, held: int, euros: str, members: int = 5) -> Support:
    return support_of("peer_group", RULES, planned=planned, held=held, of_age=members, costs=costs(euros))


def costs(euros: str) -> list[Cost]:
    whole, _, cents = euros.partition(".")
    return [Cost("venue", int(whole) * 100 + int(cents or 0), None)]


@pytest.mark.parametrize(
    ("hours", "euros", "rate_cents", "share", "cents", "limited_by"),
    [
        # Example 1, KSL in 2022: 10 × 30 = 300.
        (10, "300", 3000, 60, 180_00, "costs"),
        (10, "500", 3000, 60, 300_00, "hours"),  # 60 % of 500 are 300 too.
        (10, "1000", 3000, 60, 300_00, "hours"),
        # Example 3, 2022: 10 × 33 = 330.
        (10, "1000", 3300, 55, 330_00, "hours"),
        (10, "400", 3300, 55, 220_00, "costs"),
        (10, "600", 3300, 55, 330_00, "hours"),  # 55 % of 600 are 330 too.
        # Example 4: 8 × 35 = 280; 55 % of 509.09 are 279.9995.
        (8, "509.09", 3500, 55, 280_00, "hours"),
        (8, "500", 3500, 55, 275_00, "costs"),
        # Example 5, 2019: 6 × 21.50 = 129.
        (6, "200", 2150, 55, 110_00, "costs"),
        (6, "300", 2150, 55, 129_00, "hours"),
        # Example 6, 2020 and 2021: 4 × 26 = 104; 55 % of 250 are 137.50.
        (4, "250", 2600, 55, 104_00, "hours"),
        # Example 7, about 2016, electronic and on paper: 55 % of 600 are 330.
        (10, "600", 2400, 55, 240_00, "hours"),
        (10, "600", 2100, 55, 210_00, "hours"),
        # Nothing held, and no costs.
        (0, "600", 3500, 55, 0, "hours"),
        (10, "0", 3500, 55, 0, "costs"),
    ],
)
def test_the_support_of_a_training(
    hours: int, euros: str, rate_cents: int, share: int, cents: int, limited_by: LimitedBy
) -> None:
    support = of_training(hours, euros, rate_cents, share)
    assert (support.cents, support.limited_by) == (cents, limited_by)


@pytest.mark.parametrize(
    ("rate_cents", "euros_an_hour"), [(2150, "39.09"), (2400, "43.64"), (2600, "47.27"), (3300, "60"), (3500, "63.64")]
)
def test_the_costs_of_an_hour_from_which_the_hours_limit(rate_cents: int, euros_an_hour: str) -> None:
    """Example 8: the rate divided by 55 %, rounded to a cent."""
    [cost] = costs(euros_an_hour)
    assert of_training(1, euros_an_hour, rate_cents).cents == rate_cents
    assert (
        support_of(
            "training",
            replace(RULES, training=replace(TRAINING, rate_cents=rate_cents)),
            planned=1,
            held=1,
            of_age=7,
            costs=[replace(cost, cents=cost.cents - 2)],
        ).limited_by
        == "costs"
    )


@pytest.mark.parametrize(
    ("planned", "held", "euros", "members", "cents", "limited_by"),
    [
        # Example 9: 3 euros an hour, and never more than the costs.
        (20, 20, "200", 5, 60_00, "hours"),
        (20, 20, "45", 5, 45_00, "costs"),
        (20, 20, "0", 5, 0, "costs"),
        (20, 24, "200", 5, 60_00, "hours"),
        (20, 9, "200", 5, 0, "minimum_hours"),
        (20, 20, "200", 4, 0, "minimum_participants"),
        (20, 10, "200", 5, 30_00, "hours"),
        (9, 20, "200", 5, 0, "minimum_hours"),  # Only planned hours count.
    ],
)
def test_the_support_of_a_peer_group(
    planned: int, held: int, euros: str, members: int, cents: int, limited_by: LimitedBy
) -> None:
    support = of_group(planned, held, euros, members)
    assert (support.cents, support.limited_by) == (cents, limited_by)


@pytest.mark.parametrize(("planned", "held", "hours"), [(10, 8, 8), (10, 12, 10), (10, 10, 10), (10, 0, 0)])
def test_hours_are_those_held_up_to_those_planned(planned: int, held: int, hours: int) -> None:
    """Example 16."""
    assert supported_hours(planned, held) == hours
    support = support_of("training", RULES, planned=planned, held=held, of_age=7, costs=costs("10000"))
    assert (support.hours, support.cents) == (hours, hours * 3500)


def test_few_participants_of_a_training_are_a_question_for_the_decision() -> None:
    assert support_of("training", RULES, planned=2, held=2, of_age=0, costs=costs("1000")).cents == 70_00


@pytest.mark.parametrize(
    ("other_grants", "cents", "room", "limited_by"),
    [
        (0, 330_00, 600_00, "hours"),
        (270_00, 330_00, 330_00, "hours"),  # 600 − 270 = 330: together exactly the costs.
        (270_01, 329_99, 329_99, "other_grants"),
        (600_00, 0, 0, "other_grants"),
        (700_00, 0, 0, "other_grants"),  # Never below 0.
    ],
)
def test_support_and_other_grants_never_exceed_the_costs(
    other_grants: int, cents: int, room: int, limited_by: LimitedBy
) -> None:
    support = of_training(10, "600", 3300, other_grants=other_grants)
    assert (support.cents, support.room_cents, support.limited_by) == (cents, room, limited_by)


@pytest.mark.parametrize(
    ("eligible", "percent", "cents"),
    [
        ("0.01", 49, 0),  # 0.49 cents.
        ("0.01", 50, 1),  # Half a cent is rounded up.
        ("0.10", 55, 6),  # 5.5 cents.
        ("0.30", 55, 17),  # 16.5 cents: to 17, not to the even 16.
        ("509.09", 55, 280_00),  # 27999.95 cents.
        ("1000000000.00", 55, 550_000_000_00),
    ],
)
def test_the_share_is_rounded_half_up_once(eligible: str, percent: int, cents: int) -> None:
    assert of_training(10_000_000_000, eligible, share=percent).by_costs_cents == cents


def test_rows_are_not_rounded_one_by_one() -> None:
    rows = [Cost("venue", 1, None), Cost("venue", 1, None), Cost("teaching_fees", 1, None)]
    support = support_of("training", RULES, planned=9, held=9, of_age=7, costs=rows)
    assert support.by_costs_cents == 2  # 55 % of 3 are 1.65; of 1 each they would be 3 times 1.


@pytest.mark.parametrize(
    ("disallowed", "eligible"),
    [
        ([], 300),
        ([Disallowed("venue", 50, "")], 250),
        ([Disallowed("venue", 50, ""), Disallowed("venue", 25, "")], 225),
        ([Disallowed("venue", 500, "")], 200),  # Nothing is left of the venue, and the fees stay as they are.
        ([Disallowed("equipment", 40, "")], 300),  # It did not count before either.
        ([Disallowed("planning_fees", 40, "")], 300),  # Without such costs.
    ],
)
def test_eligible_costs(disallowed: Sequence[Disallowed], eligible: int) -> None:
    rows = [
        Cost("venue", 60, None),
        Cost("venue", 40, "The second day"),
        Cost("teaching_fees", 200, None),
        Cost("equipment", 999, None),
    ]
    assert eligible_cents_of(rows, disallowed, ["teaching_fees", "venue", "planning_fees"]) == eligible


def test_no_more_hours_are_supported_than_the_rules_allow() -> None:
    support = of_training(120, "100000", maximum_hours=100)
    assert (support.hours, support.cents, support.limited_by) == (100, 100 * 3500, "hours")


def test_a_support_shows_its_steps_and_its_rules() -> None:
    assert of_training(10, "400", 3300, other_grants=50_00) == Support(
        cents=220_00,
        currency="EUR",
        hours=10,
        rate_cents=3300,
        share_percent=55,
        eligible_cents=400_00,
        by_hours_cents=330_00,
        by_costs_cents=220_00,
        room_cents=350_00,
        limited_by="costs",
        rules_revision=3,
        final=False,
    )


def test_an_unsupported_training_gets_nothing() -> None:
    support = support_of(
        "training", RULES, planned=0, held=0, of_age=7, costs=costs("600"), supported=False, final=True
    )
    assert (support.cents, support.limited_by, payment_state_of(support)) == (0, "not_supported", "none")


def test_only_a_decided_support_above_0_is_paid() -> None:
    estimate = of_training(10, "600")
    decided = replace(estimate, final=True)
    assert (payment_state_of(estimate), payment_state_of(decided)) == ("none", "payable")
    assert payment_state_of(replace(decided, cents=0)) == "none"


@pytest.mark.parametrize("because", ["rejected", "reversed"])
def test_nothing_is_left_after_a_rejection_or_a_reversal(because: Literal["rejected", "reversed"]) -> None:
    left = without_support(replace(of_training(10, "600"), final=True), because)
    assert (left.cents, left.limited_by, left.final, payment_state_of(left)) == (0, because, True, "none")
    assert left.eligible_cents == 600_00


amounts = st.integers(0, 10**11)
some_costs = st.lists(st.builds(Cost, st.sampled_from(CATEGORIES), amounts, st.none()), max_size=12)
some_disallowed = st.lists(st.builds(Disallowed, st.sampled_from(CATEGORIES), amounts, st.just("")), max_size=5)
some_rules = st.builds(
    replace,
    st.sampled_from([TRAINING, PEER_GROUP]),
    rate_cents=st.integers(0, 10_000),
    share_percent=st.integers(0, 100),
    maximum_hours=st.none() | st.integers(1, 500),
    eligible_costs=st.lists(st.sampled_from(CATEGORIES), unique=True),
)


@given(some_rules, st.integers(0, 500), st.integers(0, 500), st.integers(0, 20), some_costs, some_disallowed, amounts)
def test_no_limit_is_ever_exceeded_and_more_costs_never_give_less(
    rules: ActivityRules,
    planned: int,
    held: int,
    of_age: int,
    rows: list[Cost],
    disallowed: list[Disallowed],
    other_grants: int,
) -> None:
    def support(rows: list[Cost], disallowed: list[Disallowed]) -> Support:
        return support_of(
            "peer_group",
            replace(RULES, peer_group=rules),
            planned=planned,
            held=held,
            of_age=of_age,
            costs=rows,
            disallowed=disallowed,
            other_grants_cents=other_grants,
        )

    found = support(rows, disallowed)
    assert 0 <= found.cents <= min(found.by_hours_cents, found.by_costs_cents, found.room_cents)
    assert found.eligible_cents <= sum(cost.cents for cost in rows)
    assert found.cents == 0 or found.cents + other_grants <= found.eligible_cents
    # Half a cent at most from the share, and never below it.
    assert -50 < found.by_costs_cents * 100 - found.share_percent * found.eligible_cents <= 50
    assert support([*rows, Cost("venue", 1, None)], disallowed).cents >= found.cents
    assert support(rows, []).cents >= found.cents
