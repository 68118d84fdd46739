"""The pages of a sandbox: the emails sent, and on the front page some of the demo people, the time on the clock and
the wheel of the year."""

from html import escape

from fastapi import APIRouter, Request

from app.api.backend import Backend
from app.api.languages import page_language
from app.api.pages import HtmlPage, document, paragraphs
from app.api.shapes import SearchText
from app.db.paging import PageRequest
from app.delivery.addresses import key_of
from app.delivery.composing import paragraphs_of
from app.domain.organisations.organisations import Language
from app.pictures.wheel import draw_wheel
from app.sandbox import services
from app.sandbox.api import ANYBODY
from app.sandbox.db import find_person_of
from app.sandbox.demo.people import DOCUMENTED
from app.sandbox.domain import DemoPerson, SandboxMail
from app.services.calendar.wheels import get_wheel
from app.texts.pages import page_text, words_of
from app.texts.rendering import texts_of

LISTS = {"people": "/v1/sandbox/people", "clock": "/v1/sandbox/clock"}
MAILS = 50

page_router = APIRouter(include_in_schema=False)


async def welcome(request: Request, language: Language) -> str:
    backend: Backend = request.app.state.backend
    async with backend.reading(ANYBODY) as reader:
        found = [await find_person_of(reader.connection, key_of(email)) for email in DOCUMENTED]
        wheel = await get_wheel(reader, reader.now.year)
    text, words = page_text("front.sandbox", language, {"now": reader.now}), words_of("front", "sandbox", language)
    rows = "\n".join(_row(person, language) for person in found if person)
    lists = {"mailbox": f"/mailbox?lang={language}"} | LISTS
    links = "\n".join(f'<li><a href="{path}">{escape(words[name])}</a></li>' for name, path in lists.items())
    headings = "".join(f'<th scope="col">{escape(words[name])}</th>' for name in ("email", "name", "role"))
    return (
        f"<h2>{escape(text.title)}</h2>\n{paragraphs(text.paragraphs)}\n"
        f'<table class="cards">\n<thead><tr>{headings}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n'
        f"</table>\n<ul>\n{links}\n</ul>\n{draw_wheel(wheel, language).decode()}"
    )


def _row(person: DemoPerson, language: Language) -> str:
    texts = texts_of("pages", language)
    roles = "; ".join(
        ": ".join(filter(None, [texts.fill("{role:word}", {"role": held.role}), held.organisation_name]))
        for held in person.roles
    )
    return f"<tr><td>{escape(person.email)}</td><td>{escape(person.name)}</td><td>{escape(roles)}</td></tr>"


@page_router.get("/mailbox")
async def get_mailbox(request: Request, to: SearchText = None) -> HtmlPage:
    """The emails of `GET /v1/sandbox/mailbox`, for people."""
    backend: Backend = request.app.state.backend
    language = page_language(request)
    async with backend.reading(ANYBODY) as reader:
        found = await services.list_mailbox(reader, PageRequest(MAILS, None), backend.tokens, to=to)
    text, words = page_text("mailbox", language, {"most": MAILS}), words_of("mailbox", "words", language)
    body = (
        f"{paragraphs(text.paragraphs)}\n"
        f'<form>\n<input type="hidden" name="lang" value="{language}">\n'
        f'<label>{escape(words["to"])} <input type="search" name="to" value="{escape(to or "")}"></label>\n'
        f"<button>{escape(text.button)}</button>\n</form>\n"
    )
    mails = "\n".join(_article(mail, language, backend.tokens.public_url) for mail in found.items)
    headers = {"Cache-Control": "no-store", "Content-Language": language, "Vary": "Accept-Language"}
    return HtmlPage(document(language, text.title, body + (mails or paragraphs([words["none"]]))), headers=headers)


def _article(mail: SandboxMail, language: Language, public_url: str | None) -> str:
    texts = texts_of("pages", language)
    when = texts.fill("{made_at}", {"made_at": mail.made_at})
    content = "\n".join(f"<p>{lines}</p>" for lines in paragraphs_of(mail.text, public_url))
    for each in mail.attachments:
        facts = {"name": each.name, "kilobytes": max(1, round(each.size / 1000))}
        content += f"\n<p>{escape(texts.fill(texts.tables['mailbox']['words']['attachment'], facts))}</p>"
    return (
        f"<article>\n<h2>{escape(mail.subject)}</h2>\n<p>{escape(mail.to)}, {escape(when)}</p>\n{content}\n</article>"
    )
