"""Submission of a plan: what has to be there, and when and for whom it is possible (rulebook §3.5, §4.2)."""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime

from app.domain.access import Actor, Place
from app.domain.calendar.deadlines import Window, check_window_open, day_of
from app.domain.errors import (
    ActivityNotSupported,
    Conflict,
    Fault,
    Invalid,
    NotAMember,
    RunsNoTrainings,
)
from app.domain.hours.years import check_year_open
from app.domain.organisations.organisations import OrganisationKind
from app.domain.organisations.training_rules import TrainingRules, may_run
from app.domain.trainings import windows
from app.domain.trainings.group_names import faults_of_name
from app.domain.trainings.sessions import days_of, starts_on_of
from app.domain.trainings.statement_checks import check_statement_possible
from app.domain.trainings.support_rules import Activity, ActivityRules
from app.domain.trainings.trainings import (
    ExceptionRule,
    PlanException,
    Training,
    TrainingPlan,
    TrainingState,
    check_state,
    hours_of,
)

REQUIRED = (
    "topic",
    "target_group",
    "goals",
    "content",
    "methods",
    "mode",
    "language",
    "planned_participants",
    "planned_under_age",
    "responsible_person_id",
)
DECLARED = ("not_sold", "no_qualification", "cooperation_named")


@dataclass(frozen=True)
class Circumstances:
    """What decides about a submission beside the plan itself."""

    place: Place
    kind: OrganisationKind
    organisation_active: tuple[date, date | None]
    """First and last day of the organisation itself."""
    centre_active: tuple[date, date | None]
    """First and last day of the central organisation's membership."""
    closed_at: datetime | None
    """When the year was closed."""
    training_entry: Sequence[Window]
    """Windows in which trainings of the year are added."""
    rules: ActivityRules
    """The study centre's rules of the year."""
    own_rules: TrainingRules
    """The central organisation's own rules."""
    topics_in_use: Set[str]
    """Codes of the study centre's topic classes that are in use."""


def needs_endorsement(plan: TrainingPlan, circumstances: Circumstances, sender: Actor, *, was_endorsed: bool) -> bool:
    """Whether the main user has to endorse the plan before it reaches the study centre (rulebook §3.5).

    It is a subsidised one where the central organisation's own rules say so, unless the main user has endorsed it
    before or sends it.
    """
    return (
        plan.supported
        and circumstances.own_rules.plans_through_main_user
        and not was_endorsed
        and not sender.has_for(circumstances.place, "main_user")
    )


def is_approved_when_sent(plan: TrainingPlan, rules: ActivityRules) -> bool:
    """Whether a plan that reaches the study centre is approved without a decision (rulebook §3.5): one without subsidy,
    and each if the rules of the year approve automatically."""
    return not plan.supported or rules.automatic_approval


def check_sendable(training: Training, now: datetime, *, pointer: str | None = None) -> None:
    """Check that a plan is a draft, or was sent back and its last day has not passed (rulebook §3.5). After that it
    counts as lapsed, also before the worker has come to it. Raise WrongState."""
    is_over = training.state == "sent_back" and not may_answer(training.state, training.answer_by, now)
    check_state("lapsed" if is_over else training.state, "draft", "sent_back", pointer=pointer)


def check_complete(
    plan: TrainingPlan,
    hour_type: Activity,
    rules: ActivityRules,
    exceptions: Sequence[PlanException] = (),
    topics_in_use: Set[str] | None = None,
    *,
    pointer: str = "",
) -> None:
    """Check all that a subsidised training needs (rulebook §3.5, §3.6, §4.2), without `topics_in_use` except that its
    topic class is one of them. Raise Invalid with all faults.

    Staff may have accepted this name of a peer group, by an exception.
    """
    faults = list(_missing(plan, pointer)) + list(_short(plan, rules, pointer))
    if hour_type == "training":
        faults += _missing_of_course(plan, pointer)
    else:
        faults += _split(plan, pointer)
        if plan.name not in {exception.name for exception in exceptions if exception.rule == "name"}:
            faults += faults_of_name(plan.name, pointer)
    if topics_in_use is not None and plan.topic is not None and plan.topic not in topics_in_use:
        faults.append(Fault(f"{pointer}/topic", "not-a-topic"))
    if faults:
        raise Invalid(*faults)


def _missing(plan: TrainingPlan, pointer: str) -> Iterator[Fault]:
    for name in REQUIRED:
        if getattr(plan, name) is None:
            yield Fault(f"{pointer}/{name}", "required")
    if not plan.sessions:
        yield Fault(f"{pointer}/sessions", "required")
    if plan.mode != "online":
        for index, session in enumerate(plan.sessions):
            if not session.places:
                yield Fault(f"{pointer}/sessions/{index}/places", "required")


def _missing_of_course(plan: TrainingPlan, pointer: str) -> Iterator[Fault]:
    """A course always has a trainer (rulebook §3.5); peer groups have none."""
    groups = max((session.parallel_groups for session in plan.sessions), default=0)
    if not plan.trainers:
        yield Fault(f"{pointer}/trainers", "required")
    elif len(plan.trainers) < groups:
        yield Fault(f"{pointer}/trainers", "too-few-trainers", {"groups": groups})
    for name in DECLARED:
        if not getattr(plan.declarations, name):
            yield Fault(f"{pointer}/declarations/{name}", "not-declared")


