"""Indexes of transfers by year and by cause: by themselves, since they are made outside a transaction."""

from alembic import op

revision = "transfer_indexes"
down_revision = "references"
branch_labels = None
depends_on = None

INDEXES = {"hour_transfers_of_year": "year, position", "hour_transfers_of_cause": "cause_id, position"}


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for name, columns in INDEXES.items():
            # What an attempt that was interrupted has left is made again.
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.execute(f"CREATE INDEX CONCURRENTLY {name} ON hour_transfers (study_centre_id, {columns})")


def downgrade() -> None:
    with op.get_context().autocommit_block():
        for name in INDEXES:
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
