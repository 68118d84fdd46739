"""Deadlines (määräpäivät) and the windows that they open: days in Finnish time (rulebook §5).

A day lasts from one midnight in Europe/Helsinki to the next, whether it has 23, 24 or 25 hours. A deadline is therefore
open or not by the Finnish day of a time, and no length of a day is used anywhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from operator import itemgetter
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from app.domain.access import Actor, Place, check_main_user, check_staff
from app.domain.errors import Fault, Invalid, NotFound, WindowClosed
from app.domain.values import Shown

HELSINKI = ZoneInfo("Europe/Helsinki")

FIRST_YEAR, LAST_YEAR = 2000, 2100

Kind = Literal[
    "proposal_round",
    "decision_period",
    "training_entry",
    "change_window",
    "cost_statement",
    "unit_proposals",
    "data_confirmation",
    "strategy_follow_up",
]
State = Literal["upcoming", "open", "closed"]
Method = Literal["GET", "POST", "PUT", "PATCH"]
DONE_AT: dict[Kind, tuple[Method, str]] = {
    "proposal_round": ("POST", "/v1/hour-proposals"),
    "unit_proposals": ("POST", "/v1/hour-proposals"),
    "decision_period": ("POST", "/v1/hour-decisions"),
    "training_entry": ("POST", "/v1/trainings"),
    "change_window": ("POST", "/v1/supplementary-hour-requests"),
    "cost_statement": ("POST", "/v1/cost-statements"),
    "data_confirmation": ("POST", "/v1/organisation-confirmations"),
    "strategy_follow_up": ("PUT", "/v1/training-strategies/{strategy_id}/follow-ups/{year}"),
}
"""The operation that each kind of deadline opens."""

# The difference between the year of the hours and the year of the calendar, by default (rulebook §5.1).
HOURS_YEAR_OFFSETS: dict[Kind, int] = {
    "proposal_round": 1,
    "unit_proposals": 1,
    "decision_period": 1,
    "training_entry": 1,
    "change_window": 0,
    "cost_statement": -1,
    "data_confirmation": 0,
    "strategy_follow_up": -1,
}


@dataclass(frozen=True, slots=True)
class Deadline(Shown):
    """Days of the calendar between which something may be done."""

    id: UUID
    year: int
    """Year of the calendar that the deadline belongs to."""
    kind: Kind
    """Kind of deadline, which decides what it opens."""
    hours_year: int
    """Year of the hours that the deadline concerns."""
    organisation_id: UUID | None
    """ID of the central organisation that set the deadline for its units. `null` if the deadline
    applies to everyone."""
    opens_on: date | None
    """First day, open from 00:00 in Europe/Helsinki. `null` if it is open until `closes_on`."""
    closes_on: date | None
    """Last day, open until 24:00 in Europe/Helsinki. `null` if it is open from `opens_on` on."""
    confirmed: bool
    """Whether the deadline has been confirmed. Unconfirmed deadlines are visible but have no effect."""
    note: str | None
    """Note shown with the deadline. `null` if there is none."""
    state: State
    """State calculated from the current time and the deadline's own days, without extensions."""
    irregular: bool = field(init=False, default=False)
    """Whether the days or the year of the hours do not fit the calendar. Such a deadline was made before there was a
    rule, stays in force, and is put right by its next change."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "irregular", bool(_faults_in_calendar(self)))


@dataclass(frozen=True, slots=True)
class Extension(Shown):
    """A later last day for one organisation and everything below it (lisäaika; rulebook §5.2)."""

    id: UUID
    deadline_id: UUID
    organisation_id: UUID
    """ID of the organisation that may act until the new last day, with everything below it."""
    closes_on: date
    """New last day, open until 24:00 in Europe/Helsinki."""
    reason: str
    """Reason for the extension."""
    made_by: UUID
    """ID of the staff member who granted the extension."""
    made_by_name: str | None
    made_at: datetime
    """When the extension was granted."""


@dataclass(frozen=True, slots=True)
class Window:
    """A confirmed deadline for one organisation, with the latest extension for the organisation or one above it."""

    opens_on: date | None
    closes_on: date | None
    extended_until: date | None = None


def day_of(now: datetime) -> date:
    """The day in Finland at that time."""
    return now.astimezone(HELSINKI).date()


def same_day_later(day: date, years: int) -> date:
    """The same day and month so many years later, or earlier. 29 February becomes 28 February."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def start_of(day: date) -> datetime:
    """The time at which the day begins in Finland. Clocks change at 3 and 4, so every day has one midnight."""
    return datetime.combine(day, time.min, HELSINKI)