def _split(plan: TrainingPlan, pointer: str) -> Iterator[Fault]:
    """A parallel group counts by its trainer. A peer group has none, so it stays together (rulebook §3.6)."""
    for index, session in enumerate(plan.sessions):
        if session.parallel_groups > 1:
            yield Fault(f"{pointer}/sessions/{index}/parallel_groups", "less-than-equal", {"le": 1})


def _short(plan: TrainingPlan, rules: ActivityRules, pointer: str) -> Iterator[Fault]:
    hours = hours_of(plan)
    if plan.sessions and hours < rules.minimum_hours:
        yield Fault(f"{pointer}/sessions", "too-few-hours", {"least": rules.minimum_hours, "hours": hours})
    if rules.maximum_hours is not None and hours > rules.maximum_hours:
        yield Fault(f"{pointer}/sessions", "too-many-hours", {"most": rules.maximum_hours, "hours": hours})
    if plan.planned_participants is not None and plan.planned_participants < rules.minimum_participants:
        least: dict[str, object] = {"least": rules.minimum_participants, "age": rules.minimum_age}
        yield Fault(f"{pointer}/planned_participants", "too-few-participants", least)


def check_possible(
    training: Training, circumstances: Circumstances, now: datetime, *, pointer: str | None = None
) -> None:
    """Check that a subsidised plan may be submitted now (rulebook §3.5), hours apart. The period for adding training
    courses does not bind peer groups (rulebook §3.6).

    Raise ActivityNotSupported, YearClosed, NotAMember, RunsNoTrainings, WindowClosed, PlanWindowClosed.
    """
    try:
        check_place(training, training.year, training.hour_type, circumstances)
        if not may_answer(training.state, training.answer_by, now):
            if training.hour_type == "training":
                check_window_open("training_entry", circumstances.training_entry, now)
            check_plan_window(training, circumstances.rules, now)
            check_statement_possible(training.statement_last_on, now)
    except Conflict as refusal:
        refusal.pointer = pointer
        raise


def check_place(plan: TrainingPlan, year: int, hour_type: Activity, circumstances: Circumstances) -> None:
    """Check that the organisation may run such a course on its days.

    Raise ActivityNotSupported, YearClosed, NotAMember, RunsNoTrainings.
    """
    if not circumstances.rules.enabled:
        raise ActivityNotSupported(activity=hour_type, year=year)
    check_year_open(year, circumstances.closed_at)
    check_active(plan, year, circumstances)
    own, place = circumstances.own_rules, circumstances.place
    if not may_run(circumstances.kind, place.ancestors, own.kinds, own.units):
        raise RunsNoTrainings(unit_id=place.organisation_id)
    if own.activities is not None and hour_type not in own.activities:
        raise RunsNoTrainings(unit_id=place.organisation_id, because="activity")
    check_topic(plan, circumstances)


def check_topic(plan: TrainingPlan, circumstances: Circumstances) -> None:
    """Check that the central organisation's own rules have the topic (rulebook §6.7). Raise RunsNoTrainings."""
    topics = circumstances.own_rules.topics
    if topics is not None and plan.topic not in topics:
        raise RunsNoTrainings(unit_id=circumstances.place.organisation_id, because="topic")


def check_active(plan: TrainingPlan, year: int, circumstances: Circumstances) -> None:
    """Check that the organisation and its central organisation are active on every session's day. Raise NotAMember."""
    days = days_of(plan.sessions)
    for active_from, active_until in (circumstances.centre_active, circumstances.organisation_active):
        if any(day < active_from or (active_until is not None and day > active_until) for day in days):
            raise NotAMember(year=year, active_from=active_from, active_until=active_until)


def may_answer(state: TrainingState, answer_by: date | None, now: datetime) -> bool:
    """Whether a plan that was sent back may be submitted again, whatever the windows."""
    return state == "sent_back" and answer_by is not None and day_of(now) <= answer_by


def check_plan_window(training: Training, rules: ActivityRules, now: datetime) -> None:
    """Check the plan window, or the day until which staff have let the plan be submitted. Raise PlanWindowClosed."""
    starts_on = starts_on_of(training.sessions)
    if starts_on is None:
        return
    excepted = [each.until for each in training.exceptions if each.rule == "plan_window" and each.until]
    windows.check_plan_window(windows.plan_window_of(starts_on, rules), now, max(excepted, default=None))


def check_exception(rule: ExceptionRule, until: date | None, now: datetime) -> None:
    """Check that an exception from the plan window has a last day that is ahead, and no other has one. Raise
    Invalid."""
    if rule == "name" and until is not None:
        raise Invalid(Fault("/until", "none-required"))
    if rule == "plan_window" and until is None:
        raise Invalid(Fault("/until", "required"))
    if until is not None and until < day_of(now):
        raise Invalid(Fault("/until", "day-passed"))
