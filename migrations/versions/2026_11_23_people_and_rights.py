"""Registration of people, applications for roles, how roles begin and end, onboarding and yearly confirmations."""

from alembic import op

revision = "people_and_rights"
down_revision = "hours_workflows"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(PEOPLE)


def downgrade() -> None:
    op.execute(PEOPLE_BEFORE)


# Registration and merging. An address is taken once among those who are there: who is merged into another has left it.
# The new columns are empty and people are few: what is looked through here takes milliseconds.
PEOPLE = """
ALTER TABLE persons ADD COLUMN phone text, ADD COLUMN merged_into uuid;
-- squawk-ignore adding-foreign-key-constraint, constraint-missing-not-valid
ALTER TABLE persons ADD CONSTRAINT persons_merged_into_fkey FOREIGN KEY (study_centre_id, merged_into)
    REFERENCES persons;
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE persons ADD CONSTRAINT persons_merged_into_another CHECK (merged_into <> id);
-- squawk-ignore ban-drop-constraint
ALTER TABLE persons DROP CONSTRAINT persons_email_once;
-- squawk-ignore require-concurrent-index-creation
CREATE UNIQUE INDEX persons_email_once ON persons (study_centre_id, email) WHERE merged_into IS NULL;
ALTER TABLE callers ALTER COLUMN study_centre_id SET DEFAULT own_study_centre();

-- The service may neither see nor change whose a caller is, but for this.
CREATE FUNCTION give_callers(p_from uuid, p_to uuid) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE callers SET person_id = p_to WHERE study_centre_id = own_study_centre() AND person_id = p_from;
$$;
REVOKE EXECUTE ON FUNCTION give_callers FROM PUBLIC;
SELECT grant_to_service('EXECUTE', 'FUNCTION give_callers');
"""

PEOPLE_BEFORE = """
DROP FUNCTION give_callers;
ALTER TABLE callers ALTER COLUMN study_centre_id DROP DEFAULT;
DROP INDEX persons_email_once;
ALTER TABLE persons DROP COLUMN merged_into, DROP COLUMN phone,
    ADD CONSTRAINT persons_email_once UNIQUE (study_centre_id, email);
"""
