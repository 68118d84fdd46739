"""Tasks: what the caller has to do."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from uuid import UUID

from app.db.calendar.task_facts import find_task_facts
from app.db.paging import PageRequest, Slice
from app.db.people.me import find_person
from app.db.sessions import Reader
from app.delivery.links import link_to
from app.domain.calendar.task_rules import tasks_of
from app.domain.calendar.tasks import Task, TaskKind, TaskState, order_of
from app.domain.errors import NotFound
from app.texts.calendar import task_title


async def list_tasks(
    reader: Reader,
    page: PageRequest,
    public_url: str | None,
    *,
    kind: Sequence[TaskKind] | None,
    state: Sequence[TaskState] | None,
    organisation_id: Sequence[UUID] | None,
) -> Slice[Task]:
    """A page of all tasks, which are few: each page computes them from the facts and the clock."""
    person = await find_person(reader.connection, reader.actor.person_id)
    if person is None:
        raise NotFound
    facts = await find_task_facts(reader, person)
    tasks = [
        task
        for task in tasks_of(facts, partial(task_title, person.language))
        if (kind is None or task.kind in kind)
        and (state is None or task.state in state)
        and (organisation_id is None or task.organisation_id in organisation_id)
    ]
    rest = [task for task in tasks if page.after is None or order_of(task) > page.after]
    items = [replace(task, link=link_to(public_url, task.call.method, task.call.path)) for task in rest[: page.limit]]
    next_key = order_of(items[-1]) if len(rest) > len(items) else None
    return Slice(items, next_key, len(tasks) if page.with_total else None, person.language)
