"""Comments on cases, with the names of their authors as far as the reader may see them."""

from sqlalchemy import (
    ARRAY,
    Column,
    DateTime,
    Text,
    Uuid,
    any_,
    bindparam,
    case,
    null,
    or_,
    select,
)

from app.db.paging import given
from app.db.resources import Resource
from app.db.statements import OVERSEEN, columns_of, name_of, study_centre_table
from app.domain.hours.cases import CaseComment

case_comments = study_centre_table(
    "case_comments",
    Column("case_type", Text, nullable=False),
    Column("case_id", Uuid, nullable=False),
    Column("side", Text, nullable=False),
    Column("visible_to", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("created_by", Uuid, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
)
_table = case_comments
# The parties of an application are named in it.
_overseen = case((_table.c.side == "applicant", null()), else_=OVERSEEN)
# Who may read a case is checked before.
comments = Resource(
    select(*columns_of(CaseComment, _table, created_by_name=name_of(_table.c.created_by, _overseen))),
    CaseComment,
    _table,
    filters={
        "case_type": given(_table.c.case_type, "case_type"),
        "case_id": given(_table.c.case_id, "case_id"),
        "sides": or_(_table.c.visible_to == "both", _table.c.side == any_(bindparam("p_sides", type_=ARRAY(Text)))),
    },
)
