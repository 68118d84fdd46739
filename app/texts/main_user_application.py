"""The words of the main-user application's document."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from app.domain.organisations.organisations import Language
from app.texts.rendering import texts_of


def application_words(language: Language, *, made_at: datetime, valid_from: date | None) -> Mapping[str, Any]:
    """The document's words, filled with its days; `valid_from` is the day applied for, if there is one."""
    texts = texts_of("main_user_application", language)
    return {
        **texts.tables,
        "made": texts.fill(texts.tables["made"], {"made_at": made_at}),
        "beginning": texts.choose(texts.tables["beginning"], {"valid_from": valid_from}),
    }
