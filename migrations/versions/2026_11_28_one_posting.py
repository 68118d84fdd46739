"""The ledger's function of 0.2.0 in databases that 0.1.0 made: its revision was edited between the two."""

from alembic import context, op

revision = "one_posting"
down_revision = "makers_of_keys"
branch_labels = None
depends_on = None


def upgrade() -> None:
    functions = context.script.get_revision("hours_ledger").module.FUNCTIONS
    _, create, posting = functions.partition("CREATE FUNCTION post_hour_transfers")
    op.execute(create.replace("CREATE", "CREATE OR REPLACE") + posting)


def downgrade() -> None:
    """It stays: 0.2.0 needs this function too."""
