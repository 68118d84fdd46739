"""Every refusal of the rules, each with a frozen code and the facts that help the caller continue.

A released code is never changed or reused. The HTTP statuses are in `app/api/problems.py` alone, the texts in
`app/texts/*/problems.toml`.
"""

from dataclasses import dataclass, field
from typing import ClassVar


class DomainError(Exception):
    """A refusal. `facts` become fields of the problem. `pointer` (RFC 6901) is the place of the refused item."""

    code: ClassVar[str]

    def __init__(self, *, pointer: str | None = None, **facts: object) -> None:
        super().__init__(self.code, facts)
        self.pointer = pointer
        self.facts = facts


@dataclass(frozen=True)
class Fault:
    """One error of the request: its place (a JSON pointer into the body) and its kind."""

    pointer: str
    code: str
    facts: dict[str, object] = field(default_factory=dict)
    parameter: str | None = None
    """The name of the path or query parameter, if it is in none of the body's places."""
    row: int | None = None
    """The number of the row, if the body is a table: its header is row 1."""
    column: str | None = None
    """The column of the row, if the error is in one."""


class Invalid(DomainError):
    """The request itself is wrong, whatever is stored; carries all its faults together."""

    code = "validation"

    def __init__(self, *faults: Fault) -> None:
        super().__init__()
        self.faults = faults


class InvalidRows(Invalid):
    """Rows of a table are wrong. Facts: `faults`, the number of all errors, of which only the first are listed."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(*faults)
        self.facts = {"faults": len(faults)}


class NotFound(DomainError):
    """Missing or outside the caller's reach: the response is the same."""

    code = "not-found"


class Forbidden(DomainError):
    """Within the caller's reach, but not allowed to the caller's role.

    Facts: `roles`, which allow it; `because`, if more than the role counts; `scope`, if an API key lacks it;
    `most_hours`, if it is allowed for so many.
    """

    code = "forbidden"


class Unauthenticated(DomainError):
    """The caller is nobody whom the service knows, or no longer is."""

    code = "unauthenticated"


class StrongAuthenticationRequired(DomainError):
    """Facts: `acr_values`, one of which the sign-in's `acr` must be; `max_age`, its greatest age in seconds."""

    code = "strong-authentication-required"


class Stale(DomainError):
    """The resource has changed since the caller read it. Facts: `etag`, the current one."""

    code = "precondition-failed"


class VersionRequired(DomainError):
    """The change needs the version it starts from (`If-Match`)."""

    code = "precondition-required"


class Conflict(DomainError):
    """The action breaks a rule in the present state."""


class WindowClosed(Conflict):
    """Facts: `kind`; `opened_on`, `closed_on` of the last window; `opens_on`, `closes_on`, `opens_at` of the next.

    With `ask`, the role that sets the days, if they are a central organisation's own. With `because`, if only the
    window of the return itself counts.
    """

    code = "window-closed"


class YearClosed(Conflict):
    """Facts: `year`, `closed_at`."""

    code = "year-closed"


class WrongState(Conflict):
    """Facts: `state`, the present one, and `allowed`, the states in which the action is possible.

    `because`, if the state would allow the action; `waiting_for`, the side whose turn it is, if the action has to wait
    for it. For a year that cannot be closed: the hours `still_reserved`, with
    the first `trainings` that hold them and `trainings_total`; the last day `still_due`; the kind of deadline that is
    `missing`.
    """

    code = "wrong-state"


class PoolExceeded(Conflict):
    """Facts: `available` in the study centre's pool, `asked`; for a pool made smaller, `lowest`, the hours granted."""

    code = "pool-exceeded"


class QuotaExceeded(Conflict):
    """Facts: `available` to the organisation, `asked`; where a course or peer group reserves them, the two parts
    of what is available, `allotment_available` and `common_available`; where a peer group does, also `hour_type`. For
    places of a course: `places`, and the number of people `enrolled`.
    """

    code = "quota-exceeded"


class AllotmentInUse(Conflict):
    """Facts: `unit_id`; `in_use`, reserved or used from its allotment; `asked`, the new allotment."""

    code = "allotment-in-use"


class AlreadyExists(Conflict):
    """Facts: `existing_id`, if the caller may see it; `because`, for an address that another person verified."""

    code = "already-exists"


class TooMany(Conflict):
    """Facts: `most`, the limit that has been reached."""

    code = "too-many"


