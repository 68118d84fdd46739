"""Proposals, decisions, requests, returns, corrections and main-user applications get references."""

from alembic import op

revision = "references"
down_revision = "return_cancellations"
branch_labels = None
depends_on = None

MADE_AT = {
    "hour_proposals": "created_at",
    "hour_decisions": "decided_at",
    "supplementary_hour_requests": "submitted_at",
    "hour_returns": "booked_at",
    "hour_corrections": "made_at",
    "main_user_applications": "created_at",
}


def upgrade() -> None:
    op.execute(FUNCTIONS)
    for table in MADE_AT:
        op.execute(f"ALTER TABLE {table} ADD COLUMN reference text")
    _see_all_centres(True)
    made = " UNION ALL ".join(
        f"SELECT study_centre_id, id, {at} AS made_at FROM {table}" for table, at in MADE_AT.items()
    )
    op.execute(f"""
        CREATE TEMPORARY TABLE numbered ON COMMIT DROP AS
        SELECT study_centre_id, id, year, row_number() OVER (
            PARTITION BY study_centre_id, year ORDER BY made_at, id) AS number
        FROM (SELECT *, extract(year FROM made_at AT TIME ZONE 'Europe/Helsinki')::integer AS year FROM ({made}) m) n
    """)
    for table in MADE_AT:
        op.execute(f"""
            UPDATE {table} t SET reference = reference_of(n.year, n.number) FROM numbered n
            WHERE n.study_centre_id = t.study_centre_id AND n.id = t.id
        """)
    op.execute(SERIES)
    _see_all_centres(False)
    for table in MADE_AT:
        # The tables have some ten thousand rows at most: checking all of them takes milliseconds.
        op.execute(f"""
            ALTER TABLE {table} ALTER COLUMN reference SET DEFAULT take_reference(NULL);
            -- squawk-ignore constraint-missing-not-valid
            ALTER TABLE {table} ADD CONSTRAINT {table}_reference_said CHECK (reference ~ '^[0-9]{{4}}-[0-9]{{4,}}$');
            -- squawk-ignore require-concurrent-index-creation
            CREATE UNIQUE INDEX {table}_reference_once ON {table} (study_centre_id, reference);
            CREATE TRIGGER {table}_reference_kept BEFORE UPDATE OF reference ON {table}
            FOR EACH ROW WHEN (NEW.reference IS DISTINCT FROM OLD.reference) EXECUTE FUNCTION keep_reference();
        """)
    op.execute(VIEW)


def downgrade() -> None:
    op.execute("DROP VIEW references_astray")
    for table in MADE_AT:
        op.execute(f"DROP TRIGGER {table}_reference_kept ON {table}; ALTER TABLE {table} DROP COLUMN reference")
    op.execute("""
        DO $$
        DECLARE
            v_series text;
        BEGIN
            FOR v_series IN SELECT sequencename FROM pg_sequences
                WHERE schemaname = 'public' AND sequencename ~ '^references_[0-9a-f]{32}_[0-9]+$'
            LOOP
                EXECUTE format('DROP SEQUENCE %I', v_series);
            END LOOP;
        END $$;
        DROP FUNCTION take_reference, take_references, restart_references, keep_reference, make_reference_series,
            series_of_references, reference_of;
    """)


def _see_all_centres(is_seen: bool) -> None:
    for table in MADE_AT:
        op.execute(f"ALTER TABLE {table} {'NO FORCE' if is_seen else 'FORCE'} ROW LEVEL SECURITY")


