"""A central organisation's own rules say which activities and topics are run, and whether the main user sees plans."""

from alembic import op

revision = "rules_for_plans"
down_revision = "training_participants"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        ALTER TABLE training_rules ADD COLUMN activities text[];
        ALTER TABLE training_rules ADD COLUMN topics text[];
        ALTER TABLE training_rules ADD COLUMN plans_through_main_user boolean NOT NULL DEFAULT false;
        -- A row for each central organisation: checking all of them takes milliseconds.
        -- squawk-ignore constraint-missing-not-valid
        ALTER TABLE training_rules ADD CONSTRAINT training_rules_activities_known
            CHECK (activities <@ '{training,peer_group}' AND cardinality(activities) > 0);
    """)


def downgrade() -> None:
    op.execute("""
        ALTER TABLE training_rules DROP COLUMN activities;
        ALTER TABLE training_rules DROP COLUMN topics;
        ALTER TABLE training_rules DROP COLUMN plans_through_main_user;
    """)
