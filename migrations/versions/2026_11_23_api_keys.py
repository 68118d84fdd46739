"""Keys of integrations, and what the audit needs to stay whole when people are erased."""

from alembic import op

revision = "api_keys"
down_revision = "calendar_feeds"
branch_labels = None
depends_on = None

MAKERS = {
    "hour_transfers": ("hour_transfers_actor_fkey", "actor_id"),
    "hour_proposals": ("hour_proposals_person_fkey", "created_by"),
    "hour_proposal_revisions": ("hour_proposal_revisions_person_fkey", "submitted_by"),
    "hour_distributions": ("hour_distributions_person_fkey", "changed_by"),
    "supplementary_hour_requests": ("supplementary_hour_requests_sender_fkey", "submitted_by"),
    "hour_returns": ("hour_returns_person_fkey", "booked_by"),
}
"""What an API key may make too. What only a person does goes on naming a person."""
INDEXES = {
    "audit_entries_of_organisation": "organisation_id",
    "audit_entries_of_actor": "actor_id",
    "audit_entries_of_subject": "subject_id",
}


def upgrade() -> None:
    op.execute("ALTER TABLE persons ADD COLUMN erased_at timestamptz")
    op.execute(ACTORS)
    op.execute(API_KEYS)
    for table in ("actors", "api_keys"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_study_centre ON {table} USING (study_centre_id = own_study_centre())")
    op.execute(CALLERS)
    name_makers("actors")
    op.execute(ERASURE)
    op.execute(STANDING)
    op.execute(RIGHTS)
    with op.get_context().autocommit_block():
        # After the new rule holds, and each by itself: what is there is read through without keeping anybody waiting.
        for table, (constraint, _) in MAKERS.items():
            op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {constraint}")
        for constraint in ("callers_api_key_fkey", "callers_person_or_key"):
            op.execute(f"ALTER TABLE callers VALIDATE CONSTRAINT {constraint}")
        for name, column in INDEXES.items():
            op.execute(f"CREATE INDEX CONCURRENTLY {name} ON audit_entries (study_centre_id, {column}, id)")
        op.execute(
            "CREATE INDEX CONCURRENTLY persons_merged_into ON persons (study_centre_id, merged_into) "
            "WHERE merged_into IS NOT NULL"
        )


def downgrade() -> None:
    """Where keys have made something, it cannot be told as a person's: then this is refused."""
    op.execute("DROP INDEX persons_merged_into, " + ", ".join(INDEXES))
    name_makers("persons")
    op.execute("""
        DROP FUNCTION find_api_key, sign_ins_of, forget_people, standing_of;
        DELETE FROM callers WHERE key_hash IS NOT NULL;
        ALTER TABLE callers DROP COLUMN key_hash, DROP COLUMN api_key_id,
            ALTER COLUMN person_id SET NOT NULL, DROP CONSTRAINT callers_sign_in_once,
            ADD CONSTRAINT callers_pkey PRIMARY KEY (issuer, subject);
        DROP TABLE api_keys;
        DROP TRIGGER persons_are_actors ON persons;
        DROP FUNCTION add_actor;
        DROP TABLE actors;
        ALTER TABLE persons DROP COLUMN erased_at;
    """)


def name_makers(known_in: str) -> None:
    for table, (constraint, column) in MAKERS.items():
        op.execute(f"""
            -- Another as strict takes its place in the same statement.
            -- squawk-ignore ban-drop-constraint
            ALTER TABLE {table} DROP CONSTRAINT {constraint},
                ADD CONSTRAINT {constraint} FOREIGN KEY (study_centre_id, {column}) REFERENCES {known_in} NOT VALID
        """)


# The tables' owner sees all study centres' people for this one statement.
ACTORS = """
CREATE TABLE actors (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre() REFERENCES study_centres,
    id uuid NOT NULL,
    kind text NOT NULL CONSTRAINT actors_kind_known CHECK (kind IN ('person', 'api_key')),
    CONSTRAINT actors_pkey PRIMARY KEY (study_centre_id, id)
);
COMMENT ON TABLE actors IS 'Whoever makes things: every person and every API key, each under its own id.';

ALTER TABLE persons NO FORCE ROW LEVEL SECURITY;
INSERT INTO actors SELECT study_centre_id, id, 'person' FROM persons;
ALTER TABLE persons FORCE ROW LEVEL SECURITY;

CREATE FUNCTION add_actor() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO actors VALUES (NEW.study_centre_id, NEW.id, TG_ARGV[0]);
    RETURN NULL;
END $$;
CREATE TRIGGER persons_are_actors AFTER INSERT ON persons FOR EACH ROW EXECUTE FUNCTION add_actor('person');
"""

API_KEYS = """
CREATE TABLE api_keys (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre(),
    id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    name text NOT NULL,
    scopes text[] NOT NULL CONSTRAINT api_keys_scopes_said CHECK (cardinality(scopes) > 0),
    prefix text NOT NULL,
    made_by uuid NOT NULL,
    made_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    last_used_at timestamptz,
    successor_id uuid,
    revoked_at timestamptz,
    revoked_by uuid,
    CONSTRAINT api_keys_pkey PRIMARY KEY (study_centre_id, id),
    CONSTRAINT api_keys_organisation_fkey FOREIGN KEY (study_centre_id, organisation_id) REFERENCES organisations,
    CONSTRAINT api_keys_maker_fkey FOREIGN KEY (study_centre_id, made_by) REFERENCES persons,
    CONSTRAINT api_keys_revoker_fkey FOREIGN KEY (study_centre_id, revoked_by) REFERENCES persons,
    CONSTRAINT api_keys_successor_fkey FOREIGN KEY (study_centre_id, successor_id) REFERENCES api_keys,
    CONSTRAINT api_keys_revoked_by_somebody CHECK ((revoked_at IS NULL) = (revoked_by IS NULL))
);
COMMENT ON COLUMN api_keys.expires_at IS 'By real time, as of tokens; so are last_used_at and revoked_at.';
CREATE INDEX api_keys_of_organisation ON api_keys (study_centre_id, organisation_id, id);
CREATE INDEX api_keys_of_maker ON api_keys (study_centre_id, made_by);
CREATE TRIGGER api_keys_are_actors AFTER INSERT ON api_keys FOR EACH ROW EXECUTE FUNCTION add_actor('api_key');
"""

# A key's hash stands here alone; a lookup by it needs no study centre, as one by issuer and subject.
CALLERS = """
-- One row for each person and each way to sign in: what is scanned and locked, is for a moment.
-- squawk-ignore ban-drop-constraint
ALTER TABLE callers DROP CONSTRAINT callers_pkey;
-- squawk-ignore ban-drop-not-null
ALTER TABLE callers ALTER issuer DROP NOT NULL, ALTER subject DROP NOT NULL, ALTER person_id DROP NOT NULL;
ALTER TABLE callers ADD key_hash bytea, ADD api_key_id uuid;
-- squawk-ignore constraint-missing-not-valid, disallowed-unique-constraint
ALTER TABLE callers ADD CONSTRAINT callers_sign_in_once UNIQUE (issuer, subject);
-- squawk-ignore constraint-missing-not-valid, disallowed-unique-constraint
ALTER TABLE callers ADD CONSTRAINT callers_key_hash_once UNIQUE (key_hash);
ALTER TABLE callers
    ADD CONSTRAINT callers_api_key_fkey FOREIGN KEY (study_centre_id, api_key_id) REFERENCES api_keys NOT VALID,
    ADD CONSTRAINT callers_person_or_key CHECK (
        num_nonnulls(issuer, subject, person_id) = 3 AND num_nonnulls(key_hash, api_key_id) = 0
        OR num_nonnulls(issuer, subject, person_id) = 0 AND num_nonnulls(key_hash, api_key_id) = 2) NOT VALID;

CREATE FUNCTION find_api_key(p_key_hash bytea) RETURNS TABLE (study_centre_id uuid, api_key_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT c.study_centre_id, c.api_key_id FROM callers c WHERE c.key_hash = p_key_hash $$;
"""

# A feed's subject is the digest of its secret, which is nobody's business. Of a document that was never signed, nothing
# is left to prove.
ERASURE = """
CREATE FUNCTION sign_ins_of(p_ids uuid[]) RETURNS TABLE (issuer text, subject text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT c.issuer, c.subject FROM callers c
    WHERE c.study_centre_id = own_study_centre() AND c.person_id = ANY (p_ids) AND c.issuer <> 'calendar-feeds'
    ORDER BY 1, 2;
$$;

CREATE FUNCTION forget_people(p_ids uuid[]) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DELETE FROM callers c WHERE c.study_centre_id = own_study_centre() AND c.person_id = ANY (p_ids);
    DELETE FROM main_user_application_documents d USING main_user_applications a
    WHERE a.study_centre_id = own_study_centre() AND a.applicant_id = ANY (p_ids)
        AND (d.study_centre_id, d.application_id) = (a.study_centre_id, a.id) AND NOT EXISTS (
            SELECT FROM main_user_application_signatures s
            WHERE (s.study_centre_id, s.application_id) = (a.study_centre_id, a.id));
$$;
"""

# Asked with each write: a sign-in is remembered longer than it holds, and who was merged has made what the other made.
STANDING = """
CREATE FUNCTION standing_of(p_person_id uuid, OUT is_gone boolean, OUT former_ids uuid[])
LANGUAGE sql STABLE AS $$
    SELECT
        EXISTS (SELECT FROM persons p WHERE p.study_centre_id = own_study_centre() AND p.id = p_person_id
            AND num_nonnulls(p.merged_into, p.erased_at) > 0),
        ARRAY(SELECT p.id FROM persons p
            WHERE p.study_centre_id = own_study_centre() AND p.merged_into = p_person_id);
$$;
"""

RIGHTS = """
REVOKE EXECUTE ON FUNCTION add_actor, find_api_key, sign_ins_of, forget_people FROM PUBLIC;
SELECT grant_to_service('EXECUTE', 'FUNCTION sign_ins_of'), grant_to_service('EXECUTE', 'FUNCTION forget_people'),
    grant_to_service('EXECUTE', 'FUNCTION add_actor'), grant_to_service('EXECUTE', 'FUNCTION find_api_key'),
    grant_to_service('SELECT', 'actors'),
    grant_to_service('SELECT, INSERT, UPDATE', 'api_keys');
"""
