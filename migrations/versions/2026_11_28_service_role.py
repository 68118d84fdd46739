"""What the service's role may do: functions check their arguments, and it adds callers of its study centre only."""

from alembic import op

revision = "service_role"
down_revision = "one_posting"
branch_labels = None
depends_on = None

FINITE = {
    "audit_entries": ["made_at"],
    "calendar_feed_events": ["day", "modified_at", "cancelled_at"],
    "calendar_feeds": ["created_at", "last_read_at"],
    "hour_pools": ["closed_at"],
    "hour_transfers": ["made_at"],
    "outbox": ["made_at"],
    "stored_answers": ["stored_at"],
}
"""What the functions write: nobody could read, change or remove a row with an infinite time."""
CALLERS_NAMES = "enter(uuid, bytea)", "standing_of(uuid)", "hold_proposer_in_place()", "check_main_user_remains()"
"""Functions with the rights of their caller: a temporary table of the caller's is not used instead of ours."""
WRITING_NAMES = (
    "write_down(bytea, bytea, smallint, jsonb, bytea, uuid, timestamptz, text, jsonb)",
    "keep_calendar_feed_events(uuid, date, timestamptz, jsonb)",
)


def upgrade() -> None:
    op.execute(OWN_STUDY_CENTRE)
    op.execute(CALLERS)
    op.execute(LEDGER)
    for function in CALLERS_NAMES + WRITING_NAMES:
        op.execute(f"ALTER FUNCTION {function} SET search_path = public, pg_temp")
    for table, columns in FINITE.items():
        condition = " AND ".join(f"isfinite({column})" for column in columns)
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {table}_finite CHECK ({condition}) NOT VALID")


def downgrade() -> None:
    for table in FINITE:
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_finite")
    for function in CALLERS_NAMES + WRITING_NAMES:
        op.execute(f"ALTER FUNCTION {function} RESET search_path")
    op.execute(LEDGER_BEFORE)
    op.execute(CALLERS_BEFORE)
    op.execute(OWN_STUDY_CENTRE_BEFORE)


# Names in such a body are resolved here once, not by the search path of whoever calls.
OWN_STUDY_CENTRE = """
CREATE OR REPLACE FUNCTION own_study_centre() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
RETURN nullif(current_setting('app.study_centre_id', true), '')::uuid;
"""
OWN_STUDY_CENTRE_BEFORE = """
CREATE OR REPLACE FUNCTION own_study_centre() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('app.study_centre_id', true), '')::uuid $$;
"""

# The policy is not forced: the owner's functions find a caller before the study centre is known.
CALLERS = """
ALTER TABLE callers ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_study_centre ON callers USING (study_centre_id = own_study_centre());
COMMENT ON TABLE callers IS
    'Which study centre a caller belongs to. Functions of the owner find it; the service adds rows of its own.';

CREATE OR REPLACE FUNCTION give_callers(p_from uuid, p_to uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM persons p
    WHERE p.study_centre_id = own_study_centre() AND p.id = p_from AND p.merged_into = p_to;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'person % was not merged into %', p_from, p_to;
    END IF;
    UPDATE callers SET person_id = p_to WHERE study_centre_id = own_study_centre() AND person_id = p_from;
END $$;

CREATE OR REPLACE FUNCTION forget_people(p_ids uuid[]) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM persons p
    WHERE p.study_centre_id = own_study_centre() AND p.id = ANY (p_ids) AND p.erased_at IS NULL;
    IF FOUND THEN
        RAISE EXCEPTION 'these people were not erased';
    END IF;
    DELETE FROM callers c WHERE c.study_centre_id = own_study_centre() AND c.person_id = ANY (p_ids);
    DELETE FROM main_user_application_documents d USING main_user_applications a
    WHERE a.study_centre_id = own_study_centre() AND a.applicant_id = ANY (p_ids)
        AND (d.study_centre_id, d.application_id) = (a.study_centre_id, a.id) AND NOT EXISTS (
            SELECT FROM main_user_application_signatures s
            WHERE (s.study_centre_id, s.application_id) = (a.study_centre_id, a.id));
END $$;

CREATE OR REPLACE FUNCTION forget_calendar_feed(p_digest text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM calendar_feeds f WHERE f.study_centre_id = own_study_centre() AND f.digest = p_digest;
    IF FOUND THEN
        RAISE EXCEPTION 'this calendar feed has not ended';
    END IF;
    DELETE FROM callers
    WHERE study_centre_id = own_study_centre() AND issuer = 'calendar-feeds' AND subject = p_digest;
END $$;

-- Firing a trigger needs no right to its function; with one, a trigger of another table could write actors.
DO $$
BEGIN
    EXECUTE format('REVOKE EXECUTE ON FUNCTION add_actor FROM %I', current_setting('app.role_prefix') || '_service');
END $$;
"""
CALLERS_BEFORE = """
SELECT grant_to_service('EXECUTE', 'FUNCTION add_actor');

CREATE OR REPLACE FUNCTION forget_calendar_feed(p_digest text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DELETE FROM callers
    WHERE study_centre_id = own_study_centre() AND issuer = 'calendar-feeds' AND subject = p_digest;
$$;

CREATE OR REPLACE FUNCTION forget_people(p_ids uuid[]) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DELETE FROM callers c WHERE c.study_centre_id = own_study_centre() AND c.person_id = ANY (p_ids);
    DELETE FROM main_user_application_documents d USING main_user_applications a
    WHERE a.study_centre_id = own_study_centre() AND a.applicant_id = ANY (p_ids)
        AND (d.study_centre_id, d.application_id) = (a.study_centre_id, a.id) AND NOT EXISTS (
            SELECT FROM main_user_application_signatures s
            WHERE (s.study_centre_id, s.application_id) = (a.study_centre_id, a.id));
$$;

CREATE OR REPLACE FUNCTION give_callers(p_from uuid, p_to uuid) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE callers SET person_id = p_to WHERE study_centre_id = own_study_centre() AND person_id = p_from;
$$;

COMMENT ON TABLE callers IS 'The one table without a policy: it tells which study centre a caller belongs to.';
DROP POLICY own_study_centre ON callers;
ALTER TABLE callers DISABLE ROW LEVEL SECURITY;
"""

