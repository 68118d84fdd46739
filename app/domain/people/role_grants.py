"""Role grants (käyttöoikeudet): how a role begins and ends, and that a central organisation keeps a main user."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from app.domain.access import (
    CENTRE_ROLES,
    Actor,
    Place,
    Role,
    check_main_user_or_staff,
    check_not_oneself,
    check_staff,
    check_strong,
)
from app.domain.calendar.deadlines import day_of, days_out_of_range, start_of
from app.domain.errors import (
    Fault,
    Forbidden,
    Invalid,
    LastMainUser,
    LastStaff,
    MainUserApplicationRequired,
    WrongState,
)
from app.domain.values import Shown

GrantState = Literal["upcoming", "in_force", "ended"]
ONE_DAY = timedelta(days=1)
FEW = 1
"""If an organisation has this many main users or fewer, staff are informed (rulebook §2.7)."""


@dataclass(frozen=True)
class GrantedRole(Shown):
    """A person's past, present or future role: who granted it, why and for how long."""

    id: UUID
    person_id: UUID
    person_name: str
    role: Role
    """Role of the person."""
    organisation_id: UUID | None
    """ID of the organisation. `null` if the role is for the study centre."""
    organisation_name: str | None
    """Name of the organisation. `null` if the role is for the study centre."""
    valid_from: datetime
    """When the role begins."""
    valid_until: datetime | None
    """When the role ends. `null` if it has no end date. Equals the start time if the role was ended before it began."""
    state: GrantState
    """State calculated from the current time."""
    granted_by: UUID | None
    """ID of the person who granted the role. `null` if the setup granted it."""
    granted_by_name: str | None
    granted_at: datetime | None
    """When the role was granted. `null` if the setup granted it."""
    reason: str | None
    """Reason for granting the role. `null` if none was given."""
    role_application_id: UUID | None
    """ID of the role application. `null` if there was none."""
    main_user_application_id: UUID | None
    """ID of the main-user application. `null` if there was none."""
    ended_by: UUID | None
    """ID of the person who ended the role. `null` if nobody has ended it."""
    ended_by_name: str | None
    ended_at: datetime | None
    """When the end was decided, which may be long before the role ends. `null` if nobody has ended it."""
    end_reason: str | None
    """Reason for ending the role. `null` if none was given."""


@dataclass(frozen=True)
class HeldGrant:
    """One grant of the same role and organisation: its person and its days."""

    id: UUID
    person_id: UUID
    valid_from: datetime
    valid_until: datetime | None


@dataclass(frozen=True)
class MainUsers:
    """A central organisation's main-user grants, ended ones included, and the last day of its membership."""

    organisation_id: UUID
    active_until: date | None
    grants: tuple[HeldGrant, ...]

    def is_member_from(self, at: datetime) -> bool:
        """Whether the membership continues at that time (rulebook §2.7)."""
        return self.active_until is None or at < start_of(self.active_until + ONE_DAY)


def state_of(valid_from: datetime, valid_until: datetime | None, now: datetime) -> GrantState:
    if valid_until is not None and valid_until <= max(now, valid_from):
        return "ended"
    return "upcoming" if now < valid_from else "in_force"


def validity_of(begins_on: date | None, ends_on: date | None, now: datetime) -> tuple[datetime, datetime | None]:
    """Return when a role begins and ends, by its first and last days. By default it begins now and has no end.

    Raise Invalid if a day is outside the known years, is past, or the last comes before the first.
    """
    today = day_of(now)
    faults = days_out_of_range(begins_on=begins_on, ends_on=ends_on)
    if begins_on is not None and begins_on < today:
        faults.append(Fault("/begins_on", "day-passed"))
    if ends_on is not None and ends_on < (begins_on or today):
        faults.append(Fault("/ends_on", "day-order" if begins_on else "day-passed"))
    if faults:
        raise Invalid(*faults)
    valid_from = start_of(begins_on) if begins_on and begins_on > today else now
    return valid_from, start_of(ends_on + ONE_DAY) if ends_on else None


def check_may_grant(actor: Actor, role: Role, place: Place | None, person_id: UUID) -> None:
    """Check that staff grant any role, a main user those of managers in the own tree, and nobody one to themselves. The
    role of main user needs an application (rulebook §2.6). Raise Forbidden, MainUserApplicationRequired."""
    if place is None:
        check_staff(actor)
    else:
        check_main_user_or_staff(actor, place)
    check_not_oneself(actor, person_id, pointer="/person_id")
    if role == "main_user":
        raise MainUserApplicationRequired(pointer="/role")


def check_sign_in(actor: Actor, role: Role) -> None:
    """Check that a role for the complete study centre is granted after a strong authentication (rulebook §2.3)."""
    if role in CENTRE_ROLES:
        check_strong(actor)


