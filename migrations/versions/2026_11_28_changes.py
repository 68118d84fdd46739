"""When rows changed: integrations copy what they have not seen yet (`changed_since`)."""

from alembic import op

revision = "changes"
down_revision = "role_invitations"
branch_labels = None
depends_on = None

TABLES = (
    "organisations",
    "hour_proposals",
    "hour_decisions",
    "supplementary_hour_requests",
    "hour_returns",
    "hour_corrections",
)


def upgrade() -> None:
    op.execute(FUNCTIONS)
    for table in TABLES:
        # What is there counts as changed now. The first default is one value, for which no row is written again.
        op.execute(f"ALTER TABLE {table} ADD COLUMN changed_at timestamptz NOT NULL DEFAULT now()")
        op.execute(f"ALTER TABLE {table} ALTER COLUMN changed_at SET DEFAULT clock_timestamp()")
        op.execute(
            f"CREATE TRIGGER {table}_changed BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION date_change()"
        )
    op.execute(
        "CREATE TRIGGER hour_proposal_lines_changed AFTER INSERT OR UPDATE OR DELETE ON hour_proposal_lines "
        "FOR EACH ROW EXECUTE FUNCTION date_proposal()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER hour_proposal_lines_changed ON hour_proposal_lines")
    for table in TABLES:
        op.execute(f"DROP TRIGGER {table}_changed ON {table}")
        op.execute(f"ALTER TABLE {table} DROP COLUMN changed_at")
    op.execute("DROP FUNCTION date_change, date_proposal")


FUNCTIONS = """
-- Real time, also in a sandbox whose clock is set: it says what a caller has not seen yet.
CREATE FUNCTION date_change() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    NEW.changed_at := clock_timestamp();
    RETURN NEW;
END $$;

-- The lines are a part of their proposal. Once in a transaction is enough.
CREATE FUNCTION date_proposal() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    v_centre uuid := coalesce(NEW.study_centre_id, OLD.study_centre_id);
    v_id uuid := coalesce(NEW.proposal_id, OLD.proposal_id);
BEGIN
    UPDATE hour_proposals SET changed_at = clock_timestamp()
    WHERE study_centre_id = v_centre AND id = v_id AND changed_at < now();
    RETURN NULL;
END $$;

DO $$
BEGIN
    EXECUTE format('REVOKE EXECUTE ON FUNCTION date_change, date_proposal FROM PUBLIC, %I',
        current_setting('app.role_prefix') || '_service');
END $$;
"""
