"""Keys of integrations, and what the audit needs to stay whole when people are erased."""

revision = "api_keys"
down_revision = "calendar_feeds"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Begins without tables."""


def downgrade() -> None:
    """Leaves nothing to drop."""
