"""Main-user applications, signatories, and the signatures found on an application."""

revision = "main_user_applications"
down_revision = "people_and_rights"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Begins without tables."""


def downgrade() -> None:
    """Leaves nothing to drop."""
