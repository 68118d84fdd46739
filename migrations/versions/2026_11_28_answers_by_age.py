"""An index of stored answers without the study centre.

Where the rows were not counted yet, the one before was taken for looking up a key, and read from end to end.
"""

from alembic import op

revision = "answers_by_age"
down_revision = "enter_once"
branch_labels = None
depends_on = None


def upgrade() -> None:
    replace("stored_answers_by_age", "stored_answers_by_time", "stored_at")


def downgrade() -> None:
    replace("stored_answers_by_time", "stored_answers_by_age", "study_centre_id, stored_at")


def replace(old: str, new: str, columns: str) -> None:
    with op.get_context().autocommit_block():
        # What an attempt that was interrupted has left is made again.
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {new}")
        op.execute(f"CREATE INDEX CONCURRENTLY {new} ON stored_answers ({columns})")
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {old}")
