"""Certificates of completed courses, whose files never change, and the orders of many at once."""

from alembic import op

from migrations.tables import create_table

revision = "certificates"
down_revision = "training_strategies"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_table(
        "certificates",
        CERTIFICATES,
        references={
            "completion_id": "completions",
            "training_id": "trainings",
            "issued_by": "persons",
            "ended_by": "actors",
        },
        rights="SELECT, INSERT",
    )
    op.execute("SELECT grant_to_service('UPDATE (state, ended_at, ended_by, reason)', 'certificates')")
    op.execute(OF_CERTIFICATES)
    create_table(
        "certificate_batches",
        BATCHES,
        references={"training_id": "trainings", "requested_by": "persons"},
        rights="SELECT, INSERT",
    )
    op.execute(
        "SELECT grant_to_service('UPDATE (state, certificates, certificate_ids, finished_at, failure)', "
        "'certificate_batches')"
    )
    op.execute(OF_BATCHES)


def downgrade() -> None:
    op.execute("DROP TABLE certificate_batches, certificates; DROP FUNCTION keep_certificate")


CERTIFICATES = """
    id uuid NOT NULL,
    completion_id uuid NOT NULL,
    training_id uuid NOT NULL,
    language text NOT NULL CONSTRAINT certificates_language_known CHECK (language IN ('fi', 'sv', 'en')),
    code text NOT NULL CONSTRAINT certificates_code_form CHECK (code ~ '^[0-9A-HJKMNP-TV-Z]{16}$'),
    state text NOT NULL
        CONSTRAINT certificates_state_known CHECK (state IN ('in_force', 'replaced', 'withdrawn')),
    study_centre_name text NOT NULL,
    organisation_name text NOT NULL,
    organiser_name text NOT NULL,
    model_name text NOT NULL,
    version smallint NOT NULL,
    credits smallint NOT NULL,
    completed_on date NOT NULL,
    digest text NOT NULL
        CONSTRAINT certificates_digest_of_content CHECK (digest = encode(sha256(content), 'hex')),
    sealed boolean NOT NULL,
    content bytea NOT NULL,
    issued_by uuid NOT NULL,
    issued_at timestamptz NOT NULL,
    ended_by uuid,
    ended_at timestamptz,
    reason text CONSTRAINT certificates_reason_said CHECK (reason <> ''),
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT certificates_code_once UNIQUE (study_centre_id, code),
    CONSTRAINT certificates_ended CHECK (
        (state = 'in_force') = (ended_at IS NULL) AND (ended_at IS NOT NULL OR (ended_by IS NULL AND reason IS NULL)))
"""
OF_CERTIFICATES = """
-- What the service makes is compressed already.
ALTER TABLE certificates ALTER COLUMN content SET STORAGE EXTERNAL;
CREATE UNIQUE INDEX certificates_one_in_force ON certificates (study_centre_id, completion_id, language)
    WHERE state = 'in_force';
CREATE INDEX certificates_of_completion ON certificates (study_centre_id, completion_id, id);
CREATE INDEX certificates_of_training ON certificates (study_centre_id, training_id, id);
COMMENT ON COLUMN certificates.study_centre_name IS 'This and the following as the certificate has them.';
CREATE FUNCTION keep_certificate() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    may_differ constant text[] := '{study_centre_id,content,state,ended_by,ended_at,reason,changed_at}';
BEGIN
    -- Without the content, which the digest holds.
    IF to_jsonb(NEW) - may_differ <> to_jsonb(OLD) - may_differ
        OR NEW.content IS DISTINCT FROM OLD.content
        OR NEW.state <> OLD.state AND NEW.state = 'in_force'
        OR NEW.state <> OLD.state AND OLD.state = 'replaced'
        OR OLD.ended_at IS NOT NULL AND NEW.ended_at IS DISTINCT FROM OLD.ended_at THEN
        RAISE EXCEPTION 'a certificate never changes but when it ends' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER certificates_kept BEFORE UPDATE ON certificates FOR EACH ROW EXECUTE FUNCTION keep_certificate();
CREATE TRIGGER certificates_changed BEFORE UPDATE ON certificates FOR EACH ROW EXECUTE FUNCTION date_change();
"""
BATCHES = """
    id uuid NOT NULL,
    training_id uuid NOT NULL,
    language text NOT NULL CONSTRAINT certificate_batches_language_known CHECK (language IN ('fi', 'sv', 'en')),
    state text NOT NULL
        CONSTRAINT certificate_batches_state_known CHECK (state IN ('waiting', 'ready', 'failed')),
    certificates integer NOT NULL DEFAULT 0,
    certificate_ids uuid[],
    failure text,
    requested_by uuid NOT NULL,
    requested_at timestamptz NOT NULL,
    finished_at timestamptz,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT certificate_batches_finished CHECK ((state = 'waiting') = (finished_at IS NULL)),
    CONSTRAINT certificate_batches_made CHECK ((state = 'ready') = (certificate_ids IS NOT NULL)),
    CONSTRAINT certificate_batches_failed CHECK ((state = 'failed') = (failure IS NOT NULL))
"""
OF_BATCHES = """
CREATE INDEX certificate_batches_waiting ON certificate_batches (study_centre_id, id) WHERE state = 'waiting';
CREATE INDEX certificate_batches_of_training ON certificate_batches (study_centre_id, training_id, id);
CREATE TRIGGER certificate_batches_changed BEFORE UPDATE ON certificate_batches
    FOR EACH ROW EXECUTE FUNCTION date_change();
"""
