"""Pictures in responses: SVG for people, or the same figures as JSON, by `Accept`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends

from app.api.files import FILE_SCHEMA
from app.api.languages import language_of
from app.api.pages import inline
from app.api.responses import refusing
from app.domain.organisations.organisations import Language
from app.pictures.drawing import NAMESPACE, STYLE

SVG = "image/svg+xml"
POLICY = f"default-src 'none'; style-src {inline(STYLE)}"
"""Of a picture that a browser opens by itself: nothing in it may do anything, and only its own style applies."""


@dataclass(frozen=True)
class Picture:
    """A picture and the figures that it shows, of which a response has one."""

    figures: object
    draw: Callable[[Language], bytes]
    """Draws the figures, if the picture is asked for."""
    name: str
    """Suggested file name, in ASCII."""
    language: Language

    def headers(self) -> dict[str, str]:
        return {
            "Content-Disposition": f'inline; filename="{self.name}.svg"',
            "Content-Language": self.language,
            "Content-Security-Policy": POLICY,
            "X-Content-Type-Options": "nosniff",
        }


PictureLanguage = Annotated[Language, Depends(language_of("picture"))]


def drawing(figures: Any, *codes: str) -> dict[str, Any]:
    """The options of an operation that returns a `Picture` of these figures, or refuses with these codes."""
    description = "The picture. With `Accept: application/json`, the figures that it shows."
    content = {SVG: {"schema": FILE_SCHEMA, "example": f'<svg xmlns="{NAMESPACE}">…</svg>'}}
    shown = {200: {"description": description, "content": content}}
    return {"response_model": figures, "responses": shown | refusing(*codes)}
