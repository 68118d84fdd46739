"""Training courses that follow a version of a training model: the version stays, their figures are also counted by
model, and the version has a document."""

from types import ModuleType

from alembic import context, op

revision = "model_courses"
down_revision = "certificates"
branch_labels = None
depends_on = None


def upgrade() -> None:
    figures, totals = _before()
    op.execute(GUARDS)
    op.execute("-- squawk-ignore ban-drop-view\nDROP VIEW training_figures_astray, training_figures_recomputed")
    op.execute(COLUMNS)
    op.execute(f"""
        -- squawk-ignore constraint-missing-not-valid, adding-serial-primary-key-field
        ALTER TABLE training_figures ADD CONSTRAINT training_figures_pkey
            PRIMARY KEY (study_centre_id, {", ".join(figures.KEY)}, model_id)
    """)
    op.execute(_views(figures, totals))
    op.execute(_functions(figures))


def downgrade() -> None:
    # Figures have to be counted again afterwards: `python -m app.recount`.
    figures, totals = _before()
    op.execute("DROP VIEW training_figures_astray, training_figures_recomputed")
    op.execute(f"""
        TRUNCATE training_figures, training_figure_parts, training_figure_totals;
        ALTER TABLE training_figures DROP COLUMN model_id,
            ADD CONSTRAINT training_figures_pkey PRIMARY KEY (study_centre_id, {", ".join(figures.KEY)});
        ALTER TABLE training_figure_parts DROP COLUMN model_id;
    """)
    op.execute(figures.VIEWS)
    op.execute(totals._view(figures, and_totals=True))
    function = totals._between(figures.FUNCTIONS, "CREATE FUNCTION recount_training", "END $$;")
    op.execute(f"CREATE OR REPLACE FUNCTION recount_training{function}END $$;")
    op.execute(totals._count_again(figures, and_totals=True))
    op.execute("""
        ALTER TABLE training_documents NO FORCE ROW LEVEL SECURITY;
        DELETE FROM training_documents WHERE kind = 'model_version';
        ALTER TABLE training_documents FORCE ROW LEVEL SECURITY, DROP CONSTRAINT training_documents_kind_known,
            ADD CONSTRAINT training_documents_kind_known
            CHECK (kind IN ('plan', 'plan_decision', 'statement', 'statement_decision', 'strategy'));
        DROP TRIGGER trainings_model_kept ON trainings;
        DROP FUNCTION keep_model_of_training;
        ALTER TABLE trainings DROP CONSTRAINT trainings_model_of_course;
    """)


def _before() -> tuple[ModuleType, ModuleType]:
    """The migrations that made the figures and their totals."""
    return context.script.get_revision("figures").module, context.script.get_revision("figure_totals").module


# No row has a version yet, and all documents are of the kinds of before.
GUARDS = """
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE trainings ADD CONSTRAINT trainings_model_of_course
    CHECK (model_version_id IS NULL OR hour_type = 'training');
CREATE FUNCTION keep_model_of_training() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'the version of a submitted course never changes' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER trainings_model_kept BEFORE UPDATE OF model_version_id ON trainings FOR EACH ROW
    WHEN (OLD.submitted_at IS NOT NULL AND NEW.model_version_id IS DISTINCT FROM OLD.model_version_id)
    EXECUTE FUNCTION keep_model_of_training();
-- squawk-ignore ban-drop-constraint
ALTER TABLE training_documents DROP CONSTRAINT training_documents_kind_known;
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE training_documents ADD CONSTRAINT training_documents_kind_known
    CHECK (kind IN ('plan', 'plan_decision', 'statement', 'statement_decision', 'strategy', 'model_version'));
COMMENT ON COLUMN training_documents.subject_id IS
    'The training course, cost statement, training strategy, or version of a training model.';
"""
# Courses so far have no model. Figures are few rows, so that their key is made again in a moment.
COLUMNS = """
ALTER TABLE training_figures ADD COLUMN model_id text NOT NULL DEFAULT '';
ALTER TABLE training_figure_parts ADD COLUMN model_id text NOT NULL DEFAULT '';
-- squawk-ignore ban-drop-constraint
ALTER TABLE training_figures DROP CONSTRAINT training_figures_pkey;
COMMENT ON COLUMN training_figures.model_id IS 'The training model of the courses, an empty text without one.';
"""


