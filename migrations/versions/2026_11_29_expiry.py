"""Proposals and supplementary requests expire when their year is closed or the hours are decided."""

from alembic import op

revision = "expiry"
down_revision = "posting_plans"
branch_labels = None
depends_on = None

READ = ("hour_pools", "hour_decisions", "audit_entries")
EXPIRE = ("hour_proposals", "supplementary_hour_requests")
STATES = {
    "hour_proposals": "'draft', 'submitted', 'sent_back', 'included', 'decided', 'withdrawn'",
    "supplementary_hour_requests": "'submitted', 'approved', 'partially_approved', 'rejected', 'withdrawn'",
}


def upgrade() -> None:
    for table, states in STATES.items():
        # The tables have some ten thousand rows at most: checking all of them takes milliseconds.
        op.execute(f"""
            ALTER TABLE {table} ADD COLUMN expired_at timestamptz, ADD COLUMN expired_because text;
            -- squawk-ignore ban-drop-constraint
            ALTER TABLE {table} DROP CONSTRAINT {table}_state_known;
            -- squawk-ignore constraint-missing-not-valid
            ALTER TABLE {table} ADD CONSTRAINT {table}_state_known CHECK (state IN ({states}, 'expired'));
            -- squawk-ignore constraint-missing-not-valid
            ALTER TABLE {table} ADD CONSTRAINT {table}_expired CHECK (
                num_nulls(expired_at, expired_because) = CASE WHEN state = 'expired' THEN 0 ELSE 2 END
                AND expired_because IN ('year_closed', 'decided', 'moved'));
        """)
    _see_all_centres(True)
    op.execute(EXPIRED)
    _see_all_centres(False)
    op.execute("""
        -- squawk-ignore require-concurrent-index-deletion
        DROP INDEX hour_proposals_one_a_year;
        -- squawk-ignore require-concurrent-index-creation
        CREATE UNIQUE INDEX hour_proposals_one_a_year ON hour_proposals (study_centre_id, organisation_id, year)
            WHERE state NOT IN ('withdrawn', 'expired');
        -- squawk-ignore require-concurrent-index-creation
        CREATE INDEX hour_proposals_open ON hour_proposals (study_centre_id, year)
            WHERE state IN ('draft', 'submitted', 'sent_back', 'included');
        -- squawk-ignore require-concurrent-index-creation
        CREATE INDEX supplementary_hour_requests_open ON supplementary_hour_requests (study_centre_id, year)
            WHERE state = 'submitted';
    """)
    op.execute(VIEW)


def downgrade() -> None:
    op.execute("""
        DROP VIEW hours_left_open;
        DROP INDEX hour_proposals_open, supplementary_hour_requests_open, hour_proposals_one_a_year;
    """)
    _see_all_centres(True)
    for table, states in STATES.items():
        withdrawn_at = ", withdrawn_at = expired_at" if table == "supplementary_hour_requests" else ""
        op.execute(f"""
            ALTER TABLE {table} DROP CONSTRAINT {table}_expired;
            UPDATE {table} SET state = 'withdrawn'{withdrawn_at} WHERE state = 'expired';
            ALTER TABLE {table} DROP CONSTRAINT {table}_state_known;
            ALTER TABLE {table} ADD CONSTRAINT {table}_state_known CHECK (state IN ({states}));
            ALTER TABLE {table} DROP COLUMN expired_at, DROP COLUMN expired_because;
        """)
    _see_all_centres(False)
    op.execute("""
        CREATE UNIQUE INDEX hour_proposals_one_a_year ON hour_proposals (study_centre_id, organisation_id, year)
            WHERE state <> 'withdrawn';
    """)


def _see_all_centres(is_seen: bool) -> None:
    for table in (*READ, *EXPIRE):
        op.execute(f"ALTER TABLE {table} {'NO FORCE' if is_seen else 'FORCE'} ROW LEVEL SECURITY")


