"""`/v1/email-verifications`, `/v1/me/email-verification`, and the page of the link in the email."""

import json
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from app.api.backend import Backend
from app.api.conventions import NoBody, Tokens, Write
from app.api.operations import Operation
from app.api.requests import JSON, media_type_of
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import Body, Line
from app.api.token_pages import NOBODY, caller_with, token_page
from app.db.callers import Caller, list_study_centres
from app.delivery.tokens import digest_of, study_centre_of
from app.domain.errors import NotFound
from app.domain.organisations.organisations import Language
from app.domain.people.email_verifications import SentVerification, VerifiedEmail
from app.services.people import email_verifications
from app.services.people.email_verifications import PAGE


@dataclass(frozen=True)
class TokenHolder(Caller):
    """The holder of a token: Idempotency-Keys belong to the token."""

    token_digest: str = ""

    @property
    def key_scope(self) -> str:
        return self.token_digest


class WithToken(Operation):
    """Its caller is in the study centre that the token names, or in any: there the token is not found, and what has
    no shape is refused first."""

    async def caller_of(self, request: Request) -> Caller:
        backend: Backend = request.app.state.backend
        token = _token_in(await request.body() if media_type_of(request) == JSON else b"")
        async with backend.connections.connection(None) as lobby:
            centres = await list_study_centres(lobby)
        if not centres:
            raise NotFound(pointer="/token")
        named = study_centre_of(token)
        centre = named if named in centres else centres[0]
        return TokenHolder(centre, NOBODY, token_digest=digest_of(token).hex())


def _token_in(body: bytes) -> str:
    try:
        token: Any = json.loads(body)["token"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return ""
    return token if isinstance(token, str) else ""


router = APIRouter(prefix="/email-verifications", route_class=WithToken, tags=["People"])
own_router = APIRouter(prefix="/me/email-verification", route_class=Operation, tags=["Me"])
page_router = APIRouter(prefix=f"/{PAGE}", include_in_schema=False)


class VerificationIn(Body):
    token: Line
    """Token from the email."""


@router.post("", responses=refusing("not-found", "wrong-state", "already-exists"))
@operation(is_open=True)
async def verify_email(writer: Write, body: VerificationIn) -> VerifiedEmail:
    """Verify an email address.

    Verifies the address that the token was sent to. A token works once, for 24 hours.

    **Who:** anyone who has the token.
    """
    return await email_verifications.verify(writer, body.token)


@own_router.post("", responses=refusing("wrong-state", "rate-limited"))
@operation(people_only=True)
async def request_email_verification(writer: Write, tokens: Tokens, _: NoBody = None) -> SentVerification:
    """Request a new link to verify your email address.

    Sends a link to the address in your profile. Earlier links stop working. At most three can be requested a day.

    **Who:** everyone who has registered.
    """
    return await email_verifications.request_link(writer, tokens)


@page_router.get("/{token}")
async def show_verification(request: Request, token: str) -> HTMLResponse:
    backend: Backend = request.app.state.backend

    async def read(_: Language) -> dict[str, object]:
        async with backend.reading(await caller_with(backend, token)) as reader:
            link = await email_verifications.find_usable(reader, token)
        return {"email": link.email, "expires_at": link.expires_at}

    return await token_page(request, "email-verification", read)


@page_router.post("/{token}")
async def verify_on_page(request: Request, token: str) -> HTMLResponse:
    backend: Backend = request.app.state.backend

    async def verify(_: Language) -> dict[str, object]:
        caller = await caller_with(backend, token)
        async with backend.writing(caller, request.scope["request_id"]) as writer:
            verified = await email_verifications.verify(writer, token)
        return {"email": verified.email}

    return await token_page(request, "email-verified", verify, about="email-verification")
