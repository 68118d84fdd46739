"""References and the caller's name cost less: nearly every write asks for them."""

from alembic import context, op

revision = "quick_references"
down_revision = "names_in_lists"
branch_labels = None
depends_on = None

REPLACED = ("reference_of", "series_of_references", "take_reference", "take_references")


def upgrade() -> None:
    op.execute(REFERENCES)
    op.execute(NAME_OF)


def downgrade() -> None:
    op.execute(context.script.get_revision("names_in_lists").module.NAME_OF)
    for name in REPLACED:
        op.execute(_before(name))
    op.execute("DROP FUNCTION make_missing_series")


def _before(name: str) -> str:
    """The statement that makes the function as it was before."""
    functions: str = context.script.get_revision("references").module.FUNCTIONS
    begin = functions.index(f"CREATE FUNCTION {name}(")
    end = functions.index("$$;", begin)
    return functions[begin:end].replace("CREATE", "CREATE OR REPLACE", 1) + "$$"


# With explicit casts the first two are immutable to PostgreSQL, so that it needs no call for them. Nearly every call
# takes one reference. It has few expressions, because each is prepared again in every transaction.
REFERENCES = """
CREATE OR REPLACE FUNCTION reference_of(p_year integer, p_number bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT p_year::text || '-' || lpad(p_number::text, greatest(4, length(p_number::text)), '0')
$$;

CREATE OR REPLACE FUNCTION series_of_references(p_centre uuid, p_year integer) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT 'references_' || replace(p_centre::text, '-', '') || '_' || p_year::text
$$;

CREATE FUNCTION make_missing_series(p_centre uuid, p_year integer) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    v_lock CONSTANT bigint := hashtextextended('references of ' || p_centre::text, 0);
BEGIN
    IF to_regclass(series_of_references(p_centre, p_year)) IS NULL THEN
        -- Two make it at the same time: the second waits, and finds it.
        PERFORM pg_advisory_xact_lock(v_lock);
        PERFORM make_reference_series(p_centre, p_year, 1);
    END IF;
    -- The next year's is made in time, so that nobody waits for it in January.
    IF to_regclass(series_of_references(p_centre, p_year + 1)) IS NULL AND pg_try_advisory_xact_lock(v_lock) THEN
        PERFORM make_reference_series(p_centre, p_year + 1, 1);
    END IF;
END $$;

CREATE OR REPLACE FUNCTION take_reference(p_at timestamptz) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_centre CONSTANT uuid := own_study_centre();
    v_at timestamptz := p_at;
    v_year integer;
    v_number bigint;
BEGIN
    IF p_at IS NULL THEN
        v_at := coalesce((SELECT clock_at FROM study_centres WHERE id = v_centre), clock_timestamp());
    END IF;
    v_year := extract(year FROM v_at AT TIME ZONE 'Europe/Helsinki');
    IF to_regclass(series_of_references(v_centre, v_year)) IS NULL
        OR to_regclass(series_of_references(v_centre, v_year + 1)) IS NULL
    THEN
        PERFORM make_missing_series(v_centre, v_year);
    END IF;
    v_number := nextval(series_of_references(v_centre, v_year)::regclass);
    RETURN reference_of(v_year, v_number);
END $$;

CREATE OR REPLACE FUNCTION take_references(p_at timestamptz, p_count integer) RETURNS text[]
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    v_taken text[] := '{}';
BEGIN
    FOR i IN 1 .. p_count LOOP
        v_taken := v_taken || take_reference(p_at);
    END LOOP;
    RETURN v_taken;
END $$;

REVOKE ALL ON FUNCTION make_missing_series FROM PUBLIC;
"""

NAME_OF = """
CREATE OR REPLACE FUNCTION name_of(p_id uuid, p_reader uuid, p_overseen uuid[], p_now timestamptz) RETURNS text
LANGUAGE plpgsql STABLE COST 10
SET search_path = public, pg_temp SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    v_name text;
BEGIN
    IF p_id IS NULL THEN
        RETURN NULL;
    END IF;
    IF p_overseen IS NULL OR p_id = p_reader THEN
        SELECT CASE WHEN p.erased_at IS NULL THEN p.name END INTO v_name
        FROM persons p WHERE p.study_centre_id = own_study_centre() AND p.id = p_id;
        IF NOT FOUND THEN
            SELECT k.name INTO v_name FROM api_keys k WHERE k.study_centre_id = own_study_centre() AND k.id = p_id;
        END IF;
        RETURN v_name;
    END IF;
    RETURN (SELECT n.name FROM names_of(ARRAY[p_id], p_reader, p_overseen, p_now) n);
END $$;
"""
