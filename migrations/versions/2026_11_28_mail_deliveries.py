"""When a mail was first tried, and what stands in the way of all mails."""

from alembic import op

from migrations.tables import create_table

revision = "mail_deliveries"
down_revision = "mailed_tokens"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        ALTER TABLE mails ADD COLUMN first_attempt_at timestamptz;
        COMMENT ON COLUMN mails.first_attempt_at IS 'By real time. NULL before it.';
    """)
    create_table(
        "mail_obstacles",
        """
        obstacle text NOT NULL
            CONSTRAINT mail_obstacles_obstacle_known CHECK (obstacle IN ('unavailable', 'tls', 'sign_in', 'sender')),
        answer text NOT NULL CONSTRAINT mail_obstacles_answer_length CHECK (char_length(answer) <= 500),
        since timestamptz NOT NULL DEFAULT clock_timestamp()
        """,
        key=["obstacle"],
        rights="SELECT, INSERT, DELETE",
    )


def downgrade() -> None:
    op.execute("DROP TABLE mail_obstacles")
    op.execute("ALTER TABLE mails DROP COLUMN first_attempt_at")
