"""Study centres, their people, the callers, and what every request writes beside its effect."""

from alembic import op

revision = "foundations"
down_revision = None
branch_labels = None
depends_on = None

TABLES = ("study_centres", "persons", "role_grants", "stored_answers", "audit_entries", "outbox")


def upgrade() -> None:
    op.execute(ROLES)
    op.execute(OWN_STUDY_CENTRE)
    op.execute(CREATE)
    for table in TABLES:
        key = "id" if table == "study_centres" else "study_centre_id"
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_study_centre ON {table} USING ({key} = own_study_centre())")
    op.execute(FUNCTIONS)
    op.execute(RIGHTS)


def downgrade() -> None:
    op.execute("""
        DROP FUNCTION write_down, find_caller, study_centres_known, enter;
        DROP TABLE outbox, audit_entries, stored_answers, callers, role_grants, persons, study_centres;
        DROP FUNCTION own_study_centre, grant_to_service;
    """)


# Where somebody made the role before us, or another database of the cluster has it, it is taken as it is.
ROLES = """
DO $$
BEGIN
    EXECUTE format('CREATE ROLE %I NOLOGIN', current_setting('app.role_prefix') || '_service');
EXCEPTION WHEN duplicate_object OR unique_violation OR insufficient_privilege THEN
    NULL;
END $$;

CREATE FUNCTION grant_to_service(p_rights text, p_object text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('GRANT %s ON %s TO %I', p_rights, p_object, current_setting('app.role_prefix') || '_service');
END $$;
"""

# On a reused connection an unset centre is '', not NULL.
OWN_STUDY_CENTRE = """
CREATE FUNCTION own_study_centre() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('app.study_centre_id', true), '')::uuid $$;
"""

CREATE = """
CREATE TABLE study_centres (
    id uuid CONSTRAINT study_centres_pkey PRIMARY KEY,
    name text NOT NULL,
    clock_at timestamptz
);
COMMENT ON COLUMN study_centres.clock_at IS 'Where the sandbox''s clock stands; null is real time.';

CREATE TABLE persons (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre() REFERENCES study_centres,
    id uuid NOT NULL,
    name text NOT NULL,
    email text NOT NULL,
    language text NOT NULL DEFAULT 'fi' CONSTRAINT persons_language_known CHECK (language IN ('fi', 'sv', 'en')),
    created_at timestamptz NOT NULL,
    CONSTRAINT persons_pkey PRIMARY KEY (study_centre_id, id),
    CONSTRAINT persons_email_once UNIQUE (study_centre_id, email)
);

CREATE TABLE role_grants (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre(),
    id uuid NOT NULL,
    person_id uuid NOT NULL,
    role text NOT NULL CONSTRAINT role_grants_role_known
        CHECK (role IN ('staff', 'main_user', 'unit_manager', 'training_manager', 'auditor')),
    organisation_id uuid,
    valid_from timestamptz NOT NULL,
    valid_until timestamptz,
    CONSTRAINT role_grants_pkey PRIMARY KEY (study_centre_id, id),
    CONSTRAINT role_grants_person_fkey FOREIGN KEY (study_centre_id, person_id) REFERENCES persons,
    CONSTRAINT role_grants_organisation_fits
        CHECK ((role IN ('staff', 'auditor')) = (organisation_id IS NULL)),
    CONSTRAINT role_grants_days_in_order CHECK (valid_until IS NULL OR valid_from < valid_until)
);
CREATE INDEX role_grants_of_person ON role_grants (study_centre_id, person_id);

CREATE TABLE callers (
    issuer text NOT NULL,
    subject text NOT NULL,
    study_centre_id uuid NOT NULL,
    person_id uuid NOT NULL,
    CONSTRAINT callers_pkey PRIMARY KEY (issuer, subject),
    CONSTRAINT callers_person_fkey FOREIGN KEY (study_centre_id, person_id) REFERENCES persons
);
COMMENT ON TABLE callers IS 'The one table without a policy: it tells which study centre a caller belongs to.';

CREATE TABLE stored_answers (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre() REFERENCES study_centres,
    key_digest bytea NOT NULL,
    request_digest bytea NOT NULL,
    status smallint NOT NULL,
    headers jsonb NOT NULL,
    body bytea NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT stored_answers_pkey PRIMARY KEY (study_centre_id, key_digest)
);
CREATE INDEX stored_answers_by_age ON stored_answers (study_centre_id, stored_at);

CREATE TABLE audit_entries (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre() REFERENCES study_centres,
    id uuid NOT NULL,
    actor_id uuid,
    action text NOT NULL,
    subject_id uuid NOT NULL,
    organisation_id uuid,
    reason text,
    facts jsonb NOT NULL,
    request_id text NOT NULL,
    made_at timestamptz NOT NULL,
    CONSTRAINT audit_entries_pkey PRIMARY KEY (study_centre_id, id)
);

CREATE TABLE outbox (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre() REFERENCES study_centres,
    id uuid NOT NULL,
    event text NOT NULL,
    subject_id uuid NOT NULL,
    organisation_id uuid,
    facts jsonb NOT NULL,
    made_at timestamptz NOT NULL,
    CONSTRAINT outbox_pkey PRIMARY KEY (study_centre_id, id)
);
"""

