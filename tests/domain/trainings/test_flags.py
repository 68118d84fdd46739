"""Flags: two places at the same time, the same sessions twice, and hours that cost much more than others."""

from fractions import Fraction

import pytest
from hypothesis import given

from app.domain.trainings.flags import are_same_sessions, is_costly, median_per_hour, overlap, trainer_keys_of
from app.domain.trainings.sessions import TrainingSession
from tests.domain.trainings.test_copied_sessions import plans
from tests.domain.trainings.test_sessions import session

MORNING = session("2024-06-15T09:00", "2024-06-15T12:00")
NOON = session("2024-06-15T12:00", "2024-06-15T13:00")
AFTERNOON = session("2024-06-15T13:00", "2024-06-15T16:00")
LATER = session("2024-06-16T09:00", "2024-06-16T12:00")


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ([MORNING], [NOON], False),  # One begins when the other ends.
        ([MORNING, AFTERNOON], [NOON, LATER], False),
        ([LATER, MORNING], [session("2024-06-16T11:59", "2024-06-16T14:00")], True),
        ([MORNING], [session("2024-06-15T10:00", "2024-06-15T10:01")], True),
        ([MORNING], [session("2024-06-15T06:00Z", "2024-06-15T06:01Z")], True),
        ([MORNING], [], False),
    ],
)
def test_two_places_at_the_same_time(one: list[TrainingSession], other: list[TrainingSession], expected: bool) -> None:
    assert overlap(one, other) is expected
    assert overlap(other, one) is expected


@given(plans(), plans())
def test_an_overlap_is_one_of_some_pair(one: list[TrainingSession], other: list[TrainingSession]) -> None:
    pairs = ((a, b) for a in one for b in other)
    assert overlap(one, other) == any(a.starts_at < b.ends_at and b.starts_at < a.ends_at for a, b in pairs)


def test_the_same_sessions_whatever_their_order_and_offsets() -> None:
    assert are_same_sessions([MORNING, LATER], [LATER, session("2024-06-15T06:00Z", "2024-06-15T09:00Z", 30)])
    assert not are_same_sessions([MORNING], [MORNING, LATER])
    assert not are_same_sessions([], [])


@pytest.mark.parametrize(
    ("count", "middle", "expected"),
    [
        (0, [], None),
        (19, [(1000, 10)], None),
        (20, [(1000, 10), (1000, 10)], Fraction(100)),
        (20, [(1000, 10), (1001, 10)], Fraction(2001, 20)),
        (21, [(1000, 3)], Fraction(1000, 3)),
    ],
)
def test_a_median_is_of_20_statements_with_hours(
    count: int, middle: list[tuple[int, int]], expected: Fraction | None
) -> None:
    assert median_per_hour(count, middle) == expected


def test_neither_case_nor_accents_tell_trainers_apart() -> None:
    assert trainer_keys_of(["Åsa Öhman", "ÅSA ÖHMAN", "Aino  Esimerkki", "…"]) == ["aino esimerkki", "asa ohman"]
    assert trainer_keys_of([]) == []


@pytest.mark.parametrize(
    ("cents", "hours", "median_cents", "expected"),
    [
        (3000, 10, Fraction(100), False),  # Exactly three times the median.
        (3001, 10, Fraction(100), True),
        (1, 0, Fraction(100), False),
        (10**11, 1, None, False),  # Too few to compare with.
        (1, 1, Fraction(0), True),
        (0, 1, Fraction(0), False),
    ],
)
def test_hours_that_cost_over_three_times_the_median(
    cents: int, hours: int, median_cents: Fraction | None, expected: bool
) -> None:
    assert is_costly(cents, hours, median_cents) is expected
