"""The database as a whole: its purpose, and its tables at the newest migration.

A sandbox's data may be deleted. So a sandbox marks the database that it makes and starts on no other, and no other
start touches a marked one. The mark is the database's comment, which any role can read.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

SANDBOX_MARK = "tuntipankki sandbox: its data may be thrown away"
STARTING = 0x7475_6E74_6970
"""The advisory lock of the process that prepares the database."""
ROOT = Path(__file__).resolve().parents[2]


def with_options(address: str, options: str) -> str:
    """The address, in any form that libpq takes, with start options besides its own."""
    return make_conninfo(address, options=f"{conninfo_to_dict(address).get('options') or ''} {options}".strip())


class WrongDatabaseError(RuntimeError):
    """The database is not for this start; the message says what to do."""


def check_purpose(connection: psycopg.Connection[Any], *, sandbox: bool) -> None:
    """Raises WrongDatabaseError if a sandbox would start on another's database, or another on a sandbox's."""
    if sandbox and not _is_marked(connection):
        raise WrongDatabaseError(
            "This database was not made by a sandbox, and a sandbox starts on no other: it would throw the data away. "
            "Set SANDBOX=false, or name an empty database (DATABASE_URL, DATA_DIR)."
        )
    if not sandbox and _is_marked(connection):
        raise WrongDatabaseError(
            "This database belongs to a sandbox, whose data may be thrown away, so nothing else starts on it. "
            "Set SANDBOX=true, or name another database (DATABASE_URL, DATA_DIR)."
        )


def check_database(address: str, *, sandbox: bool) -> None:
    """Like `check_purpose`, for starts that do not prepare the database themselves."""
    with psycopg.connect(address, connect_timeout=10) as connection:
        check_purpose(connection, sandbox=sandbox)


@contextmanager
def prepared_database(owner_address: str, role_prefix: str, *, sandbox: bool) -> Iterator[None]:
    """Mark a sandbox's own database while it is empty, check its purpose, and run all migrations.

    Within the block no other start prepares it. After a start that was killed on the way, the next one continues.
    """
    with psycopg.connect(owner_address, autocommit=True, connect_timeout=10) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [STARTING])
        if sandbox and _is_empty(connection):
            name = sql.Identifier(connection.info.dbname)
            connection.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(name, SANDBOX_MARK))
        check_purpose(connection, sandbox=sandbox)
        _migrate(owner_address, role_prefix, sandbox=sandbox)
        yield


def _is_marked(connection: psycopg.Connection[Any]) -> bool:
    found = connection.execute(
        "SELECT shobj_description(oid, 'pg_database') = %s FROM pg_database WHERE datname = current_database()",
        [SANDBOX_MARK],
    ).fetchone()
    return bool(found and found[0])


def _is_empty(connection: psycopg.Connection[Any]) -> bool:
    found = connection.execute(
        "SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace NOT IN "
        "('pg_catalog'::regnamespace, 'information_schema'::regnamespace, 'pg_toast'::regnamespace)"
    ).fetchone()
    return found == (0,)


def _migrate(owner_address: str, role_prefix: str, *, sandbox: bool) -> None:
    # Alembic takes long to import, and processes that only serve do not need it.
    from alembic import command
    from alembic.config import Config

    config = Config(ROOT / "alembic.ini")
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.attributes.update(address=owner_address, role_prefix=role_prefix, sandbox=sandbox)
    command.upgrade(config, "head")