FUNCTIONS = """
CREATE FUNCTION enter(
    p_person_id uuid, p_key_digest bytea,
    OUT roles jsonb, OUT clock_at timestamptz, OUT key_is_free boolean,
    OUT request_digest bytea, OUT status smallint, OUT headers jsonb, OUT body bytea
) LANGUAGE plpgsql AS $$
BEGIN
    key_is_free := true;
    IF p_key_digest IS NOT NULL THEN
        key_is_free := pg_try_advisory_xact_lock(
            ('x' || encode(substring(p_key_digest FOR 8), 'hex'))::bit(64)::bigint);
        -- Looked up after the lock: the statement's own snapshot sees what the first copy has committed.
        SELECT a.request_digest, a.status, a.headers, a.body INTO request_digest, status, headers, body
        FROM stored_answers a
        WHERE a.study_centre_id = own_study_centre() AND a.key_digest = p_key_digest;
    END IF;
    SELECT s.clock_at INTO clock_at FROM study_centres s WHERE s.id = own_study_centre();
    SELECT coalesce(jsonb_agg(jsonb_build_object('role', g.role, 'organisation_id', g.organisation_id,
                                                 'valid_from', g.valid_from, 'valid_until', g.valid_until)), '[]')
    INTO roles FROM role_grants g
    WHERE g.study_centre_id = own_study_centre() AND g.person_id = p_person_id;
END $$;

CREATE FUNCTION write_down(
    p_key_digest bytea, p_request_digest bytea, p_status smallint, p_headers jsonb, p_body bytea,
    p_actor_id uuid, p_made_at timestamptz, p_request_id text, p_records jsonb
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    entry jsonb;
BEGIN
    IF p_key_digest IS NOT NULL THEN
        INSERT INTO stored_answers (key_digest, request_digest, status, headers, body)
        VALUES (p_key_digest, p_request_digest, p_status, p_headers, p_body);
    END IF;
    FOR entry IN SELECT * FROM jsonb_array_elements(p_records) LOOP
        INSERT INTO audit_entries
            (id, actor_id, action, subject_id, organisation_id, reason, facts, request_id, made_at)
        VALUES ((entry->>'id')::uuid, p_actor_id, entry->>'action', (entry->>'subject_id')::uuid,
                (entry->>'organisation_id')::uuid, entry->>'reason', entry->'facts', p_request_id, p_made_at);
        INSERT INTO outbox (id, event, subject_id, organisation_id, facts, made_at)
        VALUES ((entry->>'id')::uuid, entry->>'action', (entry->>'subject_id')::uuid,
                (entry->>'organisation_id')::uuid, entry->'facts', p_made_at);
    END LOOP;
END $$;

-- Volatile, so that it looks with a snapshot of its own: one that had to wait while a sandbox was reset would else
-- see the emptied table of before, and a known caller would be nobody.
CREATE FUNCTION find_caller(p_issuer text, p_subject text) RETURNS TABLE (study_centre_id uuid, person_id uuid)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT c.study_centre_id, c.person_id FROM callers c WHERE c.issuer = p_issuer AND c.subject = p_subject $$;

CREATE FUNCTION study_centres_known() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT DISTINCT c.study_centre_id FROM callers c $$;
"""

RIGHTS = """
REVOKE EXECUTE ON FUNCTION find_caller, study_centres_known FROM PUBLIC;
SELECT grant_to_service('EXECUTE', 'FUNCTION find_caller'), grant_to_service('EXECUTE', 'FUNCTION study_centres_known'),
    grant_to_service('SELECT', 'alembic_version'),
    grant_to_service('SELECT, UPDATE (clock_at)', 'study_centres'),
    grant_to_service('SELECT, INSERT, UPDATE', 'persons'),
    grant_to_service('SELECT, INSERT, UPDATE', 'role_grants'),
    grant_to_service('INSERT', 'callers'),
    grant_to_service('SELECT, INSERT, DELETE', 'stored_answers'),
    grant_to_service('SELECT, INSERT', 'audit_entries'),
    grant_to_service('SELECT, INSERT', 'outbox');
"""
