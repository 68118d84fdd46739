"""Structured logs: one JSON object a line on standard output, without personal data.

Messages of exceptions hold values (psycopg's quote the row that was refused), and so do local variables. Of an
exception the log therefore tells its type, what the database names (code, table, constraint) and where it came from.
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
    """Once at the start of a process: our own log and that of every library go the same way."""
    stream = stream or sys.stdout
    told: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _tell_exception,
    ]
    written = structlog.processors.JSONRenderer(ensure_ascii=False)
    threshold = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[*told, written],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.WriteLoggerFactory(stream),
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, _first_line, *told],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, written],
        )
    )
    logging.root.handlers = [handler]
    # Libraries tell every checkout of a connection and every address they fetch at INFO.
    logging.root.setLevel(max(threshold, logging.WARNING))
    logging.getLogger("uvicorn").setLevel(threshold)
    # Started by its own command, Uvicorn has set up a log of its own. Its access log stays silent: it holds paths
    # with ids and query strings, and the edge logs the route alone.
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], name != "uvicorn.access"


def _first_line(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """What a library adds on further lines are representations of its objects, with their values."""
    event["event"] = str(event["event"]).partition("\n")[0]
    return event


def _tell_exception(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    given = event.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()
    error = given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event["exception"] = told_of(error)
    return event


def told_of(error: BaseException) -> list[dict[str, Any]]:
    """The exception and its causes: what they are and where they were raised, without a word of what they say."""
    chain: list[dict[str, Any]] = []
    seen: list[BaseException] = []
    cause: BaseException | None = error
    # An exception can be raised from itself.
    while cause is not None and cause not in seen and len(seen) < DEEPEST_CAUSE:
        seen.append(cause)
        told: dict[str, Any] = {"type": f"{type(cause).__module__}.{type(cause).__qualname__}"}
        if isinstance(cause, psycopg.Error):
            names = {"table": cause.diag.table_name, "constraint": cause.diag.constraint_name}
            told |= {name: value for name, value in {"sqlstate": cause.sqlstate, **names}.items() if value}
        if isinstance(cause, BaseExceptionGroup):
            told["exceptions"] = [told_of(each) for each in cause.exceptions[:DEEPEST_CAUSE]]
        told["at"] = [
            f"{_place(frame.f_code.co_filename)}:{line} {frame.f_code.co_name}"
            for frame, line in traceback.walk_tb(cause.__traceback__)
        ]
        chain.append(told)
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return chain


def _place(file: str) -> str:
    """The file below the project, or below where libraries are installed."""
    _, _, library = file.rpartition("site-packages/")
    return library.removeprefix(f"{ROOT}/")
