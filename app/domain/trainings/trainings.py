"""Training courses (koulutus) and peer study groups (vertaisopintoryhmä): the plan (suunnitelma), its states, and who
writes it (rulebook §3.5, §3.6).

In code a training is either of them, and its `hour_type` says which.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from app.domain.access import Actor, Place, check_not_own
from app.domain.errors import Fault, Forbidden, NotFound, WrongState
from app.domain.support.enrolments import Enrolment
from app.domain.trainings.cooperation import PlanWarning
from app.domain.trainings.plan_kinds import KINDS
from app.domain.trainings.sessions import HourBreakdown, TrainingSession, breakdown_of
from app.domain.trainings.support_rules import Activity, CostCategory
from app.domain.values import Shown

TrainingState = Literal[
    "draft",
    "awaiting_main_user",
    "submitted",
    "approved",
    "sent_back",
    "rejected",
    "withdrawn",
    "cancelled",
    "lapsed",
]
Phase = Literal["upcoming", "under_way", "statement_due", "late", "ended"]
Mode = Literal["in_person", "online", "hybrid"]
ExceptionRule = Literal["plan_window", "name"]

MOST_SESSIONS = 200
MOST_COPIES = 52
MOST_AT_A_TIME = 500
"""The most plans in one submission or decision."""
HOLDING_STATES: tuple[TrainingState, ...] = ("awaiting_main_user", "submitted", "sent_back", "approved")
"""States in which a plan has hours reserved, until its cost statement is decided."""


@dataclass(frozen=True)
class Trainer(Shown):
    name: str
    """Name of the trainer."""


@dataclass(frozen=True)
class BudgetLine(Shown):
    category: CostCategory
    """Category of the cost."""
    cents: int
    """Planned cost in cents."""


@dataclass(frozen=True)
class Partner(Shown):
    """Another organisation that takes part. It sees nothing of the plan."""

    organisation_id: UUID | None
    """ID of the partner, if it belongs to the study centre. `null` if `name` is given."""
    name: str | None
    """Name of the partner. `null` if `organisation_id` is given."""


NO_ENROLMENT = Enrolment(opens_on=None, closes_on=None, places=1, waiting_list=False)
"""What an enrolment has that says nothing but its places."""


@dataclass(frozen=True)
class PlanDeclarations(Shown):
    """What the organiser declares about the course (rulebook §3.5)."""

    not_sold: bool = False
    """The course is not sold to companies."""
    no_qualification: bool = False
    """The course gives no professional qualification or degree."""
    cooperation_named: bool = False
    """All marketing names the study centre as the partner."""


@dataclass(frozen=True)
class PlanException(Shown):
    """What staff have allowed against a rule."""

    rule: ExceptionRule
    """The rule: `plan_window` or `name`."""
    until: date | None
    """Last day on which the plan may be submitted. `null` if the rule is `name`."""
    reason: str
    """Reason for the exception."""
    granted_at: datetime
    """When the exception was made."""
    name: str | None
    """Name that was accepted. `null` if the rule is `plan_window`."""


@dataclass(frozen=True)
class GroupPlan(Shown):
    """What the organiser of a peer group plans; each training course has the same fields."""

    name: str
    """Name."""
    topic: str | None
    """Code of the topic class. `null` if not given."""
    target_group: str | None
    """Target group. `null` if not given."""
    goals: str | None
    """Learning goals. `null` if not given."""
    content: str | None
    """Content. `null` if not given."""
    methods: str | None
    """Methods of teaching or study. `null` if not given."""
    mode: Mode | None
    """Form of teaching or study: `in_person`, `online` or `hybrid`. `null` if not given."""
    language: str | None
    """Language of teaching or study, as an ISO 639 code, for example `fi`. `null` if not given."""
    sessions: list[TrainingSession]
    """Sessions."""
    platform_hours: int
    """Teaching hours of self-study on a learning platform."""
    planned_participants: int | None
    """Number of planned participants who are of age for support. `null` if not given."""
    planned_under_age: int | None
    """Number of planned participants below that age. `null` if not given."""
    responsible_person_id: UUID | None
    """ID of the responsible person. `null` if nobody is named."""
    partners: list[Partner]
    """Other organisations that take part."""
    marketing_text: str | None
    """Marketing text. `null` if not given."""
    listed: bool
    """Whether it may be shown to the public once it is approved. The public calendar shows training courses only."""
    supported: bool
    """Whether it is subsidised. Without subsidy it uses no hours and gets no support."""


@dataclass(frozen=True)
class TrainingPlan(GroupPlan):
    """What the organiser writes of a training course. Of a peer group the rest is empty."""

    trainers: list[Trainer]
    """Trainers of the course."""
    budget: list[BudgetLine]
    """Planned costs."""
    enrolment: Enrolment | None
    """Enrolment in the public calendar. `null` if none is offered."""
    declarations: PlanDeclarations
    """Declarations of the organiser."""
    model_version_id: UUID | None
    """ID of the version of a training model that the course follows. It sets goals, content and methods. `null` if the
    course follows none."""


PLAN_FIELDS = tuple(field.name for field in fields(TrainingPlan))


@dataclass(frozen=True)
class TrainingSummary(Shown):
    """A training course or peer group without the texts of its plan, as lists show it."""

    id: UUID
    reference: str | None
    organisation_id: UUID
    organisation_name: str
    central_organisation_id: UUID
    """ID of the central organisation whose hours are used."""
    hour_type: Activity
    """Type of the hours that are used: `training` or `peer_group`."""
    year: int
    name: str
    """Name."""
    topic: str | None
    """Code of the topic class. `null` if not given."""
    mode: Mode | None
    """Form of teaching or study: `in_person`, `online` or `hybrid`. `null` if not given."""
    language: str | None
    """Language of teaching or study, as an ISO 639 code, for example `fi`. `null` if not given."""
    supported: bool
    """Whether it is subsidised."""
    state: TrainingState
    """State of the plan."""
    phase: Phase | None
    """Phase after the approval, which follows from the clock. `null` if the plan is not approved."""
    hours: int
    """Teaching hours of the plan."""
    starts_at: datetime | None
    """When the first session begins. `null` if there are no sessions."""
    ends_at: datetime | None
    """When the last session ends. `null` if there are no sessions."""
    planned_participants: int | None
    """Number of planned participants who are of age for support. `null` if not given."""
    responsible_person_id: UUID | None
    """ID of the responsible person. `null` if nobody is named."""
    plan_opens_on: date | None
    """First day to submit the plan. `null` if there are no sessions."""
    plan_closes_on: date | None
    """Last day to submit the plan. `null` if there are no sessions."""
    statement_due_on: date | None
    """Day until which the cost statement is in time. `null` if there are no sessions or no subsidy."""
    statement_last_on: date | None
    """Last day of the cost statement, also of a late one. `null` if the year has no confirmed last day."""
    statement_id: UUID | None
    """ID of the cost statement. `null` if there is none in force."""
    created_by: UUID
    created_by_name: str | None
    created_at: datetime
    submitted_by: UUID | None
    """ID of the person who last submitted the plan. `null` if it has not been submitted."""
    submitted_by_name: str | None
    submitted_at: datetime | None
    """When the plan was last submitted. `null` if it has not been submitted."""
    senders: list[UUID]
    """IDs of everyone who has submitted the plan, the first one first."""
    endorsed_by: UUID | None
    """ID of the main user who endorsed the plan. `null` if no endorsement was needed or made."""
    endorsed_by_name: str | None
    endorsed_at: datetime | None
    """When the main user endorsed the plan. `null` if no endorsement was needed or made."""
    decided_by: UUID | None
    decided_by_name: str | None
    decided_at: datetime | None
    decided_automatically: bool
    """Whether the plan was approved without a person, by the rules of the year."""
    reason: str | None
    """Reason given when the plan was last sent back, rejected or approved. `null` if none was given."""
    answer_by: date | None
    """Last day to submit the plan again. `null` if it has not been sent back."""
    ended_by: UUID | None
    """ID of the person who withdrew or cancelled it. `null` if nobody did."""
    ended_by_name: str | None
    ended_at: datetime | None
    """When it was withdrawn, was cancelled or lapsed. `null` if none of that has happened."""
    end_reason: str | None
    """Reason for the cancellation. `null` if it has not been cancelled."""

    @property
    def makers(self) -> frozenset[UUID | None]:
        return frozenset({self.created_by, *self.senders})


@dataclass(frozen=True)
class ModelOfCourse(Shown):
    """The version of a training model that a course follows."""

    model_id: UUID
    """ID of the training model."""
    version_id: UUID
    """ID of the version."""
    number: int
    """Number of the version."""
    credits: int
    """Study credits of the course."""
    learner_hours: int
    """Hours of a learner's work."""


