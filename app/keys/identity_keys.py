"""Encrypts identity codes for the database: the first key encrypts, all decrypt."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12


class UnknownKeyError(ValueError):
    """None of the keys decrypts it: its key was removed from the settings."""


@dataclass(frozen=True)
class IdentityKeys:
    _ciphers: Sequence[AESGCM]

    def close(self, text: str, belonging_to: bytes) -> bytes:
        """Encrypt by AES-256-GCM. It opens only with what it belongs to, an ID of its row."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._ciphers[0].encrypt(nonce, text.encode(), belonging_to)

    def open(self, closed: bytes, belonging_to: bytes) -> str:
        """Raise UnknownKeyError."""
        for cipher in self._ciphers:
            try:
                return cipher.decrypt(closed[:NONCE_BYTES], closed[NONCE_BYTES:], belonging_to).decode()
            except InvalidTag:
                continue
        raise UnknownKeyError


def identity_keys_of(keys: Sequence[bytes]) -> IdentityKeys | None:
    """Of 32 bytes each; None without keys."""
    return IdentityKeys([AESGCM(key) for key in keys]) if keys else None
