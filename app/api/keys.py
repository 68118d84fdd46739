"""Keys derived from the one secret, each for one purpose, and those that outlive it."""

import secrets
from hashlib import blake2b

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from app.api.problems import ResponseUnreadable
from app.delivery.tokens import TokenMailing
from app.keys.badge_keys import read_badge_keys
from app.keys.identity_keys import identity_keys_of
from app.keys.reading import Keys
from app.keys.seal_keys import read_seal_key
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


def read_keys(settings: Settings) -> Keys:
    """Read the keys that are not derived. Raise WrongKeyError."""
    return Keys(
        settings.public_url,
        read_badge_keys(settings.badge_keys),
        read_seal_key(settings.seal_certificate, settings.seal_key),
        identity_keys_of(settings.identity_key_bytes()),
    )


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
