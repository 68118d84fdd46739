"""`/v1/references`."""

from fastapi import APIRouter

from app.api.conventions import Read
from app.api.operations import Operation, Tag
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import ReferencePath
from app.domain.hours.causes import Reference
from app.services.hours import references

router = APIRouter(
    prefix="/references",
    route_class=Operation,
    tags=[Tag("References", "Numbers such as `2024-0123`, by which people call what they have made or decided.")],
)


@router.get("/{reference}", responses=refusing("not-found"))
@operation(scope="hours:read")
async def get_reference(reader: Read, reference: ReferencePath) -> Reference:
    """Get the resource of a reference.

    Returns where it is read. Proposals, decisions, quotas, requests, returns, corrections, plans, cost statements and
    main-user applications share one series of numbers.

    **Who:** everyone with a role, within their reach.
    """
    return await references.get_reference(reader, reference)
