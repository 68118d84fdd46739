"""What the sides add to cases, with the names of the authors as far as the reader may see them."""

from typing import Any, TypeVar

from sqlalchemy import ARRAY, Column, DateTime, Table, Text, Uuid, any_, bindparam, case, null, or_, select

from app.db.paging import given
from app.db.resources import Resource
from app.db.statements import OVERSEEN, columns_of, name_of, study_centre_table
from app.domain.hours.cases import CaseEntry

Entry = TypeVar("Entry", bound=CaseEntry)


def table_of_entries(name: str, *columns: Column[Any]) -> Table:
    return study_centre_table(
        name,
        Column("case_type", Text, nullable=False),
        Column("case_id", Uuid, nullable=False),
        Column("side", Text, nullable=False),
        Column("visible_to", Text, nullable=False),
        Column("created_by", Uuid, nullable=False),
        Column("created_at", DateTime(timezone=True), nullable=False),
        *columns,
    )


def of_cases(row: type[Entry], table: Table) -> Resource[Entry]:
    """Return the resource of entries. Who may read a case is checked before."""
    # The parties of an application are named in it.
    overseen = case((table.c.side == "applicant", null()), else_=OVERSEEN)
    return Resource(
        select(*columns_of(row, table, created_by_name=name_of(table.c.created_by, overseen))),
        row,
        table,
        filters={
            "id": given(table.c.id, "id"),
            "case_type": given(table.c.case_type, "case_type"),
            "case_id": given(table.c.case_id, "case_id"),
            "sides": or_(table.c.visible_to == "both", table.c.side == any_(bindparam("p_sides", type_=ARRAY(Text)))),
        },
    )
