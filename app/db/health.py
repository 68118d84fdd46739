"""The state of the database for operators: its clock, settings and revision, and whether the ledgers are right."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.errors import ProgrammingError
from psycopg.rows import args_row

from app.db import callers
from app.db.connections import Connections
from app.db.statements import Connection

LEDGER_VIEWS = (
    "ledger_years_astray",
    "ledger_balances_astray",
    "ledger_pools_astray",
    "ledger_accounts_overdrawn",
    "hours_left_open",
    "references_astray",
    "training_figures_astray",
)
"""The views of promise L1: each is empty while the ledger is right, nothing is open that has to have ended, no
reference is missing or used twice, and the figures of training courses are those of the ledger."""
LONGEST_CHECK_MS = 10 * 60_000

_BROKEN = " UNION ALL ".join(f"SELECT '{view}' FROM {view}" for view in LEDGER_VIEWS)


@dataclass(frozen=True)
class Vitals:
    clock_at: datetime
    """Real time by the database's clock."""
    fsync: bool
    """Whether a commit survives a power cut."""
    synchronous_commit: bool
    """Whether a commit is on the disk before it is acknowledged."""
    is_writable: bool
    """False on a standby, and where transactions are read-only by default."""


async def read_vitals(connection: Connection) -> Vitals:
    async with connection.cursor(row_factory=args_row(Vitals)) as cursor:
        await cursor.execute(_VITALS)
        (vitals,) = await cursor.fetchall()
        return vitals


_VITALS = """
SELECT clock_timestamp(), current_setting('fsync') = 'on', current_setting('synchronous_commit') <> 'off',
    current_setting('transaction_read_only') = 'off' AND NOT pg_is_in_recovery()
"""


async def find_revision(connection: Connection) -> str | None:
    """The revision of the migrations; None if none has run."""
    try:
        row = await (await connection.execute("SELECT version_num FROM alembic_version")).fetchone()
    except ProgrammingError:
        return None
    return str(row[0]) if row else None


async def list_study_centres(connections: Connections) -> list[UUID]:
    async with connections.connection(None) as lobby:
        return await callers.list_study_centres(lobby)


async def find_broken_ledgers(connections: Connections) -> dict[UUID, list[str]]:
    """Return the views of promise L1 that have rows, by study centre; empty while every ledger is right."""
    broken: dict[UUID, list[str]] = {}
    for centre in await list_study_centres(connections):
        async with connections.apart(centre, statement_timeout_ms=LONGEST_CHECK_MS) as connection:
            rows = await (await connection.execute(_BROKEN)).fetchall()
        if rows:
            broken[centre] = sorted({row[0] for row in rows})
    return broken


async def purge_answers(connections: Connections, *, days: int) -> int:
    """Delete stored answers that are older than the days, and return how many there were."""
    purged = 0
    for centre in await list_study_centres(connections):
        async with connections.apart(centre, statement_timeout_ms=LONGEST_CHECK_MS) as connection:
            # In small transactions: nobody has to wait, and a crash loses nothing that is done.
            while count := (await connection.execute(_PURGE, {"p_days": days})).rowcount:
                purged += count
    return purged


_PURGE = """
DELETE FROM stored_answers WHERE key_digest IN (
    SELECT key_digest FROM stored_answers
    WHERE stored_at < clock_timestamp() - make_interval(days => %(p_days)s) ORDER BY stored_at LIMIT 1000)
"""
