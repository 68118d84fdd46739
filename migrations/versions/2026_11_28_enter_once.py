"""One function that begins a write, with plans that do not depend on how small the tables were at first."""

from alembic import op

revision = "enter_once"
down_revision = "changed_at_indexes"
branch_labels = None
depends_on = None

# A plan is made once a session. On a table that was empty and analysed it would be a sequential scan, and stay one.
STEADY = (
    "write_down(bytea, bytea, smallint, jsonb, bytea, uuid, timestamptz, text, jsonb)",
    "hold_proposer_in_place()",
    "check_main_user_remains()",
)


def upgrade() -> None:
    op.execute(ENTER)
    op.execute(INDEX.format("organisation_id, study_centre_id, role"))
    for function in STEADY:
        op.execute(f"ALTER FUNCTION {function} SET enable_seqscan = off")


def downgrade() -> None:
    for function in STEADY:
        op.execute(f"ALTER FUNCTION {function} RESET enable_seqscan")
    op.execute(INDEX.format("study_centre_id, organisation_id, role"))
    op.execute("DROP FUNCTION enter(uuid, bytea, boolean)")


# Led by the study centre, it was taken for the roles of one person too while nobody knew how many there are.
# Roles are hundreds: the index is made in a moment.
INDEX = """
-- squawk-ignore require-concurrent-index-deletion
DROP INDEX role_grants_of_organisation;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX role_grants_of_organisation ON role_grants ({});
"""

# Processes of the version before call enter(uuid, bytea) and standing_of(uuid) while this one comes: the release after
# it drops them.
ENTER = """
CREATE FUNCTION enter(
    p_caller_id uuid, p_key_digest bytea, p_is_api_key boolean,
    OUT clock_at timestamptz, OUT key_is_free boolean,
    OUT request_digest bytea, OUT status smallint, OUT headers jsonb, OUT body bytea,
    OUT roles jsonb, OUT is_gone boolean, OUT other_ids uuid[],
    OUT organisation_id uuid, OUT kind text, OUT active_from date, OUT active_until date, OUT scopes text[]
) LANGUAGE plpgsql SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    v_centre CONSTANT uuid := own_study_centre();
BEGIN
    key_is_free := true;
    IF p_key_digest IS NOT NULL THEN
        key_is_free := pg_try_advisory_xact_lock(
            ('x' || encode(substring(p_key_digest FOR 8), 'hex'))::bit(64)::bigint);
        -- Looked up after the lock: the statement's own snapshot sees what the first copy has committed.
        SELECT a.request_digest, a.status, a.headers, a.body INTO request_digest, status, headers, body
        FROM stored_answers a WHERE a.study_centre_id = v_centre AND a.key_digest = p_key_digest;
    END IF;
    SELECT s.clock_at INTO clock_at FROM study_centres s WHERE s.id = v_centre;
    roles := '[]';
    is_gone := false;
    IF p_is_api_key THEN
        SELECT k.organisation_id, o.kind, o.active_from, o.active_until, k.scopes
        INTO organisation_id, kind, active_from, active_until, scopes
        FROM api_keys k JOIN organisations o ON o.study_centre_id = v_centre AND o.id = k.organisation_id
        WHERE k.study_centre_id = v_centre AND k.id = p_caller_id
            AND k.revoked_at IS NULL AND k.expires_at > clock_timestamp();
        RETURN;
    END IF;
    SELECT num_nonnulls(p.merged_into, p.erased_at) > 0 INTO is_gone
    FROM persons p WHERE p.study_centre_id = v_centre AND p.id = p_caller_id;
    -- Somebody who registers has no row yet.
    is_gone := coalesce(is_gone, false);
    SELECT coalesce(jsonb_agg(jsonb_build_object('role', g.role, 'organisation_id', g.organisation_id,
                                                 'valid_from', g.valid_from, 'valid_until', g.valid_until)), '[]')
    INTO roles FROM role_grants g WHERE g.study_centre_id = v_centre AND g.person_id = p_caller_id;
    other_ids := ARRAY(SELECT p.id FROM persons p WHERE p.study_centre_id = v_centre AND p.merged_into = p_caller_id);
    other_ids := other_ids || ARRAY(SELECT k.id FROM api_keys k
        WHERE k.study_centre_id = v_centre AND k.made_by = ANY (array_append(other_ids, p_caller_id)));
END $$;
"""
