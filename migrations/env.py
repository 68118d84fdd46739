"""Runs the migrations as the tables' owner. Locks are waited for briefly: a migration must not stop the service."""

import os

from alembic import context
from sqlalchemy import create_engine, pool, text

from app.db.tables import metadata

config = context.config


def address() -> str:
    given = config.attributes.get("address") or os.environ["OWNER_DATABASE_URL"]
    return str(given).replace("postgresql://", "postgresql+psycopg://", 1)


def role_prefix() -> str:
    return str(config.attributes.get("role_prefix") or os.environ.get("ROLE_PREFIX", "tuntipankki"))


engine = create_engine(
    address(),
    poolclass=pool.NullPool,
    connect_args={"options": "-c lock_timeout=4000 -c statement_timeout=60000"},
)
with engine.connect() as connection:
    # Migrations grant rights to the service's role by this name.
    connection.execute(text("SELECT set_config('app.role_prefix', :prefix, false)"), {"prefix": role_prefix()})
    connection.commit()
    context.configure(connection=connection, target_metadata=metadata, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
