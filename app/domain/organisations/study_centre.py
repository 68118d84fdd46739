"""The study centre's own settings: whether two people decide hours (kahden tekemät päätökset; rulebook §3.2)."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypedDict
from uuid import UUID

from app.domain.calendar.deadlines import day_of, start_of
from app.domain.values import Shown


@dataclass(frozen=True)
class StudyCentre(Shown):
    id: UUID
    name: str
    """Name of the study centre."""
    decisions_by_two: bool
    """Whether hours above 0 are decided by two people: one edits a decision plan last, another publishes it."""
    decisions_by_two_until: datetime | None
    """Time at which decisions by two end. `null` if they have not been turned off, or are off."""


class StudyCentreChanges(TypedDict, total=False):
    decisions_by_two: bool


def changed(centre: StudyCentre, changes: StudyCentreChanges, now: datetime) -> StudyCentre:
    """Return the study centre with decisions by two turned on or off (rulebook §3.2).

    They are on immediately. Off they are from the midnight after the next, so that nobody turns them off for one
    decision.
    """
    wanted = changes.get("decisions_by_two")
    if wanted:
        return replace(centre, decisions_by_two=True, decisions_by_two_until=None)
    if wanted is None or not centre.decisions_by_two or centre.decisions_by_two_until:
        return centre
    return replace(centre, decisions_by_two_until=start_of(day_of(now) + timedelta(days=2)))
