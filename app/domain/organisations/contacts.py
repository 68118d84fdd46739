"""Contact persons (yhteyshenkilö): the study centre's named adviser for each central organisation (rulebook §6.6)."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TypedDict
from uuid import UUID

from app.domain.calendar.deadlines import days_out_of_range
from app.domain.errors import AssignmentOverlap, Fault, Invalid
from app.domain.organisations.regional_offices import RegionalOffice
from app.domain.values import Shown


@dataclass(frozen=True)
class ContactAssignment(Shown):
    id: UUID
    organisation_id: UUID
    """ID of the central organisation."""
    person_id: UUID
    """ID of the study centre's staff member."""
    regional_office_id: UUID
    valid_from: date
    """First day."""
    valid_until: date | None
    """Last day. `null` if until further notice."""
    made_by: UUID
    made_by_name: str | None
    made_at: datetime


class AssignmentChanges(TypedDict, total=False):
    regional_office_id: UUID
    valid_from: date
    valid_until: date | None


@dataclass(frozen=True)
class Adviser(Shown):
    id: UUID
    name: str
    """Name of the adviser."""
    email: str
    """Email address of the adviser."""
    email_verified_at: datetime | None
    """When the email address was verified. `null` if it has not been verified."""


@dataclass(frozen=True)
class Contact(Shown):
    """Contact person of an organisation at the study centre today."""

    organisation_id: UUID
    central_organisation_id: UUID
    """ID of the central organisation, whose contact person its units share."""
    assignment_id: UUID | None
    """ID of the assignment. `null` if no contact person is named for today."""
    person: Adviser | None
    """Contact person. `null` if nobody is named for today."""
    regional_office: RegionalOffice | None
    """Regional office of the contact person. `null` if nobody is named for today."""
    valid_from: date | None
    """First day of the assignment. `null` if nobody is named for today."""
    valid_until: date | None
    """Last day of the assignment. `null` if until further notice, or if nobody is named for today."""


def check_days(valid_from: date, valid_until: date | None) -> None:
    """Raise Invalid if a day is outside the years of the service or the last day comes before the first."""
    if faults := days_out_of_range(valid_from=valid_from, valid_until=valid_until):
        raise Invalid(*faults)
    if valid_until is not None and valid_until < valid_from:
        raise Invalid(Fault("/valid_until", "day-order"))


def check_no_overlap(assignment: ContactAssignment, overlapping: UUID | None) -> None:
    """Raise AssignmentOverlap if another assignment overlaps: each day has one contact person (rulebook §6.6)."""
    if overlapping is not None:
        raise AssignmentOverlap(organisation_id=assignment.organisation_id, overlaps_with=overlapping)


def check_is_staff(is_staff: bool) -> None:
    """Raise Invalid if the adviser is not a staff member (rulebook §6.6)."""
    if not is_staff:
        raise Invalid(Fault("/person_id", "not-staff"))
