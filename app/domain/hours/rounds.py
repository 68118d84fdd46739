"""The proposal round (ehdotuskierros): who has proposed hours of a year, and what has been decided (rulebook §3.15)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from math import floor
from statistics import median
from typing import Literal
from uuid import UUID

from app.domain.calendar.deadlines import State, Window, day_of, is_open, last_day_of, state_of
from app.domain.hours.pools import HourPool
from app.domain.values import Shown

RoundState = Literal["not_begun", "draft", "submitted", "sent_back", "decided", "expired"]
UnitRoundState = Literal["not_begun", "draft", "submitted", "sent_back", "included", "decided", "expired"]
ASKED = ("submitted", "included", "decided")
"""States whose hours have been asked for."""
SIZES = ((0, 99), (100, 499), (500, 1_999), (2_000, None))
"""The fewest and the most hours asked in each size of organisations in a summary."""


@dataclass(frozen=True)
class RoundWindow(Shown):
    """Days in which proposals are submitted: the open window, or else the next or the last one."""

    opens_on: date | None
    """First day. `null` if the window is open until `closes_on`."""
    closes_on: date | None
    """Last day, with the central organisation's extension in its own round. `null` if there is no end."""
    state: State
    """State calculated from the current time."""
    days_left: int | None
    """Days in which proposals may still be submitted, today included. `null` if the window is not open or has no
    end."""


@dataclass(frozen=True)
class RoundPool(Shown):
    """Hour pool of the year."""

    hours: int
    """Hours that may be granted."""
    granted: int
    """Hours granted."""
    returned: int
    """Hours returned to the pool."""
    available: int
    """Hours still free to grant."""


@dataclass(frozen=True)
class StateCount(Shown):
    """Organisations in one state of the round."""

    organisations: int = 0
    """Number of organisations."""
    hours: int = 0
    """Sum of the hours of their proposals."""


@dataclass(frozen=True)
class RoundStates(Shown):
    """Organisations by their state in the round."""

    not_begun: StateCount
    """Those without a proposal that counts."""
    draft: StateCount
    """Those with a draft."""
    submitted: StateCount
    """Those with a submitted proposal."""
    sent_back: StateCount
    """Those whose proposal was sent back."""
    decided: StateCount
    """Those whose hours are decided."""
    expired: StateCount
    """Those whose proposal has expired."""


@dataclass(frozen=True)
class UnitRoundStates(RoundStates):
    """Units by their state in the round."""

    included: StateCount
    """Units whose proposal is included in that of the central organisation."""


@dataclass(frozen=True)
class Round(Shown):
    """Proposal round for the hours of a year."""

    year: int
    """Year of the hours."""
    window: RoundWindow | None
    """Days of the round. `null` if the calendar has none confirmed."""
    organisations: int
    """Central organisations that are members in the year."""
    asked: int
    """Sum of the hours of submitted and decided proposals."""
    decided_hours: int
    """Sum of the hours of the decisions."""
    pool: RoundPool
    """Hour pool of the year."""
    states: RoundStates
    """Organisations by their state in the round."""


@dataclass(frozen=True)
class UnitRound(Shown):
    """Proposal round of the units of a central organisation for the hours of a year."""

    organisation_id: UUID
    """ID of the central organisation."""
    year: int
    """Year of the hours."""
    window: RoundWindow | None
    """Days of the central organisation's own window for its units, or else of the round. `null` if neither is
    confirmed."""
    organisations: int
    """Units that are active in the year."""
    asked: int
    """Sum of the hours of submitted, included and decided proposals."""
    decided_hours: int
    """Sum of the hours allotted to units whose proposal is decided."""
    states: UnitRoundStates
    """Units by their state in the round."""


@dataclass(frozen=True)
class UnitRoundItem(Shown):
    """A unit in the round of its central organisation."""

    organisation_id: UUID
    organisation_name: str
    """Name of the organisation in Finnish."""
    state: UnitRoundState
    """State in the round."""
    hours: int | None
    """Sum of the hours of the proposal. `null` if no proposal counts."""
    proposal_id: UUID | None
    """ID of the proposal that gives the state. `null` if no proposal counts."""
    reference: str | None
    """Reference of the proposal. `null` if no proposal counts."""
    submitted_at: datetime | None
    """When the proposal was last submitted. `null` if it has not been submitted."""
    decision_id: UUID | None
    """ID of the central organisation's decision. `null` if the unit's proposal is not decided."""
    granted: int | None
    """Hours allotted to the unit. `null` if the unit's proposal is not decided."""


@dataclass(frozen=True)
class RoundItem(Shown):
    """Central organisation in the round."""

    organisation_id: UUID
    organisation_name: str
    """Name of the organisation in Finnish."""
    state: RoundState
    """State in the round."""
    hours: int | None
    """Sum of the hours of the proposal. `null` if no proposal counts."""
    proposal_id: UUID | None
    """ID of the proposal that gives the state. `null` if no proposal counts."""
    reference: str | None
    """Reference of the proposal. `null` if no proposal counts."""
    submitted_at: datetime | None
    """When the proposal was last submitted. `null` if it has not been submitted."""
    decision_id: UUID | None
    """ID of the decision. `null` if nothing is decided."""
    granted: int | None
    """Hours of the decision. `null` if nothing is decided."""


@dataclass(frozen=True)
class RoundDays(Shown):
    """Days from the last submission of a proposal to its decision."""

    median: int | None
    """Median, rounded down. `null` if no proposal has been decided."""
    most: int | None
    """Longest time. `null` if no proposal has been decided."""


