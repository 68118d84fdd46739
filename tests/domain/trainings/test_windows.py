"""When a plan may be sent, and by which day a statement is due."""

from datetime import UTC, date, datetime

import pytest

from app.domain.calendar.deadlines import start_of
from app.domain.errors import PlanWindowClosed
from app.domain.trainings.support_rules import ActivityRules
from app.domain.trainings.windows import PlanWindow, check_plan_window, plan_window_of, statement_due_on_of


def rules(earliest_months: int = 6, latest_days: int = 1, statement_days: int = 28) -> ActivityRules:
    return ActivityRules(
        enabled=True,
        rate_cents=3500,
        share_percent=55,
        minimum_hours=1,
        maximum_hours=None,
        minimum_participants=7,
        minimum_age=15,
        earliest_months=earliest_months,
        latest_days=latest_days,
        statement_days=statement_days,
        automatic_approval=False,
        eligible_costs=[],
    )


OF_PEER_GROUPS = rules(earliest_months=3, latest_days=-14)


@pytest.mark.parametrize(
    ("starts_on", "of_year", "opens_on", "closes_on"),
    [
        (date(2024, 9, 1), rules(), date(2024, 3, 1), date(2024, 8, 31)),  # Example 12.
        (date(2024, 8, 31), rules(), date(2024, 2, 29), date(2024, 8, 30)),  # Example 12: the end of a leap February.
        (date(2023, 8, 31), rules(), date(2023, 2, 28), date(2023, 8, 30)),
        (date(2024, 1, 15), rules(), date(2023, 7, 15), date(2024, 1, 14)),  # Over New Year.
        (date(2024, 6, 30), rules(), date(2023, 12, 30), date(2024, 6, 29)),
        (date(2017, 2, 1), OF_PEER_GROUPS, date(2016, 11, 1), date(2017, 2, 15)),  # Example 13.
        (date(2016, 5, 20), rules(latest_days=14), date(2015, 11, 20), date(2016, 5, 6)),  # Two weeks before.
        (date(2024, 9, 1), rules(earliest_months=0, latest_days=0), date(2024, 9, 1), date(2024, 9, 1)),
        (date(2024, 9, 1), rules(earliest_months=24), date(2022, 9, 1), date(2024, 8, 31)),
    ],
)
def test_the_window_of_a_plan(starts_on: date, of_year: ActivityRules, opens_on: date, closes_on: date) -> None:
    assert plan_window_of(starts_on, of_year) == PlanWindow(opens_on, closes_on)


WINDOW = PlanWindow(date(2024, 3, 1), date(2024, 8, 31))
BEFORE = datetime(2024, 2, 29, 21, 59, tzinfo=UTC)  # 23.59 on the day before.
AFTER = datetime(2024, 8, 31, 21, 0, tzinfo=UTC)  # 0.00 on 1 September, example 12.


@pytest.mark.parametrize("now", [datetime(2024, 2, 29, 22, tzinfo=UTC), datetime(2024, 8, 31, 20, 59, tzinfo=UTC)])
def test_a_plan_is_sent_from_the_first_day_to_the_last(now: datetime) -> None:
    check_plan_window(WINDOW, now)


@pytest.mark.parametrize("now", [BEFORE, AFTER])
def test_outside_its_window_a_plan_is_refused_with_its_days(now: datetime) -> None:
    with pytest.raises(PlanWindowClosed) as refused:
        check_plan_window(WINDOW, now)
    assert refused.value.facts == {"opens_on": WINDOW.opens_on, "closes_on": WINDOW.closes_on}
    assert PlanWindowClosed.code == "plan-window-closed"


def test_an_exception_is_open_until_its_day() -> None:
    check_plan_window(WINDOW, BEFORE, excepted_until=date(2024, 2, 29))
    check_plan_window(WINDOW, AFTER, excepted_until=date(2024, 9, 1))
    with pytest.raises(PlanWindowClosed):
        check_plan_window(WINDOW, start_of(date(2024, 9, 2)), excepted_until=date(2024, 9, 1))


@pytest.mark.parametrize(
    ("ends_on", "last_on", "due_on"),
    [
        # Example 11.
        (date(2024, 6, 15), date(2025, 1, 18), date(2024, 7, 13)),
        (date(2022, 12, 21), date(2023, 1, 18), date(2023, 1, 18)),
        (date(2022, 12, 31), date(2023, 1, 18), date(2023, 1, 18)),  # 28 days would be until 28 January.
        (date(2022, 12, 31), None, date(2023, 1, 28)),  # No last day has been confirmed.
    ],
)
def test_a_statement_is_due_after_four_weeks_or_on_the_last_day(
    ends_on: date, last_on: date | None, due_on: date
) -> None:
    assert statement_due_on_of(ends_on, rules(), last_on) == due_on
