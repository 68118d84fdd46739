"""Comments on proposals, supplementary requests, returns and main-user applications."""

from alembic import op

from migrations.tables import create_table

revision = "case_comments"
down_revision = "allotment_requests"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A comment is never changed or removed: the service may add and read.
    create_table(
        "case_comments",
        """
        id uuid NOT NULL,
        case_type text NOT NULL CONSTRAINT case_comments_case_type_known CHECK (case_type IN
            ('hour-proposals', 'supplementary-hour-requests', 'hour-returns', 'main-user-applications')),
        case_id uuid NOT NULL,
        side text NOT NULL CONSTRAINT case_comments_side_known
            CHECK (side IN ('applicant', 'unit', 'organisation', 'study_centre')),
        visible_to text NOT NULL CONSTRAINT case_comments_visible_to_known CHECK (visible_to IN ('both', 'own_side')),
        text text NOT NULL CONSTRAINT case_comments_text_length CHECK (char_length(text) BETWEEN 1 AND 4000),
        created_by uuid NOT NULL,
        created_at timestamptz NOT NULL
        """,
        references={"created_by": "persons"},
        rights="SELECT, INSERT",
    )
    op.execute("CREATE INDEX case_comments_of_case ON case_comments (study_centre_id, case_id, id)")


def downgrade() -> None:
    op.execute("DROP TABLE case_comments")
