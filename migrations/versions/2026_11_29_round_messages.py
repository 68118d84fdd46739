"""Messages to those who are in some states of a round, also from main users to managers of their units."""

from alembic import op

revision = "round_messages"
down_revision = "decision_plans"
branch_labels = None
depends_on = None

ROUND = "('round', 'unit_round')"


def upgrade() -> None:
    _know_audiences(f"('main_users', 'organisations', 'deadline', {ROUND[1:]}")
    op.execute(f"""
        ALTER TABLE messages ADD COLUMN organisation_id uuid, ADD COLUMN round_year smallint,
            ADD COLUMN round_states text[] NOT NULL DEFAULT '{{}}';
        -- squawk-ignore constraint-missing-not-valid
        ALTER TABLE messages ADD CONSTRAINT messages_round_said CHECK (
            (audience IN {ROUND}) = (round_year IS NOT NULL) AND (audience IN {ROUND}) = (cardinality(round_states) > 0)
            AND (audience = 'unit_round') = (organisation_id IS NOT NULL));
        -- squawk-ignore adding-foreign-key-constraint, constraint-missing-not-valid
        ALTER TABLE messages ADD CONSTRAINT messages_organisation_fkey
            FOREIGN KEY (study_centre_id, organisation_id) REFERENCES organisations;
        -- squawk-ignore require-concurrent-index-creation
        CREATE INDEX messages_of_organisation ON messages (study_centre_id, organisation_id, made_at)
            WHERE organisation_id IS NOT NULL;
    """)


def downgrade() -> None:
    """Only where no message is to a round."""
    op.execute("""
        ALTER TABLE messages DROP COLUMN organisation_id, DROP COLUMN round_year, DROP COLUMN round_states
    """)
    _know_audiences("('main_users', 'organisations', 'deadline')")


def _know_audiences(audiences: str) -> None:
    # Messages are some hundreds a year: checking all of them takes no time.
    op.execute(f"""
        -- squawk-ignore ban-drop-constraint
        ALTER TABLE messages DROP CONSTRAINT messages_audience_known;
        -- squawk-ignore constraint-missing-not-valid
        ALTER TABLE messages ADD CONSTRAINT messages_audience_known CHECK (audience IN {audiences});
    """)
