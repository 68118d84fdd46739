"""Settling (selvittäminen): trainings that still hold hours, and the call that settles each (rulebook §3.5, §3.13)."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from app.domain.calendar.deadlines import day_of
from app.domain.calendar.tasks import TaskCall
from app.domain.trainings.plan_kinds import KINDS
from app.domain.trainings.support_rules import Activity
from app.domain.trainings.trainings import TrainingState

MOST_SHOWN = 100


@dataclass(frozen=True)
class Unsettled:
    """A training, or a peer group, that holds hours."""

    id: UUID
    hour_type: Activity
    name: str
    organisation_id: UUID
    organisation_name: str
    hours: int
    """Hours that it has reserved."""
    state: TrainingState
    ends_at: datetime | None
    statement_last_on: date | None
    """Last day of its cost statement."""
    statement_id: UUID | None
    """Its cost statement that has not been reversed."""
    statement_state: str | None


def settling_call_of(training: Unsettled, now: datetime) -> TaskCall:
    """Return the call that takes the training a step on: the decision of its statement where one waits. What nobody can
    state any more is cancelled. The body of a decision suggests to approve."""
    kind = KINDS[training.hour_type]
    path = f"{kind.path}/{training.id}"
    match training.state, training.statement_state:
        case "awaiting_main_user", _:
            return TaskCall("POST", f"{path}/endorsement", {"outcome": "endorsed"})
        case "submitted", _:
            return TaskCall("POST", f"{path}/decision", {"outcome": "approved"})
        case "sent_back", _:
            return TaskCall("POST", f"{path}/submission")
        case _, "submitted":
            return TaskCall("POST", f"/v1/cost-statements/{training.statement_id}/decision", {"outcome": "approved"})
        case _, "draft" | "sent_back":
            return TaskCall("POST", f"/v1/cost-statements/{training.statement_id}/submission")
    if _may_be_stated(training, now):
        return TaskCall("POST", "/v1/cost-statements", {kind.id_field: str(training.id)})
    return TaskCall("POST", f"{path}/cancellation", {"reason": None})


def _may_be_stated(training: Unsettled, now: datetime) -> bool:
    has_ended = training.ends_at is not None and training.ends_at <= now
    return has_ended and (training.statement_last_on is None or day_of(now) <= training.statement_last_on)


def facts_of(training: Unsettled, now: datetime) -> dict[str, object]:
    """Return the training as a refused closing shows it."""
    call = settling_call_of(training, now)
    return {
        "id": training.id,
        "name": training.name,
        "organisation_id": training.organisation_id,
        "organisation_name": training.organisation_name,
        "hours": training.hours,
        "state": training.state,
        "call": {"method": call.method, "path": call.path, "body": call.body},
    }
