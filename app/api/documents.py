"""The documents about the API: OpenAPI, Swagger UI without the internet, a page per problem."""

from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.routing import APIRoute
from starlette.responses import HTMLResponse

from app.api.problem_texts import index_page, page_of, preferred_language
from app.api.problems import Problem
from app.domain.errors import NotFound

DESCRIPTION = """
The year of teaching hours of a study centre and its member organisations.
"""
TAGS: list[dict[str, Any]] = []
REDUNDANT = {"HTTPValidationError", "ValidationError"}

router = APIRouter(include_in_schema=False)


def operation_id(route: APIRoute) -> str:
    """`hours-supplementary_requests-submit`: the area, the module and the use case."""
    return route.endpoint.__module__.removeprefix("app.api.").replace(".", "-") + "-" + route.name


@router.get("/docs")
async def swagger_ui() -> HTMLResponse:
    return get_swagger_ui_html(
        openapi_url="/openapi.json",
        title="Tuntipankki",
        swagger_js_url="/static/swagger-ui-bundle.js",
        swagger_css_url="/static/swagger-ui.css",
        swagger_favicon_url="/static/favicon.png",
        swagger_ui_parameters={"persistAuthorization": True, "displayRequestDuration": True, "docExpansion": "list"},
    )


@router.get("/problems")
async def list_problems(request: Request, lang: str | None = None) -> HTMLResponse:
    return HTMLResponse(index_page(preferred_language(lang or request.headers.get("accept-language"))))


@router.get("/problems/{code}")
async def get_problem(request: Request, code: str, lang: str | None = None) -> HTMLResponse:
    page = page_of(code, preferred_language(lang or request.headers.get("accept-language")))
    if page is None:
        raise NotFound
    return HTMLResponse(page)


def complete(app: FastAPI) -> None:
    """Adds to the generated document what FastAPI cannot know: the problem's shape and the bearer token."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = generate()
            components = document.setdefault("components", {})
            schemas = components.setdefault("schemas", {})
            schemas |= Problem.model_json_schema(ref_template="#/components/schemas/{model}").pop("$defs", {})
            problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            problem.pop("$defs", None)
            schemas["Problem"] = problem
            for name in REDUNDANT:
                schemas.pop(name, None)
            components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
            for path in document["paths"].values():
                for operation in path.values():
                    for content in (r.get("content", {}) for r in operation["responses"].values()):
                        if "HTTPValidationError" in str(content.get("application/json", "")):
                            content.pop("application/json")
                    if "401" in operation["responses"]:
                        operation["security"] = [{"token": []}]
        return app.openapi_schema or {}

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way to extend the document.
