"""Comments on cases, with the names of their authors as far as the reader may see them."""

from sqlalchemy import (
    ARRAY,
    Boolean,
    Column,
    DateTime,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    case,
    func,
    or_,
    select,
    true,
)

from app.db.paging import Sight, below, given
from app.db.people.people import persons, role_grants
from app.db.resources import Resource
from app.db.statements import Selection, study_centre_table
from app.domain.access import Actor, overseen_of
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
# The roles of a merged person are those of the person who remains.
_roles = role_grants.c.person_id == func.coalesce(persons.c.merged_into, persons.c.id)
_is_seen = or_(
    bindparam("p_sees_all", type_=Boolean),
    persons.c.id == bindparam("p_own", type_=Uuid),
    # The parties of an application are named in it.
    _table.c.side == "applicant",
    select(role_grants.c.id)
    .where(
        _roles,
        or_(
            role_grants.c.role == "staff",
            below(role_grants.c.organisation_id, any_(bindparam("p_overseen", type_=ARRAY(Uuid)))),
        ),
    )
    .correlate(persons)
    .exists(),
)
_comment = Selection(
    CaseComment, _table, created_by_name=case((and_(persons.c.erased_at.is_(None), _is_seen), persons.c.name))
)


def _names_for(actor: Actor) -> dict[str, object]:
    overseen = overseen_of(actor)
    return {"p_sees_all": overseen is None, "p_own": actor.person_id, "p_overseen": overseen or []}


# Who may read a case is checked before; the sight has the parameters of the names.
comments = Resource(
    select(*_comment.columns).join(persons, persons.c.id == _table.c.created_by),
    _comment.build,
    _table,
    seen=Sight(true(), _names_for),
    filters={
        "case_type": given(_table.c.case_type, "case_type"),
        "case_id": given(_table.c.case_id, "case_id"),
        "sides": or_(_table.c.visible_to == "both", _table.c.side == any_(bindparam("p_sides", type_=ARRAY(Text)))),
    },
)