class RateLimited(DomainError):
    """The caller has done this too often. Facts: `retry_after`, the seconds to wait; `most`, the limit, if it is known;
    `limit`, what it counts, if that is not the operation itself; `retry_at`, the time from which it is possible again,
    if that is long from now.
    """

    code = "rate-limited"


class ActivityNotSupported(Conflict):
    """Facts: `activity`, which is switched off, and `year`."""

    code = "activity-not-supported"


class SupportRulesUnverified(Conflict):
    """Facts: `year`; `inherited_from`, the year whose rules are used, or None."""

    code = "support-rules-unverified"


class NotConfigured(Conflict):
    """Facts: `missing`, the settings, or fields of the study centre's profile, without which it is not possible."""

    code = "not-configured"


class ConsentClosed(Conflict):
    """Facts: `closed_at`, when the training ended, until which its learners could give a consent."""

    code = "consent-closed"


class NotForKoski(Conflict):
    """The training has no model, or a version without a study unit, so Koski takes no completions of it."""

    code = "not-for-koski"


class PlanStale(Conflict):
    """Facts: `changes`, what has changed for filled rows of a decision plan; `pool`, its free hours before and now, or
    None."""

    code = "plan-stale"


class SamePerson(Conflict):
    """Two people are needed, and both are the same. Facts: `person_id`."""

    code = "same-person"


class NotCentral(Conflict):
    """Facts: `organisation_id`, the organisation that is not central."""

    code = "not-central"


class NotAMember(Conflict):
    """Facts: `year`, and the organisation's `active_from` and `active_until`."""

    code = "not-a-member"


class OrganisationCycle(Conflict):
    """Facts: `organisation_id`, `parent_id`."""

    code = "organisation-cycle"


class OrganisationInUse(Conflict):
    """Facts: `holds`, a list of `{year, allotted, reserved, open_proposals, open_trainings}`."""

    code = "organisation-in-use"


class DeadlineOverlap(Conflict):
    """Facts: `kind`, `hours_year`; `overlaps_with`, the other deadline's id."""

    code = "deadline-overlap"


class AssignmentOverlap(Conflict):
    """Facts: `organisation_id`; `overlaps_with`, the other assignment's id."""

    code = "assignment-overlap"


class RunsNoTrainings(Conflict):
    """Facts: `unit_id`, which runs no subsidised activities by its central organisation's own rules; `because`, if it
    runs only other ones."""

    code = "runs-no-trainings"


class PlanWindowClosed(Conflict):
    """Facts: `opens_on`, `closes_on`, the first and last day on which the plan may be sent."""

    code = "plan-window-closed"


class DecisionRequired(Conflict):
    """Facts: `pointers`, the fields of the approved plan that only a decision changes."""

    code = "decision-required"


class CriteriaUnmet(Conflict):
    """Facts: `unmet`, the criteria that are not met."""

    code = "criteria-unmet"


class CommentsOpen(Conflict):
    """Facts: `open_comments`, the IDs of the comments that have to be closed first."""

    code = "comments-open"


class OpinionsMissing(Conflict):
    """Facts: `waiting_for`, the IDs of the reviewers who have not given their opinions; none if too few reviewers are
    named."""

    code = "opinions-missing"


class TrainingNotOver(Conflict):
    """Facts: `opens_at`, when the last session begins: from then on completions can be recorded."""

    code = "training-not-over"


class EnrolmentClosed(Conflict):
    """Facts: `opens_on`, `closes_on`, the first and last day of enrolment; none if the course offers no enrolment."""

    code = "enrolment-closed"


class TrainingFull(Conflict):
    """Facts: `places`, all of which are taken. There is no waiting list."""

    code = "training-full"


class ByInvitationOnly(Conflict):
    """Facts: `organisation_id`, the central organisation whose rules allow no applications for the role."""

    code = "by-invitation-only"


class BaseRightRequired(Conflict):
    """Facts: `organisation_id`, in whose tree the applicant has no role any more."""

    code = "base-right-required"


class LastMainUser(Conflict):
    """Facts: `organisation_id`; `needed_from`, the time from which another main user without an end is needed."""

    code = "last-main-user"


class LastStaff(Conflict):
    """Facts: `needed_from`, the time from which another staff role without an end is needed."""

    code = "last-staff"


class MainUserApplicationRequired(Conflict):
    """A main user's role is granted only by approving an application."""

    code = "main-user-application-required"
