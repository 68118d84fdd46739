"""The role of observer, for any organisation, which people may be invited to."""

from alembic import op

revision = "observers"
down_revision = "corrected_transfers"
branch_labels = None
depends_on = None

KNOWN = {
    "role_grants": "'staff', 'main_user', 'unit_manager', 'training_manager', 'auditor'",
    "role_invitations": "'unit_manager', 'training_manager'",
}


def upgrade() -> None:
    for table, roles in KNOWN.items():
        _know_roles(table, f"{roles}, 'observer'")


def downgrade() -> None:
    """Only where nobody has been an observer or invited to be one: neither is ever removed."""
    for table, roles in KNOWN.items():
        _know_roles(table, roles)


def _know_roles(table: str, roles: str) -> None:
    op.execute(f"""
        -- These are some thousands: checking all of them takes milliseconds.
        -- squawk-ignore ban-drop-constraint
        ALTER TABLE {table} DROP CONSTRAINT {table}_role_known;
        -- squawk-ignore constraint-missing-not-valid
        ALTER TABLE {table} ADD CONSTRAINT {table}_role_known CHECK (role IN ({roles}));
    """)
