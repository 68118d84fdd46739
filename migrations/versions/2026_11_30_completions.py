"""Completions of training courses, who claims to have taken part, shares of the study register, and who signs."""

from alembic import op

from migrations.tables import create_table

revision = "completions"
down_revision = "training_models"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A completion and a claim name the participant together with the training. The table is of this version.
    op.execute("""
        -- squawk-ignore require-concurrent-index-deletion
        DROP INDEX training_participants_of_training;
        -- squawk-ignore require-concurrent-index-creation
        CREATE UNIQUE INDEX training_participants_of_training
            ON training_participants (study_centre_id, training_id, id);
    """)
    create_table("completions", COMPLETIONS, references={"recorded_by": "actors"}, rights="SELECT, INSERT")
    op.execute("SELECT grant_to_service('UPDATE (state)', 'completions')")
    op.execute(OF_COMPLETIONS)
    create_table(
        "participation_claims",
        CLAIMS,
        references={"training_id": "trainings", "person_id": "persons", "decided_by": "persons", "ended_by": "actors"},
        rights="SELECT, INSERT",
    )
    op.execute(OF_CLAIMS)
    create_table(
        "study_register_shares",
        SHARES,
        references={"person_id": "persons"},
        rights="SELECT, INSERT",
    )
    op.execute("""
        SELECT grant_to_service('UPDATE (person_id, ended_at)', 'study_register_shares');
        CREATE INDEX study_register_shares_of_person ON study_register_shares (study_centre_id, person_id, id);
        COMMENT ON COLUMN study_register_shares.expires_on IS 'The last day.';
        ALTER TABLE organisations ADD COLUMN certificate_signatory jsonb;
        ALTER TABLE study_centres ADD COLUMN certificate_signatory jsonb,
            ADD COLUMN completion_years smallint NOT NULL DEFAULT 2
                CONSTRAINT study_centres_completion_years CHECK (completion_years BETWEEN 1 AND 20);
        SELECT grant_to_service('UPDATE (certificate_signatory, completion_years)', 'study_centres');
    """)
    create_table(
        "study_centre_signature_images",
        """
        content bytea NOT NULL CONSTRAINT study_centre_signature_images_bound CHECK (octet_length(content) <= 16777216),
        changed_by uuid NOT NULL,
        changed_at timestamptz NOT NULL
        """,
        key=[],
        references={"changed_by": "persons"},
        rights="SELECT, INSERT, UPDATE, DELETE",
    )
    # What the service makes is compressed already.
    op.execute("ALTER TABLE study_centre_signature_images ALTER COLUMN content SET STORAGE EXTERNAL")


def downgrade() -> None:
    op.execute("""
        ALTER TABLE study_centres DROP COLUMN certificate_signatory, DROP COLUMN completion_years;
        ALTER TABLE organisations DROP COLUMN certificate_signatory;
        DROP TABLE study_centre_signature_images, study_register_shares, participation_claims, completions;
        DROP FUNCTION keep_completion;
        DROP FUNCTION keep_ended_claim;
        DROP INDEX training_participants_of_training;
        CREATE INDEX training_participants_of_training ON training_participants (study_centre_id, training_id, id);
    """)


