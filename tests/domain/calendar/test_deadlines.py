"""Windows at every edge, to the second, and the facts of a refusal (rulebook §5)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.domain.calendar.deadlines import (
    HELSINKI,
    Deadline,
    Kind,
    State,
    Window,
    check_deadline,
    check_extension,
    check_in_calendar,
    check_units_window_open,
    check_window_open,
    check_within_round,
    day_of,
    hours_year_of,
    is_open,
    last_day_of,
    start_of,
    state_of,
)
from app.domain.errors import Invalid, WindowClosed


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("opens_on", "closes_on", "now", "state"),
    [
        # In winter Finland is 2 hours ahead of UTC: 13.3. begins at 22:00 on the 12th.
        (date(2023, 3, 13), date(2023, 3, 25), "2023-03-12T21:59:59.999999", "upcoming"),
        (date(2023, 3, 13), date(2023, 3, 25), "2023-03-12T22:00:00", "open"),
        (date(2023, 3, 13), date(2023, 3, 25), "2023-03-25T21:59:59.999999", "open"),
        (date(2023, 3, 13), date(2023, 3, 25), "2023-03-25T22:00:00", "closed"),
        # 26.3.2023 has 23 hours: from 22:00 to 21:00, for from its fourth hour on Finland is 3 hours ahead.
        (date(2023, 3, 26), date(2023, 3, 26), "2023-03-25T21:59:59", "upcoming"),
        (date(2023, 3, 26), date(2023, 3, 26), "2023-03-25T22:00:00", "open"),
        (date(2023, 3, 26), date(2023, 3, 26), "2023-03-26T00:59:59", "open"),
        (date(2023, 3, 26), date(2023, 3, 26), "2023-03-26T01:00:00", "open"),
        (date(2023, 3, 26), date(2023, 3, 26), "2023-03-26T20:59:59", "open"),
        (date(2023, 3, 26), date(2023, 3, 26), "2023-03-26T21:00:00", "closed"),
        # In summer 3 hours ahead: 14.8. begins at 21:00 on the 13th.
        (date(2023, 8, 14), date(2023, 8, 25), "2023-08-13T20:59:59", "upcoming"),
        (date(2023, 8, 14), date(2023, 8, 25), "2023-08-13T21:00:00", "open"),
        (date(2023, 8, 14), date(2023, 8, 25), "2023-08-25T20:59:59", "open"),
        (date(2023, 8, 14), date(2023, 8, 25), "2023-08-25T21:00:00", "closed"),
        # 29.10.2023 has 25 hours: from 21:00 to 22:00.
        (date(2023, 10, 29), date(2023, 10, 29), "2023-10-28T20:59:59", "upcoming"),
        (date(2023, 10, 29), date(2023, 10, 29), "2023-10-28T21:00:00", "open"),
        (date(2023, 10, 29), date(2023, 10, 29), "2023-10-29T21:59:59", "open"),
        (date(2023, 10, 29), date(2023, 10, 29), "2023-10-29T22:00:00", "closed"),
        # A round across the change: begins 3 hours ahead, ends 2 hours ahead.
        (date(2023, 10, 1), date(2023, 11, 30), "2023-09-30T20:59:59", "upcoming"),
        (date(2023, 10, 1), date(2023, 11, 30), "2023-09-30T21:00:00", "open"),
        (date(2023, 10, 1), date(2023, 11, 30), "2023-11-30T21:59:59", "open"),
        (date(2023, 10, 1), date(2023, 11, 30), "2023-11-30T22:00:00", "closed"),
        # The year's end comes 2 hours before that of UTC.
        (date(2023, 12, 31), date(2023, 12, 31), "2023-12-30T22:00:00", "open"),
        (date(2023, 12, 31), date(2023, 12, 31), "2023-12-31T21:59:59", "open"),
        (date(2023, 12, 31), date(2023, 12, 31), "2023-12-31T22:00:00", "closed"),
        (date(2024, 1, 1), date(2024, 1, 1), "2023-12-31T21:59:59", "upcoming"),
        (date(2024, 1, 1), date(2024, 1, 1), "2023-12-31T22:00:00", "open"),
        # A leap day.
        (date(2024, 2, 29), date(2024, 2, 29), "2024-02-29T21:59:59", "open"),
        (date(2024, 2, 29), date(2024, 2, 29), "2024-02-29T22:00:00", "closed"),
        # Without a first day open until the last; without a last day open from the first on.
        (None, date(2023, 1, 18), "2001-01-01T00:00:00", "open"),
        (None, date(2023, 1, 18), "2023-01-18T21:59:59", "open"),
        (None, date(2023, 1, 18), "2023-01-18T22:00:00", "closed"),
        (date(2023, 12, 1), None, "2023-11-30T21:59:59", "upcoming"),
        (date(2023, 12, 1), None, "2023-11-30T22:00:00", "open"),
        (date(2023, 12, 1), None, "2099-12-31T00:00:00", "open"),
    ],
)
def test_a_deadline_is_open_from_midnight_of_its_first_day_to_midnight_after_its_last(
    opens_on: date | None, closes_on: date | None, now: str, state: State
) -> None:
    assert state_of(opens_on, closes_on, utc(now)) == state
    assert is_open(Window(opens_on, closes_on), utc(now)) is (state == "open")
    # The same time in another zone has the same result.
    assert state_of(opens_on, closes_on, utc(now).astimezone(HELSINKI)) == state


@pytest.mark.parametrize(
    ("now", "state"),
    [
        # The clock shows half past three twice on 29.10.2023, fold 0 and then fold 1: both are that day.
        (datetime(2023, 10, 29, 3, 30, tzinfo=HELSINKI, fold=0), "open"),
        (datetime(2023, 10, 29, 3, 30, tzinfo=HELSINKI, fold=1), "open"),
        (datetime(2023, 10, 30, tzinfo=HELSINKI), "closed"),
    ],
)
def test_the_hour_that_comes_twice_belongs_to_its_day(now: datetime, state: State) -> None:
    assert state_of(date(2023, 10, 29), date(2023, 10, 29), now) == state


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2023, 3, 25), 24), (date(2023, 3, 26), 23), (date(2023, 10, 29), 25), (date(2023, 12, 31), 24)],
)
def test_a_day_lasts_from_its_start_to_the_next_days_start(day: date, hours: int) -> None:
    start, end = start_of(day).astimezone(UTC), start_of(day + timedelta(days=1)).astimezone(UTC)
    assert end - start == timedelta(hours=hours)
    assert day_of(start) == day == day_of(end - timedelta(microseconds=1))
    assert day_of(end) == day + timedelta(days=1)


# -- Extensions --

SPRING = Window(date(2023, 3, 13), date(2023, 3, 25))
AUTUMN = Window(date(2023, 8, 14), date(2023, 8, 25))
EXTENDED_SPRING = Window(date(2023, 3, 13), date(2023, 3, 25), extended_until=date(2023, 3, 27))


@pytest.mark.parametrize(
    ("window", "last_day"),
    [
        (SPRING, date(2023, 3, 25)),
        (EXTENDED_SPRING, date(2023, 3, 27)),
        # The deadline itself was moved past the extension afterwards: the later end counts.
        (Window(None, date(2023, 3, 31), extended_until=date(2023, 3, 27)), date(2023, 3, 31)),
        # Its end was taken away afterwards.
        (Window(date(2023, 3, 13), None, extended_until=date(2023, 3, 27)), None),
    ],
)
def test_the_last_day_is_the_later_of_the_deadlines_and_the_extensions(window: Window, last_day: date | None) -> None:
    assert last_day_of(window) == last_day


@pytest.mark.parametrize(
    ("now", "open_"),
    [
        ("2023-03-12T21:59:59", False),
        ("2023-03-12T22:00:00", True),
        ("2023-03-25T22:00:00", True),  # closed for everyone else
        ("2023-03-27T20:59:59", True),  # summer time by now: the day ends at 21:00 UTC
        ("2023-03-27T21:00:00", False),
    ],
)
def test_an_extended_window_stays_open_to_the_end_of_its_own_last_day(now: str, open_: bool) -> None:
    assert is_open(EXTENDED_SPRING, utc(now)) is open_


@pytest.mark.parametrize(
    ("deadline_closes_on", "closes_on", "fits"),
    [
        (date(2023, 3, 25), date(2023, 3, 26), True),
        (date(2023, 3, 25), date(2023, 3, 25), False),
        (date(2023, 3, 25), date(2023, 3, 24), False),
        (None, date(2023, 3, 26), False),  # without an end there is nothing to extend
        (date(2023, 3, 25), date(2024, 12, 31), True),
        (date(2023, 3, 25), date(2025, 1, 1), False),  # later than the year after the calendar's
        (date(2100, 12, 31), date(2101, 1, 1), False),  # a year that the service does not know
    ],
)
def test_an_extension_ends_after_its_deadline(deadline_closes_on: date | None, closes_on: date, fits: bool) -> None:
    if fits:
        check_extension(2023, deadline_closes_on, closes_on)
    else:
        with pytest.raises(Invalid) as refusal:
            check_extension(2023, deadline_closes_on, closes_on)
        assert [fault.pointer for fault in refusal.value.faults] == ["/closes_on"]


# -- Facts of a closed window --


@pytest.mark.parametrize("now", ["2023-03-12T22:00:00", "2023-08-25T20:59:59"])
def test_an_open_window_lets_through(now: str) -> None:
    check_window_open("change_window", [SPRING, AUTUMN], utc(now))


@pytest.mark.parametrize(
    ("windows", "now", "facts"),
    [
        # Before the first: nothing has closed, spring is next and opens at 22:00 UTC the evening before.
        (
            [SPRING, AUTUMN],
            "2023-03-12T21:59:59",
            (None, None, date(2023, 3, 13), date(2023, 3, 25), "2023-03-13T00:00:00+02:00"),
        ),
        # Between them, whatever the order in which they come.
        (
            [AUTUMN, SPRING],
            "2023-03-25T22:00:00",
            (
                date(2023, 3, 13),
                date(2023, 3, 25),
                date(2023, 8, 14),
                date(2023, 8, 25),
                "2023-08-14T00:00:00+03:00",
            ),
        ),
        # The organisation's own end is the extended one.
        (
            [EXTENDED_SPRING, AUTUMN],
            "2023-03-27T21:00:00",
            (
                date(2023, 3, 13),
                date(2023, 3, 27),
                date(2023, 8, 14),
                date(2023, 8, 25),
                "2023-08-14T00:00:00+03:00",
            ),
        ),
        # So it is for the next one.
        (
            [Window(date(2023, 8, 14), date(2023, 8, 25), extended_until=date(2023, 9, 1))],
            "2023-04-01T12:00:00",
            (None, None, date(2023, 8, 14), date(2023, 9, 1), "2023-08-14T00:00:00+03:00"),
        ),
        # Spring extended beyond the end of autumn is the one that closed last.
        (
            [Window(date(2023, 3, 13), date(2023, 3, 25), extended_until=date(2023, 9, 30)), AUTUMN],
            "2023-10-01T12:00:00",
            (date(2023, 3, 13), date(2023, 9, 30), None, None, None),
        ),
        # After the last.
        (
            [SPRING, AUTUMN],
            "2023-08-25T21:00:00",
            (date(2023, 8, 14), date(2023, 8, 25), None, None, None),
        ),
        # The last had no first day; the next has no last day.
        (
            [Window(None, date(2023, 1, 18)), Window(date(2023, 12, 1), None)],
            "2023-06-01T12:00:00",
            (None, date(2023, 1, 18), date(2023, 12, 1), None, "2023-12-01T00:00:00+02:00"),
        ),
        # No window at all.
        ([], "2023-06-01T12:00:00", (None, None, None, None, None)),
        # A window that opens on the day with 25 hours opens by summer time.
        (
            [Window(date(2023, 10, 29), date(2023, 10, 30))],
            "2023-10-28T20:59:59",
            (None, None, date(2023, 10, 29), date(2023, 10, 30), "2023-10-29T00:00:00+03:00"),
        ),
    ],
)
def test_a_closed_window_names_the_last_and_the_next(
    windows: list[Window],
    now: str,
    facts: tuple[date | None, date | None, date | None, date | None, str | None],
) -> None:
    with pytest.raises(WindowClosed) as refusal:
        check_window_open("change_window", windows, utc(now))
    opened_on, closed_on, opens_on, closes_on, opens_at = facts
    found = dict(refusal.value.facts)
    instant = found.pop("opens_at")
    assert found == {
        "kind": "change_window",
        "opened_on": opened_on,
        "closed_on": closed_on,
        "opens_on": opens_on,
        "closes_on": closes_on,
    }
    assert (instant.isoformat() if isinstance(instant, datetime) else instant) == opens_at


# -- A centre's own days for its units --

ROUND = Window(date(2023, 10, 1), date(2023, 11, 30))
OWN_DAYS = Window(date(2023, 9, 15), date(2023, 10, 15))


@pytest.mark.parametrize(
    ("own_days", "now", "refused_kind"),
    [
        ([OWN_DAYS], "2023-09-15T12:00:00", None),  # before the round
        ([OWN_DAYS], "2023-10-15T20:59:59", None),
        ([OWN_DAYS], "2023-10-15T21:00:00", "unit_proposals"),  # though the round is open
        ([], "2023-09-15T12:00:00", "proposal_round"),
        ([], "2023-10-15T21:00:00", None),  # no own days: with the round
        ([], "2023-11-30T22:00:00", "proposal_round"),
    ],
)
def test_units_submit_in_their_centres_own_days_and_else_in_the_round(
    own_days: list[Window], now: str, refused_kind: Kind | None
) -> None:
    if refused_kind is None:
        check_units_window_open(own_days, [ROUND], utc(now))
    else:
        with pytest.raises(WindowClosed) as refusal:
            check_units_window_open(own_days, [ROUND], utc(now))
        assert refusal.value.facts["kind"] == refused_kind


@pytest.mark.parametrize(
    ("closes_on", "rounds", "fits"),
    [
        (date(2023, 11, 30), [ROUND], True),
        (date(2023, 12, 1), [ROUND], False),
        (date(2023, 9, 1), [ROUND], True),  # over before the round begins
        (None, [ROUND], False),  # without an end is later than any
        (
            date(2023, 12, 1),
            [Window(ROUND.opens_on, ROUND.closes_on, extended_until=date(2023, 12, 1))],
            True,
        ),
        (date(2023, 12, 1), [ROUND, Window(date(2023, 12, 5), date(2023, 12, 7))], True),  # a second round
        (date(2023, 12, 31), [Window(date(2023, 10, 1), None)], True),
        (date(2023, 12, 31), [ROUND, Window(date(2023, 12, 5), None)], True),  # a second round without an end
        (None, [Window(date(2023, 10, 1), None)], True),
        (date(2023, 12, 1), [], True),  # no round to compare with
    ],
)
def test_own_days_end_no_later_than_the_round(closes_on: date | None, rounds: list[Window], fits: bool) -> None:
    if fits:
        check_within_round(closes_on, rounds)
    else:
        with pytest.raises(Invalid) as refusal:
            check_within_round(closes_on, rounds)
        assert [(fault.pointer, fault.facts["round_closes_on"]) for fault in refusal.value.faults] == [
            ("/closes_on", date(2023, 11, 30))
        ]


# -- Shape --


@pytest.mark.parametrize(
    ("kind", "opens_on", "closes_on", "faults"),
    [
        ("change_window", date(2023, 3, 13), date(2023, 3, 25), []),
        ("change_window", date(2023, 3, 13), date(2023, 3, 13), []),  # one day
        ("change_window", None, date(2023, 3, 25), []),
        ("training_entry", date(2023, 12, 1), None, []),
        ("cost_statement", None, date(2023, 1, 18), []),
        ("change_window", None, None, [("/closes_on", "required")]),
        ("cost_statement", date(2023, 1, 1), None, [("/closes_on", "required")]),
        ("change_window", date(2023, 3, 25), date(2023, 3, 24), [("/closes_on", "before-opens-on")]),
        ("change_window", date(1999, 12, 31), date(2023, 3, 24), [("/opens_on", "out-of-range")]),
        ("change_window", date(2100, 12, 31), date(2101, 1, 1), [("/closes_on", "out-of-range")]),
        ("change_window", date.max, date.min, [("/opens_on", "out-of-range"), ("/closes_on", "out-of-range"),
                                               ("/closes_on", "before-opens-on")]),
    ],
)  # fmt: skip
def test_a_deadline_has_days_in_order(
    kind: Kind, opens_on: date | None, closes_on: date | None, faults: list[tuple[str, str]]
) -> None:
    assert faults_of(kind, 2023, None, opens_on, closes_on) == faults


@pytest.mark.parametrize(
    ("kind", "hours_year", "organisation_id", "faults"),
    [
        ("unit_proposals", 2024, UUID(int=1), []),
        ("unit_proposals", 2024, None, [("/organisation_id", "required")]),
        ("change_window", 2023, UUID(int=1), [("/organisation_id", "none-required")]),
        ("cost_statement", 1999, None, [("/hours_year", "out-of-range")]),
        ("cost_statement", 2000, None, []),
        ("proposal_round", 2100, None, []),
        ("proposal_round", 2101, UUID(int=1), [("/hours_year", "out-of-range"), ("/organisation_id", "none-required")]),
    ],
)
def test_a_deadline_concerns_hours_of_a_known_year_and_is_everyones_or_for_units(
    kind: Kind, hours_year: int, organisation_id: UUID | None, faults: list[tuple[str, str]]
) -> None:
    assert faults_of(kind, hours_year, organisation_id, date(2023, 3, 1), date(2023, 3, 2)) == faults


def faults_of(
    kind: Kind, hours_year: int, organisation_id: UUID | None, opens_on: date | None, closes_on: date | None
) -> list[tuple[str, str]]:
    try:
        check_deadline(kind, hours_year, organisation_id, opens_on, closes_on)
    except Invalid as refusal:
        return [(fault.pointer, fault.code) for fault in refusal.faults]
    return []


@pytest.mark.parametrize(
    ("kind", "hours_year"),
    [
        ("proposal_round", 2024),
        ("unit_proposals", 2024),
        ("decision_period", 2024),
        ("training_entry", 2024),
        ("change_window", 2023),
        ("cost_statement", 2022),
        ("data_confirmation", 2023),
    ],
)
def test_the_hours_of_a_deadline_in_the_calendar_of_2023(kind: Kind, hours_year: int) -> None:
    assert hours_year_of(kind, 2023) == hours_year


@pytest.mark.parametrize(
    ("changes", "by_staff", "faults"),
    [
        ({}, True, set()),
        ({"opens_on": date(2022, 12, 31)}, True, {("/opens_on", "not-in-the-calendar")}),
        ({"opens_on": date(2024, 1, 1), "closes_on": date(2024, 1, 2)}, True, {("/opens_on", "not-in-the-calendar")}),
        (
            {"opens_on": date(2022, 12, 31), "closes_on": date(2025, 1, 1)},
            True,
            {("/opens_on", "not-in-the-calendar"), ("/closes_on", "after-the-next-year")},
        ),
        ({"opens_on": None, "closes_on": date(2025, 1, 1)}, True, {("/closes_on", "not-in-the-calendar")}),
        ({"opens_on": None, "closes_on": date(2024, 1, 2)}, True, {("/closes_on", "not-in-the-calendar")}),
        ({"closes_on": date(2024, 12, 31)}, True, set()),
        ({"closes_on": date(2025, 1, 1)}, True, {("/closes_on", "after-the-next-year")}),
        ({"closes_on": None}, True, set()),
        ({"hours_year": 2024}, True, {("/note", "note-for-the-year")}),
        ({"hours_year": 2024, "note": "Poikkeus"}, True, set()),
        ({"hours_year": 2024, "note": "Poikkeus"}, False, {("/hours_year", "other-hours-year")}),
        ({"hours_year": 2024}, False, {("/hours_year", "other-hours-year")}),
        (
            {"opens_on": date(2066, 10, 1), "closes_on": None, "hours_year": 2067},
            True,
            {("/opens_on", "not-in-the-calendar"), ("/note", "note-for-the-year")},
        ),
    ],
)
def test_days_and_hours_belong_to_the_calendar(
    changes: dict[str, Any], by_staff: bool, faults: set[tuple[str, str]]
) -> None:
    """A change window of 2023, from 13.3. until 25.3., for the hours of 2023."""
    days: dict[str, Any] = {
        "opens_on": date(2023, 3, 13),
        "closes_on": date(2023, 3, 25),
        "hours_year": 2023,
        "note": None,
    } | changes
    planned = Deadline(
        id=UUID(int=1),
        year=2023,
        kind="change_window",
        organisation_id=None,
        confirmed=True,
        state="open",
        **days,
    )
    # Who set the year of the hours is not known afterwards: with a note it is regular.
    assert planned.irregular is bool(faults and planned.note is None)
    if not faults:
        check_in_calendar(planned, by_staff=by_staff)
        return
    with pytest.raises(Invalid) as refusal:
        check_in_calendar(planned, by_staff=by_staff)
    assert {(fault.pointer, fault.code) for fault in refusal.value.faults} == faults
