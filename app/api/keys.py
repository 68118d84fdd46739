"""Keys drawn from the one secret, each for one purpose."""

from hashlib import blake2b


def drawn_key(secret: str, purpose: str) -> bytes:
    """32 bytes."""
    return blake2b(secret.encode()[:64], person=purpose.encode()[:16], key=b"tuntipankki", digest_size=32).digest()
