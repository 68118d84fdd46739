"""`/v1/me/study-register`, `/v1/study-register` and the public page of a share."""

from html import escape
from uuid import UUID

from fastapi import APIRouter

from app.api.conventions import PlainWrite, PublicUrl, Read, RecordedList, Write
from app.api.languages import PageLanguage, page_language
from app.api.operations import Operation, Tag
from app.api.pages import ShownPage, document, facts_list, page_or, paragraphs
from app.api.paging import Page, Paging
from app.api.public_operations import IN_CENTRE, PublicOperation
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import Body, Day, NameSearch, Several
from app.db.paging import Slice
from app.domain.organisations.organisations import Language
from app.domain.trainings.completions import CompletionState
from app.domain.trainings.study_register import (
    NewShare,
    RegisteredCompletion,
    Share,
    SharedCompletion,
    SharedRegister,
    StudyRegister,
)
from app.services.trainings import study_register
from app.texts.pages import facts_of_page, page_text, words_of

own_router = APIRouter(
    prefix="/me/study-register",
    route_class=Operation,
    tags=[
        Tag(
            "Study register",
            "What learners have completed: as they see it themselves and show it to others, and as staff find it.",
        )
    ],
)
router = APIRouter(prefix="/study-register", route_class=Operation, tags=["Study register"])
public_router = APIRouter(
    prefix="/public/{slug}", route_class=PublicOperation, dependencies=IN_CENTRE, tags=["Study register"]
)


class StudyRegisterShareIn(Body):
    expires_on: Day
    """Last day on which the link works, at most 90 days from today."""


@own_router.get("")
@operation(people_only=True, personal_data=True)
async def get_own_study_register(reader: Read) -> StudyRegister:
    """Get your study register.

    Returns the participations that you have claimed, with their completions, certificates and consents for Koski, over
    all organisations and years.

    **Who:** everyone who has registered.
    """
    return await study_register.get_own_register(reader)


@own_router.post("/shares", status_code=201, responses=refusing("too-many", "not-configured"))
@operation(people_only=True, secret_answer=True, strong_sign_in=True)
async def share_study_register(writer: Write, public_url: PublicUrl, body: StudyRegisterShareIn) -> NewShare:
    """Share your study register.

    Creates a secret URL at which anybody reads your name and what you have passed. It is shown once. A person can have
    at most 20 that work. Without a public URL of the service, or a public name of the study centre, it is 409
    `not-configured`.

    **Who:** everyone who has registered.
    """
    return await study_register.share_register(writer, expires_on=body.expires_on, public_url=public_url)


@own_router.get("/shares", response_model=Page[Share])
@operation(people_only=True, personal_data=True)
async def list_study_register_shares(reader: Read, page: Paging) -> Slice[Share]:
    """List your shares of the study register.

    Those that work today, the newest first, without their URLs.

    **Who:** everyone who has registered.
    """
    return await study_register.list_shares(reader, page)


@own_router.get("/shares/{share_id}")
@operation(people_only=True, personal_data=True)
async def get_study_register_share(reader: Read, share_id: UUID) -> Share:
    """Get one of your shares of the study register.

    The URL is not included. A share that has ended, or whose last day has passed, is not found.

    **Who:** everyone who has registered.
    """
    return await study_register.get_share(reader, share_id)


@own_router.delete("/shares/{share_id}", status_code=204)
@operation(people_only=True, strong_sign_in=True)
async def end_study_register_share(writer: PlainWrite, share_id: UUID) -> None:
    """End a share of your study register.

    The URL stops working immediately.

    **Who:** everyone who has registered.
    """
    await study_register.end_share(writer, share_id)


@router.get("", response_model=Page[RegisteredCompletion], responses=refusing("forbidden"))
@operation(people_only=True, personal_data=True)
async def search_study_register(
    writer: RecordedList, page: Paging, q: NameSearch, state: Several[CompletionState] = None
) -> Slice[RegisteredCompletion]:
    """Find completions by name.

    The newest come first. Each look is recorded in the audit, without the name.

    **Who:** staff named to see participants.
    """
    return await study_register.search_register(writer, page, q=q, state=state)


@public_router.get("/study-register/{secret}", response_model=SharedRegister, responses=refusing("not-found"))
@operation(is_open=True, secret_answer=True, computed=True, page="study-register")
async def get_public_study_register(reader: Read, secret: str, _: PageLanguage = None) -> SharedRegister | ShownPage:
    """Get a shared study register.

    Returns the learner's name and the passed completions in force, until the last day of the share or its end. Names of
    the study centre and of organisations are in the reader's language if they have one in it. With `Accept: text/html`
    the response is a page.

    **Who:** anyone who has the secret URL.
    """
    register = await study_register.read_shared(reader, secret, page_language(reader.request))
    return page_or(reader.request, register, _page)


def _page(register: SharedRegister, language: Language) -> str:
    facts = vars(register)
    text = page_text("study-register", language, facts)
    articles = [_article(each, register.name, language) for each in register.completions]
    none = paragraphs([words_of("study-register", "words", language)["none"]])
    body = [paragraphs(text.paragraphs), facts_list(facts_of_page("study-register", language, facts))]
    return document(language, text.title, "\n".join(body + (articles or [none])))


def _article(completion: SharedCompletion, learner: str, language: Language) -> str:
    facts = {
        **vars(completion),
        # The name at the time of the completion, if it has changed.
        "name": None if completion.name == learner else completion.name,
        "passed": None if completion.grade else "passed",
        "recognition": "recognition" if completion.kind == "recognition" else None,
    }
    shown = facts_list(facts_of_page("study-register.completion", language, facts))
    return f"<article>\n<h2>{escape(completion.model)}</h2>\n{shown}\n</article>"
