"""The check for finite times, for rows that are older than it: by itself, since it reads whole tables."""

from alembic import context, op

revision = "finite_times"
down_revision = "service_role"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in context.script.get_revision("service_role").module.FINITE:
        op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {table}_finite")


def downgrade() -> None:
    """A constraint stays valid."""
