"""Corrections: make, get and list."""

from uuid import UUID

from app.db.hours.corrections import corrections, hour_corrections
from app.db.hours.ledger import post_transfers
from app.db.hours.pools import hold_pool
from app.db.hours.standing import get_standing_to_make
from app.db.hours.transfers import is_of_year
from app.db.identifiers import new_id
from app.db.sessions import Writer
from app.db.statements import row_of
from app.domain.access import check_not_own, check_staff
from app.domain.errors import NotFound
from app.domain.hours.corrections import HourCorrection, check_correction
from app.domain.hours.ledger import HourType, correction, facts_of
from app.domain.hours.standing import check_central


async def correct_hours(
    writer: Writer,
    *,
    organisation_id: UUID,
    year: int,
    hours: int,
    reason: str,
    corrects_transfer_id: UUID | None,
    hour_type: HourType,
) -> HourCorrection:
    standing = await get_standing_to_make(writer, organisation_id, year, pointer="/organisation_id")
    if corrects_transfer_id and not await is_of_year(
        writer.connection, corrects_transfer_id, organisation_id, year, hour_type
    ):
        raise NotFound(pointer="/corrects_transfer_id")
    check_staff(writer.actor)
    check_not_own(writer.actor, standing.place, ())
    check_central(standing.place)
    # While the pool is held nobody closes the year, which decides if free or lapsed hours are corrected.
    # The organisation's own side is counted by the ledger alone, after it has locked the balance.
    pool = await hold_pool(writer.connection, year, hour_type)
    check_correction(pool.available, hours)
    made = HourCorrection(
        id=new_id(),
        reference=standing.reference,
        organisation_id=organisation_id,
        organisation_name=standing.organisation_name,
        year=year,
        hours=hours,
        reason=reason,
        corrects_transfer_id=corrects_transfer_id,
        made_by=writer.actor.person_id,
        made_by_name=writer.actor.name,
        made_at=writer.now,
        hour_type=hour_type,
    )
    transfers = [correction(organisation_id, hours, year_is_closed=pool.state == "closed")]
    row = (hour_corrections, row_of(hour_corrections, made))
    await post_transfers(writer, year, "hour_correction", made.id, transfers, hour_type, row=row)
    writer.record(
        "hour-correction.made",
        made.id,
        organisation_id=organisation_id,
        reason=reason,
        **facts_of(hour_type, year=year, hours=hours),
    )
    return made


get_correction = corrections.get
list_corrections = corrections.page
