"""Reads the configured files of trusted certificates and of revocation lists, in PEM or DER."""

from collections.abc import Callable, Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from app.documents.signatures import Trust

PEM = b"-----BEGIN"


def read_trust(roots: Sequence[Path], revocation_lists: Sequence[Path], *more_roots: bytes) -> Trust:
    """A PEM file may have several certificates. Raises ValueError if a file cannot be read."""
    certificates = [one for path in roots for one in _read(path, _certificates)]
    lists = [one for path in revocation_lists for one in _read(path, _revocation_lists)]
    return Trust((*certificates, *more_roots), tuple(lists))


def _read(path: Path, load: Callable[[bytes], list[bytes]]) -> list[bytes]:
    try:
        return load(path.read_bytes())
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ValueError(f"{path} has no certificate or revocation list that can be read: {error}") from error


def _certificates(content: bytes) -> list[bytes]:
    if PEM in content:
        return [one.public_bytes(Encoding.DER) for one in x509.load_pem_x509_certificates(content)]
    return [x509.load_der_x509_certificate(content).public_bytes(Encoding.DER)]


def _revocation_lists(content: bytes) -> list[bytes]:
    one = x509.load_pem_x509_crl(content) if PEM in content else x509.load_der_x509_crl(content)
    return [one.public_bytes(Encoding.DER)]
