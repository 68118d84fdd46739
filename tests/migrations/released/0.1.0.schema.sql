SET lock_timeout = '4s';

SET statement_timeout = '60s';

SELECT set_config('app.role_prefix', 'tuntipankki', false);

BEGIN;

CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL, 
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

-- Running upgrade  -> foundations

DO $$
BEGIN
    EXECUTE format('CREATE ROLE %I NOLOGIN', current_setting('app.role_prefix') || '_service');
EXCEPTION WHEN duplicate_object OR unique_violation OR insufficient_privilege THEN
    NULL;
END $$;

CREATE FUNCTION grant_to_service(p_rights text, p_object text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('GRANT %s ON %s TO %I', p_rights, p_object, current_setting('app.role_prefix') || '_service');
END $$;;

CREATE FUNCTION own_study_centre() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('app.study_centre_id', true), '')::uuid $$;;

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
);;

ALTER TABLE study_centres ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY own_study_centre ON study_centres USING (id = own_study_centre());

ALTER TABLE persons ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY own_study_centre ON persons USING (study_centre_id = own_study_centre());

ALTER TABLE role_grants ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY own_study_centre ON role_grants USING (study_centre_id = own_study_centre());

ALTER TABLE stored_answers ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY own_study_centre ON stored_answers USING (study_centre_id = own_study_centre());

ALTER TABLE audit_entries ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY own_study_centre ON audit_entries USING (study_centre_id = own_study_centre());

ALTER TABLE outbox ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY own_study_centre ON outbox USING (study_centre_id = own_study_centre());

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
$$ SELECT DISTINCT c.study_centre_id FROM callers c $$;;

REVOKE EXECUTE ON FUNCTION find_caller, study_centres_known FROM PUBLIC;
SELECT grant_to_service('EXECUTE', 'FUNCTION find_caller'), grant_to_service('EXECUTE', 'FUNCTION study_centres_known'),
    grant_to_service('SELECT', 'alembic_version'),
    grant_to_service('SELECT, UPDATE (clock_at)', 'study_centres'),
    grant_to_service('SELECT, INSERT, UPDATE', 'persons'),
    grant_to_service('SELECT, INSERT, UPDATE', 'role_grants'),
    grant_to_service('INSERT', 'callers'),
    grant_to_service('SELECT, INSERT, DELETE', 'stored_answers'),
    grant_to_service('SELECT, INSERT', 'audit_entries'),
    grant_to_service('SELECT, INSERT', 'outbox');;

INSERT INTO alembic_version (version_num) VALUES ('foundations') RETURNING alembic_version.version_num;

COMMIT;

BEGIN;

-- Running upgrade foundations -> organisations_and_calendar

CREATE EXTENSION IF NOT EXISTS btree_gist;

CREATE TABLE organisations (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre() REFERENCES study_centres,
    id uuid NOT NULL,
    kind text NOT NULL CONSTRAINT organisations_kind_known CHECK (kind IN ('central', 'district', 'association')),
    parent_id uuid,
    central_organisation_id uuid NOT NULL,
    name text NOT NULL CONSTRAINT organisations_name_said CHECK (name <> ''),
    name_sv text,
    sort_key text COLLATE "C" NOT NULL,
    search_text text NOT NULL,
    business_id text CONSTRAINT organisations_business_id_form CHECK (business_id ~ '^[0-9]{7}-[0-9]$'),
    language text NOT NULL DEFAULT 'fi'
        CONSTRAINT organisations_language_known CHECK (language IN ('fi', 'sv', 'en')),
    website text,
    email text,
    phone text,
    address jsonb,
    contact_person jsonb,
    active_from date NOT NULL,
    active_until date,
    draws_on text NOT NULL DEFAULT 'allotment_then_common'
        CONSTRAINT organisations_draws_on_known CHECK (draws_on IN ('allotment_then_common', 'allotment_only')),
    units_propose boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL,
    CONSTRAINT organisations_pkey PRIMARY KEY (study_centre_id, id),
    CONSTRAINT organisations_business_id_once UNIQUE (study_centre_id, business_id),
    CONSTRAINT organisations_parent_fkey FOREIGN KEY (study_centre_id, parent_id) REFERENCES organisations,
    CONSTRAINT organisations_central_fkey
        FOREIGN KEY (study_centre_id, central_organisation_id) REFERENCES organisations,
    CONSTRAINT organisations_central_has_no_parent CHECK ((kind = 'central') = (parent_id IS NULL)),
    CONSTRAINT organisations_central_is_its_own
        CHECK ((kind = 'central') = (central_organisation_id = id)),
    CONSTRAINT organisations_no_own_parent CHECK (parent_id <> id),
    CONSTRAINT organisations_days_in_order CHECK (active_until IS NULL OR active_from <= active_until)
);
COMMENT ON COLUMN organisations.sort_key IS 'The name in Finnish order (å, ä, ö last), made by the service.';
COMMENT ON COLUMN organisations.search_text IS 'Names and Y-tunnus, folded for search by the service.';
COMMENT ON COLUMN organisations.active_until IS 'The last day; for a central organisation, of its membership.';
CREATE INDEX organisations_by_name ON organisations (study_centre_id, sort_key, id);
CREATE INDEX organisations_by_parent ON organisations (study_centre_id, parent_id, sort_key, id);
CREATE INDEX organisations_by_central ON organisations (study_centre_id, central_organisation_id);

