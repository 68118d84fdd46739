"""Structured logs: one JSON object a line on standard output, without personal data.

Messages of exceptions contain values (psycopg's quote the row that was refused), and so do local variables. The log
therefore shows only an exception's type, what the database names (code, table, constraint) and where it was raised.
"""

import logging
import sys
import traceback
from pathlib import Path
from typing import Any, TextIO

import psycopg
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

ROOT = Path(__file__).parents[1]
DEEPEST_CAUSE = 5


def configure(level: str, stream: TextIO | None = None) -> None:
    """Set up the process's log once, at its start: our messages and those of every library go the same way."""
    stream = stream or sys.stdout
    common: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _describe_exception,
    ]
    written = structlog.processors.JSONRenderer(ensure_ascii=False)
    threshold = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[*common, written],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.WriteLoggerFactory(stream),
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, _first_line, *common],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, written],
        )
    )
    logging.root.handlers = [handler]
    # At INFO, libraries log every checkout of a connection and every URL they fetch.
    logging.root.setLevel(max(threshold, logging.WARNING))
    logging.getLogger("uvicorn").setLevel(threshold)
    # When started by its own command, Uvicorn has already set up a log of its own. Its access log stays silent: it has
    # paths with ids and query strings, and the edge logs the route alone.
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], name != "uvicorn.access"


def _first_line(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Drop further lines: there libraries write representations of their objects, with their values."""
    event["event"] = str(event["event"]).partition("\n")[0]
    return event


def _describe_exception(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    given = event.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()
    error = given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event["exception"] = description_of(error)
    return event


def description_of(error: BaseException) -> list[dict[str, Any]]:
    """Describe the exception and its causes: their types and where they were raised, without their messages."""
    chain: list[dict[str, Any]] = []
    seen: list[BaseException] = []
    cause: BaseException | None = error
    # An exception can be raised from itself.
    while cause is not None and cause not in seen and len(seen) < DEEPEST_CAUSE:
        seen.append(cause)
        description: dict[str, Any] = {"type": f"{type(cause).__module__}.{type(cause).__qualname__}"}
        if isinstance(cause, psycopg.Error):
            names = {"table": cause.diag.table_name, "constraint": cause.diag.constraint_name}
            description |= {name: value for name, value in {"sqlstate": cause.sqlstate, **names}.items() if value}
        if isinstance(cause, BaseExceptionGroup):
            description["exceptions"] = [description_of(each) for each in cause.exceptions[:DEEPEST_CAUSE]]
        description["at"] = [
            f"{_place(frame.f_code.co_filename)}:{line} {frame.f_code.co_name}"
            for frame, line in traceback.walk_tb(cause.__traceback__)
        ]
        chain.append(description)
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return chain


def _place(file: str) -> str:
    """Return the file's path below the project, or below the folder where libraries are installed."""
    _, _, library = file.rpartition("site-packages/")
    return library.removeprefix(f"{ROOT}/")
