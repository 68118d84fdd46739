"""Letters about decisions on hours, and the attachments of mails."""

from alembic import op

from migrations.tables import create_table

revision = "decision_letters"
down_revision = "names"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What has been read once stays the same: the service may add and read.
    create_table(
        "hour_decision_letters",
        """
        decision_id uuid NOT NULL,
        language text NOT NULL CONSTRAINT hour_decision_letters_language_known CHECK (language IN ('fi', 'sv', 'en')),
        content bytea NOT NULL,
        made_at timestamptz NOT NULL
        """,
        key=("decision_id", "language"),
        references={"decision_id": "hour_decisions"},
        rights="SELECT, INSERT",
    )
    op.execute("ALTER TABLE mails ADD COLUMN attachments jsonb NOT NULL DEFAULT '[]'")


def downgrade() -> None:
    op.execute("ALTER TABLE mails DROP COLUMN attachments; DROP TABLE hour_decision_letters")
