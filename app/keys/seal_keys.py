"""The key and the certificate that seal certificates of training courses by PAdES."""

from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app.keys.files import WrongKeyError, read_file, read_private_key


@dataclass(frozen=True)
class SealKey:
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    """The certificates above it that its file has, without those that only the reader has."""
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

    @property
    def private_der(self) -> bytes:
        return self.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())

    @property
    def certificates_der(self) -> tuple[bytes, ...]:
        """The key's own first, and those above it."""
        return tuple(each.public_bytes(Encoding.DER) for each in (self.certificate, *self.chain))


def read_seal_key(certificate: Path | None, key: Path | None) -> SealKey | None:
    """None without files. Raise WrongKeyError."""
    if certificate is None or key is None:
        return None
    content = read_file("SEAL_CERTIFICATE", certificate)
    try:
        first, *others = x509.load_pem_x509_certificates(content)
    except ValueError:
        raise WrongKeyError(f"SEAL_CERTIFICATE: {certificate} has no certificate in PEM that can be read") from None
    private = read_private_key("SEAL_KEY", key)
    if not isinstance(private, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise WrongKeyError(f"SEAL_KEY: {key} is neither an RSA nor an elliptic-curve key")
    if private.public_key() != first.public_key():
        raise WrongKeyError(f"SEAL_KEY: {key} is not the key of the first certificate in {certificate}")
    return SealKey(first, tuple(others), private)
