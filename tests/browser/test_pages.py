"""Chromium at the pages for people: on a telephone they do not scroll sideways, and only what is ours runs."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from app.api.pages import HtmlPage, document, facts_list
from tests.browser.swagger import CHROMIUM, chromium

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed.")
IS_TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def telephone() -> Iterator[Page]:
    with chromium() as browser:
        yield browser.new_context(viewport={"width": 360, "height": 740}).new_page()


@pytest.mark.parametrize("path", ["/", "/problems", "/problems/window-closed", "/rulebook", "/role-invitations/x"])
def test_a_page_fits_a_telephone(service: str, telephone: Page, path: str) -> None:
    telephone.goto(service + path)
    assert telephone.evaluate("getComputedStyle(document.body).maxWidth") == "672px"  # The policy allows our style.
    assert not telephone.evaluate(IS_TOO_WIDE)
    if path == "/rulebook":
        widest = "Math.max(...[...document.querySelectorAll('table')].map((table) => table.scrollWidth))"
        assert telephone.evaluate(widest) > 360
        telephone.locator('nav a[href="#3.12"]').click()
        assert telephone.evaluate("Math.abs(document.getElementById('3.12').getBoundingClientRect().top) < 100")


def test_facts_of_any_length_fit_a_telephone(service: str, telephone: Page) -> None:
    page = HtmlPage(document("en", "Page", facts_list([("Organisation", "x" * 200), ("y" * 90, "Marttaliitto")])))
    window = telephone.context.new_page()
    for width in (320, 1200):
        window.set_viewport_size({"width": width, "height": 740})
        window.route("**/problems", lambda route: route.fulfill(body=bytes(page.body), headers=dict(page.headers)))
        window.goto(f"{service}/problems")
        assert not window.evaluate(IS_TOO_WIDE)


def test_a_script_that_gets_into_a_page_does_not_run(service: str, telephone: Page) -> None:
    script = "document.title = 'ran'"
    injected = f'<script>{script}</script><img src="/static/favicon.png" onload="{script}">'
    page = HtmlPage(document("en", "Page", injected))

    def title_with(headers: dict[str, str]) -> str:
        window = telephone.context.new_page()
        window.route("**/problems", lambda route: route.fulfill(body=bytes(page.body), headers=headers))
        window.goto(f"{service}/problems")
        window.wait_for_load_state("networkidle")
        return window.title()

    assert title_with({"Content-Type": "text/html"}) == "ran"
    assert title_with(dict(page.headers)) == "Page – Tuntipankki"
