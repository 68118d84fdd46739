"""Examines a signed document: the part that reads the file, which runs only in a limited process.

Only a file that begins with our own document's bytes comes here, so only what was added to them can be hostile.
"""

import asyncio
import json
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

from asn1crypto import algos, core
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.generic import DictionaryObject, NumberObject, pdf_name
from pyhanko.pdf_utils.misc import PdfStrictReadError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import DiffResult, ModificationLevel
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation.generic_cms import get_signing_cert_attr
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel

from app.documents.additions import SIGNING_ALONE, value_of
from app.documents.revocation import (
    FINDINGS,
    Circumstances,
    authorities_of,
    is_revoked,
    judged,
    problem_of,
    speaks_of_revocation,
    status_with,
)
from app.domain.people.signatures import SignedDocumentRefused

MOST_SIGNATURES = 10
LARGEST_STAMP = 0.25
"""Share of a page of 210 by 297 mm: a signature's visible part is a stamp, not a new page over the old one."""
PAGE_AREA = 595.0 * 842.0
END = re.compile(rb"startxref\s+\d+\s+%%EOF\s*(\d+\s+\d+\s+obj\b|\Z)")
SKEW = timedelta(minutes=5)
NULL = core.Null().dump()
SHA2_AND_SHA3 = ("sha256", "sha384", "sha512", "sha3_256", "sha3_384", "sha3_512")
DIGESTS = frozenset(
    # As bytes: the library's own algorithms always write the parameters that may be absent (RFC 5754 §2).
    core.SequenceOf(spec=core.Any, contents=algos.DigestAlgorithmId(name).dump() + parameters).dump()
    for name in SHA2_AND_SHA3
    for parameters in (b"", NULL)
)
"""The digest algorithms that signatures may name, in both ways of writing them."""
CERTIFIED = DictionaryObject({pdf_name("/P"): NumberObject(2)})  # type: ignore[no-untyped-call]  # The library's lack.
"""What a certification permits if it does not say it: signing (ISO 32000-1 Table 254)."""
OTHER_GENERATION = re.compile(rb"(?<=\d{10} )\d{5}(?= n\s)")

ATTRIBUTES = {
    NameOID.SERIAL_NUMBER: "serialNumber",
    NameOID.GIVEN_NAME: "givenName",
    NameOID.SURNAME: "sn",
    NameOID.EMAIL_ADDRESS: "emailAddress",
    NameOID.ORGANIZATION_IDENTIFIER: "organizationIdentifier",
}
"""Attributes of names, which the library would write as numbers."""


def findings(original: bytes, signed: bytes, known: bytes, *trusted: bytes) -> bytes:
    """Return JSON: the signatures, or the facts of the refusal."""
    facts = json.loads(known)
    roots = [asn1_x509.Certificate.load(root) for root in trusted[: facts["roots"]]]
    circumstances = Circumstances(
        made_at=datetime.fromisoformat(facts["made_at"]),
        now=datetime.fromisoformat(facts["now"]),
        roots=roots,
        revocation_lists=list(trusted[facts["roots"] :]),
    )
    try:
        answer: dict[str, object] = {"signatures": asyncio.run(_signatures(original, signed, circumstances))}
    except SignedDocumentRefused as refused:
        answer = refused.facts
    return json.dumps(answer).encode()


async def _signatures(original: bytes, signed: bytes, circumstances: Circumstances) -> list[dict[str, object]]:
    reader = _reader(signed)
    try:
        _check_alterations(original, reader)
        _check_ends(signed, reader)
        signatures = _added_signatures(reader)
    except SignedDocumentRefused:
        raise
    except Exception as fault:  # On hostile bytes the library raises exceptions of any kind.
        raise SignedDocumentRefused("altered") from fault
    found = []
    signers: set[object] = set()
    for number, signature in enumerate(signatures, start=1):
        subject = None
        try:
            subject = _certificate(signature)
            found.append(await _signature(signature, reader, subject, circumstances))
        except SignedDocumentRefused as refused:
            named = _name(subject.subject) if subject else None
            raise SignedDocumentRefused(refused.finding, signature=number, subject=named) from refused
        except Exception as fault:  # On hostile bytes the library raises exceptions of any kind.
            raise SignedDocumentRefused("signature-broken", signature=number) from fault
        signer = (subject.issuer, subject.subject)
        if signer in signers:
            raise SignedDocumentRefused("signed-twice", signature=number, subject=_name(subject.subject))
        signers.add(signer)
    return found


