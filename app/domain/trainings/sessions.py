"""Sessions (kokoontumiskerrat) and the teaching hours (opetustunnit) that they make (rulebook §3.5, §4.2).

Sessions are times with any offset. Only elapsed time counts, so a night on which the clocks change gives the minutes
that it really had. Days are days in Finland.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from app.domain.calendar.deadlines import HELSINKI, day_of, days_out_of_range, last_day_before
from app.domain.errors import Fault, Invalid
from app.domain.lists import check_once
from app.domain.values import Shown

MINUTES_OF_HOUR = 45
"""Minutes of a teaching hour."""
LONGEST = timedelta(hours=24)


@dataclass(frozen=True)
class SessionPlace(Shown):
    name: str
    """Name of the place."""
    municipality: str | None
    """Code of the municipality, three digits. `null` if not given."""
    street: str | None
    """Street address. `null` if not given."""
    postal_code: str | None
    """Postal code. `null` if not given."""


@dataclass(frozen=True)
class TrainingSession(Shown):
    starts_at: datetime
    """When the session begins."""
    ends_at: datetime
    """When the session ends."""
    break_minutes: int
    """Minutes of breaks, which do not count as teaching."""
    parallel_groups: int
    """Number of groups taught at the same time, each by a trainer of its own."""
    places: list[SessionPlace]
    """Places of the session. Several places that are connected by video count once."""


@dataclass(frozen=True)
class HourBreakdown(Shown):
    """How the hours are calculated. Minutes count once for each parallel group."""

    gross_minutes: int
    """Minutes of all sessions, from beginning to end."""
    break_minutes: int
    """Minutes of breaks in all sessions."""
    net_minutes: int
    """Minutes of teaching: `gross_minutes` without `break_minutes`."""
    session_hours: int
    """Teaching hours of the sessions: `net_minutes` divided by 45 and rounded down once."""
    platform_hours: int
    """Teaching hours of self-study on a learning platform."""
    hours: int
    """Teaching hours in total."""


def breakdown_of(sessions: Sequence[TrainingSession], platform_hours: int) -> HourBreakdown:
    """Return the hours and the steps to them (rulebook §4.2)."""
    gross = sum(minutes_of(session) * session.parallel_groups for session in sessions)
    breaks = sum(session.break_minutes * session.parallel_groups for session in sessions)
    session_hours = (gross - breaks) // MINUTES_OF_HOUR
    return HourBreakdown(gross, breaks, gross - breaks, session_hours, platform_hours, session_hours + platform_hours)


def minutes_of(session: TrainingSession) -> int:
    """Return the elapsed minutes from beginning to end, breaks included."""
    # In UTC: two times of one zone are subtracted as if no clock ever changed.
    return (session.ends_at.astimezone(UTC) - session.starts_at.astimezone(UTC)) // timedelta(minutes=1)


def starts_on_of(sessions: Sequence[TrainingSession]) -> date | None:
    """Return the day of the first beginning. None without sessions."""
    start = first_start_of(sessions)
    return None if start is None else day_of(start)


def ends_on_of(sessions: Sequence[TrainingSession]) -> date | None:
    """Return the last day with a session. A session that ends at midnight ended the day before. None without any."""
    end = last_end_of(sessions)
    return None if end is None else last_day_before(end)


def in_finland(time: datetime) -> datetime:
    """Return the time with Finland's offset at that time. Two times in the hour that the clock repeats then differ,
    which they do not with a time zone. The first and last times that Python knows have no offset: they stay as they
    are."""
    try:
        return datetime.fromisoformat(time.astimezone(HELSINKI).isoformat())
    except OverflowError:
        return time


def days_of(sessions: Sequence[TrainingSession]) -> list[date]:
    """Return every day that a session touches, in order."""
    days = set[date]()
    for session in sessions:
        first, last = day_of(session.starts_at), last_day_before(session.ends_at)
        days |= {first + timedelta(days=day) for day in range((last - first).days + 1)}
    return sorted(days)


def first_start_of(sessions: Sequence[TrainingSession]) -> datetime | None:
    """Return when the first session begins, in UTC. None without sessions."""
    return min((session.starts_at.astimezone(UTC) for session in sessions), default=None)


def last_end_of(sessions: Sequence[TrainingSession]) -> datetime | None:
    """Return when the last session ends, in UTC. None without sessions."""
    return max((session.ends_at.astimezone(UTC) for session in sessions), default=None)


def check_sessions(sessions: Sequence[TrainingSession], year: int) -> None:
    """Check what no session may ever be, and that no two overlap: parallel teaching has `parallel_groups`.

    A session lies in the year, in whole minutes, and has at most 24 hours and some time after its breaks (rulebook
    §3.5). Raise Invalid with all errors.
    """
    if faults := _all_faults_of(sessions, year):
        raise Invalid(*faults)


def _all_faults_of(sessions: Sequence[TrainingSession], year: int) -> list[Fault]:
    faults, sound = [], []
    for index, session in enumerate(sessions):
        place = f"/sessions/{index}"
        of_session = [*_faults_of(session, year, place)]
        faults += of_session
        if not any(fault.pointer == f"{place}/ends_at" for fault in of_session):
            sound.append((session.starts_at.astimezone(UTC), session.ends_at.astimezone(UTC), place))
    return [*faults, *_overlaps(sorted(sound, key=lambda each: each[0]))]


def _faults_of(session: TrainingSession, year: int, place: str) -> Iterator[Fault]:
    starts_at, ends_at = session.starts_at, session.ends_at
    outside = [name for name in ("starts_at", "ends_at") if not -1 <= getattr(session, name).year - year <= 1]
    if outside:  # The first and last times that Python knows have no time in another zone.
        yield from (_other_year(f"{place}/{name}", year) for name in outside)
        if "ends_at" not in outside:
            yield _other_year(f"{place}/ends_at", year)
        return
    starts_at, ends_at = starts_at.astimezone(UTC), ends_at.astimezone(UTC)
    if starts_at.second or starts_at.microsecond:
        yield Fault(f"{place}/starts_at", "not-whole-minutes")
    elif day_of(starts_at).year != year:
        yield _other_year(f"{place}/starts_at", year)
    if ends_at.second or ends_at.microsecond:
        yield Fault(f"{place}/ends_at", "not-whole-minutes")
    elif ends_at <= starts_at:
        yield Fault(f"{place}/ends_at", "not-after-the-start")
    elif ends_at - starts_at > LONGEST:
        yield Fault(f"{place}/ends_at", "longer-than-a-day")
    elif last_day_before(ends_at).year != year:
        yield _other_year(f"{place}/ends_at", year)
    elif timedelta(minutes=session.break_minutes) >= ends_at - starts_at:
        yield Fault(f"{place}/break_minutes", "no-time-after-breaks")


def _other_year(pointer: str, year: int) -> Fault:
    return Fault(pointer, "not-in-the-year", {"year": year})


def _overlaps(sessions: Sequence[tuple[datetime, datetime, str]]) -> Iterator[Fault]:
    """An error for each session that begins before an earlier one has ended. They come by their beginnings."""
    running_until, running = None, ""
    for starts_at, ends_at, place in sessions:
        if running_until is not None and starts_at < running_until:
            yield Fault(f"{place}/starts_at", "overlaps-session", {"other": running})
        if running_until is None or ends_at > running_until:
            running_until, running = ends_at, place


def check_copyable(sessions: Sequence[TrainingSession], starts_on: Sequence[date]) -> None:
    """Check that a plan to be copied has sessions, which give its copies their days, and each day once (rulebook §3.5).

    Raise Invalid.
    """
    if not sessions:
        raise Invalid(Fault("/starts_on", "no-sessions"))
    check_once(starts_on, "/starts_on/{}")
    if faults := days_out_of_range(**{f"starts_on/{index}": day for index, day in enumerate(starts_on)}):
        raise Invalid(*faults)


def check_copies(copies: Sequence[Sequence[TrainingSession]], starts_on: Sequence[date]) -> None:
    """Check the sessions of each copy as those of a plan (rulebook §3.5). The request has none of them: an error, of
    each kind once, is in the day of the copy.

    Raise Invalid with all errors.
    """
    faults = []
    for index, (sessions, day) in enumerate(zip(copies, starts_on, strict=True)):
        facts = {fault.code: fault.facts for fault in _all_faults_of(sessions, day.year)}
        # `other` is the place of a session.
        faults += [
            Fault(f"/starts_on/{index}", code, {name: of[name] for name in of if name != "other"})
            for code, of in facts.items()
        ]
    if faults:
        raise Invalid(*faults)


def copied_sessions(sessions: Sequence[TrainingSession], starts_on: date) -> list[TrainingSession]:
    """Return the sessions moved so that the first begins on the day; each keeps its time of day in Finland.

    A time that the clock skips on its new day becomes the later one that it would have been an hour on. A session keeps
    its length instead of its time of the end, if it would otherwise end before it begins, have no time after its breaks
    or exceed 24 hours (rulebook §3.5).
    """
    first = starts_on_of(sessions)
    if first is None:
        return []
    days = starts_on - first
    return [_moved(session, days) for session in sessions]


def _moved(session: TrainingSession, days: timedelta) -> TrainingSession:
    starts_at, ends_at = _at_same_time(session.starts_at, days), _at_same_time(session.ends_at, days)
    if not timedelta(minutes=session.break_minutes) < ends_at - starts_at <= LONGEST:
        ends_at = starts_at + (session.ends_at.astimezone(UTC) - session.starts_at.astimezone(UTC))
    return replace(session, starts_at=starts_at, ends_at=ends_at)


def _at_same_time(instant: datetime, days: timedelta) -> datetime:
    """The same time of day so many days on, in UTC. In an hour that is repeated there it is the first of the two,
    unless it was the second of two before."""
    local = instant.astimezone(HELSINKI)
    # Days are added to the time on the clock. A skipped time has the offset from before the clock was moved.
    there = local + days
    first, second = (there.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    return max(first, second) if local.fold else first
