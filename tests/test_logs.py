"""No value reaches the log: not from a body, a token, a path or a query, nor from an exception that quotes them."""

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
import structlog

from app import logs
from tests.builders import Centre, refusal

PATH = "/v1/supplementary-hour-requests"
SECRETIVE = "Salaisen Sanan Seura ry"


@pytest.fixture
def log(service: str) -> Iterator[io.StringIO]:
    """What is logged while the test runs."""
    kept, handlers, level = structlog.get_config(), logging.root.handlers[:], logging.root.level
    stream = io.StringIO()
    assert service, "the service has set up its own log"
    logs.configure("DEBUG", stream)
    yield stream
    structlog.configure(**kept)
    logging.root.handlers = handlers
    logging.root.setLevel(level)


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def test_a_response_is_logged_by_its_route_only(centre: Centre, log: io.StringIO) -> None:
    staff = centre.staff()
    answer = staff.get(f"{PATH}/{centre.id}", params={"q": SECRETIVE}, headers={"X-Request-Id": "one"})
    assert refusal(answer) == (422, "validation")
    (logged,) = [line for line in lines(log) if line["event"] == "request answered"]
    assert logged.pop("milliseconds") > 0
    assert logged.pop("timestamp").endswith("Z")
    assert logged == {
        "event": "request answered",
        "level": "info",
        "request_id": "one",
        "method": "GET",
        "route": "/v1/supplementary-hour-requests/{request_id}",
        "status": 422,
    }
    assert str(centre.id) not in log.getvalue()
    assert SECRETIVE not in log.getvalue()


def test_an_internal_error_is_logged_with_its_place_and_type_but_no_value(centre: Centre, log: io.StringIO) -> None:
    """An unforeseen constraint: PostgreSQL's message quotes the whole row."""
    centre.change_window()
    organisation = centre.organisation()
    main_user = centre.main_user(organisation)
    token = main_user.client.headers["Authorization"].removeprefix("Bearer ")
    with unforeseen_constraint(centre.owner):
        answer = main_user.post(
            PATH, {"organisation_id": str(organisation), "year": 2023, "hours": 12345, "grounds": SECRETIVE}
        )
    assert refusal(answer) == (500, "internal-error")
    (logged,) = [line for line in lines(log) if line["event"] == "request failed"]
    assert logged["request_id"] == answer.json()["request_id"]
    assert logged["exception"][0] | {"at": None} == {
        "type": "psycopg.errors.CheckViolation",
        "sqlstate": "23514",
        "table": "supplementary_hour_requests",
        "constraint": "nobody_foresaw",
        "at": None,
    }
    assert any("app/services/hours/supplementary_requests.py" in place for place in logged["exception"][-1]["at"])
    for value in (SECRETIVE, "12345", token, str(main_user.id), str(organisation), "Aino", "example.org"):
        assert value not in log.getvalue()
        assert value not in answer.text


@contextmanager
def unforeseen_constraint(owner: psycopg.Connection[Any]) -> Iterator[None]:
    owner.execute("ALTER TABLE supplementary_hour_requests ADD CONSTRAINT nobody_foresaw CHECK (hours <> 12345)")
    try:
        yield
    finally:
        owner.execute("ALTER TABLE supplementary_hour_requests DROP CONSTRAINT nobody_foresaw")


def test_messages_of_libraries_go_the_same_way(log: io.StringIO) -> None:
    try:
        raise ValueError(SECRETIVE)
    except ValueError:
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application\n")
    logging.getLogger("uvicorn.access").info("%s", SECRETIVE)
    logging.getLogger("psycopg.pool").info("%s", SECRETIVE)

    async def forget() -> None:
        async def fail() -> None:
            raise ValueError(SECRETIVE)

        task = asyncio.create_task(fail())
        await asyncio.sleep(0)
        task.set_name(SECRETIVE)
        del task

    asyncio.run(forget())
    logged = lines(log)
    assert [line["event"] for line in logged] == [
        "Exception in ASGI application",
        "Task exception was never retrieved",
    ]
    assert all(line["exception"][0]["type"] == "builtins.ValueError" for line in logged)
    assert SECRETIVE not in log.getvalue()


def test_an_exception_is_logged_with_its_causes_and_group(log: io.StringIO) -> None:
    try:
        try:
            raise KeyError(SECRETIVE)
        except KeyError as error:
            raise ExceptionGroup(SECRETIVE, [ValueError(SECRETIVE)]) from error
    except ExceptionGroup:
        structlog.get_logger().error("it failed", exc_info=True)
    (logged,) = lines(log)
    group, cause = logged["exception"]
    assert (group["type"], cause["type"]) == ("builtins.ExceptionGroup", "builtins.KeyError")
    assert group["exceptions"][0][0]["type"] == "builtins.ValueError"
    assert cause["at"][0].startswith("tests/test_logs.py:")
    assert SECRETIVE not in log.getvalue()


def test_messages_below_the_level_are_not_logged(log: io.StringIO) -> None:
    logs.configure("WARNING", log)
    structlog.get_logger().info("seldom wanted")
    logging.getLogger("uvicorn.error").info("seldom wanted")
    structlog.get_logger().warning("wanted")
    assert [line["event"] for line in lines(log)] == ["wanted"]


def test_the_log_goes_to_standard_output(capsys: pytest.CaptureFixture[str], log: io.StringIO) -> None:
    logs.configure("INFO")
    structlog.get_logger().info("here")
    assert json.loads(capsys.readouterr().out)["event"] == "here"
    assert log.getvalue() == ""
