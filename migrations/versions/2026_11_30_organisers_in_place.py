"""A training course is submitted where its organisation is, and waits for a move of it."""

from alembic import op

revision = "organisers_in_place"
down_revision = "lapsing"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(FUNCTIONS)


def downgrade() -> None:
    op.execute("""
        DROP TRIGGER trainings_drafted_in_place ON trainings;
        DROP TRIGGER trainings_submitted_in_place ON trainings;
        DROP FUNCTION hold_organiser_in_place;
        DROP FUNCTION lock_trainings;
    """)


FUNCTIONS = """
-- A move, or an end, of an organisation locks its row, then the balances of its centre, then its drafts. So a
-- submission shares the rows of the organisations before it locks the trainings: it comes first and is counted, or
-- waits and reads where the organisation is now.
CREATE FUNCTION lock_trainings(p_ids uuid[]) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM organisations WHERE study_centre_id = own_study_centre() AND id IN (
        SELECT organisation_id FROM trainings WHERE study_centre_id = own_study_centre() AND id = ANY (p_ids))
    ORDER BY id FOR SHARE;
    PERFORM FROM organisations WHERE study_centre_id = own_study_centre() AND id IN (
        SELECT o.central_organisation_id FROM trainings t
        JOIN organisations o ON o.study_centre_id = t.study_centre_id AND o.id = t.organisation_id
        WHERE t.study_centre_id = own_study_centre() AND t.id = ANY (p_ids))
    ORDER BY id FOR SHARE;
    PERFORM FROM trainings WHERE study_centre_id = own_study_centre() AND id = ANY (p_ids)
    ORDER BY id FOR NO KEY UPDATE;
END $$;

-- A draft is of the central organisation that its organisation has now, and so is what is submitted for the first
-- time. Who waited for a move, and was to name the old one, may try again.
CREATE FUNCTION hold_organiser_in_place() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    v_central uuid;
BEGIN
    SELECT central_organisation_id INTO v_central FROM organisations
    WHERE study_centre_id = NEW.study_centre_id AND id = NEW.organisation_id FOR SHARE;
    IF v_central <> NEW.central_organisation_id THEN
        RAISE EXCEPTION 'organisation % has moved', NEW.organisation_id USING ERRCODE = 'serialization_failure';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER trainings_drafted_in_place BEFORE INSERT ON trainings
    FOR EACH ROW WHEN (NEW.submitted_at IS NULL) EXECUTE FUNCTION hold_organiser_in_place();
CREATE TRIGGER trainings_submitted_in_place BEFORE UPDATE OF submitted_at ON trainings
    FOR EACH ROW WHEN (OLD.submitted_at IS NULL AND NEW.submitted_at IS NOT NULL)
    EXECUTE FUNCTION hold_organiser_in_place();
DO $$
BEGIN
    EXECUTE format('REVOKE EXECUTE ON FUNCTION hold_organiser_in_place FROM PUBLIC, %I',
        current_setting('app.role_prefix') || '_service');
END $$;
REVOKE EXECUTE ON FUNCTION lock_trainings FROM PUBLIC;
SELECT grant_to_service('EXECUTE', 'FUNCTION lock_trainings');
"""
