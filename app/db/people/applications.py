"""Applications of both kinds, for roles and for main users."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, DateTime, bindparam, func, select

from app.db.paging import given
from app.db.people.main_user_applications import main_user_applications
from app.db.people.role_applications import role_applications
from app.db.statements import Connection, Query


def _made(person_id: ColumnElement[Any], made_at: ColumnElement[Any]) -> ColumnElement[int]:
    since, until = (bindparam(name, type_=DateTime(timezone=True)) for name in ("p_since", "p_until"))
    rows = select(func.count()).where(given(person_id, "person_id"), made_at >= since, made_at < until)
    return rows.scalar_subquery()


_count: Query[int] = Query(
    select(
        _made(role_applications.c.person_id, role_applications.c.applied_at)
        + _made(main_user_applications.c.applicant_id, main_user_applications.c.created_at)
    )
)


async def count_applications(connection: Connection, person_id: UUID, since: datetime, until: datetime) -> int:
    """Count those that the person made between the two times, whatever became of them."""
    return await _count.first(connection, p_person_id=person_id, p_since=since, p_until=until) or 0
