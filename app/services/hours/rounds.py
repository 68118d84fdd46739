"""Rounds: how that of the study centre and those of central organisations stand."""

from collections.abc import Sequence
from uuid import UUID

from app.db.hours import rounds
from app.db.hours.pools import find_pool
from app.db.hours.standing import find_windows, get_standing
from app.db.paging import PageRequest, Slice
from app.db.sessions import Reader
from app.domain.access import check_role, check_staff_or_auditor
from app.domain.calendar.deadlines import units_windows_of
from app.domain.hours.rounds import (
    Round,
    RoundItem,
    RoundState,
    RoundSummary,
    UnitRound,
    UnitRoundItem,
    UnitRoundState,
    round_of,
    summary_of,
    unit_round_of,
)
from app.domain.hours.standing import Standing, check_central


async def get_round(reader: Reader, year: int) -> Round:
    check_staff_or_auditor(reader.actor)
    windows = await rounds.list_windows(reader.connection, year)
    pool = await find_pool(reader.connection, year)
    tallies = await rounds.count_centrals(reader.connection, year)
    return round_of(year, windows, pool, tallies, reader.now)


async def get_summary(reader: Reader, year: int) -> RoundSummary:
    check_staff_or_auditor(reader.actor)
    return summary_of(await rounds.list_outcomes(reader.connection, year))


async def list_organisations(
    reader: Reader, page: PageRequest, year: int, *, state: Sequence[RoundState] | None
) -> Slice[RoundItem]:
    check_staff_or_auditor(reader.actor)
    return await rounds.central_listing.page(reader, page, year=year, state=state)


async def get_unit_round(reader: Reader, organisation_id: UUID, year: int) -> UnitRound:
    standing = await _permitted(reader, organisation_id, year)
    round_days = await find_windows(reader.connection, organisation_id, year, "proposal_round")
    tallies = await rounds.count_units(reader.connection, organisation_id, year)
    windows = units_windows_of(standing.windows, round_days)
    return unit_round_of(organisation_id, year, windows, tallies, reader.now)


async def list_units(
    reader: Reader, page: PageRequest, organisation_id: UUID, year: int, *, state: Sequence[UnitRoundState] | None
) -> Slice[UnitRoundItem]:
    await _permitted(reader, organisation_id, year)
    return await rounds.unit_listing.page(reader, page, year=year, central_organisation_id=organisation_id, state=state)


async def _permitted(reader: Reader, organisation_id: UUID, year: int) -> Standing:
    standing = await get_standing(reader, organisation_id, year, "unit_proposals")
    check_role(reader.actor, standing.place, "main_user", "observer", "staff", "auditor")
    check_central(standing.place)
    return standing
