"""What each course adds to the figures is found by year, for the numbers of different people and the report to the
statistics authority."""

from alembic import op

revision = "figure_part_indexes"
down_revision = "peer_group_quotas"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The table is of this version: it has no rows yet.
    op.execute("""
        -- squawk-ignore require-concurrent-index-creation
        CREATE INDEX training_figure_parts_of_year
            ON training_figure_parts (study_centre_id, year, central_organisation_id);
    """)


def downgrade() -> None:
    op.execute("DROP INDEX training_figure_parts_of_year")