CREATE TABLE organisation_ancestors (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre(),
    organisation_id uuid NOT NULL,
    ancestor_id uuid NOT NULL,
    distance smallint NOT NULL,
    CONSTRAINT organisation_ancestors_pkey PRIMARY KEY (study_centre_id, organisation_id, ancestor_id),
    CONSTRAINT organisation_ancestors_organisation_fkey
        FOREIGN KEY (study_centre_id, organisation_id) REFERENCES organisations,
    CONSTRAINT organisation_ancestors_ancestor_fkey
        FOREIGN KEY (study_centre_id, ancestor_id) REFERENCES organisations,
    CONSTRAINT organisation_ancestors_distance CHECK ((distance = 0) = (organisation_id = ancestor_id))
);
COMMENT ON TABLE organisation_ancestors IS 'Every organisation with itself (distance 0) and all above it.';
CREATE INDEX organisation_ancestors_downwards
    ON organisation_ancestors (study_centre_id, ancestor_id, organisation_id);

-- The table was made a moment ago and is empty, so there is nothing to scan and nobody to keep waiting.
-- squawk-ignore adding-foreign-key-constraint, constraint-missing-not-valid
ALTER TABLE role_grants ADD CONSTRAINT role_grants_organisation_fkey
    FOREIGN KEY (study_centre_id, organisation_id) REFERENCES organisations;

CREATE TABLE deadlines (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre() REFERENCES study_centres,
    id uuid NOT NULL,
    year smallint NOT NULL CONSTRAINT deadlines_year CHECK (year BETWEEN 2000 AND 2100),
    kind text NOT NULL CONSTRAINT deadlines_kind_known CHECK (kind IN (
        'proposal_round', 'decision_period', 'training_entry', 'change_window', 'cost_statement', 'unit_proposals')),
    hours_year smallint NOT NULL CONSTRAINT deadlines_hours_year CHECK (hours_year BETWEEN 2000 AND 2100),
    organisation_id uuid,
    opens_on date,
    closes_on date,
    confirmed boolean NOT NULL,
    note text,
    created_at timestamptz NOT NULL,
    CONSTRAINT deadlines_pkey PRIMARY KEY (study_centre_id, id),
    CONSTRAINT deadlines_organisation_fkey FOREIGN KEY (study_centre_id, organisation_id) REFERENCES organisations,
    CONSTRAINT deadlines_day_said CHECK (opens_on IS NOT NULL OR closes_on IS NOT NULL),
    CONSTRAINT deadlines_days_in_order CHECK (opens_on <= closes_on),
    CONSTRAINT deadlines_units_own CHECK ((kind = 'unit_proposals') = (organisation_id IS NOT NULL)),
    CONSTRAINT deadlines_no_overlap EXCLUDE USING gist (
        study_centre_id WITH =, kind WITH =, hours_year WITH =,
        coalesce(organisation_id, '00000000-0000-0000-0000-000000000000'::uuid) WITH =,
        daterange(opens_on, closes_on, '[]') WITH &&)
);
CREATE INDEX deadlines_by_hours_year ON deadlines (study_centre_id, hours_year, kind);
CREATE INDEX deadlines_by_year ON deadlines (study_centre_id, year, id);

CREATE TABLE deadline_extensions (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre(),
    id uuid NOT NULL,
    deadline_id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    closes_on date NOT NULL,
    reason text NOT NULL,
    made_by uuid NOT NULL,
    made_at timestamptz NOT NULL,
    CONSTRAINT deadline_extensions_pkey PRIMARY KEY (study_centre_id, id),
    CONSTRAINT deadline_extensions_deadline_fkey
        FOREIGN KEY (study_centre_id, deadline_id) REFERENCES deadlines ON DELETE CASCADE,
    CONSTRAINT deadline_extensions_organisation_fkey
        FOREIGN KEY (study_centre_id, organisation_id) REFERENCES organisations,
    CONSTRAINT deadline_extensions_person_fkey FOREIGN KEY (study_centre_id, made_by) REFERENCES persons
);
CREATE INDEX deadline_extensions_of_deadline ON deadline_extensions (study_centre_id, deadline_id);;

ALTER TABLE organisations ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY own_study_centre ON organisations USING (study_centre_id = own_study_centre());

ALTER TABLE organisation_ancestors ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY own_study_centre ON organisation_ancestors USING (study_centre_id = own_study_centre());

ALTER TABLE deadlines ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY own_study_centre ON deadlines USING (study_centre_id = own_study_centre());

ALTER TABLE deadline_extensions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY own_study_centre ON deadline_extensions USING (study_centre_id = own_study_centre());

SELECT grant_to_service('SELECT, INSERT, UPDATE', 'organisations'),
    grant_to_service('SELECT, INSERT, DELETE', 'organisation_ancestors'),
    grant_to_service('SELECT, INSERT, UPDATE, DELETE', 'deadlines'),
    grant_to_service('SELECT, INSERT, DELETE', 'deadline_extensions');;

UPDATE alembic_version SET version_num='organisations_and_calendar' WHERE alembic_version.version_num = 'foundations';

COMMIT;

BEGIN;

-- Running upgrade organisations_and_calendar -> hours_ledger

CREATE TABLE hour_pools (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre() REFERENCES study_centres,
    year smallint NOT NULL CONSTRAINT hour_pools_year CHECK (year BETWEEN 2000 AND 2100),
    state integer NOT NULL DEFAULT 0 CONSTRAINT hour_pools_state_is_source CHECK (state <= 0),
    pool integer NOT NULL DEFAULT 0 CONSTRAINT hour_pools_not_overdrawn CHECK (pool >= 0),
    returned integer NOT NULL DEFAULT 0 CONSTRAINT hour_pools_returned CHECK (returned >= 0),
    closed_at timestamptz,
    CONSTRAINT hour_pools_pkey PRIMARY KEY (study_centre_id, year)
);
COMMENT ON TABLE hour_pools IS 'The study centre''s own accounts of a year, state and pool, side by side.';
COMMENT ON COLUMN hour_pools.state IS 'The source: minus what the state granted. It alone has no floor.';
COMMENT ON COLUMN hour_pools.returned IS 'A sum kept beside the accounts: all hours returned to the pool.';

