"""Quotas of peer study groups."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Column, DateTime, Integer, SmallInteger, Text, Uuid

from app.db.hours.grants import ids_by_organisation
from app.db.resources import of_organisations
from app.db.statements import Connection, changed_at, reference_column, study_centre_table
from app.domain.hours.peer_group_quotas import PeerGroupQuota

peer_group_quotas = study_centre_table(
    "peer_group_quotas",
    reference_column(),
    Column("organisation_id", Uuid, nullable=False),
    Column("year", SmallInteger, nullable=False),
    Column("hours", Integer, nullable=False),
    Column("reason", Text),
    Column("decided_by", Uuid, nullable=False),
    Column("decided_at", DateTime(timezone=True), nullable=False),
    changed_at(),
)

quotas = of_organisations(PeerGroupQuota, peer_group_quotas, "year", "reference", "changed_since")
_granted = ids_by_organisation(peer_group_quotas)


async def find_granted(connection: Connection, organisation_ids: Collection[UUID], year: int) -> dict[UUID, UUID]:
    """The existing quotas of the year, by organisation."""
    return dict(await _granted.all(connection, p_ids=list(organisation_ids), p_year=year))
