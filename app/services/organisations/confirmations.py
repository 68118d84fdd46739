"""Yearly confirmations: confirm, get and list."""

from uuid import UUID

from app.db.hours.standing import get_standing
from app.db.identifiers import new_id
from app.db.organisations.confirmations import confirmations, organisation_confirmations
from app.db.sessions import Writer
from app.db.statements import insert_value
from app.domain.access import check_main_user, check_person
from app.domain.hours.standing import check_central
from app.domain.organisations.confirmations import OrganisationConfirmation, check_begun, is_late
from app.domain.organisations.membership import check_member_in


async def confirm_organisation(
    writer: Writer, *, organisation_id: UUID, year: int, membership_page_url: str | None
) -> OrganisationConfirmation:
    """Confirm once a year for each main user: the database refuses a second time."""
    standing = await get_standing(writer, organisation_id, year, "data_confirmation", pointer="/organisation_id")
    check_main_user(writer.actor, standing.place)
    check_person(writer.actor)
    check_central(standing.place)
    check_member_in(year, standing.active_from, standing.active_until)
    check_begun(standing.windows, writer.now)
    confirmation = OrganisationConfirmation(
        id=new_id(),
        organisation_id=organisation_id,
        organisation_name=standing.organisation_name,
        year=year,
        person_id=writer.actor.person_id,
        person_name=writer.actor.name,
        confirmed_at=writer.now,
        late=is_late(standing.windows, writer.now),
        membership_page_url=membership_page_url,
    )
    await insert_value(writer.connection, organisation_confirmations, confirmation)
    writer.record(
        "organisation-confirmation.made",
        confirmation.id,
        organisation_id=organisation_id,
        person_id=str(confirmation.person_id),
        year=year,
        late=confirmation.late,
    )
    return confirmation


get_confirmation = confirmations.get
list_confirmations = confirmations.page
