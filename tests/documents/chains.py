"""A certificate below two authorities, one below the other, as real trust services have them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from app.sandbox.signing import Identity

YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Holder:
    name: x509.Name
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def identity(self) -> Identity:
        return Identity(self.certificate, self.key)

    def list_of(self, *revoked: "Holder", at: datetime, until: datetime) -> bytes:
        """The revocation list that this authority issued at that time."""
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.name)
            .last_update(at.astimezone(UTC))
            .next_update(until.astimezone(UTC))
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
            .add_extension(x509.CRLNumber(1), critical=False)
        )
        for each in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(each.certificate.serial_number)
            builder = builder.add_revoked_certificate(entry.revocation_date(at.astimezone(UTC)).build())
        return builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.DER)


def chain(*names: str, at: datetime) -> list[Holder]:
    """Holders each certified by the one before, the first by itself; the last signs documents."""
    holders: list[Holder] = []
    for name in names:
        holders.append(_certified(name, holders[-1] if holders else None, at, signs=name == names[-1]))
    return holders


def _certified(name: str, issuer: Holder | None, at: datetime, *, signs: bool) -> Holder:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuing = issuer.key if issuer else key
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=signs,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=not signs,
        crl_sign=not signs,
        encipher_only=False,
        decipher_only=False,
    )
    # The address of its authority's list: evidence is only looked for if a certificate has one.
    place = x509.DistributionPoint([x509.UniformResourceIdentifier("http://lists.example/")], None, None, None)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.name if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before((at - YEAR).astimezone(UTC))
        .not_valid_after((at + YEAR).astimezone(UTC))
        .add_extension(x509.BasicConstraints(ca=not signs, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuing.public_key()), critical=False)
    )
    if issuer:
        builder = builder.add_extension(x509.CRLDistributionPoints([place]), critical=False)
    return Holder(subject, key, builder.sign(issuing, hashes.SHA256()))
