"""`/v1/organisations/{id}/training-rules`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from app.api.conventions import Read, Replace
from app.api.operations import Operation, Tag
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import Body, Flag, Text
from app.api.trainings.topic_classes import TopicCode
from app.domain.organisations.organisations import OrganisationKind
from app.domain.organisations.training_rules import RoleApplications, TrainingRules
from app.domain.trainings.support_rules import Activity
from app.services.organisations import training_rules

router = APIRouter(
    prefix="/organisations/{organisation_id}/training-rules",
    route_class=Operation,
    tags=[
        Tag(
            "Training rules",
            "A central organisation's own rules for subsidised training courses and peer groups.",
        )
    ],
)
MOST_UNITS = 10_000


class TrainingRulesIn(Body):
    kinds: Annotated[list[OrganisationKind], Field(min_length=1, max_length=3)]
    units: Annotated[list[UUID], Field(max_length=MOST_UNITS)] | None = None
    applications: RoleApplications = "open"
    unit_managers_decide: Flag = False
    activities: Annotated[list[Activity], Field(min_length=1, max_length=2)] | None = None
    topics: Annotated[list[TopicCode], Field(min_length=1, max_length=200)] | None = None
    plans_through_main_user: Flag = False
    practice: Text | None = None


@router.put("", responses=refusing("precondition-required", "not-central"))
@operation(scope="organisations:write")
async def put_training_rules(writer: Replace, organisation_id: UUID, body: TrainingRulesIn) -> TrainingRules:
    """Set the training rules.

    Replaces the organisation's own rules for subsidised training courses and peer groups, which the service follows.
    `If-Match` is required if rules have been set before.

    **Who:** main users.
    """
    return await training_rules.put_rules(
        writer,
        organisation_id,
        kinds=body.kinds,
        units=body.units,
        applications=body.applications,
        unit_managers_decide=body.unit_managers_decide,
        activities=body.activities,
        topics=body.topics,
        plans_through_main_user=body.plans_through_main_user,
        practice=body.practice,
        expected=writer.expected,
    )


@router.get("")
@operation(scope="organisations:read")
async def get_training_rules(reader: Read, organisation_id: UUID) -> TrainingRules:
    """Get the training rules.

    Returns the rules that apply to the organisation, which are those of its central organisation.

    **Who:** everyone with a role, within their reach.
    """
    return await training_rules.get_rules(reader, organisation_id)
