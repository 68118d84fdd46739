"""Every refusal the rules can give, each with a frozen code and the facts that let the caller go on.

A code is never changed or reused once released. What the codes mean in HTTP is told in `app/api/problems.py` alone;
their texts in three languages stand in `openapi/problems/`.
"""

from dataclasses import dataclass, field
from typing import ClassVar


class DomainError(Exception):
    """A refusal; `facts` become members of the problem, `pointer` (RFC 6901) names the item refused."""

    code: ClassVar[str]

    def __init__(self, *, pointer: str | None = None, **facts: object) -> None:
        super().__init__(self.code, facts)
        self.pointer = pointer
        self.facts = facts


@dataclass(frozen=True)
class Fault:
    """One fault of shape: where it is (a JSON pointer into the body) and what it is."""

    pointer: str
    code: str
    facts: dict[str, object] = field(default_factory=dict)


class Invalid(DomainError):
    """What was said cannot be right, whatever the state of things; all its faults at once."""

    code = "validation"

    def __init__(self, *faults: Fault) -> None:
        super().__init__()
        self.faults = faults


class NotFound(DomainError):
    """It is not there, or not within the caller's reach: the answer is the same."""

    code = "not-found"


class Forbidden(DomainError):
    """Within the caller's reach, but not for the caller's role.

    Facts: `roles`, which may do it; `because`, where it is not the role alone that counts; of an API key also `scope`.
    """

    code = "forbidden"


class StrongAuthenticationRequired(DomainError):
    """Facts: `acr_values`, any of which the sign-in's `acr` must be; `max_age`, its greatest age in seconds."""

    code = "strong-authentication-required"


class Stale(DomainError):
    """The resource has changed since the caller read it. Facts: `etag`, the current one."""

    code = "precondition-failed"


class VersionRequired(DomainError):
    """The change needs the version it starts from (`If-Match`)."""

    code = "precondition-required"


class Conflict(DomainError):
    """The rules refuse it as things stand now."""


class WindowClosed(Conflict):
    """Facts: `kind`, `opened_on`, `closed_on` of the last window; `opens_on`, `closes_on`, `opens_at` of the next.

    Of an organisation's own days for its units also `ask`, the role that sets them.
    """

    code = "window-closed"


class YearClosed(Conflict):
    """Facts: `year`, `closed_at`."""

    code = "year-closed"


class WrongState(Conflict):
    """Facts: `state`, the present one, and `allowed`, those in which the call works.

    Of a year that cannot be closed, what is in the way: the hours `reserved`, the `last_day` that is to come, or the
    kind of deadline `missing`.
    """

    code = "wrong-state"


class PoolExceeded(Conflict):
    """Facts: `available` in the study centre's pool, `asked`; of a pool being lowered, `lowest`, which is held."""

    code = "pool-exceeded"


class QuotaExceeded(Conflict):
    """Facts: `available` to the organisation, `asked`."""

    code = "quota-exceeded"


class AllotmentInUse(Conflict):
    """Facts: `unit_id`, `in_use` (drawn on its allotment), `asked`."""

    code = "allotment-in-use"


class AlreadyExists(Conflict):
    """Facts: `existing_id`, where the caller may see it."""

    code = "already-exists"


class TooMany(Conflict):
    """Facts: `most`, so many of which are there."""

    code = "too-many"


class SamePerson(Conflict):
    """Two people are asked for, and they are one. Facts: `person_id`."""

    code = "same-person"


class NotCentral(Conflict):
    """Facts: `organisation_id`, which is no central organisation."""

    code = "not-central"


class NotAMember(Conflict):
    """Facts: `year`, and the membership's `active_from` and `active_until`."""

    code = "not-a-member"


class OrganisationCycle(Conflict):
    """Facts: `organisation_id`, `parent_id`."""

    code = "organisation-cycle"


class OrganisationInUse(Conflict):
    """Facts: `holds`, a list of `{year, allotted, reserved, open_proposals}`."""

    code = "organisation-in-use"


class DeadlineOverlap(Conflict):
    """Facts: `kind`, `hours_year`, and `overlaps_with`, the other deadline's id."""

    code = "deadline-overlap"


class AssignmentOverlap(Conflict):
    """Facts: `organisation_id`, and `overlaps_with`, the other assignment's id."""

    code = "assignment-overlap"


class RunsNoTrainings(Conflict):
    """Facts: `unit_id`, which may run no supported trainings by its central organisation's own rules."""

    code = "runs-no-trainings"


class ByInvitationOnly(Conflict):
    """Facts: `organisation_id`, the central one whose rules take no applications for the right."""

    code = "by-invitation-only"


class BaseRightRequired(Conflict):
    """Facts: `organisation_id`, in whose tree the applicant holds no role any more."""

    code = "base-right-required"


class LastMainUser(Conflict):
    """Facts: `organisation_id`, and `needed_from`, the instant from which another main user must be there for good."""

    code = "last-main-user"


class LastStaff(Conflict):
    """Facts: `needed_from`, the instant from which another of the staff must be there for good."""

    code = "last-staff"


class MainUserApplicationRequired(Conflict):
    """A main user's right comes by an approved application alone."""

    code = "main-user-application-required"
