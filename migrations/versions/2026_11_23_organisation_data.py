"""What a main user keeps of the organisation: images, bank account, training rules; contact persons and offices."""

revision = "organisation_data"
down_revision = "main_user_applications"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Begins without tables."""


def downgrade() -> None:
    """Leaves nothing to drop."""
