"""Pending actions: what waits for one person to decide, sign, confirm or complete (rulebook §5.5)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.domain.calendar.deadlines import last_day_before
from app.domain.calendar.tasks import NamedOrganisation, TaskCall, TaskDraft, TaskKind


@dataclass(frozen=True)
class PendingAction:
    kind: TaskKind
    id: UUID
    organisation_id: UUID | None
    """The organisation concerned. None if it is the study centre's own matter."""
    organisation_name: str | None
    application_id: UUID | None
    """The application that contains a signature."""
    detail: str | None
    """The role applied for, the digest to sign, whose signature it seems to be, the open steps of an onboarding, or the
    requested hours."""
    expires_at: datetime | None
    name: str | None = None
    """Name of the person concerned: who applies, may sign, or proposes the change."""
    reference: str | None = None
    """Reference of the request or application."""


def task_of_action(action: PendingAction) -> TaskDraft:
    return TaskDraft(
        kind=action.kind,
        subject=(action.id,),
        organisation=_organisation_of(action),
        reference=action.reference,
        title_facts={"person": action.name, "detail": action.detail},
        days=(None, last_day_before(action.expires_at) if action.expires_at else None),
        call=call_of(action),
    )


def _organisation_of(action: PendingAction) -> NamedOrganisation | None:
    if action.organisation_id is None or action.organisation_name is None:
        return None
    return NamedOrganisation(action.organisation_id, action.organisation_name)


def call_of(action: PendingAction) -> TaskCall:
    """The call that does the action. The body of a decision suggests to approve."""
    match action.kind:
        case "role_application":
            return TaskCall("POST", f"/v1/role-applications/{action.id}/decision", {"outcome": "granted"})
        case "badge_decision":
            return TaskCall("POST", f"/v1/badge-applications/{action.id}/decision", {"outcome": "granted"})
        case "badge_acceptance":
            return TaskCall("POST", f"/v1/badge-applications/{action.id}/acceptance")
        case "main_user_application_draft":
            return TaskCall("POST", f"/v1/main-user-applications/{action.id}/submission")
        case "main_user_application_to_sign":
            return TaskCall("POST", f"/v1/main-user-applications/{action.id}/signatures", {"digest": action.detail})
        case "signature_to_match":
            path = f"/v1/main-user-applications/{action.application_id}/signatures/{action.id}/match"
            return TaskCall("POST", path, {"signs_as": action.detail})
        case "main_user_application":
            return TaskCall("POST", f"/v1/main-user-applications/{action.id}/decision", {"outcome": "approved"})
        case "signatory":
            path = f"/v1/organisations/{action.organisation_id}/signatories/{action.id}/confirmation"
            return TaskCall("POST", path)
        case "allotment_request":
            return TaskCall("POST", f"/v1/allotment-requests/{action.id}/decision", {"hours": int(action.detail or 0)})
        case "bank_account_change":
            return TaskCall("POST", f"/v1/bank-account-changes/{action.id}/approval")
        case "payment_account_change":
            return TaskCall("POST", f"/v1/payment-account-changes/{action.id}/approval")
        case "onboarding":
            steps = (action.detail or "").split(",")
            return TaskCall("PATCH", f"/v1/onboardings/{action.id}", dict.fromkeys(steps))
        case _:
            raise ValueError(action.kind)
