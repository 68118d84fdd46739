"""Tasks (tehtävät): what a person has to do now and next, with days and the call that does it (rulebook §5.5)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Literal
from uuid import UUID, uuid5

from app.domain.calendar.deadlines import day_of, start_of, state_of
from app.domain.values import Shown

TaskKind = Literal[
    "hour_proposal",
    "unit_hour_proposal",
    "units_hour_proposals",
    "change_window",
    "hours_running_out",
    "hours_going_unused",
    "hour_distribution",
    "cost_statements",
    "cost_statement_decision",
    "training_decision",
    "training_endorsement",
    "training_sent_back",
    "training_change_decision",
    "training_without_responsible",
    "certificate_signature",
    "study_centre_signature",
    "training_model_screening",
    "training_model_turn",
    "training_model_reviewers",
    "training_model_opinion",
    "training_model_decision",
    "training_model_activation",
    "completions_to_record",
    "participation_claim",
    "participant_readers_missing",
    "koski_cancellation",
    "hour_decisions",
    "supplementary_request",
    "allotment_request",
    "organisation_without_main_user",
    "mails_obstructed",
    "role_application",
    "main_user_application_draft",
    "main_user_application_to_sign",
    "signature_to_match",
    "main_user_application",
    "signatory",
    "bank_account_change",
    "payment_account_change",
    "data_confirmation",
    "strategy_follow_up",
    "badge_decision",
    "badge_acceptance",
    "onboarding",
    "role_to_apply_for",
    "email_verification",
]
TaskState = Literal["upcoming", "open", "done", "late"]

AHEAD = timedelta(days=92)
"""How long before its first day a task is shown, or before its last day if it has no first day (rulebook §5.5)."""
LATE = timedelta(days=60)
"""How long after its last day a late task is shown (rulebook §5.5)."""
_TASKS = UUID("5f0e7f0c-7f4f-5d0a-9a51-6a1c3c0c1b5e")


@dataclass(frozen=True)
class TaskCall(Shown):
    """The operation that does the task."""

    method: Literal["GET", "POST", "PUT", "PATCH"]
    """HTTP method of the operation."""
    path: str
    """Path of the operation, with its parameters filled in."""
    body: dict[str, Any] | None = None
    """Body to start from: replace each `null` and fill each empty list. An approval may also need a `reason`. `null` if
    there is nothing to start from."""


@dataclass(frozen=True)
class Task(Shown):
    id: UUID
    """ID of the task, the same every time for the same thing to do."""
    kind: TaskKind
    """Kind of task."""
    title: str
    """Title of the task, in the reader's language."""
    organisation_id: UUID | None
    """ID of the organisation concerned. `null` if the task concerns the study centre or you."""
    organisation_name: str | None
    """Name of the organisation in the reader's language, if it has one. `null` if the task concerns no organisation."""
    year: int | None
    """Year of the hours concerned. `null` if the task concerns no hours."""
    reference: str | None
    """Reference of the proposal, request, application, plan or cost statement that the task is about, for example
    `2024-0123`. `null` if it is about none, or one that has not been made yet."""
    opens_on: date | None
    """First day. `null` if the task can be done immediately."""
    closes_on: date | None
    """Last day, open until 24:00 in Europe/Helsinki, with extensions included. `null` if there is no last day."""
    opens_at: datetime | None
    """Time at which the first day begins. `null` if there is no first day."""
    closes_at: datetime | None
    """Time at which the last day ends. `null` if there is no last day."""
    state: TaskState
    """State calculated from the current time. `done` tasks are listed until their last day, `late` ones for 60 days
    after it. Late decisions on proposals are listed as long as proposals wait, and late cost statements until they are
    submitted or lapse."""
    call: TaskCall
    """Operation that does the task."""
    link: str | None = None
    """URL of the page where the task is done. `null` if the service has no public URL."""


@dataclass(frozen=True)
class NamedOrganisation:
    id: UUID
    name: str


@dataclass(frozen=True, kw_only=True)
class TaskDraft:
    """A task before it has a title and a state."""

    kind: TaskKind
    subject: tuple[object, ...] = ()
    """What the task is about: with the kind it gives the task its id."""
    organisation: NamedOrganisation | None = None
    year: int | None = None
    reference: str | None = None
    """Of what the task is about."""
    days: tuple[date | None, date | None] = (None, None)
    """First and last day."""
    is_done: bool = False
    is_always_shown: bool = False
    """Whether it is shown however far away its days are."""
    call: TaskCall
    title_facts: Mapping[str, object] = field(default_factory=dict)
    """Facts for the title, beside the organisation and the year."""


TitleOf = Callable[[TaskKind, Mapping[str, object]], str]
"""Returns the title of a task in the person's language."""


def task_id_of(kind: str, *subject: object) -> UUID:
    """The same id each time for the same kind and subject."""
    return uuid5(_TASKS, ":".join(map(str, (kind, *subject))))


def task_of(draft: TaskDraft, title_of: TitleOf, now: datetime) -> Task:
    """The task with its state, which follows from the clock unless the task is done (rulebook §5.5)."""
    organisation_id, name = (draft.organisation.id, draft.organisation.name) if draft.organisation else (None, None)
    opens_on, closes_on = draft.days
    by_clock = state_of(opens_on, closes_on, now)
    return Task(
        id=task_id_of(draft.kind, *draft.subject),
        kind=draft.kind,
        title=title_of(draft.kind, {"organisation": name, "year": draft.year, **draft.title_facts}),
        organisation_id=organisation_id,
        organisation_name=name,
        year=draft.year,
        reference=draft.reference,
        opens_on=opens_on,
        closes_on=closes_on,
        opens_at=start_of(opens_on) if opens_on else None,
        closes_at=start_of(closes_on + timedelta(days=1)) if closes_on else None,
        state="done" if draft.is_done else "late" if by_clock == "closed" else by_clock,
        call=draft.call,
    )


def is_shown(draft: TaskDraft, now: datetime) -> bool:
    """Whether the task is neither far ahead nor long past, or is shown all the same (rulebook §5.5)."""
    if draft.is_always_shown:
        return True
    today = day_of(now)
    opens_on, closes_on = draft.days
    begins = opens_on or closes_on
    if begins is not None and begins > today + AHEAD:
        return False
    if closes_on is None or closes_on >= today:
        return True
    return not draft.is_done and closes_on >= today - LATE


def in_order(tasks: Iterable[Task]) -> list[Task]:
    """The tasks by their last days. Tasks without a last day come at the end."""
    return sorted(tasks, key=order_of)


def order_of(task: Task) -> tuple[str, str, str]:
    """The key of the order. Days in it are texts, which sort as the days do."""
    return (task.closes_on or date.max).isoformat(), (task.opens_on or date.min).isoformat(), str(task.id)
