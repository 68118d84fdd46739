"""What every table of a study centre has, written in one call by the migration that makes the table.

Released migrations never change: neither may what this writes, once one of them has used it.
"""

from collections.abc import Mapping, Sequence

from alembic import op


def create_table(
    name: str,
    columns: str,
    *,
    rights: str,
    key: Sequence[str] = ("id",),
    references: Mapping[str, str] | None = None,
) -> None:
    """Create a table behind the study centre's wall: its key, foreign keys, policy, and the service's rights.

        create_table(
            "venues",
            "id uuid NOT NULL, organisation_id uuid NOT NULL, name text NOT NULL",
            references={"organisation_id": "organisations"},
            rights="SELECT, INSERT, UPDATE",
        )

    `columns` are all others than `study_centre_id`, with constraints of the table's own; `references` is the table
    whose row a column names, by column. `key` is empty for a table that has one row of each study centre.
    """
    constraints = [f"CONSTRAINT {name}_pkey PRIMARY KEY ({', '.join(('study_centre_id', *key))})"]
    for column, other in (references or {}).items():
        constraint = f"{name}_{column.removesuffix('_id')}_fkey"
        constraints.append(f"CONSTRAINT {constraint} FOREIGN KEY (study_centre_id, {column}) REFERENCES {other}")
    op.execute(
        f"CREATE TABLE {name} (\n"
        "    study_centre_id uuid NOT NULL DEFAULT own_study_centre() REFERENCES study_centres,\n"
        f"    {columns.strip().rstrip(',')},\n    " + ",\n    ".join(constraints) + "\n)"
    )
    op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_study_centre ON {name} USING (study_centre_id = own_study_centre())")
    op.execute(f"SELECT grant_to_service('{rights}', '{name}')")
