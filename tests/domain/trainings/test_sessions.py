"""Sessions: the teaching hours that they make, their days, and what no session may be."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from app.domain.errors import Invalid
from app.domain.trainings.sessions import (
    HourBreakdown,
    TrainingSession,
    breakdown_of,
    check_sessions,
    days_of,
    ends_on_of,
    first_start_of,
    last_end_of,
    starts_on_of,
)

HELSINKI = ZoneInfo("Europe/Helsinki")


def at(text: str, fold: int = 0) -> datetime:
    """A time in Finland or, with an offset in the text, anywhere."""
    read = datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=HELSINKI, fold=fold)


def session(
    starts_at: str | datetime, ends_at: str | datetime, break_minutes: int = 0, groups: int = 1
) -> TrainingSession:
    begin = at(starts_at) if isinstance(starts_at, str) else starts_at
    end = at(ends_at) if isinstance(ends_at, str) else ends_at
    return TrainingSession(begin, end, break_minutes, groups, [])


def faults_of(*sessions: TrainingSession, year: int = 2024) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refused:
        check_sessions(sessions, year)
    return [(fault.pointer, fault.code) for fault in refused.value.faults]


@pytest.mark.parametrize(
    ("sessions", "hours"),
    [
        # Example 10.
        ([session("2024-06-15T10:00", "2024-06-15T10:45")], 1),
        ([session("2024-06-15T10:00", "2024-06-15T11:30")], 2),
        ([session("2024-06-15T10:00", "2024-06-15T10:44")], 0),
        ([session("2024-06-15T10:00", "2024-06-15T16:00", 90)], 6),  # 360 − 90 = 270 = 6 × 45.
        ([session(f"2024-06-15T{hour}:00", f"2024-06-15T{hour + 1}:00", 15) for hour in range(10, 16)], 6),  # 6 × 45.
        # Divided and rounded down once: 44 + 46 = 90 = 2 × 45.
        ([session("2024-06-15T10:00", "2024-06-15T10:44"), session("2024-06-16T10:00", "2024-06-16T10:46")], 2),
        ([session("2024-06-15T10:00", "2024-06-15T10:30", groups=3)], 2),  # 3 × 30 = 90.
        ([session("2024-06-15T10:00", "2024-06-15T11:00", 15, groups=2)], 2),  # 2 × (60 − 15) = 90.
        ([], 0),
    ],
)
def test_hours_are_the_net_minutes_in_45s(sessions: list[TrainingSession], hours: int) -> None:
    assert breakdown_of(sessions, 0).session_hours == hours


def test_the_breakdown_shows_each_step() -> None:
    sessions = [
        session("2024-06-15T10:00", "2024-06-15T16:00", 90, groups=2),
        session("2024-06-16T10:00Z", "2024-06-16T10:44Z"),
    ]
    # 2 × 360 + 44 = 764; 2 × 90 = 180; 764 − 180 = 584 = 12 × 45 + 44; 12 + 5 = 17.
    assert breakdown_of(sessions, 5) == HourBreakdown(764, 180, 584, 12, 5, 17)


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "minutes"),
    [
        (at("2024-03-30T22:00"), at("2024-03-31T06:00"), 7 * 60),  # The clock goes from 3 to 4.
        (at("2024-10-26T22:00"), at("2024-10-27T06:00"), 9 * 60),  # It is between 3 and 4 twice.
        (at("2024-10-27T03:30", fold=0), at("2024-10-27T03:30", fold=1), 60),  # The same time on the clock.
        (at("2024-10-27T03:30+03:00"), at("2024-10-27T03:15+02:00"), 45),
        (at("2024-06-15T10:00+03:00"), at("2024-06-15T07:45+00:00"), 45),
    ],
)
def test_only_elapsed_time_counts(starts_at: datetime, ends_at: datetime, minutes: int) -> None:
    held = [session(starts_at, ends_at)]
    check_sessions(held, 2024)
    assert breakdown_of(held, 0).gross_minutes == minutes


def test_days_are_days_in_finland() -> None:
    held = [session("2024-06-15T22:00Z", "2024-06-16T01:00Z"), session("2024-06-17T18:00", "2024-06-18T00:00")]
    assert (starts_on_of(held), ends_on_of(held)) == (date(2024, 6, 16), date(2024, 6, 17))
    assert days_of(held) == [date(2024, 6, 16), date(2024, 6, 17)]
    assert first_start_of(held) == datetime(2024, 6, 15, 22, tzinfo=UTC)
    assert last_end_of(held) == datetime(2024, 6, 17, 21, tzinfo=UTC)


def test_the_day_of_the_end_is_that_of_the_session_that_ends_last() -> None:
    held = [session("2024-06-20T10:00", "2024-06-20T12:00"), session("2024-06-15T10:00", "2024-06-15T12:00")]
    assert (starts_on_of(held), ends_on_of(held)) == (date(2024, 6, 15), date(2024, 6, 20))


def test_without_sessions_there_are_no_days() -> None:
    assert (starts_on_of([]), ends_on_of([]), first_start_of([]), last_end_of([]), days_of([])) == (None,) * 4 + ([],)
    check_sessions([], 2024)


@pytest.mark.parametrize(
    "sessions",
    [
        [session("2024-06-15T10:00", "2024-06-15T12:00"), session("2024-06-15T12:00", "2024-06-15T14:00")],
        [session("2024-06-15T12:00", "2024-06-15T14:00"), session("2024-06-15T10:00", "2024-06-15T12:00")],
        [session("2024-01-01T00:00", "2024-01-02T00:00")],  # Exactly 24 hours, from the first midnight of the year.
        [session("2024-12-31T20:00", "2025-01-01T00:00")],  # The midnight of New Year.
        [session("2024-12-31T20:00Z", "2024-12-31T22:00Z")],  # The same in UTC.
        [session("2023-12-31T22:00Z", "2023-12-31T23:00Z")],  # It is 2024 in Finland.
        [session("2024-10-27T00:00", at("2024-10-27T23:00"))],  # 24 hours, though the clock says 23.
        [session("2024-06-15T10:00", "2024-06-15T11:00", 59)],
    ],
)
def test_sound_sessions(sessions: list[TrainingSession]) -> None:
    check_sessions(sessions, 2024)


@pytest.mark.parametrize(
    ("sessions", "expected"),
    [
        pytest.param(
            [session("2024-06-15T10:00", "2024-06-15T09:59")],
            [("0/ends_at", "not-after-the-start")],
            id="end before begin",
        ),
        pytest.param(
            [session("2024-06-15T10:00", "2024-06-15T10:00")], [("0/ends_at", "not-after-the-start")], id="no time"
        ),
        pytest.param(
            [session(at("2024-10-27T03:30", fold=1), at("2024-10-27T03:45", fold=0))],
            [("0/ends_at", "not-after-the-start")],
            id="later on the clock, but the hour is repeated",
        ),
        pytest.param(
            [session("2024-06-15T10:00", "2024-06-16T10:01")],
            [("0/ends_at", "longer-than-a-day")],
            id="a minute over 24 hours",
        ),
        pytest.param(
            [session("2024-10-27T00:00", "2024-10-28T00:00")],
            [("0/ends_at", "longer-than-a-day")],
            id="the day of 25 hours",
        ),
        pytest.param(
            [session("2024-06-15T10:00:01", "2024-06-15T11:00:00.000001")],
            [("0/starts_at", "not-whole-minutes"), ("0/ends_at", "not-whole-minutes")],
            id="seconds",
        ),
        pytest.param(
            [session("2024-06-15T10:00", "2024-06-15T11:00", 60)],
            [("0/break_minutes", "no-time-after-breaks")],
            id="only breaks",
        ),
        pytest.param(  # Example 18: 30.12.2023–2.1.2024.
            [session("2023-12-30T10:00", "2023-12-30T12:00"), session("2024-01-02T10:00", "2024-01-02T12:00")],
            [("0/starts_at", "not-in-the-year"), ("0/ends_at", "not-in-the-year")],
            id="another year",
        ),
        pytest.param(
            [session("2024-12-31T20:00", "2025-01-01T00:01")],
            [("0/ends_at", "not-in-the-year")],
            id="a minute after New Year",
        ),
        pytest.param(
            [session("2023-12-31T23:59", "2024-01-01T01:00")],
            [("0/starts_at", "not-in-the-year")],
            id="a minute before the year",
        ),
        pytest.param(
            [session("2024-12-31T22:00Z", "2024-12-31T23:00Z")],
            [("0/starts_at", "not-in-the-year"), ("0/ends_at", "not-in-the-year")],
            id="2025 in Finland",
        ),
        pytest.param(
            [
                session(
                    datetime.min.replace(tzinfo=timezone(timedelta(hours=14))),
                    datetime.max.replace(tzinfo=timezone(timedelta(hours=-12))),
                )
            ],
            [("0/starts_at", "not-in-the-year"), ("0/ends_at", "not-in-the-year")],
            id="the first and last times that can be written",
        ),
        pytest.param(
            [session("2024-06-15T10:00", "2024-06-15T12:00"), session("2024-06-15T11:59", "2024-06-15T13:00")],
            [("1/starts_at", "overlaps-session")],
            id="overlap",
        ),
        pytest.param(
            [session("2024-06-15T11:59", "2024-06-15T13:00"), session("2024-06-15T10:00", "2024-06-15T12:00")],
            [("0/starts_at", "overlaps-session")],
            id="overlap with a later one in the list",
        ),
        pytest.param(
            [
                session("2024-06-15T10:00", "2024-06-15T18:00"),
                session("2024-06-15T11:00", "2024-06-15T12:00"),
                session("2024-06-15T13:00", "2024-06-15T14:00"),
            ],
            [("1/starts_at", "overlaps-session"), ("2/starts_at", "overlaps-session")],
            id="two within one",
        ),
        pytest.param(
            [session("2024-06-15T10:00", "2024-06-15T12:00"), session("2024-06-15T07:00Z", "2024-06-15T09:00Z")],
            [("1/starts_at", "overlaps-session")],
            id="the same session at two offsets",
        ),
        pytest.param(
            [
                session("2024-06-15T10:00", "2024-06-15T09:00"),
                session("2024-06-16T10:00", "2024-06-16T12:00", 120),
                session("2025-06-17T10:00", "2025-06-17T11:00"),
            ],
            [
                ("0/ends_at", "not-after-the-start"),
                ("1/break_minutes", "no-time-after-breaks"),
                ("2/starts_at", "not-in-the-year"),
                ("2/ends_at", "not-in-the-year"),
            ],
            id="all errors together",
        ),
    ],
)
def test_what_no_session_may_be(sessions: list[TrainingSession], expected: list[tuple[str, str]]) -> None:
    assert faults_of(*sessions) == [(f"/sessions/{place}", code) for place, code in expected]


def test_an_overlap_names_the_other_session() -> None:
    held = [session("2024-06-15T10:00", "2024-06-15T12:00"), session("2024-06-15T11:00", "2024-06-15T13:00")]
    with pytest.raises(Invalid) as refused:
        check_sessions(held, 2024)
    [fault] = refused.value.faults
    assert (fault.pointer, fault.facts) == ("/sessions/1/starts_at", {"other": "/sessions/0"})
