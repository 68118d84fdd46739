"""What a main user keeps of the organisation: images, bank account, training rules; contact persons and offices."""

from alembic import op

revision = "organisation_data"
down_revision = "main_user_applications"
branch_labels = None
depends_on = None

TABLES = ("bank_account_changes", "organisation_images", "training_rules", "regional_offices", "contact_assignments")


def upgrade() -> None:
    op.execute(CREATE)
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_study_centre ON {table} USING (study_centre_id = own_study_centre())")
    op.execute(RIGHTS)


def downgrade() -> None:
    op.execute(f"DROP TABLE {', '.join(reversed(TABLES))}")
    op.execute("ALTER TABLE organisations DROP COLUMN name_en, DROP COLUMN languages, DROP COLUMN billing_address")


CREATE = """
ALTER TABLE organisations
    ADD COLUMN name_en text,
    ADD COLUMN languages text[] NOT NULL DEFAULT '{}',
    ADD COLUMN billing_address jsonb;
-- All have the default, so there is little to scan.
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE organisations ADD CONSTRAINT organisations_languages_known CHECK (languages <@ '{fi,sv,en}');
COMMENT ON COLUMN organisations.languages IS 'Those it works in; language is that of its mails.';

CREATE TABLE bank_account_changes (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre(),
    id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    iban text NOT NULL CONSTRAINT bank_account_changes_iban_form CHECK (iban ~ '^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$'),
    bic text,
    holder text NOT NULL,
    state text NOT NULL CONSTRAINT bank_account_changes_state_known
        CHECK (state IN ('proposed', 'approved', 'rejected', 'withdrawn')),
    proposed_by uuid NOT NULL,
    proposed_at timestamptz NOT NULL,
    decided_by uuid,
    decided_at timestamptz,
    reason text,
    withdrawn_at timestamptz,
    payments_held_until timestamptz,
    CONSTRAINT bank_account_changes_pkey PRIMARY KEY (study_centre_id, id),
    CONSTRAINT bank_account_changes_organisation_fkey
        FOREIGN KEY (study_centre_id, organisation_id) REFERENCES organisations,
    CONSTRAINT bank_account_changes_proposer_fkey FOREIGN KEY (study_centre_id, proposed_by) REFERENCES persons,
    CONSTRAINT bank_account_changes_decider_fkey FOREIGN KEY (study_centre_id, decided_by) REFERENCES persons,
    CONSTRAINT bank_account_changes_two_persons CHECK (decided_by <> proposed_by),
    CONSTRAINT bank_account_changes_decided
        CHECK ((state IN ('approved', 'rejected')) = (decided_by IS NOT NULL AND decided_at IS NOT NULL)),
    CONSTRAINT bank_account_changes_withdrawn CHECK ((state = 'withdrawn') = (withdrawn_at IS NOT NULL)),
    CONSTRAINT bank_account_changes_held CHECK ((state = 'approved') = (payments_held_until IS NOT NULL))
);
COMMENT ON TABLE bank_account_changes IS 'The account in force is that of the last change approved.';
CREATE UNIQUE INDEX bank_account_changes_one_open
    ON bank_account_changes (study_centre_id, organisation_id) WHERE state = 'proposed';
CREATE INDEX bank_account_changes_of_organisation ON bank_account_changes (study_centre_id, organisation_id, id);

CREATE TABLE organisation_images (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre(),
    organisation_id uuid NOT NULL,
    purpose text NOT NULL CONSTRAINT organisation_images_purpose_known CHECK (purpose IN ('logo', 'signature_image')),
    content bytea NOT NULL CONSTRAINT organisation_images_bound CHECK (octet_length(content) <= 16777216),
    changed_by uuid NOT NULL,
    changed_at timestamptz NOT NULL,
    CONSTRAINT organisation_images_pkey PRIMARY KEY (study_centre_id, organisation_id, purpose),
    CONSTRAINT organisation_images_organisation_fkey
        FOREIGN KEY (study_centre_id, organisation_id) REFERENCES organisations
);
COMMENT ON COLUMN organisation_images.content IS 'A PNG that the service made itself; never the bytes that came in.';
-- What the service makes is compressed already.
ALTER TABLE organisation_images ALTER COLUMN content SET STORAGE EXTERNAL;

CREATE TABLE training_rules (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre(),
    organisation_id uuid NOT NULL,
    revision integer NOT NULL CONSTRAINT training_rules_revision CHECK (revision > 0),
    kinds text[] NOT NULL CONSTRAINT training_rules_kinds_known CHECK (kinds <@ '{central,district,association}'),
    units uuid[],
    applications text NOT NULL CONSTRAINT training_rules_applications_known
        CHECK (applications IN ('open', 'by_invitation')),
    unit_managers_decide boolean NOT NULL,
    practice text,
    changed_by uuid NOT NULL,
    changed_at timestamptz NOT NULL,
    CONSTRAINT training_rules_pkey PRIMARY KEY (study_centre_id, organisation_id),
    CONSTRAINT training_rules_organisation_fkey FOREIGN KEY (study_centre_id, organisation_id) REFERENCES organisations
);
COMMENT ON TABLE training_rules IS 'A central organisation''s own; where there is no row, everything is open.';

CREATE TABLE regional_offices (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre() REFERENCES study_centres,
    id uuid NOT NULL,
    name text NOT NULL CONSTRAINT regional_offices_name_said CHECK (name <> ''),
    email text,
    phone text,
    address jsonb,
    created_at timestamptz NOT NULL,
    CONSTRAINT regional_offices_pkey PRIMARY KEY (study_centre_id, id),
    CONSTRAINT regional_offices_name_once UNIQUE (study_centre_id, name)
);

CREATE TABLE contact_assignments (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre(),
    id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    person_id uuid NOT NULL,
    regional_office_id uuid NOT NULL,
    valid_from date NOT NULL,
    valid_until date,
    made_by uuid NOT NULL,
    made_at timestamptz NOT NULL,
    CONSTRAINT contact_assignments_pkey PRIMARY KEY (study_centre_id, id),
    CONSTRAINT contact_assignments_organisation_fkey
        FOREIGN KEY (study_centre_id, organisation_id) REFERENCES organisations,
    CONSTRAINT contact_assignments_person_fkey FOREIGN KEY (study_centre_id, person_id) REFERENCES persons,
    CONSTRAINT contact_assignments_office_fkey
        FOREIGN KEY (study_centre_id, regional_office_id) REFERENCES regional_offices,
    CONSTRAINT contact_assignments_days_in_order CHECK (valid_from <= valid_until),
    CONSTRAINT contact_assignments_no_overlap EXCLUDE USING gist (
        study_centre_id WITH =, organisation_id WITH =, daterange(valid_from, valid_until, '[]') WITH &&)
);
COMMENT ON COLUMN contact_assignments.valid_until IS 'The last day; null is until further notice.';
"""

RIGHTS = """
SELECT grant_to_service('SELECT, INSERT, UPDATE', 'bank_account_changes'),
    grant_to_service('SELECT, INSERT, UPDATE, DELETE', 'organisation_images'),
    grant_to_service('SELECT, INSERT, UPDATE', 'training_rules'),
    grant_to_service('SELECT, INSERT, UPDATE', 'regional_offices'),
    grant_to_service('SELECT, INSERT, UPDATE, DELETE', 'contact_assignments');
"""
