"""Chromium at the Swagger UI of a sandbox: find an operation, become a person, set the clock, see a picture."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.local.embedded_postgres import Addresses
from tests.browser.swagger import CHROMIUM, SwaggerUI, chromium
from tests.images.pictures import picture
from tests.sandbox import Sandbox, serving_sandbox

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed.")


@pytest.fixture
def sandbox(postgres_cluster: Addresses) -> Iterator[Sandbox]:
    with serving_sandbox(postgres_cluster) as sandbox:
        yield sandbox


def test_a_person_and_the_clock_are_chosen_from_lists(sandbox: Sandbox, tmp_path: Path) -> None:
    logo = tmp_path / "logo.png"
    logo.write_bytes(picture())
    with chromium() as browser:
        window = SwaggerUI.opened_in(browser, str(sandbox.client.base_url).rstrip("/"))
        page = window.page
        assert page.locator(".opblock").count() == 0
        groups = page.locator(".opblock-tag").evaluate_all("all => all.map((one) => one.dataset.tag)")
        assert groups.index("Hour proposals") < groups.index("Hour decisions") < groups.index("Hour returns")
        assert groups[-1] == "Sandbox"
        page.locator(".operation-filter-input").fill("return HOURS")
        page.locator('.opblock[id$="-book_hour_return"]').wait_for()
        said = page.locator("#sandbox output")
        people, days = page.locator("#sandbox select").all()
        people.select_option(label=people.locator("option", has_text="Kaisa Kuusiranta").inner_text())
        said.get_by_text("Signed in as Kaisa Kuusiranta").wait_for()
        days.select_option(value="2023-03-15T12:00:00+02:00")
        said.get_by_text("2023-03-15 12:00").wait_for()
        me = window.succeed("get_me")
        assert me["person"]["email"] == "paakayttaja@example.org"
        central = me["organisations"][0]["id"]
        window.succeed("put_organisation_logo", file=logo, organisation_id=central)
        shown = window.answered("get_organisation_logo", None, None, {"organisation_id": central}).locator("img")
        assert shown.evaluate("image => image.decode().then(() => image.naturalWidth)") == 60
