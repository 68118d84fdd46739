"""Certificates (todistus) of completed courses: their codes, states and signatures (rulebook §3.19)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from app.domain.errors import Conflict, Fault, Forbidden, Invalid, WrongState
from app.domain.organisations.certificate_signatories import CertificateSignatory
from app.domain.organisations.organisations import Language
from app.domain.trainings.model_versions import LANGUAGES
from app.domain.values import Shown

CertificateState = Literal["in_force", "replaced", "withdrawn"]
Whose = Literal["organisation", "study_centre"]
Needed = Literal["signature_image", "signatory"]

CODE_BYTES = 10
"""The random bits of a code: 80."""
CODE_LENGTH = 16
DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base32: five bits a character, without the letters that look like digits, and without U."""
LOOKALIKES = str.maketrans("OIL", "011", "- ")


class SignatureMissing(Conflict):
    """Facts: `missing`, each with `whose` signature it is, `what` is missing, and the `call` that puts it there."""

    code = "signature-missing"


@dataclass(frozen=True)
class CourseCertificate(Shown):
    """A certificate that has been made. Its file never changes."""

    id: UUID
    completion_id: UUID
    """ID of the completion."""
    training_id: UUID
    """ID of the training course."""
    language: Language
    """Language of the certificate."""
    code: str
    """Code by which anybody checks the certificate, without hyphens."""
    state: CertificateState
    """State: `replaced` if a corrected completion has a new one in this language."""
    issued_at: datetime
    """When the certificate was made."""
    digest: str
    """SHA-256 digest of the file, in hexadecimal digits."""
    sealed: bool
    """Whether the file has the study centre's electronic seal."""
    ended_at: datetime | None
    """When it was withdrawn or replaced. `null` if it is in force."""
    reason: str | None
    """Reason of the withdrawal. `null` if none was given."""


@dataclass(frozen=True)
class Certificates(Shown):
    items: list[CourseCertificate]
    """Certificates of the completion, the newest first."""


@dataclass(frozen=True)
class PublicCertificate(Shown):
    """What anybody with the code sees of a certificate: no name."""

    state: CertificateState
    """State: `in_force`, `replaced` by a newer certificate, or `withdrawn`."""
    organisation: str
    """Name of the central organisation whose training model it is."""
    organiser: str
    """Name of the organisation that ran the course."""
    study_centre: str
    """Name of the study centre."""
    model: str
    """Name of the course."""
    version: int
    """Number of the version of its training model."""
    credits: int
    """Study credits."""
    completed_on: date
    """Day of the completion."""
    issued_on: date
    """Day of the certificate."""


@dataclass(frozen=True)
class CertificateCheck(PublicCertificate):
    """The same, and whether the certificate is that of the person."""

    name_matches: bool
    """Whether the certificate has the name in the request. Case, accents and spaces do not count."""


@dataclass(frozen=True)
class MissingSignature(Shown):
    """What a certificate lacks for a signature."""

    whose: Whose
    """Whose signature it is: `organisation` or `study_centre`."""
    what: Needed
    """What is missing: `signature_image` or `signatory`."""
    call: str
    """Method and path of the call that adds it."""


@dataclass(frozen=True)
class Signature:
    """One of the two signatures, as far as the profile has it."""

    whose: Whose
    has_signatory: bool
    has_image: bool


@dataclass(frozen=True)
class PrintedSignature:
    name: str
    title: str
    organisation: str


@dataclass(frozen=True)
class Certifiable:
    """What a certificate needs to know of a completion."""

    id: UUID
    training_id: UUID
    participant_id: UUID
    name: str
    kind: str
    outcome: str
    grade: int | None
    completed_on: date
    assessed_by: str
    credits: int
    state: str
    language: str | None
    """Language of the training course."""
    starts_on: date | None
    ends_on: date | None
    organisation: str
    """Name of who ran the course, as the two below in the language of the certificate."""
    central_organisation: str
    study_centre: str
    central_organisation_id: UUID
    """ID of the organisation of the model."""
    slug: str | None
    version: int
    texts: Mapping[str, Mapping[str, Any]]
    """Of the version, by language."""
    assessment: Mapping[str, Any]
    learner_hours: int


@dataclass(frozen=True)
class Signatories:
    """Who signs certificates. None if a profile has nobody."""

    study_centre: CertificateSignatory | None
    organisation: CertificateSignatory | None


@dataclass(frozen=True)
class CertificateFacts:
    """What a certificate says."""

    code: str
    name: str
    """Name of the learner."""
    is_recognised: bool
    """Whether competence from elsewhere was recognised as the completion."""
    model_name: str
    version: int
    goals: Sequence[str]
    certificate_text: str | None
    what: str | None
    how: str | None
    by_whom: str | None
    """The assessment, as the version has it."""
    grade: int | None
    """None on the scale of passed and failed."""
    assessed_by: str | None
    credits: int
    learner_hours: int
    organisation: str
    """Who ran the course."""
    central_organisation: str
    study_centre: str
    starts_on: date | None
    ends_on: date | None
    completed_on: date
    issued_on: date
    of_study_centre: PrintedSignature
    of_organisation: PrintedSignature
    address: str | None
    is_sealed: bool


