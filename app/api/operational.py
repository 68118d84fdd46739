"""Endpoints for operators: liveness, readiness and metrics. Readiness goes by real time, whatever clock is set."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST
from psycopg_pool import PoolTimeout
from starlette.responses import JSONResponse, Response

from app.api.backend import Backend
from app.api.problems import problem
from app.db.connections import Connections
from app.db.health import find_broken_ledgers, find_revision, read_vitals
from app.domain.access import check_staff

LARGEST_SKEW = timedelta(seconds=2)
PATIENCE_SECONDS = 3.0
LEDGER_KEPT_SECONDS = 60.0
MIGRATIONS = Path(__file__).parents[2] / "migrations"

Check = dict[str, Any]
"""`ok`, and the facts behind it."""

router = APIRouter(include_in_schema=False)
metrics_router = APIRouter(include_in_schema=False)


@router.get("/livez")
async def alive() -> dict[str, str]:
    return {"status": "alive"}


@metrics_router.get("/metrics")
async def metrics(request: Request) -> Response:
    return Response(request.app.state.metrics.get(), media_type=CONTENT_TYPE_LATEST)


@router.get("/readyz")
async def ready(request: Request, deep: bool = False) -> Response:
    """The deep form also checks every ledger (promise L1); it is for staff, and in a sandbox for everybody."""
    backend: Backend = request.app.state.backend
    if deep and not backend.settings.sandbox:
        caller = await backend.verifier.caller(request.headers.get("authorization"))
        async with backend.reading(caller) as reader:
            check_staff(reader.actor)
    return await _readiness(request, deep=deep)


async def ready_for_operators(request: Request, deep: bool = False) -> Response:
    return await _readiness(request, deep=deep)


async def _readiness(request: Request, *, deep: bool) -> Response:
    backend: Backend = request.app.state.backend
    checks = await _check_database(backend.connections)
    if deep and checks["migrations"]["ok"]:
        checks["ledger"] = await request.app.state.ledger_check.ask(backend.connections)
    return _answer(request, checks)


def _answer(request: Request, checks: Mapping[str, Check]) -> Response:
    if all(check["ok"] for check in checks.values()):
        return JSONResponse({"status": "ready", "checks": checks}, headers={"Cache-Control": "no-store"})
    return problem(request, "not-ready", {"checks": checks}, headers={"Retry-After": "5"})


async def _check_database(connections: Connections) -> dict[str, Check]:
    checks: dict[str, Check] = {name: {"ok": False} for name in ("database", "migrations", "clock", "fsync")}
    try:
        async with asyncio.timeout(PATIENCE_SECONDS), connections.connection(None) as connection:
            began = datetime.now(UTC)
            vitals = await read_vitals(connection)
            asked_at = began + (datetime.now(UTC) - began) / 2
            revision = await find_revision(connection)
    except (TimeoutError, PoolTimeout, psycopg.OperationalError):
        return checks
    skew = abs(vitals.clock_at - asked_at)
    return {
        "database": {"ok": True},
        "migrations": {"ok": revision == _head(), "found": revision, "expected": _head()},
        "clock": {"ok": skew <= LARGEST_SKEW, "skew_milliseconds": round(skew / timedelta(milliseconds=1))},
        "fsync": {"ok": vitals.fsync},
    }


@cache
def _head() -> str | None:
    # Alembic takes long to import, and the first check of readiness can wait for it.
    from alembic.script import ScriptDirectory

    return ScriptDirectory(str(MIGRATIONS)).get_current_head()


@dataclass
class LedgerCheck:
    """Runs at most once a minute, however many ask: the check reads whole ledgers."""

    answer: Check = field(default_factory=dict)
    kept_until: float = 0.0
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def ask(self, connections: Connections) -> Check:
        async with self.asking:
            if time.monotonic() >= self.kept_until:
                astray = await find_broken_ledgers(connections)
                found = {str(centre): views for centre, views in astray.items()}
                self.answer = {"ok": not astray, "astray": found, "asked_at": datetime.now(UTC).isoformat()}
                self.kept_until = time.monotonic() + LEDGER_KEPT_SECONDS
            return self.answer
