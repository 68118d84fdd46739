"""Keys derived from the one secret, each for one purpose."""

import secrets
from hashlib import blake2b

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from app.api.problems import ResponseUnreadable
from app.delivery.tokens import TokenMailing
from app.settings import Settings

NONCE_BYTES = 12


def drawn_key(secret: str, purpose: str) -> bytes:
    """32 bytes."""
    return blake2b(secret.encode()[:64], person=purpose.encode()[:16], key=b"tuntipankki", digest_size=32).digest()


def token_mailing(settings: Settings) -> TokenMailing:
    key = drawn_key(settings.secret_key.get_secret_value(), "mailed tokens")
    return TokenMailing(key, settings.public_url)


def keyed(own_key: bytes, retry_key: str) -> bytes:
    """The key of one request, 32 bytes: from ours and from its Idempotency-Key, which the database has not got."""
    return blake2b(retry_key.encode(), key=own_key, digest_size=32).digest()


class Seal:
    """Encrypts a stored answer that has a secret, for a replay of the same request.

    The key is derived from ours and from the caller's Idempotency-Key, of which the database has only a digest. Reading
    the database reveals nothing; with both keys one reads only what that very caller has already received.
    """

    def __init__(self, own_key: bytes, retry_key: str) -> None:
        self._cipher = ChaCha20Poly1305(keyed(own_key, retry_key))

    def close(self, body: bytes) -> bytes:
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, body, None)

    def open(self, sealed: bytes) -> bytes:
        """Raises ResponseUnreadable if our own key is no longer the same."""
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None)
        except InvalidTag:
            raise ResponseUnreadable from None
