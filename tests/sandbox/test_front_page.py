"""The pages of a sandbox."""

import re

import pytest

from app.domain.organisations.organisations import Language
from app.texts.rendering import LANGUAGES
from tests.api.test_front_page import links_of, outline_of
from tests.sandbox import Sandbox


def test_the_front_page_shows_demo_people_and_the_clock(sandbox: Sandbox) -> None:
    sandbox.client.put("/v1/sandbox/clock", json={"now": "2023-03-13T12:00:00+02:00"})
    page = sandbox.client.get("/", params={"lang": "en"}).text
    assert "13 March 2023 at 12:00" in page
    assert "<td>paakayttaja@example.org</td><td>Kaisa Kuusiranta</td><td>Main user: " in page
    for address in ("staff@example.org", "paakayttaja@example.org", "kouluttaja@example.org"):
        assert f"<td>{address}</td>" in page
    for path in ("/v1/sandbox/people", "/v1/sandbox/clock", "/mailbox?lang=en"):
        assert f'href="{path}"' in page
        assert sandbox.client.get(path).status_code == 200
    wheel = page.partition('id="year-wheel"')[2].partition("</svg>")[0]
    assert "2023" in wheel
    assert wheel.count("<path") > 5
    sandbox.client.delete("/v1/sandbox/clock")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_mailbox_is_a_page(sandbox: Sandbox, language: Language) -> None:
    listed = sandbox.client.get("/v1/sandbox/mailbox", params={"limit": 1}).json()["items"][0]
    page = sandbox.client.get("/mailbox", params={"lang": language, "to": listed["to"]})
    assert f"/?lang={language}" in links_of(outline_of(page))
    assert (page.headers["Cache-Control"], page.headers["Content-Language"]) == ("no-store", language)
    assert f"<h2>{listed['subject']}</h2>" in page.text
    assert listed["text"].rpartition("\n")[2] in page.text


def test_the_mailbox_shows_text_as_text(sandbox: Sandbox) -> None:
    page = sandbox.client.get("/mailbox", params={"to": '"><script>alert(1)</script>', "lang": "sv"}).text
    assert "<script" not in page
    assert re.search(r"<p>Inga meddelanden.</p>", page)
