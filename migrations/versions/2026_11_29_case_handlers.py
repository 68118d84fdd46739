"""Cases get a handler among the staff."""

from alembic import op

revision = "case_handlers"
down_revision = "observers"
branch_labels = None
depends_on = None

TABLES = ("hour_proposals", "supplementary_hour_requests", "hour_returns", "main_user_applications")


def upgrade() -> None:
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ADD COLUMN handler_id uuid")
        # The column is new and empty, so there is nothing to check in the rows that exist.
        op.execute(f"""
            -- squawk-ignore adding-foreign-key-constraint, constraint-missing-not-valid
            ALTER TABLE {table} ADD CONSTRAINT {table}_handler_fkey
                FOREIGN KEY (study_centre_id, handler_id) REFERENCES persons;
            -- squawk-ignore require-concurrent-index-creation
            CREATE INDEX {table}_of_handler ON {table} (study_centre_id, handler_id, id) WHERE handler_id IS NOT NULL
        """)
    # The service may change all columns of the others.
    op.execute("SELECT grant_to_service('UPDATE (handler_id)', 'hour_returns')")


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} DROP COLUMN handler_id")
