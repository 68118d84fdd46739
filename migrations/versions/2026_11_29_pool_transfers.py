"""An index of the transfers from and to the pool, which are few among those of a year: by itself, since it is made
outside a transaction."""

from alembic import op

revision = "pool_transfers"
down_revision = "decision_letters"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        # What an attempt that was interrupted has left is made again.
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS hour_transfers_of_pool")
        op.execute(
            "CREATE INDEX CONCURRENTLY hour_transfers_of_pool ON hour_transfers (study_centre_id, year, position) "
            "WHERE to_account = 'pool' OR from_account = 'pool'"
        )


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS hour_transfers_of_pool")
