"""The documents about the API that people read: Swagger UI without the internet, a page per problem."""

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from app.api.problem_texts import index_page, page_of, preferred_language
from app.domain.errors import NotFound

SWAGGER_UI = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tuntipankki</title>
<link rel="stylesheet" href="/static/swagger-ui.css">
<link rel="icon" href="/static/favicon.png">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/static/swagger-ui-bundle.js"></script>
<script>
const freshKey = () => Array.from(crypto.getRandomValues(new Uint32Array(4))).join("-");
SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  docExpansion: "list",
  persistAuthorization: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  requestInterceptor: (request) => {
    if (request.method === "POST" && !request.headers["Idempotency-Key"]) {
      request.headers["Idempotency-Key"] = freshKey();
    }
    return request;
  },
});
</script>
</body>
</html>
"""

router = APIRouter(include_in_schema=False)


@router.get("/docs")
async def swagger_ui() -> HTMLResponse:
    return HTMLResponse(SWAGGER_UI)


@router.get("/problems")
async def list_problems(request: Request, lang: str | None = None) -> HTMLResponse:
    return HTMLResponse(index_page(preferred_language(lang or request.headers.get("accept-language"))))


@router.get("/problems/{code}")
async def get_problem(request: Request, code: str, lang: str | None = None) -> HTMLResponse:
    page = page_of(code, preferred_language(lang or request.headers.get("accept-language")))
    if page is None:
        raise NotFound
    return HTMLResponse(page)
