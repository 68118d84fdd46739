"""Registration of people, applications for roles, how roles begin and end, onboarding and yearly confirmations."""

from alembic import op

revision = "people_and_rights"
down_revision = "hours_workflows"
branch_labels = None
depends_on = None

RIGHTS_TABLES = ("role_applications", "onboardings", "organisation_confirmations")


def upgrade() -> None:
    op.execute(PEOPLE)
    add_rights()


def downgrade() -> None:
    drop_rights()
    op.execute(PEOPLE_BEFORE)


def add_rights() -> None:
    op.execute(ROLE_APPLICATIONS)
    op.execute(ROLE_GRANTS)
    op.execute(MAIN_USERS_REMAIN)
    op.execute(ONBOARDINGS)
    op.execute(CONFIRMATIONS)
    for table in RIGHTS_TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_study_centre ON {table} USING (study_centre_id = own_study_centre())")
    op.execute(RIGHTS)


def drop_rights() -> None:
    op.execute("""
        ALTER TABLE deadlines DROP CONSTRAINT deadlines_kind_known, ADD CONSTRAINT deadlines_kind_known
            CHECK (kind IN ('proposal_round', 'decision_period', 'training_entry', 'change_window', 'cost_statement',
                            'unit_proposals'));
        DROP TABLE organisation_confirmations, onboardings;
        DROP TRIGGER role_grants_main_user_remains ON role_grants;
        DROP FUNCTION check_main_user_remains;
        DROP INDEX role_grants_of_organisation;
        ALTER TABLE role_grants DROP CONSTRAINT role_grants_days_in_order,
            ADD CONSTRAINT role_grants_days_in_order CHECK (valid_until IS NULL OR valid_from < valid_until),
            DROP COLUMN granted_by, DROP COLUMN granted_at, DROP COLUMN reason, DROP COLUMN role_application_id,
            DROP COLUMN main_user_application_id, DROP COLUMN ended_by, DROP COLUMN ended_at, DROP COLUMN end_reason;
        DROP TABLE role_applications;
    """)


ROLE_APPLICATIONS = """
CREATE TABLE role_applications (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre() REFERENCES study_centres,
    id uuid NOT NULL,
    person_id uuid NOT NULL,
    role text NOT NULL CONSTRAINT role_applications_role_known CHECK (role IN ('unit_manager', 'training_manager')),
    organisation_id uuid NOT NULL,
    reason text,
    state text NOT NULL CONSTRAINT role_applications_state_known
        CHECK (state IN ('applied', 'granted', 'rejected', 'withdrawn')),
    applied_at timestamptz NOT NULL,
    decided_by uuid,
    decided_at timestamptz,
    decision_reason text,
    withdrawn_at timestamptz,
    CONSTRAINT role_applications_pkey PRIMARY KEY (study_centre_id, id),
    CONSTRAINT role_applications_person_fkey FOREIGN KEY (study_centre_id, person_id) REFERENCES persons,
    CONSTRAINT role_applications_organisation_fkey
        FOREIGN KEY (study_centre_id, organisation_id) REFERENCES organisations,
    CONSTRAINT role_applications_decider_fkey FOREIGN KEY (study_centre_id, decided_by) REFERENCES persons,
    CONSTRAINT role_applications_decision_fits_state CHECK (
        (state IN ('granted', 'rejected')) = (decided_by IS NOT NULL)
        AND (decided_by IS NULL) = (decided_at IS NULL) AND (state = 'withdrawn') = (withdrawn_at IS NOT NULL)),
    CONSTRAINT role_applications_not_own_decision CHECK (decided_by <> person_id)
);
CREATE UNIQUE INDEX role_applications_one_open
    ON role_applications (study_centre_id, person_id, role, organisation_id) WHERE state = 'applied';
CREATE INDEX role_applications_of_organisation ON role_applications (study_centre_id, organisation_id, id);
CREATE INDEX role_applications_of_person ON role_applications (study_centre_id, person_id, id);
"""

# A study centre has hundreds of rights, thousands at most: all of them are looked through in a moment.
ROLE_GRANTS = """
ALTER TABLE role_grants ADD COLUMN granted_by uuid, ADD COLUMN granted_at timestamptz, ADD COLUMN reason text,
    ADD COLUMN role_application_id uuid, ADD COLUMN main_user_application_id uuid,
    ADD COLUMN ended_by uuid, ADD COLUMN ended_at timestamptz, ADD COLUMN end_reason text;
COMMENT ON COLUMN role_grants.valid_until IS 'Of a right ended before it began, the same instant as valid_from.';

-- squawk-ignore adding-foreign-key-constraint, constraint-missing-not-valid
ALTER TABLE role_grants ADD CONSTRAINT role_grants_application_fkey
    FOREIGN KEY (study_centre_id, role_application_id) REFERENCES role_applications;
-- squawk-ignore adding-foreign-key-constraint, constraint-missing-not-valid
ALTER TABLE role_grants ADD CONSTRAINT role_grants_granter_fkey
    FOREIGN KEY (study_centre_id, granted_by) REFERENCES persons;
-- squawk-ignore adding-foreign-key-constraint, constraint-missing-not-valid
ALTER TABLE role_grants ADD CONSTRAINT role_grants_ender_fkey
    FOREIGN KEY (study_centre_id, ended_by) REFERENCES persons;
-- A wider one takes its place at once.
-- squawk-ignore ban-drop-constraint
ALTER TABLE role_grants DROP CONSTRAINT role_grants_days_in_order;
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE role_grants ADD CONSTRAINT role_grants_days_in_order
    CHECK (valid_until IS NULL OR valid_from <= valid_until);
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX role_grants_of_organisation ON role_grants (study_centre_id, organisation_id, role);
"""

