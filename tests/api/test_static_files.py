"""The files of Swagger UI: compressed, and kept by browsers for as long as they do not change."""

import re
from io import BytesIO

import httpx
import pytest
from PIL import Image

from app.api.static_files import FILES


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