def last_day_before(end: datetime) -> date:
    """The last day that begins before the end. If the end is a midnight, it is the day before."""
    return day_of(end - datetime.resolution)


def state_of(opens_on: date | None, closes_on: date | None, now: datetime) -> State:
    """The state on the day of `now` (rulebook §5.1)."""
    today = day_of(now)
    if opens_on is not None and today < opens_on:
        return "upcoming"
    if closes_on is not None and today > closes_on:
        return "closed"
    return "open"


def last_day_of(window: Window) -> date | None:
    """The organisation's own last day, with its extension. None if there is no end (rulebook §5.2)."""
    if window.closes_on is None or window.extended_until is None:
        return window.closes_on
    return max(window.closes_on, window.extended_until)


def is_open(window: Window, now: datetime) -> bool:
    """Whether the organisation may act in the window."""
    return state_of(window.opens_on, last_day_of(window), now) == "open"


def hours_year_of(kind: Kind, year: int) -> int:
    """The year of the hours that a deadline concerns by default (rulebook §5.1)."""
    return year + HOURS_YEAR_OFFSETS[kind]


def check_may_edit(actor: Actor, owner: Place | None) -> None:
    """Check that the caller is staff or, for a central organisation's own days, its main user (rulebook §2.2)."""
    if owner is None:
        check_staff(actor)
    else:
        check_main_user(actor, owner)


def check_deadline(
    kind: Kind, hours_year: int, organisation_id: UUID | None, opens_on: date | None, closes_on: date | None
) -> None:
    """Check the deadline by itself: its years, its beginning and end, and who may have it. Raise Invalid.

    Cost statements have a last day (rulebook §5.1). A central organisation has own days for its units, and no others
    (rulebook §5.3).
    """
    faults = []
    if not FIRST_YEAR <= hours_year <= LAST_YEAR:
        faults.append(_unknown_year("/hours_year"))
    faults += days_out_of_range(opens_on=opens_on, closes_on=closes_on)
    if closes_on is None and (opens_on is None or kind == "cost_statement"):
        faults.append(Fault("/closes_on", "required"))
    if opens_on is not None and closes_on is not None and closes_on < opens_on:
        faults.append(Fault("/closes_on", "before-opens-on", {"opens_on": opens_on}))
    if kind == "unit_proposals" and organisation_id is None:
        faults.append(Fault("/organisation_id", "required"))
    if kind != "unit_proposals" and organisation_id is not None:
        faults.append(Fault("/organisation_id", "none-required"))
    if faults:
        raise Invalid(*faults)


def check_in_calendar(deadline: Deadline, *, by_staff: bool) -> None:
    """Check that the days belong to the deadline's calendar, and that another year of the hours than usual has a note.

    The first day lies in the year of the calendar, the last one no later than at the end of the year after. Only staff
    set another year of the hours (rulebook §5.1). Raise Invalid.
    """
    faults = _faults_in_calendar(deadline)
    usual = hours_year_of(deadline.kind, deadline.year)
    if deadline.hours_year != usual and not by_staff:
        faults = [*(each for each in faults if each.pointer != "/note"), _other_hours("/hours_year", usual)]
    if faults:
        raise Invalid(*faults)


def _faults_in_calendar(deadline: Deadline) -> list[Fault]:
    faults = []
    opens_on, closes_on = deadline.opens_on, deadline.closes_on
    name, first = ("closes_on", closes_on) if opens_on is None else ("opens_on", opens_on)
    if first is not None and first.year != deadline.year:
        faults.append(Fault(f"/{name}", "not-in-the-calendar", {"year": deadline.year}))
    # Without a first day the last one has been looked at already.
    if opens_on is not None and closes_on is not None and closes_on > last_day_for(deadline.year):
        faults.append(_too_late(deadline.year))
    usual = hours_year_of(deadline.kind, deadline.year)
    if deadline.hours_year != usual and deadline.note is None:
        faults.append(_other_hours("/note", usual))
    return faults


def _too_late(year: int) -> Fault:
    return Fault("/closes_on", "after-the-next-year", {"latest": last_day_for(year)})


def _other_hours(pointer: str, usual: int) -> Fault:
    return Fault(pointer, "other-hours-year" if pointer == "/hours_year" else "note-for-the-year", {"usual": usual})


def last_day_for(year: int) -> date:
    """The latest last day of a deadline in the calendar of that year, also of an extension (rulebook §5.1)."""
    return date(year + 1, 12, 31)


