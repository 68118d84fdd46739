"""Subscriptions to a person's deadlines and tasks."""

revision = "calendar_feeds"
down_revision = "delivery"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Begins without tables."""


def downgrade() -> None:
    """Leaves nothing to drop."""
