"""When each study centre reminds of what."""

from alembic import op

revision = "calendar_feeds"
down_revision = "delivery"
branch_labels = None
depends_on = None

TABLES = ("reminder_settings",)


def upgrade() -> None:
    op.execute(CREATE)
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_study_centre ON {table} USING (study_centre_id = own_study_centre())")
    op.execute(RIGHTS)


def downgrade() -> None:
    op.execute("DROP TABLE " + ", ".join(TABLES))


CREATE = """
CREATE TABLE reminder_settings (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre() REFERENCES study_centres,
    closing_soon_days jsonb NOT NULL
        CONSTRAINT reminder_settings_closing_soon_days_listed CHECK (jsonb_typeof(closing_soon_days) = 'array'),
    running_out_percents jsonb NOT NULL
        CONSTRAINT reminder_settings_running_out_percents_listed CHECK (jsonb_typeof(running_out_percents) = 'array'),
    unused_percent smallint NOT NULL
        CONSTRAINT reminder_settings_unused_percent_whole CHECK (unused_percent BETWEEN 0 AND 100),
    CONSTRAINT reminder_settings_pkey PRIMARY KEY (study_centre_id)
);
"""

RIGHTS = """
SELECT grant_to_service('SELECT, INSERT, UPDATE', 'reminder_settings');
"""