@dataclass(frozen=True)
class PlanCircumstances(Shown):
    """What is known of a plan beside what was written."""

    hour_breakdown: HourBreakdown
    """Calculation of the hours."""
    exceptions: list[PlanException]
    """Exceptions that staff have made."""
    open_change_id: UUID | None
    """ID of the open change of the approved plan. `null` if there is none."""
    warnings: list[PlanWarning]
    """Hints on the plan, which prevent nothing."""


@dataclass(frozen=True)
class Training(PlanCircumstances, TrainingSummary, TrainingPlan):
    """A training course with its plan, as it is shown."""

    model: ModelOfCourse | None
    """Version of a training model that the course follows. `null` if it follows none."""


@dataclass(frozen=True)
class PeerGroup(PlanCircumstances, TrainingSummary, GroupPlan):
    """A peer study group with its plan, as it is shown."""


@dataclass(frozen=True)
class Trainings(Shown):
    items: list[Training]
    """Training courses in the order in which they were named."""


@dataclass(frozen=True)
class PeerGroups(Shown):
    items: list[PeerGroup]
    """Peer groups in the order in which they were named."""


EMPTY = TrainingPlan(
    name="",
    topic=None,
    target_group=None,
    goals=None,
    content=None,
    methods=None,
    mode=None,
    language=None,
    sessions=[],
    platform_hours=0,
    planned_participants=None,
    planned_under_age=None,
    responsible_person_id=None,
    partners=[],
    marketing_text=None,
    listed=True,
    supported=True,
    trainers=[],
    budget=[],
    enrolment=None,
    declarations=PlanDeclarations(),
    model_version_id=None,
)
"""What a draft has that says nothing but its name."""


