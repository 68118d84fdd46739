"""Copies of sessions: the same times of day in Finland on other days, also where the clocks change."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.calendar.deadlines import HELSINKI
from app.domain.errors import Invalid
from app.domain.trainings.flags import are_same_sessions
from app.domain.trainings.sessions import (
    LONGEST,
    TrainingSession,
    breakdown_of,
    check_copies,
    check_copyable,
    check_sessions,
    copied_sessions,
    minutes_of,
    starts_on_of,
)
from tests.domain.trainings.test_sessions import at, session


def clock_of(sessions: Sequence[TrainingSession]) -> list[tuple[str, str]]:
    """The times on a Finnish clock."""
    return [
        (f"{each.starts_at.astimezone(HELSINKI):%d.%m. %H:%M}", f"{each.ends_at.astimezone(HELSINKI):%d.%m. %H:%M}")
        for each in sessions
    ]


def test_what_has_no_sessions_has_no_copies() -> None:
    check_copyable([session("2024-03-20T18:00", "2024-03-20T20:00")], [date(2024, 9, 2)])
    with pytest.raises(Invalid) as refused:
        check_copyable([], [date(2024, 9, 2)])
    assert [(fault.pointer, fault.code) for fault in refused.value.faults] == [("/starts_on", "no-sessions")]


def test_copies_keep_the_time_of_day_and_the_days_between() -> None:
    held = [session("2024-03-20T18:00", "2024-03-20T20:00", 15, 2), session("2024-03-27T09:00", "2024-03-27T10:30")]
    copied = copied_sessions(held, date(2024, 3, 27))
    # The second is on 3 April, after the clocks have been moved.
    assert clock_of(copied) == [("27.03. 18:00", "27.03. 20:00"), ("03.04. 09:00", "03.04. 10:30")]
    assert [(each.break_minutes, each.parallel_groups) for each in copied] == [(15, 2), (0, 1)]


def test_the_first_session_is_the_first_in_time() -> None:
    held = [session("2024-05-08T18:00", "2024-05-08T20:00"), session("2024-05-01T18:00", "2024-05-01T20:00")]
    assert clock_of(copied_sessions(held, date(2024, 4, 1))) == [
        ("08.04. 18:00", "08.04. 20:00"),
        ("01.04. 18:00", "01.04. 20:00"),
    ]


def test_the_errors_of_a_copy_are_in_its_day() -> None:
    """Sessions of 1 and 29 December, and one that the first overlaps: no copy has a place of its sessions."""
    held = [session("2024-12-01T18:00", "2024-12-01T20:00"), session("2024-12-29T18:00", "2024-12-29T20:00")]
    days = [date(2024, 12, 30), date(2024, 12, 1), date(2025, 12, 31)]
    copies = [copied_sessions(held, day) for day in days]
    copies[1].append(copies[1][0])
    with pytest.raises(Invalid) as refused:
        check_copies(copies, days)
    assert [(fault.pointer, fault.code, fault.facts) for fault in refused.value.faults] == [
        ("/starts_on/0", "not-in-the-year", {"year": 2024}),
        ("/starts_on/1", "overlaps-session", {}),
        ("/starts_on/2", "not-in-the-year", {"year": 2025}),
    ]


def test_nothing_is_copied_of_no_sessions() -> None:
    assert copied_sessions([], date(2024, 3, 27)) == []


SPRING, AUTUMN = date(2024, 3, 30), date(2024, 10, 26)


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "starts_on", "expected", "minutes"),
    [
        # A night gives what it really has there.
        ("2024-06-01T22:00", "2024-06-02T06:00", SPRING, ("30.03. 22:00", "31.03. 06:00"), 7 * 60),
        ("2024-06-01T22:00", "2024-06-02T06:00", AUTUMN, ("26.10. 22:00", "27.10. 06:00"), 9 * 60),
        # 3.30 is skipped: it is 4.30.
        ("2024-06-02T03:30", "2024-06-02T05:30", date(2024, 3, 31), ("31.03. 04:30", "31.03. 05:30"), 60),
        ("2024-06-02T02:30", "2024-06-02T03:30", date(2024, 3, 31), ("31.03. 02:30", "31.03. 04:30"), 60),
        # Its end would come before its beginning, so it keeps its 30 minutes.
        ("2024-06-02T03:30", "2024-06-02T04:00", date(2024, 3, 31), ("31.03. 04:30", "31.03. 05:00"), 30),
        # 3.30 comes twice: the first is meant.
        ("2024-06-02T03:30", "2024-06-02T04:30", date(2024, 10, 27), ("27.10. 03:30", "27.10. 04:30"), 120),
        # It would have 25 hours, so it keeps its 24.
        ("2024-06-01T12:00", "2024-06-02T12:00", AUTUMN, ("26.10. 12:00", "27.10. 11:00"), 24 * 60),
    ],
)
def test_copies_to_a_night_on_which_the_clocks_change(
    starts_at: str, ends_at: str, starts_on: date, expected: tuple[str, str], minutes: int
) -> None:
    copied = copied_sessions([session(starts_at, ends_at)], starts_on)
    assert clock_of(copied) == [expected]
    assert minutes_of(copied[0]) == minutes
    check_sessions(copied, 2024)


def test_a_session_without_time_after_its_breaks_keeps_its_length() -> None:
    [copied] = copied_sessions([session("2024-06-02T02:00", "2024-06-02T04:30", 90)], date(2024, 3, 31))
    assert minutes_of(copied) == 150  # From 2 to 4.30 it would be 90 minutes, all of them breaks.


def test_a_session_in_the_second_of_two_hours_keeps_its_length_elsewhere() -> None:
    held = [session(at("2024-10-27T03:45", fold=0), at("2024-10-27T03:15", fold=1))]
    assert clock_of(copied_sessions(held, date(2024, 6, 2))) == [("02.06. 03:45", "02.06. 04:15")]
    # Compared in UTC: to Python, times of a repeated hour in two zones are never equal.
    assert are_same_sessions(copied_sessions(held, date(2024, 10, 27)), held)
    assert clock_of(
        copied_sessions([session(at("2024-10-27T03:30", fold=1), "2024-10-27T05:00")], date(2024, 3, 31))
    ) == [("31.03. 04:30", "31.03. 05:00")]


@st.composite
def plans(draw: st.DrawFn) -> list[TrainingSession]:
    """Sound sessions of 2024 one after another, at times near the clocks' changes too."""
    begin = draw(st.sampled_from([datetime(2024, 3, 30, 18, tzinfo=UTC), datetime(2024, 10, 26, 18, tzinfo=UTC)]))
    sessions = []
    for gap, minutes, groups in draw(
        st.lists(st.tuples(st.integers(0, 900), st.integers(1, 24 * 60), st.integers(1, 20)), min_size=1, max_size=8)
    ):
        begin += timedelta(minutes=gap)
        breaks = draw(st.integers(0, minutes - 1))
        sessions.append(TrainingSession(begin, begin + timedelta(minutes=minutes), breaks, groups, []))
        begin = sessions[-1].ends_at
    return sessions


