"""One function names who did something, as far as a reader may see the name."""

from alembic import op

revision = "names"
down_revision = "round_messages"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(NAME_OF)


def downgrade() -> None:
    op.execute("DROP FUNCTION name_of")


# The plans are made once a session: with one for each call, a page of names would take a hundred times as long. On a
# table that was empty they would be sequential scans, and stay so.
NAME_OF = """
CREATE FUNCTION name_of(p_id uuid, p_reader uuid, p_overseen uuid[], p_now timestamptz) RETURNS text
LANGUAGE plpgsql STABLE COST 10
SET search_path = public, pg_temp SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    v_centre CONSTANT uuid := own_study_centre();
    v_person uuid;
    v_name text;
BEGIN
    IF p_id IS NULL THEN
        RETURN NULL;
    END IF;
    SELECT coalesce(p.merged_into, p.id), CASE WHEN p.erased_at IS NULL THEN p.name END INTO v_person, v_name
    FROM persons p WHERE p.study_centre_id = v_centre AND p.id = p_id;
    IF NOT FOUND THEN
        RETURN (SELECT k.name FROM api_keys k WHERE k.study_centre_id = v_centre AND k.id = p_id);
    END IF;
    IF p_overseen IS NULL OR v_person = p_reader THEN
        RETURN v_name;
    END IF;
    -- The roles of a merged person are those of the person who remains.
    PERFORM FROM role_grants g WHERE g.study_centre_id = v_centre AND g.person_id = v_person AND (
        g.role = 'staff' AND g.valid_from <= p_now AND (g.valid_until IS NULL OR g.valid_from < g.valid_until)
        OR (g.valid_until IS NULL OR g.valid_until > p_now) AND EXISTS (
            SELECT FROM organisation_ancestors a WHERE a.study_centre_id = v_centre
                AND a.organisation_id = g.organisation_id AND a.ancestor_id = ANY (p_overseen)));
    RETURN CASE WHEN FOUND THEN v_name END;
END $$;
COMMENT ON FUNCTION name_of IS 'The name as far as the reader sees it. NULL as p_overseen is who sees all people.';
REVOKE ALL ON FUNCTION name_of FROM PUBLIC;
SELECT grant_to_service('EXECUTE', 'FUNCTION name_of');
"""