COMPLETIONS = """
    id uuid NOT NULL,
    training_id uuid NOT NULL,
    participant_id uuid NOT NULL,
    name text NOT NULL CONSTRAINT completions_name_said CHECK (name <> ''),
    search_text text NOT NULL,
    kind text NOT NULL CONSTRAINT completions_kind_known CHECK (kind IN ('course', 'recognition')),
    outcome text NOT NULL
        CONSTRAINT completions_outcome_known CHECK (outcome IN ('passed', 'failed', 'interrupted')),
    grade smallint
        CONSTRAINT completions_grade CHECK (grade IS NULL OR grade BETWEEN 1 AND 5 AND outcome = 'passed'),
    completed_on date NOT NULL,
    assessed_by text NOT NULL CONSTRAINT completions_assessor_said CHECK (assessed_by <> ''),
    attended boolean,
    grounds text CONSTRAINT completions_grounds_said CHECK (grounds <> ''),
    credits smallint NOT NULL CONSTRAINT completions_credits
        CHECK (credits BETWEEN 0 AND 60 AND (credits > 0) = (outcome = 'passed')),
    state text NOT NULL CONSTRAINT completions_state_known CHECK (state IN ('in_force', 'corrected')),
    corrects_id uuid,
    reason text CONSTRAINT completions_reason_said CHECK (reason <> ''),
    recorded_by uuid NOT NULL,
    recorded_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT completions_participant_fkey FOREIGN KEY (study_centre_id, training_id, participant_id)
        REFERENCES training_participants (study_centre_id, training_id, id),
    CONSTRAINT completions_corrects_fkey FOREIGN KEY (study_centre_id, corrects_id) REFERENCES completions,
    CONSTRAINT completions_corrected_once UNIQUE (study_centre_id, corrects_id),
    CONSTRAINT completions_corrects_with_reason CHECK ((corrects_id IS NULL) = (reason IS NULL)),
    CONSTRAINT completions_passed_for_a_reason CHECK (
        outcome <> 'passed' OR kind = 'course' AND attended IS TRUE OR kind = 'recognition' AND grounds IS NOT NULL)
"""
OF_COMPLETIONS = """
CREATE UNIQUE INDEX completions_one_in_force ON completions (study_centre_id, participant_id)
    WHERE state = 'in_force';
CREATE INDEX completions_of_training ON completions (study_centre_id, training_id, id);
CREATE INDEX completions_of_participant ON completions (study_centre_id, participant_id);
COMMENT ON TABLE completions IS 'The study register. It keeps the names after the participants are anonymous.';
CREATE FUNCTION keep_completion() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    may_differ constant text[] := '{study_centre_id,state,changed_at}';
BEGIN
    IF to_jsonb(NEW) - may_differ <> to_jsonb(OLD) - may_differ
        OR OLD.state <> 'in_force' AND NEW.state <> OLD.state THEN
        RAISE EXCEPTION 'a completion never changes but when another corrects it'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER completions_kept BEFORE UPDATE ON completions FOR EACH ROW EXECUTE FUNCTION keep_completion();
CREATE TRIGGER completions_changed BEFORE UPDATE ON completions FOR EACH ROW EXECUTE FUNCTION date_change();
"""
CLAIMS = """
    id uuid NOT NULL,
    training_id uuid NOT NULL,
    person_id uuid NOT NULL,
    participant_id uuid,
    state text NOT NULL CONSTRAINT participation_claims_state_known
        CHECK (state IN ('open', 'granted', 'rejected', 'revoked')),
    reason text CONSTRAINT participation_claims_reason_said CHECK (reason <> ''),
    claimed_at timestamptz NOT NULL,
    decided_by uuid,
    decided_at timestamptz,
    ended_by uuid,
    ended_at timestamptz,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT participation_claims_participant_fkey FOREIGN KEY (study_centre_id, training_id, participant_id)
        REFERENCES training_participants (study_centre_id, training_id, id),
    CONSTRAINT participation_claims_not_own CHECK (decided_by <> person_id),
    CONSTRAINT participation_claims_granted CHECK ((participant_id IS NOT NULL) = (state = 'granted')
        OR state = 'revoked'),
    CONSTRAINT participation_claims_decided CHECK (
        (decided_at IS NOT NULL) = (state IN ('granted', 'rejected')) OR state = 'revoked'),
    CONSTRAINT participation_claims_decided_by CHECK (decided_by IS NULL OR decided_at IS NOT NULL),
    CONSTRAINT participation_claims_revoked CHECK (
        (state = 'revoked') = (ended_at IS NOT NULL) AND (ended_by IS NULL OR ended_at IS NOT NULL))
"""
OF_CLAIMS = """
CREATE UNIQUE INDEX participation_claims_one_a_training
    ON participation_claims (study_centre_id, training_id, person_id) WHERE state IN ('open', 'granted');
CREATE UNIQUE INDEX participation_claims_one_learner ON participation_claims (study_centre_id, participant_id)
    WHERE state = 'granted';
CREATE INDEX participation_claims_of_participant ON participation_claims (study_centre_id, participant_id)
    WHERE participant_id IS NOT NULL;
CREATE INDEX participation_claims_of_person ON participation_claims (study_centre_id, person_id, id);
CREATE INDEX participation_claims_open ON participation_claims (study_centre_id, id) WHERE state = 'open';
SELECT grant_to_service(
    'UPDATE (person_id, participant_id, state, reason, decided_by, decided_at, ended_by, ended_at)',
    'participation_claims');
CREATE FUNCTION keep_ended_claim() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a rejected or revoked claim stays so' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER participation_claims_ended BEFORE UPDATE OF state ON participation_claims FOR EACH ROW
    WHEN (OLD.state IN ('rejected', 'revoked') AND NEW.state <> OLD.state) EXECUTE FUNCTION keep_ended_claim();
CREATE TRIGGER participation_claims_changed BEFORE UPDATE ON participation_claims
    FOR EACH ROW EXECUTE FUNCTION date_change();
"""
SHARES = """
    id uuid NOT NULL,
    person_id uuid NOT NULL,
    digest bytea NOT NULL CONSTRAINT study_register_shares_digest_bound CHECK (octet_length(digest) = 32),
    expires_on date NOT NULL,
    made_at timestamptz NOT NULL,
    ended_at timestamptz,
    CONSTRAINT study_register_shares_digest_once UNIQUE (study_centre_id, digest)
"""
