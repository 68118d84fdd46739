"""The tasks that follow from the facts (rulebook §5.5)."""

from collections.abc import Iterator

from app.domain.calendar.deadlines import day_of
from app.domain.calendar.hour_tasks import (
    change_tasks,
    distribution_tasks,
)
from app.domain.calendar.model_tasks import task_of_model
from app.domain.calendar.pending_actions import task_of_action
from app.domain.calendar.proposal_tasks import decision_tasks, proposal_tasks, unit_proposal_tasks
from app.domain.calendar.task_facts import OwnOrganisation, TaskFacts
from app.domain.calendar.tasks import (
    NamedOrganisation,
    Task,
    TaskCall,
    TaskDraft,
    TitleOf,
    in_order,
    is_shown,
    task_of,
)
from app.domain.calendar.training_tasks import task_of_training


def tasks_of(facts: TaskFacts, title_of: TitleOf) -> list[Task]:
    """What the person has to do, ordered by the last days (rulebook §5.5)."""
    shown = (draft for draft in _drafts_of(facts) if is_shown(draft, facts.now))
    return in_order(task_of(draft, title_of, facts.now) for draft in shown)


def _drafts_of(facts: TaskFacts) -> Iterator[TaskDraft]:
    for own in facts.organisations:
        yield from _organisation_tasks(facts, own)
    yield from map(task_of_action, facts.pending_actions)
    yield from map(task_of_training, facts.training_actions)
    yield from map(task_of_model, facts.model_actions)
    if facts.is_staff:
        yield from _staff_tasks(facts)
    if not facts.is_verified:
        yield TaskDraft(
            kind="email_verification",
            subject=(facts.person_id,),
            call=TaskCall("POST", "/v1/me/email-verification"),
        )
    if not facts.holds_role:
        body = {"role": "training_manager", "organisation_id": None}
        yield TaskDraft(kind="role_to_apply_for", call=TaskCall("POST", "/v1/role-applications", body))


def _organisation_tasks(facts: TaskFacts, own: OwnOrganisation) -> Iterator[TaskDraft]:
    if "main_user" in own.roles:
        yield from proposal_tasks(facts, own)
        yield from change_tasks(facts, own)
        yield from distribution_tasks(facts, own)
        yield from _confirmation_tasks(facts, own)
        yield from _follow_up_tasks(facts, own)
    elif "unit_manager" in own.roles and own.units_propose:
        yield from unit_proposal_tasks(facts, own)


def _confirmation_tasks(facts: TaskFacts, own: OwnOrganisation) -> Iterator[TaskDraft]:
    """Each main user confirms the data of the central organisation (rulebook §5.9)."""
    if own.id != own.central_organisation_id:
        return
    for window in facts.current_windows(facts.windows_of(own.id, "data_confirmation")):
        year = window.hours_year
        if own.is_member_in(year):
            body = {"organisation_id": str(own.id), "year": year}
            yield TaskDraft(
                kind="data_confirmation",
                subject=(own.id, year, facts.person_id),
                organisation=own,
                year=year,
                days=window.days,
                is_done=(own.id, year) in facts.confirmed,
                call=TaskCall("POST", "/v1/organisation-confirmations", body),
            )


def _follow_up_tasks(facts: TaskFacts, own: OwnOrganisation) -> Iterator[TaskDraft]:
    """The main users of an organisation with a training strategy in force follow up the years of it (rulebook §3.8)."""
    strategy = facts.strategy_of(own.id)
    if strategy is None or not own.is_member_on(day_of(facts.now)):
        return
    for window in facts.current_windows(facts.windows_of(own.id, "strategy_follow_up")):
        year = window.hours_year
        if strategy.has(year):
            body: dict[str, object] = {"summary": None, "targets": []}
            yield TaskDraft(
                kind="strategy_follow_up",
                subject=(strategy.id, year),
                organisation=own,
                year=year,
                days=window.days,
                is_done=year in strategy.followed_years,
                call=TaskCall("PUT", f"/v1/training-strategies/{strategy.id}/follow-ups/{year}", body),
            )


def _staff_tasks(facts: TaskFacts) -> Iterator[TaskDraft]:
    yield from decision_tasks(facts)
    for request in facts.requests:
        path = f"/v1/supplementary-hour-requests/{request.id}/decision"
        yield TaskDraft(
            kind="supplementary_request",
            subject=(request.id,),
            organisation=NamedOrganisation(request.organisation_id, request.organisation_name),
            year=request.year,
            reference=request.reference,
            title_facts={"count": request.hours},
            call=TaskCall("POST", path, {"hours": request.hours}),
        )
    if facts.mail_obstacle:
        yield TaskDraft(
            kind="mails_obstructed",
            title_facts={"obstacle": facts.mail_obstacle},
            call=TaskCall("GET", "/v1/mail-delivery"),
        )
    if facts.lacks_reader:
        body: dict[str, object] = {"person_ids": [], "reason": None}
        yield TaskDraft(
            kind="participant_readers_missing",
            call=TaskCall("PUT", "/v1/study-centre/participant-readers", body),
        )
    for organisation in facts.without_main_user:
        yield TaskDraft(
            kind="organisation_without_main_user",
            subject=(organisation.id,),
            organisation=organisation,
            call=TaskCall("GET", f"/v1/organisations/{organisation.id}"),
        )
