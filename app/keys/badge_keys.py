"""The RSA keys of badges: the first signs, all are published, so that badges of a replaced key stay valid."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws
from joserfc.jwk import RSAKey

from app.keys.files import WrongKeyError, read_private_key, read_public_key

ALGORITHM = "RS256"
LEAST_BITS = 2_048
PRIVATE = b"PRIVATE KEY-----"


@dataclass(frozen=True)
class BadgeKeys:
    """Of each key its JWK without the private part, by its RFC 7638 thumbprint. The first one signs."""

    _signing: RSAKey
    public: Mapping[str, Mapping[str, Any]]

    @property
    def thumbprint(self) -> str:
        """Of the key that signs."""
        return self._signing.thumbprint()

    def sign(self, payload: bytes, kid: str) -> str:
        """The JWS in its compact form. `kid` is the address of the key's JWK."""
        header = {"alg": ALGORITHM, "kid": kid, "typ": "JWT"}
        return jws.serialize_compact(header, payload, self._signing, algorithms=[ALGORITHM])


def read_badge_keys(files: Sequence[Path]) -> BadgeKeys | None:
    """None without files. Raise WrongKeyError."""
    if not files:
        return None
    first = RSAKey.import_key(_private(files[0]))
    keys = [first, *(_retired(file) for file in files[1:])]
    public = {key.thumbprint(): {**key.as_dict(private=False), "use": "sig", "alg": ALGORITHM} for key in keys}
    if len(public) < len(keys):
        raise WrongKeyError("BADGE_KEYS: two of the files have the same key")
    return BadgeKeys(first, public)


def _private(file: Path) -> rsa.RSAPrivateKey:
    """The library reads the key itself, never a text of it."""
    key = read_private_key("BADGE_KEYS", file)
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < LEAST_BITS:
        raise _unfit(file)
    return key


def _retired(file: Path) -> RSAKey:
    key = read_public_key("BADGE_KEYS", file)
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < LEAST_BITS:
        raise _unfit(file)
    return RSAKey.import_key(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def _unfit(file: Path) -> WrongKeyError:
    return WrongKeyError(f"BADGE_KEYS: {file} is no RSA key of {LEAST_BITS} bits or more")
