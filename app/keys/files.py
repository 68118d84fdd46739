"""Reads PEM files of keys. What is wrong with one is said without its content."""

from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key


class WrongKeyError(ValueError):
    """A setting and what is wrong with its file, which stops the start."""


def read_file(setting: str, file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise WrongKeyError(f"{setting}: {file} cannot be read: {error.strerror}") from None


def read_private_key(setting: str, file: Path) -> PrivateKeyTypes:
    return _private_key(setting, file, read_file(setting, file))


def read_public_key(setting: str, file: Path) -> PublicKeyTypes:
    """Also of a file with a private key."""
    content = read_file(setting, file)
    if b"PRIVATE KEY-----" in content:
        return _private_key(setting, file, content).public_key()
    try:
        return load_pem_public_key(content)
    except (ValueError, UnsupportedAlgorithm):
        raise WrongKeyError(f"{setting}: {file} has no public or private key in PEM that can be read") from None


def _private_key(setting: str, file: Path, content: bytes) -> PrivateKeyTypes:
    try:
        return load_pem_private_key(content, password=None)
    except TypeError:
        raise WrongKeyError(f"{setting}: the key in {file} is encrypted; it is needed without a password") from None
    except (ValueError, UnsupportedAlgorithm):
        raise WrongKeyError(f"{setting}: {file} has no private key in PEM that can be read") from None
