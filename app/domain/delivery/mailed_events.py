"""Events that people get a mail about: who gets it, if it can be turned off, and the day to keep (rulebook §5.7)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Recipients = Literal["main_users", "managers", "staff", "person", "signatory"]
"""The central organisation's main users; the main users or, for another organisation, its managers; the study centre's
staff; or the one person whom the fact `person_id` or `signatory_person_id` names."""
Sending = Literal["always", "promptly", "gathered"]
"""`always` cannot be turned off; a mail that is `gathered` reminds, and waits for the digest."""


ADDRESS_CHANGED = "person.email-changed"
"""The event of the email to the address that was verified last, when a person enters another. It goes there even if the
other is verified meanwhile."""


@dataclass(frozen=True)
class MailedEvent:
    to: Recipients
    sending: Sending
    day: str | None = None
    """The fact that is a day for the reader's calendar."""
    mailed_with: Sequence[str] = ()
    """Facts that name what the same person gets another email about. With any of them no email is made
    of this event."""

    def is_mailed_otherwise(self, facts: Mapping[str, Any]) -> bool:
        """Whether another mail reports it: each thing is reported once (rulebook §5.7)."""
        return any(facts.get(fact) for fact in self.mailed_with)


MAILED_EVENTS: dict[str, MailedEvent] = {
    "deadline.opening": MailedEvent("managers", "gathered", day="closes_on"),
    "deadline.closing-soon": MailedEvent("managers", "gathered", day="closes_on"),
    "deadline.closed": MailedEvent("managers", "gathered"),
    "hour-decision.made": MailedEvent("managers", "promptly"),
    "supplementary-hour-request.decided": MailedEvent("managers", "promptly"),
    "hour-proposal.sent-back": MailedEvent("managers", "promptly", day="answer_by"),
    "hour-account.running-out": MailedEvent("managers", "gathered"),
    "organisation.main-users-few": MailedEvent("staff", "promptly"),
    "bank-account-change.proposed": MailedEvent("main_users", "always"),
    "bank-account-change.approved": MailedEvent("main_users", "always"),
    "bank-account-change.rejected": MailedEvent("main_users", "always"),
    "bank-account-change.withdrawn": MailedEvent("main_users", "always"),
    "person.merged": MailedEvent("staff", "always"),
    "role-application.made": MailedEvent("main_users", "promptly"),
    "role-application.decided": MailedEvent("person", "always"),
    "role-invitation.accepted": MailedEvent("person", "promptly"),
    "role-grant.given": MailedEvent(
        "person", "always", mailed_with=["role_application_id", "main_user_application_id"]
    ),
    "role-grant.ended": MailedEvent("person", "always", day="last_day"),
    "main-user-application.submitted": MailedEvent("signatory", "always", day="sign_by"),
    "main-user-application.received": MailedEvent("staff", "promptly"),
    "main-user-application.approved": MailedEvent("person", "always"),
    "main-user-application.rejected": MailedEvent("person", "always"),
    "main-user-application.expired": MailedEvent("person", "always"),
}
"""By the event's name, `subject.verb`."""