@dataclass(frozen=True)
class RoundSize(Shown):
    """Central organisations by the hours that they asked."""

    fewest: int = field(metadata={"serialization_alias": "from"})
    """Fewest hours asked."""
    most: int | None = field(metadata={"serialization_alias": "until"})
    """Most hours asked. `null` if there is no limit."""
    organisations: int
    """Number of organisations."""
    asked: int
    """Sum of the hours asked."""
    granted: int
    """Sum of the hours granted to them."""
    met_per_mille: int | None
    """Hours granted for a thousand hours asked, rounded down. `null` if nothing was asked."""


@dataclass(frozen=True)
class RoundSummary(Shown):
    """What was asked and granted in a round."""

    asked: int
    """Sum of the hours of submitted and decided proposals."""
    granted: int
    """Sum of the hours of the decisions."""
    met_per_mille: int | None
    """Hours granted for a thousand hours asked, rounded down. `null` if nothing was asked."""
    days: RoundDays
    """Days from the last submission of a proposal to its decision."""
    sizes: list[RoundSize]
    """Organisations by the hours that they asked, the smallest first. One that asked nothing is in none."""


@dataclass(frozen=True)
class Outcome:
    """What an organisation asked in a round, and what it was granted."""

    state: RoundState
    hours: int | None
    granted: int | None
    submitted_at: datetime | None
    decided_at: datetime | None

    @property
    def asked(self) -> int:
        return (self.hours or 0) if self.state in ASKED else 0

    @property
    def days(self) -> int | None:
        """Days from the last submission to the decision. None if no proposal has been decided."""
        if self.submitted_at is None or self.decided_at is None:
            return None
        return (day_of(self.decided_at) - day_of(self.submitted_at)).days


@dataclass(frozen=True)
class Tally:
    """The organisations in one state, and their hours."""

    state: UnitRoundState
    organisations: int
    hours: int
    granted: int


def window_of(windows: Sequence[Window], now: datetime) -> RoundWindow | None:
    """The open window, else the next, else the last one."""
    if not windows:
        return None
    rank = {"open": 0, "upcoming": 1, "closed": 2}

    def order(window: Window) -> tuple[int, int]:
        state = state_of(window.opens_on, last_day_of(window), now)
        day = window.opens_on if state == "upcoming" else last_day_of(window)
        ordinal = (day or date.max).toordinal()
        return rank[state], -ordinal if state == "closed" else ordinal

    window = min(windows, key=order)
    last = last_day_of(window)
    left = (last - day_of(now)).days + 1 if last is not None and is_open(window, now) else None
    return RoundWindow(window.opens_on, last, state_of(window.opens_on, last, now), left)


def round_of(year: int, windows: Sequence[Window], pool: HourPool, tallies: Iterable[Tally], now: datetime) -> Round:
    counted = {tally.state: tally for tally in tallies}
    return Round(
        year=year,
        window=window_of(windows, now),
        organisations=_organisations(counted.values()),
        asked=_asked(counted.values()),
        decided_hours=_decided(counted.values()),
        pool=RoundPool(pool.hours, pool.granted, pool.returned, pool.available),
        states=RoundStates(**{name: _count(counted.get(name)) for name in _names(RoundStates)}),
    )


def unit_round_of(
    organisation_id: UUID, year: int, windows: Sequence[Window], tallies: Iterable[Tally], now: datetime
) -> UnitRound:
    counted = {tally.state: tally for tally in tallies}
    return UnitRound(
        organisation_id=organisation_id,
        year=year,
        window=window_of(windows, now),
        organisations=_organisations(counted.values()),
        asked=_asked(counted.values()),
        decided_hours=_decided(counted.values()),
        states=UnitRoundStates(**{name: _count(counted.get(name)) for name in _names(UnitRoundStates)}),
    )


def summary_of(outcomes: Sequence[Outcome]) -> RoundSummary:
    asked, granted = _sums(outcomes)
    days = [each.days for each in outcomes if each.days is not None]
    return RoundSummary(
        asked=asked,
        granted=granted,
        met_per_mille=_per_mille(granted, asked),
        days=RoundDays(floor(median(days)), max(days)) if days else RoundDays(None, None),
        sizes=[_size(outcomes, *size) for size in SIZES],
    )


def _size(outcomes: Sequence[Outcome], fewest: int, most: int | None) -> RoundSize:
    within = [each for each in outcomes if each.asked and fewest <= each.asked and (most is None or each.asked <= most)]
    asked, granted = _sums(within)
    return RoundSize(fewest, most, len(within), asked, granted, _per_mille(granted, asked))


def _sums(outcomes: Sequence[Outcome]) -> tuple[int, int]:
    return sum(each.asked for each in outcomes), sum(each.granted or 0 for each in outcomes)


def _per_mille(granted: int, asked: int) -> int | None:
    return granted * 1000 // asked if asked else None


def _names(states: type[RoundStates]) -> Sequence[UnitRoundState]:
    return list(states.__dataclass_fields__)  # type: ignore[arg-type]  # The fields are the states.


def _count(tally: Tally | None) -> StateCount:
    return StateCount(tally.organisations, tally.hours) if tally else StateCount()


def _organisations(tallies: Iterable[Tally]) -> int:
    return sum(tally.organisations for tally in tallies)


def _asked(tallies: Iterable[Tally]) -> int:
    return sum(tally.hours for tally in tallies if tally.state in ASKED)


def _decided(tallies: Iterable[Tally]) -> int:
    return sum(tally.granted for tally in tallies)
