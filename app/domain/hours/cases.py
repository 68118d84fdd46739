"""Cases (asiat): the two sides of a proposal, a request, a return or an application, and what they tell each other
(rulebook §3.16)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from app.domain.access import Actor, Place, check_not_own, check_staff, is_own_matter
from app.domain.errors import Fault, Forbidden, Invalid, WrongState
from app.domain.organisations.holdings import OPEN_STATES
from app.domain.people.main_user_applications import OPEN
from app.domain.values import Shown

CaseType = Literal["hour-proposals", "supplementary-hour-requests", "hour-returns", "main-user-applications"]
Side = Literal["applicant", "unit", "organisation", "study_centre"]
VisibleTo = Literal["both", "own_side"]
OPEN_IN: dict[CaseType, tuple[str, ...]] = {
    "hour-proposals": tuple(OPEN_STATES),
    "supplementary-hour-requests": ("submitted",),
    "hour-returns": ("booked", "cancelled"),
    "main-user-applications": OPEN,
}
"""States in which a case is open. A return is open as long as its year."""


@dataclass(frozen=True)
class CaseHandler(Shown):
    """Who of the staff handles a case."""

    handler_id: UUID | None
    handler_name: str | None


@dataclass(frozen=True)
class Case:
    type: CaseType
    id: UUID
    place: Place
    central_organisation_id: UUID
    """The central organisation at the top when the case was made."""
    reference: str | None
    year: int | None
    state: str
    makers: frozenset[UUID]
    """Who created or sent it."""
    handler: CaseHandler
    parties: tuple[UUID, ...] = ()
    """The applicant and the signatory of an application."""
    closed_at: datetime | None = None
    """When the year of a return was closed."""

    @property
    def sides(self) -> tuple[Side, Side]:
        """Who asks, and who decides."""
        if self.type == "main-user-applications":
            return "applicant", "study_centre"
        return ("organisation", "study_centre") if self.place.is_central else ("unit", "organisation")

    @property
    def has_moved(self) -> bool:
        """Whether the unit belongs to another central organisation now, which has no part in the case."""
        return self.place.central_organisation_id != self.central_organisation_id


@dataclass(frozen=True)
class CaseEntry(Shown):
    """What a side adds to a case."""

    id: UUID
    visible_to: VisibleTo
    """Whether both sides see it, or only the side of its author."""
    side: Side
    """Side of its author."""
    created_by: UUID
    """ID of the author."""
    created_by_name: str | None
    """Name of the author. `null` if you cannot see that person, or the person has been erased."""
    created_at: datetime


@dataclass(frozen=True)
class CaseComment(CaseEntry):
    text: str
    """Text of the comment."""


def is_own_case(actor: Actor, case: Case) -> bool:
    """Whether the case is the actor's own matter, so that the actor does not decide it as staff (rulebook §2.2)."""
    return is_own_matter(actor, case.place, {*case.makers, *case.parties})


def sides_of(actor: Actor, case: Case) -> list[Side]:
    """Return the sides on which the actor stands; the side for which the actor writes is the first one."""
    standing: list[Side] = []
    if "applicant" in case.sides and actor.is_among(case.parties):
        standing.append("applicant")
    if "organisation" in case.sides and actor.has_for(case.place, "main_user") and not case.has_moved:
        standing.append("organisation")
    if "unit" in case.sides and actor.has_for(case.place, "unit_manager"):
        standing.append("unit")
    if "study_centre" in case.sides and actor.has("staff") and not is_own_case(actor, case):
        standing.append("study_centre")
    return standing


def check_may_write(actor: Actor, case: Case) -> Side:
    """Return the side for which the actor writes (rulebook §3.16). Raise Forbidden."""
    for side in sides_of(actor, case):
        return side
    if actor.has("staff") and is_own_case(actor, case):
        raise Forbidden(because="own-matter")
    raise Forbidden(because="not-a-party")


def check_may_read(actor: Actor, case: Case) -> list[Side]:
    """Return the sides whose own comments the actor reads; what is for both is read by all who may read (§3.16).

    Raise Forbidden.
    """
    sides = sides_of(actor, case)
    if not actor.has("staff", "auditor"):
        if not sides:
            raise Forbidden(because="not-a-party")
        return sides
    reads_for_staff = "study_centre" in case.sides and not is_own_case(actor, case)
    return sorted({*sides, "study_centre"}) if reads_for_staff else sides


def check_may_assign(actor: Actor, case: Case) -> None:
    """Check for staff for whom the case is no own matter (rulebook §3.16). Raise Forbidden."""
    check_staff(actor)
    check_not_own(actor, case.place, {*case.makers, *case.parties})


def check_handler(candidate: Actor, case: Case) -> None:
    """Check that the person belongs to the staff, and that the case is not the person's own. Raise Invalid."""
    if not candidate.has("staff"):
        raise Invalid(Fault("/person_id", "not-staff"))
    if is_own_case(candidate, case):
        raise Invalid(Fault("/person_id", "own-matter"))


def check_open(case: Case) -> None:
    """Check that something may be added: the case is open, or a return's year is. Raise WrongState."""
    if case.closed_at is not None:
        raise WrongState(state=case.state, allowed=list(OPEN_IN[case.type]), because="year-closed")
    if case.state not in OPEN_IN[case.type]:
        raise WrongState(state=case.state, allowed=list(OPEN_IN[case.type]))


def verb_of(case: Case, side: Side, visible_to: VisibleTo) -> str:
    """Return the verb of the event of a new entry: who gets an email about it is the other side, or nobody."""
    if visible_to == "own_side":
        return "added"
    return f"sent-to-{READERS[_other(case.sides, side)]}"


READERS: dict[Side, str] = {
    "applicant": "applicant",
    "unit": "managers",
    "organisation": "main-users",
    "study_centre": "staff",
}


def _other(sides: Collection[Side], side: Side) -> Side:
    return next(each for each in sides if each != side)
