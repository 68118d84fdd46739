"""Main-user applications (pääkäyttäjähakemus): how a person becomes a main user (rulebook §3.9)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from app.domain.access import Actor, Place, RoleGrant, check_not_own, check_person, check_staff
from app.domain.calendar.deadlines import day_of, days_out_of_range, start_of
from app.domain.errors import (
    AlreadyExists,
    BaseRightRequired,
    Fault,
    Forbidden,
    Invalid,
    NotFound,
    SamePerson,
    Stale,
    VersionRequired,
    WrongState,
)
from app.domain.organisations.membership import check_member_on
from app.domain.organisations.names import Names
from app.domain.organisations.organisations import Language
from app.domain.people.signatories import Signatory
from app.domain.values import Shown
from app.domain.versions import Versions, accepts, check_version, fingerprint, tag_of

ApplicationState = Literal[
    "draft", "awaiting_signatures", "signed", "received", "approved", "rejected", "expired", "withdrawn"
]
Outcome = Literal["approved", "rejected"]
OPEN: tuple[ApplicationState, ...] = ("draft", "awaiting_signatures", "signed", "received")


@dataclass(frozen=True)
class MainUserApplication(Shown):
    id: UUID
    reference: str | None
    organisation_id: UUID
    organisation_name: str
    applicant_id: UUID
    applicant_name: str
    signatory_id: UUID
    signatory_name: str
    signatory_person_id: UUID | None
    """ID of the signatory's person. `null` if only the signatory's name is known."""
    language: Language
    """Language of the document."""
    begins_on: date | None
    """First day of the role. `null` if the role begins when the application is approved, as it also does if the day has
    passed by then."""
    replaces_role_grant_id: UUID | None
    """ID of the main user's role that ends when the new one begins. `null` if no role is replaced."""
    state: ApplicationState
    """State of the application."""
    created_at: datetime
    submitted_at: datetime | None
    """When the application was submitted and its document created. `null` if it has not been submitted."""
    expires_at: datetime | None
    """When the application expires if signatures are missing. `null` if it has not been submitted."""
    document_digest: str | None
    """SHA-256 digest of the document to be signed, in hexadecimal digits. `null` if the application has not been
    submitted."""
    signed_document_digest: str | None
    """SHA-256 digest of the signed document uploaded last, in hexadecimal digits. `null` if none has been uploaded."""
    received_at: datetime | None
    """When both signatures had been made, checked and confirmed. `null` if that has not happened."""
    reason: str | None
    """Reason for the decision. `null` if none was given."""
    decided_by: UUID | None
    decided_by_name: str | None
    decided_at: datetime | None
    role_grant_id: UUID | None
    """ID of the role that the approval granted. `null` if the application has not been approved."""
    withdrawn_at: datetime | None
    handler_id: UUID | None
    handler_name: str | None


@dataclass(frozen=True)
class Candidacy:
    """The organisation of an application, and the applicant's relation to it."""

    place: Place
    organisation: Names
    business_id: str | None
    active_from: date
    active_until: date | None
    belongs: bool
    """Whether the applicant has any role but an observer's in its tree."""


@dataclass(frozen=True)
class HeldRight:
    """A main user's role that an application may replace."""

    id: UUID
    organisation_id: UUID
    person_id: UUID
    person_name: str
    valid_from: datetime
    valid_until: datetime | None


def expiry_of(submitted_at: datetime, signing_days: int) -> datetime:
    """Return the end of the last of so many days, the day of submission not counted."""
    return start_of(day_of(submitted_at) + timedelta(days=signing_days + 1))


def check_may_apply(actor: Actor, candidacy: Candidacy) -> None:
    """Check that the applicant has a role in the organisation's tree (rulebook §3.9). Raise Forbidden."""
    check_person(actor)
    if not candidacy.belongs:
        raise Forbidden(pointer="/organisation_id", roles=["training_manager", "unit_manager"])


def check_not_main_user_yet(grants: Iterable[RoleGrant], organisation_id: UUID, begins_on: date | None) -> None:
    """Check that the applicant is no main user, or applies for the time after that role (rulebook §3.9).

    Raise AlreadyExists.
    """
    for grant in grants:
        if grant.role == "main_user" and grant.organisation_id == organisation_id:
            ends = grant.valid_until
            if ends is None or begins_on is None or start_of(begins_on) < ends:
                raise AlreadyExists(pointer="/organisation_id")


def check_member_now(candidacy: Candidacy, now: datetime) -> None:
    """Check that today is within the membership (rulebook §6.1). Raise NotAMember."""
    check_member_on(day_of(now), candidacy.active_from, candidacy.active_until, pointer="/organisation_id")


