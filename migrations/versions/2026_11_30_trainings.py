"""Training courses with their plans, changes of approved plans, and cost statements."""

from alembic import context, op

from migrations.tables import create_table

revision = "trainings"
down_revision = "hour_balances_key"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_table(
        "trainings",
        TRAININGS,
        references={
            "organisation_id": "organisations",
            "central_organisation_id": "organisations",
            "responsible_person_id": "persons",
        },
        rights="SELECT, INSERT, UPDATE",
    )
    create_table("training_changes", CHANGES, references={"training_id": "trainings"}, rights="SELECT, INSERT, UPDATE")
    create_table(
        "cost_statements",
        STATEMENTS,
        references={
            "training_id": "trainings",
            "organisation_id": "organisations",
            "central_organisation_id": "organisations",
        },
        rights="SELECT, INSERT, UPDATE",
    )
    op.execute(REST)
    for statement in _references():
        op.execute(statement.replace(OTHERS, f"{OTHERS} {TAKEN}"))


def downgrade() -> None:
    for statement in _references():
        op.execute(statement)
    op.execute("DROP TABLE cost_statements, training_changes, trainings")


def _references() -> list[str]:
    """The view and the function that read all tables whose rows have references."""
    references = context.script.get_revision("references").module
    view, function = (
        references.VIEW.split(";", 1)[0],
        references.FUNCTIONS.split("CREATE FUNCTION restart_references", 1)[1],
    )
    requests = context.script.get_revision("allotment_requests").module
    others, taken = requests.OTHERS, requests.TAKEN
    return [
        view.replace("CREATE VIEW", "CREATE OR REPLACE VIEW").replace(others, OTHERS),
        "CREATE OR REPLACE FUNCTION restart_references"
        + function.split("END $$;", 1)[0].replace(others, f"{others} {taken}")
        + "END $$;",
    ]


