"""Tasks of training models: to screen, to work on, to review, to decide and to take into use (rulebook §5.5)."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from app.domain.calendar.tasks import NamedOrganisation, TaskCall, TaskDraft

ModelTaskKind = Literal[
    "training_model_screening",
    "training_model_turn",
    "training_model_reviewers",
    "training_model_opinion",
    "training_model_decision",
    "training_model_activation",
]


@dataclass(frozen=True)
class ModelAction:
    """What a training model, or one of its versions, waits for."""

    kind: ModelTaskKind
    model_id: UUID
    name: str
    organisation_id: UUID
    organisation_name: str
    version_id: UUID | None = None
    """The version. None if the proposal waits."""
    number: int | None = None
    waiting_for: str | None = None
    """The side whose turn it is."""


def task_of_model(action: ModelAction) -> TaskDraft:
    return TaskDraft(
        kind=action.kind,
        subject=(action.version_id or action.model_id,),
        organisation=NamedOrganisation(action.organisation_id, action.organisation_name),
        title_facts={"model": action.name, "number": action.number},
        call=call_of(action),
    )


def call_of(action: ModelAction) -> TaskCall:
    """The call that does the task. The body of a decision suggests to approve."""
    path = f"/v1/training-models/{action.model_id}"
    version = f"{path}/versions/{action.number}"
    match action.kind:
        case "training_model_screening":
            return TaskCall("POST", f"{path}/screening", {"outcome": "accepted", "criteria": []})
        case "training_model_turn":
            is_own = action.waiting_for == "organisation"
            return TaskCall("PATCH", version) if is_own else TaskCall("POST", f"{version}/handover")
        case "training_model_reviewers":
            return TaskCall("PUT", f"{version}/reviewers", {"person_ids": []})
        case "training_model_opinion":
            return TaskCall("PUT", f"{version}/opinion", {"opinion": "for", "text": None})
        case "training_model_decision":
            return TaskCall("POST", f"{version}/decision", {"outcome": "approved"})
        case "training_model_activation":
            return TaskCall("POST", f"{version}/activation")
