"""The facts about a person's organisations from which the tasks follow."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from app.domain.access import Role
from app.domain.calendar.deadlines import Kind, State, Window, last_day_of, state_of
from app.domain.calendar.model_tasks import ModelAction
from app.domain.calendar.pending_actions import PendingAction
from app.domain.calendar.reminder_settings import DEFAULT_REMINDERS, ReminderSettings
from app.domain.calendar.tasks import NamedOrganisation
from app.domain.calendar.training_tasks import TrainingAction
from app.domain.delivery.mail_delivery import MailObstacle
from app.domain.hours.proposals import ProposalState
from app.domain.organisations.membership import is_member_in, is_member_on


@dataclass(frozen=True)
class OwnOrganisation(NamedOrganisation):
    """An organisation for which a role is in force."""

    central_organisation_id: UUID
    active_from: date
    """The first day of the central organisation's membership. Its last day is `active_until`."""
    active_until: date | None
    units_propose: bool
    """The central organisation's setting."""
    has_units: bool
    roles: frozenset[Role] = frozenset()

    def is_member_in(self, year: int) -> bool:
        """Whether any day of the year is a day of the membership (rulebook §6.1)."""
        return is_member_in(year, self.active_from, self.active_until)

    def is_member_on(self, day: date) -> bool:
        """Whether the day is within the membership (rulebook §6.1)."""
        return is_member_on(day, self.active_from, self.active_until)


@dataclass(frozen=True)
class OwnWindow:
    """A confirmed deadline, as it applies to one of the organisations."""

    organisation_id: UUID | None
    """None for the staff."""
    deadline_id: UUID
    kind: Kind
    hours_year: int
    opens_on: date | None
    closes_on: date | None
    extended_until: date | None = None

    @property
    def last_day(self) -> date | None:
        """The organisation's own last day, its extension included."""
        return last_day_of(Window(self.opens_on, self.closes_on, self.extended_until))

    @property
    def days(self) -> tuple[date | None, date | None]:
        """First and last day."""
        return self.opens_on, self.last_day

    @property
    def first_day(self) -> date:
        """A day that sorts: windows without a first day come first."""
        return self.opens_on or date.min

    def state_at(self, now: datetime) -> State:
        return state_of(self.opens_on, self.last_day, now)


@dataclass(frozen=True)
class OwnProposal:
    """An organisation's one proposal for a year that is neither withdrawn nor expired, or else the decision on its
    central organisation's hours."""

    id: UUID
    organisation_id: UUID
    year: int
    state: ProposalState
    answer_by: date | None
    reference: str | None = None
    is_decision: bool = False
    """Whether the hours were decided without such a proposal: none can be made any more."""


@dataclass(frozen=True)
class WaitingProposals:
    """Submitted proposals. Those of units wait to be included, those of central organisations to be decided."""

    central_organisation_id: UUID | None
    """None for the proposals of all central organisations, which wait for staff."""
    year: int
    proposal_ids: list[UUID]


@dataclass(frozen=True)
class YearHours:
    """An organisation's hours of a year. A central organisation has the hours of its tree."""

    organisation_id: UUID
    year: int
    granted: int
    """Hours that may be used. For a unit, its allotment."""
    in_use: int
    """Reserved or used hours."""
    free: int
    """Hours in the central organisation's common account. 0 for a unit."""
    is_distributed: bool
    is_closed: bool

    @property
    def percent_in_use(self) -> int:
        """Whole per cent, rounded down."""
        return self.in_use * 100 // self.granted if self.granted else 0


@dataclass(frozen=True)
class HoursChange:
    """A supplementary request that is not withdrawn, or a return that is not cancelled."""

    organisation_id: UUID
    year: int
    made_at: datetime


@dataclass(frozen=True)
class WaitingRequest:
    """A supplementary request that is not decided."""

    id: UUID
    organisation_id: UUID
    organisation_name: str
    year: int
    hours: int
    reference: str | None = None


@dataclass(frozen=True)
class OwnStrategy:
    """An organisation's training strategy in force."""

    id: UUID
    organisation_id: UUID
    first_year: int
    last_year: int
    followed_years: frozenset[int]
    """Years that have been followed up."""

    def has(self, year: int) -> bool:
        return self.first_year <= year <= self.last_year


@dataclass(frozen=True)
class TaskFacts:
    """All facts. What a person's roles do not need is empty."""

    now: datetime
    organisations: list[OwnOrganisation] = field(default_factory=list)
    windows: list[OwnWindow] = field(default_factory=list)
    proposals: list[OwnProposal] = field(default_factory=list)
    waiting: list[WaitingProposals] = field(default_factory=list)
    hours: list[YearHours] = field(default_factory=list)
    changes: list[HoursChange] = field(default_factory=list)
    holds_role: bool = True
    is_staff: bool = False
    requests: list[WaitingRequest] = field(default_factory=list)
    without_main_user: list[NamedOrganisation] = field(default_factory=list)
    mail_obstacle: MailObstacle | None = None
    lacks_reader: bool = False
    """Whether a claim or a completion waits, and nobody of the staff is named to see participants."""
    settings: ReminderSettings = DEFAULT_REMINDERS
    pending_actions: list[PendingAction] = field(default_factory=list)
    training_actions: list[TrainingAction] = field(default_factory=list)
    model_actions: list[ModelAction] = field(default_factory=list)
    person_id: UUID | None = None
    is_verified: bool = True
    """Whether the person's email address has been verified."""
    confirmed: frozenset[tuple[UUID, int]] = frozenset()
    """The organisations and years whose data the person has confirmed."""
    strategies: list[OwnStrategy] = field(default_factory=list)

    def windows_of(self, organisation_id: UUID | None, kind: Kind, year: int | None = None) -> list[OwnWindow]:
        return [
            window
            for window in self.windows
            if window.organisation_id == organisation_id
            and window.kind == kind
            and (year is None or window.hours_year == year)
        ]

    def strategy_of(self, organisation_id: UUID) -> OwnStrategy | None:
        return next((each for each in self.strategies if each.organisation_id == organisation_id), None)

    def proposal_of(self, organisation_id: UUID, year: int) -> OwnProposal | None:
        return next((p for p in self.proposals if (p.organisation_id, p.year) == (organisation_id, year)), None)

    def waiting_of(self, central_organisation_id: UUID | None, year: int) -> list[UUID]:
        return [
            proposal_id
            for waiting in self.waiting
            if (waiting.central_organisation_id, waiting.year) == (central_organisation_id, year)
            for proposal_id in waiting.proposal_ids
        ]

    def hours_of(self, organisation_id: UUID) -> list[YearHours]:
        return [hours for hours in self.hours if hours.organisation_id == organisation_id]

    def current_windows(self, windows: Iterable[OwnWindow]) -> list[OwnWindow]:
        """One window for each year of hours: the one that is open or opens next, else the one that closed last."""
        chosen: dict[int, OwnWindow] = {}
        for window in sorted(windows, key=lambda window: window.first_day):
            before = chosen.get(window.hours_year)
            if before is None or before.state_at(self.now) == "closed":
                chosen[window.hours_year] = window
        return list(chosen.values())
