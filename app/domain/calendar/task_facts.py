"""What is known of a person's organisations when the tasks are told: the facts that the rules look at."""

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from app.domain.access import Role
from app.domain.calendar.deadlines import Kind, Window
from app.domain.calendar.reminders import DEFAULT_REMINDERS, ReminderSettings
from app.domain.calendar.tasks import TaskKind
from app.domain.hours.proposals import ProposalState
from app.domain.organisations.membership import is_member_in


@dataclass(frozen=True)
class OwnOrganisation:
    """An organisation for which a role is in force."""

    id: UUID
    central_organisation_id: UUID
    name: str
    active_from: date
    """The central organisation's membership, with `active_until`."""
    active_until: date | None
    units_propose: bool
    """The central organisation's setting."""
    has_units: bool
    roles: frozenset[Role] = frozenset()

    def is_member_in(self, year: int) -> bool:
        """Where any day of the year is one of the membership (rulebook §6.1)."""
        return is_member_in(year, self.active_from, self.active_until)


@dataclass(frozen=True)
class OwnWindow:
    """A confirmed deadline, as one of the organisations meets it."""

    organisation_id: UUID | None
    """None is the staff's."""
    deadline_id: UUID
    kind: Kind
    hours_year: int
    days: Window


@dataclass(frozen=True)
class OwnProposal:
    """An organisation's one proposal for a year that is not withdrawn."""

    id: UUID
    organisation_id: UUID
    year: int
    state: ProposalState
    answer_by: date | None


@dataclass(frozen=True)
class WaitingProposals:
    """Submitted: of a centre's units, until they are included; or of the centres, until they are decided."""

    central_organisation_id: UUID | None
    """None is those of all centres, which wait for the staff."""
    year: int
    proposal_ids: list[UUID]


@dataclass(frozen=True)
class YearHours:
    """An organisation's hours of a year: a centre's are its tree's."""

    organisation_id: UUID
    year: int
    granted: int
    """What may be used; a unit's is its allotment."""
    in_use: int
    """Reserved or used."""
    reserved: int
    free: int
    """In the centre's common account; 0 for a unit."""
    is_distributed: bool
    is_closed: bool

    @property
    def percent_in_use(self) -> int:
        """Whole per cents, the fraction left out."""
        return self.in_use * 100 // self.granted if self.granted else 0


@dataclass(frozen=True)
class HoursChange:
    """A supplementary request, withdrawn ones apart, or a return."""

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


@dataclass(frozen=True)
class NamedOrganisation:
    id: UUID
    name: str


@dataclass(frozen=True)
class Matter:
    """Something of one organisation that waits for this person to decide, sign, confirm or finish it."""

    kind: TaskKind
    id: UUID
    organisation_id: UUID
    organisation_name: str
    within: UUID | None
    """The application that a signature is in."""
    said: str | None
    """The role applied for, the digest to be signed, whose signature it seems to be, or the steps not taken."""
    expires_at: datetime | None


@dataclass(frozen=True)
class TaskFacts:
    """All of it; what a person's roles do not ask for is empty."""

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
    settings: ReminderSettings = DEFAULT_REMINDERS
    matters: list[Matter] = field(default_factory=list)
    person_id: UUID | None = None
    confirmed: frozenset[tuple[UUID, int]] = frozenset()
    """Of which organisations' data the person has confirmed which year's."""

    def windows_of(self, organisation_id: UUID | None, kind: Kind, year: int | None = None) -> list[OwnWindow]:
        return [
            window
            for window in self.windows
            if window.organisation_id == organisation_id
            and window.kind == kind
            and (year is None or window.hours_year == year)
        ]

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
