"""Chromium at the pictures: their policy allows their style, and their words stay apart and inside them."""

from collections.abc import Iterator
from datetime import date
from itertools import cycle
from uuid import UUID

import pytest
from playwright.sync_api import Browser

from app.domain.hours.ledger import distribution, grant, lapse, pool_change, reservation, use
from app.texts.rendering import LANGUAGES
from tests.browser.swagger import CHROMIUM, chromium
from tests.builders import Centre, Person

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed.")
LONG = '<svg onload=alert(1)> & "Varsinais-Suomen MAAKUNNAN kansalaisopistojen ja sivistysjärjestöjen yhdistys" ry'
CHARTS = ("tree", "flow", "years", "usage")
COLOURS = "getComputedStyle(document.querySelector('rect')).fill"
OUTSIDE_OR_OVERLAPPING = """() => {
    const boxes = [...document.querySelectorAll('text')].map((text) => [text.textContent, text.getBBox()]);
    const apart = ([, one], [, other]) =>
        one.x + one.width <= other.x || other.x + other.width <= one.x ||
        one.y + one.height <= other.y + 2 || other.y + other.height <= one.y + 2;
    return boxes.filter((box, place) => box[1].x < 0 || box[1].x + box[1].width > 760 ||
        !boxes.slice(place + 1).every((other) => apart(box, other))).map(([text]) => text);
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def reader(centre: Centre) -> tuple[Person, UUID]:
    """The main user of a central organisation whose hours are large, and whose names are long."""
    central = centre.organisation(name=LONG)
    centre.post(2023, pool_change(9_000_000), grant(central, 8_000_000))
    for number in range(20):
        unit = centre.organisation(central, name=f"{number} {LONG}")
        centre.post(2023, distribution(central, unit, 300_000), reservation(central, unit, 10_000))
        centre.post(2023, use(central, unit, 5_000), lapse(central, unit, 50_000))
    centre.deadline("change_window", date(2023, 3, 13), date(2023, 3, 25))
    return centre.main_user(central), central


@pytest.mark.long
def test_a_picture_has_its_colours_and_its_words_apart(browser: Browser, reader: tuple[Person, UUID]) -> None:
    person, central = reader
    headers = {"Authorization": person.client.headers["Authorization"]}
    page = browser.new_context(extra_http_headers=headers).new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    wheel = f"/v1/calendars/2023/wheel.svg?organisation_id={central}&"
    charts = [f"/v1/organisations/{central}/hour-charts/{chart}.svg?year=2023&" for chart in CHARTS]
    for path, language in zip([wheel, *charts], cycle(LANGUAGES), strict=False):
        page.goto(f"{person.client.base_url}{path}language={language}")
        colours = []
        for scheme, media in (("light", "screen"), ("dark", "screen"), ("dark", "print")):
            page.emulate_media(color_scheme=scheme, media=media)  # type: ignore[arg-type]  # Both are literals.
            colours.append(page.evaluate(COLOURS))
        assert colours == ["rgb(255, 255, 255)", "rgb(22, 22, 22)", "rgb(255, 255, 255)"]
        assert page.evaluate(OUTSIDE_OR_OVERLAPPING) == []
        found = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
        assert [LONG in node["name"]["value"] for node in found if node["role"]["value"] == "image"] == [True]
    assert said == []
