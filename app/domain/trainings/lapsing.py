"""Lapsing (raukeaminen): plans and trainings that end because a day has passed (rulebook §3.5, §5.1)."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from app.domain.calendar.deadlines import day_of
from app.domain.trainings.cost_statements import OPEN_STATES, StatementState
from app.domain.trainings.statement_checks import is_past, lapses_on_of, plan_lapses_on_of
from app.domain.trainings.trainings import TrainingSummary


@dataclass(frozen=True)
class StatementInForce:
    """A training's cost statement that has not been reversed."""

    id: UUID
    reference: str | None
    state: StatementState
    hours: int | None
    answer_by: date | None

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES


Cause = Literal["not_endorsed", "not_submitted_again", "no_statement", "statement_reversed"]
"""Why a training has lapsed: the main user has not endorsed its plan in time, its plan was not submitted again in time,
it has no statement, or the approval of its statement was reversed and there was no other."""


def cause_of(training: TrainingSummary, *, was_reversed: bool) -> Cause:
    """Return why the training lapses (rulebook §3.5). After a reversal nobody was late with its statement."""
    if training.state == "awaiting_main_user":
        return "not_endorsed"
    if training.state == "sent_back":
        return "not_submitted_again"
    return "statement_reversed" if was_reversed else "no_statement"


def has_lapsed(training: TrainingSummary, statement: StatementInForce | None, now: datetime) -> bool:
    """Return whether the training ends by the clock: a plan that was sent back and not submitted again in time, one
    that the main user has not endorsed while a statement could still follow, or a supported training that has ended
    without a submitted statement (rulebook §3.5, §5.1).

    What waits for the study centre never lapses.
    """
    if training.state == "awaiting_main_user":
        return is_past(training.statement_last_on, now)
    if training.state == "sent_back" and training.answer_by:
        return day_of(now) >= plan_lapses_on_of(training.answer_by)
    if training.state != "approved" or not training.supported or (statement and not statement.is_open):
        return False
    answer_by = statement.answer_by if statement and statement.state == "sent_back" else None
    lapses_on = lapses_on_of(training.ends_at, training.statement_last_on, answer_by)
    return lapses_on is not None and day_of(now) >= lapses_on