def days_out_of_range(**days: date | None) -> list[Fault]:
    """A fault for each day that is outside the years of the service. The names of the days become pointers."""
    return [
        _unknown_year(f"/{name}")
        for name, day in days.items()
        if day is not None and not FIRST_YEAR <= day.year <= LAST_YEAR
    ]


def instants_out_of_range(**instants: datetime | None) -> list[Fault]:
    """The same as `days_out_of_range`, for times and their days in Finland."""
    return [
        _unknown_year(f"/{name}")
        for name, instant in instants.items()
        if instant is not None
        # The first and last times that Python knows have no time in Finland.
        and not (
            FIRST_YEAR - 1 <= instant.year <= LAST_YEAR + 1
            and FIRST_YEAR <= instant.astimezone(HELSINKI).year <= LAST_YEAR
        )
    ]


def _unknown_year(pointer: str) -> Fault:
    return Fault(pointer, "out-of-range", {"first_year": FIRST_YEAR, "last_year": LAST_YEAR})


def check_extension(year: int, deadline_closes_on: date | None, closes_on: date) -> None:
    """Check that the extension ends later than its deadline, which must have an end, and by the end of the year after
    that of the calendar (rulebook §5.1, §5.2). Raise Invalid."""
    if deadline_closes_on is None or closes_on <= deadline_closes_on:
        raise Invalid(Fault("/closes_on", "not-after-the-deadline", {"closes_on": deadline_closes_on}))
    if closes_on.year > LAST_YEAR:
        raise Invalid(_unknown_year("/closes_on"))
    if closes_on > last_day_for(year):
        raise Invalid(_too_late(year))


def check_concerns(owner_id: UUID | None, place: Place) -> None:
    """Check that a centre's own days are extended for its own tree (rulebook §5.2). Raise NotFound."""
    if owner_id not in (None, place.central_organisation_id):
        raise NotFound(pointer="/organisation_id")


def check_within_round(closes_on: date | None, rounds: Sequence[Window]) -> None:
    """Check that a centre's own days end no later than the round of the same hours, if there is one (rulebook §5.3)."""
    ends = [last_day_of(window) for window in rounds]
    bounds = [end for end in ends if end is not None]
    if not bounds or len(bounds) < len(ends):
        return
    if closes_on is None or closes_on > max(bounds):
        raise Invalid(Fault("/closes_on", "after-the-round", {"round_closes_on": max(bounds)}))


def next_opening(windows: Sequence[Window], now: datetime) -> dict[str, object] | None:
    """The days of the window that is open or opens next, and when it opens; None if there is none."""
    ahead = [window for window in windows if state_of(window.opens_on, last_day_of(window), now) != "closed"]
    if not ahead:
        return None
    window = min(ahead, key=lambda each: each.opens_on or date.min)
    return {
        "opens_on": window.opens_on,
        "closes_on": last_day_of(window),
        "opens_at": start_of(window.opens_on) if window.opens_on else None,
    }


def check_window_open(kind: Kind, windows: Sequence[Window], now: datetime) -> None:
    """Raise WindowClosed with the organisation's window that closed last and the one that opens next."""
    if any(is_open(window, now) for window in windows):
        return
    today = day_of(now)
    # No window is open, so each has an end in the past or a beginning in the future.
    past = [(end, window.opens_on) for window in windows if (end := last_day_of(window)) and end < today]
    coming = [(start, last_day_of(window)) for window in windows if (start := window.opens_on) and start > today]
    closed_on, opened_on = max(past, key=itemgetter(0), default=(None, None))
    opens_on, closes_on = min(coming, key=itemgetter(0), default=(None, None))
    raise WindowClosed(
        kind=kind,
        opened_on=opened_on,
        closed_on=closed_on,
        opens_on=opens_on,
        closes_on=closes_on,
        opens_at=start_of(opens_on) if opens_on else None,
        **({"ask": "main_user"} if kind == "unit_proposals" else {}),
    )


def units_windows_of(own_days: Sequence[Window], rounds: Sequence[Window]) -> Sequence[Window]:
    """Return when units propose: the centre's confirmed days for them or, without such days, the round (§5.3)."""
    return own_days or rounds


def check_units_window_open(own_days: Sequence[Window], rounds: Sequence[Window], now: datetime) -> None:
    """Check the days on which units propose (rulebook §5.3). Raise WindowClosed."""
    check_window_open("unit_proposals" if own_days else "proposal_round", units_windows_of(own_days, rounds), now)
