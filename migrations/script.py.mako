"""${message}."""

from alembic import op

# `create_table` of migrations/tables.py writes what every table of a study centre has: keys, policy and rights.
revision = "${up_revision}"
down_revision = "${down_revision}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
