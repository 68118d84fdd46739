"""The named staff who may see participants of training courses and peer groups (osallistujatietojen katselijat;
rulebook §6.11)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from app.domain.access import Actor
from app.domain.errors import Fault, Forbidden, Invalid
from app.domain.lists import check_once
from app.domain.values import Shown


@dataclass(frozen=True)
class ParticipantReaders(Shown):
    person_ids: list[UUID] = field(default_factory=list)
    """IDs of the staff members who may see participants."""
    reason: str | None = None
    """Reason for the present list. `null` if it has never been set."""
    changed_by: UUID | None = None
    """ID of the person who last set the list. `null` if it has never been set."""
    changed_by_name: str | None = None
    changed_at: datetime | None = None
    """When the list was last set. `null` if it has never been set."""


NOBODY = ParticipantReaders()


def check_readers(actor: Actor, person_ids: Sequence[UUID], present: Collection[UUID]) -> None:
    """Check that nobody adds themselves (rulebook §6.11). Raise Forbidden; Invalid if a person is named twice."""
    check_once(person_ids, "/person_ids/{}")
    for index, person_id in enumerate(person_ids):
        if person_id not in present and actor.is_among({person_id}):
            raise Forbidden(pointer=f"/person_ids/{index}", because="own-matter")


def check_all_staff(person_ids: Sequence[UUID], staff: Collection[UUID]) -> None:
    """Check that the persons belong to the staff: `staff` are those who do (rulebook §6.11). Raise Invalid."""
    faults = [
        Fault(f"/person_ids/{index}", "not-staff")
        for index, person_id in enumerate(person_ids)
        if person_id not in staff
    ]
    if faults:
        raise Invalid(*faults)
