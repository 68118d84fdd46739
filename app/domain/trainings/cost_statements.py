"""Cost statements (kuluselvitykset): what was held, what it cost, and the support for it (rulebook §3.5, §4.3)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from app.domain.attachments import AttachedFile
from app.domain.errors import Fault, Invalid, WrongState
from app.domain.trainings.flags import Flag
from app.domain.trainings.outcomes import Outcome, check_outcome
from app.domain.trainings.participants import ParticipantCounts, check_counts
from app.domain.trainings.statement_checks import NeedsReason, needs_reason_of
from app.domain.trainings.support import Cost, Disallowed, PaymentState, Support, support_of
from app.domain.trainings.support_rules import Activity, CostCategory, SupportRules
from app.domain.values import Shown

StatementState = Literal["draft", "submitted", "approved", "sent_back", "rejected", "reversed", "lapsed", "cancelled"]
OPEN_STATES: tuple[StatementState, ...] = ("draft", "sent_back")
"""States in which the organisation writes the statement. It ends with its training."""
SETTLED_STATES: tuple[StatementState, ...] = ("submitted", "approved", "rejected")
"""States after which the training needs no other statement."""
MOST_COSTS = 100
MOST_ATTACHMENTS = 20
"""Of one statement."""


@dataclass(frozen=True)
class StatementDeclarations(Shown):
    """What the organiser declares about the costs (rulebook §4.3)."""

    booked: bool = False
    """The costs are in the organisation's accounts."""
    separable: bool = False
    """The costs are shown apart from others in the accounts."""
    other_state_support: bool = False
    """The course or peer group has other support from the state."""
    adult_education_centre: bool = False
    """The course or peer group was held with an adult education institute that is supported by the state."""


@dataclass(frozen=True)
class StatementFlag(Shown):
    """What staff should look at. It decides nothing."""

    code: Flag
    """Kind of the flag."""
    training_id: UUID | None
    """ID of the other training course or peer group. `null` if the flag concerns none."""
    organisation_id: UUID | None
    """ID of the other organisation. `null` if the flag concerns none."""


@dataclass(frozen=True)
class StatementContents(Shown):
    """What the organiser writes of the costs."""

    hours: int | None
    """Teaching hours that were held. `null` if not given."""
    participants: ParticipantCounts | None
    """Numbers of participants. `null` if not given."""
    costs: list[Cost]
    """Costs."""
    other_grants_cents: int
    """Other grants, in cents."""
    participant_fees_cents: int
    """Fees that participants paid, in cents. They do not reduce the support."""
    currency: Literal["EUR"]
    """Currency of the costs."""
    declarations: StatementDeclarations
    """Declarations of the organiser."""


CONTENTS = tuple(field.name for field in fields(StatementContents))


