"""What moves the hours: proposals, decisions, distributions, supplementary requests, returns and corrections."""

from alembic import op

revision = "hours_workflows"
down_revision = "hours_ledger"
branch_labels = None
depends_on = None

TABLES = (
    "hour_proposals",
    "hour_proposal_lines",
    "hour_proposal_revisions",
    "hour_decisions",
    "hour_distributions",
    "supplementary_hour_requests",
    "hour_returns",
    "hour_corrections",
)


def upgrade() -> None:
    op.execute(CREATE)
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_study_centre ON {table} USING (study_centre_id = own_study_centre())")
    op.execute(RIGHTS)


def downgrade() -> None:
    op.execute("DROP TABLE " + ", ".join(TABLES))
    op.execute("DROP FUNCTION hold_proposer_in_place")


CREATE = """
CREATE TABLE hour_proposals (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre(),
    id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    central_organisation_id uuid NOT NULL,
    year smallint NOT NULL CONSTRAINT hour_proposals_year CHECK (year BETWEEN 2000 AND 2100),
    state text NOT NULL CONSTRAINT hour_proposals_state_known
        CHECK (state IN ('draft', 'submitted', 'sent_back', 'included', 'decided', 'withdrawn')),
    answer_by date,
    return_reason text,
    included_in uuid,
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    submitted_at timestamptz,
    CONSTRAINT hour_proposals_pkey PRIMARY KEY (study_centre_id, id),
    CONSTRAINT hour_proposals_organisation_fkey
        FOREIGN KEY (study_centre_id, organisation_id) REFERENCES organisations,
    CONSTRAINT hour_proposals_central_fkey
        FOREIGN KEY (study_centre_id, central_organisation_id) REFERENCES organisations,
    CONSTRAINT hour_proposals_included_in_fkey FOREIGN KEY (study_centre_id, included_in) REFERENCES hour_proposals,
    CONSTRAINT hour_proposals_person_fkey FOREIGN KEY (study_centre_id, created_by) REFERENCES persons,
    CONSTRAINT hour_proposals_included_somewhere CHECK (state <> 'included' OR included_in IS NOT NULL)
);
CREATE UNIQUE INDEX hour_proposals_one_a_year
    ON hour_proposals (study_centre_id, organisation_id, year) WHERE state <> 'withdrawn';
CREATE INDEX hour_proposals_of_centre ON hour_proposals (study_centre_id, central_organisation_id, year);
CREATE INDEX hour_proposals_included ON hour_proposals (study_centre_id, included_in);

-- Whoever moves an organisation to another centre holds its row, and looks for open proposals then. A proposal being
-- made is waited for; one that waited itself, and was to name the old centre, may be tried again.
CREATE FUNCTION hold_proposer_in_place() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_central uuid;
BEGIN
    SELECT central_organisation_id INTO v_central FROM organisations
    WHERE study_centre_id = NEW.study_centre_id AND id = NEW.organisation_id FOR SHARE;
    IF v_central <> NEW.central_organisation_id THEN
        RAISE EXCEPTION 'organisation % has moved', NEW.organisation_id USING ERRCODE = 'serialization_failure';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER hour_proposals_proposer_in_place BEFORE INSERT ON hour_proposals
    FOR EACH ROW EXECUTE FUNCTION hold_proposer_in_place();

CREATE TABLE hour_proposal_lines (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre(),
    proposal_id uuid NOT NULL,
    ordinal integer NOT NULL,
    unit_id uuid NOT NULL,
    hours integer NOT NULL CONSTRAINT hour_proposal_lines_hours CHECK (hours BETWEEN 1 AND 10000000),
    emphasis text,
    grounds text,
    source_proposal_id uuid,
    source_hours integer,
    CONSTRAINT hour_proposal_lines_pkey PRIMARY KEY (study_centre_id, proposal_id, ordinal),
    CONSTRAINT hour_proposal_lines_once
        UNIQUE NULLS NOT DISTINCT (study_centre_id, proposal_id, unit_id, emphasis, source_proposal_id),
    CONSTRAINT hour_proposal_lines_proposal_fkey
        FOREIGN KEY (study_centre_id, proposal_id) REFERENCES hour_proposals,
    CONSTRAINT hour_proposal_lines_unit_fkey FOREIGN KEY (study_centre_id, unit_id) REFERENCES organisations,
    CONSTRAINT hour_proposal_lines_source_fkey
        FOREIGN KEY (study_centre_id, source_proposal_id) REFERENCES hour_proposals,
    CONSTRAINT hour_proposal_lines_source_whole CHECK ((source_proposal_id IS NULL) = (source_hours IS NULL))
);

CREATE TABLE hour_proposal_revisions (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre(),
    id uuid NOT NULL,
    proposal_id uuid NOT NULL,
    number integer NOT NULL,
    hours bigint NOT NULL,
    lines jsonb NOT NULL,
    submitted_by uuid NOT NULL,
    submitted_at timestamptz NOT NULL,
    CONSTRAINT hour_proposal_revisions_pkey PRIMARY KEY (study_centre_id, id),
    CONSTRAINT hour_proposal_revisions_numbered UNIQUE (study_centre_id, proposal_id, number),
    CONSTRAINT hour_proposal_revisions_proposal_fkey
        FOREIGN KEY (study_centre_id, proposal_id) REFERENCES hour_proposals,
    CONSTRAINT hour_proposal_revisions_person_fkey FOREIGN KEY (study_centre_id, submitted_by) REFERENCES persons
);

CREATE TABLE hour_decisions (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre(),
    id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    year smallint NOT NULL CONSTRAINT hour_decisions_year CHECK (year BETWEEN 2000 AND 2100),
    proposal_id uuid,
    asked bigint,
    hours integer NOT NULL CONSTRAINT hour_decisions_hours CHECK (hours BETWEEN 0 AND 10000000),
    reason text,
    decided_by uuid NOT NULL,
    decided_at timestamptz NOT NULL,
    CONSTRAINT hour_decisions_pkey PRIMARY KEY (study_centre_id, id),
    CONSTRAINT hour_decisions_one_a_year UNIQUE (study_centre_id, organisation_id, year),
    CONSTRAINT hour_decisions_organisation_fkey
        FOREIGN KEY (study_centre_id, organisation_id) REFERENCES organisations,
    CONSTRAINT hour_decisions_proposal_fkey FOREIGN KEY (study_centre_id, proposal_id) REFERENCES hour_proposals,
    CONSTRAINT hour_decisions_person_fkey FOREIGN KEY (study_centre_id, decided_by) REFERENCES persons
);

CREATE TABLE hour_distributions (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre(),
    organisation_id uuid NOT NULL,
    year smallint NOT NULL CONSTRAINT hour_distributions_year CHECK (year BETWEEN 2000 AND 2100),
    revision integer NOT NULL,
    changed_by uuid NOT NULL,
    changed_at timestamptz NOT NULL,
    CONSTRAINT hour_distributions_pkey PRIMARY KEY (study_centre_id, organisation_id, year),
    CONSTRAINT hour_distributions_organisation_fkey
        FOREIGN KEY (study_centre_id, organisation_id) REFERENCES organisations,
    CONSTRAINT hour_distributions_person_fkey FOREIGN KEY (study_centre_id, changed_by) REFERENCES persons
);

CREATE TABLE supplementary_hour_requests (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre(),
    id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    year smallint NOT NULL CONSTRAINT supplementary_hour_requests_year CHECK (year BETWEEN 2000 AND 2100),
    hours integer NOT NULL CONSTRAINT supplementary_hour_requests_hours CHECK (hours BETWEEN 1 AND 10000000),
    grounds text NOT NULL,
    state text NOT NULL CONSTRAINT supplementary_hour_requests_state_known
        CHECK (state IN ('submitted', 'approved', 'partially_approved', 'rejected', 'withdrawn')),
    submitted_by uuid NOT NULL,
    submitted_at timestamptz NOT NULL,
    granted_hours integer,
    reason text,
    decided_by uuid,
    decided_at timestamptz,
    withdrawn_at timestamptz,
    CONSTRAINT supplementary_hour_requests_pkey PRIMARY KEY (study_centre_id, id),
    CONSTRAINT supplementary_hour_requests_organisation_fkey
        FOREIGN KEY (study_centre_id, organisation_id) REFERENCES organisations,
    CONSTRAINT supplementary_hour_requests_sender_fkey
        FOREIGN KEY (study_centre_id, submitted_by) REFERENCES persons,
    CONSTRAINT supplementary_hour_requests_decider_fkey
        FOREIGN KEY (study_centre_id, decided_by) REFERENCES persons,
    CONSTRAINT supplementary_hour_requests_granted_fits_state CHECK (
        -- A null must not slip through as neither true nor false.
        coalesce(CASE state
            WHEN 'approved' THEN granted_hours = hours
            WHEN 'partially_approved' THEN granted_hours > 0 AND granted_hours < hours
            WHEN 'rejected' THEN granted_hours = 0
            ELSE granted_hours IS NULL
        END, false))
);
CREATE INDEX supplementary_hour_requests_of_organisation
    ON supplementary_hour_requests (study_centre_id, organisation_id, year, id);

CREATE TABLE hour_returns (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre(),
    id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    year smallint NOT NULL CONSTRAINT hour_returns_year CHECK (year BETWEEN 2000 AND 2100),
    hours integer NOT NULL CONSTRAINT hour_returns_hours CHECK (hours BETWEEN 1 AND 10000000),
    grounds text,
    state text NOT NULL CONSTRAINT hour_returns_state_known CHECK (state = 'booked'),
    booked_by uuid NOT NULL,
    booked_at timestamptz NOT NULL,
    CONSTRAINT hour_returns_pkey PRIMARY KEY (study_centre_id, id),
    CONSTRAINT hour_returns_organisation_fkey FOREIGN KEY (study_centre_id, organisation_id) REFERENCES organisations,
    CONSTRAINT hour_returns_person_fkey FOREIGN KEY (study_centre_id, booked_by) REFERENCES persons
);
CREATE INDEX hour_returns_of_organisation ON hour_returns (study_centre_id, organisation_id, year, id);

CREATE TABLE hour_corrections (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre(),
    id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    year smallint NOT NULL CONSTRAINT hour_corrections_year CHECK (year BETWEEN 2000 AND 2100),
    hours integer NOT NULL
        CONSTRAINT hour_corrections_hours CHECK (hours <> 0 AND hours BETWEEN -10000000 AND 10000000),
    reason text NOT NULL,
    made_by uuid NOT NULL,
    made_at timestamptz NOT NULL,
    CONSTRAINT hour_corrections_pkey PRIMARY KEY (study_centre_id, id),
    CONSTRAINT hour_corrections_organisation_fkey
        FOREIGN KEY (study_centre_id, organisation_id) REFERENCES organisations,
    CONSTRAINT hour_corrections_person_fkey FOREIGN KEY (study_centre_id, made_by) REFERENCES persons
);
CREATE INDEX hour_corrections_of_organisation ON hour_corrections (study_centre_id, organisation_id, year, id);
"""

RIGHTS = """
SELECT grant_to_service('SELECT, INSERT, UPDATE', 'hour_proposals'),
    grant_to_service('SELECT, INSERT, DELETE', 'hour_proposal_lines'),
    grant_to_service('SELECT, INSERT', 'hour_proposal_revisions'),
    grant_to_service('SELECT, INSERT', 'hour_decisions'),
    grant_to_service('SELECT, INSERT, UPDATE', 'hour_distributions'),
    grant_to_service('SELECT, INSERT, UPDATE', 'supplementary_hour_requests'),
    grant_to_service('SELECT, INSERT', 'hour_returns'),
    grant_to_service('SELECT, INSERT', 'hour_corrections');
"""
