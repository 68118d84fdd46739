"""`/v1/support-rules`."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field, Strict

from app.api.conventions import Read, Replace
from app.api.operations import Operation, Tag
from app.api.paging import Page, Paging
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import WHOLE, Body, Flag, YearPath
from app.db.paging import Slice
from app.domain.trainings.support_rules import ActivityRules, CostCategory, SupportRules
from app.services.trainings import support_rules

router = APIRouter(
    prefix="/support-rules",
    route_class=Operation,
    tags=[
        Tag(
            "Support rules",
            "What the study centre pays for a teaching hour in a year, and what it requires of courses and groups.",
        )
    ],
)


class ActivityRulesIn(Body):
    enabled: Flag
    rate_cents: Annotated[int, Strict(), Field(ge=0, le=100_000), WHOLE]
    share_percent: Annotated[int, Strict(), Field(ge=0, le=100), WHOLE]
    minimum_hours: Annotated[int, Strict(), Field(ge=1, le=10_000), WHOLE]
    maximum_hours: Annotated[int, Strict(), Field(ge=1, le=10_000), WHOLE] | None = None
    minimum_participants: Annotated[int, Strict(), Field(ge=1, le=1_000), WHOLE]
    minimum_age: Annotated[int, Strict(), Field(ge=0, le=100), WHOLE]
    earliest_months: Annotated[int, Strict(), Field(ge=0, le=24), WHOLE]
    latest_days: Annotated[int, Strict(), Field(ge=-366, le=366), WHOLE]
    statement_days: Annotated[int, Strict(), Field(ge=0, le=366), WHOLE]
    automatic_approval: Flag = False
    eligible_costs: Annotated[list[CostCategory], Field(min_length=1, max_length=14)]


class SupportRulesIn(Body):
    training: ActivityRulesIn
    peer_group: ActivityRulesIn


@router.get("", response_model=Page[SupportRules])
@operation(scope="trainings:read")
async def list_support_rules(reader: Read, page: Paging) -> Slice[SupportRules]:
    """List support rules.

    The latest year comes first. Years without rules of their own are left out.

    **Who:** everyone who has registered.
    """
    return await support_rules.list_rules(reader, page)


@router.get("/{year}")
@operation(scope="trainings:read")
async def get_support_rules(reader: Read, year: YearPath) -> SupportRules:
    """Get the support rules.

    A year without rules of its own has those of the latest earlier year, `inherited_from`, which are not confirmed for
    it.

    **Who:** everyone who has registered.
    """
    return await support_rules.get_rules(reader, year)


@router.put("/{year}", responses=refusing("precondition-required"))
@operation(people_only=True)
async def put_support_rules(writer: Replace, year: YearPath, body: SupportRulesIn) -> SupportRules:
    """Set the support rules.

    Replaces the rules of the year and confirms them. Cost statements that are decided later follow them; decisions
    that have been made do not change. `If-Match` is required if the year has rules of its own.

    **Who:** staff.
    """
    return await support_rules.put_rules(
        writer,
        year,
        training=ActivityRules(**body.training.model_dump()),
        peer_group=ActivityRules(**body.peer_group.model_dump()),
        expected=writer.expected,
    )
