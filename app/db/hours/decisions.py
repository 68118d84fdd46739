"""Hour decisions."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import BigInteger, Column, DateTime, Integer, SmallInteger, Text, Uuid

from app.db.hours.grants import ids_by_organisation
from app.db.resources import of_organisations
from app.db.statements import Connection, changed_at, reference_column, study_centre_table
from app.domain.hours.decisions import HourDecision

hour_decisions = study_centre_table(
    "hour_decisions",
    reference_column(),
    Column("organisation_id", Uuid, nullable=False),
    Column("year", SmallInteger, nullable=False),
    Column("proposal_id", Uuid),
    Column("asked", BigInteger),
    Column("hours", Integer, nullable=False),
    Column("reason", Text),
    Column("decided_by", Uuid, nullable=False),
    Column("decided_at", DateTime(timezone=True), nullable=False),
    changed_at(),
)

decisions = of_organisations(HourDecision, hour_decisions, "year", "reference", "changed_since")
_decided = ids_by_organisation(hour_decisions)


async def find_decided(connection: Connection, organisation_ids: Collection[UUID], year: int) -> dict[UUID, UUID]:
    """The existing decisions of the year, by organisation."""
    return dict(await _decided.all(connection, p_ids=list(organisation_ids), p_year=year))
