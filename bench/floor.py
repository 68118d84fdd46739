"""The floor: bare Starlette on asyncpg with hand-written SQL, without the service's duties.

It answers the same requests from the same tables as the database's superuser, to whom no policy applies. `/w2`
does only the transfer; `/w2-kept` also looks a key up and stores key, answer and audit entry.
"""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.db.identifiers import new_id

CENTRE = UUID(os.environ.get("BENCH_CENTRE", "00000000-0000-0000-0000-000000000000"))

ACCOUNT = """
SELECT b.organisation_id, o.name, b.common, b.allotment, b.reserved, b.used, b.lapsed, b.returned, b.allotment_lapsed
FROM hour_balances b JOIN organisations o ON o.study_centre_id = b.study_centre_id AND o.id = b.organisation_id
WHERE b.study_centre_id = $1 AND b.central_organisation_id = $2 AND b.year = $3 AND b.hour_type = 'training'
"""
PAGE = """
SELECT r.id, r.organisation_id, o.name, r.year, r.hours, r.grounds, r.state, r.submitted_by, r.submitted_at,
    r.granted_hours, r.reason, r.decided_by, r.decided_at, r.withdrawn_at
FROM supplementary_hour_requests r
JOIN organisations o ON o.study_centre_id = r.study_centre_id AND o.id = r.organisation_id
WHERE r.study_centre_id = $1 ORDER BY r.id DESC LIMIT 50
"""
HOURS = """
SELECT coalesce(sum(planned_hours), 0) AS planned, coalesce(sum(reserved_hours), 0) AS reserved,
    coalesce(sum(used_hours), 0) AS used, max(changed_at) AS as_of
FROM training_figure_totals WHERE study_centre_id = $1 AND year = $2
"""
BALANCES = """
SELECT sum(common + allotment + reserved + used + lapsed + returned) AS granted, sum(returned) AS returned,
    sum(lapsed) AS lapsed, sum(common + allotment) AS available
FROM hour_balances WHERE study_centre_id = $1 AND year = $2
"""
OF_TREE = "AND central_organisation_id = $3"
LOCKED = """
SELECT common FROM hour_balances
WHERE study_centre_id = $1 AND central_organisation_id = $2 AND year = $3 AND hour_type = 'training'
    AND organisation_id = $2 FOR UPDATE
"""
ENTRY = """
INSERT INTO hour_transfers (study_centre_id, id, year, kind, hours, central_organisation_id, from_account,
    from_organisation_id, to_account, cause_type, cause_id, made_at, retry_key, ordinal)
VALUES ($1, $2, $3, 'return', $4, $5, 'common', $5, 'pool', 'bench', $2, $6, $7, 1)
"""
BALANCE = """
UPDATE hour_balances SET common = common - $4, returned = returned + $4
WHERE study_centre_id = $1 AND central_organisation_id = $2 AND year = $3 AND hour_type = 'training'
    AND organisation_id = $2
"""
POOL = """
UPDATE hour_pools SET pool = pool + $3, returned = returned + $3
WHERE study_centre_id = $1 AND year = $2 AND hour_type = 'training'
"""
KEY = "SELECT body FROM stored_answers WHERE study_centre_id = $1 AND key_digest = $2"
KEPT = """
INSERT INTO stored_answers (study_centre_id, key_digest, request_digest, status, headers, body)
VALUES ($1, $2, $2, 201, '{}', $3)
"""
AUDIT = """
INSERT INTO audit_entries (study_centre_id, id, action, subject_id, organisation_id, facts, request_id, made_at)
VALUES ($1, $2, 'hour-return.booked', $2, $3, '{}', 'bench', $4)
"""


def _answer(value: object, status: int = 200) -> Response:
    return Response(json.dumps(value, default=str), status, media_type="application/json")


async def account(request: Request) -> Response:
    central, year = UUID(request.path_params["id"]), int(request.path_params["year"])
    rows = await request.app.state.pool.fetch(ACCOUNT, CENTRE, central, year)
    own = next(row for row in rows if row["organisation_id"] == central)
    units = [
        {
            "organisation_id": row["organisation_id"],
            "name": row["name"],
            "allotted": row["allotment"] + row["reserved"] + row["used"] + row["allotment_lapsed"],
            "reserved": row["reserved"],
            "used": row["used"],
            "lapsed": row["allotment_lapsed"],
            "available": row["allotment"],
        }
        for row in rows
        if row is not own
    ]
    held = sum(row["common"] + row["allotment"] + row["reserved"] + row["used"] + row["lapsed"] for row in rows)
    return _answer(
        {
            "organisation_id": central,
            "year": year,
            "granted": own["returned"] + held,
            "distributed": sum(unit["allotted"] for unit in units),
            "reserved": sum(row["reserved"] for row in rows),
            "used": sum(row["used"] for row in rows),
            "returned": own["returned"],
            "lapsed": own["lapsed"],
            "available": own["common"],
            "units": units,
        }
    )


async def page(request: Request) -> Response:
    rows = await request.app.state.pool.fetch(PAGE, CENTRE)
    return _answer({"items": [dict(row) for row in rows], "next_cursor": str(rows[-1]["id"])})


async def hours(request: Request) -> Response:
    year = int(request.path_params["year"])
    tree = [UUID(request.path_params["id"])] if "id" in request.path_params else []
    total: dict[str, object] = {}
    for query in (HOURS, BALANCES):
        total |= await request.app.state.pool.fetchrow(query + OF_TREE * len(tree), CENTRE, year, *tree)
    as_of = total.pop("as_of")
    return _answer({"what": "hours", "year": year, "by": None, "as_of": as_of, "items": [], "total": total})


async def transfer(request: Request) -> Response:
    return await _transfer(request, kept=False)


async def kept_transfer(request: Request) -> Response:
    return await _transfer(request, kept=True)


async def _transfer(request: Request, *, kept: bool) -> Response:
    body = await request.json()
    central, year, hours = UUID(body["organisation_id"]), body["year"], body["hours"]
    entry_id, now = new_id(), datetime.now(UTC)
    key = request.headers["idempotency-key"].encode()
    async with request.app.state.pool.acquire() as connection, connection.transaction():
        if kept and (body := await connection.fetchval(KEY, CENTRE, key)):
            return Response(body, 201, media_type="application/json")
        if await connection.fetchval(LOCKED, CENTRE, central, year) < hours:
            return _answer({"code": "quota-exceeded"}, 409)
        await connection.execute(ENTRY, CENTRE, entry_id, year, hours, central, now, key)
        await connection.execute(BALANCE, CENTRE, central, year, hours)
        await connection.execute(POOL, CENTRE, year, hours)
        answer = _answer({"id": entry_id, "organisation_id": central, "year": year, "hours": hours}, 201)
        if kept:
            await connection.execute(KEPT, CENTRE, key, bytes(answer.body))
            await connection.execute(AUDIT, CENTRE, entry_id, central, now)
    return answer


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    async with asyncpg.create_pool(os.environ["BENCH_DATABASE_URL"], min_size=10, max_size=10) as pool:
        app.state.pool = pool
        yield


def app() -> Starlette:
    return Starlette(
        routes=[
            Route("/r1/{id}/{year}", account),
            Route("/r2", page),
            Route("/r3/{year}", hours),
            Route("/r3/{year}/{id}", hours),
            Route("/w2", transfer, methods=["POST"]),
            Route("/w2-kept", kept_transfer, methods=["POST"]),
            Route("/livez", lambda _: Response("")),
        ],
        lifespan=_lifespan,
    )
