"""`/v1/rounds` and `/v1/organisations/{id}/unit-round`."""

from uuid import UUID

from fastapi import APIRouter

from app.api.conventions import Read
from app.api.operations import Operation, Tag
from app.api.paging import Page, Paging
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import Several, YearPath
from app.db.paging import Slice
from app.domain.hours.rounds import (
    Round,
    RoundItem,
    RoundState,
    RoundSummary,
    UnitRound,
    UnitRoundItem,
    UnitRoundState,
)
from app.services.hours import rounds

router = APIRouter(
    route_class=Operation,
    tags=[
        Tag("Rounds", "Who has proposed hours for a year, and what is decided, of central organisations and of units.")
    ],
)


@router.get("/rounds/{year}", responses=refusing("forbidden"))
@operation(scope="hours:read", computed=True)
async def get_round(reader: Read, year: YearPath) -> Round:
    """Get the round of a year.

    Counts the central organisations by state. Those that are members in the year are counted.

    **Who:** staff, auditors.
    """
    return await rounds.get_round(reader, year)


@router.get("/rounds/{year}/summary", responses=refusing("forbidden"))
@operation(scope="hours:read", computed=True)
async def get_round_summary(reader: Read, year: YearPath) -> RoundSummary:
    """Get the summary of a round.

    Compares the hours asked with the hours granted, by the size of what was asked, and counts the days from the last
    submission to the decision.

    **Who:** staff, auditors.
    """
    return await rounds.get_summary(reader, year)


@router.get("/rounds/{year}/organisations", response_model=Page[RoundItem], responses=refusing("forbidden"))
@operation(scope="hours:read")
async def list_round_organisations(
    reader: Read, page: Paging, year: YearPath, state: Several[RoundState] = None
) -> Slice[RoundItem]:
    """List the organisations of a round.

    Returns the central organisations by name, in Finnish order.

    **Who:** staff, auditors.
    """
    return await rounds.list_organisations(reader, page, year, state=state)


@router.get("/organisations/{organisation_id}/unit-round/{year}", responses=refusing("forbidden", "not-central"))
@operation(scope="hours:read", computed=True)
async def get_unit_round(reader: Read, organisation_id: UUID, year: YearPath) -> UnitRound:
    """Get the round of an organisation's units.

    Counts the units of a central organisation by state. Those that are active in the year are counted.

    **Who:** main users and observers of the central organisation, staff, auditors.
    """
    return await rounds.get_unit_round(reader, organisation_id, year)


@router.get(
    "/organisations/{organisation_id}/unit-round/{year}/units",
    response_model=Page[UnitRoundItem],
    responses=refusing("forbidden", "not-central"),
)
@operation(scope="hours:read")
async def list_unit_round_units(
    reader: Read, organisation_id: UUID, page: Paging, year: YearPath, state: Several[UnitRoundState] = None
) -> Slice[UnitRoundItem]:
    """List the units of a round.

    Returns the units by name, in Finnish order.

    **Who:** main users and observers of the central organisation, staff, auditors.
    """
    return await rounds.list_units(reader, page, organisation_id, year, state=state)
