"""Koski: the wordings of the consent, the consents with their encrypted identity codes, exports and their receipts."""

from alembic import op

from migrations.tables import create_table

revision = "koski"
down_revision = "model_courses"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_table(
        "koski_consent_wordings",
        WORDINGS,
        key=["version"],
        references={"made_by": "persons"},
        rights="SELECT, INSERT",
    )
    create_table("koski_consents", CONSENTS, references={"person_id": "persons"}, rights="SELECT, INSERT, UPDATE")
    create_table(
        "koski_exports",
        EXPORTS,
        references={"prepared_by": "persons"},
        rights="SELECT, INSERT, UPDATE (state, file_read_at, concluded_at)",
    )
    create_table(
        "koski_export_items",
        ITEMS,
        key=["export_id", "source_id"],
        references={
            "export_id": "koski_exports",
            "source_id": "completions",
            "completion_id": "completions",
            "consent_id": "koski_consents",
            "person_id": "persons",
            "received_by": "actors",
        },
        rights="SELECT, INSERT, UPDATE (person_id, outcome, study_right_oid, learner_oid, version, error, received_by, "
        "received_at)",
    )
    op.execute(REST)
    op.execute(GUARDS)


def downgrade() -> None:
    op.execute("""
        ALTER TABLE study_centres DROP COLUMN koski;
        DROP TABLE koski_export_items, koski_exports, koski_consents, koski_consent_wordings;
        DROP FUNCTION keep_koski_consent, keep_koski_export, keep_koski_export_item;
    """)


