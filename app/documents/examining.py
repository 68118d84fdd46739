"""Examines a signed document: the part that reads the file, which runs only in a limited process.

Only a file that begins with our own document's bytes comes here, so only what was added to them can be hostile.
"""

import asyncio
import json
import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

from asn1crypto import algos, core
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.generic import ArrayObject, DictionaryObject, NameObject
from pyhanko.pdf_utils.reader import HistoricalResolver, PdfFileReader
from pyhanko.sign.diff_analysis import (
    DEFAULT_DIFF_POLICY,
    DiffResult,
    FormUpdate,
    FormUpdatingRule,
    ModificationLevel,
    SigFieldCreationRule,
    SigFieldModificationRule,
    StandardDiffPolicy,
)
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel

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
DIGESTS = frozenset(
    algos.DigestAlgorithm({"algorithm": name, **parameters}).dump()
    for name in ("sha256", "sha384", "sha512", "sha3_256", "sha3_384", "sha3_512")
    for parameters in ({}, {"parameters": core.Null()})
)
"""The digest algorithms that signatures may name, in both ways of writing them."""


class FirstForm(FormUpdatingRule):
    """Lets the first signature add the form that it is in: the library's own rule accepts later signatures only."""

    def apply(self, old: HistoricalResolver, new: HistoricalResolver) -> Iterable[tuple[ModificationLevel, FormUpdate]]:
        if "/AcroForm" not in old.root:
            # As if our document had an empty form: additions to it are then judged as in any other.
            empty = {NameObject("/Fields"): ArrayObject()}
            old.root["/AcroForm"] = DictionaryObject(empty)  # type: ignore[no-untyped-call]  # The library's lack.
        return super().apply(old, new)


SIGNING_ALONE = StandardDiffPolicy(
    global_rules=DEFAULT_DIFF_POLICY.global_rules,
    form_rule=FirstForm(
        [SigFieldCreationRule(), SigFieldModificationRule()],  # type: ignore[no-untyped-call]  # The library's lack.
        ignored_acroform_keys={"/Fields", "/SigFlags", "/DR", "/DA"},
    ),
)


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
        reader = PdfFileReader(BytesIO(signed))
        is_encrypted = reader.encrypted
    except Exception as fault:  # On hostile bytes the library raises exceptions of any kind.
        raise SignedDocumentRefused("not-a-pdf") from fault
    if is_encrypted:
        raise SignedDocumentRefused("encrypted")
    return reader


def _check_alterations(original: bytes, reader: PdfFileReader) -> None:
    """Raises SignedDocumentRefused if the additions do not build on our document, or if they change it."""
    ours = PdfFileReader(BytesIO(original))
    # A complete second document can follow our bytes, with cross-references that never lead back to ours.
    ours_at = ours.xrefs.get_startxref_for_revision(0)
    if reader.xrefs.get_startxref_for_revision(0) != ours_at or ours.total_revisions != 1:
        raise SignedDocumentRefused("altered")
    difference = SIGNING_ALONE.review_file(reader, 0)
    allowed = (ModificationLevel.NONE, ModificationLevel.LTA_UPDATES, ModificationLevel.FORM_FILLING)
    if not isinstance(difference, DiffResult) or difference.modification_level not in allowed:
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
    widgets = [*fields, *(kid.get_object() for field in fields for kid in field.get("/Kids", ()))]
    if any(_area(widget.get("/Rect", (0, 0, 0, 0))) > LARGEST_STAMP * PAGE_AREA for widget in widgets):
        raise SignedDocumentRefused("altered")
    kinds = [field["/V"].get("/SubFilter") for field in fields]
    if not set(kinds) <= {"/ETSI.CAdES.detached", "/ETSI.RFC3161"}:
        raise SignedDocumentRefused("signature-kind")
    signatures: list[EmbeddedPdfSignature] = reader.embedded_signatures
    people = [signature for signature in signatures if signature.sig_object_type == "/Sig"]
    if len(people) != kinds.count("/ETSI.CAdES.detached"):
        raise SignedDocumentRefused("signature-kind")
    if not people:
        raise SignedDocumentRefused("not-signed")
    return people


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
    """Check the versions and digest algorithms of RFC 5652 §5, which a signature does not cover either."""
    signed, signer = signature.signed_data, signature.signer_info
    try:
        versions = {signed["version"].native, signer["version"].native}
        digests = [signer["digest_algorithm"], *signed["digest_algorithms"]]
        is_sound = versions <= {"v1", "v3"} and all(digest.dump() in DIGESTS for digest in digests)
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
