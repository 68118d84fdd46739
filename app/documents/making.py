"""Makes documents as PDF/A-3a and PDF/UA-1 from templates. Words and what people wrote reach a template as data."""

import asyncio
import json
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from unicodedata import category, normalize

from app.limited import LimitsReached, Overloaded, run_in_process

SECONDS = 30
"""Composing takes half a second; on a busy machine more."""
SHOWN = re.compile(
    r"[ -~\u00a1-\u02af\u0300-\u0377\u037a-\u03ff\u0400-\u04ff\u1e00-\u1fff"
    r"\u2010-\u2027\u2030-\u2040\u20a0-\u20bf\u2212]"
)
"""The characters in the fonts: Latin, Greek and Cyrillic letters, punctuation, currencies, the minus sign. Others fail
PDF/A."""
MISSING = "□"
INVISIBLE = {"Cc", "Cf", "Cs"}
UNASSIGNED = "Cn"


async def make_document(template: Path, content: object, words: Mapping[str, Any], made_at: datetime) -> bytes:
    """Compose a document without keeping others waiting. Raises Overloaded if it takes too long."""
    try:
        return await asyncio.to_thread(compose_document, template, content, words, made_at)
    except LimitsReached as fault:
        raise Overloaded from fault


def compose_document(template: Path, content: object, words: Mapping[str, Any], made_at: datetime) -> bytes:
    """Return the PDF, whose bytes depend on the arguments alone, so that its digest can be signed and compared.

    Texts are shown as far as the fonts have their characters.
    """
    inputs = prepared(content, words)
    timestamp = str(int(made_at.timestamp()))
    return run_in_process(
        composed,
        str(template).encode(),
        json.dumps(inputs).encode(),
        timestamp.encode(),
        seconds=SECONDS,
        megabytes=4_096,
    )


def prepared(content: object, words: Mapping[str, Any]) -> dict[str, str]:
    """Return what a template is given, with the texts as the fonts can show them."""
    return {"content": json.dumps(_shown(content)), "words": json.dumps(_shown(words))}


def composed(*parts: bytes) -> bytes:
    """Call the process of its own, which alone loads the library."""
    from app.documents.composing import compose

    return compose(*parts)


def _shown(value: Any) -> Any:
    match value:
        case str():
            return shown_of(value)
        case Mapping():
            return {name: _shown(each) for name, each in value.items()}
        case list() | tuple():
            return [_shown(each) for each in value]
        case _:
            return value


def is_shown(text: str) -> bool:
    """Whether the fonts have all its characters."""
    return MISSING not in shown_of(text)


def shown_of(text: str) -> str:
    """The text as the fonts can show it: spaces for white space, boxes for unknown characters, no invisible ones."""
    return "".join(
        " " if sign.isspace() else sign if SHOWN.match(sign) and category(sign) != UNASSIGNED else MISSING
        for sign in normalize("NFC", text)
        if sign.isspace() or category(sign) not in INVISIBLE
    )