# Both triggers look at the end of the transaction, when it is known whether the posting itself was refused, and whether
# the year that the hours lapse in is closed. The owner, who also repairs, may post lapses and close the year later.
# Sequential scans are off: plans are made once a session, perhaps while the tables are small.
LEDGER = """
CREATE OR REPLACE FUNCTION close_hour_year(p_year smallint, p_closed_at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF p_closed_at IS NULL THEN
        RAISE EXCEPTION 'a year is closed at a time' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    PERFORM lock_hour_year(p_year);
    UPDATE hour_pools SET closed_at = p_closed_at
    WHERE study_centre_id = own_study_centre() AND year = p_year AND closed_at IS NULL;
    UPDATE hour_balances SET closed = true WHERE study_centre_id = own_study_centre() AND year = p_year;
END $$;

CREATE FUNCTION check_holder_in_place() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
BEGIN
    PERFORM FROM organisations o WHERE o.study_centre_id = NEW.study_centre_id AND o.id = NEW.organisation_id
        AND o.central_organisation_id = NEW.central_organisation_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'organisation % does not belong to %', NEW.organisation_id, NEW.central_organisation_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'hour_balances_holder_in_place';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER hour_balances_holder_in_place AFTER INSERT ON hour_balances
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_holder_in_place();

CREATE FUNCTION check_lapse_closes_year() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
BEGIN
    PERFORM FROM hour_pools p WHERE p.study_centre_id = NEW.study_centre_id AND p.year = NEW.year
        AND p.closed_at IS NOT NULL;
    IF NOT FOUND AND session_user <> current_user THEN
        RAISE EXCEPTION 'hours lapse when the year % is closed', NEW.year
            USING ERRCODE = 'check_violation', CONSTRAINT = 'hour_transfers_lapse_closes_year';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER hour_transfers_lapse_closes_year AFTER INSERT ON hour_transfers
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.kind = 'lapse') EXECUTE FUNCTION check_lapse_closes_year();
REVOKE EXECUTE ON FUNCTION check_holder_in_place, check_lapse_closes_year FROM PUBLIC;
"""
LEDGER_BEFORE = """
DROP TRIGGER hour_transfers_lapse_closes_year ON hour_transfers;
DROP TRIGGER hour_balances_holder_in_place ON hour_balances;
DROP FUNCTION check_lapse_closes_year, check_holder_in_place;

CREATE OR REPLACE FUNCTION close_hour_year(p_year smallint, p_closed_at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM lock_hour_year(p_year);
    UPDATE hour_pools SET closed_at = p_closed_at
    WHERE study_centre_id = own_study_centre() AND year = p_year AND closed_at IS NULL;
    UPDATE hour_balances SET closed = true WHERE study_centre_id = own_study_centre() AND year = p_year;
END $$;
"""
