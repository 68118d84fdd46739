"""Events that people get a mail about: who gets it, if it can be turned off, and the day to keep (rulebook §5.7)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from app.domain.access import Role
from app.domain.calendar.deadlines import DONE_AT, Method

Recipients = Literal[
    "person",
    "signatory",
    "applicants",
    "responsible",
    "expert",
    "reviewers",
    "main_users",
    "managers",
    "staff",
    "readers",
]
"""The one person whom the fact `person_id` or `signatory_person_id` names; the applicants who wait for a signatory; the
expert of a training model; the reviewers of its version, where opinions are missing those who have given none; the
responsible person of a training and those who made it or its statement, or its managers if none of them has a role
there any more; the central organisation's main users; the main users or, for another organisation, its managers; the
study centre's staff; or those of the staff who are named to see participants. Who is several of them gets the mail of
the first."""
Sending = Literal["always", "promptly", "gathered"]
"""`always` cannot be turned off; a mail that is `gathered` reminds, and waits for the digest."""


ADDRESS_CHANGED = "person.email-changed"
"""The event of the email to the address that was verified last, when a person enters another. It goes there even if the
other is verified meanwhile."""


@dataclass(frozen=True)
class MailedEvent:
    to: Recipients
    sending: Sending
    done_at: tuple[Method, str] | None = None
    """The operation that the mail links to. None for a deadline's, which depends on its kind."""
    day: str | None = None
    """The fact that is a day for the reader's calendar."""
    mailed_with: Sequence[str] = ()
    """Facts that name what the same person gets another email about. With any of them no email is made
    of this event."""
    has_letter: bool = False
    """Whether the letter about the decision goes with it."""
    if_was: Sequence[str] = ()
    """States in which the recipient had heard of it before: in another state there is no mail."""
    not_about: Sequence[Role] = ()
    """Roles about which there is no mail."""
    only_if: Mapping[str, object] = field(default_factory=dict)
    """Facts that the event must have: otherwise it concerns others."""
    unless: Mapping[str, object] = field(default_factory=dict)
    """Facts with any of which nobody has to hear of it."""
    worded_as: str | None = None
    """The event whose words the mail has, if they are not its own."""

    def is_mailed_otherwise(self, facts: Mapping[str, Any]) -> bool:
        """Whether another mail reports it: each thing is reported once (rulebook §5.7)."""
        return any(facts.get(fact) for fact in self.mailed_with)

    def is_unheard_of(self, facts: Mapping[str, Any]) -> bool:
        """Whether the recipient never heard of what has now ended."""
        return bool(self.if_was) and facts.get("was") not in self.if_was

    def is_silent(self, facts: Mapping[str, Any]) -> bool:
        """Whether it is about a role that brings no mails, not even about itself (rulebook §5.7)."""
        return facts.get("role") in self.not_about

    def is_about_others(self, facts: Mapping[str, Any]) -> bool:
        """Whether the event concerns others, or nobody."""
        return any(facts.get(name) != fact for name, fact in self.only_if.items()) or any(
            facts.get(name) == fact for name, fact in self.unless.items()
        )

    def place(self, facts: Mapping[str, Any]) -> tuple[Method, str]:
        """The operation that the mail links to."""
        return self.done_at or DONE_AT.get(facts.get("kind", ""), ("GET", "/v1/me/tasks"))


