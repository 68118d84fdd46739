"""`/v1/public/{slug}/…/enrolments`, `/v1/trainings/{id}/enrolments`, and the page of the link in the email."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse

from app.api.backend import Backend
from app.api.conventions import NoBody, PlainWrite, Read, Tokens
from app.api.languages import PageLanguage, page_language
from app.api.limits import is_enrolment_limited
from app.api.operations import Operation
from app.api.pages import ShownPage, document, page_or
from app.api.paging import Page, Paging
from app.api.public_operations import IN_CENTRE, PublicOperation
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import Body, Email, Flag, Line, Several
from app.api.token_pages import body_of, caller_with, token_page
from app.db.paging import Slice
from app.db.sessions import Reader
from app.domain.organisations.organisations import Language
from app.domain.support.enrolments import EnrolledPerson, EnrolmentRequest
from app.domain.trainings.public_calendar import OwnEnrolment
from app.services.support import enrolments
from app.services.support.enrolments import PAGE
from app.services.trainings import enrolments as training_enrolments
from app.texts.pages import page_text

router = APIRouter(
    prefix="/public/{slug}", route_class=PublicOperation, dependencies=IN_CENTRE, tags=["Public calendar"]
)
participants_router = APIRouter(
    prefix="/trainings/{training_id}/enrolments", route_class=Operation, tags=["Participants"]
)
page_router = APIRouter(prefix=f"/{PAGE}", include_in_schema=False)


class EnrolmentRequestIn(Body):
    name: Line
    """Name of the person."""
    email: Email
    """Email address, to which a link is sent."""
    language: Language = "fi"
    """Language of the emails."""
    under_age: Flag = False
    """Whether the person is too young to count for the support."""


async def limited(request: Request) -> bool:
    backend: Backend = request.app.state.backend
    return is_enrolment_limited(backend.settings)


Limited = Annotated[bool, Depends(limited)]


@router.post(
    "/trainings/{training_id}/enrolments", status_code=202, responses=refusing("enrolment-closed", "training-full")
)
@operation(is_open=True)
async def request_enrolment(
    writer: PlainWrite, tokens: Tokens, is_limited: Limited, slug: str, training_id: UUID, body: EnrolmentRequestIn
) -> EnrolmentRequest:
    """Request enrolment in a public training course.

    Sends an email with a link that confirms the enrolment and later cancels it. The response is the same whether or not
    the address is known. Places are given in the order of the confirmations.

    **Who:** anyone.
    """
    return await enrolments.request_enrolment(
        writer,
        tokens,
        slug,
        training_id,
        name=body.name,
        email=body.email,
        language=body.language,
        under_age=body.under_age,
        is_limited=is_limited,
    )


@router.get("/enrolments/{token}", response_model=OwnEnrolment, responses=refusing("not-found"))
@operation(is_open=True, secret_answer=True, computed=True, page="enrolment")
async def get_own_enrolment(reader: Read, token: str, _: PageLanguage = None) -> OwnEnrolment | ShownPage:
    """Get an enrolment by its link.

    Changes nothing. With `Accept: text/html` the response is a page with one button, which confirms the enrolment or
    cancels it.

    **Who:** anyone who has the token.
    """
    own = await enrolments.find_own(reader, token)
    facts = await _facts_of(reader, own, page_language(reader.request))
    return page_or(reader.request, own, lambda _, language: _shown(facts, token, language))


@router.post(
    "/enrolments/{token}/confirmation",
    responses=refusing("not-found", "wrong-state", "enrolment-closed", "training-full"),
)
@operation(is_open=True, secret_answer=True)
async def confirm_enrolment(writer: PlainWrite, token: str, _: NoBody = None) -> OwnEnrolment:
    """Confirm an enrolment.

    Takes a place, or one in the waiting list if all places are taken. Repeating it changes nothing.

    **Who:** anyone who has the token.
    """
    return await enrolments.confirm(writer, token)


@router.post("/enrolments/{token}/cancellation", responses=refusing("not-found"))
@operation(is_open=True, secret_answer=True)
async def cancel_enrolment(writer: PlainWrite, token: str, _: NoBody = None) -> OwnEnrolment:
    """Cancel an enrolment.

    Removes the name and the address. Those who wait move up. Repeating it changes nothing.

    **Who:** anyone who has the token.
    """
    return await enrolments.cancel(writer, token)


@participants_router.get("", response_model=Page[EnrolledPerson])
@operation(scope="participants:read", personal_data=True)
async def list_enrolments(
    writer: PlainWrite, page: Paging, training_id: UUID, state: Several[Literal["enrolled", "waiting"]] = None
) -> Slice[EnrolledPerson]:
    """List the enrolments in a training course.

    Those who have confirmed, in their order. Each reading by staff is recorded in the audit. Names and addresses are
    removed 90 days after the course has ended.

    **Who:** training managers of the organisation, its unit managers and main users, staff named to see participants.
    """
    return await training_enrolments.list_enrolments(writer, page, training_id, state=state)


async def _facts_of(reader: Reader, own: OwnEnrolment, language: Language) -> dict[str, object]:
    sessions = own.training.sessions
    return {
        "state": own.state,
        "course": own.training.name,
        "organisation": await enrolments.find_organiser(reader, own, language),
        "starts_at": min(session.starts_at for session in sessions),
        "position": own.position,
    }


def _name_of(facts: dict[str, object]) -> str:
    return f"enrolment-{facts['state']}"


def _action(token: str, page: str) -> str:
    """What the button of the page does: never the opposite of what the reader saw."""
    return f"/{PAGE}/{token}/{'confirmation' if page == 'enrolment-unconfirmed' else 'cancellation'}"


def _shown(facts: dict[str, object], token: str, language: Language) -> str:
    name = _name_of(facts)
    text = page_text(name, language, facts)
    return document(language, text.title, body_of(text, action=_action(token, name)))


@page_router.get("/{token}")
async def show_enrolment(request: Request, token: str) -> HTMLResponse:
    backend: Backend = request.app.state.backend

    async def read(language: Language) -> dict[str, object]:
        async with backend.reading(await caller_with(backend, token)) as reader:
            return await _facts_of(reader, await enrolments.find_own(reader, token), language)

    return await token_page(request, _name_of, read, about="enrolment", action=lambda page: _action(token, page))


@page_router.post("/{token}/confirmation")
async def confirm_on_page(request: Request, token: str) -> HTMLResponse:
    backend: Backend = request.app.state.backend

    async def confirm(language: Language) -> dict[str, object]:
        caller = await caller_with(backend, token)
        async with backend.writing(caller, request.scope["request_id"]) as writer:
            return await _facts_of(writer, await enrolments.confirm(writer, token), language)

    return await token_page(request, _name_of, confirm, about="enrolment", action=lambda page: _action(token, page))


@page_router.post("/{token}/cancellation")
async def cancel_on_page(request: Request, token: str) -> HTMLResponse:
    backend: Backend = request.app.state.backend

    async def cancel(language: Language) -> dict[str, object]:
        caller = await caller_with(backend, token)
        async with backend.writing(caller, request.scope["request_id"]) as writer:
            return await _facts_of(writer, await enrolments.cancel(writer, token), language)

    return await token_page(request, _name_of, cancel, about="enrolment", action=lambda page: _action(token, page))
