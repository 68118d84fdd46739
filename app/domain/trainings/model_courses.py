"""Training courses that follow a version of a training model: what it sets, and which may be followed (rulebook
§3.7)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from app.domain.access import Actor, Place
from app.domain.errors import Fault, NotFound, WrongState
from app.domain.organisations.membership import check_member_on
from app.domain.organisations.organisations import Language
from app.domain.trainings.model_versions import APPROVED_STATES, VersionState
from app.domain.trainings.models import ModelState, sees_work
from app.domain.trainings.trainings import Training, TrainingPlan

SET_BY_MODEL = ("goals", "content", "methods")
"""The fields of a plan that its version sets."""


@dataclass(frozen=True)
class CourseVersion:
    """A version of a training model, as far as it concerns courses."""

    id: UUID
    organisation_id: UUID
    """The central organisation whose model it is."""
    model_state: ModelState
    state: VersionState
    language: Language
    """The organisation's language, in which a submitted version always has texts."""
    active_from: date
    active_until: date | None
    """First and last day of the organisation's membership."""
    goals: Mapping[str, list[str]]
    """By language."""
    content: str | None
    methods: str | None

    def goals_in(self, language: str | None) -> str | None:
        """The goals, one a line, in the language if the version has it, else in that of the organisation."""
        goals = self.goals.get(language or self.language) or self.goals.get(self.language)
        return "\n".join(goals) if goals else None


def with_version(plan: TrainingPlan, version: CourseVersion) -> TrainingPlan:
    """Return the plan with what its version sets."""
    return replace(plan, goals=version.goals_in(plan.language), content=version.content, methods=version.methods)


def faults_of_fixed(plan: TrainingPlan, version: CourseVersion, named: Iterable[str]) -> list[Fault]:
    """Return a fault for each named field of the plan that is not as the version sets it."""
    fixed = with_version(plan, version)
    return [
        Fault(f"/{name}", "fixed-by-model")
        for name in SET_BY_MODEL
        if name in named and getattr(plan, name) != getattr(fixed, name)
    ]


def check_followable(version: CourseVersion | None, actor: Actor, place: Place, *, pointer: str) -> CourseVersion:
    """Check that the version is that of a model of the course's central organisation, and that the actor sees it.
    Raise NotFound."""
    if version is None or version.organisation_id != place.central_organisation_id:
        raise NotFound(pointer=pointer)
    if version.state not in APPROVED_STATES and not sees_work(actor, place):
        raise NotFound(pointer=pointer)
    return version


def check_in_use(version: CourseVersion, today: date, *, pointer: str) -> None:
    """Check that a course may be made from the version: its organisation is a member, its model is not archived, and it
    is in use. Raise NotAMember, WrongState."""
    check_member_on(today, version.active_from, version.active_until, pointer=pointer)
    if version.model_state != "accepted":
        raise WrongState(pointer=pointer, state=version.model_state, allowed=["accepted"])
    if version.state != "in_use":
        raise WrongState(pointer=pointer, state=version.state, allowed=["in_use"])


def check_version_kept(training: Training, plan: TrainingPlan) -> None:
    """Check that a plan that has been submitted keeps its version. Raise WrongState."""
    if training.submitted_at is not None and plan.model_version_id != training.model_version_id:
        raise WrongState(pointer="/model_version_id", state=training.state, allowed=["draft"])
