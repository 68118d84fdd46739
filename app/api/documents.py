"""The documents about the API that people read: Swagger UI without the internet, a page per problem."""

import json
import re
from typing import Any, get_args
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from fastapi.openapi.docs import get_swagger_ui_oauth2_redirect_html
from starlette.responses import Response

from app.api.backend import Backend
from app.api.issuers import IssuerMetadata
from app.api.kept_pages import respond
from app.api.languages import page_language
from app.api.pages import HtmlPage, inline, policy_with
from app.api.problem_pages import index_page, page_of
from app.api.static_files import OWN, address_of
from app.domain.access import Role
from app.domain.errors import NotFound
from app.texts.rendering import texts_of

SWAGGER_SOURCES = {
    "script": "'self'",
    "style": "'self' 'unsafe-inline'",
    "img": "'self' data: blob:",
    "font": "'self' data:",
}
"""Swagger UI writes styles into its elements, and shows pictures that are in its styles and in responses."""
SWAGGER_UI = (OWN / "docs.html").read_text(encoding="utf-8")

router = APIRouter(include_in_schema=False)


@router.get("/docs")
async def swagger_ui(request: Request) -> HtmlPage:
    backend: Backend = request.app.state.backend
    sign_in = await _sign_in_at(backend.sign_in) if backend.sign_in else None
    page = re.sub(r"/static/([^\"]+)", lambda found: address_of(found[1]), SWAGGER_UI)
    # Within a script no end of it may be written.
    page = page.replace("ROLES", json.dumps(_roles())).replace("SIGN_IN", json.dumps(sign_in).replace("<", "\\u003c"))
    return HtmlPage(page, policy=policy_with(**SWAGGER_SOURCES, connect=f"'self' {origin_of_tokens(sign_in)}"))


def _roles() -> dict[str, str]:
    texts = texts_of("pages", "en")
    return {role: texts.fill("{role:word}", {"role": role}) for role in get_args(Role)}


@router.get("/docs/oauth2-redirect")
async def swagger_ui_signed_in() -> HtmlPage:
    """The page to which the issuer sends the browser back."""
    page = bytes(get_swagger_ui_oauth2_redirect_html().body).decode()
    script = page.partition("<script>")[2].partition("</script>")[0]
    return HtmlPage(page, policy=policy_with(script=inline(script)))


def origin_of_tokens(sign_in: dict[str, Any] | None) -> str:
    """Where the script fetches tokens. Without a sign-in it connects nowhere else."""
    if sign_in is None:
        return ""
    place = urlsplit(sign_in["scheme"]["flows"]["authorizationCode"]["tokenUrl"])
    # A policy is made of words, and the address is another's.
    origin = f"{place.scheme}://{place.netloc}"
    return origin if re.fullmatch(r"https?://[A-Za-z0-9.:\[\]-]+", origin) else ""


async def _sign_in_at(issuer: IssuerMetadata) -> dict[str, Any] | None:
    """Settings of Swagger UI's sign-in, by authorization code and PKCE; None while the issuer does not respond."""
    metadata = await issuer.find() or {}
    if not {"authorization_endpoint", "token_endpoint"} <= metadata.keys():
        return None
    settings = issuer.issuer
    flow = {
        "authorizationUrl": metadata["authorization_endpoint"],
        "tokenUrl": metadata["token_endpoint"],
        "scopes": dict.fromkeys(settings.scopes, ""),
    }
    scheme = {"type": "oauth2", "description": settings.issuer, "flows": {"authorizationCode": flow}}
    return {
        "scheme": scheme,
        "clientId": settings.client_id,
        "scopes": settings.scopes,
        "parameters": settings.authorization_parameters,
    }


@router.get("/problems")
async def list_problems(request: Request) -> Response:
    language = page_language(request)
    return respond(request, index_page(language), language)


@router.get("/problems/{code}")
async def get_problem(request: Request, code: str) -> Response:
    language = page_language(request)
    page = page_of(code, language)
    if page is None:
        raise NotFound
    return respond(request, page, language)
