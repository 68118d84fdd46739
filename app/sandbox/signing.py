"""Signs a PDF by PAdES with a given key, for the sandbox's authority and for tests."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.signers.pdf_signer import DSSContentSettings, PdfSigningSession, SigDSSPlacementPreference
from pyhanko.sign.timestamps import TimeStamper
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from app.domain.people.signatures import SignedDocumentRefused

# It warns that nothing is fetched, which is intended.
logging.getLogger("pyhanko.sign.signers").setLevel(logging.ERROR)

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True)
class Identity:
    """A person's certificate and key."""

    certificate: x509.Certificate
    key: Key


class SignerAt(PdfSigner):
    """Writes the given time as the signature's own, where the library would take the computer's."""

    at: datetime

    def init_signing_session(self, *arguments: Any, **options: Any) -> PdfSigningSession:
        session = super().init_signing_session(*arguments, **options)
        session.system_time = self.at
        return session


def sign(
    document: bytes,
    identity: Identity,
    *,
    root: bytes,
    at: datetime,
    revocation_list: bytes | None = None,
    kind: SigSeedSubFilter = SigSeedSubFilter.PADES,
    box: tuple[int, int, int, int] | None = None,
    timestamper: TimeStamper | None = None,
) -> bytes:
    """Sign by PAdES B-B. A revocation list is signed too. With a box, the first page shows a stamp.

    Raises SignedDocumentRefused.
    """
    root_certificate = asn1_x509.Certificate.load(root)
    context = None
    if revocation_list:
        context = ValidationContext(
            trust_roots=[root_certificate], crls=[revocation_list], allow_fetching=False, moment=at
        )
    writer = IncrementalPdfFileWriter(BytesIO(document), strict=False)
    field = f"Signature{len(writer.prev.embedded_signatures) + 1}"
    metadata = PdfSignatureMetadata(
        field_name=field,
        subfilter=kind,
        md_algorithm="sha256",
        embed_validation_info=context is not None,
        validation_context=context,
        dss_settings=DSSContentSettings(include_vri=False, placement=SigDSSPlacementPreference.TOGETHER_WITH_SIGNATURE),
    )
    place = SigFieldSpec(field, box=box)
    session = SignerAt(metadata, signer_of(identity, root_certificate), timestamper=timestamper, new_field_spec=place)
    session.at = at
    output = BytesIO()
    try:
        asyncio.run(session.async_sign_pdf(writer, output=output))
    except SigningError as fault:
        # The first signature can forbid the second.
        raise SignedDocumentRefused("altered") from fault
    return output.getvalue()


def signer_of(identity: Identity, root: asn1_x509.Certificate) -> SimpleSigner:
    registry = SimpleCertificateStore()  # type: ignore[no-untyped-call]  # The library leaves it out.
    registry.register(root)
    private = identity.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(identity.certificate.public_bytes(Encoding.DER)),
        signing_key=asn1_keys.PrivateKeyInfo.load(private),
        cert_registry=registry,
        # A reader who trusts the root has it; a copy in the signature would be bytes that nothing protects.
        embed_roots=False,
    )
