"""Tasks of the proposal round: to propose, to include the units' proposals and to decide (rulebook §5.5)."""

from collections.abc import Iterator
from datetime import date
from uuid import UUID

from app.domain.calendar.deadlines import day_of
from app.domain.calendar.task_facts import OwnOrganisation, OwnProposal, OwnWindow, TaskFacts
from app.domain.calendar.tasks import TaskCall, TaskDraft, TaskKind

MOST_NAMED = 100
"""How many waiting proposals the body of a call names."""


def proposal_tasks(facts: TaskFacts, own: OwnOrganisation) -> Iterator[TaskDraft]:
    """The centre's own proposal in the round, and the units' proposals to include before it (rulebook §3.1)."""
    for window in facts.current_windows(facts.windows_of(own.id, "proposal_round")):
        year = window.hours_year
        if not own.is_member_in(year):
            continue
        proposal = facts.proposal_of(own.id, year)
        yield _proposal_task("hour_proposal", own, window, proposal)
        waiting = facts.waiting_of(own.id, year)
        if waiting and _is_unfinished(proposal):
            yield TaskDraft(
                kind="units_hour_proposals",
                subject=(own.id, year),
                organisation=own,
                year=year,
                days=window.days,
                title_facts={"count": len(waiting)},
                call=TaskCall(
                    "POST",
                    f"/v1/hour-proposals/{proposal.id}/inclusions",
                    {"proposal_ids": [str(waiting_id) for waiting_id in waiting[:MOST_NAMED]]},
                )
                if proposal
                else _creation(own.id, year),
            )


def unit_proposal_tasks(facts: TaskFacts, own: OwnOrganisation) -> Iterator[TaskDraft]:
    """The unit's proposal, in the centre's days for its units or, without such days, in the round (rulebook §5.3)."""
    own_days = facts.windows_of(own.id, "unit_proposals")
    settled = {window.hours_year for window in own_days}
    rounds = [w for w in facts.windows_of(own.id, "proposal_round") if w.hours_year not in settled]
    for window in facts.current_windows([*own_days, *rounds]):
        if own.is_member_in(window.hours_year):
            yield _proposal_task("unit_hour_proposal", own, window, facts.proposal_of(own.id, window.hours_year))


def decision_tasks(facts: TaskFacts) -> Iterator[TaskDraft]:
    """One task for all decisions of a year, as long as proposals wait. After the period it is late (rulebook §5.5)."""
    periods = facts.current_windows(facts.windows_of(None, "decision_period"))
    period_of = {window.hours_year: window for window in periods}
    waiting = {each.year for each in facts.waiting if each.central_organisation_id is None}
    for year in sorted(period_of.keys() | waiting):
        period = period_of.get(year)
        count = len(facts.waiting_of(None, year))
        is_upcoming = period is not None and period.first_day > day_of(facts.now)
        yield TaskDraft(
            kind="hour_decisions",
            subject=(year,),
            year=year,
            days=period.days if period else (None, None),
            is_done=count == 0 and not is_upcoming,
            is_always_shown=count > 0,
            title_facts={"count": count},
            # Staff prepare them in a plan, which also works where two people decide.
            call=TaskCall("POST", "/v1/decision-plans", {"year": year, "name": str(year), "kind": "round"}),
        )


def _proposal_task(kind: TaskKind, own: OwnOrganisation, window: OwnWindow, proposal: OwnProposal | None) -> TaskDraft:
    opens_on, closes_on = window.days
    if proposal and proposal.state == "sent_back" and proposal.answer_by:
        # It may be answered until then also after the window, which may have closed earlier (rulebook §3.1).
        opens_on, closes_on = None, max(proposal.answer_by, closes_on or date.min)
    if proposal is None:
        call = _creation(own.id, window.hours_year)
    elif proposal.is_decision:
        call = TaskCall("GET", f"/v1/organisations/{own.id}/hour-accounts/{window.hours_year}")
    elif _is_unfinished(proposal):
        call = TaskCall("POST", f"/v1/hour-proposals/{proposal.id}/submission")
    else:
        call = TaskCall("GET", f"/v1/hour-proposals/{proposal.id}")
    return TaskDraft(
        kind=kind,
        subject=(own.id, window.hours_year),
        organisation=own,
        year=window.hours_year,
        reference=proposal.reference if proposal else None,
        days=(opens_on, closes_on),
        is_done=not _is_unfinished(proposal),
        call=call,
    )


def _is_unfinished(proposal: OwnProposal | None) -> bool:
    return proposal is None or proposal.state in ("draft", "sent_back")


def _creation(organisation_id: UUID, year: int) -> TaskCall:
    return TaskCall("POST", "/v1/hour-proposals", {"organisation_id": str(organisation_id), "year": year, "lines": []})
