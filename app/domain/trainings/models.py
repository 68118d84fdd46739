"""Training models (koulutusmalli): the proposal of a central organisation, its screening, and who sees it
(rulebook §3.7)."""

from collections.abc import Collection, Container, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal, TypedDict, get_args
from uuid import UUID

from app.domain.access import Actor, Place, check_main_user, check_not_own, check_staff
from app.domain.calendar.deadlines import day_of
from app.domain.errors import CriteriaUnmet, Fault, Invalid, WrongState
from app.domain.lists import check_once
from app.domain.organisations.contacts import Adviser
from app.domain.organisations.membership import check_member_on
from app.domain.organisations.organisations import Language
from app.domain.values import Shown

ModelState = Literal["proposed", "accepted", "rejected", "withdrawn", "archived"]
Criterion = Literal[
    "credits",
    "competence_based",
    "assessed",
    "liberal_adult_education",
    "usable",
    "basic_mission",
    "member",
]
ScreeningOutcome = Literal["accepted", "rejected"]
CRITERIA: tuple[Criterion, ...] = get_args(Criterion)
MOST_EXPECTED_CREDITS = 60
ACCEPTED_STATES: tuple[ModelState, ...] = ("accepted", "archived")
"""States in which everybody with a role in the tree sees the model."""


@dataclass(frozen=True)
class CriterionFinding(Shown):
    """What the screening found about one criterion."""

    criterion: Criterion
    """Criterion."""
    met: bool
    """Whether the criterion is met."""
    note: str | None = None
    """Note on the finding. `null` if none was given."""


@dataclass(frozen=True)
class TrainingModel(Shown):
    """A training model: the proposal and what came of it. Its versions have the content."""

    id: UUID
    organisation_id: UUID
    """ID of the central organisation that owns the model."""
    organisation_name: str
    name: str
    """Name."""
    idea: str
    """Idea of the course."""
    target_group: str
    """Target group."""
    expected_credits: int
    """Expected extent in study credits."""
    grounds: str
    """Grounds for the model."""
    state: ModelState
    """State of the model."""
    expert_id: UUID | None
    """ID of the staff member who guides the work on the model. `null` if the model has not been accepted."""
    expert_name: str | None
    """Name of the expert. `null` if there is none, or if you cannot see it."""
    criteria: list[CriterionFinding] | None
    """Findings of the screening, one for each criterion. `null` if the model has not been screened."""
    reason: str | None
    """Reason given when the model was screened or, later, archived. `null` if none was given."""
    proposed_by: UUID
    """ID of the person or API key that proposed the model."""
    proposed_by_name: str | None
    proposed_at: datetime
    """When the model was proposed."""
    screened_by: UUID | None
    """ID of the staff member who screened the model. `null` if it has not been screened."""
    screened_by_name: str | None
    screened_at: datetime | None
    """When the model was screened. `null` if it has not been screened."""
    ended_by: UUID | None
    """ID of the person or API key that withdrew the model, or of the person who archived it. `null` if nobody has."""
    ended_by_name: str | None
    ended_at: datetime | None
    """When the model was withdrawn or archived. `null` if neither has happened."""


@dataclass(frozen=True)
class PlacedModel:
    """A model with what the rules need to know of its organisation."""

    model: TrainingModel
    place: Place
    active_from: date
    active_until: date | None
    language: Language
    """Language of the organisation, in which a version has its texts."""


@dataclass(frozen=True)
class ModelContact(Shown):
    """Whom to ask about a model."""

    model_id: UUID
    """ID of the model."""
    kind: Literal["expert", "contact_person"] | None
    """Whether it is the model's expert, or the contact person of the organisation. `null` if nobody is named."""
    person: Adviser | None
    """Person to contact. `null` if nobody is named."""


class ModelChanges(TypedDict, total=False):
    name: str
    idea: str
    target_group: str
    expected_credits: int
    grounds: str


def with_changes(model: TrainingModel, changes: ModelChanges) -> TrainingModel:
    return replace(model, **changes)


def sees_work(actor: Actor, place: Place) -> bool:
    """Whether the actor sees proposals, drafts, comments and opinions: a main user of the organisation, staff or an
    auditor (rulebook §3.7)."""
    return actor.has("staff", "auditor") or actor.has_for(place, "main_user")


def check_state(model: TrainingModel, *allowed: ModelState) -> None:
    """Raise WrongState."""
    if model.state not in allowed:
        raise WrongState(state=model.state, allowed=list(allowed))


def check_member(placed: PlacedModel, now: datetime) -> None:
    """Check that the organisation is a member today: afterwards its models can only be read (rulebook §3.7).

    Raise NotAMember.
    """
    check_member_on(day_of(now), placed.active_from, placed.active_until)


def check_owner(actor: Actor, placed: PlacedModel, now: datetime) -> None:
    """Check for a main user of the organisation, which is a member today (rulebook §3.7).

    Raise Forbidden, NotAMember.
    """
    check_main_user(actor, placed.place)
    check_member(placed, now)


def check_findings(
    findings: Sequence[CriterionFinding], outcome: ScreeningOutcome, reason: str | None
) -> list[CriterionFinding]:
    """Return the findings in the order of the criteria, each of which has to be there exactly once. A rejection needs a
    reason (rulebook §3.7). Raise Invalid."""
    check_once((finding.criterion for finding in findings), "/criteria/{}/criterion")
    found = {finding.criterion: finding for finding in findings}
    faults = [
        Fault("/criteria", "criterion-missing", {"criterion": criterion})
        for criterion in CRITERIA
        if criterion not in found
    ]
    if outcome == "rejected" and reason is None:
        faults.append(Fault("/reason", "reason-missing"))
    if faults:
        raise Invalid(*faults)
    return [found[criterion] for criterion in CRITERIA]


def check_criteria_met(findings: Sequence[CriterionFinding], outcome: ScreeningOutcome) -> None:
    """Check that what is accepted meets every criterion (rulebook §3.7). Raise CriteriaUnmet."""
    unmet = [finding.criterion for finding in findings if not finding.met]
    if outcome == "accepted" and unmet:
        raise CriteriaUnmet(unmet=unmet)


def check_impartial_staff(actor: Actor, placed: PlacedModel, makers: Container[UUID | None]) -> None:
    """Check for staff whose own matter it is not: who are no main user of the organisation and none of the makers
    (rulebook §2.2). Raise Forbidden."""
    check_staff(actor)
    check_not_own(actor, placed.place, makers)


def faults_of_expert(*, is_staff: bool, reviews: bool, is_main_user: bool) -> list[Fault]:
    """Return why the person cannot be the expert: who is not of the staff, who reviews an open version, or who is a
    main user of the organisation (rulebook §3.7)."""
    codes = (("not-staff", not is_staff), ("is-reviewer", reviews), ("is-main-user", is_main_user))
    return [Fault("/person_id", code) for code, applies in codes if applies]


def check_archivable(model: TrainingModel, open_states: Collection[str]) -> None:
    """Check that the model is in force and has no open version: `open_states` are the states of those it has
    (rulebook §3.7). Raise WrongState."""
    check_state(model, "accepted")
    if open_states:
        raise WrongState(state=model.state, because="version-open")
