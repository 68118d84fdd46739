"""Main users' yearly confirmations."""

from sqlalchemy import Boolean, Column, DateTime, SmallInteger, Text, Uuid

from app.db.resources import of_organisations
from app.db.statements import name_of, study_centre_table
from app.domain.organisations.confirmations import OrganisationConfirmation

organisation_confirmations = study_centre_table(
    "organisation_confirmations",
    Column("organisation_id", Uuid, nullable=False),
    Column("year", SmallInteger, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("confirmed_at", DateTime(timezone=True), nullable=False),
    Column("late", Boolean, nullable=False),
    Column("membership_page_url", Text),
)

confirmations = of_organisations(
    OrganisationConfirmation,
    organisation_confirmations,
    "year",
    "person_id",
    person_name=name_of(organisation_confirmations.c.person_id),
)
