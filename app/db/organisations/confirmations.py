"""Main users' yearly confirmations."""

from sqlalchemy import Boolean, Column, DateTime, SmallInteger, Table, Uuid

from app.db.resources import of_organisations
from app.db.statements import metadata, study_centre_key
from app.domain.organisations.confirmations import OrganisationConfirmation

organisation_confirmations = Table(
    "organisation_confirmations",
    metadata,
    study_centre_key(),
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("year", SmallInteger, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("confirmed_at", DateTime(timezone=True), nullable=False),
    Column("late", Boolean, nullable=False),
)

confirmations = of_organisations(OrganisationConfirmation, organisation_confirmations, "year", "person_id")