CREATE TABLE hour_balances (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre(),
    central_organisation_id uuid NOT NULL,
    year smallint NOT NULL CONSTRAINT hour_balances_year CHECK (year BETWEEN 2000 AND 2100),
    organisation_id uuid NOT NULL,
    common integer NOT NULL DEFAULT 0 CONSTRAINT hour_balances_common_not_overdrawn CHECK (common >= 0),
    allotment integer NOT NULL DEFAULT 0 CONSTRAINT hour_balances_allotment_not_overdrawn CHECK (allotment >= 0),
    reserved integer NOT NULL DEFAULT 0 CONSTRAINT hour_balances_reserved_not_overdrawn CHECK (reserved >= 0),
    used integer NOT NULL DEFAULT 0 CONSTRAINT hour_balances_used_not_overdrawn CHECK (used >= 0),
    lapsed integer NOT NULL DEFAULT 0 CONSTRAINT hour_balances_lapsed_not_overdrawn CHECK (lapsed >= 0),
    returned integer NOT NULL DEFAULT 0 CONSTRAINT hour_balances_returned CHECK (returned >= 0),
    allotment_lapsed integer NOT NULL DEFAULT 0
        CONSTRAINT hour_balances_allotment_lapsed CHECK (allotment_lapsed >= 0),
    closed boolean NOT NULL DEFAULT false
        CONSTRAINT hour_balances_nothing_free_when_closed
            CHECK (NOT closed OR (common = 0 AND allotment = 0 AND reserved = 0)),
    CONSTRAINT hour_balances_pkey PRIMARY KEY (study_centre_id, central_organisation_id, year, organisation_id),
    CONSTRAINT hour_balances_pool_fkey FOREIGN KEY (study_centre_id, year) REFERENCES hour_pools,
    CONSTRAINT hour_balances_central_fkey
        FOREIGN KEY (study_centre_id, central_organisation_id) REFERENCES organisations,
    CONSTRAINT hour_balances_organisation_fkey
        FOREIGN KEY (study_centre_id, organisation_id) REFERENCES organisations,
    CONSTRAINT hour_balances_centre_has_no_allotment
        CHECK (organisation_id <> central_organisation_id OR (allotment = 0 AND allotment_lapsed = 0)),
    CONSTRAINT hour_balances_unit_has_allotment_only
        CHECK (organisation_id = central_organisation_id OR (common = 0 AND lapsed = 0 AND returned = 0))
) WITH (fillfactor = 70);
COMMENT ON TABLE hour_balances IS 'One wide row per holder and year; a holder stays under the centre it drew from.';
COMMENT ON COLUMN hour_balances.returned IS 'A sum kept beside the accounts: all the centre has returned.';
COMMENT ON COLUMN hour_balances.allotment_lapsed IS 'A sum kept beside the accounts: what of the allotment lapsed.';
COMMENT ON COLUMN hour_balances.closed IS 'As the pool''s closed_at: kept here for the constraint.';
CREATE INDEX hour_balances_of_holder ON hour_balances (study_centre_id, organisation_id, year);

CREATE TABLE hour_transfers (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre(),
    id uuid NOT NULL,
    position bigint GENERATED ALWAYS AS IDENTITY,
    year smallint NOT NULL,
    kind text NOT NULL,
    hours integer NOT NULL CONSTRAINT hour_transfers_hours CHECK (hours > 0),
    central_organisation_id uuid,
    from_account text NOT NULL,
    from_organisation_id uuid,
    to_account text NOT NULL,
    to_organisation_id uuid,
    cause_type text NOT NULL,
    cause_id uuid NOT NULL,
    actor_id uuid,
    made_at timestamptz NOT NULL,
    retry_key bytea NOT NULL,
    ordinal integer NOT NULL,
    CONSTRAINT hour_transfers_pkey PRIMARY KEY (study_centre_id, id),
    CONSTRAINT hour_transfers_posted_once UNIQUE (study_centre_id, retry_key, ordinal),
    CONSTRAINT hour_transfers_pool_fkey FOREIGN KEY (study_centre_id, year) REFERENCES hour_pools,
    CONSTRAINT hour_transfers_actor_fkey FOREIGN KEY (study_centre_id, actor_id) REFERENCES persons,
    CONSTRAINT hour_transfers_accounts_fit_kind CHECK (
        CASE kind
            WHEN 'pool' THEN (from_account, to_account) IN (('state', 'pool'), ('pool', 'state'))
            WHEN 'grant' THEN (from_account, to_account) = ('pool', 'common')
            WHEN 'supplementary_grant' THEN (from_account, to_account) = ('pool', 'common')
            WHEN 'distribution' THEN (from_account, to_account) = ('common', 'allotment')
            WHEN 'recall' THEN (from_account, to_account) = ('allotment', 'common')
            WHEN 'return' THEN (from_account, to_account) = ('common', 'pool')
            WHEN 'reservation' THEN (from_account, to_account) IN (('common', 'reserved'), ('allotment', 'reserved'))
            WHEN 'release' THEN (from_account, to_account) IN (('reserved', 'common'), ('reserved', 'allotment'))
            WHEN 'use' THEN (from_account, to_account) = ('reserved', 'used')
            WHEN 'lapse' THEN (from_account, to_account) IN (('common', 'lapsed'), ('allotment', 'lapsed'))
            WHEN 'correction' THEN (from_account, to_account) IN
                (('pool', 'common'), ('common', 'pool'), ('pool', 'lapsed'), ('lapsed', 'pool'))
            ELSE false
        END),
    CONSTRAINT hour_transfers_holders_fit_accounts CHECK (
        (from_account IN ('state', 'pool')) = (from_organisation_id IS NULL)
        AND (to_account IN ('state', 'pool')) = (to_organisation_id IS NULL)
        AND (kind = 'pool') = (central_organisation_id IS NULL)
        AND (from_account NOT IN ('common', 'lapsed') OR from_organisation_id = central_organisation_id)
        AND (to_account NOT IN ('common', 'lapsed') OR to_organisation_id = central_organisation_id)
        AND (from_account <> 'allotment' OR from_organisation_id <> central_organisation_id)
        AND (to_account <> 'allotment' OR to_organisation_id <> central_organisation_id)
        AND (kind NOT IN ('reservation', 'release', 'use') OR from_organisation_id = to_organisation_id))
);
COMMENT ON COLUMN hour_transfers.position IS 'The order of posting, also among transfers of one instant.';
COMMENT ON COLUMN hour_transfers.retry_key IS 'The digest of caller, method, path and key: posted once for ever.';
CREATE INDEX hour_transfers_of_centre
    ON hour_transfers (study_centre_id, central_organisation_id, year, position);;

