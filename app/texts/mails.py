"""Mails about events, mails that the staff wrote, and digests of several mails."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app.domain.delivery.messages import Message
from app.domain.organisations.organisations import Language
from app.texts.rendering import Facts, Texts, texts_of


@dataclass(frozen=True)
class Letter:
    """A mail in its reader's language."""

    language: Language
    subject: str
    text: str
    day_title: str = ""
    """The title of the day to keep, if there is one."""
    news: str = ""
    """What has happened, and its facts, without greeting and link."""


def letter_of_event(
    event: str,
    language: Language,
    *,
    name: str,
    organisation: str,
    study_centre: str,
    facts: Facts,
    reason: str | None,
    link: str | None = None,
) -> Letter:
    """The mail to `name` about an event of `MAILED_EVENTS`; `facts` as the outbox has them, with names."""
    texts = texts_of("mails", language)
    wording = texts.tables["events"][event]
    known = {**facts, "organisation": organisation, "study_centre": study_centre, "reason": reason, "link": link}
    # Hours that were freed are news only where there were any.
    known["freed"] = facts.get("freed") or None
    frame = texts.tables["frame"]
    news = texts.say(wording["text"], known)
    paragraphs = [news, texts.choose([frame["reason"]], known), texts.choose([frame["link"]], known)]
    return Letter(
        language,
        _one_line(texts.choose(wording["subject"], known)),
        _framed(texts, paragraphs, name, study_centre),
        texts.choose(wording.get("calendar", ""), known),
        news,
    )


def letter_with_token(
    event: str, language: Language, *, study_centre: str, facts: Facts, table: str = "token_mails"
) -> Letter:
    """The mail whose reader gets a token: `link` or `token` is among the facts. The table `notices` is without.

    It greets nobody: a name is text that a stranger may have chosen.
    """
    texts = texts_of("mails", language)
    wording = texts.tables[table][event]
    known = {**facts, "study_centre": study_centre}
    paragraphs = [texts.say(wording["text"], known), texts.choose([texts.tables["frame"]["reason"]], known)]
    return Letter(
        language, _one_line(texts.choose(wording["subject"], known)), _framed(texts, paragraphs, None, study_centre)
    )


def letter_of_message(
    message: Message, language: Language, *, name: str, organisation: str, sender: str, last_day: date | None
) -> Letter:
    """The mail to `name` that the sender's people wrote, in a language that the message has."""
    texts, written = texts_of("mails", language), message.texts[language]
    known = {"name": name, "organisation": organisation, "last_day": last_day}
    subject = _one_line(texts.say(written.subject, known)) or sender
    return Letter(language, subject, _framed(texts, [texts.say(written.body, known)], name, sender))


def digest_of(letters: Sequence[tuple[str, str]], language: Language, *, name: str, study_centre: str) -> Letter:
    """One mail in place of several, each given by its subject and text."""
    texts = texts_of("mails", language)
    wording = texts.tables["digest"]
    parts = [wording["text"], *(f"{subject}\n{_unframed(text)}" for subject, text in letters)]
    subject = texts.fill(wording["subject"], {"count": len(letters)})
    return Letter(language, subject, _framed(texts, parts, name, study_centre))


def _framed(texts: Texts, paragraphs: Sequence[str], name: str | None, study_centre: str) -> str:
    """With the greeting before it and the sender below it."""
    frame = texts.tables["frame"]
    greeting = texts.choose([frame["greeting"], frame["greeting_of_nobody"]], {"name": name})
    closing = texts.fill(frame["closing"], {"study_centre": study_centre})
    return "\n\n".join([greeting, *filter(None, paragraphs), closing])


def _unframed(text: str) -> str:
    """Without the first paragraph, which greets, and the last, which closes."""
    return "\n\n".join(text.split("\n\n")[1:-1])


def _one_line(text: str) -> str:
    """A subject has no line breaks, whatever it is made of."""
    return " ".join(text.split())
