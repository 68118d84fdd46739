"""Trainings know whether their cost statement has been submitted: what is due, late or lapses is found by an index."""

from alembic import op

revision = "lapsing"
down_revision = "statement_attachments"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        ALTER TABLE trainings ADD COLUMN stated boolean NOT NULL DEFAULT false;
        -- The tables are new: they have no rows yet.
        -- squawk-ignore require-concurrent-index-deletion
        DROP INDEX trainings_by_end;
        -- squawk-ignore require-concurrent-index-creation
        CREATE INDEX trainings_unstated ON trainings (study_centre_id, ends_on, id)
            WHERE state = 'approved' AND supported AND NOT stated;
        -- squawk-ignore require-concurrent-index-creation
        CREATE INDEX trainings_sent_back ON trainings (study_centre_id, answer_by, id) WHERE state = 'sent_back';
        -- squawk-ignore require-concurrent-index-creation
        CREATE INDEX trainings_waiting ON trainings (study_centre_id, state, id)
            WHERE state IN ('awaiting_main_user', 'submitted');
        -- squawk-ignore require-concurrent-index-creation
        CREATE INDEX cost_statements_waiting ON cost_statements (study_centre_id, id) WHERE state = 'submitted';
    """)
    op.execute(FUNCTION)


def downgrade() -> None:
    op.execute("""
        DROP TRIGGER cost_statements_stated ON cost_statements;
        DROP FUNCTION note_statement;
        DROP INDEX cost_statements_waiting;
        DROP INDEX trainings_waiting;
        DROP INDEX trainings_sent_back;
        DROP INDEX trainings_unstated;
        CREATE INDEX trainings_by_end ON trainings (study_centre_id, ends_on, id) WHERE state = 'approved';
        ALTER TABLE trainings DROP COLUMN stated;
    """)


FUNCTION = """
-- A statement that waits, or was decided and not reversed, is all that its training needs.
CREATE FUNCTION note_statement() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    v_stated CONSTANT boolean := EXISTS (
        SELECT FROM cost_statements
        WHERE study_centre_id = NEW.study_centre_id AND training_id = NEW.training_id
            AND state IN ('submitted', 'approved', 'rejected'));
BEGIN
    UPDATE trainings SET stated = v_stated
    WHERE study_centre_id = NEW.study_centre_id AND id = NEW.training_id AND stated <> v_stated;
    RETURN NULL;
END $$;
CREATE TRIGGER cost_statements_stated AFTER INSERT OR UPDATE OF state ON cost_statements
    FOR EACH ROW EXECUTE FUNCTION note_statement();

DO $$
BEGIN
    EXECUTE format('REVOKE EXECUTE ON FUNCTION note_statement FROM PUBLIC, %I',
        current_setting('app.role_prefix') || '_service');
END $$;
"""
