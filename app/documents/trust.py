"""Reads the configured files of trusted certificates and of revocation lists, in PEM or DER."""

from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from app.documents.signatures import Trust

PEM = b"-----BEGIN"


def read_trust(roots: Sequence[Path], revocation_lists: Sequence[Path], *more_roots: bytes) -> Trust:
    """A PEM file may have several certificates. Raises OSError, ValueError if a file cannot be read."""
    certificates = [one.public_bytes(Encoding.DER) for path in roots for one in _certificates(path.read_bytes())]
    lists = [_revocation_list(path.read_bytes()).public_bytes(Encoding.DER) for path in revocation_lists]
    return Trust((*certificates, *more_roots), tuple(lists))


def _certificates(content: bytes) -> list[x509.Certificate]:
    if PEM in content:
        return x509.load_pem_x509_certificates(content)
    return [x509.load_der_x509_certificate(content)]


def _revocation_list(content: bytes) -> x509.CertificateRevocationList:
    return x509.load_pem_x509_crl(content) if PEM in content else x509.load_der_x509_crl(content)
