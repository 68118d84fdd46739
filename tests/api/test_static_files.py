"""The files of Swagger UI: compressed, and kept by browsers for as long as they do not change."""

import re
from io import BytesIO

import httpx
import pytest
from PIL import Image

from app.api.static_files import FILES
from tests.builders import refusal


def test_every_file_of_the_page_is_kept_without_asking_again(service: str) -> None:
    page = httpx.get(f"{service}/docs").text
    files = re.findall(r'(?:src|href)="(/static/[^"]+)"', page)
    assert len(files) == 4
    for path in files:
        answer = httpx.get(service + path)
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        again = httpx.get(service + path, headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")


def test_a_file_is_compressed_for_those_who_can_read_it(service: str) -> None:
    path = f"{service}/static/swagger-ui-bundle.js"
    with httpx.stream("GET", path, headers={"Accept-Encoding": "gzip"}) as packed:
        sent = sum(len(part) for part in packed.iter_raw())
    plain = httpx.get(path, headers={"Accept-Encoding": "identity"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert sent < len(plain.content) / 3
    assert plain.content == FILES["swagger-ui-bundle.js"].read_bytes()
    # Without the digest in its path the file may be another tomorrow.
    assert plain.headers["Cache-Control"] == "public, no-cache"


@pytest.mark.parametrize(
    "path", ["/rulebook", "/problems", "/problems/not-found", "/openapi.json", "/favicon.ico", "/static/docs.js"]
)
def test_no_other_version_is_returned_than_the_one_asked_for(service: str, path: str) -> None:
    tag = httpx.get(service + path).headers["ETag"]
    for other in ('"else"', f"W/{tag}"):
        for more in ({}, {"If-None-Match": "*"}):
            answer = httpx.get(service + path, headers={"If-Match": other} | more)
            assert refusal(answer) == (412, "precondition-failed")
            assert answer.headers["ETag"] == answer.json()["etag"] == tag
        head = httpx.head(service + path, headers={"If-Match": other})
        assert (head.status_code, head.content, head.headers["ETag"]) == (412, b"", tag)
    for same in ("*", tag, f'"else", {tag}'):
        assert httpx.get(service + path, headers={"If-Match": same}).status_code == 200
        assert httpx.head(service + path, headers={"If-Match": same}).status_code == 200
        assert httpx.get(service + path, headers={"If-Match": same, "If-None-Match": tag}).status_code == 304
    malformed = httpx.get(service + path, headers={"If-Match": tag.strip('"')})
    assert (refusal(malformed), malformed.json()["header"]) == ((400, "malformed-request"), "If-Match")


def test_the_front_page_too_is_returned_in_the_version_asked_for_alone(service: str) -> None:
    # In a sandbox it says what time it is, so its version is another each minute.
    assert refusal(httpx.get(f"{service}/", headers={"If-Match": '"else"'})) == (412, "precondition-failed")
    assert httpx.get(f"{service}/", headers={"If-Match": "*"}).status_code == 200


def test_what_is_not_there_has_no_version(service: str) -> None:
    for path in ("/problems/nothing", "/static/nothing"):
        assert refusal(httpx.get(service + path, headers={"If-Match": '"else"'})) == (404, "not-found")


def test_every_page_has_the_icon_of_the_service(service: str) -> None:
    icon = httpx.get(f"{service}/favicon.ico")
    assert (icon.status_code, icon.headers["Content-Type"]) == (200, "image/vnd.microsoft.icon")
    assert Image.open(BytesIO(icon.content)).info["sizes"] == {(16, 16), (32, 32), (48, 48)}
    # Browsers look there, unless a page names another.
    for path in ("/", "/docs", "/problems", "/problems/busy", "/rulebook"):
        assert 'rel="icon"' not in httpx.get(service + path).text


@pytest.mark.parametrize(
    "path", ["/static/redoc.standalone.js", "/static/docs.html", "/static/..%2fmain.py", "/static/"]
)
def test_other_files_are_not_there(service: str, path: str) -> None:
    assert httpx.get(service + path).status_code == 404
