"""A central organisation's own rules for subsidised training courses and peer groups (sisäinen käytäntö): who may run
them, who may apply for the role of training manager, and who decides the applications (rulebook §6.7)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from app.domain.access import Actor, Place
from app.domain.errors import ByInvitationOnly, NotFound
from app.domain.lists import check_once
from app.domain.organisations.organisations import OrganisationKind
from app.domain.trainings.support_rules import Activity
from app.domain.values import Shown

RoleApplications = Literal["open", "by_invitation"]


@dataclass(frozen=True)
class TrainingRules(Shown):
    organisation_id: UUID
    """ID of the central organisation, whose rules apply to its complete tree."""
    revision: int
    """Number of times the rules have been set, 0 if never. Until then everything is open."""
    kinds: list[OrganisationKind]
    """Kinds of organisations that may run subsidised training courses and peer groups."""
    units: list[UUID] | None
    """IDs of the units that may run subsidised training courses and peer groups, with everything below them. `null` if
    all may."""
    applications: RoleApplications
    """Whether people may apply for the role of training manager. `by_invitation`: the role is only granted without an
    application."""
    unit_managers_decide: bool
    """Whether unit managers may decide applications for their unit."""
    activities: list[Activity] | None
    """Activities that are run: `training` or `peer_group`. `null` if all are."""
    topics: list[str] | None
    """Codes of the topic classes that are used. `null` if all are."""
    plans_through_main_user: bool
    """Whether a main user has to endorse a plan before it goes to the study centre. A main user's own plan needs no
    endorsement."""
    practice: str | None
    """Other rules of the organisation, as text. `null` if there are none."""
    changed_by: UUID | None
    """ID of the person who last set the rules. `null` if they have never been set."""
    changed_by_name: str | None
    changed_at: datetime | None
    """When the rules were last set. `null` if they have never been set."""


def open_to_all(central_id: UUID) -> TrainingRules:
    """Return the rules that apply until a central organisation has set its own (rulebook §6.7)."""
    kinds: list[OrganisationKind] = ["central", "district", "association"]
    return TrainingRules(
        organisation_id=central_id,
        revision=0,
        kinds=kinds,
        units=None,
        applications="open",
        unit_managers_decide=False,
        activities=None,
        topics=None,
        plans_through_main_user=False,
        practice=None,
        changed_by=None,
        changed_by_name=None,
        changed_at=None,
    )


def check_each_once(
    kinds: Collection[OrganisationKind],
    units: Collection[UUID] | None,
    activities: Collection[Activity] | None,
    topics: Collection[str] | None,
) -> None:
    """Check that nothing occurs twice. Raise Invalid."""
    check_once(kinds, "/kinds/{}")
    check_once(units or (), "/units/{}")
    check_once(activities or (), "/activities/{}")
    check_once(topics or (), "/topics/{}")


def check_below(units: Collection[UUID] | None, found: Collection[UUID]) -> None:
    """Check that the units are in the tree: `found` are those that are. Raise NotFound."""
    for index, unit_id in enumerate(units or ()):
        if unit_id not in found:
            raise NotFound(pointer=f"/units/{index}")


def may_run(
    kind: OrganisationKind, ancestors: Collection[UUID], kinds: Collection[str], units: Collection[UUID] | None
) -> bool:
    """Whether an organisation may run subsidised activities, by the `kinds` and `units` of the rules."""
    return kind in kinds and (units is None or not set(units).isdisjoint(ancestors))


def check_may_apply(rules: TrainingRules) -> None:
    """Check that people may apply for the role of training manager. Raise ByInvitationOnly."""
    if rules.applications == "by_invitation":
        raise ByInvitationOnly(organisation_id=rules.organisation_id)


def may_decide(actor: Actor, place: Place, rules: TrainingRules) -> bool:
    """Whether the actor decides applications for the place: the main user, staff, and its manager if
    the rules say so."""
    if actor.has("staff") or actor.has_for(place, "main_user"):
        return True
    return rules.unit_managers_decide and actor.has_for(place, "unit_manager")
