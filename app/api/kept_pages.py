"""Pages that are the same for all readers of a language: made once, and kept by browsers too."""

from functools import lru_cache

from fastapi import Request
from starlette.responses import Response

from app.api.kept_files import KeptFile, kept_file
from app.api.pages import POLICY
from app.domain.organisations.organisations import Language


def respond(request: Request, page: str, language: Language) -> Response:
    """Return the page, or 304 if the browser has it."""
    # A browser gives the page that it kept the headers of a 304, hence the policy in both.
    headers = {"Content-Language": language, "Content-Security-Policy": POLICY, "Vary": "Accept-Language"}
    return _kept(page).respond(request, "no-cache", headers)


@lru_cache(64)
def _kept(page: str) -> KeptFile:
    return kept_file(page.encode(), "text/html")
