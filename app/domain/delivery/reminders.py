"""Events that no request makes, because only the clock or a sum has come so far."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5


@dataclass(frozen=True)
class Reminder:
    """An event of `texts`, told once for its subject, organisation, day and threshold."""

    event: str
    subject_id: UUID
    organisation_id: UUID | None
    day: date
    """That which it is about, not that on which it is made: made again on another day it is the same."""
    threshold: int | None = None
    """Where the same is told more than once: how near it has come."""
    covered_by: tuple[int, ...] = ()
    """Thresholds that are nearer: once one of them was told, this one is old news."""
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> UUID:
        """The same each time for the same thing to tell."""
        return self._id_at(self.threshold)

    @property
    def told_by(self) -> set[UUID]:
        """The events with any of which it needs no telling."""
        return {self.id, *map(self._id_at, self.covered_by)}

    def _id_at(self, threshold: int | None) -> UUID:
        key = (self.event, self.subject_id, self.organisation_id, self.day.isoformat(), threshold)
        return uuid5(NAMESPACE_URL, "/".join(map(str, key)))
