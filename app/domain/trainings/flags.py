"""Flags (huomautukset) of plans and statements. They decide nothing: staff see them beside the case (rulebook §8)."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from fractions import Fraction
from typing import Literal

from app.domain.organisations.names import search_text_of
from app.domain.trainings.sessions import TrainingSession

Flag = Literal[
    "account-in-other-tree",
    "trainer-in-two-places",
    "participant-in-two-places",
    "sessions-stated-twice",
    "costly-hours",
]
FEWEST_COMPARED = 20
"""Approved statements of the year from which a median says something."""
TIMES_MEDIAN = 3

Span = tuple[datetime, datetime]


def overlap(one: Sequence[TrainingSession], other: Sequence[TrainingSession]) -> bool:
    """Whether there is a time at which both have a session (rulebook §8). One may begin when the other ends."""
    spans, others = sorted(_spans_of(one)), sorted(_spans_of(other))
    at = against = 0
    while at < len(spans) and against < len(others):
        (starts_at, ends_at), (begins, ends) = spans[at], others[against]
        if starts_at < ends and begins < ends_at:
            return True
        if ends_at <= ends:
            at += 1
        else:
            against += 1
    return False


def are_same_sessions(one: Sequence[TrainingSession], other: Sequence[TrainingSession]) -> bool:
    """Whether both have sessions, and all at the same times (rulebook §8). The offsets may differ."""
    return bool(one) and sorted(_spans_of(one)) == sorted(_spans_of(other))


def trainer_keys_of(names: Iterable[str]) -> list[str]:
    """Return what trainers of one name have in common: neither case nor accents tell two of them apart."""
    return sorted({search_text_of(name) for name in names} - {""})


def median_per_hour(count: int, middle: Sequence[tuple[int, int]]) -> Fraction | None:
    """Return the median of the costs in cents of an hour (rulebook §8).

    `count` is how many approved statements of the year have hours, and `middle` are the costs and hours of the one or
    two in the middle, by the costs of an hour. None if there are too few.
    """
    if count < FEWEST_COMPARED:
        return None
    return sum((Fraction(cents, hours) for cents, hours in middle), Fraction()) / len(middle)


def is_costly(cents: int, hours: int, median_cents: Fraction | None) -> bool:
    """Whether an hour costs over three times the median of the year's approved statements (rulebook §8)."""
    return median_cents is not None and hours > 0 and cents > TIMES_MEDIAN * median_cents * hours


def _spans_of(sessions: Iterable[TrainingSession]) -> list[Span]:
    return [(session.starts_at.astimezone(UTC), session.ends_at.astimezone(UTC)) for session in sessions]
