"""Cost statements: phases of a training, days of its statement, and what a decision gives a reason for."""

from datetime import UTC, date, datetime

import pytest

from app.domain.calendar.deadlines import start_of
from app.domain.errors import WindowClosed, WrongState
from app.domain.trainings.statement_checks import (
    NeedsReason,
    Timing,
    check_held,
    check_statement_window,
    is_late,
    lapses_on_of,
    needs_reason_of,
    phase_of,
    plan_lapses_on_of,
    timing_of,
)
from app.domain.trainings.trainings import Phase

START, END = datetime(2024, 6, 15, 7, tzinfo=UTC), datetime(2024, 6, 15, 13, tzinfo=UTC)
DUE_ON, LAST_ON = date(2024, 7, 13), date(2025, 1, 18)


@pytest.mark.parametrize(
    ("now", "settled", "phase"),
    [
        (datetime(2024, 6, 15, 6, 59, tzinfo=UTC), False, "upcoming"),
        (START, False, "under_way"),
        (datetime(2024, 6, 15, 12, 59, tzinfo=UTC), False, "under_way"),
        (END, False, "statement_due"),
        (END, True, "ended"),
        (datetime(2024, 7, 13, 20, 59, tzinfo=UTC), False, "statement_due"),  # 23.59 in Finland.
        (datetime(2024, 7, 13, 21, tzinfo=UTC), False, "late"),
        (datetime(2024, 7, 13, 21, tzinfo=UTC), True, "ended"),
        (datetime(2025, 6, 1, tzinfo=UTC), False, "late"),
        (START, True, "under_way"),
    ],
)
def test_the_phase_follows_from_the_clock(now: datetime, settled: bool, phase: Phase) -> None:
    assert phase_of(now, START, END, DUE_ON, settled=settled) == phase


def test_without_sessions_nothing_begins_and_without_a_due_day_nothing_is_late() -> None:
    assert phase_of(END, None, None, None, settled=False) == "upcoming"
    assert phase_of(datetime(2030, 1, 1, tzinfo=UTC), START, END, None, settled=False) == "statement_due"


@pytest.mark.parametrize(
    ("today", "last_on", "answer_by", "timing"),
    [
        (DUE_ON, LAST_ON, None, "in_time"),
        (date(2024, 7, 14), LAST_ON, None, "late"),
        (LAST_ON, LAST_ON, None, "late"),
        (date(2025, 1, 19), LAST_ON, None, "closed"),
        (date(2025, 1, 19), LAST_ON, date(2025, 1, 19), "late"),  # Sent back with a later day.
        (date(2025, 1, 20), LAST_ON, date(2025, 1, 19), "closed"),
        (date(2024, 12, 1), LAST_ON, date(2024, 11, 1), "late"),  # The last day is later than the day to send it again.
        (date(2026, 1, 1), None, None, "late"),  # No last day has been confirmed.
        (date(2024, 7, 13), DUE_ON, None, "in_time"),  # The last day is the due day itself.
        (date(2024, 7, 14), DUE_ON, None, "closed"),
    ],
)
def test_a_statement_is_in_time_late_or_too_late(
    today: date, last_on: date | None, answer_by: date | None, timing: Timing
) -> None:
    assert timing_of(today, DUE_ON, last_on, answer_by) == timing
    if timing != "closed":
        assert check_statement_window(start_of(today), DUE_ON, last_on, answer_by) == timing
        return
    with pytest.raises(WindowClosed) as refused:
        check_statement_window(start_of(today), DUE_ON, last_on, answer_by)
    assert (refused.value.facts["kind"], refused.value.facts["closed_on"]) == ("cost_statement", last_on)


@pytest.mark.parametrize(("now", "phase"), [(datetime(2024, 1, 1, tzinfo=UTC), "upcoming"), (START, "under_way")])
def test_a_statement_comes_after_the_last_session(now: datetime, phase: Phase) -> None:
    with pytest.raises(WrongState) as refused:
        check_held(now, START, END)
    assert refused.value.facts == {"state": phase, "allowed": ["statement_due", "late"]}
    check_held(END, START, END)


@pytest.mark.parametrize(
    ("of_age", "late", "other_state_support", "adult_education_centre", "reasons"),
    [
        (7, False, False, False, []),
        (6, False, False, False, ["few-participants"]),
        (7, True, False, False, ["late"]),
        (7, False, True, False, ["other-state-support"]),
        (7, False, False, True, ["adult-education-centre"]),
        (0, True, True, True, ["few-participants", "late", "other-state-support", "adult-education-centre"]),
    ],
)
def test_what_a_decision_gives_a_reason_for(
    of_age: int, late: bool, other_state_support: bool, adult_education_centre: bool, reasons: list[NeedsReason]
) -> None:
    assert (
        needs_reason_of(
            of_age=of_age,
            minimum_participants=7,
            late=late,
            other_state_support=other_state_support,
            adult_education_centre=adult_education_centre,
        )
        == reasons
    )


@pytest.mark.parametrize(
    ("last_end", "last_on", "answer_by", "lapses_on"),
    [
        (END, LAST_ON, None, date(2025, 1, 19)),
        (END, LAST_ON, date(2025, 2, 1), date(2025, 2, 2)),  # Sent back with a later day.
        (END, LAST_ON, date(2024, 11, 1), date(2025, 1, 19)),
        (END, date(2024, 5, 1), None, date(2024, 6, 16)),  # The last day came before the end.
        (END, None, None, None),
        (None, LAST_ON, None, None),
    ],
)
def test_a_training_without_a_statement_lapses(
    last_end: datetime | None, last_on: date | None, answer_by: date | None, lapses_on: date | None
) -> None:
    assert lapses_on_of(last_end, last_on, answer_by) == lapses_on


def test_a_plan_that_is_not_sent_again_lapses() -> None:
    assert plan_lapses_on_of(date(2024, 6, 15)) == date(2024, 6, 16)


@pytest.mark.parametrize(
    ("timing", "was_submitted", "was_late", "expected"),
    [
        ("in_time", False, False, False),
        ("late", False, False, True),
        ("late", True, False, False),  # Only its completion came later.
        ("late", True, True, True),
        ("in_time", True, True, True),  # The due day was extended since.
    ],
)
def test_a_statement_that_was_sent_back_is_as_late_as_before(
    timing: Timing, was_submitted: bool, was_late: bool, expected: bool
) -> None:
    assert is_late(timing, was_submitted=was_submitted, was_late=was_late) is expected
