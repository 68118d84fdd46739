"""Documents (asiakirjat) about plans, cost statements and their decisions (rulebook §3.5).

A document says what was submitted or decided. Its bytes are kept from the first reading on; a plan that is submitted
again, or a decision that is followed by another, has a document of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from app.domain.errors import NotFound
from app.domain.trainings.cost_statements import CostStatement, CostStatementSummary, StatementContents
from app.domain.trainings.trainings import Training, TrainingPlan, TrainingSummary

DocumentKind = Literal["plan", "plan_decision", "statement", "statement_decision", "strategy", "model_version"]


@dataclass(frozen=True)
class DocumentNames:
    """Names in the language of the document, as far as all may read them who may read the document."""

    organisation_name: str
    business_id: str | None
    study_centre_name: str
    topic_name: str | None
    decided_by_name: str | None
    """None for an automatic decision and for people whom not all see, as all see the staff (rulebook §2.5)."""
    reversed_by_name: str | None = None
    """The same of a reversal."""
    model_name: str | None = None
    """The name of the training model that the plan follows, as its version has it."""
    version: int | None = None
    """The number of that version."""


@dataclass(frozen=True)
class DecidedChange:
    """A change of an approved plan that was decided."""

    state: Literal["approved", "rejected"]
    changed: list[str]
    hours: int
    reason: str | None
    decided_at: datetime


@dataclass(frozen=True)
class Submitted:
    """What was submitted, apart from what has become of it."""

    times: int
    """How often it was submitted."""
    plan: TrainingPlan | None
    """The plan as it was submitted, if it has been changed since without a decision."""


@dataclass(frozen=True)
class SubmittedStatement:
    times: int
    """How often it was submitted."""
    contents: StatementContents | None
    """What was submitted, if it has been changed since."""


@dataclass(frozen=True)
class PlanOnRecord:
    """A training with what its documents say, as all of it was at one moment."""

    training: Training
    submitted: Submitted
    changes: list[DecidedChange]
    """The decided changes, in the order of their decisions."""

    @property
    def plan(self) -> TrainingPlan:
        """The plan as it was last submitted or changed by a decision."""
        return self.submitted.plan or self.training


@dataclass(frozen=True)
class StatementOnRecord:
    """A statement with what was submitted of it, as all of it was at one moment."""

    statement: CostStatement
    submitted: SubmittedStatement

    @property
    def contents(self) -> StatementContents:
        """What was last submitted."""
        return self.submitted.contents or self.statement


@dataclass(frozen=True)
class Edition:
    """Which one of the documents of a kind."""

    version: int
    """Number of what is documented, which grows with each submission or decision."""
    dated_at: datetime
    """When it was submitted or decided."""


def plan_edition(training: TrainingSummary, times: int, changes: Sequence[DecidedChange]) -> Edition:
    """Return the edition of the plan: as last submitted, or as an approved change made it.

    Raise NotFound before the first submission.
    """
    if training.submitted_at is None:
        raise NotFound
    approved = [change.decided_at for change in changes if change.state == "approved"]
    return Edition(times + len(approved), max([training.submitted_at, *approved]))


def plan_decision_edition(training: TrainingSummary, changes: Sequence[DecidedChange]) -> Edition:
    """Return the edition of the decision on the plan, and on its changes. Raise NotFound before the decision."""
    if training.decided_at is None:
        raise NotFound
    return Edition(1 + len(changes), max([training.decided_at, *(change.decided_at for change in changes)]))


def statement_edition(statement: CostStatementSummary, times: int) -> Edition:
    """Return the edition of the statement as it was last submitted. Raise NotFound before the first submission."""
    if statement.submitted_at is None:
        raise NotFound
    return Edition(times, statement.submitted_at)


def statement_decision_edition(statement: CostStatementSummary) -> Edition:
    """Return the edition of the decision on the statement: its reversal makes another.

    Raise NotFound before the decision.
    """
    if statement.decided_at is None:
        raise NotFound
    return Edition(2, statement.reversed_at) if statement.reversed_at else Edition(1, statement.decided_at)
