"""Quotas of peer study groups: what staff grant to central organisations from the pool of peer groups."""

from alembic import context, op

from migrations.tables import create_table

revision = "peer_group_quotas"
down_revision = "trainer_keys"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_table("peer_group_quotas", COLUMNS, references={"organisation_id": "organisations"}, rights="SELECT, INSERT")
    op.execute(REST)
    _read_references(f" {TAKEN}")


def downgrade() -> None:
    _read_references("")
    op.execute("DROP TABLE peer_group_quotas")


def _read_references(of_quotas: str) -> None:
    """Make the view and the function that read all tables whose rows have references once more."""
    trainings = context.script.get_revision("trainings").module
    for statement in trainings._references():
        op.execute(statement.replace(trainings.OTHERS, f"{trainings.OTHERS} {trainings.TAKEN}{of_quotas}"))


TAKEN = "UNION ALL SELECT reference FROM peer_group_quotas"
COLUMNS = """
    id uuid NOT NULL,
    reference text DEFAULT take_reference(NULL)
        CONSTRAINT peer_group_quotas_reference_said CHECK (reference ~ '^[0-9]{4}-[0-9]{4,}$'),
    organisation_id uuid NOT NULL,
    year smallint NOT NULL CONSTRAINT peer_group_quotas_year CHECK (year BETWEEN 2000 AND 2100),
    hours integer NOT NULL CONSTRAINT peer_group_quotas_hours CHECK (hours BETWEEN 0 AND 10000000),
    reason text,
    decided_by uuid NOT NULL,
    decided_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT peer_group_quotas_one_a_year UNIQUE (study_centre_id, organisation_id, year),
    CONSTRAINT peer_group_quotas_person_fkey FOREIGN KEY (study_centre_id, decided_by) REFERENCES persons
"""
REST = """
CREATE UNIQUE INDEX peer_group_quotas_reference_once ON peer_group_quotas (study_centre_id, reference);
CREATE INDEX peer_group_quotas_changed_at ON peer_group_quotas (study_centre_id, changed_at);
CREATE TRIGGER peer_group_quotas_reference_kept BEFORE UPDATE OF reference ON peer_group_quotas
    FOR EACH ROW WHEN (NEW.reference IS DISTINCT FROM OLD.reference) EXECUTE FUNCTION keep_reference();
CREATE TRIGGER peer_group_quotas_changed BEFORE UPDATE ON peer_group_quotas
    FOR EACH ROW EXECUTE FUNCTION date_change();
"""
