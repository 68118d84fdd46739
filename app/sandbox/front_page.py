"""What the front page says in a sandbox: some of the demo people, and the time on the clock."""

from html import escape

from fastapi import Request

from app.api.backend import Backend
from app.api.pages import paragraphs
from app.delivery.addresses import key_of
from app.domain.organisations.organisations import Language
from app.sandbox.api import ANYBODY
from app.sandbox.db import find_person_of
from app.sandbox.demo.people import DOCUMENTED
from app.sandbox.domain import DemoPerson
from app.texts.pages import page_text, words_of
from app.texts.rendering import texts_of

LISTS = {"people": "/v1/sandbox/people", "clock": "/v1/sandbox/clock", "mailbox": "/v1/sandbox/mailbox"}


async def welcome(request: Request, language: Language) -> str:
    backend: Backend = request.app.state.backend
    async with backend.reading(ANYBODY) as reader:
        found = [await find_person_of(reader.connection, key_of(email)) for email in DOCUMENTED]
    text, words = page_text("front.sandbox", language, {"now": reader.now}), words_of("front", "sandbox", language)
    rows = "\n".join(_row(person, language) for person in found if person)
    links = "\n".join(f'<li><a href="{path}">{escape(words[name])}</a></li>' for name, path in LISTS.items())
    headings = "".join(f'<th scope="col">{escape(words[name])}</th>' for name in ("email", "name", "role"))
    return (
        f"<h2>{escape(text.title)}</h2>\n{paragraphs(text.paragraphs)}\n"
        f'<table class="cards">\n<thead><tr>{headings}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n'
        f"</table>\n<ul>\n{links}\n</ul>"
    )


def _row(person: DemoPerson, language: Language) -> str:
    texts = texts_of("pages", language)
    roles = "; ".join(
        ": ".join(filter(None, [texts.fill("{role:word}", {"role": held.role}), held.organisation_name]))
        for held in person.roles
    )
    return f"<tr><td>{escape(person.email)}</td><td>{escape(person.name)}</td><td>{escape(roles)}</td></tr>"
