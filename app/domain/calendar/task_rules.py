"""Which facts make which task (rulebook §5.5): tables of the tests hold each rule."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from app.domain.calendar.deadlines import day_of, last_day_before, last_day_of, state_of
from app.domain.calendar.task_facts import OwnOrganisation, OwnProposal, OwnWindow, TaskFacts, YearHours
from app.domain.calendar.task_matters import call_of
from app.domain.calendar.task_titles import title_of
from app.domain.calendar.tasks import Task, TaskCall, TaskKind, in_order, is_shown, task_of
from app.domain.organisations.organisations import Language

UNUSED_AHEAD = timedelta(days=30)
"""So long before the year's last change window hours are told to be going unused (rulebook §5.5)."""
MOST_NAMED = 100
"""Of waiting proposals in the body of a call."""


def tasks_of(facts: TaskFacts, language: Language, now: datetime) -> list[Task]:
    """What the person has to do, by the last days (rulebook §5.5)."""
    telling = _Telling(facts, language, now)
    tasks = [task for organisation in facts.organisations for task in telling.of_organisation(organisation)]
    tasks += telling.of_matters()
    if facts.is_staff:
        tasks += telling.of_staff()
    if not facts.holds_role:
        tasks.append(telling.of_nobody())
    return in_order(task for task in tasks if is_shown(task, now))