OTHERS = (
    "UNION ALL SELECT reference FROM hour_corrections UNION ALL SELECT reference FROM main_user_applications "
    "UNION ALL SELECT reference FROM allotment_requests"
)
TAKEN = "UNION ALL SELECT reference FROM trainings UNION ALL SELECT reference FROM cost_statements"
TRAININGS = """
    id uuid NOT NULL,
    reference text DEFAULT take_reference(NULL)
        CONSTRAINT trainings_reference_said CHECK (reference ~ '^[0-9]{4}-[0-9]{4,}$'),
    hour_type text NOT NULL DEFAULT 'training'
        CONSTRAINT trainings_hour_type_known CHECK (hour_type IN ('training', 'peer_group')),
    organisation_id uuid NOT NULL,
    central_organisation_id uuid NOT NULL,
    year smallint NOT NULL CONSTRAINT trainings_year CHECK (year BETWEEN 2000 AND 2100),
    name text NOT NULL,
    search_text text NOT NULL,
    topic text,
    target_group text,
    goals text,
    content text,
    methods text,
    mode text CONSTRAINT trainings_mode_known CHECK (mode IN ('in_person', 'online', 'hybrid')),
    language text,
    sessions jsonb NOT NULL DEFAULT '[]',
    platform_hours integer NOT NULL DEFAULT 0 CONSTRAINT trainings_platform_hours CHECK (platform_hours >= 0),
    trainers jsonb NOT NULL DEFAULT '[]',
    planned_participants integer,
    planned_under_age integer,
    budget jsonb NOT NULL DEFAULT '[]',
    responsible_person_id uuid,
    partners jsonb NOT NULL DEFAULT '[]',
    marketing_text text,
    listed boolean NOT NULL DEFAULT true,
    enrolment jsonb,
    declarations jsonb NOT NULL,
    supported boolean NOT NULL DEFAULT true,
    hours integer NOT NULL CONSTRAINT trainings_hours CHECK (hours >= 0),
    starts_at timestamptz,
    ends_at timestamptz,
    starts_on date,
    ends_on date,
    state text NOT NULL CONSTRAINT trainings_state_known CHECK (state IN ('draft', 'awaiting_main_user', 'submitted',
        'approved', 'sent_back', 'rejected', 'withdrawn', 'cancelled', 'lapsed')),
    exceptions jsonb NOT NULL DEFAULT '[]',
    reason text,
    answer_by date,
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    submitted_by uuid,
    submitted_at timestamptz,
    endorsed_by uuid,
    endorsed_at timestamptz,
    decided_by uuid,
    decided_at timestamptz,
    decided_automatically boolean NOT NULL DEFAULT false,
    ended_by uuid,
    ended_at timestamptz,
    end_reason text,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT trainings_creator_fkey FOREIGN KEY (study_centre_id, created_by) REFERENCES actors,
    CONSTRAINT trainings_sender_fkey FOREIGN KEY (study_centre_id, submitted_by) REFERENCES actors,
    CONSTRAINT trainings_endorser_fkey FOREIGN KEY (study_centre_id, endorsed_by) REFERENCES persons,
    CONSTRAINT trainings_decider_fkey FOREIGN KEY (study_centre_id, decided_by) REFERENCES persons,
    CONSTRAINT trainings_ender_fkey FOREIGN KEY (study_centre_id, ended_by) REFERENCES actors,
    CONSTRAINT trainings_submission_complete CHECK (
        (submitted_by IS NULL) = (submitted_at IS NULL)
        AND (state IN ('draft', 'withdrawn') OR submitted_at IS NOT NULL)),
    CONSTRAINT trainings_days_complete CHECK (
        (starts_at IS NULL) = (ends_at IS NULL) AND (starts_at IS NULL) = (starts_on IS NULL)
        AND (starts_at IS NULL) = (ends_on IS NULL) AND starts_at < ends_at),
    CONSTRAINT trainings_within_year CHECK (
        extract(year FROM starts_on) = year AND extract(year FROM ends_on) = year),
    CONSTRAINT trainings_decision_complete CHECK (
        (state <> 'approved' OR decided_at IS NOT NULL) AND (decided_by IS NULL OR decided_at IS NOT NULL)
        AND NOT (decided_automatically AND decided_by IS NOT NULL)),
    CONSTRAINT trainings_end_complete CHECK (
        (state IN ('withdrawn', 'cancelled', 'lapsed')) = (ended_at IS NOT NULL))
"""
CHANGES = """
    id uuid NOT NULL,
    training_id uuid NOT NULL,
    changed text[] NOT NULL,
    plan jsonb NOT NULL,
    hours integer NOT NULL CONSTRAINT training_changes_hours CHECK (hours >= 0),
    state text NOT NULL CONSTRAINT training_changes_state_known
        CHECK (state IN ('submitted', 'approved', 'rejected', 'withdrawn', 'cancelled')),
    reason text,
    submitted_by uuid NOT NULL,
    submitted_at timestamptz NOT NULL,
    decided_by uuid,
    decided_at timestamptz,
    ended_at timestamptz,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT training_changes_sender_fkey FOREIGN KEY (study_centre_id, submitted_by) REFERENCES actors,
    CONSTRAINT training_changes_decider_fkey FOREIGN KEY (study_centre_id, decided_by) REFERENCES persons,
    CONSTRAINT training_changes_decision_complete CHECK (
        (state IN ('approved', 'rejected')) = (decided_at IS NOT NULL)
        AND (decided_at IS NULL) = (decided_by IS NULL)),
    CONSTRAINT training_changes_end_complete CHECK ((state IN ('withdrawn', 'cancelled')) = (ended_at IS NOT NULL))
"""
STATEMENTS = """
    id uuid NOT NULL,
    reference text DEFAULT take_reference(NULL)
        CONSTRAINT cost_statements_reference_said CHECK (reference ~ '^[0-9]{4}-[0-9]{4,}$'),
    training_id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    central_organisation_id uuid NOT NULL,
    year smallint NOT NULL CONSTRAINT cost_statements_year CHECK (year BETWEEN 2000 AND 2100),
    hours integer CONSTRAINT cost_statements_hours CHECK (hours BETWEEN 0 AND 10000000),
    participants jsonb,
    costs jsonb NOT NULL DEFAULT '[]',
    other_grants_cents bigint NOT NULL DEFAULT 0
        CONSTRAINT cost_statements_other_grants CHECK (other_grants_cents >= 0),
    participant_fees_cents bigint NOT NULL DEFAULT 0
        CONSTRAINT cost_statements_fees CHECK (participant_fees_cents >= 0),
    currency text NOT NULL DEFAULT 'EUR' CONSTRAINT cost_statements_currency CHECK (currency = 'EUR'),
    declarations jsonb NOT NULL,
    state text NOT NULL CONSTRAINT cost_statements_state_known CHECK (state IN ('draft', 'submitted', 'approved',
        'sent_back', 'rejected', 'reversed', 'lapsed', 'cancelled')),
    needs_reason text[] NOT NULL DEFAULT '{}',
    flags jsonb NOT NULL DEFAULT '[]',
    disallowed jsonb NOT NULL DEFAULT '[]',
    support jsonb,
    costs_cents bigint NOT NULL DEFAULT 0,
    support_cents bigint,
    used_hours integer,
    payment_state text CONSTRAINT cost_statements_payment_state_known CHECK (payment_state IN ('payable', 'none')),
    reason text,
    answer_by date,
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    submitted_by uuid,
    submitted_at timestamptz,
    decided_by uuid,
    decided_at timestamptz,
    decided_automatically boolean NOT NULL DEFAULT false,
    reversed_by uuid,
    reversed_at timestamptz,
    reversal_reason text,
    ended_at timestamptz,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT cost_statements_creator_fkey FOREIGN KEY (study_centre_id, created_by) REFERENCES actors,
    CONSTRAINT cost_statements_sender_fkey FOREIGN KEY (study_centre_id, submitted_by) REFERENCES actors,
    CONSTRAINT cost_statements_decider_fkey FOREIGN KEY (study_centre_id, decided_by) REFERENCES persons,
    CONSTRAINT cost_statements_reverser_fkey FOREIGN KEY (study_centre_id, reversed_by) REFERENCES persons,
    CONSTRAINT cost_statements_support_complete CHECK (
        (state IN ('approved', 'reversed')) = (support IS NOT NULL)
        AND (support IS NULL) = (support_cents IS NULL) AND (support IS NULL) = (used_hours IS NULL)
        AND (support IS NULL) = (payment_state IS NULL)),
    CONSTRAINT cost_statements_payable CHECK (
        payment_state IS NULL OR (payment_state = 'payable') = (state = 'approved' AND support_cents > 0)),
    CONSTRAINT cost_statements_reversal_complete CHECK (
        (state = 'reversed') = (reversed_at IS NOT NULL) AND (state = 'reversed') = (reversed_by IS NOT NULL)
        AND (state = 'reversed') = (reversal_reason IS NOT NULL)),
    CONSTRAINT cost_statements_end_complete CHECK ((state IN ('lapsed', 'cancelled')) = (ended_at IS NOT NULL))
"""
REST = """
CREATE UNIQUE INDEX trainings_reference_once ON trainings (study_centre_id, reference);
CREATE TRIGGER trainings_reference_kept BEFORE UPDATE OF reference ON trainings
    FOR EACH ROW WHEN (NEW.reference IS DISTINCT FROM OLD.reference) EXECUTE FUNCTION keep_reference();
CREATE TRIGGER trainings_changed BEFORE UPDATE ON trainings FOR EACH ROW EXECUTE FUNCTION date_change();
CREATE INDEX trainings_of_organisation ON trainings (study_centre_id, organisation_id, year, id);
CREATE INDEX trainings_of_centre ON trainings (study_centre_id, central_organisation_id, year, id);
CREATE INDEX trainings_of_state ON trainings (study_centre_id, year, state, id);
CREATE INDEX trainings_by_start ON trainings (study_centre_id, starts_at, id);
CREATE INDEX trainings_by_end ON trainings (study_centre_id, ends_on, id) WHERE state = 'approved';
CREATE INDEX trainings_of_responsible ON trainings (study_centre_id, responsible_person_id);
CREATE INDEX trainings_changed_at ON trainings (study_centre_id, changed_at);

CREATE UNIQUE INDEX training_changes_one_open
    ON training_changes (study_centre_id, training_id) WHERE state = 'submitted';
CREATE INDEX training_changes_of_training ON training_changes (study_centre_id, training_id, id);
CREATE TRIGGER training_changes_changed BEFORE UPDATE ON training_changes
    FOR EACH ROW EXECUTE FUNCTION date_change();

CREATE UNIQUE INDEX cost_statements_one_a_training
    ON cost_statements (study_centre_id, training_id) WHERE state <> 'reversed';
CREATE UNIQUE INDEX cost_statements_reference_once ON cost_statements (study_centre_id, reference);
CREATE TRIGGER cost_statements_reference_kept BEFORE UPDATE OF reference ON cost_statements
    FOR EACH ROW WHEN (NEW.reference IS DISTINCT FROM OLD.reference) EXECUTE FUNCTION keep_reference();
CREATE TRIGGER cost_statements_changed BEFORE UPDATE ON cost_statements
    FOR EACH ROW EXECUTE FUNCTION date_change();
CREATE INDEX cost_statements_of_organisation ON cost_statements (study_centre_id, organisation_id, year, id);
CREATE INDEX cost_statements_of_centre ON cost_statements (study_centre_id, central_organisation_id, year, id);
CREATE INDEX cost_statements_of_state ON cost_statements (study_centre_id, year, state, id);
CREATE INDEX cost_statements_changed_at ON cost_statements (study_centre_id, changed_at);
"""
