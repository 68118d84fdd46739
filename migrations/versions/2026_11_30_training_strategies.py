"""Training strategies, with their revisions, contributions and follow-ups, and the days of the follow-up."""

from alembic import op

from migrations.tables import create_table

revision = "training_strategies"
down_revision = "completions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_table(
        "training_strategies",
        STRATEGIES,
        references={"organisation_id": "organisations"},
        rights="SELECT, INSERT, UPDATE",
    )
    strategy = {"strategy_id": "training_strategies"}
    # What is in a revision stays the same, and nobody takes back what was contributed.
    create_table(
        "training_strategy_revisions",
        REVISIONS,
        key=("strategy_id", "number"),
        references=strategy | {"made_by": "persons"},
        rights="SELECT, INSERT",
    )
    create_table(
        "training_strategy_contributions",
        CONTRIBUTIONS,
        references=strategy | {"created_by": "persons"},
        rights="SELECT, INSERT",
    )
    create_table(
        "training_strategy_follow_ups",
        FOLLOW_UPS,
        key=("strategy_id", "year"),
        references=strategy,
        rights="SELECT, INSERT, UPDATE",
    )
    op.execute(REST)
    _know("deadlines_kind_known", "deadlines", (*KINDS, "strategy_follow_up"))
    _know("training_documents_kind_known", "training_documents", (*DOCUMENTS, "strategy"))


def downgrade() -> None:
    op.execute("DELETE FROM deadlines WHERE kind = 'strategy_follow_up'")
    op.execute("DELETE FROM training_documents WHERE kind = 'strategy'")
    _know("training_documents_kind_known", "training_documents", DOCUMENTS)
    _know("deadlines_kind_known", "deadlines", KINDS)
    op.execute(
        """
        DROP TABLE training_strategy_follow_ups, training_strategy_contributions, training_strategy_revisions,
            training_strategies;
        DROP FUNCTION keep_strategy_revision;
        """
    )


def _know(constraint: str, table: str, kinds: tuple[str, ...]) -> None:
    known = ", ".join(f"'{kind}'" for kind in kinds)
    # A wider one takes its place at once.
    op.execute(f"""
        -- squawk-ignore ban-drop-constraint, constraint-missing-not-valid
        ALTER TABLE {table} DROP CONSTRAINT {constraint}, ADD CONSTRAINT {constraint} CHECK (kind IN ({known}));
    """)


KINDS = (
    "proposal_round",
    "decision_period",
    "training_entry",
    "change_window",
    "cost_statement",
    "unit_proposals",
    "data_confirmation",
)
DOCUMENTS = ("plan", "plan_decision", "statement", "statement_decision")
STRATEGIES = """
    id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    state text NOT NULL
        CONSTRAINT training_strategies_state_known CHECK (state IN ('draft', 'in_force', 'archived')),
    revision integer,
    first_year smallint NOT NULL,
    last_year smallint NOT NULL,
    present_state text,
    challenges text,
    development text,
    own_strategy text,
    quality_process text,
    targets jsonb NOT NULL,
    consultation_opened_at timestamptz,
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    adopted_at timestamptz,
    archived_at timestamptz,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT training_strategies_years CHECK (2000 <= first_year AND first_year <= last_year AND last_year <= 2100),
    CONSTRAINT training_strategies_adopted
        CHECK ((state = 'draft') = (revision IS NULL) AND (state = 'draft') = (adopted_at IS NULL)),
    CONSTRAINT training_strategies_archived CHECK ((state = 'archived') = (archived_at IS NOT NULL)),
    CONSTRAINT training_strategies_complete CHECK (state = 'draft' OR (
        present_state IS NOT NULL AND development IS NOT NULL AND jsonb_array_length(targets) > 0))
"""
REVISIONS = """
    strategy_id uuid NOT NULL,
    number integer NOT NULL CONSTRAINT training_strategy_revisions_number CHECK (number > 0),
    content jsonb NOT NULL,
    made_by uuid NOT NULL,
    made_at timestamptz NOT NULL
"""
CONTRIBUTIONS = """
    id uuid NOT NULL,
    strategy_id uuid NOT NULL,
    section text CONSTRAINT training_strategy_contributions_section_known CHECK (section IN
        ('present_state', 'challenges', 'development', 'own_strategy', 'quality_process', 'targets')),
    text text NOT NULL
        CONSTRAINT training_strategy_contributions_text_length CHECK (char_length(text) BETWEEN 1 AND 4000),
    took_part jsonb NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL
"""
FOLLOW_UPS = """
    strategy_id uuid NOT NULL,
    year smallint NOT NULL CONSTRAINT training_strategy_follow_ups_year CHECK (year BETWEEN 2000 AND 2100),
    revision integer NOT NULL,
    summary text NOT NULL
        CONSTRAINT training_strategy_follow_ups_summary_length CHECK (char_length(summary) BETWEEN 1 AND 4000),
    targets jsonb NOT NULL,
    made_by uuid NOT NULL,
    made_at timestamptz NOT NULL,
    CONSTRAINT training_strategy_follow_ups_revision_fkey
        FOREIGN KEY (study_centre_id, strategy_id, revision) REFERENCES training_strategy_revisions
"""
REST = """
CREATE UNIQUE INDEX training_strategies_one_draft ON training_strategies (study_centre_id, organisation_id)
    WHERE state = 'draft';
CREATE UNIQUE INDEX training_strategies_one_in_force ON training_strategies (study_centre_id, organisation_id)
    WHERE state = 'in_force';
CREATE INDEX training_strategies_of_organisation ON training_strategies (study_centre_id, organisation_id, id);
CREATE INDEX training_strategies_changed_at ON training_strategies (study_centre_id, changed_at);
CREATE TRIGGER training_strategies_changed BEFORE UPDATE ON training_strategies
    FOR EACH ROW EXECUTE FUNCTION date_change();
CREATE INDEX training_strategy_contributions_of_strategy
    ON training_strategy_contributions (study_centre_id, strategy_id, id);
CREATE FUNCTION keep_strategy_revision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - 'study_centre_id' <> to_jsonb(OLD) - 'study_centre_id' THEN
        RAISE EXCEPTION 'a revision of a training strategy never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER training_strategy_revisions_kept BEFORE UPDATE ON training_strategy_revisions
    FOR EACH ROW EXECUTE FUNCTION keep_strategy_revision();
"""
