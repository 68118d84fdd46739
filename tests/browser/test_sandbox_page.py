"""Chromium at a sandbox: in Swagger UI find an operation, become a person, set the clock, see a picture; and what
people see at public addresses."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.local.embedded_postgres import Addresses
from tests.browser.swagger import CHROMIUM, SwaggerUI, chromium
from tests.browser.test_pages import IS_TOO_WIDE
from tests.document import operations
from tests.images.pictures import picture
from tests.openapi.examples import examples_of
from tests.sandbox import Sandbox, serving_sandbox

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed.")


@pytest.fixture(scope="module")
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
        people, times = page.locator("#sandbox select").all()
        kaisa = "Kaisa Kuusiranta, main user, Villasukkaväen Keskusliitto ry, paakayttaja@example.org"
        people.locator("option", has_text=kaisa).first.wait_for(state="attached")
        people.select_option(label=kaisa)
        said.get_by_text("Signed in as paakayttaja@example.org").wait_for()
        times.select_option(value="2023-03-15T12:00:00+02:00")
        said.get_by_text("2023-03-15 12:00").wait_for()
        me = window.succeed("get_me")
        assert me["person"]["email"] == "paakayttaja@example.org"
        central = me["organisations"][0]["id"]
        window.succeed("put_organisation_logo", file=logo, organisation_id=central)
        shown = window.answered("get_organisation_logo", None, None, {"organisation_id": central}).locator("img")
        assert shown.evaluate("image => image.decode().then(() => image.naturalWidth)") == 60
        chart = window.answered("get_hour_chart", None, None, {}).locator("img")
        assert chart.evaluate("image => image.decode().then(() => image.naturalWidth)") == 760
        assert "Villasukkaväen Keskusliitto ry" in (chart.get_attribute("alt") or "")
        window.check_policy()


def test_an_operation_is_easy_to_survey_on_a_telephone_too(sandbox: Sandbox) -> None:
    with chromium() as browser:
        page = SwaggerUI.opened_in(browser, str(sandbox.client.base_url).rstrip("/")).page
        page.set_viewport_size({"width": 390, "height": 844})
        page.locator(".operation-filter-input").fill("get_organisation_logo")
        block = page.locator('.opblock[id$="-get_organisation_logo"]')
        block.locator(".opblock-summary-control").click()
        block.locator(".try-out__btn").click()
        assert block.locator('tr[data-param-name="organisation_id"] input').evaluate("box => box.offsetWidth") > 200
        missing = block.locator('.response[data-code="404"]')
        missing.get_by_role("link", name="not-found").wait_for()
        assert missing.locator("table, .highlight-code").count() == 0
        missing.get_by_role("button", name="Show the example and the headers of 404").click()
        missing.locator(".highlight-code").get_by_text("/problems/not-found").wait_for()


def test_the_people_and_times_of_all_examples_can_be_chosen(sandbox: Sandbox) -> None:
    examples = [operation["x-try-it"] for _, _, operation in operations() if "x-try-it" in operation]
    with chromium() as browser:
        page = SwaggerUI.opened_in(browser, str(sandbox.client.base_url).rstrip("/")).page
        said = page.locator("#sandbox output")
        said.get_by_text("The clock shows").wait_for()
        people, times = (
            set(each.locator("option").evaluate_all("all => all.map((one) => one.value)"))
            for each in page.locator("#sandbox select").all()
        )
        assert people - {""} == {person["email"] for person in all_people(sandbox)}
        assert {example["as"]["email"] for example in examples if "email" in example.get("as", {})} <= people
        assert {example["at"] for example in examples} <= times
        links = page.locator("#sandbox a").evaluate_all("all => all.map((one) => one.getAttribute('href'))")
        assert links == ["/mailbox", "/"]
        page.locator("#sandbox input").fill("2023-07-01")
        said.get_by_text("The clock shows 2023-07-01 12:00.").wait_for()

        for operation, sender, clock in (
            ("change_hour_proposal", "Signed in as juhani.ahokallio@example.org.", "2023-10-17 10:00"),
            ("get_current_api_key", "A new API key is used.", "2023-03-15 12:00"),
            ("register_person", "Signed in as aila.alku.", "2023-03-15 12:00"),
            ("verify_email", "", "2023-03-15 12:00"),
        ):
            page.locator(".operation-filter-input").fill(operation)
            block = page.locator(f'.opblock[id$="-{operation}"]')
            block.locator(".opblock-summary-control").click()
            block.locator(".sandbox-example button").click()
            expected = f"{sender} The clock shows {clock}.".strip()
            block.locator(".sandbox-example output").get_by_text(expected, exact=True).wait_for()
            assert said.inner_text() == expected
        page.locator(".operation-filter-input").fill("nothing like it")
        page.get_by_text("No operation contains “nothing like it”. Try fewer or other words.").wait_for()


@pytest.mark.parametrize("operation", ["get_public_certificate", "get_public_study_register"])
def test_a_person_who_opens_a_public_address_sees_a_page_in_each_language(sandbox: Sandbox, operation: str) -> None:
    [example] = [each for each in examples_of() if each.id == operation]
    sandbox.clock(example.entry["at"])
    with chromium() as browser:
        window = browser.new_context(viewport={"width": 320, "height": 640}, locale="sv-FI")
        page, asked = window.new_page(), list[str]()
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{str(sandbox.client.base_url).rstrip('/')}{example.path}")
        assert page.locator("dt", has_text="Studiecentral").inner_text() == "Studiecentral"
        for language, study_centre in (("suomi", "Opintokeskus"), ("English", "Study centre")):
            page.get_by_role("link", name=language).click()
            page.locator("dt", has_text=study_centre).first.wait_for()
            assert not page.evaluate(IS_TOO_WIDE)
        assert "Villasukka" in page.locator("main").inner_text()
        page.set_viewport_size({"width": 1200, "height": 900})
        label, fact = (page.locator(each).first.evaluate("box => box.offsetTop") for each in ("dt", "dd"))
        assert label == fact
        # The icon is asked for by the browser.
        assert {url for url in asked if not url.endswith("/favicon.ico")} == {
            f"{str(sandbox.client.base_url).rstrip('/')}{example.path}{query}" for query in ("", "?lang=fi", "?lang=en")
        }


def all_people(sandbox: Sandbox) -> list[dict[str, Any]]:
    people: list[dict[str, Any]] = []
    page: dict[str, Any] = {"next_cursor": ""}
    while page["next_cursor"] is not None:
        at = {"cursor": page["next_cursor"]} if page["next_cursor"] else {}
        page = sandbox.client.get("/v1/sandbox/people", params={"limit": 200} | at).json()
        people += page["items"]
    return people
