"""Distributions: which revision of the wished allotments is in force."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    Column,
    DateTime,
    Integer,
    SmallInteger,
    Uuid,
    bindparam,
    select,
)
from sqlalchemy.dialects.postgresql import insert

from app.db.statements import Command, Connection, Query, study_centre_table

hour_distributions = study_centre_table(
    "hour_distributions",
    Column("organisation_id", Uuid, primary_key=True),
    Column("year", SmallInteger, primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("changed_by", Uuid, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
)

_organisation_id = bindparam("p_organisation_id", type_=Uuid)
_year = bindparam("p_year", type_=SmallInteger)
_person_id = bindparam("p_person_id", type_=Uuid)
_now = bindparam("p_now", type_=DateTime(timezone=True))
_seen = bindparam("p_seen", type_=Integer)

_revision = Query(
    select(hour_distributions.c.revision).where(
        hour_distributions.c.organisation_id == _organisation_id, hour_distributions.c.year == _year
    ),
    int,
)
_raise = Command(
    insert(hour_distributions)
    .values(organisation_id=_organisation_id, year=_year, revision=1, changed_by=_person_id, changed_at=_now)
    .on_conflict_do_update(
        index_elements=["study_centre_id", "organisation_id", "year"],
        set_={"revision": _seen + 1, "changed_by": _person_id, "changed_at": _now},
        where=hour_distributions.c.revision == _seen,
    )
)


async def find_revision(connection: Connection, organisation_id: UUID, year: int) -> int:
    """0 before the first."""
    return await _revision.first(connection, p_organisation_id=organisation_id, p_year=year) or 0


async def raise_revision(
    connection: Connection, organisation_id: UUID, year: int, *, seen: int, person_id: UUID, now: datetime
) -> bool:
    """Return False if the revision is no longer the one seen."""
    return bool(
        await _raise.run(
            connection, p_organisation_id=organisation_id, p_year=year, p_seen=seen, p_person_id=person_id, p_now=now
        )
    )