def of_type(training: Training, hour_type: Activity) -> Training:
    """Return the training if it is of the type. Raise NotFound: a peer group is not found among training courses."""
    if training.hour_type != hour_type:
        raise NotFound
    return training


def event_of(hour_type: Activity, verb: str, part: str = "") -> str:
    """Return what an event of a training, or of a part of it, is called: `training.approved`,
    `peer-group-change.approved`."""
    return f"{KINDS[hour_type].subject}{part}.{verb}"


def cause_fact_of(hour_type: Activity, training_id: UUID) -> dict[str, Any]:
    """Return the fact of an event that names its training: `training_id` or `peer_group_id`."""
    return {KINDS[hour_type].id_field: training_id}


def peer_group_of(training: Training) -> PeerGroup:
    """Return the peer group as it is shown, without what only training courses have."""
    return PeerGroup(**{field.name: getattr(training, field.name) for field in fields(PeerGroup)})


def shown(training: Training) -> Training | PeerGroup:
    """Return the training as its responses show it, by which its version is known."""
    return training if training.hour_type == "training" else peer_group_of(training)


def group_plan_of(plan: TrainingPlan) -> GroupPlan:
    """Return the plan as a peer group has it."""
    return GroupPlan(**{field.name: getattr(plan, field.name) for field in fields(GroupPlan)})


def plan_of(training: TrainingPlan) -> TrainingPlan:
    return TrainingPlan(**{name: getattr(training, name) for name in PLAN_FIELDS})


def with_changes(plan: TrainingPlan, changes: Mapping[str, Any]) -> TrainingPlan:
    """Return the plan with the changed fields. Of `declarations` and `enrolment` the changes have only some fields."""
    parts: dict[str, Any] = {"declarations": plan.declarations, "enrolment": plan.enrolment or NO_ENROLMENT}
    merged = {
        name: replace(parts[name], **value) if name in parts and isinstance(value, Mapping) else value
        for name, value in changes.items()
    }
    return replace(plan_of(plan), **merged)


def differing(before: TrainingPlan, after: TrainingPlan) -> list[str]:
    """Return the names of the fields that differ."""
    return [name for name in PLAN_FIELDS if getattr(before, name) != getattr(after, name)]


def hours_of(plan: TrainingPlan) -> int:
    """Return the hours of the plan (rulebook §4.2)."""
    return breakdown_of(plan.sessions, plan.platform_hours).hours


def faults_of_partners(partners: Sequence[Partner]) -> list[Fault]:
    """Return a fault for each partner that is not named in one way, by ID or by name (rulebook §3.5)."""
    return [
        Fault(f"/partners/{index}", "name-or-id")
        for index, partner in enumerate(partners)
        if (partner.organisation_id is None) == (partner.name is None)
    ]


def check_support_kept(training: TrainingSummary, plan: TrainingPlan) -> None:
    """Check that a plan that has been submitted stays with or without subsidy. Raise WrongState."""
    if training.supported != plan.supported:
        raise WrongState(state=training.state, allowed=["draft"])


def may_write(actor: Actor, place: Place) -> bool:
    """Whether the actor is the main user or unit manager of the organisation or above it, or training manager of
    exactly that organisation (rulebook §2.2)."""
    is_manager = any(
        grant.role == "training_manager" and grant.organisation_id == place.organisation_id for grant in actor.roles
    )
    return is_manager or actor.has_for(place, "main_user", "unit_manager")


def check_writer(actor: Actor, place: Place, *, pointer: str | None = None) -> None:
    """Check for a person who writes the organisation's trainings and statements (rulebook §2.2). Raise Forbidden."""
    if not may_write(actor, place):
        raise Forbidden(pointer=pointer, roles=["training_manager", "unit_manager", "main_user"])


def check_files_reader(actor: Actor, place: Place) -> None:
    """Check for a writer of the organisation's statements, staff or an auditor: vouchers have personal data
    (rulebook §8). Raise Forbidden."""
    if not (may_write(actor, place) or actor.has("staff", "auditor")):
        raise Forbidden(roles=["training_manager", "unit_manager", "main_user", "staff", "auditor"])


def check_decider(actor: Actor, place: Place, makers: Collection[UUID | None], *, pointer: str | None = None) -> None:
    """Check for staff who decide a matter that is not their own (rulebook §2.2). Raise Forbidden."""
    if not actor.has("staff"):
        raise Forbidden(pointer=pointer, roles=["staff"])
    check_not_own(actor, place, makers, pointer=pointer)


def check_state(state: TrainingState, *allowed: TrainingState, pointer: str | None = None) -> None:
    """Raise WrongState."""
    if state not in allowed:
        raise WrongState(pointer=pointer, state=state, allowed=list(allowed))
