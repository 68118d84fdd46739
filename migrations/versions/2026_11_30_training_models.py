"""Training models, their versions with comments and reviews, and the version that a training course is made from."""

from alembic import op

from migrations.tables import create_table

revision = "training_models"
down_revision = "figure_totals"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_table(
        "training_models",
        MODELS,
        references={"organisation_id": "organisations", "expert_id": "persons"},
        rights="SELECT, INSERT, UPDATE",
    )
    create_table(
        "training_model_versions",
        VERSIONS,
        references={"model_id": "training_models"},
        rights="SELECT, INSERT, UPDATE",
    )
    create_table(
        "training_model_comments",
        COMMENTS,
        references={"version_id": "training_model_versions", "replies_to": "training_model_comments"},
        rights="SELECT, INSERT, UPDATE (closed_by, closed_at)",
    )
    create_table(
        "training_model_reviews",
        REVIEWS,
        references={"version_id": "training_model_versions", "person_id": "persons"},
        rights="SELECT, INSERT, UPDATE (person_id, opinion, text, given_at, ended_at)",
    )
    op.execute(REST)
    op.execute(GUARDS)
    # The column is new and empty, so there is nothing to check in the rows that exist.
    op.execute("ALTER TABLE trainings ADD COLUMN model_version_id uuid")
    op.execute("""
        -- squawk-ignore adding-foreign-key-constraint, constraint-missing-not-valid
        ALTER TABLE trainings ADD CONSTRAINT trainings_model_version_fkey
            FOREIGN KEY (study_centre_id, model_version_id) REFERENCES training_model_versions;
        -- squawk-ignore require-concurrent-index-creation
        CREATE INDEX trainings_of_model_version ON trainings (study_centre_id, model_version_id, id)
            WHERE model_version_id IS NOT NULL
    """)


def downgrade() -> None:
    op.execute("""
        ALTER TABLE trainings DROP COLUMN model_version_id;
        DROP TABLE training_model_reviews, training_model_comments, training_model_versions, training_models;
        DROP FUNCTION keep_training_model, keep_model_version;
    """)


