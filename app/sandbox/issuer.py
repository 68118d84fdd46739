"""The sandbox's token issuer."""

import time

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jwt
from joserfc.jwk import KeySet, OKPKey

from app.api.issuers import IssuerKeys
from app.api.keys import drawn_key
from app.sandbox.demo.people import SANDBOX_ISSUER
from app.settings import Issuer

AUDIENCE = "tuntipankki"
TOKEN_SECONDS = 12 * 3600


class SandboxIssuer:
    """Signs tokens with a key derived from the secret; the verifier treats it as one more issuer."""

    issuer = Issuer(issuer=SANDBOX_ISSUER, audience=AUDIENCE, algorithms=["Ed25519"], strong_acr=["sandbox-strong"])

    def __init__(self, secret: str) -> None:
        private = Ed25519PrivateKey.from_private_bytes(drawn_key(secret, "sandbox tokens"))
        pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        self._key = OKPKey.import_key(pem, {"kid": "sandbox"})

    @property
    def keys(self) -> IssuerKeys:
        """The issuer as the verifier sees it."""
        return IssuerKeys(self.issuer, self._fetch)

    async def _fetch(self, _: Issuer) -> KeySet:
        return KeySet([self._key])

    def token_for(self, subject: object, *, strong: bool = True, **others: object) -> str:
        """Sign a token as if the subject, a person's id if it is one of ours, had signed in just now. `others` are
        further claims."""
        now = int(time.time())
        claims = {
            "iss": SANDBOX_ISSUER,
            "aud": AUDIENCE,
            "sub": str(subject),
            "iat": now,
            "exp": now + TOKEN_SECONDS,
            "auth_time": now,
            "acr": "sandbox-strong" if strong else "sandbox-weak",
            **others,
        }
        header = {"alg": "Ed25519", "typ": "at+jwt", "kid": self._key.kid}
        return jwt.encode(header, claims, self._key, algorithms=["Ed25519"])
