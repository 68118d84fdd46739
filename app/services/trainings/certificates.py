"""Certificates of completed courses: make, get, withdraw, and what anybody may check."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from secrets import token_bytes
from uuid import UUID

from app.db.identifiers import new_id
from app.db.organisations.images import find, find_of_centre
from app.db.organisations.study_centre import get_study_centre
from app.db.paging import PageRequest, Slice
from app.db.sessions import Reader, Writer
from app.db.statements import Connection
from app.db.trainings import certificates as questions
from app.db.trainings import trainings
from app.documents.certificates import (
    CertificateContent,
    CertificatePictures,
    DocumentSeal,
    make_certificates,
)
from app.domain.calendar.deadlines import day_of
from app.domain.errors import AlreadyExists, NotFound
from app.domain.organisations.organisations import Language
from app.domain.people.names import is_same_name
from app.domain.trainings import certificates as rules
from app.domain.trainings.certificates import (
    CODE_BYTES,
    Certifiable,
    CertificateCheck,
    CourseCertificate,
    PublicCertificate,
    Signatories,
    Signature,
)
from app.domain.trainings.participants import check_reader
from app.domain.trainings.trainings import Training, check_writer
from app.keys.seal_keys import SealKey
from app.services.trainings.participants import is_named
from app.texts.certificates import certificate_name, certificate_words

Document = tuple[str, bytes]


@dataclass(frozen=True)
class Making:
    """With what certificates are made."""

    public_url: str | None
    """None if there is no address at which they are checked."""
    seal: DocumentSeal | None
    """None if they have no seal."""


def making_of(public_url: str | None, key: SealKey | None) -> Making:
    if key is None:
        return Making(public_url, None)
    return Making(public_url, DocumentSeal(key.private_der, key.certificates_der))


@dataclass(frozen=True)
class Signing:
    """What both signatures of certificates consist of."""

    signatories: Signatories
    pictures: CertificatePictures


async def make_certificate(
    writer: Writer, making: Making, completion_id: UUID, wanted: Language | None
) -> CourseCertificate:
    """Make the certificate of a completion. Raise NotFound, Forbidden, Invalid, WrongState, AlreadyExists,
    SignatureMissing; Overloaded if composing takes too long."""
    completion = await _find(writer, completion_id)
    if not await _is_learner(writer, completion_id):
        training = await trainings.resource.get(writer, completion.training_id)
        check_writer(writer.actor, await trainings.get_place_of(writer.connection, training))
    language = rules.language_of(wanted, completion.language, rules.languages_of(completion.texts))
    # Of two who make it at the same time the second finds what the first has made.
    [completion] = await questions.lock_certifiable(writer.connection, [completion_id], language)
    rules.check_certifiable(completion.state, completion.outcome)
    if existing := await questions.find_in_force(writer.connection, completion_id, language):
        raise AlreadyExists(existing_id=existing)
    signing = await find_signing(writer.connection, completion.central_organisation_id)
    [certificate_id] = await issue(writer, making, signing, [completion], language)
    return await questions.resource.get(writer, certificate_id)


async def issue(
    writer: Writer, making: Making, signing: Signing, completions: Sequence[Certifiable], language: Language
) -> list[UUID]:
    """Make the certificates of locked completions of one training, and record each use of the signature images
    (rulebook §6.5)."""
    codes = [rules.code_of(token_bytes(CODE_BYTES)) for _ in completions]
    documents = []
    for completion, code in zip(completions, codes, strict=True):
        address = _address_of(making, completion, code)
        facts = rules.facts_of(
            completion,
            language,
            code,
            signing.signatories,
            address=address,
            is_sealed=making.seal is not None,
            issued_on=day_of(writer.now),
        )
        content = CertificateContent(language, completion.study_centre, completion.name, address)
        documents.append((content, certificate_words(language, facts)))
    made = await make_certificates(documents, signing.pictures, writer.now, making.seal)
    ids_made = [new_id() for _ in made]
    rows: list[dict[str, object]] = [
        {
            "id": certificate_id,
            "completion_id": completion.id,
            "training_id": completion.training_id,
            "language": language,
            "code": code,
            "study_centre_name": completion.study_centre,
            "organisation_name": completion.central_organisation,
            "organiser_name": completion.organisation,
            "model_name": completion.texts[language]["name"],
            "version": completion.version,
            "credits": completion.credits,
            "completed_on": completion.completed_on,
            "digest": sha256(pdf).hexdigest(),
            "sealed": making.seal is not None,
            "content": pdf,
        }
        for certificate_id, completion, code, pdf in zip(ids_made, completions, codes, made, strict=True)
    ]
    await questions.insert_certificates(writer, rows)
    centre = await get_study_centre(writer)
    for certificate_id, completion in zip(ids_made, completions, strict=True):
        replaced = await questions.replace_certificates(writer, completion.id, language)
        organisation_id = completion.central_organisation_id
        _record(writer, "issued", certificate_id, completion, replaced)
        writer.record(
            "signature-image.used", organisation_id, organisation_id=organisation_id, certificate_id=certificate_id
        )
        writer.record("study-centre-signature-image.used", centre.id, certificate_id=certificate_id)
    return ids_made


async def find_signing(connection: Connection, organisation_id: UUID) -> Signing:
    """Raise SignatureMissing."""
    signatories = await questions.find_signatories(connection, organisation_id)
    of_centre = await find_of_centre(connection, "signature_image")
    of_organisation = await find(connection, organisation_id, "signature_image")
    rules.check_signatures(
        rules.missing_of(
            organisation_id,
            [
                Signature("study_centre", signatories.study_centre is not None, of_centre is not None),
                Signature(
                    "organisation",
                    signatories.organisation is not None,
                    of_organisation is not None,
                ),
            ],
        )
    )
    logos = await find_of_centre(connection, "logo"), await find(connection, organisation_id, "logo")
    return Signing(signatories, CertificatePictures(*logos, of_centre or b"", of_organisation or b""))


async def get_certificate(writer: Writer, certificate_id: UUID) -> CourseCertificate:
    """Raise NotFound, Forbidden."""
    certificate = await questions.resource.get(writer, certificate_id)
    await _check_reader(writer, certificate.completion_id)
    return certificate


async def get_document(writer: Writer, certificate_id: UUID) -> tuple[str, bytes, Language]:
    """The name, the file and its language. Raise NotFound, Forbidden."""
    certificate = await get_certificate(writer, certificate_id)
    content = await questions.get_content(writer.connection, certificate_id)
    return certificate_name(certificate.language, certificate.code), content, certificate.language


async def list_certificates(writer: Writer, page: PageRequest, completion_id: UUID) -> Slice[CourseCertificate]:
    """Raise NotFound, Forbidden."""
    await _check_reader(writer, completion_id)
    return await questions.resource.page(writer, page, completion_id=completion_id)


async def withdraw(writer: Writer, certificate_id: UUID, reason: str) -> CourseCertificate:
    """Raise NotFound, Forbidden, WrongState."""
    certificate = await questions.resource.get(writer, certificate_id, locked=True)
    completion, is_named_reader = await _check_reader(writer, certificate.completion_id)
    rules.check_withdrawer(is_named=is_named_reader)
    rules.check_withdrawable(certificate)
    await questions.withdraw_certificate(writer, certificate_id, reason)
    _record(writer, "withdrawn", certificate_id, completion)
    return await questions.resource.get(writer, certificate_id)


async def withdraw_certificates(writer: Writer, completion_id: UUID) -> list[UUID]:
    """Withdraw those in force, since the completion is corrected (rulebook §3.19). The caller records it."""
    return await questions.withdraw_certificates_of(writer, completion_id)


async def get_public(reader: Reader, written: str) -> PublicCertificate:
    """Raise NotFound."""
    shown, _ = await _find_public(reader, written)
    return shown


async def check_certificate(reader: Reader, written: str, name: str) -> CertificateCheck:
    """The same, and whether the name is that of the certificate. Nothing of it is stored. Raise NotFound."""
    shown, own = await _find_public(reader, written)
    return CertificateCheck(**vars(shown), name_matches=is_same_name(own, name))


async def _find_public(reader: Reader, written: str) -> tuple[PublicCertificate, str]:
    code = rules.code_from(written)
    found = await questions.find_public(reader, code) if code else None
    if found is None:
        raise NotFound
    return found


async def _find(session: Reader, completion_id: UUID) -> Certifiable:
    found = await questions.find_certifiable(session.connection, completion_id, "fi")
    if found is None:
        raise NotFound
    return found


async def _is_learner(session: Reader, completion_id: UUID) -> bool:
    return session.actor.is_among({await questions.find_learner(session.connection, completion_id)})


async def _check_reader(writer: Writer, completion_id: UUID) -> tuple[Certifiable, bool]:
    """Return the completion, and whether one of the named staff reads it, which is recorded (rulebook §3.19)."""
    completion = await _find(writer, completion_id)
    if await _is_learner(writer, completion_id):
        return completion, False
    training: Training = await trainings.resource.get(writer, completion.training_id)
    place = await trainings.get_place_of(writer.connection, training)
    named = await is_named(writer)
    check_reader(writer.actor, place, is_named=named)
    if writer.actor.has("staff"):
        writer.record(
            "completion.read",
            completion.id,
            organisation_id=completion.central_organisation_id,
            training_id=training.id,
        )
    return completion, named


def _address_of(making: Making, completion: Certifiable, code: str) -> str | None:
    if making.public_url is None or completion.slug is None:
        return None
    return f"{making.public_url}/v1/public/{completion.slug}/certificates/{code}"


def _record(
    writer: Writer, verb: str, certificate_id: UUID, completion: Certifiable, replaced: Sequence[UUID] = ()
) -> None:
    """Record it by IDs only: no entry has a name, a code or a reason, which may name the learner."""
    writer.record(
        f"certificate.{verb}",
        certificate_id,
        organisation_id=completion.central_organisation_id,
        completion_id=completion.id,
        training_id=completion.training_id,
        replaced=list(replaced),
    )
