"""A line of an hour proposal that was copied from another says what that one asked for, got and used."""

from alembic import op

revision = "proposal_copies"
down_revision = "decisions_by_two"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        ALTER TABLE hour_proposal_lines ADD COLUMN copied jsonb;
        -- Lines are some ten thousand at most: checking all of them takes milliseconds.
        -- squawk-ignore constraint-missing-not-valid
        ALTER TABLE hour_proposal_lines ADD CONSTRAINT hour_proposal_lines_copied_is_own
            CHECK (copied IS NULL OR source_proposal_id IS NULL);
    """)


def downgrade() -> None:
    op.execute("ALTER TABLE hour_proposal_lines DROP COLUMN copied")
