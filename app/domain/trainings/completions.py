"""Completions (suoritus): what a participant has achieved in a training course from a model (rulebook §3.18)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal
from uuid import UUID

from app.domain.access import Actor, Place
from app.domain.calendar.deadlines import day_of, same_day_later
from app.domain.errors import AlreadyExists, Fault, Forbidden, Invalid, TrainingNotOver, WrongState
from app.domain.trainings.model_versions import Scale
from app.domain.trainings.participants import reads_by_name
from app.domain.trainings.sessions import TrainingSession
from app.domain.trainings.trainings import Training, TrainingSummary, may_write
from app.domain.values import Shown

CompletionKind = Literal["course", "recognition"]
CompletionOutcome = Literal["passed", "failed", "interrupted"]
CompletionState = Literal["in_force", "corrected"]

MOST_AT_A_TIME = 200


@dataclass(frozen=True)
class CompletionFinding:
    """What writers say of a participant's completion."""

    outcome: CompletionOutcome
    completed_on: date
    assessed_by: str
    kind: CompletionKind = "course"
    grade: int | None = None
    attended: bool | None = None
    grounds: str | None = None


@dataclass(frozen=True)
class CompletionEntry:
    participant_id: UUID
    finding: CompletionFinding


@dataclass(frozen=True)
class Completion(Shown):
    id: UUID
    training_id: UUID
    """ID of the training course."""
    participant_id: UUID
    """ID of the participant."""
    name: str
    """Name of the participant when the completion was recorded. It stays when the participant becomes anonymous."""
    kind: CompletionKind
    """`course`, or `recognition` of what was learned elsewhere."""
    outcome: CompletionOutcome
    """Outcome."""
    grade: int | None
    """Grade from 1 to 5. `null` if the model is assessed as passed or failed, or the outcome is not `passed`."""
    completed_on: date
    """Day of the completion."""
    assessed_by: str
    """Name or role of the person who assessed it."""
    attended: bool | None
    """Whether the participant took part. `null` if not given."""
    grounds: str | None
    """Grounds of a recognition. `null` if not given."""
    credits: int
    """Study credits of the completion: those of the model, or 0 if the outcome is not `passed`."""
    state: CompletionState
    """`in_force`, or `corrected` by another completion."""
    corrects_id: UUID | None
    """ID of the completion that this one corrects. `null` if it corrects none."""
    reason: str | None
    """Reason for the correction. `null` if it corrects none."""
    recorded_by: UUID
    """ID of the person who recorded it, or of the API key."""
    recorded_by_name: str | None
    recorded_at: datetime
    """When it was recorded."""


@dataclass(frozen=True)
class Completions(Shown):
    items: list[Completion]
    """Completions in the order in which the participants were named."""


@dataclass(frozen=True)
class ModelInCourse:
    """What a completion needs to know of the version that the course is made from."""

    version_id: UUID
    scale: Scale
    credits: int


@dataclass(frozen=True)
class Learner:
    """A participant, and who that is as far as the service knows."""

    id: UUID
    name: str | None
    person_id: UUID | None
    """Person who has claimed the participant."""
    holder_id: UUID | None
    """Person who has verified the participant's email address."""
    completion_id: UUID | None
    """The completion in force."""


@dataclass(frozen=True)
class CompletionDays:
    """The days on which a course can be completed."""

    first: date
    last: date


def days_of(sessions: Sequence[TrainingSession], years: int, now: datetime) -> CompletionDays:
    """Return the days from the first session to today, at most so many years after that session (rulebook §3.18)."""
    first = day_of(min(session.starts_at for session in sessions))
    return CompletionDays(first, min(day_of(now), same_day_later(first, years)))


def was_approved(training: TrainingSummary) -> bool:
    """Whether the course is approved, or has lapsed after its approval: a late statement is not the learners' fault."""
    return training.state == "approved" or (training.state == "lapsed" and training.decided_at is not None)


def check_completable(training: Training, model: ModelInCourse | None) -> ModelInCourse:
    """Return the model of an approved course, or one that lapsed after its approval (rulebook §3.18).

    Raise WrongState.
    """
    if not was_approved(training):
        raise WrongState(state=training.state, allowed=["approved", "lapsed"])
    if model is None:
        raise WrongState(state=training.state, because="no-model")
    return model


