"""A correction may name the transfer that it puts right."""

from alembic import op

revision = "corrected_transfers"
down_revision = "proposal_copies"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        ALTER TABLE hour_corrections ADD COLUMN corrects_transfer_id uuid;
        -- Corrections are some dozens a year: checking all of them takes no time.
        -- squawk-ignore adding-foreign-key-constraint, constraint-missing-not-valid
        ALTER TABLE hour_corrections ADD CONSTRAINT hour_corrections_corrects_transfer_fkey
            FOREIGN KEY (study_centre_id, corrects_transfer_id) REFERENCES hour_transfers;
    """)


def downgrade() -> None:
    op.execute("ALTER TABLE hour_corrections DROP COLUMN corrects_transfer_id")