# Rows that were made after the closing or the decision end when they were made: nothing ends before it begins.
EXPIRED = """
CREATE FUNCTION pg_temp.uuid_of_now() RETURNS uuid LANGUAGE sql VOLATILE AS $$
    SELECT (lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0')
        || '7' || substr(md5(random()::text), 1, 3) || '8' || substr(md5(random()::text), 1, 15))::uuid
$$;

WITH ended AS (
    UPDATE hour_proposals p SET state = 'expired',
        expired_at = greatest(y.closed_at, p.created_at, p.submitted_at), expired_because = 'year_closed'
    FROM hour_pools y
    WHERE y.study_centre_id = p.study_centre_id AND y.year = p.year AND y.closed_at IS NOT NULL
        AND p.state IN ('draft', 'submitted', 'sent_back', 'included')
    RETURNING p.*
)
INSERT INTO audit_entries (study_centre_id, id, action, subject_id, organisation_id, facts, request_id, made_at)
SELECT study_centre_id, pg_temp.uuid_of_now(), 'hour-proposal.expired', id, organisation_id,
    jsonb_build_object('because', expired_because, 'year', year), '', expired_at
FROM ended;

WITH ended AS (
    UPDATE hour_proposals p SET state = 'expired',
        expired_at = greatest(d.decided_at, p.created_at, p.submitted_at), expired_because = 'decided'
    FROM hour_decisions d
    WHERE d.study_centre_id = p.study_centre_id AND d.year = p.year AND d.organisation_id = p.central_organisation_id
        AND p.state IN ('draft', 'submitted', 'sent_back', 'included')
    RETURNING p.*
)
INSERT INTO audit_entries (study_centre_id, id, action, subject_id, organisation_id, facts, request_id, made_at)
SELECT study_centre_id, pg_temp.uuid_of_now(), 'hour-proposal.expired', id, organisation_id,
    jsonb_build_object('because', expired_because, 'year', year), '', expired_at
FROM ended;

WITH ended AS (
    UPDATE supplementary_hour_requests r SET state = 'expired',
        expired_at = greatest(y.closed_at, r.submitted_at), expired_because = 'year_closed'
    FROM hour_pools y
    WHERE y.study_centre_id = r.study_centre_id AND y.year = r.year AND y.closed_at IS NOT NULL
        AND r.state = 'submitted'
    RETURNING r.*
)
INSERT INTO audit_entries (study_centre_id, id, action, subject_id, organisation_id, facts, request_id, made_at)
SELECT study_centre_id, pg_temp.uuid_of_now(), 'supplementary-hour-request.expired', id, organisation_id,
    jsonb_build_object('because', expired_because, 'year', year), '', expired_at
FROM ended;
"""

VIEW = """
CREATE VIEW hours_left_open WITH (security_invoker = true) AS
SELECT 'hour_proposal' AS type, p.id, p.organisation_id, p.year FROM hour_proposals p
WHERE p.state IN ('draft', 'submitted', 'sent_back', 'included') AND (
    EXISTS (SELECT FROM hour_pools y
        WHERE y.study_centre_id = p.study_centre_id AND y.year = p.year AND y.closed_at IS NOT NULL)
    OR EXISTS (SELECT FROM hour_decisions d
        WHERE d.study_centre_id = p.study_centre_id AND d.year = p.year
            AND d.organisation_id = p.central_organisation_id))
UNION ALL
SELECT 'supplementary_hour_request', r.id, r.organisation_id, r.year FROM supplementary_hour_requests r
WHERE r.state = 'submitted' AND EXISTS (SELECT FROM hour_pools y
    WHERE y.study_centre_id = r.study_centre_id AND y.year = r.year AND y.closed_at IS NOT NULL);
COMMENT ON VIEW hours_left_open IS 'Empty: nothing is open in a closed year, nor any proposal for decided hours.';
SELECT grant_to_service('SELECT', 'hours_left_open');
"""
