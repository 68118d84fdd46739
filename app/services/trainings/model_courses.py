"""The version of a training model that a training course follows."""

from collections.abc import Iterable
from dataclasses import dataclass

from app.db.sessions import Writer
from app.db.trainings.model_courses import find_course_version
from app.domain.access import Place
from app.domain.calendar.deadlines import day_of
from app.domain.errors import Invalid
from app.domain.trainings import model_courses as rules
from app.domain.trainings.model_courses import CourseVersion
from app.domain.trainings.trainings import Training, TrainingPlan


@dataclass(frozen=True)
class FollowingPlan:
    """A plan with what its version sets."""

    plan: TrainingPlan
    chosen: CourseVersion | None
    """The version, if the plan follows it from now on."""


async def following(
    writer: Writer, place: Place, plan: TrainingPlan, before: TrainingPlan, named: Iterable[str]
) -> FollowingPlan:
    """Return the plan with what its version sets; `named` are the fields that the request has.

    Raise NotFound, and Invalid if one of these fields is set by the version and has another value.
    """
    if plan.model_version_id is None:
        return FollowingPlan(plan, None)
    is_chosen = plan.model_version_id != before.model_version_id
    version = await find_course_version(writer.connection, plan.model_version_id)
    if version is None or is_chosen:
        version = rules.check_followable(version, writer.actor, place, pointer="/model_version_id")
    if faults := rules.faults_of_fixed(plan, version, named):
        raise Invalid(*faults)
    return FollowingPlan(rules.with_version(plan, version), version if is_chosen else None)


def check_chosen(writer: Writer, following: FollowingPlan) -> None:
    """Check that a course may be made from the version that was chosen. Raise NotAMember, WrongState."""
    if following.chosen:
        rules.check_in_use(following.chosen, day_of(writer.now), pointer="/model_version_id")


async def kept_version(writer: Writer, plan: TrainingPlan) -> TrainingPlan:
    """Return the plan with what its version sets, whatever other plans it was put together from."""
    version = plan.model_version_id and await find_course_version(writer.connection, plan.model_version_id)
    return rules.with_version(plan, version) if version else plan


async def check_submitted_version(writer: Writer, training: Training, place: Place, *, pointer: str) -> None:
    """Check the version again when the plan is submitted for the first time; after that the course keeps it.

    Raise NotFound, NotAMember, WrongState.
    """
    if training.model_version_id is None or training.submitted_at is not None:
        return
    version = await find_course_version(writer.connection, training.model_version_id)
    followed = rules.check_followable(version, writer.actor, place, pointer=pointer)
    rules.check_in_use(followed, day_of(writer.now), pointer=pointer)
