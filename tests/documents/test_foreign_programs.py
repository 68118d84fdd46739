"""Signatures that other programs make are accepted, and refused if they are not PAdES; another program accepts ours."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from app.documents.examining import findings
from app.sandbox.signing import Identity
from tests.documents.by_hand import Signing
from tests.documents.foreign import by_openssl, by_pdfbox, by_pdfsig, by_signpdf, checked_by_pdfsig, needs
from tests.documents.foreign.make import SIGNED, signer
from tests.documents.test_signatures import AUTHORITY, MADE_AT, identity_of, original, signed_by

LATER = datetime(2030, 1, 1, tzinfo=UTC)
"""After the files in `signed` were made."""


def result_of(signed: bytes, document: bytes | None = None, *, now: datetime | None = None) -> list[str] | str:
    """The names of those who signed, or the finding."""
    known = {"made_at": MADE_AT.isoformat(), "now": (now or datetime.now(UTC)).isoformat(), "roots": 1}
    answer = json.loads(findings(document or original(), signed, json.dumps(known).encode(), AUTHORITY.root))
    return answer.get("finding") or [each["certificate"]["common_name"] for each in answer["signatures"]]


KAISA, EBBA = "Kaisa Kuusiranta", "Ebba Strömdal"
KEPT = {
    "openssl": [KAISA],
    "pdfbox-certified-and-tagged-twice": [KAISA, EBBA],
    "pdfbox-certified-for-no-other": "altered",
    "signpdf-then-pdfbox": [KAISA, EBBA],
    "pdfsig": "signature-kind",  # Debian 12's Poppler cannot sign by PAdES yet.
}


@pytest.mark.parametrize(("name", "expected"), KEPT.items())
def test_a_file_signed_by_another_program_is_judged_rightly(name: str, expected: list[str] | str) -> None:
    document, signed = ((SIGNED / f"{each}.pdf").read_bytes() for each in ("original", name))
    assert result_of(signed, document, now=LATER) == expected


def test_every_signed_file_is_judged() -> None:
    assert {path.stem for path in SIGNED.iterdir()} == {"original", *KEPT}


@needs("pdfbox", "openssl")
def test_pdfbox_and_openssl_sign_one_after_the_other() -> None:
    certified = by_pdfbox(original(), signer(KAISA), "certify=2", "tag")
    assert result_of(certified) == [KAISA]
    for digest in ("sha256", "sha384", "sha512"):
        assert result_of(by_openssl(original(), signer(EBBA), "-cades", "-md", digest)) == [EBBA]
    assert result_of(by_openssl(original(), signer(EBBA), "-md", "sha256")) == "signature-kind"


@needs("signpdf")
def test_signpdf_signs_by_openssl_but_not_by_its_own_signer() -> None:
    assert result_of(by_signpdf(original(), signer(KAISA))) == [KAISA]
    assert result_of(by_signpdf(original(), by_itself(KAISA), with_openssl=False)) == "signature-kind"


@needs("pdfsig")
def test_poppler_signs_in_another_format_but_finds_our_signatures_valid() -> None:
    prepared = Signing(box=b"70 100 270 150").prepare(original(), filled=False)
    assert result_of(by_pdfsig(prepared, signer(KAISA))) == "signature-kind"
    twice = signed_by(identity_of(EBBA), signed_by(identity_of(KAISA)))
    assert checked_by_pdfsig(twice).count("Signature is Valid") == 2


def by_itself(name: str) -> Identity:
    """An identity certified with its own key, since that program reads RSA alone."""
    key, now = rsa.generate_private_key(65537, 2048), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    return Identity(builder.sign(key, hashes.SHA256()), key)