def _reader(signed: bytes) -> PdfFileReader:
    try:
        reader = _strict_reader(signed)
        is_encrypted = reader.encrypted
    except Exception as fault:  # On hostile bytes the library raises exceptions of any kind.
        raise SignedDocumentRefused("not-a-pdf") from fault
    if is_encrypted:
        raise SignedDocumentRefused("encrypted")
    return reader


def _strict_reader(signed: bytes) -> PdfFileReader:
    """Read new objects of another generation than 0 too, which the library refuses, and all else as strictly."""
    try:
        return PdfFileReader(BytesIO(signed))
    except PdfStrictReadError:
        PdfFileReader(BytesIO(OTHER_GENERATION.sub(b"00000", signed)))
        reader = PdfFileReader(BytesIO(signed), strict=False)
        reader.strict = True
        return reader


def _check_alterations(original: bytes, reader: PdfFileReader) -> None:
    """Raises SignedDocumentRefused if the additions do not build on our document, or if they change it."""
    ours = PdfFileReader(BytesIO(original))
    # A complete second document can follow our bytes, with cross-references that never lead back to ours.
    ours_at = ours.xrefs.get_startxref_for_revision(0)
    if reader.xrefs.get_startxref_for_revision(0) != ours_at or ours.total_revisions != 1:
        raise SignedDocumentRefused("altered")
    _check_generations(reader)
    difference = SIGNING_ALONE.review_file(reader, 0)
    allowed = (ModificationLevel.NONE, ModificationLevel.LTA_UPDATES, ModificationLevel.FORM_FILLING)
    if not isinstance(difference, DiffResult) or difference.modification_level not in allowed:
        raise SignedDocumentRefused("altered")


def _check_generations(reader: PdfFileReader) -> None:
    """Check that no number names two objects: some readers show the later one, whatever its generation.

    Raises SignedDocumentRefused.
    """
    generations: dict[int, int] = {}
    for revision in range(reader.total_revisions):
        for reference in reader.xrefs.explicit_refs_in_revision(revision):
            if generations.setdefault(reference.idnum, reference.generation) != reference.generation:
                raise SignedDocumentRefused("altered")


def _check_ends(signed: bytes, reader: PdfFileReader) -> None:
    """Only blank space and the next revision's objects may follow a revision: no signature covers other bytes, and no
    reader shows them.

    Raises SignedDocumentRefused.
    """
    ends = (reader.xrefs.get_startxref_for_revision(revision) for revision in range(reader.total_revisions))
    if not all(END.match(signed, signed.find(b"startxref", end)) for end in ends):
        raise SignedDocumentRefused("altered")


def _added_signatures(reader: PdfFileReader) -> list[EmbeddedPdfSignature]:
    """Raises SignedDocumentRefused if there is no signature, or one of another kind than PAdES."""
    fields = [field.get_object() for _, _, field in enumerate_sig_fields(reader, filled_status=True)]
    if len(fields) > MOST_SIGNATURES:
        raise SignedDocumentRefused("too-demanding")
    widgets = [*fields, *(kid.get_object() for field in fields for kid in value_of(field, "/Kids", ()))]
    if any(_area(value_of(widget, "/Rect", (0, 0, 0, 0))) > LARGEST_STAMP * PAGE_AREA for widget in widgets):
        raise SignedDocumentRefused("altered")
    kinds = [value_of(field["/V"], "/SubFilter") for field in fields]
    if not set(kinds) <= {"/ETSI.CAdES.detached", "/ETSI.RFC3161"}:
        raise SignedDocumentRefused("signature-kind")
    signatures: list[EmbeddedPdfSignature] = reader.embedded_signatures
    people = [signature for signature in signatures if signature.sig_object_type == "/Sig"]
    if len(people) != kinds.count("/ETSI.CAdES.detached"):
        raise SignedDocumentRefused("signature-kind")
    if not people:
        raise SignedDocumentRefused("not-signed")
    for signature in people:
        _complete_certification(signature.sig_object)
    return people


def _complete_certification(signature: Any) -> None:
    for each in value_of(signature, "/Reference", ()):
        method = each.get_object()
        if value_of(method, "/TransformMethod") == "/DocMDP":
            parameters = method.setdefault(pdf_name("/TransformParams"), CERTIFIED).get_object()
            parameters.setdefault(pdf_name("/P"), CERTIFIED["/P"])


def _area(rectangle: Sequence[Any]) -> float:
    left, bottom, right, top = (float(side) for side in rectangle)
    return abs(right - left) * abs(top - bottom)