ALTER TABLE hour_pools ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY own_study_centre ON hour_pools USING (study_centre_id = own_study_centre());

ALTER TABLE hour_balances ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY own_study_centre ON hour_balances USING (study_centre_id = own_study_centre());

ALTER TABLE hour_transfers ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY own_study_centre ON hour_transfers USING (study_centre_id = own_study_centre());

CREATE FUNCTION lock_hour_pool(p_year smallint) RETURNS hour_pools
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    found_pool hour_pools;
BEGIN
    SELECT * INTO found_pool FROM hour_pools
    WHERE study_centre_id = own_study_centre() AND year = p_year FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        INSERT INTO hour_pools (year) VALUES (p_year) ON CONFLICT DO NOTHING;
        SELECT * INTO found_pool FROM hour_pools
        WHERE study_centre_id = own_study_centre() AND year = p_year FOR NO KEY UPDATE;
    END IF;
    RETURN found_pool;
END $$;

CREATE FUNCTION lock_hour_year(p_year smallint) RETURNS hour_pools
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    found_pool hour_pools;
BEGIN
    -- Not by way of lock_hour_pool: who strengthens a lock can meet another who waits for the weaker one.
    INSERT INTO hour_pools (year) VALUES (p_year) ON CONFLICT DO NOTHING;
    SELECT * INTO found_pool FROM hour_pools
    WHERE study_centre_id = own_study_centre() AND year = p_year FOR UPDATE;
    RETURN found_pool;
END $$;

CREATE FUNCTION lock_hour_balances(p_year smallint, p_central_organisation_id uuid) RETURNS SETOF hour_balances
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM hour_pools WHERE study_centre_id = own_study_centre() AND year = p_year FOR KEY SHARE;
    RETURN QUERY SELECT * FROM hour_balances
    WHERE study_centre_id = own_study_centre() AND year = p_year
        AND central_organisation_id = p_central_organisation_id
    ORDER BY organisation_id
    FOR NO KEY UPDATE;
END $$;

