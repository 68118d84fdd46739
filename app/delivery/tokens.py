"""Tokens in mails: 256 random bits, which only the mail shows. The database has their SHA-256 digests.

A mail's row has the token encrypted until the mail has been handed over, and `PLACE` in its text
(docs/decisions/mailed-tokens.md).
"""

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

RANDOM_BYTES = 32
CENTRE_BYTES = 16
NONCE_BYTES = 12
PLACE = "•" * 8
"""What the stored text of a mail has in place of the token."""


def new_token(study_centre_id: UUID) -> str:
    """64 letters, digits, `-` and `_`. The study centre's ID comes first: a token is found without a sign-in."""
    return token_with(study_centre_id, secrets.token_bytes(RANDOM_BYTES))


def token_with(study_centre_id: UUID, content: bytes) -> str:
    """A token that is not random, for demo data."""
    return urlsafe_b64encode(study_centre_id.bytes + content).decode()


def digest_of(token: str) -> bytes:
    """One round of hashing is enough: nobody can guess 256 random bits."""
    return sha256(token.encode()).digest()


def study_centre_of(token: str) -> UUID | None:
    """The study centre that the token names, which may not exist. None if the text has not the form of a token."""
    try:
        content = urlsafe_b64decode(token.encode("ascii"))
    except ValueError:
        return None
    is_token = len(content) == CENTRE_BYTES + RANDOM_BYTES and urlsafe_b64encode(content).decode() == token
    return UUID(bytes=content[:CENTRE_BYTES]) if is_token else None


@dataclass(frozen=True)
class TokenMailing:
    """How tokens go into mails: the key that encrypts them meanwhile, and the origin of their links."""

    key: bytes
    public_url: str | None

    def close(self, token: str, mail_id: UUID) -> bytes:
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + ChaCha20Poly1305(self.key).encrypt(nonce, token.encode(), mail_id.bytes)

    def open(self, sealed: bytes, mail_id: UUID) -> str:
        nonce, encrypted = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        return ChaCha20Poly1305(self.key).decrypt(nonce, encrypted, mail_id.bytes).decode()

    def shown(self, text: str, sealed: bytes | None, mail_id: UUID) -> str:
        """The text as its reader gets it."""
        return text if sealed is None else text.replace(PLACE, self.open(sealed, mail_id))

    def facts(self, folder: str) -> dict[str, object]:
        """For the text of a mail: the `link` to the token's page, or, without a public URL, the `token` itself."""
        return {"link": f"{self.public_url}/{folder}/{PLACE}"} if self.public_url else {"token": PLACE}