@dataclass(frozen=True)
class _Telling:
    facts: TaskFacts
    language: Language
    now: datetime

    def of_organisation(self, own: OwnOrganisation) -> Iterator[Task]:
        if "main_user" in own.roles:
            yield from self._proposals(own)
            yield from self._changes(own)
            yield from self._distributions(own)
            yield from self._confirmations(own)
        elif "unit_manager" in own.roles and own.units_propose:
            yield from self._units_proposals(own)
        if own.roles & {"main_user", "unit_manager", "training_manager"}:
            yield from self._statements(own)

    def of_matters(self) -> Iterator[Task]:
        for matter in self.facts.matters:
            last_day = last_day_before(matter.expires_at) if matter.expires_at else None
            yield self._task(
                matter.kind,
                matter.id,
                of=(matter.organisation_id, matter.organisation_name),
                days=(None, last_day),
                call=call_of(matter),
            )

    def of_staff(self) -> Iterator[Task]:
        yield from self._decisions()
        for request in self.facts.requests:
            yield self._task(
                "supplementary_request",
                request.id,
                of=(request.organisation_id, request.organisation_name),
                year=request.year,
                count=request.hours,
                call=TaskCall(
                    "POST", f"/v1/supplementary-hour-requests/{request.id}/decision", {"hours": request.hours}
                ),
            )
        for organisation in self.facts.without_main_user:
            yield self._task(
                "organisation_without_main_user",
                organisation.id,
                of=(organisation.id, organisation.name),
                call=TaskCall("GET", f"/v1/organisations/{organisation.id}"),
            )

    def of_nobody(self) -> Task:
        """Who is known and holds no role begins with applying for one (rulebook §5.5)."""
        body = {"role": "training_manager", "organisation_id": None}
        return self._task("role_to_apply_for", call=TaskCall("POST", "/v1/role-applications", body))

    def _proposals(self, own: OwnOrganisation) -> Iterator[Task]:
        """A centre's own in the round, and before it those of its units (rulebook §3.1)."""
        for window in self._rounds(self.facts.windows_of(own.id, "proposal_round")):
            year = window.hours_year
            if not own.is_member_in(year):
                continue
            proposal = self.facts.proposal_of(own.id, year)
            yield self._proposal("hour_proposal", own, window, proposal)
            waiting = self.facts.waiting_of(own.id, year)
            if waiting and (proposal is None or proposal.state in ("draft", "sent_back")):
                yield self._task(
                    "units_hour_proposals",
                    own.id,
                    year,
                    of=(own.id, own.name),
                    year=year,
                    window=window,
                    count=len(waiting),
                    call=TaskCall(
                        "POST",
                        f"/v1/hour-proposals/{proposal.id}/inclusions",
                        {"proposal_ids": [str(waiting_id) for waiting_id in waiting[:MOST_NAMED]]},
                    )
                    if proposal
                    else _making(own.id, year),
                )

    def _units_proposals(self, own: OwnOrganisation) -> Iterator[Task]:
        """In the centre's own days for its units, or where it has none in the round (rulebook §5.3)."""
        own_days = self.facts.windows_of(own.id, "unit_proposals")
        settled = {window.hours_year for window in own_days}
        rounds = [w for w in self.facts.windows_of(own.id, "proposal_round") if w.hours_year not in settled]
        for window in self._rounds([*own_days, *rounds]):
            if own.is_member_in(window.hours_year):
                proposal = self.facts.proposal_of(own.id, window.hours_year)
                yield self._proposal("unit_hour_proposal", own, window, proposal)

    def _proposal(self, kind: TaskKind, own: OwnOrganisation, window: OwnWindow, proposal: OwnProposal | None) -> Task:
        year = window.hours_year
        opens_on, closes_on = window.days.opens_on, last_day_of(window.days)
        if proposal and proposal.state == "sent_back" and proposal.answer_by:
            # It may be answered until then also after the window, which may have closed earlier (rulebook §3.1).
            opens_on, closes_on = None, max(proposal.answer_by, closes_on or date.min)
        if proposal and proposal.state in ("draft", "sent_back"):
            call = TaskCall("POST", f"/v1/hour-proposals/{proposal.id}/submission")
        elif proposal:
            call = TaskCall("GET", f"/v1/hour-proposals/{proposal.id}")
        else:
            call = _making(own.id, year)
        return self._task(
            kind,
            own.id,
            year,
            of=(own.id, own.name),
            year=year,
            days=(opens_on, closes_on),
            is_done=proposal is not None and proposal.state not in ("draft", "sent_back"),
            call=call,
        )

    def _changes(self, own: OwnOrganisation) -> Iterator[Task]:
        """The change windows, and hours that run out or go unused (rulebook §3.4)."""
        windows = [w for w in self.facts.windows_of(own.id, "change_window") if own.is_member_in(w.hours_year)]
        hours_of = {hours.year: hours for hours in self.facts.hours_of(own.id) if not hours.is_closed}
        told: set[UUID] = set()
        for year, hours in hours_of.items():
            ahead = sorted((w for w in windows if w.hours_year == year and not self._is_past(w)), key=_first_day)
            window = next(iter(ahead), None)
            reached = [p for p in self.facts.settings.running_out_percents if hours.percent_in_use >= p]
            if reached and hours.granted and year == day_of(self.now).year:
                yield self._running_out(own, hours, max(reached), window)
            elif window and len(ahead) == 1 and self._go_unused(hours, window):
                yield self._change(
                    "hours_going_unused",
                    own,
                    window,
                    TaskCall("POST", "/v1/hour-returns", _asking(own.id, year) | {"hours": hours.free}),
                )
            else:
                continue
            told |= {window.deadline_id} if window else set()
        for window in windows:
            # A window that is past is no task: nobody need have asked for anything.
            if window.deadline_id not in told and not self._is_past(window):
                body = _asking(own.id, window.hours_year) | {"hours": None, "grounds": None}
                yield self._change(
                    "change_window", own, window, TaskCall("POST", "/v1/supplementary-hour-requests", body)
                )

    def _running_out(self, own: OwnOrganisation, hours: YearHours, percent: int, window: OwnWindow | None) -> Task:
        """Without a window to come there is nothing to ask for: only to look at."""
        call = TaskCall("GET", f"/v1/organisations/{own.id}/hour-accounts/{hours.year}")
        if window:
            body = _asking(own.id, hours.year) | {"hours": None, "grounds": None}
            call = TaskCall("POST", "/v1/supplementary-hour-requests", body)
        return self._task(
            "hours_running_out",
            own.id,
            hours.year,
            percent,
            of=(own.id, own.name),
            year=hours.year,
            window=window,
            percent=hours.percent_in_use,
            is_done=window is not None and self._has_changed(own.id, window),
            call=call,
        )

    def _go_unused(self, hours: YearHours, window: OwnWindow) -> bool:
        is_near = _first_day(window) <= day_of(self.now) + UNUSED_AHEAD
        return is_near and hours.free > 0 and hours.percent_in_use < self.facts.settings.unused_percent

    def _change(self, kind: TaskKind, own: OwnOrganisation, window: OwnWindow, call: TaskCall) -> Task:
        return self._task(
            kind,
            own.id,
            window.deadline_id,
            of=(own.id, own.name),
            year=window.hours_year,
            window=window,
            is_done=self._has_changed(own.id, window),
            call=call,
        )

    def _has_changed(self, organisation_id: UUID, window: OwnWindow) -> bool:
        """Whether something was asked for or returned in the window."""
        last_day = last_day_of(window.days)
        return any(
            change.organisation_id == organisation_id
            and change.year == window.hours_year
            and state_of(window.days.opens_on, last_day, change.made_at) == "open"
            for change in self.facts.changes
        )

    def _distributions(self, own: OwnOrganisation) -> Iterator[Task]:
        """Until the end of January; leaving all in common is as good, so that it is never late (rulebook §5.5)."""
        for hours in self.facts.hours_of(own.id):
            last_day = date(hours.year, 1, 31)
            if own.has_units and hours.granted and not hours.is_closed and day_of(self.now) <= last_day:
                yield self._task(
                    "hour_distribution",
                    own.id,
                    hours.year,
                    of=(own.id, own.name),
                    year=hours.year,
                    days=(None, last_day),
                    is_done=hours.is_distributed,
                    call=TaskCall("PUT", f"/v1/organisations/{own.id}/hour-distribution/{hours.year}", {"units": []}),
                )

    def _statements(self, own: OwnOrganisation) -> Iterator[Task]:
        """Hours that are still reserved wait for their statements (rulebook §3.5)."""
        for hours in self.facts.hours_of(own.id):
            for window in self.facts.windows_of(own.id, "cost_statement", hours.year):
                if hours.in_use:
                    yield self._task(
                        "cost_statements",
                        own.id,
                        window.deadline_id,
                        of=(own.id, own.name),
                        year=hours.year,
                        window=window,
                        is_done=hours.reserved == 0,
                        call=TaskCall("GET", f"/v1/organisations/{own.id}/hour-accounts/{hours.year}"),
                    )

    def _confirmations(self, own: OwnOrganisation) -> Iterator[Task]:
        """Each main user's own, of the centre (rulebook §5.9)."""
        if own.id != own.central_organisation_id:
            return
        for window in self._rounds(self.facts.windows_of(own.id, "data_confirmation")):
            year = window.hours_year
            if own.is_member_in(year):
                yield self._task(
                    "data_confirmation",
                    own.id,
                    year,
                    self.facts.person_id,
                    of=(own.id, own.name),
                    year=year,
                    window=window,
                    is_done=(own.id, year) in self.facts.confirmed,
                    call=TaskCall("POST", "/v1/organisation-confirmations", _asking(own.id, year)),
                )

    def _decisions(self) -> Iterator[Task]:
        """All of a year are one task; what waits after the period is late (rulebook §5.5)."""
        windows = {window.hours_year: window for window in self._rounds(self.facts.windows_of(None, "decision_period"))}
        waiting = {each.year for each in self.facts.waiting if each.central_organisation_id is None}
        for year in sorted(windows.keys() | waiting):
            window = windows.get(year)
            count = len(self.facts.waiting_of(None, year))
            is_upcoming = window is not None and _first_day(window) > day_of(self.now)
            yield self._task(
                "hour_decisions",
                year,
                year=year,
                window=window,
                count=count,
                is_done=count == 0 and not is_upcoming,
                call=TaskCall("POST", "/v1/hour-decisions", {"year": year, "items": []}),
            )

    def _rounds(self, windows: Sequence[OwnWindow]) -> list[OwnWindow]:
        """Of each year's hours one: the window that is open or opens next, else the one that closed last."""
        chosen: dict[int, OwnWindow] = {}
        for window in sorted(windows, key=_first_day):
            before = chosen.get(window.hours_year)
            if before is None or self._is_past(before):
                chosen[window.hours_year] = window
        return list(chosen.values())

    def _is_past(self, window: OwnWindow) -> bool:
        return state_of(window.days.opens_on, last_day_of(window.days), self.now) == "closed"

    def _task(
        self,
        kind: TaskKind,
        *subject: object,
        call: TaskCall,
        of: tuple[UUID, str] | tuple[None, None] = (None, None),
        year: int | None = None,
        window: OwnWindow | None = None,
        days: tuple[date | None, date | None] = (None, None),
        is_done: bool = False,
        **parts: object,
    ) -> Task:
        opens_on, closes_on = (window.days.opens_on, last_day_of(window.days)) if window else days
        return task_of(
            kind,
            *subject,
            title=title_of(kind, self.language, organisation=of[1], year=year, **parts),
            call=call,
            now=self.now,
            organisation_id=of[0],
            organisation_name=of[1],
            year=year,
            opens_on=opens_on,
            closes_on=closes_on,
            is_done=is_done,
        )


def _first_day(window: OwnWindow) -> date:
    return window.days.opens_on or date.min


def _asking(organisation_id: UUID, year: int) -> dict[str, object]:
    return {"organisation_id": str(organisation_id), "year": year}


def _making(organisation_id: UUID, year: int) -> TaskCall:
    return TaskCall("POST", "/v1/hour-proposals", _asking(organisation_id, year) | {"lines": []})
