"""Files in requests and responses that are not JSON: documents and images."""

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from app.domain.organisations.organisations import Language
from app.domain.versions import tag_of

PDF = "application/pdf"
FILE_SCHEMA = {"type": "string", "format": "binary"}


@dataclass(frozen=True)
class Upload:
    """A request's body that is a file, of one of the types that the operation declares."""

    media_type: str
    content: bytes


@dataclass(frozen=True)
class Download:
    """The answer of an operation that returns a file."""

    content: bytes
    media_type: str
    name: str
    """Suggested file name: in ASCII, or of any characters if the file is foreign."""
    language: Language | None = None
    """Of the texts in it, if they are in its reader's language."""
    is_chosen: bool = False
    """Whether the language is that of `Accept-Language`."""
    is_foreign: bool = False
    """Whether it is a file of a caller's, kept as it is: no browser may show it on this site."""

    @property
    def tag(self) -> str:
        return tag_of(sha256(self.content).hexdigest())

    @property
    def headers(self) -> dict[str, str]:
        if self.is_foreign:
            return {
                "Content-Disposition": f"attachment; {_file_name(self.name)}",
                "Content-Security-Policy": "default-src 'none'; sandbox",
                "X-Content-Type-Options": "nosniff",
            }
        # Pictures are shown, also by Swagger UI; they are PNGs that the service has drawn itself.
        disposition = "inline" if self.media_type.startswith("image/") else "attachment"
        language = {"Content-Language": self.language} if self.language else {}
        return {
            "Content-Disposition": f'{disposition}; filename="{self.name}"',
            "X-Content-Type-Options": "nosniff",
            **language,
            **({"Vary": "Accept-Language"} if self.is_chosen else {}),
        }


def _file_name(name: str) -> str:
    """The name for all programs, and for those that do not know its characters (RFC 6266 §4.3, RFC 8187)."""
    plain = re.sub(r"[^ !#-$&-:<-\[\]-~]", "_", name)
    return f"filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='!#$&+^`|')}"


def giving(*media_types: str) -> dict[str, Any]:
    """The options of an operation that answers a `Download`."""
    content = {media_type: {"schema": FILE_SCHEMA} for media_type in media_types}
    given = {"description": "The file.", "content": content}
    return {"response_model": None, "response_class": Response, "responses": {200: given}}
