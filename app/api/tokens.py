"""Bearer tokens: every issuer's are verified in the same way."""

import base64
import json
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry

from app.api.authorization import bearer_of, is_key
from app.api.issuers import IssuerKeys
from app.api.key_callers import KeyCallers
from app.api.problems import NotRegistered, TokenTooLarge
from app.db.callers import Caller, Newcomer, find_caller, list_study_centres
from app.db.connections import Connections
from app.db.identifiers import new_id
from app.domain.access import Authentication
from app.domain.errors import Unauthenticated

LEEWAY_SECONDS = 30
CACHED_SECONDS = 60
CACHED_TOKENS = 10_000
LARGEST_TOKEN = 8_192
LONGEST_SUBJECT = 255
LONGEST_ADDRESS = 254
TOKEN_TYPES = {"at+jwt", "application/at+jwt"}


class Verifier:
    """Finds the caller of a token. A verified token is remembered by its hash, for at most a minute."""

    def __init__(
        self, connections: Connections, issuers: list[IssuerKeys], welcome: Callable[[Caller, str], Awaitable[None]]
    ) -> None:
        """`welcome` is called when a token is seen first whose issuer has verified an email address, with the request's
        id."""
        self._connections = connections
        self._welcome = welcome
        self._issuers = {issuer.issuer.issuer: issuer for issuer in issuers}
        self._keys = KeyCallers(connections)
        self._verified: OrderedDict[bytes, tuple[float, Caller]] = OrderedDict()

    async def caller(self, authorization: str | None, request_id: str) -> Caller:
        """Raises Unauthenticated if the access token is not valid, NotRegistered if its subject is unknown."""
        token = _token_in(authorization)
        if is_key(token):
            return await self._keys.caller(token)
        digest = sha256(token.encode()).digest()
        expires, caller = self._verified.get(digest, (0.0, None))
        if caller is not None and time.time() < expires:
            return caller
        claims = await self._claims(token)
        authentication = self._authentication_of(claims)
        async with self._connections.connection(None) as connection:
            caller = await find_caller(connection, authentication.issuer, authentication.subject)
        if caller is None:
            raise NotRegistered
        caller = replace(caller, authentication=authentication)
        if authentication.verified_email:
            await self._welcome(caller, request_id)
        self._verified[digest] = (min(time.time() + CACHED_SECONDS, claims["exp"]), caller)
        while len(self._verified) > CACHED_TOKENS:
            self._verified.popitem(last=False)
        return caller

    async def known(self, authorization: str) -> str | None:
        """Whose the token or API key is, without asking the database: None for a key that this process does not know.

        Raises Unauthenticated if the access token is not valid.
        """
        token = _token_in(authorization)
        if is_key(token):
            return self._keys.known(token)
        expires, caller = self._verified.get(sha256(token.encode()).digest(), (0.0, None))
        if caller is not None and time.time() < expires:
            sign_in = caller.authentication
        else:
            sign_in = self._authentication_of(await self._claims(token))
        return f"{sign_in.issuer} {sign_in.subject}"

    async def authentication(self, authorization: str | None) -> Authentication:
        """The sign-in, registered or not. Raises Unauthenticated."""
        return self._authentication_of(await self._claims(_token_in(authorization)))

    async def newcomer(self, authentication: Authentication, choose_centre: Callable[[list[UUID]], UUID]) -> Newcomer:
        """A caller with a new id for the registration, or with the present id if already registered."""
        async with self._connections.connection(None) as connection:
            known = await find_caller(connection, authentication.issuer, authentication.subject)
            if known is None:
                known = Caller(choose_centre(await list_study_centres(connection)), new_id())
        return Newcomer(known.study_centre_id, known.person_id, authentication)

    def forget(self) -> None:
        self.forget_sign_ins()
        self._keys.forget()

    def forget_sign_ins(self) -> None:
        """Forget which persons the sign-ins belong to."""
        self._verified.clear()

    def _authentication_of(self, claims: Mapping[str, Any]) -> Authentication:
        """An `auth_time` that is no time in the past counts as missing."""
        issuer, subject = claims["iss"], claims["sub"]
        # A subject that the database cannot store as text belongs to nobody.
        if not (isinstance(subject, str) and 0 < len(subject) <= LONGEST_SUBJECT and subject.isprintable()):
            raise Unauthenticated
        at: Any = claims.get("auth_time")
        acr = claims.get("acr")
        is_past = type(at) in {int, float} and 0 <= at <= time.time() + LEEWAY_SECONDS
        strong_acr = self._issuers[issuer].issuer.strong_acr
        return Authentication(
            is_strong=acr in strong_acr,
            at=datetime.fromtimestamp(at, UTC) if is_past else None,
            issuer=issuer,
            subject=subject,
            acr=acr if isinstance(acr, str) else None,
            strong_acr=tuple(strong_acr),
            expires_at=datetime.fromtimestamp(claims["exp"] + LEEWAY_SECONDS, UTC),
            verified_email=_verified_email_of(claims),
        )

    async def _claims(self, token: str) -> Mapping[str, Any]:
        try:
            header, unverified = (_decoded(part) for part in token.split(".")[:2])
            issuer = self._issuers[unverified["iss"]]
            if str(header["typ"]).lower() not in TOKEN_TYPES:
                raise Unauthenticated
            keys = await issuer.key_set(header["kid"])
            claims = jwt.decode(token, keys, registry=_registry(issuer.issuer.algorithms)).claims
            jwt.JWTClaimsRegistry(
                leeway=LEEWAY_SECONDS,
                iss={"essential": True, "value": issuer.issuer.issuer},
                aud={"essential": True, "value": issuer.issuer.audience},
                sub={"essential": True},
                exp={"essential": True},
            ).validate(claims)
        except (JoseError, ValueError, KeyError, TypeError, RecursionError) as fault:
            raise Unauthenticated from fault
        return claims


def _verified_email_of(claims: Mapping[str, Any]) -> str | None:
    """The address, if the issuer says that it has verified it (OpenID Connect Core 1.0 §5.1)."""
    email = claims.get("email")
    is_verified = claims.get("email_verified") is True and isinstance(email, str) and len(email) <= LONGEST_ADDRESS
    return email if is_verified else None


def _token_in(authorization: str | None) -> str:
    token = bearer_of(authorization)
    if not token:
        raise Unauthenticated
    if len(token) > LARGEST_TOKEN:
        raise TokenTooLarge(largest=LARGEST_TOKEN)
    return token


def _registry(algorithms: list[str]) -> JWSRegistry:
    """Unknown headers are ignored unless they are critical, whatever their size (RFC 7515 §4, §4.1.11)."""
    registry = JWSRegistry(algorithms=algorithms, strict_check_header=False)
    registry.max_header_length = registry.max_signature_length = LARGEST_TOKEN
    return registry


def _decoded(part: str) -> dict[str, Any]:
    value = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    if not isinstance(value, dict):
        raise TypeError("not a JSON object")
    return value
