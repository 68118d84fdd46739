"""Indexes of when rows changed: by themselves, since they are made outside a transaction."""

from alembic import context, op

revision = "changed_at_indexes"
down_revision = "changes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for table in context.script.get_revision("changes").module.TABLES:
            # What an attempt that was interrupted has left is made again.
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {table}_changed_at")
            op.execute(f"CREATE INDEX CONCURRENTLY {table}_changed_at ON {table} (study_centre_id, changed_at)")


def downgrade() -> None:
    with op.get_context().autocommit_block():
        for table in context.script.get_revision("changes").module.TABLES:
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {table}_changed_at")
