"""Extensions of deadlines."""

from typing import Any
from uuid import UUID

from sqlalchemy import Column, Date, DateTime, FromClause, ScalarSelect, Text, Uuid, func, select

from app.db.calendar.deadlines import deadlines
from app.db.organisations.organisations import organisation_ancestors
from app.db.paging import filters_of, given, seen_by, within_reach
from app.db.resources import Resource
from app.db.sessions import Reader
from app.db.statements import Query, columns_of, study_centre_table
from app.domain.calendar.deadlines import Extension

deadline_extensions = study_centre_table(
    "deadline_extensions",
    Column("deadline_id", Uuid, nullable=False),
    Column("organisation_id", Uuid, nullable=False),
    Column("closes_on", Date, nullable=False),
    Column("reason", Text, nullable=False),
    Column("made_by", Uuid, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
)


def extended_until(organisation: FromClause) -> ScalarSelect[Any]:
    """The column of the latest extension of the deadline for `organisation`, which is that table or an alias of it,
    or for one above it."""
    return (
        select(func.max(deadline_extensions.c.closes_on))
        .join(organisation_ancestors, organisation_ancestors.c.ancestor_id == deadline_extensions.c.organisation_id)
        .where(
            deadline_extensions.c.deadline_id == deadlines.c.id,
            organisation_ancestors.c.organisation_id == organisation.c.id,
        )
        .correlate(deadlines, organisation)
        .scalar_subquery()
    )


_given = select(*columns_of(Extension, deadline_extensions))
_of_deadline = Query(
    _given.where(given(deadline_extensions.c.deadline_id, "deadline_id")).order_by(deadline_extensions.c.id), Extension
)
extensions = Resource(
    _given,
    Extension,
    deadline_extensions,
    seen=within_reach(deadline_extensions.c.organisation_id),
    filters=filters_of(deadline_extensions, "deadline_id", "organisation_id", "under"),
)


async def list_of_deadline(session: Reader, deadline_id: UUID) -> list[Extension]:
    """All extensions of the deadline, for every caller."""
    return await _of_deadline.all(session.connection, p_deadline_id=deadline_id, **seen_by(session))
