"""Cases (asiat): the two sides of a proposal, a request, a return or an application, and what they tell each other
(rulebook §3.16)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from app.domain.access import Actor, Place, check_not_own, check_staff
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


@dataclass(frozen=True)
class CaseComment(Shown):
    id: UUID
    text: str
    """Text of the comment."""
    visible_to: VisibleTo
    """Whether both sides see the comment, or only the side of its author."""
    side: Side
    """Side of its author."""
    created_by: UUID
    """ID of the author."""
    created_by_name: str | None
    """Name of the author. `null` if you cannot see that person, or the person has been erased."""
    created_at: datetime


def is_own_matter(actor: Actor, case: Case) -> bool:
    """Whether the case is the actor's own, so that nobody decides it as staff (rulebook §2.2)."""
    return actor.is_among({*case.makers, *case.parties}) or actor.has_for(case.place, "main_user")


def sides_of(actor: Actor, case: Case) -> list[Side]:
    """Return the sides on which the actor stands; the side for which the actor writes is the first one."""
    standing: list[Side] = []
    if "applicant" in case.sides and actor.is_among(case.parties):
        standing.append("applicant")
    if "organisation" in case.sides and actor.has_for(case.place, "main_user"):
        standing.append("organisation")
    if "unit" in case.sides and actor.has_for(case.place, "unit_manager"):
        standing.append("unit")
    if "study_centre" in case.sides and actor.has("staff") and not is_own_matter(actor, case):
        standing.append("study_centre")
    return standing


def check_may_write(actor: Actor, case: Case) -> Side:
    """Return the side for which the actor writes (rulebook §3.16). Raise Forbidden."""
    for side in sides_of(actor, case):
        return side
    if actor.has("staff") and is_own_matter(actor, case):
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
    reads_for_staff = "study_centre" in case.sides and not is_own_matter(actor, case)
    return sorted({*sides, "study_centre"}) if reads_for_staff else sides


def check_may_assign(actor: Actor, case: Case) -> None:
    """Check for staff for whom the case is no own matter (rulebook §3.16). Raise Forbidden."""
    check_staff(actor)
    check_not_own(actor, case.place, {*case.makers, *case.parties})


def check_handler(candidate: Actor, case: Case) -> None:
    """Check that the person belongs to the staff, and that the case is not the person's own. Raise Invalid."""
    if not candidate.has("staff"):
        raise Invalid(Fault("/person_id", "not-staff"))
    if is_own_matter(candidate, case):
        raise Invalid(Fault("/person_id", "own-matter"))


def check_open(case: Case) -> None:
    """Check that something may be added: the case is open, or a return's year is. Raise WrongState."""
    if case.closed_at is not None:
        raise WrongState(state=case.state, allowed=list(OPEN_IN[case.type]), because="year-closed")
    if case.state not in OPEN_IN[case.type]:
        raise WrongState(state=case.state, allowed=list(OPEN_IN[case.type]))


def event_of(case: Case, side: Side, visible_to: VisibleTo) -> str:
    """Return the event of a comment: who gets a mail of it is the other side, or nobody."""
    if visible_to == "own_side":
        return "case-comment.added"
    return MAILED[_other(case.sides, side)]


MAILED: dict[Side, str] = {
    "applicant": "case-comment.sent-to-applicant",
    "unit": "case-comment.sent-to-managers",
    "organisation": "case-comment.sent-to-main-users",
    "study_centre": "case-comment.sent-to-staff",
}


def _other(sides: Collection[Side], side: Side) -> Side:
    return next(each for each in sides if each != side)
