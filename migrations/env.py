"""Runs the migrations as the tables' owner. Waits only briefly for locks: a migration must not stop the service."""

import os

from alembic import context
from sqlalchemy import create_engine, pool, text

from app.db.schema import check_purpose
from app.db.tables import metadata

config = context.config


def address() -> str:
    given = config.attributes.get("address") or os.environ["OWNER_DATABASE_URL"]
    return str(given).replace("postgresql://", "postgresql+psycopg://", 1)


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
    for setting in ("lock_timeout = '4s'", "statement_timeout = '60s'"):
        context.execute(f"SET {setting}")
    context.execute(name_role_prefix)
    with context.begin_transaction():
        context.run_migrations()


def run() -> None:
    engine = create_engine(
        address(),
        poolclass=pool.NullPool,
        connect_args={"options": "-c lock_timeout=4000 -c statement_timeout=60000"},
    )
    with engine.connect() as connection:
        if driver_connection := connection.connection.driver_connection:
            check_purpose(driver_connection, sandbox=is_for_sandbox())
        connection.execute(name_role_prefix)
        connection.commit()
        context.configure(connection=connection, target_metadata=metadata, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


if context.is_offline_mode():
    write_out()
else:
    run()
