"""A row of a decision plan remembers whether its organisation was a member."""

from alembic import op

revision = "plan_membership"
down_revision = "case_attachments"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE decision_plan_rows ADD COLUMN is_member boolean NOT NULL DEFAULT true")


def downgrade() -> None:
    op.execute("ALTER TABLE decision_plan_rows DROP COLUMN is_member")
