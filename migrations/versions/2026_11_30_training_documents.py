"""Documents about training courses and cost statements, and what was submitted of them."""

from alembic import op

from migrations.tables import create_table

revision = "training_documents"
down_revision = "organisers_in_place"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What has been read once stays the same: the service may add and read.
    create_table(
        "training_documents",
        """
        subject_id uuid NOT NULL,
        kind text NOT NULL CONSTRAINT training_documents_kind_known
            CHECK (kind IN ('plan', 'plan_decision', 'statement', 'statement_decision')),
        version integer NOT NULL,
        language text NOT NULL CONSTRAINT training_documents_language_known CHECK (language IN ('fi', 'sv', 'en')),
        content bytea NOT NULL,
        made_at timestamptz NOT NULL
        """,
        key=("subject_id", "kind", "version", "language"),
        rights="SELECT, INSERT",
    )
    op.execute(REST)


def downgrade() -> None:
    op.execute(
        """
        DROP TRIGGER cost_statements_submitted ON cost_statements;
        DROP TRIGGER trainings_submitted ON trainings;
        DROP FUNCTION count_submission;
        ALTER TABLE cost_statements DROP COLUMN as_submitted, DROP COLUMN submissions;
        ALTER TABLE trainings DROP COLUMN as_submitted, DROP COLUMN submissions;
        DROP TABLE training_documents;
        """
    )


# Times do not tell two submissions apart: a sandbox's clock may have been the same at both.
REST = """
COMMENT ON COLUMN training_documents.subject_id IS 'The training course, or the cost statement.';
COMMENT ON COLUMN training_documents.version IS 'Grows with each submission or decision that is documented.';
ALTER TABLE trainings ADD COLUMN submissions integer NOT NULL DEFAULT 0, ADD COLUMN as_submitted jsonb;
ALTER TABLE cost_statements ADD COLUMN submissions integer NOT NULL DEFAULT 0, ADD COLUMN as_submitted jsonb;
COMMENT ON COLUMN trainings.as_submitted IS
    'The plan as it was submitted, if it has been changed since without a decision.';
COMMENT ON COLUMN cost_statements.as_submitted IS 'The statement as it was submitted, if it has been changed since.';
CREATE FUNCTION count_submission() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    NEW.submissions := OLD.submissions + 1;
    NEW.as_submitted := NULL;
    RETURN NEW;
END $$;
CREATE TRIGGER trainings_submitted BEFORE UPDATE OF state ON trainings FOR EACH ROW
    WHEN (OLD.state IN ('draft', 'sent_back') AND NEW.state IN ('awaiting_main_user', 'submitted', 'approved'))
    EXECUTE FUNCTION count_submission();
CREATE TRIGGER cost_statements_submitted BEFORE UPDATE OF state ON cost_statements FOR EACH ROW
    WHEN (OLD.state IN ('draft', 'sent_back') AND NEW.state IN ('submitted', 'approved'))
    EXECUTE FUNCTION count_submission();
"""