def check_may_end(actor: Actor, grant: GrantedRole, place: Place | None) -> None:
    """Check for the person with the role, staff, or a main user of the tree (rulebook §2.6)."""
    if actor.person_id == grant.person_id or actor.has("staff"):
        return
    if place is None or not actor.has_for(place, "main_user"):
        raise Forbidden(because="not-a-party", roles=["main_user", "staff"])


def check_centre_role(role: Role, organisation_id: UUID | None) -> None:
    """Check that only the study centre's own roles have no organisation (rulebook §2.2). Raise Invalid."""
    if (role in CENTRE_ROLES) != (organisation_id is None):
        raise Invalid(Fault("/organisation_id", "role-does-not-fit"))


def check_not_ended(state: GrantState) -> None:
    """Check that the role has not been ended (rulebook §2.6). Raise WrongState."""
    if state == "ended":
        raise WrongState(state=state, allowed=["upcoming", "in_force"])


def end_of(grant: GrantedRole, ends_on: date | None, now: datetime) -> datetime:
    """Return when a role ends, by its last day. Without one it ends immediately (rulebook §2.6).

    Raise WrongState if it has ended, Invalid if the day is past or not before the present end.
    """
    check_not_ended(grant.state)
    if ends_on is None:
        return now
    if faults := days_out_of_range(ends_on=ends_on):
        raise Invalid(*faults)
    if ends_on < day_of(now):
        raise Invalid(Fault("/ends_on", "day-passed"))
    at = start_of(ends_on + ONE_DAY)
    check_brought_forward(grant, at)
    return at


def check_brought_forward(grant: GrantedRole, at: datetime) -> None:
    """Check that an end is not postponed (rulebook §2.6). Raise Invalid."""
    if grant.valid_until is not None and grant.valid_until <= at:
        raise Invalid(Fault("/ends_on", "not-before-the-end", {"valid_until": grant.valid_until}))


def check_main_users_remain(main_users: MainUsers, ending: Collection[UUID], at: datetime) -> None:
    """Check that the last main user has a successor (rulebook §2.7). Raise LastMainUser.

    Another grant must be in force at that time and have no end date. An organisation whose membership is over by
    then needs none.
    """
    if main_users.is_member_from(at) and not _one_continues(main_users.grants, ending, at):
        raise LastMainUser(organisation_id=main_users.organisation_id, needed_from=at)


def check_staff_remain(staff: Collection[HeldGrant], ending: Collection[UUID], at: datetime) -> None:
    """Check that a staff member who can grant roles remains (rulebook §2.6). Raise LastStaff.

    Another staff grant must be in force at that time and have no end date.
    """
    if not _one_continues(staff, ending, at):
        raise LastStaff(needed_from=at)


def _one_continues(grants: Collection[HeldGrant], ending: Collection[UUID], at: datetime) -> bool:
    return any(g.id not in ending and g.valid_until is None and g.valid_from <= at for g in grants)


def count_main_users(main_users: MainUsers, ending: Collection[UUID], at: datetime) -> int:
    """Return the number of main users at that time, without those grants."""
    return len(
        {
            grant.person_id
            for grant in main_users.grants
            if grant.id not in ending and state_of(grant.valid_from, grant.valid_until, at) == "in_force"
        }
    )


def few_main_users(main_users: MainUsers, ending: Collection[UUID], at: datetime) -> int | None:
    """Return the number of main users left at that time, if they are few. None if not, or the membership is over by
    then.

    Rulebook §2.7.
    """
    left = count_main_users(main_users, ending, at)
    return left if main_users.is_member_from(at) and left <= FEW else None


def surplus_of(grants: Collection[GrantedRole], now: datetime) -> list[tuple[GrantedRole, datetime]]:
    """Return the person's grants that another one covers, each with the time from which it does (rulebook §2.5).

    Of two for the same role, organisation and days the longer one stays, so that no day is lost.
    """
    stay: list[GrantedRole] = []
    surplus = []
    for grant in sorted((g for g in grants if g.state != "ended"), key=_by_end):
        covering = [
            other.valid_from
            for other in stay
            if (other.role, other.organisation_id) == (grant.role, grant.organisation_id)
            and (grant.valid_until is None or other.valid_from < grant.valid_until)
            and (other.valid_until is None or grant.valid_from < other.valid_until)
        ]
        if covering:
            at = max(now, min(covering), grant.valid_from)
            surplus.append((grant, at))
            grant = replace(grant, valid_until=at)
        stay.append(grant)
    return surplus


def _by_end(grant: GrantedRole) -> tuple[bool, float, datetime]:
    """Sort key: the last to end first, then the first to begin."""
    ends = 0.0 if grant.valid_until is None else -grant.valid_until.timestamp()
    return grant.valid_until is not None, ends, grant.valid_from
