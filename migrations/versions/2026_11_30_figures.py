"""The figures of training courses, summed up as they change: one row for all that have organisation, month, topic and
so on in common."""

from alembic import op

from migrations.tables import create_table

revision = "figures"
down_revision = "training_documents"
branch_labels = None
depends_on = None

KEY = (
    *("central_organisation_id", "year", "organisation_id", "hour_type", "supported"),
    *("month", "topic", "mode", "municipality"),
)
SUMS = (
    *("planned_courses", "approved_courses", "held_courses", "cancelled_courses"),
    *("planned_hours", "reserved_hours", "used_hours", "costs_cents", "support_cents"),
    *("participants", "female", "male", "other", "under_age"),
)
BIG = {"costs_cents", "support_cents"}
_columns = ", ".join(
    f"{name} {'bigint' if name in BIG else 'integer'} NOT NULL DEFAULT 0 CONSTRAINT training_figures_{name} "
    f"CHECK ({name} >= 0)"
    for name in SUMS
)
_parts = ", ".join(f"{name} {'bigint' if name in BIG else 'integer'} NOT NULL" for name in SUMS)
_key = """
    central_organisation_id uuid NOT NULL,
    year smallint NOT NULL,
    organisation_id uuid NOT NULL,
    hour_type text NOT NULL,
    supported boolean NOT NULL,
    month smallint NOT NULL,
    topic text NOT NULL,
    mode text NOT NULL,
    municipality text NOT NULL,
"""


def upgrade() -> None:
    create_table(
        "training_figures",
        f"{_key} {_columns}, changed_at timestamptz NOT NULL",
        key=KEY,
        references={"central_organisation_id": "organisations", "organisation_id": "organisations"},
        rights="SELECT",
    )
    create_table(
        "training_figure_parts",
        f"training_id uuid NOT NULL, {_key} {_parts}",
        key=("training_id",),
        references={"training_id": "trainings"},
        rights="SELECT",
    )
    create_table(
        "training_figure_revisions",
        "central_organisation_id uuid NOT NULL, year smallint NOT NULL, revision bigint NOT NULL",
        key=("central_organisation_id", "year"),
        references={"central_organisation_id": "organisations"},
        rights="SELECT",
    )
    create_table(
        "figure_exchanges",
        """
        central_organisation_id uuid NOT NULL, year smallint NOT NULL, revision bigint NOT NULL,
        exchanges jsonb NOT NULL, hides_distinct boolean NOT NULL
        """,
        key=("central_organisation_id", "year"),
        references={"central_organisation_id": "organisations"},
        rights="SELECT, INSERT, UPDATE",
    )
    op.execute(VIEWS)
    op.execute(FUNCTIONS)


def downgrade() -> None:
    op.execute("""
        DROP TRIGGER trainings_counted ON trainings;
        DROP TRIGGER cost_statements_counted ON cost_statements;
        DROP TRIGGER hour_transfers_counted ON hour_transfers;
        DROP FUNCTION count_training, count_again, recount_training;
        DROP VIEW training_figures_astray, training_figures_recomputed;
        DROP TABLE figure_exchanges, training_figure_revisions, training_figure_parts, training_figures;
    """)


_sums = ", ".join(SUMS)
_summed = ", ".join(f"sum({name})::{'bigint' if name in BIG else 'integer'} AS {name}" for name in SUMS)
_key_names = ", ".join(KEY)
_is_something = " OR ".join(f"{name} <> 0" for name in SUMS)

# A month of 0 is a course without sessions, a text of '' something that is not known.
VIEWS = f"""
CREATE VIEW training_figures_recomputed WITH (security_invoker = true) AS
SELECT * FROM (
    SELECT t.study_centre_id, t.id AS training_id, t.central_organisation_id, t.year, t.organisation_id, t.hour_type,
        t.supported, coalesce(extract(month FROM t.starts_on), 0)::smallint AS month,
        coalesce(t.topic, '') AS topic, coalesce(t.mode, '') AS mode,
        CASE WHEN t.mode = 'online' THEN '' ELSE coalesce(first.place ->> 'municipality', '') END AS municipality,
        (t.state IN ('submitted', 'approved'))::integer AS planned_courses,
        (t.state = 'approved')::integer AS approved_courses,
        (s.id IS NOT NULL)::integer AS held_courses,
        (t.state = 'cancelled')::integer AS cancelled_courses,
        CASE WHEN t.state IN ('submitted', 'approved') THEN t.hours ELSE 0 END AS planned_hours,
        h.reserved AS reserved_hours, h.used AS used_hours,
        coalesce(s.costs_cents, 0) AS costs_cents, coalesce(s.support_cents, 0) AS support_cents,
        coalesce((s.participants ->> 'of_age')::integer + (s.participants ->> 'under_age')::integer, 0)
            AS participants,
        coalesce((s.participants ->> 'female')::integer, 0) AS female,
        coalesce((s.participants ->> 'male')::integer, 0) AS male,
        coalesce((s.participants ->> 'other')::integer, 0) AS other,
        coalesce((s.participants ->> 'under_age')::integer, 0) AS under_age
    FROM trainings t
    LEFT JOIN cost_statements s ON s.study_centre_id = t.study_centre_id AND s.training_id = t.id
        AND s.state = 'approved'
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(CASE kind WHEN 'reservation' THEN hours WHEN 'reversal' THEN 0 ELSE -hours END), 0)::integer
                AS reserved,
            coalesce(sum(CASE kind WHEN 'use' THEN hours WHEN 'reversal' THEN -hours ELSE 0 END), 0)::integer AS used
        FROM hour_transfers m WHERE m.study_centre_id = t.study_centre_id AND m.cause_id = t.id
            AND m.kind IN ('reservation', 'release', 'use', 'reversal')
    ) h
    LEFT JOIN LATERAL (
        SELECT session -> 'places' -> 0 AS place FROM jsonb_array_elements(t.sessions) session
        ORDER BY (session ->> 'starts_at')::timestamptz LIMIT 1
    ) first ON true
    WHERE t.state <> 'draft'
) counted
WHERE {_is_something};
COMMENT ON VIEW training_figures_recomputed IS 'What each course adds to the figures, from the course, its statement and
its transfers.';

CREATE VIEW training_figures_astray WITH (security_invoker = true) AS
SELECT study_centre_id, {_key_names} FROM (
    SELECT study_centre_id, {_key_names}, {_sums} FROM training_figures WHERE {_is_something}
) kept
FULL JOIN (
    SELECT study_centre_id, {_key_names}, {_summed} FROM training_figures_recomputed
    GROUP BY study_centre_id, {_key_names}
) recomputed USING (study_centre_id, {_key_names}, {_sums})
WHERE kept.study_centre_id IS NULL OR recomputed.study_centre_id IS NULL;
COMMENT ON VIEW training_figures_astray IS 'Empty: figures are those of the courses, their statements and the ledger.';
SELECT grant_to_service('SELECT', 'training_figures_recomputed'), grant_to_service('SELECT', 'training_figures_astray');
"""