CREATE FUNCTION close_hour_year(p_year smallint, p_closed_at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM lock_hour_year(p_year);
    UPDATE hour_pools SET closed_at = p_closed_at
    WHERE study_centre_id = own_study_centre() AND year = p_year AND closed_at IS NULL;
    UPDATE hour_balances SET closed = true WHERE study_centre_id = own_study_centre() AND year = p_year;
END $$;

CREATE FUNCTION post_hour_transfers(
    p_year smallint, p_retry_key bytea, p_cause_type text, p_cause_id uuid, p_actor_id uuid, p_made_at timestamptz,
    p_holder_ids uuid[], p_holder_central_ids uuid[],
    p_ids uuid[], p_kinds text[], p_hours integer[], p_central_ids uuid[],
    p_from_accounts text[], p_from_ids uuid[], p_to_accounts text[], p_to_ids uuid[],
    p_cause_ids uuid[] DEFAULT NULL
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET enable_seqscan = off AS $$
DECLARE
    v_centre CONSTANT uuid := own_study_centre();
    v_holders CONSTANT integer := coalesce(array_length(p_holder_ids, 1), 0);
    v_takes_pool CONSTANT boolean := 'pool' = ANY (p_from_accounts) OR 'pool' = ANY (p_to_accounts);
    v_pool hour_pools;
    v_balance hour_balances;
    -- The balances as they become: seven for each holder, before them the study centre's own (state, pool, returned).
    v_held integer[] := array_fill(0, ARRAY[7 * (v_holders + 1)]);
    v_corrects_lapsed boolean;
    v_places integer[];
    v_place integer;
    v_id uuid;
    v_from integer;
    v_to integer;
    i integer;
BEGIN
    PERFORM FROM hour_transfers WHERE study_centre_id = v_centre AND retry_key = p_retry_key;
    IF FOUND THEN
        RAISE EXCEPTION 'this retry key has posted before'
            USING ERRCODE = 'unique_violation', CONSTRAINT = 'hour_transfers_posted_once';
    END IF;

    IF v_takes_pool THEN
        SELECT * INTO v_pool FROM hour_pools WHERE study_centre_id = v_centre AND year = p_year FOR NO KEY UPDATE;
    ELSE
        SELECT * INTO v_pool FROM hour_pools WHERE study_centre_id = v_centre AND year = p_year FOR KEY SHARE;
    END IF;
    IF NOT FOUND THEN
        SELECT * INTO v_pool FROM lock_hour_pool(p_year);
    END IF;
    v_held[1] := v_pool.state;
    v_held[2] := v_pool.pool;
    v_held[6] := v_pool.returned;

    FOR i IN 1 .. v_holders LOOP
        IF i > 1 AND (p_holder_ids[i], p_holder_central_ids[i]) <= (p_holder_ids[i - 1], p_holder_central_ids[i - 1])
        THEN
            RAISE EXCEPTION 'holders are to be locked in ascending order';
        END IF;
        SELECT * INTO v_balance FROM hour_balances
        WHERE study_centre_id = v_centre AND central_organisation_id = p_holder_central_ids[i]
            AND year = p_year AND organisation_id = p_holder_ids[i] FOR NO KEY UPDATE;
        IF NOT FOUND THEN
            INSERT INTO hour_balances (central_organisation_id, year, organisation_id, closed)
            VALUES (p_holder_central_ids[i], p_year, p_holder_ids[i], v_pool.closed_at IS NOT NULL)
            ON CONFLICT DO NOTHING;
            SELECT * INTO v_balance FROM hour_balances
            WHERE study_centre_id = v_centre AND central_organisation_id = p_holder_central_ids[i]
                AND year = p_year AND organisation_id = p_holder_ids[i] FOR NO KEY UPDATE;
        END IF;
        v_held[7 * i + 1] := v_balance.common;
        v_held[7 * i + 2] := v_balance.allotment;
        v_held[7 * i + 3] := v_balance.reserved;
        v_held[7 * i + 4] := v_balance.used;
        v_held[7 * i + 5] := v_balance.lapsed;
        v_held[7 * i + 6] := v_balance.returned;
        v_held[7 * i + 7] := v_balance.allotment_lapsed;
    END LOOP;

    FOR i IN 1 .. array_length(p_ids, 1) LOOP
        -- In a closed year only corrections are made, between the pool and what has lapsed.
        v_corrects_lapsed := p_kinds[i] = 'correction' AND 'lapsed' IN (p_from_accounts[i], p_to_accounts[i]);
        IF v_pool.closed_at IS NOT NULL AND NOT v_corrects_lapsed THEN
            RAISE EXCEPTION 'the year is closed' USING ERRCODE = 'TP002',
                DETAIL = jsonb_build_object('year', p_year, 'closed_at', v_pool.closed_at)::text;
        END IF;
        IF v_pool.closed_at IS NULL AND v_corrects_lapsed THEN
            RAISE EXCEPTION 'nothing has lapsed in an open year';
        END IF;

        -- A unit that has moved to another centre is given nothing by the old one, which did not see it go: whoever
        -- moves it holds the balances meanwhile (app/db/organisations/holdings.py). The call may be tried again.
        IF p_kinds[i] = 'distribution' THEN
            -- Looked up by its id alone: an index by centre would bring all units of a large one.
            SELECT central_organisation_id INTO v_id FROM organisations
            WHERE study_centre_id = v_centre AND id = p_to_ids[i];
            IF v_id IS DISTINCT FROM p_central_ids[i] THEN
                RAISE EXCEPTION 'unit % has moved', p_to_ids[i] USING ERRCODE = 'serialization_failure';
            END IF;
        END IF;

        -- Where the two holders stand among those locked; the study centre itself stands at 0.
        v_places := '{}';
        FOREACH v_id IN ARRAY ARRAY[p_from_ids[i], p_to_ids[i]] LOOP
            v_place := 0;
            IF v_id IS NOT NULL THEN
                v_place := width_bucket(v_id, p_holder_ids);
                WHILE v_place > 1 AND p_holder_central_ids[v_place] <> p_central_ids[i] LOOP
                    v_place := v_place - 1;
                END LOOP;
                IF (p_holder_ids[v_place], p_holder_central_ids[v_place]) IS DISTINCT FROM (v_id, p_central_ids[i]) THEN
                    RAISE EXCEPTION 'the holder % was not locked', v_id;
                END IF;
            END IF;
            v_places := v_places || v_place;
        END LOOP;
        v_from := 7 * v_places[1] + CASE p_from_accounts[i] WHEN 'state' THEN 1 WHEN 'pool' THEN 2 WHEN 'common' THEN 1
            WHEN 'allotment' THEN 2 WHEN 'reserved' THEN 3 WHEN 'used' THEN 4 WHEN 'lapsed' THEN 5 END;
        v_to := 7 * v_places[2] + CASE p_to_accounts[i] WHEN 'state' THEN 1 WHEN 'pool' THEN 2 WHEN 'common' THEN 1
            WHEN 'allotment' THEN 2 WHEN 'reserved' THEN 3 WHEN 'used' THEN 4 WHEN 'lapsed' THEN 5 END;

        IF p_from_accounts[i] <> 'state' AND v_held[v_from] < p_hours[i] THEN
            RAISE EXCEPTION 'an account would be overdrawn' USING ERRCODE = 'TP001', DETAIL = jsonb_build_object(
                'account', p_from_accounts[i], 'organisation_id', p_from_ids[i], 'available', v_held[v_from],
                'asked', p_hours[i], 'transfer', i - 1)::text;
        END IF;
        v_held[v_from] := v_held[v_from] - p_hours[i];
        v_held[v_to] := v_held[v_to] + p_hours[i];
        IF p_kinds[i] = 'return' THEN
            v_held[6] := v_held[6] + p_hours[i];
            v_held[7 * v_places[1] + 6] := v_held[7 * v_places[1] + 6] + p_hours[i];
        ELSIF p_kinds[i] = 'lapse' AND p_from_accounts[i] = 'allotment' THEN
            v_held[7 * v_places[1] + 7] := v_held[7 * v_places[1] + 7] + p_hours[i];
        END IF;

        INSERT INTO hour_transfers (id, year, kind, hours, central_organisation_id, from_account,
            from_organisation_id, to_account, to_organisation_id, cause_type, cause_id, actor_id, made_at,
            retry_key, ordinal)
        VALUES (p_ids[i], p_year, p_kinds[i], p_hours[i], p_central_ids[i], p_from_accounts[i], p_from_ids[i],
            p_to_accounts[i], p_to_ids[i], p_cause_type, coalesce(p_cause_ids[i], p_cause_id), p_actor_id,
            p_made_at, p_retry_key, i);
    END LOOP;

    IF v_takes_pool THEN
        UPDATE hour_pools SET state = v_held[1], pool = v_held[2], returned = v_held[6]
        WHERE study_centre_id = v_centre AND year = p_year;
    END IF;
    FOR i IN 1 .. v_holders LOOP
        UPDATE hour_balances SET common = v_held[7 * i + 1], allotment = v_held[7 * i + 2],
            reserved = v_held[7 * i + 3], used = v_held[7 * i + 4], lapsed = v_held[7 * i + 5],
            returned = v_held[7 * i + 6], allotment_lapsed = v_held[7 * i + 7]
        WHERE study_centre_id = v_centre AND central_organisation_id = p_holder_central_ids[i]
            AND year = p_year AND organisation_id = p_holder_ids[i];
    END LOOP;
END $$;;

CREATE VIEW ledger_years_astray WITH (security_invoker = true) AS
SELECT p.study_centre_id, p.year, p.state + p.pool + coalesce(b.held, 0) AS difference
FROM hour_pools p
LEFT JOIN (
    SELECT study_centre_id, year, sum(common + allotment + reserved + used + lapsed) AS held
    FROM hour_balances GROUP BY study_centre_id, year
) b USING (study_centre_id, year)
WHERE p.state + p.pool + coalesce(b.held, 0) <> 0;

CREATE VIEW ledger_balances_astray WITH (security_invoker = true) AS
WITH moves AS (
    SELECT study_centre_id, central_organisation_id, year, to_organisation_id AS organisation_id,
        to_account AS account, hours, 0 AS returned, 0 AS allotment_lapsed
    FROM hour_transfers WHERE to_organisation_id IS NOT NULL
    UNION ALL
    SELECT study_centre_id, central_organisation_id, year, from_organisation_id, from_account, -hours,
        CASE kind WHEN 'return' THEN hours ELSE 0 END,
        CASE WHEN kind = 'lapse' AND from_account = 'allotment' THEN hours ELSE 0 END
    FROM hour_transfers WHERE from_organisation_id IS NOT NULL
), recomputed AS (
    SELECT study_centre_id, central_organisation_id, year, organisation_id,
        coalesce(sum(hours) FILTER (WHERE account = 'common'), 0) AS common,
        coalesce(sum(hours) FILTER (WHERE account = 'allotment'), 0) AS allotment,
        coalesce(sum(hours) FILTER (WHERE account = 'reserved'), 0) AS reserved,
        coalesce(sum(hours) FILTER (WHERE account = 'used'), 0) AS used,
        coalesce(sum(hours) FILTER (WHERE account = 'lapsed'), 0) AS lapsed,
        sum(returned) AS returned, sum(allotment_lapsed) AS allotment_lapsed
    FROM moves GROUP BY study_centre_id, central_organisation_id, year, organisation_id
)
SELECT study_centre_id, year, central_organisation_id, organisation_id
FROM hour_balances b
FULL JOIN recomputed r USING (study_centre_id, central_organisation_id, year, organisation_id)
WHERE (coalesce(b.common, 0), coalesce(b.allotment, 0), coalesce(b.reserved, 0), coalesce(b.used, 0),
        coalesce(b.lapsed, 0), coalesce(b.returned, 0), coalesce(b.allotment_lapsed, 0))
    <> (coalesce(r.common, 0), coalesce(r.allotment, 0), coalesce(r.reserved, 0), coalesce(r.used, 0),
        coalesce(r.lapsed, 0), coalesce(r.returned, 0), coalesce(r.allotment_lapsed, 0));

CREATE VIEW ledger_pools_astray WITH (security_invoker = true) AS
SELECT p.study_centre_id, p.year
FROM hour_pools p
LEFT JOIN hour_transfers t USING (study_centre_id, year)
GROUP BY p.study_centre_id, p.year
HAVING p.state <> coalesce(sum(t.hours) FILTER (WHERE t.to_account = 'state'), 0)
        - coalesce(sum(t.hours) FILTER (WHERE t.from_account = 'state'), 0)
    OR p.pool <> coalesce(sum(t.hours) FILTER (WHERE t.to_account = 'pool'), 0)
        - coalesce(sum(t.hours) FILTER (WHERE t.from_account = 'pool'), 0)
    OR p.returned <> coalesce(sum(t.hours) FILTER (WHERE t.kind = 'return'), 0);

CREATE VIEW ledger_accounts_overdrawn WITH (security_invoker = true) AS
SELECT study_centre_id, year, NULL::uuid AS organisation_id FROM hour_pools WHERE pool < 0
UNION ALL
SELECT study_centre_id, year, organisation_id FROM hour_balances
WHERE least(common, allotment, reserved, used, lapsed) < 0;;

REVOKE EXECUTE ON FUNCTION lock_hour_pool, lock_hour_year, lock_hour_balances, close_hour_year, post_hour_transfers
    FROM PUBLIC;
SELECT grant_to_service('EXECUTE', 'FUNCTION ' || function_name)
FROM unnest(ARRAY['lock_hour_pool', 'lock_hour_year', 'lock_hour_balances', 'close_hour_year',
                  'post_hour_transfers']) function_name;
SELECT grant_to_service('SELECT', relation_name)
FROM unnest(ARRAY['hour_pools', 'hour_balances', 'hour_transfers', 'ledger_years_astray', 'ledger_balances_astray',
                  'ledger_pools_astray', 'ledger_accounts_overdrawn']) relation_name;;

UPDATE alembic_version SET version_num='hours_ledger' WHERE alembic_version.version_num = 'organisations_and_calendar';

COMMIT;

BEGIN;

-- Running upgrade hours_ledger -> hours_workflows

CREATE TABLE hour_proposals (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre(),
    id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    central_organisation_id uuid NOT NULL,
    year smallint NOT NULL CONSTRAINT hour_proposals_year CHECK (year BETWEEN 2000 AND 2100),
    state text NOT NULL CONSTRAINT hour_proposals_state_known
        CHECK (state IN ('draft', 'submitted', 'sent_back', 'included', 'decided', 'withdrawn')),
    answer_by date,
    return_reason text,
    included_in uuid,
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    submitted_at timestamptz,
    CONSTRAINT hour_proposals_pkey PRIMARY KEY (study_centre_id, id),
    CONSTRAINT hour_proposals_organisation_fkey
        FOREIGN KEY (study_centre_id, organisation_id) REFERENCES organisations,
    CONSTRAINT hour_proposals_central_fkey
        FOREIGN KEY (study_centre_id, central_organisation_id) REFERENCES organisations,
    CONSTRAINT hour_proposals_included_in_fkey FOREIGN KEY (study_centre_id, included_in) REFERENCES hour_proposals,
    CONSTRAINT hour_proposals_person_fkey FOREIGN KEY (study_centre_id, created_by) REFERENCES persons,
    CONSTRAINT hour_proposals_included_somewhere CHECK (state <> 'included' OR included_in IS NOT NULL)
);
CREATE UNIQUE INDEX hour_proposals_one_a_year
    ON hour_proposals (study_centre_id, organisation_id, year) WHERE state <> 'withdrawn';
CREATE INDEX hour_proposals_of_centre ON hour_proposals (study_centre_id, central_organisation_id, year);
CREATE INDEX hour_proposals_included ON hour_proposals (study_centre_id, included_in);

-- Whoever moves an organisation to another centre holds its row, and looks for open proposals then. A proposal being
-- made is waited for; one that waited itself, and was to name the old centre, may be tried again.
CREATE FUNCTION hold_proposer_in_place() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_central uuid;
BEGIN
    SELECT central_organisation_id INTO v_central FROM organisations
    WHERE study_centre_id = NEW.study_centre_id AND id = NEW.organisation_id FOR SHARE;
    IF v_central <> NEW.central_organisation_id THEN
        RAISE EXCEPTION 'organisation % has moved', NEW.organisation_id USING ERRCODE = 'serialization_failure';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER hour_proposals_proposer_in_place BEFORE INSERT ON hour_proposals
    FOR EACH ROW EXECUTE FUNCTION hold_proposer_in_place();

CREATE TABLE hour_proposal_lines (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre(),
    proposal_id uuid NOT NULL,
    ordinal integer NOT NULL,
    unit_id uuid NOT NULL,
    hours integer NOT NULL CONSTRAINT hour_proposal_lines_hours CHECK (hours BETWEEN 1 AND 10000000),
    emphasis text,
    grounds text,
    source_proposal_id uuid,
    source_hours integer,
    CONSTRAINT hour_proposal_lines_pkey PRIMARY KEY (study_centre_id, proposal_id, ordinal),
    CONSTRAINT hour_proposal_lines_once
        UNIQUE NULLS NOT DISTINCT (study_centre_id, proposal_id, unit_id, emphasis, source_proposal_id),
    CONSTRAINT hour_proposal_lines_proposal_fkey
        FOREIGN KEY (study_centre_id, proposal_id) REFERENCES hour_proposals,
    CONSTRAINT hour_proposal_lines_unit_fkey FOREIGN KEY (study_centre_id, unit_id) REFERENCES organisations,
    CONSTRAINT hour_proposal_lines_source_fkey
        FOREIGN KEY (study_centre_id, source_proposal_id) REFERENCES hour_proposals,
    CONSTRAINT hour_proposal_lines_source_whole CHECK ((source_proposal_id IS NULL) = (source_hours IS NULL))
);

CREATE TABLE hour_proposal_revisions (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre(),
    id uuid NOT NULL,
    proposal_id uuid NOT NULL,
    number integer NOT NULL,
    hours bigint NOT NULL,
    lines jsonb NOT NULL,
    submitted_by uuid NOT NULL,
    submitted_at timestamptz NOT NULL,
    CONSTRAINT hour_proposal_revisions_pkey PRIMARY KEY (study_centre_id, id),
    CONSTRAINT hour_proposal_revisions_numbered UNIQUE (study_centre_id, proposal_id, number),
    CONSTRAINT hour_proposal_revisions_proposal_fkey
        FOREIGN KEY (study_centre_id, proposal_id) REFERENCES hour_proposals,
    CONSTRAINT hour_proposal_revisions_person_fkey FOREIGN KEY (study_centre_id, submitted_by) REFERENCES persons
);

CREATE TABLE hour_decisions (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre(),
    id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    year smallint NOT NULL CONSTRAINT hour_decisions_year CHECK (year BETWEEN 2000 AND 2100),
    proposal_id uuid,
    asked bigint,
    hours integer NOT NULL CONSTRAINT hour_decisions_hours CHECK (hours BETWEEN 0 AND 10000000),
    reason text,
    decided_by uuid NOT NULL,
    decided_at timestamptz NOT NULL,
    CONSTRAINT hour_decisions_pkey PRIMARY KEY (study_centre_id, id),
    CONSTRAINT hour_decisions_one_a_year UNIQUE (study_centre_id, organisation_id, year),
    CONSTRAINT hour_decisions_organisation_fkey
        FOREIGN KEY (study_centre_id, organisation_id) REFERENCES organisations,
    CONSTRAINT hour_decisions_proposal_fkey FOREIGN KEY (study_centre_id, proposal_id) REFERENCES hour_proposals,
    CONSTRAINT hour_decisions_person_fkey FOREIGN KEY (study_centre_id, decided_by) REFERENCES persons
);

CREATE TABLE hour_distributions (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre(),
    organisation_id uuid NOT NULL,
    year smallint NOT NULL CONSTRAINT hour_distributions_year CHECK (year BETWEEN 2000 AND 2100),
    revision integer NOT NULL,
    changed_by uuid NOT NULL,
    changed_at timestamptz NOT NULL,
    CONSTRAINT hour_distributions_pkey PRIMARY KEY (study_centre_id, organisation_id, year),
    CONSTRAINT hour_distributions_organisation_fkey
        FOREIGN KEY (study_centre_id, organisation_id) REFERENCES organisations,
    CONSTRAINT hour_distributions_person_fkey FOREIGN KEY (study_centre_id, changed_by) REFERENCES persons
);

CREATE TABLE supplementary_hour_requests (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre(),
    id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    year smallint NOT NULL CONSTRAINT supplementary_hour_requests_year CHECK (year BETWEEN 2000 AND 2100),
    hours integer NOT NULL CONSTRAINT supplementary_hour_requests_hours CHECK (hours BETWEEN 1 AND 10000000),
    grounds text NOT NULL,
    state text NOT NULL CONSTRAINT supplementary_hour_requests_state_known
        CHECK (state IN ('submitted', 'approved', 'partially_approved', 'rejected', 'withdrawn')),
    submitted_by uuid NOT NULL,
    submitted_at timestamptz NOT NULL,
    granted_hours integer,
    reason text,
    decided_by uuid,
    decided_at timestamptz,
    withdrawn_at timestamptz,
    CONSTRAINT supplementary_hour_requests_pkey PRIMARY KEY (study_centre_id, id),
    CONSTRAINT supplementary_hour_requests_organisation_fkey
        FOREIGN KEY (study_centre_id, organisation_id) REFERENCES organisations,
    CONSTRAINT supplementary_hour_requests_sender_fkey
        FOREIGN KEY (study_centre_id, submitted_by) REFERENCES persons,
    CONSTRAINT supplementary_hour_requests_decider_fkey
        FOREIGN KEY (study_centre_id, decided_by) REFERENCES persons,
    CONSTRAINT supplementary_hour_requests_granted_fits_state CHECK (
        -- A null must not slip through as neither true nor false.
        coalesce(CASE state
            WHEN 'approved' THEN granted_hours = hours
            WHEN 'partially_approved' THEN granted_hours > 0 AND granted_hours < hours
            WHEN 'rejected' THEN granted_hours = 0
            ELSE granted_hours IS NULL
        END, false))
);
CREATE INDEX supplementary_hour_requests_of_organisation
    ON supplementary_hour_requests (study_centre_id, organisation_id, year, id);

CREATE TABLE hour_returns (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre(),
    id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    year smallint NOT NULL CONSTRAINT hour_returns_year CHECK (year BETWEEN 2000 AND 2100),
    hours integer NOT NULL CONSTRAINT hour_returns_hours CHECK (hours BETWEEN 1 AND 10000000),
    grounds text,
    state text NOT NULL CONSTRAINT hour_returns_state_known CHECK (state = 'booked'),
    booked_by uuid NOT NULL,
    booked_at timestamptz NOT NULL,
    CONSTRAINT hour_returns_pkey PRIMARY KEY (study_centre_id, id),
    CONSTRAINT hour_returns_organisation_fkey FOREIGN KEY (study_centre_id, organisation_id) REFERENCES organisations,
    CONSTRAINT hour_returns_person_fkey FOREIGN KEY (study_centre_id, booked_by) REFERENCES persons
);
CREATE INDEX hour_returns_of_organisation ON hour_returns (study_centre_id, organisation_id, year, id);

CREATE TABLE hour_corrections (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre(),
    id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    year smallint NOT NULL CONSTRAINT hour_corrections_year CHECK (year BETWEEN 2000 AND 2100),
    hours integer NOT NULL
        CONSTRAINT hour_corrections_hours CHECK (hours <> 0 AND hours BETWEEN -10000000 AND 10000000),
    reason text NOT NULL,
    made_by uuid NOT NULL,
    made_at timestamptz NOT NULL,
    CONSTRAINT hour_corrections_pkey PRIMARY KEY (study_centre_id, id),
    CONSTRAINT hour_corrections_organisation_fkey
        FOREIGN KEY (study_centre_id, organisation_id) REFERENCES organisations,
    CONSTRAINT hour_corrections_person_fkey FOREIGN KEY (study_centre_id, made_by) REFERENCES persons
);
CREATE INDEX hour_corrections_of_organisation ON hour_corrections (study_centre_id, organisation_id, year, id);;

ALTER TABLE hour_proposals ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY own_study_centre ON hour_proposals USING (study_centre_id = own_study_centre());

ALTER TABLE hour_proposal_lines ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY own_study_centre ON hour_proposal_lines USING (study_centre_id = own_study_centre());

ALTER TABLE hour_proposal_revisions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY own_study_centre ON hour_proposal_revisions USING (study_centre_id = own_study_centre());

ALTER TABLE hour_decisions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY own_study_centre ON hour_decisions USING (study_centre_id = own_study_centre());

ALTER TABLE hour_distributions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY own_study_centre ON hour_distributions USING (study_centre_id = own_study_centre());

ALTER TABLE supplementary_hour_requests ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY own_study_centre ON supplementary_hour_requests USING (study_centre_id = own_study_centre());

ALTER TABLE hour_returns ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY own_study_centre ON hour_returns USING (study_centre_id = own_study_centre());

ALTER TABLE hour_corrections ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY own_study_centre ON hour_corrections USING (study_centre_id = own_study_centre());

SELECT grant_to_service('SELECT, INSERT, UPDATE', 'hour_proposals'),
    grant_to_service('SELECT, INSERT, DELETE', 'hour_proposal_lines'),
    grant_to_service('SELECT, INSERT', 'hour_proposal_revisions'),
    grant_to_service('SELECT, INSERT', 'hour_decisions'),
    grant_to_service('SELECT, INSERT, UPDATE', 'hour_distributions'),
    grant_to_service('SELECT, INSERT, UPDATE', 'supplementary_hour_requests'),
    grant_to_service('SELECT, INSERT', 'hour_returns'),
    grant_to_service('SELECT, INSERT', 'hour_corrections');;

UPDATE alembic_version SET version_num='hours_workflows' WHERE alembic_version.version_num = 'hours_ledger';

COMMIT;