def check_signatory(
    signatory: Signatory | None, organisation_id: UUID, applicant_id: UUID, applicant_name: str
) -> Signatory:
    """Check for a confirmed signatory in force who is not the applicant (rulebook §3.9).

    Raise NotFound, Invalid, WrongState.
    """
    pointer = "/signatory_id"
    if signatory is None or signatory.organisation_id != organisation_id:
        raise NotFound(pointer=pointer)
    is_namesake = signatory.person_id is None and _plain(signatory.name) == _plain(applicant_name)
    if signatory.person_id == applicant_id or is_namesake:
        raise Invalid(Fault(pointer, "signatory-is-applicant"))
    if signatory.state != "in_force":
        raise WrongState(pointer=pointer, state=signatory.state, allowed=["in_force"])
    return signatory


def check_replaced(right: HeldRight | None, organisation_id: UUID, applicant_id: UUID, now: datetime) -> HeldRight:
    """Return the replaced role if it is another main user's, of the same organisation and in force (rulebook §3.9).

    Raise NotFound, Invalid, WrongState.
    """
    pointer = "/replaces_role_grant_id"
    if right is None or right.organisation_id != organisation_id:
        raise NotFound(pointer=pointer)
    if right.person_id == applicant_id:
        raise Invalid(Fault(pointer, "replaces-applicant"))
    if now < right.valid_from:
        raise WrongState(pointer=pointer, state="upcoming", allowed=["in_force"])
    if right.valid_until is not None and right.valid_until <= now:
        raise WrongState(pointer=pointer, state="ended", allowed=["in_force"])
    return right


def check_begins(begins_on: date | None, now: datetime) -> None:
    faults = days_out_of_range(begins_on=begins_on)
    if begins_on is not None and begins_on < day_of(now):
        faults.append(Fault("/begins_on", "day-passed"))
    if faults:
        raise Invalid(*faults)


def check_state(application: MainUserApplication, *allowed: ApplicationState) -> None:
    if application.state not in allowed:
        raise WrongState(state=application.state, allowed=list(allowed))


def check_document_version(application: MainUserApplication, expected: Versions) -> None:
    """Check that an upload that replaces a signed document names that document's version, or the application's.

    Raise VersionRequired, Stale.
    """
    if application.signed_document_digest is None:
        check_version(application, Versions(expected.wanted))
        return
    tag = tag_of(application.signed_document_digest)
    if not accepts(expected, {tag, fingerprint(application)}):
        raise Stale(etag=f'"{tag}"')
    if expected.wanted is None:
        raise VersionRequired


def check_applicant(actor: Actor, application: MainUserApplication) -> None:
    check_person(actor)
    if actor.person_id != application.applicant_id:
        raise Forbidden(because="not-a-party")


def check_may_upload(actor: Actor, application: MainUserApplication) -> None:
    """Check for one of the signers or staff (rulebook §3.9.2). Raise Forbidden."""
    check_person(actor)
    if actor.person_id not in {application.applicant_id, application.signatory_person_id} and not actor.has("staff"):
        raise Forbidden(because="not-a-party", roles=["staff"])


def check_may_judge(actor: Actor, application: MainUserApplication, place: Place) -> None:
    """Check for staff who are neither the applicant nor the signatory, nor a main user of the organisation (rulebook
    §3.9). Raise Forbidden."""
    check_person(actor)
    check_staff(actor)
    check_not_own(actor, place, {application.applicant_id, application.signatory_person_id})


def check_decision(application: MainUserApplication, outcome: Outcome, reason: str | None) -> None:
    """Check that an approved application is received and signed by two people. A rejection needs a reason.

    Raise WrongState, SamePerson, Invalid.
    """
    if outcome == "approved":
        check_state(application, "received")
        # They may have turned out to be one since they were named.
        if application.signatory_person_id == application.applicant_id:
            raise SamePerson(person_id=application.applicant_id)
        return
    check_state(application, "signed", "received")
    if reason is None:
        raise Invalid(Fault("/reason", "required"))


def check_base_right(candidacy: Candidacy) -> None:
    """Check that the applicant still has a role in the tree (rulebook §3.9). Raise BaseRightRequired."""
    if not candidacy.belongs:
        raise BaseRightRequired(organisation_id=candidacy.place.organisation_id)


def beginning_of(begins_on: date | None, now: datetime) -> datetime:
    """Return when the role begins: on its day, but never before it is granted."""
    return max(now, start_of(begins_on)) if begins_on else now


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())
