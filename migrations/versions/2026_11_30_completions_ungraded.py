"""Only passed completions have a grade, and others none."""

from alembic import op

revision = "completions_ungraded"
down_revision = "badges"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _check("grade IS NULL OR grade BETWEEN 1 AND 5 AND outcome = 'passed'")


def downgrade() -> None:
    _check("grade BETWEEN 1 AND 5 AND outcome = 'passed'")


def _check(condition: str) -> None:
    # The table is of this version.
    op.execute(f"""
        -- squawk-ignore ban-drop-constraint
        ALTER TABLE completions DROP CONSTRAINT completions_grade;
        -- squawk-ignore constraint-missing-not-valid
        ALTER TABLE completions ADD CONSTRAINT completions_grade CHECK ({condition});
    """)
