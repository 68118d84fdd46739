"""Links lead to operations that exist."""

import json
from typing import Any
from urllib.parse import unquote

import pytest
from pydantic import ValidationError

from app.delivery.links import DOCUMENT, link_to
from app.domain.calendar.deadlines import DONE_AT
from app.domain.delivery.mailed_events import MAILED_EVENTS
from app.settings import Settings
from tests.conftest import SECRET
from tests.domain.calendar.test_task_calls import TASKS

OPERATIONS: dict[tuple[str, str], dict[str, Any]] = {
    (method.upper(), path): operation
    for path, operations in json.loads(DOCUMENT.read_bytes())["paths"].items()
    for method, operation in operations.items()
}
ORIGIN = "https://tunnit.example.org"
UUID = "0186e3c2-8a00-7000-8000-000000000001"
PARAMETERS = {"year": "2024"}


def settings(public_url: str) -> Settings:
    return Settings(database_url="postgresql://", secret_key=SECRET, public_url=public_url)


def test_a_link_is_the_operation_in_swagger_ui() -> None:
    for (method, path), operation in OPERATIONS.items():
        for address in (path, filled(path, operation)):
            link = link_to(ORIGIN, method, address)
            assert link is not None
            assert link.isascii()
            assert unquote(link) == f"{ORIGIN}/docs#/{operation['tags'][0]}/{operation['operationId']}"


def filled(path: str, operation: dict[str, Any]) -> str:
    """The path as tasks have it."""
    for parameter in operation.get("parameters", []):
        path = path.replace(f"{{{parameter['name']}}}", PARAMETERS.get(parameter["name"], UUID))
    return path


def test_every_task_and_every_deadline_has_a_link() -> None:
    places = [(task.call.method, task.call.path) for task in TASKS] + list(DONE_AT.values())
    assert all(link_to(ORIGIN, method, path) for method, path in places)


def test_every_mail_has_a_link() -> None:
    assert all(link_to(ORIGIN, *mailed.place({})) for mailed in MAILED_EVENTS.values())


def test_without_a_public_url_there_is_no_link() -> None:
    assert link_to(None, "GET", "/v1/me") is None


def test_an_operation_that_does_not_exist_has_no_link() -> None:
    with pytest.raises(KeyError):
        link_to(ORIGIN, "GET", "/v1/nothing")


@pytest.mark.parametrize(
    "url",
    [ORIGIN, "https://tunnit.example.org:8443", "http://localhost:8000", "http://127.0.0.1", "http://[::1]:8000"],
)
def test_a_public_url_is_an_origin(url: str) -> None:
    assert settings(url).public_url == url


@pytest.mark.parametrize(
    "url",
    [
        "tunnit.example.org",
        "http://tunnit.example.org",
        "ftp://localhost",
        "https://",
        "https://:443",
        "https://tunnit.example.org:",
        "https://tunnit.example.org:0",
        "https://tunnit.example.org:65536",
        "https://tunnit.example.org/",
        "https://tunnit.example.org/tunnit",
        "https://tunnit.example.org?a=b",
        "https://tunnit.example.org#docs",
        "https://aino@tunnit.example.org",
        "https://tunnit example.org",
        "https://tunnit.example.org\n",
        "https://tuntipänkki.example",
        "HTTPS://tunnit.example.org",
        "https://[::1",
    ],
)
def test_what_is_no_origin_stops_the_start(url: str) -> None:
    with pytest.raises(ValidationError):
        settings(url)


def test_an_empty_public_url_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLIC_URL", "")
    assert Settings(database_url="postgresql://", secret_key=SECRET).public_url is None
