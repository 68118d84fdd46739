"""The key of balances by type, and constraints to validate: outside a transaction, where nobody waits for them."""

from alembic import op

revision = "hour_type_keys"
down_revision = "hour_types"
branch_labels = None
depends_on = None

CONSTRAINTS = {
    "hour_balances": ("hour_balances_of_type", "hour_balances_pool_fkey"),
    "hour_transfers": (
        "hour_transfers_of_type",
        "hour_transfers_reversal_to_holder",
        "hour_transfers_accounts_by_kind",
        "hour_transfers_pool_fkey",
    ),
}


def upgrade() -> None:
    with op.get_context().autocommit_block():
        # What an attempt that was interrupted has left is made again.
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS hour_balances_key")
        op.execute(
            "CREATE UNIQUE INDEX CONCURRENTLY hour_balances_key "
            "ON hour_balances (study_centre_id, central_organisation_id, year, hour_type, organisation_id)"
        )
        for table, names in CONSTRAINTS.items():
            for name in names:
                op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")


def downgrade() -> None:
    """What is valid stays so."""
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS hour_balances_key")
