"""Signatures on a main-user application: whose they are, and the state that follows from them (rulebook §3.9.2)."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from app.domain.access import Actor, check_fresh, check_person
from app.domain.errors import AlreadyExists, Fault, Forbidden, Invalid, WrongState
from app.domain.people.main_user_applications import ApplicationState, MainUserApplication
from app.domain.people.signatures import (
    Certificate,
    Check,
    ExaminedSignature,
    Revocation,
    SignedDocumentRefused,
    TimeSource,
)
from app.domain.values import Shown

SignsAs = Literal["applicant", "signatory"]
Method = Literal["document", "service"]
MatchState = Literal["unmatched", "matched"]
BOTH: frozenset[SignsAs] = frozenset({"applicant", "signatory"})


@dataclass(frozen=True)
class ApplicationSignature(Shown):
    id: UUID
    application_id: UUID
    method: Method
    """Way of signing. `document`: in the document, with a certificate. `service`: in the service, after a strong
    authentication."""
    signs_as: SignsAs | None
    """Person whose signature it is. `null` if the name in the certificate matches neither person."""
    named: str | None
    """Name of that person in the application, for comparison with the certificate. `null` if `signs_as` is `null`."""
    person_id: UUID | None
    """ID of the person who signed in the service. `null` if the signature is in the document."""
    certificate: Certificate | None
    """Certificate of the signature. `null` if the signature was made in the service."""
    signed_at: datetime
    """When the signature was made."""
    signed_at_by: TimeSource | Literal["service"]
    """Source of `signed_at`: the signer, a trusted time stamp or the service."""
    revocation: Revocation | None
    """Revocation status of the certificate, `unknown` if it could not be checked. `null` if the signature was made in
    the service."""
    checks: list[Check]
    """Checks that were made, with their results."""
    acr: str | None
    """Authentication level (`acr`) with which the signer had signed in. `null` if the signature is in the document."""
    authenticated_at: datetime | None
    """When the signer had signed in. `null` if the signature is in the document."""
    evidence_digest: str | None
    """SHA-256 digest of the stored evidence, in hexadecimal digits. `null` if the signature is in the document."""
    state: MatchState
    """Whether it is confirmed whose signature this is. Signatures in the service are always `matched`; staff confirm
    those in the document."""
    matched_by: UUID | None
    """ID of the person who confirmed whose signature this is. `null` if nobody had to, or has."""
    matched_by_name: str | None
    matched_at: datetime | None
    """When it was confirmed whose signature this is. `null` if nobody had to, or has."""
    reason: str | None
    """Reason for the confirmation. `null` if none was given."""


def signers_of(
    examined: Sequence[ExaminedSignature], application: MainUserApplication, in_service: Collection[SignsAs]
) -> list[SignsAs | None]:
    """Return whose each signature is by the certificate's name, which staff confirm later. Raise SignedDocumentRefused
    if a person has signed twice, also in the service."""
    names: dict[SignsAs, str] = {"applicant": application.applicant_name, "signatory": application.signatory_name}
    found: list[SignsAs | None] = []
    for number, signature in enumerate(examined, 1):
        certificate = signature.certificate
        fitting = [signs_as for signs_as, name in names.items() if _contains_name(certificate.common_name, name)]
        signs_as = fitting[0] if len(fitting) == 1 else None
        if signs_as and (signs_as in found or signs_as in in_service):
            raise SignedDocumentRefused("signed-twice", signature=number, subject=certificate.subject)
        found.append(signs_as)
    return found


def _contains_name(common_name: str, name: str) -> bool:
    """Whether a certificate's name contains the name: it may have another order, case, numbers or more given names."""
    return set(name.casefold().split()) <= set(common_name.casefold().replace(",", " ").split())


def state_after(signatures: Iterable[ApplicationSignature]) -> ApplicationState:
    """Return the state of an undecided application that follows from its signatures (rulebook §3.9.2)."""
    there = list(signatures)
    matched = {signature.signs_as for signature in there if signature.state == "matched"}
    if matched >= BOTH:
        return "received"
    known = {signature.signs_as for signature in there if signature.signs_as}
    unknown = sum(signature.signs_as is None for signature in there)
    return "signed" if len(known) + unknown >= len(BOTH) else "awaiting_signatures"


def check_may_sign(actor: Actor, application: MainUserApplication, real_now: datetime) -> SignsAs:
    """Return as whom the actor signs: in person, within minutes of a strong authentication (rulebook §3.9.2).

    Raise Forbidden, StrongAuthenticationRequired.
    """
    check_person(actor)
    if actor.person_id not in {application.applicant_id, application.signatory_person_id}:
        raise Forbidden(because="not-a-party")
    check_fresh(actor, real_now)
    return "applicant" if actor.person_id == application.applicant_id else "signatory"


def check_not_signed(signatures: Iterable[ApplicationSignature], signs_as: SignsAs) -> None:
    """Check that nobody signs twice. Raise AlreadyExists."""
    for signature in signatures:
        if signature.signs_as == signs_as:
            raise AlreadyExists(existing_id=signature.id)


def check_digest(said: str, digest: str | None) -> None:
    """Check the digest in the request, so that no other document is signed by mistake. Raise Invalid."""
    if said.lower() != digest:
        raise Invalid(Fault("/digest", "digest-differs"))


def check_match(
    signature: ApplicationSignature,
    signatures: Iterable[ApplicationSignature],
    signs_as: SignsAs,
    reason: str | None,
) -> None:
    """Check that each person has one signature. A different name or unknown revocation needs a reason (rulebook
    §3.9.2).

    Raise WrongState, AlreadyExists, Invalid.
    """
    if signature.state == "matched":
        raise WrongState(state="matched", allowed=["unmatched"])
    for other in signatures:
        if other.state == "matched" and other.signs_as == signs_as:
            raise AlreadyExists(pointer="/signs_as", existing_id=other.id)
    if signature.revocation != "good" and reason is None:
        raise Invalid(Fault("/reason", "revocation-unknown"))
    if signature.signs_as != signs_as and reason is None:
        raise Invalid(Fault("/reason", "names-differ"))
