"""Everyone who ever submitted a plan or a cost statement, so that nobody decides what they have sent."""

from alembic import op

revision = "senders"
down_revision = "enrolments"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The tables are of this version: they have no rows yet.
    op.execute("""
        ALTER TABLE trainings ADD COLUMN senders uuid[] NOT NULL DEFAULT '{}';
        ALTER TABLE cost_statements ADD COLUMN senders uuid[] NOT NULL DEFAULT '{}';
        COMMENT ON COLUMN trainings.senders IS 'Everyone who ever submitted the plan, in order.';
        COMMENT ON COLUMN cost_statements.senders IS 'Everyone who ever submitted the statement, in order.';
        CREATE FUNCTION note_sender() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
        BEGIN
            IF NEW.submitted_by <> ALL (NEW.senders) THEN
                NEW.senders := NEW.senders || NEW.submitted_by;
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER trainings_sent BEFORE INSERT OR UPDATE OF submitted_by ON trainings
            FOR EACH ROW WHEN (NEW.submitted_by IS NOT NULL) EXECUTE FUNCTION note_sender();
        CREATE TRIGGER cost_statements_sent BEFORE INSERT OR UPDATE OF submitted_by ON cost_statements
            FOR EACH ROW WHEN (NEW.submitted_by IS NOT NULL) EXECUTE FUNCTION note_sender();
    """)


def downgrade() -> None:
    op.execute("""
        DROP TRIGGER cost_statements_sent ON cost_statements;
        DROP TRIGGER trainings_sent ON trainings;
        DROP FUNCTION note_sender;
        ALTER TABLE cost_statements DROP COLUMN senders;
        ALTER TABLE trainings DROP COLUMN senders;
    """)
