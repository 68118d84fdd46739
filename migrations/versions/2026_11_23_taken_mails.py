"""Which worker has a mail in hand, so that no other hands it over again."""

from alembic import op

revision = "taken_mails"
down_revision = "api_keys"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        ALTER TABLE mails ADD COLUMN worker_id uuid, ADD COLUMN taken_at timestamptz;
        -- The columns are new: there is no row that could break it.
        -- squawk-ignore constraint-missing-not-valid
        ALTER TABLE mails ADD CONSTRAINT mails_taken_at_an_instant CHECK ((worker_id IS NULL) = (taken_at IS NULL));
        COMMENT ON COLUMN mails.worker_id IS
            'The worker that hands it over, noted before it does so: no other sends it again.';
    """)


def downgrade() -> None:
    op.execute("ALTER TABLE mails DROP COLUMN worker_id, DROP COLUMN taken_at")