def _certificate(signature: EmbeddedPdfSignature) -> x509.Certificate:
    return x509.load_der_x509_certificate(signature.signer_cert.dump())


async def _signature(
    signature: EmbeddedPdfSignature, reader: PdfFileReader, certificate: x509.Certificate, known: Circumstances
) -> dict[str, object]:
    """Raises SignedDocumentRefused with the first finding against the signature."""
    _check_padding(signature.pkcs7_content)
    _check_uncovered(signature)
    if get_signing_cert_attr(signature.signer_info["signed_attrs"]) is None:
        raise SignedDocumentRefused("signature-kind")  # PAdES requires it (EN 319 142-1 §6.3).
    status = await judged(signature, reader, known, known.now)
    moment = known.now
    stamp = status.timestamp_validity
    stamped = stamp is not None and stamp.valid and stamp.intact and stamp.trusted
    if stamp is not None and stamped:
        # A trusted time stamp proves that the signature was there while its certificate was valid.
        moment = stamp.timestamp
        status = await judged(signature, reader, known, moment)
    if not (status.intact and status.valid):
        raise SignedDocumentRefused("signature-broken")
    whole = (SignatureCoverageLevel.ENTIRE_REVISION, SignatureCoverageLevel.ENTIRE_FILE)
    if status.coverage not in whole or not status.docmdp_ok:
        raise SignedDocumentRefused("altered")
    if any(is_revoked(each, known.revocation_lists, moment) for each in (certificate, *authorities_of(status))):
        raise SignedDocumentRefused("certificate-revoked")
    if not status.trusted:
        problem = problem_of(status)
        is_early = problem == "CERTIFICATE_CHAIN_GENERAL_FAILURE" and moment < certificate.not_valid_before_utc
        raise SignedDocumentRefused(
            "certificate-expired" if is_early else FINDINGS.get(problem, "certificate-untrusted")
        )
    signed_at = moment if stamped else status.signer_reported_dt
    if signed_at is None or signed_at.tzinfo is None:
        raise SignedDocumentRefused("signature-time")
    if not known.made_at - SKEW <= signed_at <= known.now + SKEW:
        raise SignedDocumentRefused("signature-time")
    # Check again with evidence required for each certificate: only then is it known that none is revoked. And only then
    # does the library read evidence about certificates that do not say where to get it.
    proven = await status_with(signature, reader, known, moment, "require")
    if speaks_of_revocation(proven):
        raise SignedDocumentRefused("certificate-revoked")
    return _facts_of(certificate, signed_at, stamped=stamped, proven=proven.trusted)


def _check_padding(content: bytes) -> None:
    """The room around the signature, which it does not cover, must be empty."""
    value = core.Any.load(content)
    if any(content[len(value.dump()) :]):
        raise SignedDocumentRefused("signature-broken")


def _check_uncovered(signature: EmbeddedPdfSignature) -> None:
    """Check the versions and algorithms of RFC 5652 §5, which a signature does not cover either."""
    signed, signer = signature.signed_data, signature.signer_info
    try:
        versions = {signed["version"].native, signer["version"].native}
        digests = [signer["digest_algorithm"], *signed["digest_algorithms"]]
        algorithm = signer["signature_algorithm"]
        named = algorithm["algorithm"].dump()
        is_sound = (
            versions <= {"v1", "v3"}
            and all(digest.dump() in DIGESTS for digest in digests)
            # Only the parameters of RSASSA-PSS matter to the signature.
            and (algorithm["algorithm"].native == "rsassa_pss" or algorithm.contents in (named, named + NULL))
        )
    except (KeyError, TypeError, ValueError):
        is_sound = False
    if not is_sound:
        raise SignedDocumentRefused("signature-broken")


def _name(name: x509.Name) -> str:
    return name.rfc4514_string(ATTRIBUTES)


def _facts_of(certificate: x509.Certificate, signed_at: datetime, *, stamped: bool, proven: bool) -> dict[str, object]:
    names = [str(name.value) for name in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    return {
        "certificate": {
            "subject": _name(certificate.subject),
            "common_name": " ".join(names) or _name(certificate.subject),
            "issuer": _name(certificate.issuer),
            "serial_number": f"{certificate.serial_number:x}",
            "fingerprint": certificate.fingerprint(hashes.SHA256()).hex(),
            "valid_from": certificate.not_valid_before_utc.isoformat(),
            "valid_until": certificate.not_valid_after_utc.isoformat(),
        },
        "signed_at": signed_at.isoformat(),
        "signed_at_by": "time-stamp" if stamped else "signer",
        "revocation": "good" if proven else "unknown",
    }
