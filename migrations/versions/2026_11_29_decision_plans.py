"""Decision plans: staff prepare decisions, and publish them together."""

from alembic import context, op

from migrations.tables import create_table

revision = "decision_plans"
down_revision = "case_handlers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_table(
        "decision_plans",
        """
        id uuid NOT NULL,
        year smallint NOT NULL CONSTRAINT decision_plans_year CHECK (year BETWEEN 2000 AND 2100),
        name text NOT NULL CONSTRAINT decision_plans_name_length CHECK (char_length(name) BETWEEN 1 AND 200),
        kind text NOT NULL CONSTRAINT decision_plans_kind_known CHECK (kind IN ('round', 'window')),
        state text NOT NULL CONSTRAINT decision_plans_state_known
            CHECK (state IN ('draft', 'published', 'withdrawn', 'expired')),
        available integer NOT NULL,
        created_by uuid NOT NULL,
        created_at timestamptz NOT NULL,
        last_edited_by uuid,
        last_edited_at timestamptz,
        published_by uuid,
        published_at timestamptz,
        withdrawn_at timestamptz,
        expired_at timestamptz,
        expired_because text,
        changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT decision_plans_editor_complete CHECK ((last_edited_by IS NULL) = (last_edited_at IS NULL)),
        CONSTRAINT decision_plans_published CHECK (
            num_nulls(published_by, published_at) = CASE WHEN state = 'published' THEN 0 ELSE 2 END),
        CONSTRAINT decision_plans_withdrawn CHECK ((state = 'withdrawn') = (withdrawn_at IS NOT NULL)),
        CONSTRAINT decision_plans_expired CHECK (
            num_nulls(expired_at, expired_because) = CASE WHEN state = 'expired' THEN 0 ELSE 2 END
            AND expired_because = 'year_closed')
        """,
        references={"created_by": "persons", "last_edited_by": "persons", "published_by": "persons"},
        rights="SELECT, INSERT, UPDATE",
    )
    create_table(
        "decision_plan_rows",
        """
        plan_id uuid NOT NULL,
        row_id uuid NOT NULL,
        organisation_id uuid NOT NULL,
        proposal_id uuid,
        request_id uuid,
        asked bigint,
        hours integer CONSTRAINT decision_plan_rows_hours CHECK (hours BETWEEN 0 AND 10000000),
        reason text,
        why jsonb NOT NULL,
        CONSTRAINT decision_plan_rows_keyed CHECK (row_id = coalesce(request_id, organisation_id)),
        CONSTRAINT decision_plan_rows_wish CHECK (
            (asked IS NULL) = (proposal_id IS NULL AND request_id IS NULL)
            AND num_nonnulls(proposal_id, request_id) <= 1),
        CONSTRAINT decision_plan_rows_no_more_than_requested CHECK (request_id IS NULL OR hours <= asked)
        """,
        key=("plan_id", "row_id"),
        references={
            "plan_id": "decision_plans",
            "organisation_id": "organisations",
            "proposal_id": "hour_proposals",
            "request_id": "supplementary_hour_requests",
        },
        rights="SELECT, INSERT, DELETE",
    )
    op.execute("""
        CREATE INDEX decision_plans_of_year ON decision_plans (study_centre_id, year, id);
        CREATE INDEX decision_plans_changed_at ON decision_plans (study_centre_id, changed_at);
        CREATE TRIGGER decision_plans_changed BEFORE UPDATE ON decision_plans
            FOR EACH ROW EXECUTE FUNCTION date_change();
    """)
    op.execute(f"CREATE OR REPLACE VIEW hours_left_open WITH (security_invoker = true) AS {_left_open()} {LEFT_OPEN}")


def downgrade() -> None:
    op.execute(f"CREATE OR REPLACE VIEW hours_left_open WITH (security_invoker = true) AS {_left_open()}")
    op.execute("DROP TABLE decision_plan_rows; DROP TABLE decision_plans")


def _left_open() -> str:
    """What the view shows of proposals and requests."""
    earlier = context.script.get_revision("allotment_requests").module
    left_open: str = f"{earlier._left_open()} {earlier.LEFT_OPEN}"
    return left_open


LEFT_OPEN = """
UNION ALL
SELECT 'decision_plan', p.id, NULL::uuid, p.year FROM decision_plans p
WHERE p.state = 'draft' AND EXISTS (SELECT FROM hour_pools y
    WHERE y.study_centre_id = p.study_centre_id AND y.year = p.year AND y.closed_at IS NOT NULL)
"""
