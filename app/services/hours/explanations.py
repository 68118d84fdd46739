"""Explanations of an account: get."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from app.db.hours.explanations import list_moved, list_pool_moved
from app.db.hours.references import list_cause_pages
from app.db.organisations.organisations import find_place
from app.db.sessions import Reader
from app.domain.access import check_reach, check_staff_or_auditor
from app.domain.hours.explanations import (
    AccountExplanation,
    ExplainedAccount,
    ExplanationStep,
    FreeAccount,
    Moved,
    PoolExplanation,
    available_of,
    pool_pages,
    steps_of,
)
from app.domain.hours.ledger import HourType
from app.texts.explanations import step_text


async def explain_account(
    reader: Reader, organisation_id: UUID, year: int, *, at: datetime | None, hour_type: HourType = "training"
) -> AccountExplanation:
    """The account under the organisation's present centre, as `get_account` has it."""
    place = check_reach(reader.actor, await find_place(reader.connection, organisation_id))
    central_id = place.central_organisation_id
    account: FreeAccount = "common" if place.is_central else "allotment"
    moved = await list_moved(reader.connection, central_id, organisation_id, account, year, at, hour_type)
    steps = await _steps_of(reader, account, year, moved)
    return AccountExplanation(organisation_id, year, account, steps, available_of(steps), hour_type)


async def explain_pool(reader: Reader, year: int, *, at: datetime | None) -> PoolExplanation:
    check_staff_or_auditor(reader.actor)
    steps = await _steps_of(reader, "pool", year, await list_pool_moved(reader.connection, year, at))
    return PoolExplanation(year, steps, available_of(steps))


async def _steps_of(
    reader: Reader, account: ExplainedAccount, year: int, moved: Sequence[Moved]
) -> list[ExplanationStep]:
    pages = await list_cause_pages(reader, {each.cause_id for each in moved})
    pools = pool_pages(reader.actor, moved)
    return steps_of(moved, [*pages, *pools], year, lambda kind, hours: step_text(account, kind, hours))