WORDINGS = """
    version integer NOT NULL CONSTRAINT koski_consent_wordings_version CHECK (version >= 1),
    texts jsonb NOT NULL CONSTRAINT koski_consent_wordings_languages CHECK (texts ?& '{fi,sv,en}'::text[]),
    made_by uuid NOT NULL,
    made_at timestamptz NOT NULL
"""
CONSENTS = """
    id uuid NOT NULL,
    training_id uuid NOT NULL,
    participant_id uuid NOT NULL,
    person_id uuid NOT NULL,
    wording_version integer NOT NULL,
    first_names text,
    calling_name text,
    surname text,
    identity_kind text NOT NULL CONSTRAINT koski_consents_identity_kind_known
        CHECK (identity_kind IN ('personal_identity_code', 'learner_number')),
    identity bytea CONSTRAINT koski_consents_identity_encrypted CHECK (octet_length(identity) BETWEEN 29 AND 200),
    given_at timestamptz NOT NULL,
    withdrawn_at timestamptz,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT koski_consents_participant_fkey FOREIGN KEY (study_centre_id, training_id, participant_id)
        REFERENCES training_participants (study_centre_id, training_id, id),
    CONSTRAINT koski_consents_wording_fkey FOREIGN KEY (study_centre_id, wording_version)
        REFERENCES koski_consent_wordings,
    CONSTRAINT koski_consents_names_complete CHECK (
        (first_names IS NULL) = (surname IS NULL) AND (first_names IS NULL) = (calling_name IS NULL)),
    CONSTRAINT koski_consents_withdrawn_without_identity CHECK (withdrawn_at IS NULL OR identity IS NULL)
"""
EXPORTS = """
    id uuid NOT NULL,
    training_ids uuid[] NOT NULL
        CONSTRAINT koski_exports_trainings_said CHECK (cardinality(training_ids) BETWEEN 1 AND 50),
    state text NOT NULL CONSTRAINT koski_exports_state_known
        CHECK (state IN ('prepared', 'acknowledged', 'cancelled')),
    issuer jsonb NOT NULL,
    left_out jsonb NOT NULL,
    prepared_by uuid NOT NULL,
    prepared_at timestamptz NOT NULL,
    file_read_at timestamptz,
    concluded_at timestamptz,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT koski_exports_concluded CHECK ((state = 'prepared') = (concluded_at IS NULL))
"""
ITEMS = """
    export_id uuid NOT NULL,
    source_id uuid NOT NULL,
    completion_id uuid NOT NULL,
    consent_id uuid NOT NULL,
    person_id uuid NOT NULL,
    action text NOT NULL CONSTRAINT koski_export_items_action_known CHECK (action IN ('create', 'correct', 'cancel')),
    outcome text CONSTRAINT koski_export_items_outcome_known
        CHECK (outcome IN ('accepted', 'refused', 'withdrawn_by_learner', 'not_sent')),
    study_right_oid text,
    learner_oid text,
    version integer CONSTRAINT koski_export_items_version CHECK (version >= 1),
    error text,
    received_by uuid,
    received_at timestamptz,
    CONSTRAINT koski_export_items_received CHECK ((outcome IS NULL) = (received_at IS NULL)),
    CONSTRAINT koski_export_items_receiver CHECK (received_by IS NULL OR received_at IS NOT NULL),
    CONSTRAINT koski_export_items_known_to_koski CHECK (
        (action = 'create' AND outcome IS DISTINCT FROM 'accepted')
        OR (study_right_oid IS NOT NULL AND learner_oid IS NOT NULL))
"""
REST = """
ALTER TABLE study_centres ADD COLUMN koski jsonb;
SELECT grant_to_service('UPDATE (koski)', 'study_centres');
CREATE UNIQUE INDEX koski_consents_one_in_force ON koski_consents (study_centre_id, participant_id)
    WHERE withdrawn_at IS NULL;
CREATE INDEX koski_consents_of_participant ON koski_consents (study_centre_id, participant_id);
CREATE INDEX koski_consents_of_person ON koski_consents (study_centre_id, person_id, id);
CREATE INDEX koski_consents_of_training ON koski_consents (study_centre_id, training_id, id);
CREATE INDEX koski_consents_identified ON koski_consents (study_centre_id, id) WHERE identity IS NOT NULL;
CREATE INDEX koski_consents_changed_at ON koski_consents (study_centre_id, changed_at);
CREATE TRIGGER koski_consents_changed BEFORE UPDATE ON koski_consents
    FOR EACH ROW EXECUTE FUNCTION date_change();
COMMENT ON COLUMN koski_consents.identity IS 'Encrypted by the first of IDENTITY_KEYS, for the row of this id.';
CREATE INDEX koski_exports_changed_at ON koski_exports (study_centre_id, changed_at);
CREATE TRIGGER koski_exports_changed BEFORE UPDATE ON koski_exports
    FOR EACH ROW EXECUTE FUNCTION date_change();
CREATE UNIQUE INDEX koski_export_items_waiting_once ON koski_export_items (study_centre_id, source_id)
    WHERE outcome IS NULL;
CREATE INDEX koski_export_items_of_source ON koski_export_items (study_centre_id, source_id);
CREATE INDEX koski_export_items_of_consent ON koski_export_items (study_centre_id, consent_id);
CREATE INDEX koski_export_items_of_person ON koski_export_items (study_centre_id, person_id);
"""
GUARDS = """
CREATE FUNCTION keep_koski_consent() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    may_differ CONSTANT text[] :=
        '{study_centre_id,person_id,first_names,calling_name,surname,identity,withdrawn_at,changed_at}';
BEGIN
    IF to_jsonb(NEW) - may_differ <> to_jsonb(OLD) - may_differ
        OR OLD.withdrawn_at IS NOT NULL AND NEW.withdrawn_at IS DISTINCT FROM OLD.withdrawn_at
        OR NEW.identity IS NOT NULL AND NEW.identity IS DISTINCT FROM OLD.identity
        OR NEW.first_names IS NOT NULL AND (NEW.first_names, NEW.calling_name, NEW.surname)
            IS DISTINCT FROM (OLD.first_names, OLD.calling_name, OLD.surname)
    THEN
        RAISE EXCEPTION 'a consent is withdrawn, emptied or moved, and never changes otherwise'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER koski_consents_kept BEFORE UPDATE ON koski_consents
    FOR EACH ROW EXECUTE FUNCTION keep_koski_consent();

CREATE FUNCTION keep_koski_export() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF OLD.state <> 'prepared' AND (NEW.state, NEW.file_read_at, NEW.concluded_at)
            IS DISTINCT FROM (OLD.state, OLD.file_read_at, OLD.concluded_at)
        OR OLD.file_read_at IS NOT NULL AND NEW.file_read_at IS DISTINCT FROM OLD.file_read_at
    THEN
        RAISE EXCEPTION 'an export that has ended never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER koski_exports_kept BEFORE UPDATE ON koski_exports
    FOR EACH ROW EXECUTE FUNCTION keep_koski_export();

CREATE FUNCTION keep_koski_export_item() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    may_differ CONSTANT text[] := '{study_centre_id,person_id}';
BEGIN
    IF OLD.outcome IS NOT NULL AND to_jsonb(NEW) - may_differ <> to_jsonb(OLD) - may_differ THEN
        RAISE EXCEPTION 'a receipt never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER koski_export_items_kept BEFORE UPDATE ON koski_export_items
    FOR EACH ROW EXECUTE FUNCTION keep_koski_export_item();
"""
