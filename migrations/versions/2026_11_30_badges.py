"""Badges: what they are given for, their images, and the applications with the credentials that were signed."""

from alembic import op

from migrations.tables import create_table

revision = "badges"
down_revision = "koski"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_table("badge_definitions", DEFINITIONS, rights="SELECT, INSERT, UPDATE")
    create_table(
        "badge_images",
        IMAGES,
        key=("definition_id",),
        references={"definition_id": "badge_definitions"},
        rights="SELECT, INSERT, UPDATE",
    )
    create_table(
        "badge_applications",
        APPLICATIONS,
        references={
            "definition_id": "badge_definitions",
            "person_id": "persons",
            "organisation_id": "organisations",
        },
        rights="SELECT, INSERT, UPDATE",
    )
    op.execute(REST)


def downgrade() -> None:
    op.execute("DROP TABLE badge_applications, badge_images, badge_definitions")
    op.execute("DROP FUNCTION keep_badge_definition, keep_badge_image, keep_badge")


DEFINITIONS = """
    id uuid NOT NULL,
    name jsonb NOT NULL,
    description jsonb NOT NULL,
    criteria_text jsonb NOT NULL,
    criteria jsonb NOT NULL,
    months_valid smallint CONSTRAINT badge_definitions_months_valid CHECK (months_valid BETWEEN 1 AND 600),
    state text NOT NULL CONSTRAINT badge_definitions_state CHECK (state IN ('draft', 'published', 'retired')),
    created_at timestamptz NOT NULL,
    published_at timestamptz,
    retired_at timestamptz,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT badge_definitions_published CHECK ((state = 'draft') = (published_at IS NULL)),
    CONSTRAINT badge_definitions_retired CHECK ((state = 'retired') = (retired_at IS NOT NULL))
"""
IMAGES = """
    definition_id uuid NOT NULL,
    content bytea NOT NULL,
    changed_by uuid NOT NULL,
    changed_at timestamptz NOT NULL
"""
APPLICATIONS = """
    id uuid NOT NULL,
    definition_id uuid NOT NULL,
    person_id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    state text NOT NULL CONSTRAINT badge_applications_state CHECK (state IN
        ('applied', 'granted', 'rejected', 'withdrawn', 'accepted', 'declined', 'revoked')),
    criteria jsonb NOT NULL,
    applied_at timestamptz NOT NULL,
    withdrawn_at timestamptz,
    decided_by uuid,
    decided_at timestamptz,
    decision_reason text,
    answered_at timestamptz,
    valid_until timestamptz,
    public boolean NOT NULL DEFAULT false,
    revoked_by uuid,
    revoked_at timestamptz,
    revocation_reason text,
    is_renewed boolean NOT NULL DEFAULT false,
    list_number integer CONSTRAINT badge_applications_list CHECK (list_number >= 1),
    list_index integer CONSTRAINT badge_applications_index CHECK (list_index BETWEEN 0 AND 131071),
    credential text,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT badge_applications_decider_fkey FOREIGN KEY (study_centre_id, decided_by) REFERENCES persons,
    CONSTRAINT badge_applications_revoker_fkey FOREIGN KEY (study_centre_id, revoked_by) REFERENCES persons,
    CONSTRAINT badge_applications_decided CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
    CONSTRAINT badge_applications_undecided CHECK
        ((state IN ('applied', 'withdrawn')) = (decided_at IS NULL)),
    CONSTRAINT badge_applications_others_decide CHECK (decided_by <> person_id),
    CONSTRAINT badge_applications_decision_reason CHECK (decision_reason IS NULL OR decided_at IS NOT NULL),
    CONSTRAINT badge_applications_withdrawn CHECK ((state = 'withdrawn') = (withdrawn_at IS NOT NULL)),
    -- A badge is revoked before or after its acceptance.
    CONSTRAINT badge_applications_answered CHECK
        (state = 'revoked' OR (state IN ('accepted', 'declined')) = (answered_at IS NOT NULL)),
    CONSTRAINT badge_applications_listed CHECK ((list_number IS NULL) = (list_index IS NULL)),
    CONSTRAINT badge_applications_signed CHECK
        (list_index IS NULL OR state IN ('accepted', 'revoked') AND answered_at IS NOT NULL),
    CONSTRAINT badge_applications_credential CHECK
        (list_index IS NOT NULL OR credential IS NULL AND valid_until IS NULL),
    -- An erasure removes the credential of a revoked badge alone.
    CONSTRAINT badge_applications_accepted CHECK
        (state <> 'accepted' OR list_index IS NOT NULL AND credential IS NOT NULL),
    CONSTRAINT badge_applications_shown CHECK (state = 'accepted' OR NOT public),
    CONSTRAINT badge_applications_revoked CHECK ((state = 'revoked') = (revoked_at IS NOT NULL)),
    CONSTRAINT badge_applications_revoker CHECK ((revoked_by IS NULL) = (revoked_at IS NULL)),
    CONSTRAINT badge_applications_revocation_reason CHECK (revocation_reason IS NULL OR state = 'revoked'),
    CONSTRAINT badge_applications_status_once UNIQUE (study_centre_id, list_number, list_index)
"""
REST = """
CREATE INDEX badge_definitions_changed_at ON badge_definitions (study_centre_id, changed_at);
CREATE TRIGGER badge_definitions_changed BEFORE UPDATE ON badge_definitions
    FOR EACH ROW EXECUTE FUNCTION date_change();
CREATE UNIQUE INDEX badge_applications_one_open ON badge_applications (study_centre_id, definition_id, person_id)
    WHERE state IN ('applied', 'granted', 'accepted') AND NOT is_renewed;
CREATE INDEX badge_applications_of_person ON badge_applications (study_centre_id, person_id, id);
CREATE INDEX badge_applications_of_organisation ON badge_applications (study_centre_id, organisation_id, id);
CREATE INDEX badge_applications_changed_at ON badge_applications (study_centre_id, changed_at);
CREATE TRIGGER badge_applications_changed BEFORE UPDATE ON badge_applications
    FOR EACH ROW EXECUTE FUNCTION date_change();

CREATE FUNCTION keep_badge_definition() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (('draft', 'published'), ('published', 'retired')) THEN
        RAISE EXCEPTION 'a badge does not go from % to %', OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.id <> OLD.id OR OLD.state <> 'draft'
        AND (NEW.name, NEW.description, NEW.criteria_text, NEW.criteria, NEW.months_valid, NEW.published_at)
        IS DISTINCT FROM
        (OLD.name, OLD.description, OLD.criteria_text, OLD.criteria, OLD.months_valid, OLD.published_at)
    THEN
        RAISE EXCEPTION 'a published badge never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER badge_definitions_kept BEFORE UPDATE ON badge_definitions
    FOR EACH ROW EXECUTE FUNCTION keep_badge_definition();

CREATE FUNCTION keep_badge_image() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM badge_definitions d
        WHERE d.study_centre_id = OLD.study_centre_id AND d.id = OLD.definition_id AND d.state = 'draft';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the image of a published badge never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER badge_images_kept BEFORE UPDATE ON badge_images
    FOR EACH ROW WHEN (NEW.content <> OLD.content) EXECUTE FUNCTION keep_badge_image();

CREATE FUNCTION keep_badge() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF (NEW.id, NEW.definition_id, NEW.organisation_id, NEW.applied_at)
        IS DISTINCT FROM (OLD.id, OLD.definition_id, OLD.organisation_id, OLD.applied_at)
    THEN
        RAISE EXCEPTION 'the origin of a badge never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (('applied', 'granted'), ('applied', 'rejected'),
        ('applied', 'withdrawn'), ('granted', 'accepted'), ('granted', 'declined'), ('granted', 'revoked'),
        ('accepted', 'revoked'))
    THEN
        RAISE EXCEPTION 'a badge does not go from % to %', OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    -- An erasure removes the credential of a revoked badge; its bit in the status list remains.
    IF OLD.list_index IS NOT NULL AND (NEW.list_number, NEW.list_index, NEW.valid_until)
        IS DISTINCT FROM (OLD.list_number, OLD.list_index, OLD.valid_until)
        OR OLD.credential IS NOT NULL AND NEW.credential IS DISTINCT FROM OLD.credential
            AND NOT (NEW.credential IS NULL AND NEW.state = 'revoked')
    THEN
        RAISE EXCEPTION 'a signed badge never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER badge_applications_kept BEFORE UPDATE ON badge_applications
    FOR EACH ROW EXECUTE FUNCTION keep_badge();
"""
