"""Which call does what waits for one person (rulebook §5.5)."""

from app.domain.calendar.task_facts import Matter
from app.domain.calendar.tasks import TaskCall


def call_of(matter: Matter) -> TaskCall:
    """What may be decided either way begins with a yes."""
    match matter.kind:
        case "role_application":
            return TaskCall("POST", f"/v1/role-applications/{matter.id}/decision", {"outcome": "granted"})
        case "main_user_application_draft":
            return TaskCall("POST", f"/v1/main-user-applications/{matter.id}/submission")
        case "main_user_application_to_sign":
            return TaskCall("POST", f"/v1/main-user-applications/{matter.id}/signatures", {"digest": matter.said})
        case "signature_to_match":
            path = f"/v1/main-user-applications/{matter.within}/signatures/{matter.id}/match"
            return TaskCall("POST", path, {"signs_as": matter.said})
        case "main_user_application":
            return TaskCall("POST", f"/v1/main-user-applications/{matter.id}/decision", {"outcome": "approved"})
        case "signatory":
            path = f"/v1/organisations/{matter.organisation_id}/signatories/{matter.id}/confirmation"
            return TaskCall("POST", path)
        case "bank_account_change":
            return TaskCall("POST", f"/v1/bank-account-changes/{matter.id}/approval")
        case "onboarding":
            steps = (matter.said or "").split(",")
            return TaskCall("PATCH", f"/v1/onboardings/{matter.id}", dict.fromkeys(steps))
        case _:
            raise ValueError(matter.kind)
