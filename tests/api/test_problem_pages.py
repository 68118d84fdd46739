"""The pages of the error codes are complete and link to one another."""

import json
from html import unescape
from html.parser import HTMLParser

import pytest

from app.api.problem_pages import index_page, page_of
from app.domain.organisations.organisations import Language
from app.texts.problems import CODES, title_of
from app.texts.rendering import LANGUAGES


class Outline(HTMLParser):
    """Reads a page like a browser: every tag that is opened is closed, and nothing comes from another site."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.starts: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.starts.append((tag, dict(attrs)))
        if tag not in {"br", "input", "meta"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", [*sorted(CODES), "the index"])
def test_a_page_is_complete_and_links_to_the_other_languages(code: str, language: Language) -> None:
    page = index_page(language) if code == "the index" else page_of(code, language)
    assert page is not None
    outline = Outline()
    outline.feed(page)
    assert outline.open == []
    assert ("html", {"lang": language}) in outline.starts
    assert [tag for tag, _ in outline.starts].count("h1") == 1
    assert not {"link", "script", "img", "iframe"} & {tag for tag, _ in outline.starts}
    links = [attributes["href"] for tag, attributes in outline.starts if tag == "a"]
    assert {f"?lang={other}" for other in LANGUAGES if other != language} <= set(links)
    assert all(link and link.startswith(("?lang=", "/?lang=", "/problems", "/docs")) for link in links)
    assert f"/?lang={language}" in links
    assert "`" not in page
    assert "{{" not in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_shows_an_example_in_its_language(language: Language) -> None:
    page = page_of("window-closed", language) or ""
    example = json.loads(unescape(page.partition("<pre><code>")[2].partition("</code></pre>")[0]))
    assert (example["code"], example["status"], example["kind"]) == ("window-closed", 409, "change_window")
    assert example["title"] == title_of("window-closed", language)


def test_the_index_links_to_every_page() -> None:
    index = index_page("fi")
    assert all(f'href="/problems/{code}?lang=fi"' in index for code in CODES)


@pytest.mark.parametrize("code", ["", "of-tomorrow", "<script>", "../fi", "Busy"])
def test_an_unknown_code_has_no_page(code: str) -> None:
    assert page_of(code, "en") is None
