"""Extensions of deadlines."""

from typing import Any
from uuid import UUID

from sqlalchemy import Column, Date, DateTime, FromClause, ScalarSelect, Table, Text, Uuid, bindparam, func, select

from app.db.calendar.deadlines import deadlines
from app.db.organisations.organisations import organisation_ancestors
from app.db.paging import Listing, below, given, within_reach
from app.db.statements import Connection, Query, metadata, study_centre_key
from app.domain.calendar.deadlines import Extension

deadline_extensions = Table(
    "deadline_extensions",
    metadata,
    study_centre_key(),
    Column("id", Uuid, primary_key=True),
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


_given = select(
    deadline_extensions.c.id,
    deadline_extensions.c.deadline_id,
    deadline_extensions.c.organisation_id,
    deadline_extensions.c.closes_on,
    deadline_extensions.c.reason,
    deadline_extensions.c.made_by,
    deadline_extensions.c.made_at,
)
_one = Query(
    _given.where(
        deadline_extensions.c.deadline_id == bindparam("p_deadline_id", type_=Uuid),
        deadline_extensions.c.id == bindparam("p_id", type_=Uuid),
    ),
    Extension,
)
_of_deadline = Query(
    _given.where(deadline_extensions.c.deadline_id == bindparam("p_deadline_id", type_=Uuid)).order_by(
        deadline_extensions.c.id
    ),
    Extension,
)


async def find(connection: Connection, deadline_id: UUID, extension_id: UUID) -> Extension | None:
    return await _one.first(connection, p_deadline_id=deadline_id, p_id=extension_id)


async def list_of(connection: Connection, deadline_id: UUID) -> list[Extension]:
    return await _of_deadline.all(connection, p_deadline_id=deadline_id)


listing = Listing(
    _given,
    Extension,
    key=[deadline_extensions.c.id],
    seen=within_reach(deadline_extensions.c.organisation_id),
    filters={
        "deadline_id": given(deadline_extensions.c.deadline_id, "deadline_id"),
        "organisation_id": given(deadline_extensions.c.organisation_id, "organisation_id"),
        "under": below(deadline_extensions.c.organisation_id, bindparam("p_under", type_=Uuid)),
    },
)
