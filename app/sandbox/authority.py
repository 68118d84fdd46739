"""A small certificate authority, which signs for demo people in the sandbox and for people in the tests.

It authenticates nobody: only a sandbox trusts it.
"""

import asyncio
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from app.sandbox.signing import Identity, Key, sign

ORDER_OF_P256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
Use = Literal["sign", "sign-in", "time-stamp"]
LONGEST_NAME = 64
"""In bytes: the library's limit for a common name, although X.520 counts characters."""
SIGNING_DAYS = 30
FIRST, LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2101, 1, 1, tzinfo=UTC)


class Authority:
    """The key is derived from the 32 bytes of the seed: all processes of a service have the same key."""

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
        """The certificate to be trusted, DER."""
        return self.certificate.public_bytes(Encoding.DER)

    def issue(
        self,
        *,
        name: str,
        person: str,
        valid_from: datetime,
        valid_until: datetime,
        use: Use = "sign",
        key: Key | None = None,
        responder: str | None = None,
    ) -> Identity:
        """`person` distinguishes people of one name; `responder` is the certificate's address for questions (OCSP)."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, "FI"),
                x509.NameAttribute(NameOID.COMMON_NAME, _shortened(name)),
                x509.NameAttribute(NameOID.SERIAL_NUMBER, _shortened(person)),
            ]
        )
        usage = x509.KeyUsage(
            digital_signature=use != "sign",
            content_commitment=use == "sign",
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=False,
            crl_sign=False,
            encipher_only=False,
            decipher_only=False,
        )
        builder = (
            self._builder(subject, key.public_key(), x509.random_serial_number(), valid_from, valid_until)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(usage, critical=True)
        )
        if use == "time-stamp":
            builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        if responder:
            place = x509.AccessDescription(
                AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(responder)
            )
            builder = builder.add_extension(x509.AuthorityInformationAccess([place]), critical=False)
        return Identity(builder.sign(self._key, hashes.SHA256()), key)

    def revocation_list(
        self, at: datetime, revoked: Collection[Identity] = (), *, next_at: datetime | None = None
    ) -> bytes:
        """The list of the certificates revoked at that time, DER."""
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
        """The document, signed in that name at that time, with the evidence that nothing is revoked."""
        hour = timedelta(hours=1)
        identity = self.issue(
            name=name, person=person, valid_from=at - hour, valid_until=at + timedelta(days=SIGNING_DAYS)
        )
        return await self.sign_as(identity, document, at=at, revocation_list=self.revocation_list(at - hour))

    async def sign_as(
        self, identity: Identity, document: bytes, *, at: datetime, revocation_list: bytes | None = None
    ) -> bytes:
        """Sign by PAdES B-B. A revocation list is signed too, which is all that B-LT requires besides a time stamp."""
        return await asyncio.to_thread(sign, document, identity, root=self.root, at=at, revocation_list=revocation_list)

    def _builder(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey,
        number: int,
        valid_from: datetime,
        until: datetime,
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


def _shortened(name: str) -> str:
    return name.encode()[:LONGEST_NAME].decode(errors="ignore")