_BANK_ACCOUNT_CHANGE: tuple[Method, str] = ("GET", "/v1/bank-account-changes/{change_id}")
_PAYMENT_ACCOUNT_CHANGE: tuple[Method, str] = ("GET", "/v1/payment-account-changes/{change_id}")
_ROLE_APPLICATION: tuple[Method, str] = ("GET", "/v1/role-applications/{role_application_id}")
_BADGE_APPLICATION: tuple[Method, str] = ("GET", "/v1/badge-applications/{badge_application_id}")
_MAIN_USER_APPLICATION: tuple[Method, str] = ("GET", "/v1/main-user-applications/{application_id}")
_CASE_COMMENTS: tuple[Method, str] = ("GET", "/v1/cases/{case_type}/{case_id}/comments")
_CASE_ATTACHMENTS: tuple[Method, str] = ("GET", "/v1/cases/{case_type}/{case_id}/attachments")
_SIGNATORIES: tuple[Method, str] = ("GET", "/v1/organisations/{organisation_id}/signatories")
_ALLOTMENT_REQUEST: tuple[Method, str] = ("GET", "/v1/allotment-requests/{request_id}")
_COST_STATEMENT: tuple[Method, str] = ("GET", "/v1/cost-statements/{statement_id}")
_CLAIM: tuple[Method, str] = ("GET", "/v1/participation-claims/{claim_id}")
_CLAIM_DECISION: tuple[Method, str] = ("POST", "/v1/participation-claims/{claim_id}/decision")
_MODEL = "/v1/training-models/{model_id}"
_COMPLETIONS: tuple[Method, str] = ("POST", "/v1/trainings/{training_id}/completions")
_KOSKI_EXPORTS: tuple[Method, str] = ("POST", "/v1/koski-exports")
_VERSION = f"{_MODEL}/versions/{{number}}"


def _waits(
    to: Recipients,
    done_at: tuple[Method, str],
    *,
    only_if: Mapping[str, object] | None = None,
    worded_as: str | None = "training-model.waiting",
) -> MailedEvent:
    """The mail about what has waited for long: its facts say what it waits for (`domain/calendar/waiting.py`)."""
    return MailedEvent(to, "gathered", done_at, only_if=only_if or {}, worded_as=worded_as)


def _mails_of_plans(subject: str, path: str, *, worded_as: str | None = None) -> dict[str, MailedEvent]:
    """The mails about the plans at the path, whose events are the subject's. Their words are those of the mails of
    `worded_as`, if they have none of their own."""
    plan: tuple[Method, str] = ("GET", path)
    decision: tuple[Method, str] = ("POST", f"{path}/decision")
    mails = {
        ".submitted": MailedEvent("staff", "gathered", decision, only_if={"to": "staff"}, unless={"approved": True}),
        ".submitted:main_users": MailedEvent(
            "main_users", "promptly", ("POST", f"{path}/endorsement"), only_if={"to": "main_user"}
        ),
        ".endorsed": MailedEvent("staff", "gathered", decision, unless={"approved": True}),
        ".sent-back": MailedEvent("responsible", "promptly", ("PATCH", path), day="answer_by"),
        ".approved": MailedEvent("responsible", "promptly", plan, unless={"supported": False}),
        ".rejected": MailedEvent("responsible", "promptly", plan),
        ".cancelled": MailedEvent("responsible", "promptly", plan, only_if={"by": "staff"}),
        # The statement that lapses with its plan is not reported by itself.
        ".lapsed": MailedEvent("responsible", "promptly", plan),
        "-change.submitted": MailedEvent("staff", "gathered", ("POST", f"{path}/changes/{{change_id}}/decision")),
        "-change.approved": MailedEvent("responsible", "promptly", plan),
        "-change.rejected": MailedEvent("responsible", "promptly", plan),
    }
    return {
        f"{subject}{event}": replace(mailed, worded_as=f"{worded_as}{event}" if worded_as else None)
        for event, mailed in mails.items()
    }


