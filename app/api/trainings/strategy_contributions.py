"""`/v1/training-strategies/{id}/contributions`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from app.api.conventions import Read, Write
from app.api.operations import Operation
from app.api.paging import Page, Paging
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import Body, Line, Text
from app.db.paging import Slice
from app.domain.trainings.strategies import MOST_TOOK_PART, StrategyContribution, StrategySection
from app.services.trainings import strategy_contributions

router = APIRouter(
    prefix="/training-strategies/{strategy_id}/contributions", route_class=Operation, tags=["Training strategies"]
)


class StrategyContributionIn(Body):
    text: Text
    """Text of the contribution."""
    section: StrategySection | None = None
    """Section that the contribution is about. `null` if it is about the complete strategy."""
    took_part: Annotated[list[Line], Field(max_length=MOST_TOOK_PART, default_factory=list)]
    """People or bodies who took part in the discussion, for example a board."""


@router.post("", status_code=201, responses=refusing("wrong-state", "not-a-member"))
@operation(people_only=True, personal_data=True)
async def contribute_to_training_strategy(
    writer: Write, strategy_id: UUID, body: StrategyContributionIn
) -> StrategyContribution:
    """Add a contribution to a strategy.

    Adds to the discussion of a draft or of a strategy in force. A contribution is kept, cannot be changed, and does not
    change the strategy.

    **Who:** everyone with a role in the tree except observers, staff.
    """
    return await strategy_contributions.contribute(
        writer, strategy_id, text=body.text, section=body.section, took_part=body.took_part
    )


@router.get("", response_model=Page[StrategyContribution])
@operation(scope="trainings:read", personal_data=True)
async def list_training_strategy_contributions(
    reader: Read, page: Paging, strategy_id: UUID
) -> Slice[StrategyContribution]:
    """List the contributions to a strategy.

    The newest come first.

    **Who:** everyone who sees the strategy.
    """
    return await strategy_contributions.list_contributions(reader, page, strategy_id)


@router.get("/{contribution_id}")
@operation(scope="trainings:read", personal_data=True)
async def get_training_strategy_contribution(
    reader: Read, strategy_id: UUID, contribution_id: UUID
) -> StrategyContribution:
    """Get a contribution to a strategy.

    **Who:** everyone who sees the strategy.
    """
    return await strategy_contributions.get_contribution(reader, strategy_id, contribution_id)