# A series is a sequence of the study centre and the year, which only the owner's functions read: a number is taken
# without a lock that lasts, and is never taken twice, also if its transaction is rolled back.
FUNCTIONS = """
CREATE FUNCTION reference_of(p_year integer, p_number bigint) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT p_year || '-' || lpad(p_number::text, greatest(4, length(p_number::text)), '0')
$$;

CREATE FUNCTION series_of_references(p_centre uuid, p_year integer) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT 'references_' || replace(p_centre::text, '-', '') || '_' || p_year
$$;

CREATE FUNCTION make_reference_series(p_centre uuid, p_year integer, p_next bigint) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    EXECUTE format('CREATE SEQUENCE IF NOT EXISTS %I START %s', series_of_references(p_centre, p_year), p_next);
END $$;

CREATE FUNCTION take_references(p_at timestamptz, p_count integer) RETURNS text[]
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_centre CONSTANT uuid := own_study_centre();
    v_at CONSTANT timestamptz := coalesce(
        p_at, (SELECT clock_at FROM study_centres WHERE id = v_centre), clock_timestamp());
    v_year CONSTANT integer := extract(year FROM v_at AT TIME ZONE 'Europe/Helsinki');
    v_series CONSTANT text := series_of_references(v_centre, v_year);
    v_lock CONSTANT bigint := hashtextextended('references of ' || v_centre, 0);
    v_taken text[] := '{}';
BEGIN
    IF to_regclass(v_series) IS NULL THEN
        -- Two make it at the same time: the second waits, and finds it.
        PERFORM pg_advisory_xact_lock(v_lock);
        PERFORM make_reference_series(v_centre, v_year, 1);
    END IF;
    -- The next year's is made in time, so that nobody waits for it in January.
    IF to_regclass(series_of_references(v_centre, v_year + 1)) IS NULL AND pg_try_advisory_xact_lock(v_lock) THEN
        PERFORM make_reference_series(v_centre, v_year + 1, 1);
    END IF;
    FOR i IN 1 .. p_count LOOP
        v_taken := v_taken || reference_of(v_year, nextval(v_series::regclass));
    END LOOP;
    RETURN v_taken;
END $$;

CREATE FUNCTION take_reference(p_at timestamptz) RETURNS text
LANGUAGE sql VOLATILE AS $$ SELECT (take_references(p_at, 1))[1] $$;

CREATE FUNCTION keep_reference() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a reference never changes' USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE FUNCTION restart_references() RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    v_series record;
    v_centre CONSTANT uuid := own_study_centre();
BEGIN
    FOR v_series IN SELECT sequencename FROM pg_sequences
        WHERE schemaname = 'public' AND starts_with(sequencename, 'references_' || replace(v_centre::text, '-', ''))
    LOOP
        EXECUTE format('DROP SEQUENCE %I', v_series.sequencename);
    END LOOP;
    FOR v_series IN
        SELECT split_part(reference, '-', 1)::integer AS year, max(split_part(reference, '-', 2)::bigint) AS last
        FROM (
            SELECT reference FROM hour_proposals UNION ALL SELECT reference FROM hour_decisions
            UNION ALL SELECT reference FROM supplementary_hour_requests UNION ALL SELECT reference FROM hour_returns
            UNION ALL SELECT reference FROM hour_corrections UNION ALL SELECT reference FROM main_user_applications
        ) taken
        WHERE reference IS NOT NULL GROUP BY 1
    LOOP
        PERFORM make_reference_series(v_centre, v_series.year, v_series.last + 1);
    END LOOP;
END $$;

REVOKE ALL ON FUNCTION make_reference_series, take_references, take_reference, restart_references, keep_reference
FROM PUBLIC;
SELECT grant_to_service('EXECUTE', 'FUNCTION take_references, take_reference');
"""

SERIES = """
DO $$
DECLARE
    v_year record;
BEGIN
    FOR v_year IN SELECT study_centre_id, year, max(number) AS last FROM numbered GROUP BY 1, 2 LOOP
        PERFORM make_reference_series(v_year.study_centre_id, v_year.year, v_year.last + 1);
    END LOOP;
END $$;
"""

VIEW = """
CREATE VIEW references_astray WITH (security_invoker = true) AS
SELECT reference, count(*) AS times FROM (
    SELECT reference FROM hour_proposals UNION ALL SELECT reference FROM hour_decisions
    UNION ALL SELECT reference FROM supplementary_hour_requests UNION ALL SELECT reference FROM hour_returns
    UNION ALL SELECT reference FROM hour_corrections UNION ALL SELECT reference FROM main_user_applications
) taken
GROUP BY reference HAVING reference IS NULL OR count(*) > 1;
COMMENT ON VIEW references_astray IS 'Empty: every row has a reference, and none has that of another.';
SELECT grant_to_service('SELECT', 'references_astray');
"""
