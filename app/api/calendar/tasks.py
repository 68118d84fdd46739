"""`/v1/me/tasks`."""

from uuid import UUID

from fastapi import APIRouter

from app.api.operations import PERSONAL, Operation
from app.api.paging import Page, Paging
from app.db.paging import Slice
from app.db.sessions import Reader
from app.domain.calendar.tasks import Task, TaskKind, TaskState
from app.services.calendar import tasks

router = APIRouter(prefix="/me/tasks", route_class=Operation, tags=["Me"])


@router.get("", response_model=Page[Task], openapi_extra=PERSONAL)
async def list_tasks(
    reader: Reader,
    page: Paging,
    kind: TaskKind | None = None,
    state: TaskState | None = None,
    organisation_id: UUID | None = None,
) -> Slice[Task]:
    """What you have to do now and next, by the last days, each with the call that does it (everybody)."""
    return await tasks.list_tasks(reader, page, kind=kind, state=state, organisation_id=organisation_id)
