"""Endpoints for operators: liveness, readiness and metrics. Readiness goes by real time, whatever clock is set."""

import asyncio
import shutil
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
from starlette.responses import JSONResponse, Response

from app.api.backend import Backend
from app.api.problems import problem
from app.db.connections import Connections
from app.db.health import find_broken_ledgers, find_revision, read_vitals
from app.domain.access import check_staff

LARGEST_SKEW = timedelta(seconds=2)
PATIENCE_SECONDS = 3.0
LEAST_FREE_BYTES = 128 * 1024 * 1024
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
        caller = await backend.verifier.caller(request.headers.get("authorization"), request.scope["request_id"])
        async with backend.reading(caller) as reader:
            check_staff(reader.actor)
    return await _readiness(request, deep=deep)


async def ready_for_operators(request: Request, deep: bool = False) -> Response:
    return await _readiness(request, deep=deep)


async def _readiness(request: Request, *, deep: bool) -> Response:
    backend: Backend = request.app.state.backend
    checks = await request.app.state.readiness.ask(backend.connections)
    if folder := backend.settings.database_dir:
        checks["disk"] = _check_disk(folder)
    if deep and checks["migrations"]["ok"]:
        checks["ledger"] = await request.app.state.ledger_check.ask(backend.connections)
    return _answer(request, checks)


def _answer(request: Request, checks: Mapping[str, Check]) -> Response:
    if all(check["ok"] for check in checks.values()):
        return JSONResponse({"status": "ready", "checks": checks}, headers={"Cache-Control": "no-store"})
    return problem(request, "not-ready", {"checks": checks}, headers={"Retry-After": "5"})


def _check_disk(folder: Path) -> Check:
    free = shutil.disk_usage(folder).free
    return {"ok": free >= LEAST_FREE_BYTES, "free_bytes": free}


async def _check_database(connections: Connections) -> dict[str, Check]:
    try:
        async with connections.connection(None) as connection:
            began = datetime.now(UTC)
            vitals = await read_vitals(connection)
            asked_at = began + (datetime.now(UTC) - began) / 2
            revision = await find_revision(connection)
    except psycopg.OperationalError:
        return _unknown()
    skew = abs(vitals.clock_at - asked_at)
    return {
        "database": {"ok": True},
        "writable": {"ok": vitals.is_writable},
        "migrations": {"ok": revision == _head(), "found": revision, "expected": _head()},
        "clock": {"ok": skew <= LARGEST_SKEW, "skew_milliseconds": round(skew / timedelta(milliseconds=1))},
        "fsync": {"ok": vitals.fsync},
        "synchronous_commit": {"ok": vitals.synchronous_commit},
    }


def _unknown() -> dict[str, Check]:
    names = ("database", "writable", "migrations", "clock", "fsync", "synchronous_commit")
    return {name: {"ok": False} for name in names}


@dataclass
class Readiness:
    """Answers within seconds, also while the database is silent. The check itself goes on, since a statement that is
    given up takes longer; those who ask meanwhile share it."""

    checking: asyncio.Task[dict[str, Check]] | None = None

    async def ask(self, connections: Connections) -> dict[str, Check]:
        if self.checking is None or self.checking.done():
            self.checking = asyncio.create_task(_check_database(connections))
        checking = self.checking
        done, _ = await asyncio.wait({checking}, timeout=PATIENCE_SECONDS)
        return dict(checking.result()) if done else _unknown()


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