# Deferred to the commit, so that one call may end a right and give another in either order. Each takes the lock on the
# organisation before it looks, as the service does: of two ends at once the second sees what the first has left.
MAIN_USERS_REMAIN = """
CREATE FUNCTION check_main_user_remains() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    membership_ends timestamptz;
BEGIN
    SELECT (o.active_until + 1)::timestamp AT TIME ZONE 'Europe/Helsinki' INTO membership_ends FROM organisations o
    WHERE o.study_centre_id = NEW.study_centre_id AND o.id = NEW.organisation_id FOR NO KEY UPDATE;
    IF membership_ends <= NEW.valid_until THEN
        RETURN NULL;
    END IF;
    PERFORM FROM role_grants g
    WHERE g.study_centre_id = NEW.study_centre_id AND g.organisation_id = NEW.organisation_id AND g.role = 'main_user'
        AND g.id <> NEW.id AND g.valid_until IS NULL AND g.valid_from <= NEW.valid_until;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'The last main user of an organisation needs a successor'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'role_grants_main_user_remains';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER role_grants_main_user_remains
    AFTER INSERT OR UPDATE OF valid_until, valid_from, role, organisation_id ON role_grants
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.role = 'main_user' AND NEW.valid_until IS NOT NULL)
    EXECUTE FUNCTION check_main_user_remains();
"""

ONBOARDINGS = """
CREATE TABLE onboardings (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre() REFERENCES study_centres,
    id uuid NOT NULL,
    role_grant_id uuid NOT NULL,
    inductor_id uuid,
    inductor_name text,
    inducted_on date,
    service_known_on date,
    member_services_known_on date,
    created_at timestamptz NOT NULL,
    CONSTRAINT onboardings_pkey PRIMARY KEY (study_centre_id, id),
    CONSTRAINT onboardings_one_a_grant UNIQUE (study_centre_id, role_grant_id),
    CONSTRAINT onboardings_grant_fkey FOREIGN KEY (study_centre_id, role_grant_id) REFERENCES role_grants,
    CONSTRAINT onboardings_inductor_fkey FOREIGN KEY (study_centre_id, inductor_id) REFERENCES persons,
    CONSTRAINT onboardings_one_inductor CHECK (num_nonnulls(inductor_id, inductor_name) <= 1),
    CONSTRAINT onboardings_inducted_by_somebody
        CHECK (inducted_on IS NULL OR num_nonnulls(inductor_id, inductor_name) = 1)
);
"""

CONFIRMATIONS = """
CREATE TABLE organisation_confirmations (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre() REFERENCES study_centres,
    id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    year smallint NOT NULL CONSTRAINT organisation_confirmations_year CHECK (year BETWEEN 2000 AND 2100),
    person_id uuid NOT NULL,
    confirmed_at timestamptz NOT NULL,
    late boolean NOT NULL,
    CONSTRAINT organisation_confirmations_pkey PRIMARY KEY (study_centre_id, id),
    CONSTRAINT organisation_confirmations_once UNIQUE (study_centre_id, organisation_id, year, person_id),
    CONSTRAINT organisation_confirmations_organisation_fkey
        FOREIGN KEY (study_centre_id, organisation_id) REFERENCES organisations,
    CONSTRAINT organisation_confirmations_person_fkey FOREIGN KEY (study_centre_id, person_id) REFERENCES persons
);

-- A wider one takes its place at once.
-- squawk-ignore ban-drop-constraint
ALTER TABLE deadlines DROP CONSTRAINT deadlines_kind_known;
-- Some dozens of rows: they are looked through in a moment.
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE deadlines ADD CONSTRAINT deadlines_kind_known CHECK (kind IN (
    'proposal_round', 'decision_period', 'training_entry', 'change_window', 'cost_statement', 'unit_proposals',
    'data_confirmation'));
"""

RIGHTS = """
SELECT grant_to_service('SELECT, INSERT, UPDATE', 'role_applications'),
    grant_to_service('SELECT, INSERT, UPDATE', 'onboardings'),
    grant_to_service('SELECT, INSERT, UPDATE (person_id)', 'organisation_confirmations');
"""

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
