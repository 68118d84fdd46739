"""Registration of people, applications for roles, how roles begin and end, onboarding and yearly confirmations."""

revision = "people_and_rights"
down_revision = "hours_workflows"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Begins without tables."""


def downgrade() -> None:
    """Leaves nothing to drop."""
