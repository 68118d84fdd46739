"""Attachments of proposals, supplementary requests, returns and main-user applications."""

from alembic import op

from migrations.tables import create_table

revision = "case_attachments"
down_revision = "pool_transfers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # An attachment is never changed.
    create_table(
        "case_attachments",
        """
        id uuid NOT NULL,
        case_type text NOT NULL CONSTRAINT case_attachments_case_type_known CHECK (case_type IN
            ('hour-proposals', 'supplementary-hour-requests', 'hour-returns', 'main-user-applications')),
        case_id uuid NOT NULL,
        side text NOT NULL CONSTRAINT case_attachments_side_known
            CHECK (side IN ('applicant', 'unit', 'organisation', 'study_centre')),
        visible_to text NOT NULL CONSTRAINT case_attachments_visible_to_known
            CHECK (visible_to IN ('both', 'own_side')),
        name text NOT NULL CONSTRAINT case_attachments_name_length CHECK (char_length(name) BETWEEN 1 AND 200),
        media_type text NOT NULL CONSTRAINT case_attachments_media_type_known
            CHECK (media_type IN ('application/pdf', 'image/png', 'image/jpeg', 'image/webp')),
        size integer NOT NULL,
        digest text NOT NULL CONSTRAINT case_attachments_digest_of_content
            CHECK (digest = encode(sha256(content), 'hex')),
        content bytea NOT NULL,
        created_by uuid NOT NULL,
        created_at timestamptz NOT NULL,
        CONSTRAINT case_attachments_size_of_content
            CHECK (size = octet_length(content) AND size BETWEEN 1 AND 10485760)
        """,
        references={"created_by": "persons"},
        rights="SELECT, INSERT, DELETE",
    )
    # The files are compressed in themselves.
    op.execute("ALTER TABLE case_attachments ALTER COLUMN content SET STORAGE EXTERNAL")
    op.execute("CREATE INDEX case_attachments_of_case ON case_attachments (study_centre_id, case_id, id)")


def downgrade() -> None:
    op.execute("DROP TABLE case_attachments")
