"""`/v1/sandbox`: trying the service as any person, at any time, without a token. Production has no such paths."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, FastAPI, Request
from pydantic import Field, StringConstraints
from starlette.responses import Response

from app import worker
from app.api.backend import Backend
from app.api.conventions import KeyedWrite, PlainWrite, Read, Tokens
from app.api.files import Download, giving
from app.api.operations import Operation, Tag
from app.api.paging import Page, Paging
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import Body, Email, Flag, Form, Instant, Line, Nothing, SearchText, Several
from app.db.callers import Caller
from app.db.paging import Slice
from app.domain.access import Role
from app.domain.organisations.organisations import Language
from app.domain.values import Shown
from app.sandbox import services
from app.sandbox.authority import Authority
from app.sandbox.demo.loading import load_demo
from app.sandbox.demo.rows import DEMO_STUDY_CENTRE
from app.sandbox.domain import Clock, DemoPerson, SandboxMail
from app.sandbox.issuer import TOKEN_SECONDS, SandboxIssuer

ANYBODY = Caller(DEMO_STUDY_CENTRE, UUID(int=0))
"""The caller of the sandbox's operations: a person without roles, in the demo's study centre."""

KnownEmail = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=254),
    Form("email-format", r"^[^@\s\x00]+@[^@\s\x00]+$"),
]
"""An address by which a person is looked for, also one that could not be entered any more."""


@dataclass(frozen=True)
class Sandbox:
    """What a sandbox keeps for the life of the process, in `app.state.sandbox`."""

    issuer: SandboxIssuer
    authority: Authority


async def own_sandbox(request: Request) -> Sandbox:
    sandbox: Sandbox = request.app.state.sandbox
    return sandbox


OwnSandbox = Annotated[Sandbox, Depends(own_sandbox)]


@asynccontextmanager
async def handing_mails_over(app: FastAPI) -> AsyncIterator[None]:
    """A sandbox has no worker of its own, yet it hands its mails over if it has a mail server."""
    backend: Backend = app.state.backend
    often = worker.mail_jobs(backend.settings) if backend.settings.smtp_url else {}
    working = asyncio.create_task(worker.work(backend.connections, jobs=(), often=often))
    yield
    working.cancel()
    await asyncio.wait([working])


class SandboxOperation(Operation):
    async def caller_of(self, _: Request) -> Caller:
        return ANYBODY


router = APIRouter(
    prefix="/sandbox",
    route_class=SandboxOperation,
    tags=[
        Tag(
            "Sandbox",
            "Demo people, tokens, the clock and the emails sent, for trying the service as anyone, at any time.",
        )
    ],
    lifespan=handing_mails_over,
)


class DemoRoleIn(Body):
    role: Role
    """Role of the person."""
    organisation_id: UUID | None
    """ID of the organisation. `null` if the role is `staff` or `auditor`, which are for the study centre."""


class DemoPersonIn(Body):
    name: Line
    """Name of the person."""
    email: Email
    """Email address of the person."""
    language: Language = "fi"
    """Language of the emails sent to the person."""
    roles: Annotated[list[DemoRoleIn], Field(max_length=100)]
    """Roles of the person."""


class TokenIn(Body):
    """One of the three fields that say who signs in."""

    person_id: UUID | None = None
    """ID of a demo person. `null` if another field is used."""
    email: KnownEmail | None = None
    """Email address of a demo person. `null` if another field is used."""
    subject: Line | None = None
    """Subject of a sign-in that is not known yet. Register with its token by `POST /v1/people`. `null` if another field
    is used."""
    strong: Flag = True
    """Whether the sign-in counts as a strong authentication (vahva tunnistautuminen), which signing requires."""


class DemoSignatureIn(Body):
    application_id: UUID
    name: Annotated[Line, Field(max_length=64)]
    """Name of the signer, used in the certificate. The same name is the same person."""


class ClockIn(Body):
    now: Instant
    """Time to set."""


@dataclass(frozen=True)
class Token(Shown):
    access_token: str
    """Access token, to be sent as `Authorization: Bearer …`."""
    token_type: str
    """Type of the token."""
    expires_in: int
    """Number of seconds until the token expires, in real time whatever the sandbox's clock shows."""


@router.get("/people", response_model=Page[DemoPerson])
@operation(is_open=True, personal_data=True)
async def list_demo_people(
    reader: Read,
    page: Paging,
    email: SearchText = None,
    role: Several[Role] = None,
    organisation_id: Several[UUID] = None,
) -> Slice[DemoPerson]:
    """List demo people.

    Returns the demo people with their roles.

    **Who:** anyone.
    """
    return await services.list_people(reader, page, email=email, role=role, organisation_id=organisation_id)