@dataclass(frozen=True)
class CostStatementSummary(Shown):
    """A cost statement without its costs one by one, as lists show it."""

    id: UUID
    reference: str | None
    training_id: UUID | None
    """ID of the training course. `null` if the statement is about a peer group."""
    peer_group_id: UUID | None
    """ID of the peer group. `null` if the statement is about a training course."""
    training_name: str
    """Name of the training course or peer group."""
    organisation_id: UUID
    organisation_name: str
    central_organisation_id: UUID
    """ID of the central organisation whose hours are used."""
    year: int
    hour_type: Activity
    """Type of the hours that are used: `training` or `peer_group`."""
    state: StatementState
    """State of the statement."""
    supported: bool
    """Whether the course or peer group is subsidised."""
    planned_hours: int
    """Teaching hours of the plan."""
    hours: int | None
    """Teaching hours that were held. `null` if not given."""
    used_hours: int | None
    """Teaching hours that the approval used: those held, and no more than those planned. `null` if there was no
    decision."""
    costs_cents: int
    """Costs in total, in cents."""
    support_cents: int | None
    """Support that was decided, in cents. `null` if it has not been decided."""
    payment_state: PaymentState
    """`payable` if the support was approved and waits for its payment, otherwise `none`."""
    created_by: UUID
    created_by_name: str | None
    created_at: datetime
    submitted_by: UUID | None
    """ID of the person who last submitted the statement. `null` if it has not been submitted."""
    submitted_by_name: str | None
    submitted_at: datetime | None
    """When the statement was last submitted. `null` if it has not been submitted."""
    senders: list[UUID]
    """IDs of everyone who has submitted the statement, the first one first."""
    decided_by: UUID | None
    decided_by_name: str | None
    decided_at: datetime | None
    decided_automatically: bool
    """Whether the statement was approved without a person, because there is no subsidy."""
    reason: str | None
    """Reason given when the statement was last sent back, rejected or approved. `null` if none was given."""
    answer_by: date | None
    """Last day to submit the statement again. `null` if it has not been sent back."""
    reversed_by: UUID | None
    """ID of the person who reversed the approval. `null` if it has not been reversed."""
    reversed_by_name: str | None
    reversed_at: datetime | None
    """When the approval was reversed. `null` if it has not been reversed."""
    reversal_reason: str | None
    """Reason for the reversal. `null` if the approval has not been reversed."""
    ended_at: datetime | None
    """When the statement lapsed, or was cancelled with its plan. `null` if neither has happened."""

    @property
    def cause_id(self) -> UUID:
        """The training course or peer group that the statement is about."""
        cause_id = self.training_id or self.peer_group_id
        if cause_id is None:
            raise RuntimeError("a statement is about a training course or a peer group")
        return cause_id

    @property
    def makers(self) -> frozenset[UUID | None]:
        return frozenset({self.created_by, *self.senders})


@dataclass(frozen=True)
class CostStatement(CostStatementSummary, StatementContents):
    """A cost statement with its costs and its support."""

    needs_reason: list[NeedsReason]
    """Circumstances that the decision has to give a reason for, known from the submission on."""
    disallowed: list[Disallowed]
    """Costs that the decision left out."""
    flags: list[StatementFlag]
    """Remarks for staff and auditors. Empty for everyone else."""
    support: Support | None
    """The support: an estimate until the decision. `null` if the hours are missing, or if the statement lapsed or was
    cancelled."""


@dataclass(frozen=True)
class CostStatements(Shown):
    items: list[CostStatement]
    """Cost statements in the order in which they were named."""


@dataclass(frozen=True)
class StatementAttachment(AttachedFile):
    """Facts about an attachment, without the file itself."""

    id: UUID
    created_by: UUID
    """ID of the person who added it."""
    created_by_name: str | None
    created_at: datetime


@dataclass(frozen=True)
class StatementDecision:
    statement_id: UUID
    outcome: Outcome
    reason: str | None
    answer_by: date | None
    disallowed: Sequence[Disallowed]


EMPTY = StatementContents(
    hours=None,
    participants=None,
    costs=[],
    other_grants_cents=0,
    participant_fees_cents=0,
    currency="EUR",
    declarations=StatementDeclarations(),
)
"""What a statement has that says nothing yet."""


def contents_of(statement: StatementContents) -> StatementContents:
    return StatementContents(**{name: getattr(statement, name) for name in CONTENTS})


def with_changes(contents: StatementContents, changes: Mapping[str, Any]) -> StatementContents:
    """Return the contents with the changed fields. Of `declarations` the changes have only some fields.

    Raise Invalid if the genders are more than the participants.
    """
    declared = replace(contents.declarations, **changes.get("declarations", {}))
    changed = replace(contents_of(contents), **{**changes, "declarations": declared})
    if changed.participants:
        check_counts(changed.participants)
    return changed


def differing(before: StatementContents, after: StatementContents) -> list[str]:
    """Return the names of the fields that differ."""
    return [name for name in CONTENTS if getattr(before, name) != getattr(after, name)]


def costs_cents_of(contents: StatementContents) -> int:
    return sum(cost.cents for cost in contents.costs)


def check_state(state: StatementState, *allowed: StatementState, pointer: str | None = None) -> None:
    """Raise WrongState."""
    if state not in allowed:
        raise WrongState(pointer=pointer, state=state, allowed=list(allowed))


