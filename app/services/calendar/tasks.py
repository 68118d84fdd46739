"""Tasks: what the caller has to do."""

from uuid import UUID

from app.db.calendar.tasks import find_facts
from app.db.paging import PageRequest, Slice
from app.db.people.me import find_person
from app.db.sessions import Reader
from app.domain.calendar.task_rules import tasks_of
from app.domain.calendar.tasks import Task, TaskKind, TaskState, order_of
from app.domain.errors import NotFound


async def list_tasks(
    reader: Reader,
    page: PageRequest,
    *,
    kind: TaskKind | None,
    state: TaskState | None,
    organisation_id: UUID | None,
) -> Slice[Task]:
    """All are told anew for each page: they follow from the facts and the clock, and are few."""
    person = await find_person(reader.connection, reader.actor.person_id)
    if person is None:
        raise NotFound
    tasks = [
        task
        for task in tasks_of(await find_facts(reader, person.language), person.language, reader.now)
        if kind in (None, task.kind) and state in (None, task.state) and organisation_id in (None, task.organisation_id)
    ]
    rest = [task for task in tasks if page.after is None or order_of(task) > page.after]
    items = rest[: page.limit]
    next_key = order_of(items[-1]) if len(rest) > len(items) else None
    return Slice(items, next_key, len(tasks) if page.with_total else None)
