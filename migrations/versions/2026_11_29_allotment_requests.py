"""Allotment requests: in mid-year a unit asks its central organisation for hours, or gives some back."""

from alembic import context, op

from migrations.tables import create_table

revision = "allotment_requests"
down_revision = "transfer_indexes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_table(
        "allotment_requests",
        COLUMNS,
        references={"unit_id": "organisations", "central_organisation_id": "organisations"},
        rights="SELECT, INSERT, UPDATE",
    )
    op.execute(REST)
    op.execute(f"CREATE OR REPLACE VIEW hours_left_open WITH (security_invoker = true) AS {_left_open()} {LEFT_OPEN}")
    for statement in _references():
        op.execute(statement.replace(OTHERS, f"{OTHERS} {TAKEN}"))


def downgrade() -> None:
    op.execute(f"CREATE OR REPLACE VIEW hours_left_open WITH (security_invoker = true) AS {_left_open()}")
    for statement in _references():
        op.execute(statement)
    op.execute("DROP TABLE allotment_requests; DROP FUNCTION hold_requester_in_place")


def _left_open() -> str:
    """What the view shows of proposals and supplementary requests."""
    view: str = context.script.get_revision("expiry").module.VIEW
    return view.split(" AS\n", 1)[1].split(";", 1)[0]


def _references() -> list[str]:
    """The view and the function that read all tables whose rows have references."""
    references = context.script.get_revision("references").module
    view, function = (
        references.VIEW.split(";", 1)[0],
        references.FUNCTIONS.split("CREATE FUNCTION restart_references", 1)[1],
    )
    return [
        view.replace("CREATE VIEW", "CREATE OR REPLACE VIEW"),
        "CREATE OR REPLACE FUNCTION restart_references" + function.split("END $$;", 1)[0] + "END $$;",
    ]


OTHERS = "UNION ALL SELECT reference FROM hour_corrections UNION ALL SELECT reference FROM main_user_applications"
TAKEN = "UNION ALL SELECT reference FROM allotment_requests"
COLUMNS = """
    id uuid NOT NULL,
    reference text DEFAULT take_reference(NULL)
        CONSTRAINT allotment_requests_reference_said CHECK (reference ~ '^[0-9]{4}-[0-9]{4,}$'),
    unit_id uuid NOT NULL,
    central_organisation_id uuid NOT NULL,
    year smallint NOT NULL CONSTRAINT allotment_requests_year CHECK (year BETWEEN 2000 AND 2100),
    hours integer NOT NULL CONSTRAINT allotment_requests_hours
        CHECK (hours BETWEEN -10000000 AND 10000000 AND hours <> 0),
    grounds text NOT NULL,
    state text NOT NULL CONSTRAINT allotment_requests_state_known
        CHECK (state IN ('submitted', 'approved', 'partially_approved', 'rejected', 'withdrawn', 'expired')),
    granted_hours integer,
    reason text,
    submitted_by uuid NOT NULL,
    submitted_at timestamptz NOT NULL,
    decided_by uuid,
    decided_at timestamptz,
    withdrawn_at timestamptz,
    expired_at timestamptz,
    expired_because text CONSTRAINT allotment_requests_expired_because_known
        CHECK (expired_because IN ('year_closed', 'decided', 'moved')),
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- What only a person does names a person; a key may ask too.
    CONSTRAINT allotment_requests_sender_fkey FOREIGN KEY (study_centre_id, submitted_by) REFERENCES actors,
    CONSTRAINT allotment_requests_decider_fkey FOREIGN KEY (study_centre_id, decided_by) REFERENCES persons,
    CONSTRAINT allotment_requests_of_a_unit CHECK (unit_id <> central_organisation_id),
    CONSTRAINT allotment_requests_granted_fits_state CHECK (
        -- A null must not slip through as neither true nor false.
        coalesce(CASE state
            WHEN 'approved' THEN granted_hours = hours
            WHEN 'partially_approved' THEN
                sign(granted_hours) = sign(hours) AND abs(granted_hours) < abs(hours)
            WHEN 'rejected' THEN granted_hours = 0
            ELSE granted_hours IS NULL
        END, false)),
    CONSTRAINT allotment_requests_decision_complete CHECK (
        (granted_hours IS NULL) = (decided_by IS NULL) AND (granted_hours IS NULL) = (decided_at IS NULL)),
    CONSTRAINT allotment_requests_end_complete CHECK (
        (state = 'withdrawn') = (withdrawn_at IS NOT NULL) AND (state = 'expired') = (expired_at IS NOT NULL)
        AND (state = 'expired') = (expired_because IS NOT NULL))
"""
REST = """
CREATE UNIQUE INDEX allotment_requests_one_open
    ON allotment_requests (study_centre_id, unit_id, year) WHERE state = 'submitted';
CREATE UNIQUE INDEX allotment_requests_reference_once ON allotment_requests (study_centre_id, reference);
CREATE TRIGGER allotment_requests_reference_kept BEFORE UPDATE OF reference ON allotment_requests
    FOR EACH ROW WHEN (NEW.reference IS DISTINCT FROM OLD.reference) EXECUTE FUNCTION keep_reference();
CREATE INDEX allotment_requests_of_unit ON allotment_requests (study_centre_id, unit_id, year, id);
CREATE INDEX allotment_requests_of_centre ON allotment_requests (study_centre_id, central_organisation_id, year, id);
CREATE INDEX allotment_requests_open ON allotment_requests (study_centre_id, year) WHERE state = 'submitted';
CREATE INDEX allotment_requests_changed_at ON allotment_requests (study_centre_id, changed_at);
CREATE TRIGGER allotment_requests_changed BEFORE UPDATE ON allotment_requests
    FOR EACH ROW EXECUTE FUNCTION date_change();

-- A move to another centre holds the unit's row, and ends its open requests then. A request being made is waited for;
-- one that waited itself, and was to name the old centre, may be tried again.
CREATE FUNCTION hold_requester_in_place() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    v_central uuid;
BEGIN
    SELECT central_organisation_id INTO v_central FROM organisations
    WHERE study_centre_id = NEW.study_centre_id AND id = NEW.unit_id FOR SHARE;
    IF v_central <> NEW.central_organisation_id THEN
        RAISE EXCEPTION 'organisation % has moved', NEW.unit_id USING ERRCODE = 'serialization_failure';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER allotment_requests_requester_in_place BEFORE INSERT ON allotment_requests
    FOR EACH ROW EXECUTE FUNCTION hold_requester_in_place();
DO $$
BEGIN
    EXECUTE format('REVOKE EXECUTE ON FUNCTION hold_requester_in_place FROM PUBLIC, %I',
        current_setting('app.role_prefix') || '_service');
END $$;
"""

LEFT_OPEN = """
UNION ALL
SELECT 'allotment_request', r.id, r.unit_id, r.year FROM allotment_requests r
WHERE r.state = 'submitted' AND EXISTS (SELECT FROM hour_pools y
    WHERE y.study_centre_id = r.study_centre_id AND y.year = r.year AND y.closed_at IS NOT NULL)
"""