@dataclass(frozen=True)
class ExtractedCompletion:
    """A passed completion in force, as an extract from the study register shows it."""

    name: str
    """Name of the learner."""
    texts: Mapping[str, Mapping[str, Any]]
    """Of the version, by language."""
    organisation: str
    completed_on: date
    credits: int
    grade: int | None
    kind: str
    code: str | None
    """Code of the newest certificate in force. None if there is none."""


def model_name_of(texts: Mapping[str, Mapping[str, Any]], language: str | None) -> str:
    """Return the name of the course in the language, or else in the first one that the version has (rulebook §3.18)."""
    known = languages_of(texts)
    name: str = texts[language if language in known else known[0]]["name"]
    return name


def code_of(random: bytes) -> str:
    """Return the code of 80 random bits (rulebook §3.19)."""
    number = int.from_bytes(random)
    return "".join(DIGITS[number >> shift & 31] for shift in range(5 * (CODE_LENGTH - 1), -1, -5))


def code_from(written: str) -> str | None:
    """Return the code that a person wrote. Case, hyphens, O for 0, and I or L for 1 do not count. None if it is none.

    Rulebook §3.19.
    """
    code = written.upper().translate(LOOKALIKES)
    return code if len(code) == CODE_LENGTH and set(code) <= set(DIGITS) else None


def grouped(code: str) -> str:
    """Return the code in groups of four, as the certificate shows it."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def check_certifiable(state: str, outcome: str) -> None:
    """Check that the completion is in force and passed (rulebook §3.19). Raise WrongState."""
    if state != "in_force":
        raise WrongState(state=state, allowed=["in_force"])
    if outcome != "passed":
        raise WrongState(state=outcome, allowed=["passed"])


def languages_of(texts: Mapping[str, Any]) -> list[Language]:
    """Return the languages in which a version has texts."""
    return [language for language in LANGUAGES if texts.get(language)]


def language_of(wanted: Language | None, training_language: str | None, texts: Collection[Language]) -> Language:
    """Return the language of a certificate: by default the training's (rulebook §3.19).

    Raise Invalid if the version has no texts in it.
    """
    language = wanted or training_language
    for each in texts:
        if each == language:
            return each
    raise Invalid(Fault("/language", "language-not-in-version", {"languages": sorted(texts)}))


def signature_of(signatory: CertificateSignatory | None, language: Language, organisation: str) -> PrintedSignature:
    """Return the signature with the title in the language, or in Finnish if there is none (rulebook §3.19).

    The signatory has been found.
    """
    if signatory is None:
        raise ValueError("nobody signs")
    return PrintedSignature(signatory.name, getattr(signatory.title, language) or signatory.title.fi, organisation)


def facts_of(
    completion: Certifiable,
    language: Language,
    code: str,
    signatories: Signatories,
    *,
    address: str | None,
    is_sealed: bool,
    issued_on: date,
) -> CertificateFacts:
    """Return what a certificate says (rulebook §3.19). The signatories are known."""
    texts, assessment = completion.texts[language], completion.assessment
    return CertificateFacts(
        code=code,
        name=completion.name,
        is_recognised=completion.kind == "recognition",
        model_name=texts["name"],
        version=completion.version,
        goals=texts["goals"],
        certificate_text=texts.get("certificate_text"),
        what=assessment.get("what"),
        how=assessment.get("how"),
        by_whom=assessment.get("by_whom"),
        grade=completion.grade,
        assessed_by=completion.assessed_by,
        credits=completion.credits,
        learner_hours=completion.learner_hours,
        organisation=completion.organisation,
        central_organisation=completion.central_organisation,
        study_centre=completion.study_centre,
        starts_on=completion.starts_on,
        ends_on=completion.ends_on,
        completed_on=completion.completed_on,
        issued_on=issued_on,
        of_study_centre=signature_of(signatories.study_centre, language, completion.study_centre),
        of_organisation=signature_of(signatories.organisation, language, completion.central_organisation),
        address=address,
        is_sealed=is_sealed,
    )


def missing_of(central_organisation_id: UUID, signatures: Sequence[Signature]) -> list[MissingSignature]:
    """Return what the signatures of a certificate lack (rulebook §3.19)."""
    missing = []
    for each in signatures:
        owner = f"/v1/organisations/{central_organisation_id}" if each.whose == "organisation" else "/v1/study-centre"
        if not each.has_signatory:
            missing.append(MissingSignature(each.whose, "signatory", f"PATCH {owner}"))
        if not each.has_image:
            missing.append(MissingSignature(each.whose, "signature_image", f"PUT {owner}/signature-image"))
    return missing


def check_signatures(missing: Sequence[MissingSignature]) -> None:
    """Check that both signatures are there (rulebook §3.19). Raise SignatureMissing."""
    if missing:
        raise SignatureMissing(missing=[asdict(each) for each in missing])


def check_withdrawer(*, is_named: bool) -> None:
    """Check for one of the staff who are named to see participants (rulebook §3.19). Raise Forbidden."""
    if not is_named:
        raise Forbidden(because="register-readers-only")


def check_withdrawable(certificate: CourseCertificate) -> None:
    """Check that the certificate is in force (rulebook §3.19). Raise WrongState."""
    if certificate.state != "in_force":
        raise WrongState(state=certificate.state, allowed=["in_force"])
