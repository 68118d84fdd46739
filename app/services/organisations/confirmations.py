"""Yearly confirmations: confirm, look."""

from uuid import UUID

from app.db.hours.standing import get_standing
from app.db.identifiers import new_id
from app.db.organisations.confirmations import find, listing, organisation_confirmations
from app.db.organisations.organisations import find_place
from app.db.paging import PageRequest, Slice
from app.db.sessions import Reader, Writer
from app.db.statements import insert_row, row_of
from app.domain.access import check_main_user, check_person, check_reach
from app.domain.errors import NotFound
from app.domain.hours.standing import check_central
from app.domain.organisations.confirmations import OrganisationConfirmation, check_begun, is_late
from app.domain.organisations.membership import check_member_in


async def confirm_organisation(writer: Writer, *, organisation_id: UUID, year: int) -> OrganisationConfirmation:
    """Once a year by each main user: the database refuses the second."""
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
        confirmed_at=writer.now,
        late=is_late(standing.windows, writer.now),
    )
    await insert_row(writer.connection, organisation_confirmations, **row_of(organisation_confirmations, confirmation))
    writer.record(
        "organisation-confirmation.made",
        confirmation.id,
        organisation_id=organisation_id,
        person_id=str(confirmation.person_id),
        year=year,
        late=confirmation.late,
    )
    return confirmation


async def get_confirmation(reader: Reader, confirmation_id: UUID) -> OrganisationConfirmation:
    confirmation = await find(reader.connection, confirmation_id)
    if confirmation is None:
        raise NotFound
    check_reach(reader.actor, await find_place(reader.connection, confirmation.organisation_id))
    return confirmation


async def list_confirmations(
    reader: Reader,
    page: PageRequest,
    *,
    organisation_id: UUID | None,
    under: UUID | None,
    year: int | None,
    person_id: UUID | None,
) -> Slice[OrganisationConfirmation]:
    return await listing.page(
        reader,
        page,
        organisation_id=organisation_id,
        under=under,
        year=year,
        person_id=person_id,
    )