@given(plans(), st.dates(date(2024, 1, 1), date(2024, 12, 1)))
def test_each_copied_session_is_sound_by_itself_and_in_its_place(plan: list[TrainingSession], starts_on: date) -> None:
    copied = copied_sessions(plan, starts_on)
    assert starts_on_of(copied) == starts_on
    for before, after in zip(plan, copied, strict=True):
        length = after.ends_at - after.starts_at
        assert timedelta(minutes=after.break_minutes) < length <= LONGEST
        # From a night of 25 hours to one of 23 it is two.
        assert abs(length - (before.ends_at - before.starts_at)) <= timedelta(hours=2)
    assert all(one.starts_at <= other.starts_at + timedelta(hours=1) for one, other in pairwise(copied))


@given(plans())
def test_a_copy_to_the_same_day_is_the_same(plan: list[TrainingSession]) -> None:
    first = starts_on_of(plan)
    assert first is not None
    assert copied_sessions(plan, first) == plan


@given(plans(), st.permutations(range(8)), st.integers(0, 500))
def test_hours_depend_neither_on_the_order_nor_on_offsets(
    plan: list[TrainingSession], order: list[int], platform_hours: int
) -> None:
    check_sessions(plan, 2024)
    turned = [plan[place] for place in order if place < len(plan)]
    local = [
        TrainingSession(
            each.starts_at.astimezone(HELSINKI),
            each.ends_at.astimezone(HELSINKI),
            each.break_minutes,
            each.parallel_groups,
            [],
        )
        for each in turned
    ]
    check_sessions(local, 2024)
    found = breakdown_of(local, platform_hours)
    assert found == breakdown_of(plan, platform_hours)
    assert found.net_minutes == found.gross_minutes - found.break_minutes > 0
    assert 45 * found.session_hours <= found.net_minutes < 45 * (found.session_hours + 1)