@router.post("/people", status_code=201, responses=refusing("not-found", "already-exists"))
@operation(is_open=True)
async def add_demo_person(writer: KeyedWrite, body: DemoPersonIn) -> DemoPerson:
    """Create a demo person.

    The roles are in force from the year 2000.

    **Who:** anyone.
    """
    roles = [(held.role, held.organisation_id) for held in body.roles]
    return await services.add_person(writer, name=body.name, email=body.email, language=body.language, roles=roles)


@router.get("/people/{person_id}")
@operation(is_open=True, personal_data=True)
async def get_demo_person(reader: Read, person_id: UUID) -> DemoPerson:
    """Get a demo person.

    **Who:** anyone.
    """
    return await services.get_person(reader, person_id)


@router.post("/tokens", responses=refusing("not-found"))
@operation(is_open=True)
async def make_sandbox_token(request: Request, response: Response, body: TokenIn, sandbox: OwnSandbox) -> Token:
    """Create a token.

    Creates an access token to call the service as a demo person.

    **Who:** anyone.
    """
    backend: Backend = request.app.state.backend
    async with backend.reading(ANYBODY) as reader:
        subject = await services.choose_subject(
            reader, person_id=body.person_id, email=body.email, subject=body.subject
        )
    response.headers["Cache-Control"] = "no-store"
    return Token(sandbox.issuer.token_for(subject, strong=body.strong), "Bearer", TOKEN_SECONDS)


PDF_OUT = giving("application/pdf")
PDF_OUT["responses"] |= refusing("not-found", "signed-document-refused")


@router.post("/signatures", **PDF_OUT)
@operation(is_open=True)
async def sign_sandbox_document(reader: Read, body: DemoSignatureIn, sandbox: OwnSandbox) -> Download:
    """Sign a document in the sandbox.

    Signs the document of a main-user application in anyone's name, with the sandbox's own certificate authority.
    Returns the PDF that was uploaded last, or else the one to be signed, with the new signature added. Upload it with
    `PUT /v1/main-user-applications/{id}/signed-document`.

    **Who:** anyone.
    """
    signed = await services.sign_document(reader, sandbox.authority, body.application_id, name=body.name)
    return Download(signed, "application/pdf", f"main-user-application-{body.application_id}-signed.pdf")


@router.get("/clock")
@operation(is_open=True)
async def get_sandbox_clock(reader: Read) -> Clock:
    """Get the time of the service.

    **Who:** anyone.
    """
    return await services.read_clock(reader)


@router.put("/clock")
@operation(is_open=True)
async def set_sandbox_clock(writer: KeyedWrite, body: ClockIn) -> Clock:
    """Set the clock of the service.

    Stops the clock at a time within the years 2000 to 2100.

    **Who:** anyone.
    """
    return await services.stop_clock(writer, body.now)


@router.delete("/clock", status_code=204)
@operation(is_open=True)
async def start_sandbox_clock(writer: PlainWrite) -> None:
    """Start the clock of the service.

    Returns the service to real time.

    **Who:** anyone.
    """
    await services.start_clock(writer)


@router.post("/reset", status_code=204, response_class=Response)
@operation(is_open=True)
async def reset_sandbox(request: Request, _: Nothing | None = None) -> None:
    """Reset the sandbox.

    Restores the original demo data with the same IDs, and real time. Tokens stay valid, but people created since then
    are `not-registered`.

    **Who:** anyone.
    """
    backend: Backend = request.app.state.backend
    settings = backend.settings
    if settings.owner_database_url is None:
        raise RuntimeError("a sandbox needs OWNER_DATABASE_URL")
    # In a thread of its own: other requests are answered, or wait for the tables, meanwhile.
    await asyncio.to_thread(
        load_demo,
        settings.owner_database_url,
        lambda: backend.keys,
        reset=True,
        lock_timeout_ms=settings.lock_timeout_ms,
    )
    backend.forget()


@router.get("/mailbox", response_model=Page[SandboxMail])
@operation(is_open=True, personal_data=True, secret_answer=True)
async def list_sandbox_mails(reader: Read, page: Paging, tokens: Tokens, to: SearchText = None) -> Slice[SandboxMail]:
    """List the emails of the sandbox.

    The newest come first, by the sandbox's clock. Emails are created as in production, with the reminders that are due.
    Digests come at 8:00.

    **Who:** anyone.
    """
    return await services.list_mailbox(reader, page, tokens, to=to)
