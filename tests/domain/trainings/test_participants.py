"""Participants: counts, addresses, and what is left of an address."""

from datetime import date, timedelta

import pytest

from app.domain.errors import Invalid
from app.domain.trainings.participants import (
    ParticipantCounts,
    anonymous_from,
    check_counts,
    last_year_anonymous,
    repeated_of,
    token_of,
)


@pytest.mark.parametrize("counts", [(5, 1, 2, 1, 1), (5, 1, 3, 2, 1), (0, 0, 0, 0, 0)])
def test_numbers_that_agree(counts: tuple[int, int, int, int, int]) -> None:
    check_counts(ParticipantCounts(*counts))


def test_more_genders_than_participants() -> None:
    with pytest.raises(Invalid) as refused:
        check_counts(ParticipantCounts(5, 1, 4, 2, 1))
    [fault] = refused.value.faults
    assert (fault.pointer, fault.code) == ("/participants", "more-genders-than-participants")
    assert fault.facts == {"participants": 6}


@pytest.mark.parametrize(
    ("keys", "known", "repeated"),
    [
        (["a@x.example", "b@x.example"], [], []),
        (["a@x.example", "b@x.example", "a@x.example", "a@x.example"], [], [2, 3]),
        (["a@x.example", "b@x.example"], ["b@x.example"], [1]),
        ([None, None, ""], [""], [2]),
    ],
)
def test_an_address_is_in_a_training_once(keys: list[str | None], known: list[str], repeated: list[int]) -> None:
    assert repeated_of(keys, known) == repeated


@pytest.mark.parametrize(
    ("year", "months", "day"),
    [
        # The year 2023 ends with December; 1, 12 and 24 months later it is 1 February 2024, 1 January 2025 and 2026.
        (2023, 1, date(2024, 2, 1)),
        (2023, 11, date(2024, 12, 1)),
        (2023, 12, date(2025, 1, 1)),
        (2023, 24, date(2026, 1, 1)),
        (2023, 31, date(2026, 8, 1)),
    ],
)
def test_participants_are_anonymous_some_months_after_the_years_end(year: int, months: int, day: date) -> None:
    assert anonymous_from(year, months) == day
    assert last_year_anonymous(months, day) == year
    assert last_year_anonymous(months, day - timedelta(days=1)) == year - 1


def test_a_token_is_the_same_within_a_year_alone() -> None:
    assert token_of(b"of 2024", "a@x.example") == token_of(b"of 2024", "a@x.example")
    assert token_of(b"of 2024", "a@x.example") != token_of(b"of 2024", "b@x.example")
    assert token_of(b"of 2024", "a@x.example") != token_of(b"of 2025", "a@x.example")
