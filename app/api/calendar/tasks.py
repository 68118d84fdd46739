"""`/v1/me/tasks`."""

from uuid import UUID

from fastapi import APIRouter

from app.api.conventions import PublicUrl, Read
from app.api.operations import Operation
from app.api.paging import Page, Paging
from app.api.security import operation
from app.api.shapes import Several
from app.db.paging import Slice
from app.domain.calendar.tasks import Task, TaskKind, TaskState
from app.services.calendar import tasks

router = APIRouter(prefix="/me/tasks", route_class=Operation, tags=["Me"])


@router.get("", response_model=Page[Task])
@operation(people_only=True, personal_data=True)
async def list_tasks(
    reader: Read,
    page: Paging,
    public_url: PublicUrl,
    kind: Several[TaskKind] = None,
    state: Several[TaskState] = None,
    organisation_id: Several[UUID] = None,
) -> Slice[Task]:
    """List your tasks.

    Shows what you have to do now and next, in the order of the last days. Each task has the request that does it.

    **Who:** everyone who has registered.
    """
    return await tasks.list_tasks(reader, page, public_url, kind=kind, state=state, organisation_id=organisation_id)
