"""Onboardings of main users."""

from uuid import UUID

from sqlalchemy import Column, Date, DateTime, Table, Text, Uuid

from app.db.identifiers import new_id
from app.db.sessions import Writer
from app.db.statements import insert_row, metadata, study_centre_key
from app.domain.people.role_grants import GrantedRole

onboardings = Table(
    "onboardings",
    metadata,
    study_centre_key(),
    Column("id", Uuid, primary_key=True),
    Column("role_grant_id", Uuid, nullable=False),
    Column("inductor_id", Uuid),
    Column("inductor_name", Text),
    Column("inducted_on", Date),
    Column("service_known_on", Date),
    Column("member_services_known_on", Date),
    Column("created_at", DateTime(timezone=True), nullable=False),
)


async def open_onboarding(writer: Writer, grant: GrantedRole) -> UUID:
    """The checklist of a main user who has just been given the right; its first step is done by that."""
    onboarding_id = new_id()
    await insert_row(writer.connection, onboardings, id=onboarding_id, role_grant_id=grant.id, created_at=writer.now)
    writer.record(
        "onboarding.opened", onboarding_id, organisation_id=grant.organisation_id, person_id=str(grant.person_id)
    )
    return onboarding_id