MODELS = """
    id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    name text NOT NULL,
    idea text NOT NULL,
    target_group text NOT NULL,
    expected_credits smallint NOT NULL
        CONSTRAINT training_models_expected_credits CHECK (expected_credits BETWEEN 1 AND 60),
    grounds text NOT NULL,
    state text NOT NULL CONSTRAINT training_models_state_known
        CHECK (state IN ('proposed', 'accepted', 'rejected', 'withdrawn', 'archived')),
    expert_id uuid,
    criteria jsonb,
    reason text,
    proposed_by uuid NOT NULL,
    proposed_at timestamptz NOT NULL,
    screened_by uuid,
    screened_at timestamptz,
    ended_by uuid,
    ended_at timestamptz,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT training_models_proposer_fkey FOREIGN KEY (study_centre_id, proposed_by) REFERENCES actors,
    CONSTRAINT training_models_screener_fkey FOREIGN KEY (study_centre_id, screened_by) REFERENCES persons,
    CONSTRAINT training_models_ender_fkey FOREIGN KEY (study_centre_id, ended_by) REFERENCES actors,
    CONSTRAINT training_models_screening_complete CHECK (
        (state IN ('accepted', 'rejected', 'archived')) = (screened_at IS NOT NULL)
        AND (screened_at IS NULL) = (screened_by IS NULL) AND (screened_at IS NULL) = (criteria IS NULL)),
    CONSTRAINT training_models_rejection_grounded CHECK (state NOT IN ('rejected', 'archived') OR reason IS NOT NULL),
    CONSTRAINT training_models_expert_named CHECK ((state IN ('accepted', 'archived')) = (expert_id IS NOT NULL)),
    CONSTRAINT training_models_end_complete CHECK (
        (state IN ('withdrawn', 'archived')) = (ended_at IS NOT NULL) AND (ended_at IS NULL) = (ended_by IS NULL))
"""
VERSIONS = """
    id uuid NOT NULL,
    model_id uuid NOT NULL,
    number smallint NOT NULL CONSTRAINT training_model_versions_number CHECK (number >= 1),
    change text NOT NULL CONSTRAINT training_model_versions_change_known
        CHECK (change IN ('first', 'substantial', 'minor')),
    reason text,
    state text NOT NULL CONSTRAINT training_model_versions_state_known CHECK (state IN ('in_work', 'in_review',
        'sent_back', 'approved', 'rejected', 'withdrawn', 'in_use', 'superseded')),
    texts jsonb NOT NULL DEFAULT '{}',
    content text,
    assessment jsonb,
    methods text,
    learner_hours smallint CONSTRAINT training_model_versions_learner_hours CHECK (learner_hours BETWEEN 27 AND 1620),
    prerequisites text,
    trainer_qualifications text,
    koski_study_unit jsonb,
    round integer NOT NULL DEFAULT 0 CONSTRAINT training_model_versions_round CHECK (round >= 0),
    waiting_for text CONSTRAINT training_model_versions_waiting_for_known
        CHECK (waiting_for IN ('organisation', 'study_centre')),
    waiting_since timestamptz,
    digest text CONSTRAINT training_model_versions_digest_form CHECK (digest ~ '^[0-9a-f]{64}$'),
    submissions integer NOT NULL DEFAULT 0
        CONSTRAINT training_model_versions_submissions CHECK (submissions >= 0),
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    submitted_by uuid,
    submitted_at timestamptz,
    senders uuid[] NOT NULL DEFAULT '{}',
    decided_by uuid,
    decided_at timestamptz,
    decision_reason text,
    activated_by uuid,
    activated_at timestamptz,
    ended_by uuid,
    ended_at timestamptz,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT training_model_versions_number_once UNIQUE (study_centre_id, model_id, number),
    CONSTRAINT training_model_versions_creator_fkey FOREIGN KEY (study_centre_id, created_by) REFERENCES actors,
    CONSTRAINT training_model_versions_sender_fkey FOREIGN KEY (study_centre_id, submitted_by) REFERENCES actors,
    CONSTRAINT training_model_versions_decider_fkey FOREIGN KEY (study_centre_id, decided_by) REFERENCES persons,
    CONSTRAINT training_model_versions_activator_fkey FOREIGN KEY (study_centre_id, activated_by) REFERENCES actors,
    CONSTRAINT training_model_versions_ender_fkey FOREIGN KEY (study_centre_id, ended_by) REFERENCES actors,
    CONSTRAINT training_model_versions_first CHECK (
        (number = 1) = (change = 'first') AND (change = 'first') = (reason IS NULL)),
    CONSTRAINT training_model_versions_turn CHECK (
        (waiting_for IS NOT NULL) = (state IN ('in_work', 'in_review', 'sent_back', 'approved'))
        AND (waiting_for IS NULL) = (waiting_since IS NULL)),
    CONSTRAINT training_model_versions_digested CHECK (
        (digest IS NULL) = (state IN ('in_work', 'sent_back', 'withdrawn'))),
    CONSTRAINT training_model_versions_complete CHECK (digest IS NULL OR (
        texts <> '{}' AND content IS NOT NULL AND assessment IS NOT NULL AND methods IS NOT NULL
        AND learner_hours IS NOT NULL AND trainer_qualifications IS NOT NULL AND submitted_at IS NOT NULL)),
    CONSTRAINT training_model_versions_decision_complete CHECK (
        (state NOT IN ('approved', 'sent_back', 'rejected', 'in_use', 'superseded') OR decided_at IS NOT NULL)
        AND (decided_at IS NULL) = (decided_by IS NULL)
        AND (state NOT IN ('sent_back', 'rejected') OR decision_reason IS NOT NULL)),
    CONSTRAINT training_model_versions_activation_complete CHECK (
        (state IN ('in_use', 'superseded')) = (activated_at IS NOT NULL)
        AND (activated_at IS NULL) = (activated_by IS NULL)),
    CONSTRAINT training_model_versions_end_complete CHECK (
        (state IN ('withdrawn', 'superseded')) = (ended_at IS NOT NULL) AND (ended_at IS NULL) = (ended_by IS NULL))
"""
COMMENTS = """
    id uuid NOT NULL,
    version_id uuid NOT NULL,
    section text NOT NULL CONSTRAINT training_model_comments_section_known CHECK (section IN ('texts', 'content',
        'assessment', 'methods', 'learner_hours', 'prerequisites', 'trainer_qualifications', 'koski_study_unit')),
    text text NOT NULL CONSTRAINT training_model_comments_text_length CHECK (char_length(text) BETWEEN 1 AND 4000),
    replies_to uuid,
    side text NOT NULL CONSTRAINT training_model_comments_side_known CHECK (side IN ('organisation', 'study_centre')),
    round integer NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    closed_by uuid,
    closed_at timestamptz,
    CONSTRAINT training_model_comments_creator_fkey FOREIGN KEY (study_centre_id, created_by) REFERENCES actors,
    CONSTRAINT training_model_comments_closer_fkey FOREIGN KEY (study_centre_id, closed_by) REFERENCES actors,
    CONSTRAINT training_model_comments_closed CHECK (
        (closed_at IS NULL) = (closed_by IS NULL) AND (replies_to IS NULL OR closed_at IS NULL))
"""
REVIEWS = """
    id uuid NOT NULL,
    version_id uuid NOT NULL,
    submission integer NOT NULL,
    person_id uuid NOT NULL,
    named_by uuid NOT NULL,
    named_at timestamptz NOT NULL,
    opinion text CONSTRAINT training_model_reviews_opinion_known CHECK (opinion IN ('for', 'against')),
    text text CONSTRAINT training_model_reviews_text_length CHECK (char_length(text) BETWEEN 1 AND 4000),
    given_at timestamptz,
    ended_at timestamptz,
    CONSTRAINT training_model_reviews_namer_fkey FOREIGN KEY (study_centre_id, named_by) REFERENCES persons,
    CONSTRAINT training_model_reviews_opinion_complete CHECK (
        (opinion IS NULL) = (text IS NULL) AND (opinion IS NULL) = (given_at IS NULL))
"""
REST = """
CREATE INDEX training_models_of_organisation ON training_models (study_centre_id, organisation_id, id);
CREATE INDEX training_models_of_expert ON training_models (study_centre_id, expert_id) WHERE expert_id IS NOT NULL;
CREATE INDEX training_models_changed_at ON training_models (study_centre_id, changed_at);
CREATE TRIGGER training_models_changed BEFORE UPDATE ON training_models
    FOR EACH ROW EXECUTE FUNCTION date_change();
CREATE UNIQUE INDEX training_model_versions_one_open ON training_model_versions (study_centre_id, model_id)
    WHERE state IN ('in_work', 'in_review', 'sent_back');
CREATE UNIQUE INDEX training_model_versions_one_in_use ON training_model_versions (study_centre_id, model_id)
    WHERE state = 'in_use';
CREATE INDEX training_model_versions_waiting ON training_model_versions (study_centre_id, waiting_since)
    WHERE waiting_for IS NOT NULL;
CREATE INDEX training_model_versions_changed_at ON training_model_versions (study_centre_id, changed_at);
CREATE TRIGGER training_model_versions_changed BEFORE UPDATE ON training_model_versions
    FOR EACH ROW EXECUTE FUNCTION date_change();
CREATE TRIGGER training_model_versions_sent BEFORE INSERT OR UPDATE OF submitted_by ON training_model_versions
    FOR EACH ROW WHEN (NEW.submitted_by IS NOT NULL) EXECUTE FUNCTION note_sender();
COMMENT ON COLUMN training_model_versions.senders IS 'Everyone who ever submitted the version, in order.';
CREATE INDEX training_model_comments_of_version ON training_model_comments (study_centre_id, version_id, id);
CREATE UNIQUE INDEX training_model_reviews_once ON training_model_reviews
    (study_centre_id, version_id, submission, person_id) WHERE ended_at IS NULL;
CREATE INDEX training_model_reviews_of_person ON training_model_reviews (study_centre_id, person_id);
"""
GUARDS = """
CREATE FUNCTION keep_training_model() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF (NEW.id, NEW.organisation_id, NEW.proposed_by, NEW.proposed_at)
        IS DISTINCT FROM (OLD.id, OLD.organisation_id, OLD.proposed_by, OLD.proposed_at)
    THEN
        RAISE EXCEPTION 'the origin of a training model never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (('proposed', 'accepted'), ('proposed', 'rejected'),
        ('proposed', 'withdrawn'), ('accepted', 'archived'))
    THEN
        RAISE EXCEPTION 'a training model does not go from % to %', OLD.state, NEW.state
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> 'proposed'
        AND (NEW.name, NEW.idea, NEW.target_group, NEW.expected_credits, NEW.grounds, NEW.criteria)
        IS DISTINCT FROM (OLD.name, OLD.idea, OLD.target_group, OLD.expected_credits, OLD.grounds, OLD.criteria)
    THEN
        RAISE EXCEPTION 'a screened training model never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER training_models_kept BEFORE UPDATE ON training_models
    FOR EACH ROW EXECUTE FUNCTION keep_training_model();

CREATE FUNCTION keep_model_version() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF (NEW.id, NEW.model_id, NEW.number, NEW.change, NEW.reason)
        IS DISTINCT FROM (OLD.id, OLD.model_id, OLD.number, OLD.change, OLD.reason)
    THEN
        RAISE EXCEPTION 'the origin of a version never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (('in_work', 'in_review'), ('in_work', 'withdrawn'),
        ('sent_back', 'in_review'), ('sent_back', 'withdrawn'), ('in_review', 'approved'), ('in_review', 'sent_back'),
        ('in_review', 'rejected'), ('approved', 'in_use'), ('in_use', 'superseded'))
    THEN
        RAISE EXCEPTION 'a version does not go from % to %', OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state NOT IN ('in_work', 'sent_back')
        AND (NEW.texts, NEW.content, NEW.assessment, NEW.methods, NEW.learner_hours, NEW.prerequisites,
            NEW.trainer_qualifications, NEW.koski_study_unit, NEW.round)
        IS DISTINCT FROM (OLD.texts, OLD.content, OLD.assessment, OLD.methods, OLD.learner_hours, OLD.prerequisites,
            OLD.trainer_qualifications, OLD.koski_study_unit, OLD.round)
    THEN
        RAISE EXCEPTION 'the content of a submitted version never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.digest IS NOT NULL AND NEW.state <> 'sent_back' AND NEW.digest IS DISTINCT FROM OLD.digest THEN
        RAISE EXCEPTION 'the digest of a submitted version never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER training_model_versions_kept BEFORE UPDATE ON training_model_versions
    FOR EACH ROW EXECUTE FUNCTION keep_model_version();
"""
