"""Titles of tasks, of days in the yearly calendar and of the feed that has them."""

from app.domain.calendar.deadlines import Kind
from app.domain.calendar.tasks import TaskKind
from app.domain.organisations.organisations import Language
from app.texts.rendering import Facts, texts_of


def task_title(language: Language, kind: TaskKind, facts: Facts) -> str:
    """The title of a task. Raises KeyError where it lacks a fact."""
    texts = texts_of("calendar", language)
    return texts.fill(texts.tables["tasks"][kind], facts)


def day_title(language: Language, kind: Kind, year: int, is_last: bool) -> str:
    """The title of a deadline's first or last day."""
    texts = texts_of("calendar", language)
    return texts.fill(texts.tables["feed"]["last_day" if is_last else "first_day"], {"kind": kind, "year": year})


def event_description(language: Language, facts: Facts) -> str:
    """What an event is about, from those of its facts that are known."""
    texts = texts_of("calendar", language)
    return texts.say(texts.tables["feed"]["description"], facts)


def feed_name(language: Language) -> str:
    name: str = texts_of("calendar", language).tables["feed"]["name"]
    return name
