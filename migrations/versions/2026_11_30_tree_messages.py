"""Messages from main users to all managers of their tree."""

from alembic import op

revision = "tree_messages"
down_revision = "figures"
branch_labels = None
depends_on = None

AUDIENCES = "'main_users', 'organisations', 'deadline', 'round', 'unit_round'"


def upgrade() -> None:
    _know(f"({AUDIENCES}, 'tree')", "('unit_round', 'tree')")


def downgrade() -> None:
    """Only where no message is to a tree."""
    _know(f"({AUDIENCES})", "('unit_round')")


def _know(audiences: str, of_main_users: str) -> None:
    # Messages are some hundreds a year: checking all of them takes no time.
    op.execute(f"""
        -- squawk-ignore ban-drop-constraint
        ALTER TABLE messages DROP CONSTRAINT messages_audience_known;
        -- squawk-ignore constraint-missing-not-valid
        ALTER TABLE messages ADD CONSTRAINT messages_audience_known CHECK (audience IN {audiences});
        -- squawk-ignore ban-drop-constraint
        ALTER TABLE messages DROP CONSTRAINT messages_round_said;
        -- squawk-ignore constraint-missing-not-valid
        ALTER TABLE messages ADD CONSTRAINT messages_round_said CHECK (
            (audience IN ('round', 'unit_round')) = (round_year IS NOT NULL)
            AND (audience IN ('round', 'unit_round')) = (cardinality(round_states) > 0)
            AND (audience IN {of_main_users}) = (organisation_id IS NOT NULL));
    """)
