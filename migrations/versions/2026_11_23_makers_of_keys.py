"""What an API key makes is its maker's own too."""

from alembic import op

revision = "makers_of_keys"
down_revision = "taken_mails"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(STANDING)


def downgrade() -> None:
    op.execute(STANDING_BEFORE)


# Asked with each write: a sign-in is remembered longer than it holds, and what somebody made under another id, as one
# who was merged or by a key, the same human being made.
STANDING = """
-- Its second answer keeps its name: processes of the version before read it so while this one comes.
CREATE OR REPLACE FUNCTION standing_of(p_person_id uuid, OUT is_gone boolean, OUT former_ids uuid[])
LANGUAGE sql STABLE AS $$
    WITH merged AS (
        SELECT p.id FROM persons p WHERE p.study_centre_id = own_study_centre() AND p.merged_into = p_person_id
    ), keys AS (
        SELECT k.id FROM api_keys k WHERE k.study_centre_id = own_study_centre()
            AND k.made_by = ANY (ARRAY[p_person_id] || ARRAY(SELECT id FROM merged))
    )
    SELECT
        EXISTS (SELECT FROM persons p WHERE p.study_centre_id = own_study_centre() AND p.id = p_person_id
            AND num_nonnulls(p.merged_into, p.erased_at) > 0),
        ARRAY(SELECT id FROM merged UNION ALL SELECT id FROM keys);
$$;
"""
STANDING_BEFORE = """
CREATE OR REPLACE FUNCTION standing_of(p_person_id uuid, OUT is_gone boolean, OUT former_ids uuid[])
LANGUAGE sql STABLE AS $$
    SELECT
        EXISTS (SELECT FROM persons p WHERE p.study_centre_id = own_study_centre() AND p.id = p_person_id
            AND num_nonnulls(p.merged_into, p.erased_at) > 0),
        ARRAY(SELECT p.id FROM persons p
            WHERE p.study_centre_id = own_study_centre() AND p.merged_into = p_person_id);
$$;
"""
