"""Reminders: events that follow from the clock or from a sum, and that no request causes."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5


@dataclass(frozen=True)
class Reminder:
    """An event that is sent once for its subject, organisation, day and threshold."""

    event: str
    subject_id: UUID
    organisation_id: UUID | None
    day: date
    """The day that it is about. It is the same reminder on whatever day it is made."""
    threshold: int | None = None
    """How near the day or sum is, for an event that is sent at several thresholds."""
    covered_by: tuple[int, ...] = ()
    """Nearer thresholds: after a reminder at one of them this reminder is not sent."""
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> UUID:
        """The same ID each time for the same reminder."""
        return self._id_at(self.threshold)

    @property
    def covering_ids(self) -> set[UUID]:
        """The reminders after any of which this one is not sent."""
        return {self.id, *map(self._id_at, self.covered_by)}

    def _id_at(self, threshold: int | None) -> UUID:
        key = (self.event, self.subject_id, self.organisation_id, self.day.isoformat(), threshold)
        return uuid5(NAMESPACE_URL, "/".join(map(str, key)))
