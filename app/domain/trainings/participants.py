"""Participants (osallistujat) of training courses: counted, and anonymous after their time (rulebook §6.2, §7).

Participants are not people of the service. Two of their email addresses are the same if their keys are: the key of an
address is made by the one function that all addresses of the service have (`delivery/addresses.py`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from hmac import digest
from typing import Literal, Protocol

from app.domain.errors import Fault, Invalid
from app.domain.values import Shown

Gender = Literal["female", "male", "other"]


class Counted(Protocol):
    """What is counted of a participant."""

    @property
    def gender(self) -> Gender | None: ...
    @property
    def under_age(self) -> bool: ...


@dataclass(frozen=True)
class ParticipantCounts(Shown):
    """Numbers of participants. Those whose gender is not known are in none of the genders."""

    of_age: int
    """Number of participants who are old enough to count."""
    under_age: int
    """Number of participants who are younger."""
    female: int
    """Number of female participants."""
    male: int
    """Number of male participants."""
    other: int
    """Number of participants of another gender."""


def counts_of(participants: Iterable[Counted]) -> ParticipantCounts:
    """Return the numbers of participants by age and by gender (rulebook §7)."""
    rows = list(participants)
    under_age = sum(row.under_age for row in rows)
    genders = [row.gender for row in rows]
    return ParticipantCounts(
        of_age=len(rows) - under_age,
        under_age=under_age,
        female=genders.count("female"),
        male=genders.count("male"),
        other=genders.count("other"),
    )


def check_counts(counts: ParticipantCounts, pointer: str = "/participants") -> None:
    """Check that the genders are no more than the participants (rulebook §7). Raise Invalid."""
    participants = counts.of_age + counts.under_age
    if counts.female + counts.male + counts.other > participants:
        raise Invalid(Fault(pointer, "more-genders-than-participants", {"participants": participants}))


def repeated_of(keys: Iterable[str | None], known: Iterable[str] = ()) -> list[int]:
    """Return the places in the list of addresses that a training has already, or an earlier place has.

    Each is the key of an address, or None if a participant has none.
    """
    seen = set(known)
    repeated = []
    for place, key in enumerate(keys):
        if key is None:
            continue
        if key in seen:
            repeated.append(place)
        seen.add(key)
    return repeated


def token_of(key_of_year: bytes, key_of_address: str) -> bytes:
    """Return what is left of an address when its row becomes anonymous: within the year the same for the same address.

    Once the year's key is destroyed, nothing leads back to the address (rulebook §6.2).
    """
    return digest(key_of_year, key_of_address.encode(), sha256)
