"""Tasks of plans and cost statements: to decide, to endorse, to submit again, and statements that are due (rulebook
§5.5)."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from uuid import UUID

from app.domain.calendar.tasks import NamedOrganisation, TaskCall, TaskDraft
from app.domain.hours.ledger import HourType
from app.domain.trainings.plan_kinds import KINDS

TrainingTaskKind = Literal[
    "training_decision",
    "training_endorsement",
    "training_sent_back",
    "training_change_decision",
    "training_without_responsible",
    "completions_to_record",
    "participation_claim",
    "koski_cancellation",
    "certificate_signature",
    "study_centre_signature",
    "cost_statements",
    "cost_statement_decision",
]


@dataclass(frozen=True)
class TrainingAction:
    """What a training, its change or its cost statement waits for."""

    kind: TrainingTaskKind
    training_id: UUID
    hour_type: HourType
    name: str
    """Name of the training."""
    organisation_id: UUID
    organisation_name: str
    year: int
    reference: str | None
    """Reference of the cost statement, if there is one, or else of the training."""
    part_id: UUID | None = None
    """The change, the cost statement, the claim, or the organisation or study centre whose signature is missing. None
    if the task is about the plan, or if there is no statement yet."""
    part_state: str | None = None
    """State of the cost statement, or what is missing of the signature."""
    closes_on: date | None = None


def task_of_training(action: TrainingAction) -> TaskDraft:
    """The task, which is shown as long as it waits. A statement has one task from the end of the training on."""
    subject = action.training_id if action.kind == "cost_statements" else action.part_id or action.training_id
    return TaskDraft(
        kind=action.kind,
        subject=(subject,),
        organisation=NamedOrganisation(action.organisation_id, action.organisation_name),
        year=action.year,
        reference=action.reference,
        days=(None, action.closes_on),
        is_always_shown=True,
        title_facts={"training": action.name},
        call=call_of(action),
    )


def call_of(action: TrainingAction) -> TaskCall:
    """The call that does the task. The body of a decision suggests to approve."""
    path = f"{KINDS[action.hour_type].path}/{action.training_id}"
    match action.kind:
        case "training_decision":
            return TaskCall("POST", f"{path}/decision", {"outcome": "approved"})
        case "training_endorsement":
            return TaskCall("POST", f"{path}/endorsement", {"outcome": "endorsed"})
        case "training_sent_back":
            return TaskCall("PATCH", path)
        case "training_change_decision":
            return TaskCall("POST", f"{path}/changes/{action.part_id}/decision", {"outcome": "approved"})
        case "completions_to_record":
            return TaskCall("POST", f"{path}/completions", {"items": []})
        case "participation_claim":
            body = {"outcome": "granted", "participant_id": None}
            return TaskCall("POST", f"/v1/participation-claims/{action.part_id}/decision", body)
        case "koski_cancellation":
            return TaskCall("POST", "/v1/koski-exports", {"training_ids": [str(action.training_id)]})
        case "training_without_responsible":
            return TaskCall("PATCH", path, {"responsible_person_id": None})
        case "certificate_signature":
            return _signature_call(f"/v1/organisations/{action.part_id}", action)
        case "study_centre_signature":
            return _signature_call("/v1/study-centre", action)
        case "cost_statement_decision":
            return TaskCall("POST", f"/v1/cost-statements/{action.part_id}/decision", {"outcome": "approved"})
        case "cost_statements":
            return _statement_call(action)


def _signature_call(owner: str, action: TrainingAction) -> TaskCall:
    if action.part_state == "signatory":
        return TaskCall("PATCH", owner)
    return TaskCall("PUT", f"{owner}/signature-image")


def _statement_call(action: TrainingAction) -> TaskCall:
    if action.part_id is None:
        body: dict[str, Any] = {KINDS[action.hour_type].id_field: str(action.training_id)}
        return TaskCall("POST", "/v1/cost-statements", body)
    path = f"/v1/cost-statements/{action.part_id}"
    return TaskCall("PATCH", path) if action.part_state == "sent_back" else TaskCall("POST", f"{path}/submission")