def check_no_open_change(statement: CostStatementSummary, open_change_id: UUID | None) -> None:
    """Check that the plan has no open change: what was planned decides about the support. Raise WrongState."""
    if open_change_id is not None:
        raise WrongState(state=statement.state, allowed=list(OPEN_STATES), because="change-open")


def check_not_counted(changes: Mapping[str, Any], counted: ParticipantCounts | None) -> None:
    """Check that nobody writes numbers that come from the list of participants (rulebook §7). Raise Invalid."""
    if counted is not None and "participants" in changes and changes["participants"] != counted:
        raise Invalid(Fault("/participants", "counted-from-list"))


def check_complete(contents: StatementContents) -> None:
    """Check all that the statement of a subsidised course needs (rulebook §3.5, §4.3). Raise Invalid."""
    faults = [Fault(f"/{name}", "required") for name in ("hours", "participants") if getattr(contents, name) is None]
    faults += [
        Fault(f"/declarations/{name}", "not-declared")
        for name in ("booked", "separable")
        if not getattr(contents.declarations, name)
    ]
    if faults:
        raise Invalid(*faults)


def check_decision(item: StatementDecision, now: datetime, *, pointer: str = "") -> None:
    """Check what a decision needs by itself; only an approval leaves costs out. Raise Invalid."""
    check_outcome(item.outcome, item.reason, item.answer_by, now, pointer=pointer)
    if item.disallowed and item.outcome != "approved":
        raise Invalid(Fault(f"{pointer}/disallowed", "only-approved"))


def check_disallowed(item: StatementDecision, costs: Sequence[Cost], *, pointer: str = "") -> None:
    """Check that no more is left out of a category than was stated in it (rulebook §4.3). Raise Invalid."""
    left: Counter[CostCategory] = Counter()
    for cost in costs:
        left[cost.category] += cost.cents
    faults = []
    for index, part in enumerate(item.disallowed):
        if part.cents > left[part.category]:
            facts: dict[str, object] = {"le": max(0, left[part.category])}
            faults.append(Fault(f"{pointer}/disallowed/{index}/cents", "less-than-equal", facts))
        left[part.category] -= part.cents
    if faults:
        raise Invalid(*faults)


def check_reason(item: StatementDecision, needed: Sequence[NeedsReason], *, pointer: str = "") -> None:
    """Check that the decision explains what is unusual about the statement (rulebook §3.5). Raise Invalid."""
    if needed and item.reason is None:
        raise Invalid(Fault(f"{pointer}/reason", "reason-missing"))


def needed_of(statement: CostStatement, rules: SupportRules, *, late: bool) -> list[NeedsReason]:
    """Return what the decision gives a reason for, by the rules in force (rulebook §3.5)."""
    return needs_reason_of(
        of_age=statement.participants.of_age if statement.participants else 0,
        minimum_participants=rules.of(statement.hour_type).minimum_participants,
        late=late,
        other_state_support=statement.declarations.other_state_support,
        adult_education_centre=statement.declarations.adult_education_centre,
    )


def needed_by(statement: CostStatement, rules: SupportRules) -> list[NeedsReason]:
    """As `needed_of`, for a statement that was submitted and so is known to be late or not."""
    return needed_of(statement, rules, late="late" in statement.needs_reason)


def support_for(
    statement: CostStatement,
    rules: SupportRules,
    *,
    disallowed: Sequence[Disallowed] = (),
    final: bool = False,
) -> Support:
    """Return the support by the rules in force (rulebook §4.1). A course without subsidy has no hours and none."""
    return support_of(
        statement.hour_type,
        rules,
        planned=statement.planned_hours if statement.supported else 0,
        held=statement.hours or 0,
        of_age=statement.participants.of_age if statement.participants else 0,
        costs=statement.costs,
        disallowed=disallowed,
        other_grants_cents=statement.other_grants_cents,
        supported=statement.supported,
        final=final,
    )


def estimated(statement: CostStatement, rules: SupportRules) -> CostStatement:
    """Return the statement with an estimate of its support, if none was decided (rulebook §4.1)."""
    is_open = statement.state in ("draft", "submitted", "sent_back")
    if not is_open or (statement.supported and statement.hours is None):
        return statement
    return replace(statement, support=support_for(statement, rules))
