"""Runs the migrations as the tables' owner.

A migration that waits for a table keeps everybody waiting who comes after it. So it waits only briefly, and is tried
again.
"""

import logging
import os
import time

import psycopg
from alembic import context
from psycopg.errors import DeadlockDetected, LockNotAvailable
from sqlalchemy import Connection, create_engine, event, pool, text
from sqlalchemy.exc import DBAPIError

from app.db.schema import WrongDatabaseError, check_database
from app.db.tables import metadata

config = context.config

LOCK_TIMEOUT = "500ms"
PAUSE_SECONDS = 0.5
TRIED_FOR_SECONDS = 300
LOCKED = {LockNotAvailable.sqlstate, DeadlockDetected.sqlstate}


def address() -> str:
    given = config.attributes.get("address") or os.environ.get("OWNER_DATABASE_URL")
    if not given:
        raise SystemExit("Set OWNER_DATABASE_URL to the database URL of the tables' owner.")
    return str(given)


def connect() -> psycopg.Connection:
    try:
        check_database(address(), sandbox=is_for_sandbox())
        return psycopg.connect(address())
    except (psycopg.OperationalError, WrongDatabaseError) as error:
        if "address" in config.attributes:
            raise
        raise SystemExit(str(error)) from None


def role_prefix() -> str:
    return str(config.attributes.get("role_prefix") or os.environ.get("ROLE_PREFIX", "tuntipankki"))


def is_for_sandbox() -> bool:
    said = os.environ.get("SANDBOX", "").lower() in {"1", "true", "t", "yes", "y", "on"}
    return bool(config.attributes.get("sandbox", said))


# Migrations grant rights to the service's role by this name.
name_role_prefix = text("SELECT set_config('app.role_prefix', :prefix, false)").bindparams(prefix=role_prefix())


def write_out() -> None:
    """`alembic upgrade head --sql`: the statements for reading and for the lint."""
    context.configure(
        dialect_name="postgresql",
        dialect_opts={"paramstyle": "named"},
        target_metadata=metadata,
        literal_binds=True,
        transaction_per_migration=True,
    )
    for setting in (f"lock_timeout = '{LOCK_TIMEOUT}'", "statement_timeout = '60s'"):
        context.execute(f"SET {setting}")
    context.execute(name_role_prefix)
    with context.begin_transaction():
        context.run_migrations()


def run() -> None:
    # SQLAlchemy does not read all forms of addresses that libpq takes.
    engine = create_engine("postgresql+psycopg://", creator=connect, poolclass=pool.NullPool)

    @event.listens_for(engine, "begin")
    def wait_only_briefly(connection: Connection) -> None:
        # Not outside transactions: there, indexes are made and constraints validated, which keep nobody waiting, and
        # could not be tried again.
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'; SET LOCAL statement_timeout = '60s'")

    with engine.connect() as connection:
        connection.execute(name_role_prefix)
        connection.commit()
        give_up_at = time.monotonic() + TRIED_FOR_SECONDS
        while not is_done(connection, may_retry=time.monotonic() < give_up_at):
            time.sleep(PAUSE_SECONDS)
    engine.dispose()


def is_done(connection: Connection, *, may_retry: bool) -> bool:
    """Run the migrations that are left, each in a transaction; False if one has waited in vain for a lock."""
    applied: list[object] = []
    context.configure(
        connection=connection,
        target_metadata=metadata,
        transaction_per_migration=True,
        on_version_apply=lambda **version: applied.append(version),
    )
    try:
        with context.begin_transaction():
            context.run_migrations()
    except DBAPIError as error:
        # After a part of "three down" another three would go too far.
        is_relative = str(context.get_revision_argument())[:1] in {"+", "-"}
        if not may_retry or (is_relative and applied) or getattr(error.orig, "sqlstate", None) not in LOCKED:
            raise
        logging.getLogger("alembic.env").warning("A table is in use. The migration is tried again.")
        return False
    return True


if context.is_offline_mode():
    write_out()
else:
    run()
