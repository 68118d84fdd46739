"""`/v1/organisations/{id}/training-rules`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from app.api.conventions import Read, Replace
from app.api.operations import Operation
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import Body, Flag, Text
from app.domain.organisations.organisations import OrganisationKind
from app.domain.organisations.training_rules import RoleApplications, TrainingRules
from app.services.organisations import training_rules

router = APIRouter(
    prefix="/organisations/{organisation_id}/training-rules", route_class=Operation, tags=["Training rules"]
)
MOST_UNITS = 10_000


class TrainingRulesIn(Body):
    kinds: Annotated[list[OrganisationKind], Field(min_length=1, max_length=3)]
    """Organisations of these kinds may run supported trainings."""
    units: Annotated[list[UUID], Field(max_length=MOST_UNITS)] | None = None
    """Of them only these with all below them; null is all."""
    applications: RoleApplications = "open"
    """Whether people may apply for the right of training manager, or are given it unasked alone."""
    unit_managers_decide: Flag = False
    """Whether a unit's managers too decide on applications for their unit."""
    practice: Text | None = None
    """The rest of the internal practice, in words."""


@router.put("", responses=refusing("precondition-required", "not-central"))
@operation(scope="organisations:write")
async def put_training_rules(writer: Replace, organisation_id: UUID, body: TrainingRulesIn) -> TrainingRules:
    """Say, as a whole, which own rules on supported trainings the service is to obey (main user).

    `If-Match` is required once they have been put.
    """
    return await training_rules.put_rules(
        writer,
        organisation_id,
        kinds=body.kinds,
        units=body.units,
        applications=body.applications,
        unit_managers_decide=body.unit_managers_decide,
        practice=body.practice,
        expected=writer.expected,
    )


@router.get("")
@operation(scope="organisations:read")
async def get_training_rules(reader: Read, organisation_id: UUID) -> TrainingRules:
    """The rules that hold for the organisation: its centre's (everybody within reach)."""
    return await training_rules.get_rules(reader, organisation_id)
