"""Headers that tell browsers what a response may do: on JSON, pages, files and what the protocol itself sends."""

import re
from base64 import b64encode
from hashlib import sha256

import httpx
import pytest

from app.api import documents
from app.api.pages import HtmlPage, document, inline
from tests.builders import Person


def check_common(answer: httpx.Response) -> dict[str, str]:
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    directives = (one.strip().partition(" ") for one in answer.headers["Content-Security-Policy"].split(";"))
    policy = {name: sources for name, _, sources in directives}
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    return policy


def test_json_may_do_nothing(main_user: Person) -> None:
    for path in ("/v1/me", "/v1/organisations", "/nowhere", "/openapi.json", "/readyz", "/metrics", "/static/x"):
        policy = check_common(main_user.get(path))
        assert set(policy) == {"default-src", "base-uri", "frame-ancestors", "form-action"}
    check_common(main_user.client.get("/livez", headers={"Host": "two words"}))


@pytest.mark.parametrize(
    "path",
    ["/problems", "/problems/not-found", "/docs", "/docs/oauth2-redirect", "/", "/rulebook", "/role-invitations/x"],
)
def test_a_page_may_run_its_own_scripts_and_no_others(service: str, path: str) -> None:
    page = httpx.get(f"{service}{path}", follow_redirects=True)
    policy = check_common(page)
    assert "unsafe" not in policy["script-src"]
    for kind, text in re.findall(r"<(script|style)>(.*?)</", page.text, re.DOTALL):
        digest = b64encode(sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy[f"{kind}-src"] or path == "/docs"
    for name in ("script", "style", "connect"):
        assert "http" not in policy.get(f"{name}-src", "")
    # What an attribute would run has no hash.
    assert not re.search(r"<[^>]+ on\w+=", page.text)


def test_a_script_that_gets_into_a_page_does_not_run() -> None:
    script, style = "alert(1)", "body { display: none; }"
    body = f"<p><script>{script}</script><style>{style}</style></p>"
    policy = HtmlPage(document("en", "Page", body)).headers["Content-Security-Policy"]
    assert "script-src 'none'" in policy
    assert inline(style) not in policy
    assert policy == HtmlPage(document("fi", "Sivu", "")).headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://id.example.org/token?tenant=1", "https://id.example.org"),
        ("http://127.0.0.1:9000/token", "http://127.0.0.1:9000"),
        ("https://id.example.org; script-src *", ""),
        ("javascript:alert(1)", ""),
    ],
)
def test_swagger_ui_reaches_the_tokens_of_the_issuer(url: str, origin: str) -> None:
    sign_in = {"scheme": {"flows": {"authorizationCode": {"tokenUrl": url}}}}
    assert documents.origin_of_tokens(sign_in) == origin
