"""The seal of a document: valid offline against its root, and the document stays PDF/A-3 and PDF/UA-1."""

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from app.documents.certificates import DocumentSeal
from app.domain.trainings.certificates import CertificateFacts
from app.sandbox.signing import Identity
from tests.documents.accessible import metadata_of, root_of
from tests.documents.certificate_facts import FACTS, certificate, seal_of
from tests.documents.chains import Holder, chain
from tests.documents.foreign import checked_by_pdfsig, needs

NOW = datetime.now(UTC).replace(microsecond=0)
ROOT, MIDDLE, OWN = chain("Juuri", "Välivarmentaja", "Opintokeskus Esimerkki", at=NOW)
SEAL = seal_of(OWN.identity, MIDDLE, ROOT)


def sealed(facts: CertificateFacts = FACTS, seal: DocumentSeal = SEAL) -> bytes:
    return certificate(facts=facts, seal=seal, made_at=NOW)


def judged(document: bytes, *roots: Holder, at: datetime = NOW) -> PdfSignatureStatus:
    """What the library says of the one seal a day after, with nothing from the network."""
    trusted = [asn1_x509.Certificate.load(root.der) for root in roots]
    context = ValidationContext(trust_roots=trusted, allow_fetching=False, moment=at + timedelta(days=1))
    (signature,) = PdfFileReader(io.BytesIO(document)).embedded_signatures
    return validate_pdf_signature(signature, context)


def test_a_seal_is_valid_offline_against_its_root() -> None:
    status = judged(sealed(), ROOT)
    assert status.bottom_line
    assert status.coverage == SignatureCoverageLevel.ENTIRE_FILE
    assert status.signing_cert.subject.native["common_name"] == "Opintokeskus Esimerkki"
    assert status.signer_reported_dt == NOW


def test_a_seal_is_not_trusted_without_its_root() -> None:
    (other,) = chain("Toinen juuri", at=NOW)
    assert not judged(sealed(), other).trusted


def test_a_seal_of_a_key_without_an_authority_is_trusted_by_its_own_certificate() -> None:
    key = rsa.generate_private_key(65537, 3072)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Yksin")])
    own = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=9))
        .add_extension(x509.KeyUsage(True, True, *[False] * 7), critical=True)
        .sign(key, hashes.SHA256())
    )
    document = sealed(seal=seal_of(Identity(own, key)))
    assert judged(document, Holder(name, key, own)).bottom_line  # type: ignore[arg-type]


@pytest.mark.parametrize("part", ["first", "seal", "last"])
def test_a_changed_byte_breaks_the_seal(part: str) -> None:
    document = bytearray(sealed())
    unsealed = len(certificate(facts=FACTS, made_at=NOW))
    place = {"first": unsealed // 2, "seal": document.index(b"/Contents <", unsealed) + 900, "last": unsealed + 20}[
        part
    ]
    document[place] ^= 1
    try:
        status = judged(bytes(document), ROOT)
    except Exception:  # noqa: BLE001  # What is broken may not be read at all.
        return
    assert not status.bottom_line


@needs("pdfsig")
def test_another_program_finds_the_seal_valid() -> None:
    assert "Signature is Valid" in checked_by_pdfsig(sealed())


def _reader(document: bytes) -> Any:
    return root_of(document)


def test_the_sealed_document_is_the_document_and_a_seal_behind_it() -> None:
    plain, made = certificate(facts=FACTS, made_at=NOW), sealed()
    assert made.startswith(plain)
    # Its claims, dates and title are those of the document, byte by byte (ISO 19005-3 §6.6, ISO 14289-1 §5, §7.1).
    assert metadata_of(made) == metadata_of(plain)
    before, after = _reader(plain), _reader(made)
    assert after.trailer_view.get("/Info") == before.trailer_view.get("/Info")
    kept = before.root.keys()
    assert after.root.keys() - kept <= {"/AcroForm", "/Extensions"}
    assert all(after.root.raw_get(name) == before.root.raw_get(name) for name in kept if name != "/Type")
    # The first identifier stays, the second changes (ISO 19005-3 §6.1.3).
    assert after.trailer_view["/ID"][0] == before.trailer_view["/ID"][0]
    assert "/Encrypt" not in after.trailer_view


@pytest.mark.parametrize("has_link", [True, False])
def test_the_field_of_a_seal_keeps_pdf_a_and_pdf_ua(has_link: bool) -> None:
    root = _reader(sealed(FACTS if has_link else replace(FACTS, address=None))).root
    form = root["/AcroForm"]
    assert not form.get("/NeedAppearances", False)
    assert "/XFA" not in form
    [field] = form["/Fields"]
    field = field.get_object()
    # ISO 19005-3 §6.3.2: printed, and neither hidden nor without a view.
    assert field["/F"] & 4
    assert not field["/F"] & (1 | 2 | 32 | 256)
    # §6.3.3: no appearance is needed without a size. ISO 14289-1 §7.18.1: nor a tag outside the page.
    left, bottom, right, top = map(float, field["/Rect"])
    assert (left, bottom) == (right, top)
    assert right < 0
    assert top < 0
    assert "/A" not in field
    assert "/AA" not in field
    # ISO 14289-1 §7.18.3: the page with an annotation is read in the order of its structure.
    [page] = root["/Pages"]["/Kids"]
    assert page.get_object()["/Tabs"] == "/S"
    # ISO 32000-2 §12.8.3.4: the kind of a seal by PAdES.
    assert field["/V"]["/SubFilter"] == "/ETSI.CAdES.detached"
