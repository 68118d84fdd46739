"""Whether two people decide the hours of a study centre."""

from alembic import op

revision = "decisions_by_two"
down_revision = "case_comments"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        ALTER TABLE study_centres ADD COLUMN decisions_by_two boolean NOT NULL DEFAULT false,
            ADD COLUMN decisions_by_two_until timestamptz;
        COMMENT ON COLUMN study_centres.decisions_by_two IS
            'Whether hours above 0 are decided by two people, until decisions_by_two_until if that is set.';
        -- Study centres are few: checking all of them takes no time.
        -- squawk-ignore constraint-missing-not-valid
        ALTER TABLE study_centres ADD CONSTRAINT study_centres_by_two_ends
            CHECK (decisions_by_two OR decisions_by_two_until IS NULL);
        SELECT grant_to_service('UPDATE (decisions_by_two, decisions_by_two_until)', 'study_centres');
    """)


def downgrade() -> None:
    op.execute("ALTER TABLE study_centres DROP COLUMN decisions_by_two, DROP COLUMN decisions_by_two_until")
