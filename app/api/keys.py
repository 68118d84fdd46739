"""Keys drawn from the one secret, each for one purpose."""

import secrets
from hashlib import blake2b

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

NONCE_BYTES = 12


def drawn_key(secret: str, purpose: str) -> bytes:
    """32 bytes."""
    return blake2b(secret.encode()[:64], person=purpose.encode()[:16], key=b"tuntipankki", digest_size=32).digest()


class Seal:
    """Closes what is stored for a replay of the same request, where it holds a secret.

    The key is drawn from ours and from the caller's Idempotency-Key, of which the database has a digest alone: who
    reads the database learns nothing, and whoever has both reads only what was answered to that very caller.
    """

    def __init__(self, own_key: bytes, retry_key: str) -> None:
        self._cipher = ChaCha20Poly1305(blake2b(retry_key.encode(), key=own_key, digest_size=32).digest())

    def close(self, body: bytes) -> bytes:
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, body, None)

    def open(self, sealed: bytes) -> bytes:
        return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None)
