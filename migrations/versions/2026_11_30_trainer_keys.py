"""Trainers are compared by their names in one spelling, and courses at the same time are found by indexes."""

from alembic import op

revision = "trainer_keys"
down_revision = "senders"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The tables of trainings and statements are of this version: they have no rows yet.
    op.execute("""
        ALTER TABLE trainings ADD COLUMN trainer_keys text[] NOT NULL DEFAULT '{}';
        COMMENT ON COLUMN trainings.trainer_keys IS 'The names of the trainers, without case and accents.';
        -- squawk-ignore require-concurrent-index-creation
        CREATE INDEX trainings_of_several_days ON trainings (study_centre_id, ends_on, id)
            WHERE starts_on < ends_on AND state = 'approved';
    """)


def downgrade() -> None:
    op.execute("""
        DROP INDEX trainings_of_several_days;
        ALTER TABLE trainings DROP COLUMN trainer_keys;
    """)
