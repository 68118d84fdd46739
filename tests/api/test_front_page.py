"""The front page and the rulebook, which people read in a browser."""

import re

import httpx
import pytest

from app.domain.organisations.organisations import Language
from app.texts.rendering import LANGUAGES
from tests.api.test_problem_pages import Outline


def outline_of(page: httpx.Response) -> Outline:
    assert page.status_code == 200
    assert page.headers["Content-Type"].startswith("text/html")
    outline = Outline()
    outline.feed(page.text)
    assert outline.open == []
    assert not {"script", "iframe"} & {tag for tag, _ in outline.starts}
    return outline


def links_of(outline: Outline) -> list[str]:
    return [attributes.get("href") or "" for tag, attributes in outline.starts if tag == "a"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_front_page_leads_to_what_there_is(service: str, language: Language) -> None:
    def asked_in_the_path() -> httpx.Response:
        return httpx.get(f"{service}/", params={"lang": language}, headers={"Accept-Language": "de"})

    in_the_path = asked_in_the_path()
    by_the_browser = httpx.get(f"{service}/", headers={"Accept-Language": f"{language}, de;q=0.5"})
    # The page says what time it is, and a minute may have passed.
    assert by_the_browser.text in (in_the_path.text, asked_in_the_path().text)
    outline = outline_of(in_the_path)
    assert ("html", {"lang": language}) in outline.starts
    own = [link for link in links_of(outline) if not link.startswith("?")]
    assert own[:4] == ["/docs", "/openapi.json", f"/problems?lang={language}", f"/rulebook?lang={language}"]
    assert all(httpx.get(service + link).status_code == 200 for link in own[:4])


def test_the_front_page_names_no_host_of_the_request(service: str) -> None:
    assert "evil.example" not in httpx.get(f"{service}/", headers={"Host": "evil.example"}).text


def test_the_rulebook_is_a_page(service: str) -> None:
    page = httpx.get(f"{service}/rulebook")
    outline = outline_of(page)
    tags = [tag for tag, _ in outline.starts]
    assert (tags.count("h1"), "table" in tags, "|---" in page.text) == (1, True, False)
    assert "?lang=fi" not in links_of(outline)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_rulebook_has_a_table_of_contents_and_a_way_back(service: str, language: Language) -> None:
    page = httpx.get(f"{service}/rulebook", params={"lang": language})
    back, *links = links_of(outline_of(page))
    assert back == f"/?lang={language}"
    contents = page.text.partition('id="contents"')[2].partition("</nav>")[0]
    listed = re.findall(r'href="#([^"]+)"', contents)
    assert listed == re.findall(r'<h[23]><a id="([^"]+)">', page.text)
    assert {"1", "3.4", "10"} < set(listed)
    anchors = set(re.findall(r' id="([^"]+)"', page.text))
    assert {link.removeprefix("#") for link in links if link.startswith("#")} <= anchors
    # What has no link is another document's.
    assert re.findall(r"(RFC \d+)\s§", page.text) == ["RFC 5321", "RFC 5322"]
    assert len(re.findall(r"(?<!>)§", page.text)) == 2
    assert '<a href="#6.9">§6.9</a>' in page.text


@pytest.mark.parametrize(
    ("path", "language"),
    [("/", "sv"), ("/problems", "sv"), ("/problems/window-closed", "sv"), ("/rulebook", "en")],
)
def test_a_browser_keeps_a_page_for_each_language(service: str, path: str, language: str) -> None:
    swedish = {"Accept-Language": "sv"}
    page = httpx.get(service + path, headers=swedish)
    assert page.headers["Content-Language"] == language
    assert {name.strip() for name in page.headers["Vary"].split(",")} == {"Accept-Encoding", "Accept-Language"}
    assert page.headers["Cache-Control"] == "no-cache"
    assert page.headers["ETag"].startswith('"')
    again = httpx.get(service + path, headers=swedish | {"If-None-Match": page.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    # What the browser kept gets the headers of this response.
    assert again.headers["Content-Security-Policy"] == page.headers["Content-Security-Policy"]
    finnish = httpx.get(service + path, headers={"Accept-Language": "fi", "If-None-Match": page.headers["ETag"]})
    assert finnish.status_code == 200