_people = ("participants", "female", "male", "other", "under_age")
_add = ", ".join(f"{name} = f.{name} + EXCLUDED.{name}" for name in SUMS)
_new = ", ".join(f"v_new.{name}" for name in SUMS)
_taken = ", ".join(f"{name} = {name} - v_old.{name}" for name in SUMS)
_is_old = " AND ".join(f"{name} = v_old.{name}" for name in KEY)

# The courses that a transaction has changed are counted at its commit, one transaction at a time: nobody waits for
# another lock then, whatever order the courses were changed in.
FUNCTIONS = f"""
CREATE FUNCTION recount_training(p_id uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    v_centre CONSTANT uuid := own_study_centre();
    v_old training_figure_parts;
    v_new training_figure_parts;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('figures of ' || v_centre, 0));
    SELECT * INTO v_old FROM training_figure_parts WHERE study_centre_id = v_centre AND training_id = p_id;
    SELECT study_centre_id, training_id, {_key_names}, {_sums} INTO v_new
    FROM training_figures_recomputed WHERE study_centre_id = v_centre AND training_id = p_id;
    IF v_old IS NOT DISTINCT FROM v_new THEN
        RETURN;
    END IF;
    IF v_old.training_id IS NOT NULL THEN
        UPDATE training_figures SET {_taken}, changed_at = clock_timestamp()
        WHERE study_centre_id = v_centre AND {_is_old};
        DELETE FROM training_figure_parts WHERE study_centre_id = v_centre AND training_id = p_id;
    END IF;
    IF v_new.training_id IS NOT NULL THEN
        INSERT INTO training_figures AS f ({_key_names}, {_sums}, changed_at)
        VALUES ({", ".join(f"v_new.{name}" for name in KEY)}, {_new}, clock_timestamp())
        ON CONFLICT (study_centre_id, {_key_names}) DO UPDATE SET {_add}, changed_at = EXCLUDED.changed_at;
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

CREATE FUNCTION count_training() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM recount_training(CASE TG_TABLE_NAME
        WHEN 'trainings' THEN (to_jsonb(NEW) ->> 'id')::uuid
        WHEN 'cost_statements' THEN (to_jsonb(NEW) ->> 'training_id')::uuid
        ELSE (to_jsonb(NEW) ->> 'cause_id')::uuid END);
    RETURN NULL;
END $$;

CREATE FUNCTION count_again() RETURNS bigint
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    v_centre CONSTANT uuid := own_study_centre();
    v_astray bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('figures of ' || v_centre, 0));
    SELECT count(*) INTO v_astray FROM training_figures_astray;
    DELETE FROM training_figures WHERE study_centre_id = v_centre;
    DELETE FROM training_figure_parts WHERE study_centre_id = v_centre;
    INSERT INTO training_figure_parts
    SELECT study_centre_id, training_id, {_key_names}, {_sums} FROM training_figures_recomputed;
    INSERT INTO training_figures ({_key_names}, {_sums}, changed_at)
    SELECT {_key_names}, {_summed}, clock_timestamp() FROM training_figure_parts GROUP BY {_key_names};
    UPDATE training_figure_revisions SET revision = revision + 1 WHERE study_centre_id = v_centre;
    RETURN v_astray;
END $$;
COMMENT ON FUNCTION count_again IS 'Counts all courses again, and returns how many figures were astray.';

CREATE CONSTRAINT TRIGGER trainings_counted AFTER INSERT OR UPDATE ON trainings DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.state <> 'draft') EXECUTE FUNCTION count_training();
CREATE CONSTRAINT TRIGGER cost_statements_counted AFTER INSERT OR UPDATE OF state ON cost_statements
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.state IN ('approved', 'reversed'))
    EXECUTE FUNCTION count_training();
CREATE CONSTRAINT TRIGGER hour_transfers_counted AFTER INSERT ON hour_transfers DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.cause_type IN ('training', 'peer_group')) EXECUTE FUNCTION count_training();

REVOKE ALL ON FUNCTION recount_training, count_training, count_again FROM PUBLIC;
SELECT grant_to_service('EXECUTE', 'FUNCTION recount_training');
DO $$
BEGIN
    EXECUTE format('REVOKE EXECUTE ON FUNCTION count_training FROM %I',
        current_setting('app.role_prefix') || '_service');
END $$;
"""
