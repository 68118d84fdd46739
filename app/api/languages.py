"""The language of a response, by `Accept-Language` (RFC 9110 §12.5.4)."""

import re
from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Query, Request

from app.domain.organisations.organisations import Language
from app.texts.rendering import LANGUAGES

PageLanguage = Annotated[
    Language | None,
    Query(
        alias="lang",
        description="Language of the page, and of names. The default is that of `Accept-Language`, else Finnish.",
    ),
]
"""The parameter of an operation with a page, which the page's links to the other languages have: `page_language` reads
it."""
_WEIGHT = re.compile(r"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)", re.IGNORECASE)


def page_language(request: Request) -> Language:
    """The language of a page: that of `?lang=`, else the browser's."""
    return preferred_language(request.query_params.get("lang") or request.headers.get("accept-language"))


def language_of(thing: str) -> Callable[..., Awaitable[Language]]:
    """The dependency of an operation that returns a picture or a document: the language in which it is wanted."""
    description = f"Language of the {thing}. The default is that of `Accept-Language`, else Finnish."

    async def language(
        request: Request, language: Annotated[Language | None, Query(description=description)] = None
    ) -> Language:
        return language or preferred_language(request.headers.get("accept-language"))

    return language


def preferred_language(accept_language: str | None) -> Language:
    """Return the language that the header rates highest; Finnish if it rates none."""
    weights: dict[str, float] = {}
    for element in (accept_language or "").split(","):
        tag, _, parameter = element.partition(";")
        weight = _WEIGHT.fullmatch(parameter.strip() or "q=1")
        if weight is not None:
            primary = tag.strip().lower().partition("-")[0]
            weights[primary] = max(weights.get(primary, 0.0), float(weight[1]))
    named = list(weights)
    others = weights.get("*", 0.0)
    in_order = sorted(LANGUAGES, key=lambda language: named.index(language) if language in weights else len(named))
    best = max(in_order, key=lambda language: weights.get(language, others))
    return best if weights.get(best, others) > 0 else "fi"