def check_over(sessions: Sequence[TrainingSession], now: datetime) -> None:
    """Check that the last session has begun (rulebook §3.18). Raise TrainingNotOver."""
    # In UTC: two times of the hour that a clock shows twice are not compared by their digits.
    opens_at = max((session.starts_at for session in sessions), key=lambda begin: begin.astimezone(UTC))
    if now.astimezone(UTC) < opens_at.astimezone(UTC):
        raise TrainingNotOver(opens_at=opens_at)


def check_not_oneself(actor: Actor, learner: Learner, *, pointer: str | None = None) -> None:
    """Check that nobody records what concerns themselves, by a claim or by the address (rulebook §3.18).

    Raise Forbidden.
    """
    own = {learner.person_id, learner.holder_id} - {None}
    if own and actor.is_among(own):
        raise Forbidden(pointer=pointer, because="own-matter")


def check_findings(
    findings: Sequence[CompletionFinding], model: ModelInCourse, days: CompletionDays, *, place: str
) -> None:
    """Check what is said of each completion; `place` is the pointer of one, with its number (rulebook §3.18).

    Raise Invalid with all faults.
    """
    faults = [
        fault
        for index, finding in enumerate(findings)
        for fault in _faults_of(finding, model, days, place.format(index))
    ]
    if faults:
        raise Invalid(*faults)


def _faults_of(finding: CompletionFinding, model: ModelInCourse, days: CompletionDays, pointer: str) -> Iterator[Fault]:
    is_passed = finding.outcome == "passed"
    is_graded = is_passed and model.scale == "one_to_five"
    if is_graded and finding.grade is None:
        yield Fault(f"{pointer}/grade", "required")
    if not is_graded and finding.grade is not None:
        yield Fault(f"{pointer}/grade", "none-required")
    if is_passed and finding.kind == "course" and not finding.attended:
        yield Fault(f"{pointer}/attended", "attendance-required")
    if is_passed and finding.kind == "recognition" and finding.grounds is None:
        yield Fault(f"{pointer}/grounds", "required")
    if not days.first <= finding.completed_on <= days.last:
        yield Fault(
            f"{pointer}/completed_on",
            "day-outside",
            {"first_day": days.first.isoformat(), "last_day": days.last.isoformat()},
        )


def credits_of(finding: CompletionFinding, model: ModelInCourse) -> int:
    """Return the credits: only who passes gets them."""
    return model.credits if finding.outcome == "passed" else 0


def check_named(learner: Learner, is_shown: Callable[[str], bool], *, pointer: str | None = None) -> str:
    """Return the name of a participant who is not anonymous, which a certificate can show (rulebook §3.18).

    Raise WrongState.
    """
    if learner.name is None:
        raise WrongState(pointer=pointer, state="anonymised")
    if not is_shown(learner.name):
        raise WrongState(pointer=pointer, state="named", because="name-unprintable")
    return learner.name


def check_corrected_name(name: str | None, is_shown: Callable[[str], bool]) -> None:
    """Check that a certificate can show the name (rulebook §3.18). Raise Invalid."""
    if name is not None and not is_shown(name):
        raise Invalid(Fault("/name", "name-unprintable"))


def check_none_in_force(learners: Sequence[Learner], *, place: str) -> None:
    """Check that no participant has a completion in force, and none is named twice. Raise AlreadyExists."""
    seen: set[UUID] = set()
    for index, learner in enumerate(learners):
        if learner.completion_id is not None:
            raise AlreadyExists(pointer=place.format(index), existing_id=learner.completion_id)
        if learner.id in seen:
            raise AlreadyExists(pointer=place.format(index))
        seen.add(learner.id)


def check_in_force(completion: Completion) -> None:
    """Check that the completion has not been corrected. Raise WrongState."""
    if completion.state != "in_force":
        raise WrongState(state=completion.state, allowed=["in_force"])


def sees_all(actor: Actor, place: Place, *, is_named: bool) -> bool:
    """Whether the actor sees the completions of all participants: who writes the course, and named staff."""
    return may_write(actor, place) or reads_by_name(actor, is_named=is_named)