MAILED_EVENTS: dict[str, MailedEvent] = {
    "deadline.opening": MailedEvent("managers", "gathered", day="closes_on"),
    "deadline.closing-soon": MailedEvent("managers", "gathered", day="closes_on"),
    "deadline.closed": MailedEvent("managers", "gathered"),
    "hour-decision.made": MailedEvent(
        "managers",
        "promptly",
        ("GET", "/v1/organisations/{organisation_id}/hour-accounts/{year}"),
        has_letter=True,
    ),
    "peer-group-quota.made": MailedEvent("managers", "promptly", ("GET", "/v1/peer-group-quotas/{quota_id}")),
    "supplementary-hour-request.decided": MailedEvent(
        "managers", "promptly", ("GET", "/v1/supplementary-hour-requests/{request_id}")
    ),
    "allotment-request.submitted": MailedEvent(
        "main_users", "promptly", ("POST", "/v1/allotment-requests/{request_id}/decision")
    ),
    "allotment-request.decided": MailedEvent("managers", "promptly", _ALLOTMENT_REQUEST),
    "allotment-request.expired": MailedEvent("managers", "promptly", _ALLOTMENT_REQUEST),
    "hour-proposal.sent-back": MailedEvent(
        "managers", "promptly", ("PATCH", "/v1/hour-proposals/{proposal_id}"), day="answer_by"
    ),
    "hour-proposal.expired": MailedEvent("managers", "promptly", ("GET", "/v1/hour-proposals/{proposal_id}")),
    "supplementary-hour-request.expired": MailedEvent(
        "managers", "promptly", ("GET", "/v1/supplementary-hour-requests/{request_id}")
    ),
    "case-comment.sent-to-staff": MailedEvent("staff", "promptly", _CASE_COMMENTS),
    "case-comment.sent-to-main-users": MailedEvent("main_users", "promptly", _CASE_COMMENTS),
    "case-comment.sent-to-managers": MailedEvent("managers", "promptly", _CASE_COMMENTS),
    "case-comment.sent-to-applicant": MailedEvent("person", "promptly", _CASE_COMMENTS),
    "case-comment.sent-to-applicant:signatory": MailedEvent("signatory", "promptly", _CASE_COMMENTS),
    "case-attachment.sent-to-staff": MailedEvent("staff", "promptly", _CASE_ATTACHMENTS),
    "case-attachment.sent-to-main-users": MailedEvent("main_users", "promptly", _CASE_ATTACHMENTS),
    "case-attachment.sent-to-managers": MailedEvent("managers", "promptly", _CASE_ATTACHMENTS),
    "case-attachment.sent-to-applicant": MailedEvent("person", "promptly", _CASE_ATTACHMENTS),
    "case-attachment.sent-to-applicant:signatory": MailedEvent("signatory", "promptly", _CASE_ATTACHMENTS),
    **_mails_of_plans("training", "/v1/trainings/{training_id}"),
    **_mails_of_plans("peer-group", "/v1/peer-groups/{peer_group_id}", worded_as="training"),
    "cost-statement.due": MailedEvent("responsible", "gathered", ("POST", "/v1/cost-statements"), day="due_on"),
    "cost-statement.submitted": MailedEvent(
        "staff",
        "gathered",
        ("POST", "/v1/cost-statements/{statement_id}/decision"),
        unless={"automatically": True},
    ),
    "cost-statement.sent-back": MailedEvent(
        "responsible", "promptly", ("PATCH", "/v1/cost-statements/{statement_id}"), day="answer_by"
    ),
    "cost-statement.approved": MailedEvent("responsible", "promptly", _COST_STATEMENT, unless={"automatically": True}),
    "cost-statement.rejected": MailedEvent("responsible", "promptly", _COST_STATEMENT),
    "cost-statement.reversed": MailedEvent("responsible", "promptly", _COST_STATEMENT),
    "training-model.proposed": MailedEvent("staff", "gathered", ("POST", f"{_MODEL}/screening")),
    "training-model.accepted": MailedEvent("main_users", "promptly", ("GET", f"{_MODEL}/versions")),
    "training-model.rejected": MailedEvent("main_users", "promptly", ("GET", _MODEL)),
    "model-version.handed-over": MailedEvent(
        "main_users", "promptly", ("PATCH", _VERSION), only_if={"waiting_for": "organisation"}
    ),
    "model-version.handed-over:expert": MailedEvent(
        "expert", "promptly", ("POST", f"{_VERSION}/handover"), only_if={"waiting_for": "study_centre"}
    ),
    "model-version.submitted": MailedEvent(
        "staff", "gathered", ("PUT", f"{_VERSION}/reviewers"), unless={"change": "minor"}
    ),
    "model-version.submitted:expert": MailedEvent(
        "expert", "promptly", ("POST", f"{_VERSION}/decision"), only_if={"change": "minor"}
    ),
    "model-version.reviewers-named": MailedEvent("reviewers", "promptly", ("PUT", f"{_VERSION}/opinion")),
    "model-version.opinion-given": MailedEvent(
        "reviewers", "promptly", ("POST", f"{_VERSION}/decision"), only_if={"last": True}
    ),
    "model-version.approved": MailedEvent("main_users", "promptly", ("POST", f"{_VERSION}/activation")),
    "model-version.sent-back": MailedEvent("main_users", "promptly", ("PATCH", _VERSION)),
    "model-version.rejected": MailedEvent("main_users", "promptly", ("GET", _VERSION)),
    "training-model.waiting": MailedEvent("staff", "gathered", ("POST", f"{_MODEL}/screening")),
    "model-version.work-waiting": _waits("main_users", ("PATCH", _VERSION), only_if={"waits_for": "organisation"}),
    "model-version.work-waiting:expert": _waits(
        "expert", ("POST", f"{_VERSION}/handover"), only_if={"waits_for": "study_centre"}
    ),
    "model-version.naming-waiting": _waits("staff", ("PUT", f"{_VERSION}/reviewers")),
    "model-version.opinions-waiting": _waits("reviewers", ("PUT", f"{_VERSION}/opinion")),
    "model-version.decision-waiting": _waits(
        "reviewers", ("POST", f"{_VERSION}/decision"), only_if={"waits_for": "reviewers"}
    ),
    "model-version.decision-waiting:expert": _waits(
        "expert", ("POST", f"{_VERSION}/decision"), only_if={"waits_for": "expert"}
    ),
    "model-version.activation-waiting": _waits("main_users", ("POST", f"{_VERSION}/activation")),
    "completions.due": MailedEvent("responsible", "gathered", _COMPLETIONS),
    "completions.waiting": MailedEvent("responsible", "gathered", _COMPLETIONS),
    "participation-claim.made": MailedEvent("readers", "gathered", _CLAIM_DECISION),
    "participation-claim.waiting": MailedEvent("readers", "gathered", _CLAIM_DECISION),
    "participation-claim.granted": MailedEvent(
        "person", "promptly", ("GET", "/v1/me/study-register"), unless={"automatically": True}
    ),
    "participation-claim.rejected": MailedEvent("person", "promptly", _CLAIM),
    "participation-claim.revoked": MailedEvent("person", "promptly", _CLAIM, unless={"automatically": True}),
    "organisation-signature.missing": MailedEvent("main_users", "gathered"),
    "study-centre-signature.missing": MailedEvent("staff", "gathered", worded_as="organisation-signature.missing"),
    "koski-consent.withdrawn": MailedEvent("readers", "gathered", _KOSKI_EXPORTS, only_if={"sent": True}),
    "koski-entry.to-cancel": MailedEvent("readers", "gathered", _KOSKI_EXPORTS),
    "koski-entry.waiting": MailedEvent("readers", "gathered", _KOSKI_EXPORTS),
    "hour-account.running-out": MailedEvent("managers", "gathered", ("POST", "/v1/supplementary-hour-requests")),
    "organisation.main-users-few": MailedEvent("staff", "promptly", ("GET", "/v1/main-user-coverage")),
    "study-centre.decisions-by-two-ending": MailedEvent("staff", "always", ("PATCH", "/v1/study-centre")),
    "bank-account-change.proposed": MailedEvent(
        "main_users", "always", ("POST", "/v1/bank-account-changes/{change_id}/approval")
    ),
    "bank-account-change.approved": MailedEvent("main_users", "always", _BANK_ACCOUNT_CHANGE),
    "bank-account-change.rejected": MailedEvent("main_users", "always", _BANK_ACCOUNT_CHANGE),
    "bank-account-change.withdrawn": MailedEvent("main_users", "always", _BANK_ACCOUNT_CHANGE),
    "payment-account-change.proposed": MailedEvent(
        "staff", "always", ("POST", "/v1/payment-account-changes/{change_id}/approval")
    ),
    "payment-account-change.approved": MailedEvent("staff", "always", _PAYMENT_ACCOUNT_CHANGE),
    "payment-account-change.rejected": MailedEvent("staff", "always", _PAYMENT_ACCOUNT_CHANGE),
    "payment-account-change.withdrawn": MailedEvent("staff", "always", _PAYMENT_ACCOUNT_CHANGE),
    "api-key.revoked": MailedEvent("main_users", "promptly", ("GET", "/v1/api-keys/{key_id}")),
    "person.merged": MailedEvent("staff", "always", ("GET", "/v1/role-grants")),
    "role-application.made": MailedEvent(
        "main_users", "promptly", ("POST", "/v1/role-applications/{role_application_id}/decision")
    ),
    "role-application.made:person": MailedEvent("person", "always", _ROLE_APPLICATION),
    "role-application.decided": MailedEvent("person", "always", _ROLE_APPLICATION),
    "role-application.withdrawn": MailedEvent("main_users", "promptly", _ROLE_APPLICATION),
    "role-application.withdrawn:person": MailedEvent("person", "always", _ROLE_APPLICATION),
    "badge-application.made": MailedEvent(
        "staff", "promptly", ("POST", "/v1/badge-applications/{badge_application_id}/decision")
    ),
    "badge-application.decided": MailedEvent("person", "always", _BADGE_APPLICATION),
    "badge-application.decision-waiting": _waits(
        "staff", ("POST", "/v1/badge-applications/{badge_application_id}/decision"), worded_as=None
    ),
    "badge-application.acceptance-waiting": _waits(
        "person",
        ("POST", "/v1/badge-applications/{badge_application_id}/acceptance"),
        worded_as="badge-application.decision-waiting",
    ),
    "badge-application.revoked": MailedEvent("person", "always", _BADGE_APPLICATION),
    "role-grant.given": MailedEvent(
        "person",
        "always",
        ("GET", "/v1/me"),
        mailed_with=["role_application_id", "main_user_application_id"],
        not_about=["observer"],
    ),
    "role-grant.ended": MailedEvent("person", "always", ("GET", "/v1/me"), day="last_day", not_about=["observer"]),
    "signatory.ended": MailedEvent("main_users", "promptly", _SIGNATORIES),
    "signatory.ended:person": MailedEvent("person", "always", _SIGNATORIES),
    "signatory.ended:applicants": MailedEvent("applicants", "always", _MAIN_USER_APPLICATION),
    "main-user-application.submitted": MailedEvent(
        "signatory", "always", ("POST", "/v1/main-user-applications/{application_id}/signatures"), day="sign_by"
    ),
    "main-user-application.received": MailedEvent(
        "staff", "promptly", ("POST", "/v1/main-user-applications/{application_id}/decision")
    ),
    "main-user-application.received:person": MailedEvent("person", "always", _MAIN_USER_APPLICATION),
    "main-user-application.approved": MailedEvent("person", "always", ("GET", "/v1/onboardings")),
    "main-user-application.rejected": MailedEvent("person", "always", _MAIN_USER_APPLICATION),
    "main-user-application.expired": MailedEvent("person", "always", ("POST", "/v1/main-user-applications")),
    "main-user-application.withdrawn": MailedEvent("staff", "promptly", _MAIN_USER_APPLICATION, if_was=["received"]),
    "main-user-application.withdrawn:person": MailedEvent("person", "always", _MAIN_USER_APPLICATION),
    "main-user-application.withdrawn:signatory": MailedEvent(
        "signatory", "always", _MAIN_USER_APPLICATION, if_was=["awaiting_signatures", "signed", "received"]
    ),
}
"""By the event's name, `subject.verb`, and after a colon the recipients of a further mail about it."""
MAIL_OF: dict[tuple[str, Recipients], str] = {
    (name.partition(":")[0], mailed.to): name for name, mailed in MAILED_EVENTS.items()
}
"""The mail of each event for its recipients."""
