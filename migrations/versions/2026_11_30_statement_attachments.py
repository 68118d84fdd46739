"""Attachments of cost statements. A rejected statement keeps the figures of its decision, as an approved one does."""

from alembic import op

from migrations.tables import create_table

revision = "statement_attachments"
down_revision = "study_centre_profile"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # An attachment is never changed.
    create_table(
        "cost_statement_attachments",
        """
        id uuid NOT NULL,
        statement_id uuid NOT NULL,
        name text NOT NULL
            CONSTRAINT cost_statement_attachments_name_length CHECK (char_length(name) BETWEEN 1 AND 200),
        media_type text NOT NULL CONSTRAINT cost_statement_attachments_media_type_known
            CHECK (media_type IN ('application/pdf', 'image/png', 'image/jpeg', 'image/webp')),
        size integer NOT NULL,
        digest text NOT NULL CONSTRAINT cost_statement_attachments_digest_of_content
            CHECK (digest = encode(sha256(content), 'hex')),
        content bytea NOT NULL,
        created_by uuid NOT NULL,
        created_at timestamptz NOT NULL,
        CONSTRAINT cost_statement_attachments_size_of_content
            CHECK (size = octet_length(content) AND size BETWEEN 1 AND 10485760)
        """,
        references={"statement_id": "cost_statements", "created_by": "actors"},
        rights="SELECT, INSERT, DELETE",
    )
    # The files are compressed in themselves.
    op.execute("ALTER TABLE cost_statement_attachments ALTER COLUMN content SET STORAGE EXTERNAL")
    op.execute(
        "CREATE INDEX cost_statement_attachments_of_statement "
        "ON cost_statement_attachments (study_centre_id, statement_id, id)"
    )
    _complete("('approved', 'rejected', 'reversed')")


def downgrade() -> None:
    op.execute("DROP TABLE cost_statement_attachments")
    # The owner is behind the study centre's wall too.
    op.execute("ALTER TABLE cost_statements NO FORCE ROW LEVEL SECURITY")
    _complete(
        "('approved', 'reversed')",
        """
        UPDATE cost_statements SET support = NULL, support_cents = NULL, used_hours = NULL, payment_state = NULL
        WHERE state = 'rejected'
        """,
    )
    op.execute("ALTER TABLE cost_statements FORCE ROW LEVEL SECURITY")


def _complete(states: str, before: str | None = None) -> None:
    # The table is as new as this revision, and empty when it is made.
    op.execute("""
        -- squawk-ignore ban-drop-constraint
        ALTER TABLE cost_statements DROP CONSTRAINT cost_statements_support_complete
    """)
    if before:
        op.execute(before)
    op.execute(f"""
        -- squawk-ignore constraint-missing-not-valid
        ALTER TABLE cost_statements ADD CONSTRAINT cost_statements_support_complete CHECK (
            (state IN {states}) = (support IS NOT NULL)
            AND (support IS NULL) = (support_cents IS NULL) AND (support IS NULL) = (used_hours IS NULL)
            AND (support IS NULL) = (payment_state IS NULL))
    """)
