"""Main-user applications, signatories, and the signatures found on an application."""

from alembic import op

revision = "main_user_applications"
down_revision = "people_and_rights"
branch_labels = None
depends_on = None

TABLES = (
    "signatories",
    "main_user_applications",
    "main_user_application_documents",
    "main_user_application_signed_documents",
    "main_user_application_signatures",
)


def upgrade() -> None:
    op.execute(CREATE)
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_study_centre ON {table} USING (study_centre_id = own_study_centre())")
    op.execute(RIGHTS)


def downgrade() -> None:
    op.execute("DROP TABLE " + ", ".join(reversed(TABLES)))
    op.execute("ALTER TABLE study_centres DROP COLUMN signing_days")


CREATE = """
ALTER TABLE study_centres ADD COLUMN signing_days smallint NOT NULL DEFAULT 60
    CONSTRAINT study_centres_signing_days CHECK (signing_days BETWEEN 1 AND 366);
COMMENT ON COLUMN study_centres.signing_days IS 'How many days a main-user application waits for its signatures.';

CREATE TABLE signatories (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre(),
    id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    name text,
    person_id uuid,
    basis text NOT NULL,
    valid_from date NOT NULL,
    valid_until date,
    entered_by uuid NOT NULL,
    entered_at timestamptz NOT NULL,
    confirmed_by uuid,
    confirmed_at timestamptz,
    ended_by uuid,
    ended_at timestamptz,
    CONSTRAINT signatories_pkey PRIMARY KEY (study_centre_id, id),
    CONSTRAINT signatories_organisation_fkey
        FOREIGN KEY (study_centre_id, organisation_id) REFERENCES organisations,
    CONSTRAINT signatories_person_fkey FOREIGN KEY (study_centre_id, person_id) REFERENCES persons,
    CONSTRAINT signatories_enterer_fkey FOREIGN KEY (study_centre_id, entered_by) REFERENCES persons,
    CONSTRAINT signatories_confirmer_fkey FOREIGN KEY (study_centre_id, confirmed_by) REFERENCES persons,
    CONSTRAINT signatories_ender_fkey FOREIGN KEY (study_centre_id, ended_by) REFERENCES persons,
    CONSTRAINT signatories_named_one_way CHECK ((name IS NULL) <> (person_id IS NULL)),
    CONSTRAINT signatories_days_in_order CHECK (valid_until IS NULL OR valid_from <= valid_until),
    CONSTRAINT signatories_not_confirmed_by_themselves CHECK (confirmed_by <> person_id),
    CONSTRAINT signatories_confirmed_whole CHECK ((confirmed_by IS NULL) = (confirmed_at IS NULL)),
    CONSTRAINT signatories_ended_whole CHECK ((ended_by IS NULL) = (ended_at IS NULL))
);
CREATE INDEX signatories_of_organisation ON signatories (study_centre_id, organisation_id, id);

CREATE TABLE main_user_applications (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre(),
    id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    applicant_id uuid NOT NULL,
    signatory_id uuid NOT NULL,
    language text NOT NULL CONSTRAINT main_user_applications_language_known CHECK (language IN ('fi', 'sv', 'en')),
    begins_on date,
    replaces_role_grant_id uuid,
    state text NOT NULL CONSTRAINT main_user_applications_state_known CHECK (state IN
        ('draft', 'awaiting_signatures', 'signed', 'received', 'approved', 'rejected', 'expired', 'withdrawn')),
    created_at timestamptz NOT NULL,
    submitted_at timestamptz,
    expires_at timestamptz,
    signed_document_id uuid,
    received_at timestamptz,
    reason text,
    decided_by uuid,
    decided_at timestamptz,
    role_grant_id uuid,
    withdrawn_at timestamptz,
    CONSTRAINT main_user_applications_pkey PRIMARY KEY (study_centre_id, id),
    CONSTRAINT main_user_applications_organisation_fkey
        FOREIGN KEY (study_centre_id, organisation_id) REFERENCES organisations,
    CONSTRAINT main_user_applications_applicant_fkey FOREIGN KEY (study_centre_id, applicant_id) REFERENCES persons,
    CONSTRAINT main_user_applications_signatory_fkey
        FOREIGN KEY (study_centre_id, signatory_id) REFERENCES signatories,
    CONSTRAINT main_user_applications_replaced_fkey
        FOREIGN KEY (study_centre_id, replaces_role_grant_id) REFERENCES role_grants,
    CONSTRAINT main_user_applications_given_fkey
        FOREIGN KEY (study_centre_id, role_grant_id) REFERENCES role_grants,
    CONSTRAINT main_user_applications_decider_fkey FOREIGN KEY (study_centre_id, decided_by) REFERENCES persons,
    CONSTRAINT main_user_applications_not_decided_by_themselves CHECK (decided_by <> applicant_id),
    CONSTRAINT main_user_applications_submitted_whole
        CHECK (num_nulls(submitted_at, expires_at) IN (0, 2) AND (state IN ('draft', 'withdrawn')
            OR submitted_at IS NOT NULL)),
    CONSTRAINT main_user_applications_decided_whole
        CHECK ((state IN ('approved', 'rejected')) = (num_nulls(decided_by, decided_at) = 0)),
    CONSTRAINT main_user_applications_approval_gives_a_right
        CHECK ((state = 'approved') = (role_grant_id IS NOT NULL))
);
CREATE UNIQUE INDEX main_user_applications_one_open
    ON main_user_applications (study_centre_id, organisation_id, applicant_id)
    WHERE state IN ('draft', 'awaiting_signatures', 'signed', 'received');
CREATE INDEX main_user_applications_of_applicant ON main_user_applications (study_centre_id, applicant_id);
CREATE INDEX main_user_applications_of_signatory ON main_user_applications (study_centre_id, signatory_id);

-- What was signed is fixed: the service may add documents, and neither change nor remove one.
CREATE TABLE main_user_application_documents (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre(),
    application_id uuid NOT NULL,
    content bytea NOT NULL,
    digest text NOT NULL,
    made_at timestamptz NOT NULL,
    CONSTRAINT main_user_application_documents_pkey PRIMARY KEY (study_centre_id, application_id),
    CONSTRAINT main_user_application_documents_application_fkey
        FOREIGN KEY (study_centre_id, application_id) REFERENCES main_user_applications,
    CONSTRAINT main_user_application_documents_digest CHECK (digest = encode(sha256(content), 'hex'))
);

CREATE TABLE main_user_application_signed_documents (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre(),
    id uuid NOT NULL,
    application_id uuid NOT NULL,
    content bytea NOT NULL,
    digest text NOT NULL,
    uploaded_by uuid NOT NULL,
    uploaded_at timestamptz NOT NULL,
    CONSTRAINT main_user_application_signed_documents_pkey PRIMARY KEY (study_centre_id, id),
    CONSTRAINT main_user_application_signed_documents_application_fkey
        FOREIGN KEY (study_centre_id, application_id) REFERENCES main_user_applications,
    CONSTRAINT main_user_application_signed_documents_person_fkey
        FOREIGN KEY (study_centre_id, uploaded_by) REFERENCES persons,
    CONSTRAINT main_user_application_signed_documents_digest CHECK (digest = encode(sha256(content), 'hex'))
);
CREATE INDEX main_user_application_signed_documents_of_application
    ON main_user_application_signed_documents (study_centre_id, application_id);

CREATE TABLE main_user_application_signatures (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre(),
    id uuid NOT NULL,
    application_id uuid NOT NULL,
    signed_document_id uuid,
    signs_as text CONSTRAINT main_user_application_signatures_signs_as_known
        CHECK (signs_as IN ('applicant', 'signatory')),
    person_id uuid,
    signed_at timestamptz NOT NULL,
    signed_at_by text NOT NULL CONSTRAINT main_user_application_signatures_time_known
        CHECK (signed_at_by IN ('signer', 'time-stamp', 'service')),
    certificate jsonb,
    revocation text CONSTRAINT main_user_application_signatures_revocation_known
        CHECK (revocation IN ('good', 'unknown')),
    checks jsonb NOT NULL,
    evidence jsonb,
    evidence_digest text,
    matched_by uuid,
    matched_at timestamptz,
    reason text,
    CONSTRAINT main_user_application_signatures_pkey PRIMARY KEY (study_centre_id, id),
    CONSTRAINT main_user_application_signatures_application_fkey
        FOREIGN KEY (study_centre_id, application_id) REFERENCES main_user_applications,
    CONSTRAINT main_user_application_signatures_document_fkey
        FOREIGN KEY (study_centre_id, signed_document_id) REFERENCES main_user_application_signed_documents,
    CONSTRAINT main_user_application_signatures_signer_fkey
        FOREIGN KEY (study_centre_id, person_id) REFERENCES persons,
    CONSTRAINT main_user_application_signatures_matcher_fkey
        FOREIGN KEY (study_centre_id, matched_by) REFERENCES persons,
    -- In the document by a certificate, or in the service by a person who had just signed in.
    CONSTRAINT main_user_application_signatures_one_way CHECK (CASE WHEN signed_document_id IS NULL
        THEN num_nulls(person_id, signs_as, evidence, evidence_digest) = 0 AND num_nulls(certificate, revocation) = 2
        ELSE num_nulls(person_id, evidence, evidence_digest) = 3 AND num_nulls(certificate, revocation) = 0 END),
    CONSTRAINT main_user_application_signatures_matched_whole
        CHECK (num_nulls(matched_by, matched_at) IN (0, 2) AND (matched_by IS NULL OR signs_as IS NOT NULL))
);
CREATE INDEX main_user_application_signatures_of_application
    ON main_user_application_signatures (study_centre_id, application_id);
CREATE UNIQUE INDEX main_user_application_signatures_one_in_service
    ON main_user_application_signatures (study_centre_id, application_id, signs_as) WHERE signed_document_id IS NULL;
CREATE UNIQUE INDEX main_user_application_signatures_one_match
    ON main_user_application_signatures (study_centre_id, signed_document_id, signs_as) WHERE matched_by IS NOT NULL;
"""

RIGHTS = """
SELECT grant_to_service('SELECT, INSERT, UPDATE', 'signatories'),
    grant_to_service('SELECT, INSERT, UPDATE', 'main_user_applications'),
    grant_to_service('SELECT, INSERT', 'main_user_application_documents'),
    grant_to_service('SELECT, INSERT', 'main_user_application_signed_documents'),
    grant_to_service('SELECT, INSERT, UPDATE', 'main_user_application_signatures');
"""