def _views(figures: ModuleType, totals: ModuleType) -> str:
    """The views with the model as the last column."""
    recomputed = totals._between(figures.VIEWS, "CREATE VIEW training_figures_recomputed", ";")
    of_course = """
    FROM trainings t
    LEFT JOIN training_model_versions v ON v.study_centre_id = t.study_centre_id AND v.id = t.model_version_id
"""
    recomputed = _replaced(
        recomputed, "\n    FROM trainings t\n", f",\n        coalesce(v.model_id::text, '') AS model_id{of_course}"
    )
    key, sums, summed = f"{figures._key_names}, model_id", figures._sums, figures._summed
    of_totals, summed_totals = ", ".join(totals.KEY), totals._summed(figures)
    return f"""
CREATE VIEW training_figures_recomputed{recomputed};
COMMENT ON VIEW training_figures_recomputed IS 'What each course adds to the figures, from the course, its statement and
its transfers.';

CREATE VIEW training_figures_astray WITH (security_invoker = true) AS
SELECT study_centre_id, {key} FROM (
    SELECT study_centre_id, {key}, {sums} FROM training_figures WHERE {figures._is_something}
) kept
FULL JOIN (
    SELECT study_centre_id, {key}, {summed} FROM training_figures_recomputed GROUP BY study_centre_id, {key}
) recomputed USING (study_centre_id, {key}, {sums})
WHERE kept.study_centre_id IS NULL OR recomputed.study_centre_id IS NULL
UNION ALL
SELECT study_centre_id, central_organisation_id, year, organisation_id, hour_type, supported,
    0::smallint, '', '', '', ''
FROM (
    SELECT study_centre_id, {of_totals}, {sums} FROM training_figure_totals WHERE {figures._is_something}
) kept
FULL JOIN (
    SELECT study_centre_id, {of_totals}, {summed_totals} FROM training_figures WHERE {figures._is_something}
    GROUP BY study_centre_id, {of_totals}
) summed USING (study_centre_id, {of_totals}, {sums})
WHERE kept.study_centre_id IS NULL OR summed.study_centre_id IS NULL;
COMMENT ON VIEW training_figures_astray IS 'Empty: figures are those of the courses, their statements and the ledger.';
SELECT grant_to_service('SELECT', 'training_figures_recomputed'), grant_to_service('SELECT', 'training_figures_astray');
"""


def _functions(figures: ModuleType) -> str:
    """What counts courses. The columns of a part have the model at their end."""
    key, sums, columns = f"{figures._key_names}, model_id", figures._sums, f"{figures._key_names}, {figures._sums}"
    return f"""
CREATE OR REPLACE FUNCTION recount_training(p_id uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    v_centre CONSTANT uuid := own_study_centre();
    v_old training_figure_parts;
    v_new training_figure_parts;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('figures of ' || v_centre, 0));
    SELECT * INTO v_old FROM training_figure_parts WHERE study_centre_id = v_centre AND training_id = p_id;
    SELECT study_centre_id, training_id, {columns}, model_id INTO v_new
    FROM training_figures_recomputed WHERE study_centre_id = v_centre AND training_id = p_id;
    IF v_old IS NOT DISTINCT FROM v_new THEN
        RETURN;
    END IF;
    IF v_old.training_id IS NOT NULL THEN
        UPDATE training_figures SET {figures._taken}, changed_at = clock_timestamp()
        WHERE study_centre_id = v_centre AND {figures._is_old} AND model_id = v_old.model_id;
        DELETE FROM training_figure_parts WHERE study_centre_id = v_centre AND training_id = p_id;
    END IF;
    IF v_new.training_id IS NOT NULL THEN
        INSERT INTO training_figures AS f ({columns}, model_id, changed_at)
        VALUES ({", ".join(f"v_new.{name}" for name in figures.KEY)}, {figures._new}, v_new.model_id, clock_timestamp())
        ON CONFLICT (study_centre_id, {key}) DO UPDATE SET {figures._add}, changed_at = EXCLUDED.changed_at;
        INSERT INTO training_figure_parts SELECT v_new.*;
    END IF;
    -- What is hidden of the people is found again where people have changed.
    INSERT INTO training_figure_revisions AS r (central_organisation_id, year, revision)
    SELECT DISTINCT part.central_organisation_id, part.year, 1 FROM (VALUES
        (v_old.central_organisation_id, v_old.year, coalesce(v_old.participants, 0)),
        (v_new.central_organisation_id, v_new.year, coalesce(v_new.participants, 0))
    ) part (central_organisation_id, year, participants) WHERE part.participants > 0
    ON CONFLICT (study_centre_id, central_organisation_id, year) DO UPDATE SET revision = r.revision + 1;
END $$;

CREATE OR REPLACE FUNCTION count_again() RETURNS bigint
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    v_centre CONSTANT uuid := own_study_centre();
    v_astray bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('figures of ' || v_centre, 0));
    SELECT count(*) INTO v_astray FROM training_figures_astray;
    DELETE FROM training_figure_totals WHERE study_centre_id = v_centre;
    DELETE FROM training_figures WHERE study_centre_id = v_centre;
    DELETE FROM training_figure_parts WHERE study_centre_id = v_centre;
    INSERT INTO training_figure_parts
    SELECT study_centre_id, training_id, {columns}, model_id FROM training_figures_recomputed;
    INSERT INTO training_figures ({key}, {sums}, changed_at)
    SELECT {key}, {figures._summed}, clock_timestamp() FROM training_figure_parts GROUP BY {key};
    UPDATE training_figure_revisions SET revision = revision + 1 WHERE study_centre_id = v_centre;
    INSERT INTO training_figure_revisions (central_organisation_id, year, revision)
    SELECT DISTINCT central_organisation_id, year, 1 FROM training_figures WHERE participants > 0
    ON CONFLICT DO NOTHING;
    RETURN v_astray;
END $$;
"""


def _replaced(text: str, old: str, new: str) -> str:
    """The text with the new in place of the old, which is in it once."""
    before, after = text.split(old)
    return f"{before}{new}{after}"
