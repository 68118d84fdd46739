"""Organisations in their trees, and the yearly calendar."""

from alembic import op

revision = "organisations_and_calendar"
down_revision = "foundations"
branch_labels = None
depends_on = None

TABLES = ("organisations", "organisation_ancestors", "deadlines", "deadline_extensions")


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    op.execute(CREATE)
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_study_centre ON {table} USING (study_centre_id = own_study_centre())")
    op.execute(RIGHTS)


def downgrade() -> None:
    op.execute("ALTER TABLE role_grants DROP CONSTRAINT role_grants_organisation_fkey")
    op.execute("DROP TABLE deadline_extensions, deadlines, organisation_ancestors, organisations")


CREATE = """
CREATE TABLE organisations (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre() REFERENCES study_centres,
    id uuid NOT NULL,
    kind text NOT NULL CONSTRAINT organisations_kind_known CHECK (kind IN ('central', 'district', 'association')),
    parent_id uuid,
    central_organisation_id uuid NOT NULL,
    name text NOT NULL CONSTRAINT organisations_name_said CHECK (name <> ''),
    name_sv text,
    sort_key text COLLATE "C" NOT NULL,
    search_text text NOT NULL,
    business_id text CONSTRAINT organisations_business_id_form CHECK (business_id ~ '^[0-9]{7}-[0-9]$'),
    language text NOT NULL DEFAULT 'fi'
        CONSTRAINT organisations_language_known CHECK (language IN ('fi', 'sv', 'en')),
    website text,
    email text,
    phone text,
    address jsonb,
    contact_person jsonb,
    active_from date NOT NULL,
    active_until date,
    draws_on text NOT NULL DEFAULT 'allotment_then_common'
        CONSTRAINT organisations_draws_on_known CHECK (draws_on IN ('allotment_then_common', 'allotment_only')),
    units_propose boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL,
    CONSTRAINT organisations_pkey PRIMARY KEY (study_centre_id, id),
    CONSTRAINT organisations_business_id_once UNIQUE (study_centre_id, business_id),
    CONSTRAINT organisations_parent_fkey FOREIGN KEY (study_centre_id, parent_id) REFERENCES organisations,
    CONSTRAINT organisations_central_fkey
        FOREIGN KEY (study_centre_id, central_organisation_id) REFERENCES organisations,
    CONSTRAINT organisations_central_has_no_parent CHECK ((kind = 'central') = (parent_id IS NULL)),
    CONSTRAINT organisations_central_is_its_own
        CHECK ((kind = 'central') = (central_organisation_id = id)),
    CONSTRAINT organisations_no_own_parent CHECK (parent_id <> id),
    CONSTRAINT organisations_days_in_order CHECK (active_until IS NULL OR active_from <= active_until)
);
COMMENT ON COLUMN organisations.sort_key IS 'The name in Finnish order (å, ä, ö last), made by the service.';
COMMENT ON COLUMN organisations.search_text IS 'Names and Y-tunnus, folded for search by the service.';
COMMENT ON COLUMN organisations.active_until IS 'The last day; for a central organisation, of its membership.';
CREATE INDEX organisations_by_name ON organisations (study_centre_id, sort_key, id);
CREATE INDEX organisations_by_parent ON organisations (study_centre_id, parent_id, sort_key, id);
CREATE INDEX organisations_by_central ON organisations (study_centre_id, central_organisation_id);

CREATE TABLE organisation_ancestors (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre(),
    organisation_id uuid NOT NULL,
    ancestor_id uuid NOT NULL,
    distance smallint NOT NULL,
    CONSTRAINT organisation_ancestors_pkey PRIMARY KEY (study_centre_id, organisation_id, ancestor_id),
    CONSTRAINT organisation_ancestors_organisation_fkey
        FOREIGN KEY (study_centre_id, organisation_id) REFERENCES organisations,
    CONSTRAINT organisation_ancestors_ancestor_fkey
        FOREIGN KEY (study_centre_id, ancestor_id) REFERENCES organisations,
    CONSTRAINT organisation_ancestors_distance CHECK ((distance = 0) = (organisation_id = ancestor_id))
);
COMMENT ON TABLE organisation_ancestors IS 'Every organisation with itself (distance 0) and all above it.';
CREATE INDEX organisation_ancestors_downwards
    ON organisation_ancestors (study_centre_id, ancestor_id, organisation_id);

-- The table was made a moment ago and is empty, so there is nothing to scan and nobody to keep waiting.
-- squawk-ignore adding-foreign-key-constraint, constraint-missing-not-valid
ALTER TABLE role_grants ADD CONSTRAINT role_grants_organisation_fkey
    FOREIGN KEY (study_centre_id, organisation_id) REFERENCES organisations;

CREATE TABLE deadlines (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre() REFERENCES study_centres,
    id uuid NOT NULL,
    year smallint NOT NULL CONSTRAINT deadlines_year CHECK (year BETWEEN 2000 AND 2100),
    kind text NOT NULL CONSTRAINT deadlines_kind_known CHECK (kind IN (
        'proposal_round', 'decision_period', 'training_entry', 'change_window', 'cost_statement', 'unit_proposals')),
    hours_year smallint NOT NULL CONSTRAINT deadlines_hours_year CHECK (hours_year BETWEEN 2000 AND 2100),
    organisation_id uuid,
    opens_on date,
    closes_on date,
    confirmed boolean NOT NULL,
    note text,
    created_at timestamptz NOT NULL,
    CONSTRAINT deadlines_pkey PRIMARY KEY (study_centre_id, id),
    CONSTRAINT deadlines_organisation_fkey FOREIGN KEY (study_centre_id, organisation_id) REFERENCES organisations,
    CONSTRAINT deadlines_day_said CHECK (opens_on IS NOT NULL OR closes_on IS NOT NULL),
    CONSTRAINT deadlines_days_in_order CHECK (opens_on <= closes_on),
    CONSTRAINT deadlines_units_own CHECK ((kind = 'unit_proposals') = (organisation_id IS NOT NULL)),
    CONSTRAINT deadlines_no_overlap EXCLUDE USING gist (
        study_centre_id WITH =, kind WITH =, hours_year WITH =,
        coalesce(organisation_id, '00000000-0000-0000-0000-000000000000'::uuid) WITH =,
        daterange(opens_on, closes_on, '[]') WITH &&)
);
CREATE INDEX deadlines_by_hours_year ON deadlines (study_centre_id, hours_year, kind);
CREATE INDEX deadlines_by_year ON deadlines (study_centre_id, year, id);

CREATE TABLE deadline_extensions (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre(),
    id uuid NOT NULL,
    deadline_id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    closes_on date NOT NULL,
    reason text NOT NULL,
    made_by uuid NOT NULL,
    made_at timestamptz NOT NULL,
    CONSTRAINT deadline_extensions_pkey PRIMARY KEY (study_centre_id, id),
    CONSTRAINT deadline_extensions_deadline_fkey
        FOREIGN KEY (study_centre_id, deadline_id) REFERENCES deadlines ON DELETE CASCADE,
    CONSTRAINT deadline_extensions_organisation_fkey
        FOREIGN KEY (study_centre_id, organisation_id) REFERENCES organisations,
    CONSTRAINT deadline_extensions_person_fkey FOREIGN KEY (study_centre_id, made_by) REFERENCES persons
);
CREATE INDEX deadline_extensions_of_deadline ON deadline_extensions (study_centre_id, deadline_id);
"""

RIGHTS = """
SELECT grant_to_service('SELECT, INSERT, UPDATE', 'organisations'),
    grant_to_service('SELECT, INSERT, DELETE', 'organisation_ancestors'),
    grant_to_service('SELECT, INSERT, UPDATE, DELETE', 'deadlines'),
    grant_to_service('SELECT, INSERT, DELETE', 'deadline_extensions');
"""
