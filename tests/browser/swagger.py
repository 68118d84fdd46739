"""Swagger UI as a person uses it: sign in, open an operation, fill it in, send it, and read the answer."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Browser, Locator, Page, sync_playwright

from tests.provider.provider import PASSWORD

CHROMIUM = Path("/usr/bin/chromium")
PATIENCE_MS = 60_000


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-component-update",
                # Swagger UI makes much that it soon throws away.
                "--js-flags=--min-semi-space-size=64 --max-semi-space-size=128",
            ],
        )
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class SwaggerUI:
    """A person's own browser window, at the service's documentation."""

    page: Page
    console: list[str] = field(default_factory=list)

    def check_policy(self) -> None:
        """Check that the page has done nothing that its Content-Security-Policy forbids."""
        assert not [text for text in self.console if "Content Security Policy" in text]

    @classmethod
    def opened_in(cls, browser: Browser, service: str) -> "SwaggerUI":
        page = browser.new_context(viewport={"width": 1200, "height": 1000}).new_page()
        page.set_default_timeout(PATIENCE_MS)
        window = cls(page)
        page.on("console", lambda message: window.console.append(message.text))
        page.goto(f"{service}/docs")
        page.locator(".opblock-tag").first.wait_for()
        return window

    def sign_in(self, name: str) -> None:
        """By the button Authorize, at the provider's own forms in the window that opens."""
        addresses: list[str] = []
        self.page.context.on("request", lambda request: addresses.append(request.url))
        self.page.locator(".auth-wrapper .authorize").first.click()
        with self.page.expect_popup() as opening:
            self.page.locator(".auth-container", has_text="authorizationCode").get_by_role(
                "button", name="Apply given OAuth2 credentials"
            ).click()
        provider = opening.value
        provider.set_default_timeout(PATIENCE_MS)
        for named, text in (("login", name), ("password", PASSWORD)):
            provider.locator(f"input[name={named}]").fill(text)
            provider.locator("[type=submit]").first.click()
        self.page.locator(".auth-container", has_text="Authorized").first.wait_for()
        sent_to = [parse_qs(urlsplit(address).query) for address in addresses if "response_type=code" in address]
        assert sent_to[0]["code_challenge_method"] == ["S256"]
        assert sent_to[0]["code_challenge"]
        self.page.locator(".btn-done").first.click()

    def send(
        self, operation_id: str, body: object = None, *, file: Path | None = None, **parameters: str
    ) -> tuple[int, Any]:
        """Return the status and the answer: its JSON if it has any, else its text."""
        answered = self.answered(operation_id, body, file, parameters)
        status = int(answered.locator("tbody td.response-col_status").first.inner_text().split()[0])
        shown = answered.locator("tbody .highlight-code code").first
        text = shown.inner_text() if shown.count() else ""
        try:
            return status, json.loads(text)
        except ValueError:
            return status, text

    def succeed(
        self, operation_id: str, body: object = None, *, file: Path | None = None, **parameters: str
    ) -> dict[str, Any]:
        """Return the answer of an operation that must succeed."""
        status, answer = self.send(operation_id, body, file=file, **parameters)
        assert status in {200, 201}, answer
        return dict(answer)

    def download(self, operation_id: str, **parameters: str) -> bytes:
        """Return the file behind the link that Swagger UI shows for it."""
        answered = self.answered(operation_id, None, None, parameters)
        with self.page.expect_download() as coming:
            answered.get_by_role("link", name="Download file").click()
        return coming.value.path().read_bytes()

    def answered(self, operation_id: str, body: object, file: Path | None, parameters: dict[str, str]) -> Locator:
        # Groups are closed until an operation is looked for.
        self.page.locator(".operation-filter-input").fill(operation_id)
        block = self.page.locator(f'.opblock[id$="-{operation_id}"]')
        if not block.locator(".opblock-body").count():
            block.locator(".opblock-summary-control").click()
        block.locator(".try-out__btn").first.wait_for()
        trying = block.locator(".try-out__btn:not(.cancel)")
        if trying.count():
            trying.click()
        for name, value in parameters.items():
            block.locator(f'tr[data-param-name="{name}"] input').fill(value)
        if body is not None:
            block.locator("textarea.body-param__text").fill(json.dumps(body))
        if file is not None:
            block.locator("input[type=file]").set_input_files(file)
        clearing = block.locator(".btn-clear")
        if clearing.count():
            clearing.click()
        block.locator("button.execute").click()
        answered = block.locator(".live-responses-table")
        answered.wait_for()
        return answered
