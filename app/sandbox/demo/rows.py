"""The demo data before they are written to the database, and their ids."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from hashlib import blake2b
from typing import Any
from uuid import UUID

from app.domain.calendar.deadlines import HELSINKI
from app.domain.hours.ledger import HourType, Transfer

BEGINNING = datetime(2021, 1, 4, 9, tzinfo=HELSINKI)
"""The time of everything that has no time of its own."""


def demo_id(*key: object, at: datetime = BEGINNING) -> UUID:
    """A UUIDv7 of that time, the same each time for the same key."""
    milliseconds = int(at.astimezone(UTC).timestamp() * 1000)
    chance = int.from_bytes(blake2b(repr(key).encode(), digest_size=10).digest())
    value = milliseconds << 80 | 0x7 << 76 | (chance >> 62 & 0xFFF) << 64 | 0b10 << 62 | chance & (1 << 62) - 1
    return UUID(int=value)


DEMO_STUDY_CENTRE = demo_id("study centre")


def office_hour(day: date, hour: int = 10, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), HELSINKI)


@dataclass
class Posting:
    """A set of transfers that one call posts, each with its cause."""

    year: int
    made_at: datetime
    cause_type: str
    actor_id: UUID
    hour_type: HourType = "training"
    causes: list[UUID] = field(default_factory=list)
    transfers: list[Transfer] = field(default_factory=list)

    @property
    def key(self) -> tuple[object, ...]:
        return self.made_at, self.year, self.cause_type, self.actor_id


@dataclass
class Demo:
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    """Rows by table, with the values of JSON."""
    postings: list[Posting] = field(default_factory=list)
    """In the order in which they were made."""
    closed_at: dict[int, datetime] = field(default_factory=dict)
    """The time when a year was closed, right after the postings of that time."""

    def add(self, table: str, **row: Any) -> None:
        self.tables[table].append(row)
