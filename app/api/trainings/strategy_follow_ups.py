"""`/v1/training-strategies/{id}/follow-ups`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from app.api.conventions import Read, Replace
from app.api.operations import Operation
from app.api.paging import Page, Paging
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import Body, Text, YearPath
from app.db.paging import Slice
from app.domain.trainings.strategies import MOST_TARGETS
from app.domain.trainings.strategy_follow_ups import StrategyFollowUp
from app.services.trainings import strategy_follow_ups

router = APIRouter(
    prefix="/training-strategies/{strategy_id}/follow-ups", route_class=Operation, tags=["Training strategies"]
)


class FollowedTargetIn(Body):
    target_id: UUID
    """ID of a target of the strategy."""
    learned: Text | None = None
    """Lesson learned. `null` if nothing is written."""


class StrategyFollowUpIn(Body):
    summary: Text
    targets: Annotated[list[FollowedTargetIn], Field(max_length=MOST_TARGETS, default_factory=list)]
    """Lessons learned about the targets. The response has all targets."""


@router.put("/{year}", responses=refusing("precondition-required", "wrong-state", "not-a-member"))
@operation(scope="trainings:write")
async def put_training_strategy_follow_up(
    writer: Replace, strategy_id: UUID, year: YearPath, body: StrategyFollowUpIn
) -> StrategyFollowUp:
    """Set the follow-up of a year.

    Copies the figures of the targets from the statistics of today. Figures that the statistics hide are `null`. Needs a
    year of the strategy that has begun, and `If-Match` if the year has been followed up before.

    **Who:** main users.
    """
    return await strategy_follow_ups.put_follow_up(
        writer,
        strategy_id,
        year,
        summary=body.summary,
        learned=[(target.target_id, target.learned) for target in body.targets],
        expected=writer.expected,
    )


@router.get("", response_model=Page[StrategyFollowUp])
@operation(scope="trainings:read", personal_data=True)
async def list_training_strategy_follow_ups(reader: Read, page: Paging, strategy_id: UUID) -> Slice[StrategyFollowUp]:
    """List the follow-ups of a strategy.

    The latest year comes first.

    **Who:** everyone who sees the strategy.
    """
    return await strategy_follow_ups.list_follow_ups(reader, page, strategy_id)


@router.get("/{year}")
@operation(scope="trainings:read", personal_data=True)
async def get_training_strategy_follow_up(reader: Read, strategy_id: UUID, year: YearPath) -> StrategyFollowUp:
    """Get the follow-up of a year.

    Returns the targets and their figures as they were when the year was followed up.

    **Who:** everyone who sees the strategy.
    """
    return await strategy_follow_ups.get_follow_up(reader, strategy_id, year)
