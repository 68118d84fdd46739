"""Mails, made once per person and event, preferences, bounces, and the messages that staff write."""

revision = "delivery"
down_revision = "organisation_data"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Begins without tables."""


def downgrade() -> None:
    """Leaves nothing to drop."""
