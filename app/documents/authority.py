"""A small certificate authority, which signs for demo people in the sandbox and for people of the tests.

Nobody is authenticated by it: a service that is not a sandbox never trusts it.
"""

import asyncio
import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from io import BytesIO
from typing import Any

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.signers.pdf_signer import DSSContentSettings, PdfSigningSession, SigDSSPlacementPreference
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

ORDER_OF_P256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
LONGEST_NAME = 64
"""What X.520 lets a common name have."""
SIGNING_DAYS = 30
# It warns that nothing is fetched, which is meant.
logging.getLogger("pyhanko.sign.signers").setLevel(logging.ERROR)
FIRST, LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2101, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Identity:
    """Somebody's certificate and key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


class SignerAt(PdfSigner):
    """Writes the instant it is told as the signature's own, where the library would take the computer's."""

    at: datetime

    def init_signing_session(self, *arguments: Any, **options: Any) -> PdfSigningSession:
        session = super().init_signing_session(*arguments, **options)
        session.system_time = self.at
        return session


class Authority:
    """Its key is drawn from the 32 bytes of the seed: all processes of a service have the same one."""

    def __init__(self, seed: bytes, name: str = "Tuntipankki sandbox") -> None:
        self._key = ec.derive_private_key(int.from_bytes(seed) % (ORDER_OF_P256 - 1) + 1, ec.SECP256R1())
        self._name = x509.Name(
            [x509.NameAttribute(NameOID.COUNTRY_NAME, "FI"), x509.NameAttribute(NameOID.COMMON_NAME, name)]
        )

    @cached_property
    def certificate(self) -> x509.Certificate:
        usage = x509.KeyUsage(
            digital_signature=False,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=True,
            crl_sign=True,
            encipher_only=False,
            decipher_only=False,
        )
        return (
            self._builder(self._name, self._key.public_key(), 1, FIRST, LAST)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            # Deterministic, so that each process and each start has the same certificate.
            .sign(self._key, hashes.SHA256(), ecdsa_deterministic=True)
        )

    @property
    def root(self) -> bytes:
        """Its certificate, DER, to be trusted."""
        return self.certificate.public_bytes(Encoding.DER)

    def issue(
        self, *, name: str, person: str, valid_from: datetime, valid_until: datetime, may_sign: bool = True
    ) -> Identity:
        """`person` tells people of one name apart; a certificate with `may_sign` False is for signing in."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, "FI"),
                x509.NameAttribute(NameOID.COMMON_NAME, name[:LONGEST_NAME]),
                x509.NameAttribute(NameOID.SERIAL_NUMBER, person[:LONGEST_NAME]),
            ]
        )
        usage = x509.KeyUsage(
            digital_signature=not may_sign,
            content_commitment=may_sign,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=False,
            crl_sign=False,
            encipher_only=False,
            decipher_only=False,
        )
        certificate = (
            self._builder(subject, key.public_key(), x509.random_serial_number(), valid_from, valid_until)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .sign(self._key, hashes.SHA256())
        )
        return Identity(certificate, key)

    def revocation_list(
        self, at: datetime, revoked: Collection[Identity] = (), *, next_at: datetime | None = None
    ) -> bytes:
        """Of the certificates revoked at that instant, DER."""
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self._name)
            .last_update(at.astimezone(UTC))
            .next_update((next_at or at + timedelta(days=SIGNING_DAYS)).astimezone(UTC))
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        for identity in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(identity.certificate.serial_number)
            builder = builder.add_revoked_certificate(entry.revocation_date(at.astimezone(UTC)).build())
        return builder.sign(self._key, hashes.SHA256()).public_bytes(Encoding.DER)

    async def sign(self, document: bytes, *, name: str, person: str, at: datetime) -> bytes:
        """The document, signed by somebody of that name at that instant, with the evidence that nothing is revoked."""
        hour = timedelta(hours=1)
        identity = self.issue(
            name=name, person=person, valid_from=at - hour, valid_until=at + timedelta(days=SIGNING_DAYS)
        )
        return await self.sign_as(identity, document, at=at, revocation_list=self.revocation_list(at - hour))

    async def sign_as(
        self, identity: Identity, document: bytes, *, at: datetime, revocation_list: bytes | None = None
    ) -> bytes:
        """PAdES B-B; with a revocation list, which goes into what is signed, all that B-LT asks but a time stamp."""
        return await asyncio.to_thread(self._sign, identity, document, at, revocation_list)

    def _sign(self, identity: Identity, document: bytes, at: datetime, revocation_list: bytes | None) -> bytes:
        root = asn1_x509.Certificate.load(self.root)
        context = ValidationContext(
            trust_roots=[root], crls=[revocation_list] if revocation_list else [], allow_fetching=False, moment=at
        )
        registry = SimpleCertificateStore()  # type: ignore[no-untyped-call]  # The library leaves it out.
        registry.register(root)
        private = identity.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        signer = SimpleSigner(
            signing_cert=asn1_x509.Certificate.load(identity.certificate.public_bytes(Encoding.DER)),
            signing_key=asn1_keys.PrivateKeyInfo.load(private),
            cert_registry=registry,
        )
        writer = IncrementalPdfFileWriter(BytesIO(document))
        field = f"Signature{len(writer.prev.embedded_signatures) + 1}"
        metadata = PdfSignatureMetadata(
            field_name=field,
            subfilter=SigSeedSubFilter.PADES,
            md_algorithm="sha256",
            embed_validation_info=revocation_list is not None,
            validation_context=context if revocation_list else None,
            dss_settings=DSSContentSettings(
                include_vri=False, placement=SigDSSPlacementPreference.TOGETHER_WITH_SIGNATURE
            ),
        )
        session = SignerAt(metadata, signer, new_field_spec=SigFieldSpec(field))
        session.at = at
        output = BytesIO()
        asyncio.run(session.async_sign_pdf(writer, output=output))
        return output.getvalue()

    def _builder(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, number: int, valid_from: datetime, until: datetime
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(number)
            .not_valid_before(valid_from.astimezone(UTC))
            .not_valid_after(until.astimezone(UTC))
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
