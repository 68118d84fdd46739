"""One function has the names of all who did something in a page of a list."""

from alembic import context, op

revision = "names_in_lists"
down_revision = "plan_membership"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(ACTOR_NAMES)
    op.execute(NAMES_OF)
    op.execute(NAME_OF)


def downgrade() -> None:
    op.execute("DROP FUNCTION names_of; DROP VIEW actor_names")
    op.execute(context.script.get_revision("names").module.NAME_OF.replace("CREATE", "CREATE OR REPLACE", 1))


ACTOR_NAMES = """
CREATE VIEW actor_names WITH (security_invoker = true) AS
SELECT id, CASE WHEN erased_at IS NULL THEN name END AS name FROM persons UNION ALL SELECT id, name FROM api_keys;
COMMENT ON VIEW actor_names IS 'For readers who see all people.';
SELECT grant_to_service('SELECT', 'actor_names');
"""

# The plan is made once a session: with one for each call it would take several times as long. On a table that was empty
# it would be a sequential scan, and stay one.
NAMES_OF = """
CREATE FUNCTION names_of(p_ids uuid[], p_reader uuid, p_overseen uuid[], p_now timestamptz)
RETURNS TABLE (id uuid, name text) LANGUAGE plpgsql STABLE COST 10 ROWS 10
SET search_path = public, pg_temp SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    v_centre CONSTANT uuid := own_study_centre();
BEGIN
    RETURN QUERY
    SELECT p.id, p.name FROM persons p
    WHERE p.study_centre_id = v_centre AND p.id = ANY (p_ids) AND p.erased_at IS NULL AND (
        p_overseen IS NULL OR coalesce(p.merged_into, p.id) = p_reader OR EXISTS (
            -- The roles of a merged person are those of the person who remains.
            SELECT FROM role_grants g WHERE g.study_centre_id = v_centre AND g.person_id = coalesce(p.merged_into, p.id)
            AND (
                g.role = 'staff' AND g.valid_from <= p_now AND (g.valid_until IS NULL OR g.valid_from < g.valid_until)
                OR (g.valid_until IS NULL OR g.valid_until > p_now) AND EXISTS (
                    SELECT FROM organisation_ancestors a WHERE a.study_centre_id = v_centre
                        AND a.organisation_id = g.organisation_id AND a.ancestor_id = ANY (p_overseen)))))
    UNION ALL
    SELECT k.id, k.name FROM api_keys k WHERE k.study_centre_id = v_centre AND k.id = ANY (p_ids);
END $$;
COMMENT ON FUNCTION names_of IS 'The names as far as the reader sees them. NULL as p_overseen is who sees all people.';
REVOKE ALL ON FUNCTION names_of FROM PUBLIC;
SELECT grant_to_service('EXECUTE', 'FUNCTION names_of');
"""

NAME_OF = """
CREATE OR REPLACE FUNCTION name_of(p_id uuid, p_reader uuid, p_overseen uuid[], p_now timestamptz) RETURNS text
LANGUAGE plpgsql STABLE COST 10
SET search_path = public, pg_temp SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    IF p_id IS NULL THEN
        RETURN NULL;
    END IF;
    IF p_overseen IS NULL OR p_id = p_reader THEN
        RETURN (SELECT n.name FROM actor_names n WHERE n.id = p_id);
    END IF;
    RETURN (SELECT n.name FROM names_of(ARRAY[p_id], p_reader, p_overseen, p_now) n);
END $$;
"""
