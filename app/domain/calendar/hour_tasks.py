"""Tasks that follow from the hours of a year: to change and distribute them (rulebook §5.5)."""

from collections.abc import Iterator
from datetime import date, timedelta
from uuid import UUID

from app.domain.calendar.deadlines import day_of
from app.domain.calendar.task_facts import OwnOrganisation, OwnWindow, TaskFacts, YearHours
from app.domain.calendar.tasks import TaskCall, TaskDraft, TaskKind

UNUSED_AHEAD = timedelta(days=30)
"""How long before the year's last change window hours are reported as going unused (rulebook §5.5)."""


def change_tasks(facts: TaskFacts, own: OwnOrganisation) -> Iterator[TaskDraft]:
    """The change windows, and hours that run out or go unused (rulebook §3.4).

    A window that has closed is no task, because no change is compulsory.
    """
    windows = [
        window
        for window in facts.windows_of(own.id, "change_window")
        if own.is_member_in(window.hours_year) and window.state_at(facts.now) != "closed"
    ]
    covered: set[UUID] = set()
    for hours in facts.hours_of(own.id):
        if hours.is_closed:
            continue
        ahead = sorted((w for w in windows if w.hours_year == hours.year), key=lambda window: window.first_day)
        window = next(iter(ahead), None)
        reached = [percent for percent in facts.settings.running_out_percents if hours.percent_in_use >= percent]
        if reached and hours.granted and hours.year == day_of(facts.now).year:
            yield _running_out_task(facts, own, hours, max(reached), window)
        elif window and len(ahead) == 1 and _go_unused(facts, hours, window):
            body = {"organisation_id": str(own.id), "year": hours.year, "hours": hours.free}
            yield _change_task("hours_going_unused", facts, own, window, TaskCall("POST", "/v1/hour-returns", body))
        else:
            continue
        if window:
            covered.add(window.deadline_id)
    for window in windows:
        if window.deadline_id not in covered:
            yield _change_task("change_window", facts, own, window, _request(own.id, window.hours_year))


def distribution_tasks(facts: TaskFacts, own: OwnOrganisation) -> Iterator[TaskDraft]:
    """To distribute the hours by the end of January. The task is never late, because hours may stay common
    (rulebook §5.5)."""
    for hours in facts.hours_of(own.id):
        last_day = date(hours.year, 1, 31)
        if own.has_units and hours.granted and not hours.is_closed and day_of(facts.now) <= last_day:
            yield TaskDraft(
                kind="hour_distribution",
                subject=(own.id, hours.year),
                organisation=own,
                year=hours.year,
                days=(None, last_day),
                is_done=hours.is_distributed,
                call=TaskCall("PUT", f"/v1/organisations/{own.id}/hour-distribution/{hours.year}", {"units": []}),
            )


def _running_out_task(
    facts: TaskFacts, own: OwnOrganisation, hours: YearHours, percent: int, window: OwnWindow | None
) -> TaskDraft:
    """The task to request more hours, or, if no window is left in the year, to look at the account."""
    return TaskDraft(
        kind="hours_running_out",
        subject=(own.id, hours.year, percent),
        organisation=own,
        year=hours.year,
        days=window.days if window else (None, None),
        is_done=window is not None and _has_changed(facts, own.id, window),
        is_always_shown=True,
        title_facts={"percent": hours.percent_in_use},
        call=_request(own.id, hours.year) if window else _account(own.id, hours.year),
    )


def _change_task(
    kind: TaskKind, facts: TaskFacts, own: OwnOrganisation, window: OwnWindow, call: TaskCall
) -> TaskDraft:
    return TaskDraft(
        kind=kind,
        subject=(own.id, window.deadline_id),
        organisation=own,
        year=window.hours_year,
        days=window.days,
        is_done=_has_changed(facts, own.id, window),
        call=call,
    )


def _go_unused(facts: TaskFacts, hours: YearHours, window: OwnWindow) -> bool:
    is_near = window.first_day <= day_of(facts.now) + UNUSED_AHEAD
    return is_near and hours.free > 0 and hours.percent_in_use < facts.settings.unused_percent


def _has_changed(facts: TaskFacts, organisation_id: UUID, window: OwnWindow) -> bool:
    """Whether the organisation requested or returned hours in the window."""
    return any(
        change.organisation_id == organisation_id
        and change.year == window.hours_year
        and window.state_at(change.made_at) == "open"
        for change in facts.changes
    )


def _request(organisation_id: UUID, year: int) -> TaskCall:
    body = {"organisation_id": str(organisation_id), "year": year, "hours": None, "grounds": None}
    return TaskCall("POST", "/v1/supplementary-hour-requests", body)


def _account(organisation_id: UUID, year: int) -> TaskCall:
    return TaskCall("GET", f"/v1/organisations/{organisation_id}/hour-accounts/{year}")
