"""Balances have the key by type."""

from alembic import op

revision = "hour_balances_key"
down_revision = "hour_type_keys"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        -- squawk-ignore ban-drop-constraint
        ALTER TABLE hour_balances DROP CONSTRAINT hour_balances_pkey;
        ALTER TABLE hour_balances ADD CONSTRAINT hour_balances_pkey PRIMARY KEY USING INDEX hour_balances_key;
    """)


def downgrade() -> None:
    """Only where no hours of peer groups moved. The index of the revision before is made again."""
    op.execute("""
        ALTER TABLE hour_balances DROP CONSTRAINT hour_balances_pkey;
        ALTER TABLE hour_balances ADD CONSTRAINT hour_balances_pkey
            PRIMARY KEY (study_centre_id, central_organisation_id, year, organisation_id);
        CREATE UNIQUE INDEX hour_balances_key
            ON hour_balances (study_centre_id, central_organisation_id, year, hour_type, organisation_id);
    """)
