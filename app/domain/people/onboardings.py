"""Onboarding (perehdytys): a new main user's four steps, each with its day (rulebook §3.9.3)."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal, TypedDict
from uuid import UUID

from app.domain.access import Actor, Place, check_main_user_or_staff
from app.domain.calendar.deadlines import day_of, days_out_of_range
from app.domain.errors import Fault, Invalid
from app.domain.values import Shown

OnboardingState = Literal["open", "done"]


@dataclass(frozen=True)
class Onboarding(Shown):
    id: UUID
    role_grant_id: UUID
    """ID of the main user's role that the onboarding belongs to."""
    person_id: UUID
    person_name: str
    organisation_id: UUID
    organisation_name: str
    right_given_on: date
    """Step 1, user account and application: the day on which the role was granted. The service sets it."""
    inductor_id: UUID | None
    """ID of the person who gives the onboarding: another main user, the predecessor or a staff member. `null` if not a
    person known to the service."""
    inductor_name: str | None
    """Name of the person who gives the onboarding. `null` if nobody is named, or if you cannot see the person in
    `inductor_id`, or if the person was erased."""
    inducted_on: date | None
    """Step 2, onboarding meeting: the day on which it was held. `null` if not done."""
    service_known_on: date | None
    """Step 3, getting to know the service: the day on which it was done. `null` if not done."""
    member_services_known_on: date | None
    """Step 4, getting to know the study centre's services for members: the day on which it was done. `null` if not
    done."""
    state: OnboardingState
    """State of the onboarding, `done` when all four steps have their day."""
    created_at: datetime


class OnboardingChanges(TypedDict, total=False):
    inductor_id: UUID | None
    inductor_name: str | None
    inducted_on: date | None
    service_known_on: date | None
    member_services_known_on: date | None


DAYS = ("inducted_on", "service_known_on", "member_services_known_on")


def state_of(*days: date | None) -> OnboardingState:
    return "open" if None in days else "done"


def as_kept(onboarding: Onboarding) -> Onboarding:
    """Return the onboarding without the name of an inductor whom the service knows, which is only shown."""
    return replace(onboarding, inductor_name=None) if onboarding.inductor_id else onboarding


def changed(onboarding: Onboarding, changes: OnboardingChanges) -> Onboarding:
    """Return the onboarding as it is kept after the changes. A new inductor replaces the previous one, known to the
    service or not. A name that is sent back as it is shown beside an ID is no change."""
    said = dict(changes)
    is_shown = onboarding.inductor_id and said.get("inductor_name") == onboarding.inductor_name
    if is_shown and said.get("inductor_id", onboarding.inductor_id):
        said.pop("inductor_name", None)
    if said.get("inductor_id") and "inductor_name" not in said:
        said["inductor_name"] = None
    if said.get("inductor_name") and "inductor_id" not in said:
        said["inductor_id"] = None
    after = replace(as_kept(onboarding), **said)  # type: ignore[arg-type]  # A typed dictionary of its own fields.
    return replace(after, state=state_of(*(getattr(after, name) for name in DAYS)))


def check_may_change(actor: Actor, onboarding: Onboarding, place: Place) -> None:
    """Check for the new main user, another main user or staff (rulebook §3.9.3). Raise Forbidden."""
    if actor.person_id != onboarding.person_id:
        check_main_user_or_staff(actor, place)


def check_steps(after: Onboarding, changes: OnboardingChanges, now: datetime) -> None:
    """Check that no step is in the future and that another person gives the onboarding (rulebook §3.9.3). Raise
    Invalid."""
    days = {name: getattr(after, name) for name in DAYS if name in changes}
    faults = days_out_of_range(**days)
    faults += [Fault(f"/{name}", "day-to-come") for name, day in days.items() if day and day > day_of(now)]
    if after.inductor_id and after.inductor_name:
        faults.append(Fault("/inductor_name", "none-required"))
    if after.inducted_on and not (after.inductor_id or after.inductor_name):
        faults.append(Fault("/inductor_id", "required"))
    if after.inductor_id == after.person_id:
        faults.append(Fault("/inductor_id", "not-an-inductor"))
    if faults:
        raise Invalid(*faults)


def check_inductor(gives_inductions: bool) -> None:
    """Check for a present or former main user of the organisation, or staff (rulebook §3.9.3). Raise Invalid."""
    if not gives_inductions:
        raise Invalid(Fault("/inductor_id", "not-an-inductor"))
