"""Consents for Koski: until when, by whom, and how long an identity code is kept."""

from datetime import UTC, date, datetime, timedelta

import pytest

from app.domain.calendar.deadlines import HELSINKI
from app.domain.errors import ConsentClosed, Invalid, NotForKoski
from app.domain.trainings.koski_consents import (
    birth_date_of,
    birthday_of,
    check_calling_name,
    check_code,
    check_for_koski,
    check_open,
    check_wording,
    closes_at,
    kept_until,
)

INSTANT = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("last_day", "closed_at", "hours"),
    [
        # In winter 24:00 in Finland is 22:00 UTC, in summer 21:00 UTC.
        (date(2024, 2, 10), datetime(2024, 2, 10, 22, tzinfo=UTC), 24),
        (date(2024, 6, 10), datetime(2024, 6, 10, 21, tzinfo=UTC), 24),
        # Clocks go forward on 31.3.2024, which begins at 22:00 UTC and ends at 21:00 UTC: 23 hours.
        (date(2024, 3, 31), datetime(2024, 3, 31, 21, tzinfo=UTC), 23),
        # Clocks go back on 27.10.2024, which begins at 21:00 UTC and ends at 22:00 UTC: 25 hours.
        (date(2024, 10, 27), datetime(2024, 10, 27, 22, tzinfo=UTC), 25),
    ],
)
def test_consents_end_at_midnight_in_finland(last_day: date, closed_at: datetime, hours: int) -> None:
    assert closes_at(last_day) == closed_at
    begins_at = closes_at(last_day - timedelta(days=1))
    assert closed_at - begins_at.astimezone(UTC) == timedelta(hours=hours)
    check_open(last_day, closed_at - INSTANT)
    check_open(last_day, begins_at - INSTANT)
    for now in (closed_at, closed_at + timedelta(days=1)):
        with pytest.raises(ConsentClosed) as refused:
            check_open(last_day, now)
        assert refused.value.facts == {"closed_at": closed_at}


@pytest.mark.parametrize(
    ("code", "born_on"),
    [
        ("010190-9002", date(1990, 1, 1)),
        ("311299+9001", date(1899, 12, 31)),
        ("290200A9001", date(2000, 2, 29)),
        ("150807F9001", date(2007, 8, 15)),
        ("010165U9001", date(1965, 1, 1)),
    ],
)
def test_the_birth_date_in_a_code(code: str, born_on: date) -> None:
    assert birth_date_of(code) == born_on


@pytest.mark.parametrize(
    ("born_on", "years", "birthday"),
    [
        (date(2006, 5, 12), 18, date(2024, 5, 12)),
        (date(2004, 2, 29), 18, date(2022, 3, 1)),
        (date(2004, 2, 29), 20, date(2024, 2, 29)),
    ],
)
def test_a_birthday(born_on: date, years: int, birthday: date) -> None:
    assert birthday_of(born_on, years) == birthday


@pytest.mark.parametrize(
    ("code", "today", "accepts_temporary", "fault"),
    [
        ("120506A9001", date(2024, 5, 12), True, None),
        ("120506A9001", date(2024, 5, 11), True, "under-age"),
        ("120506A1001", date(2024, 5, 12), False, None),
        ("120506A8991", date(2024, 5, 12), False, None),
        ("120506A9001", date(2024, 5, 12), False, "identity-code-temporary"),
        ("010190-9999", date(2024, 5, 12), False, "identity-code-temporary"),
    ],
)
def test_a_code_of_a_person_who_is_of_age(code: str, today: date, accepts_temporary: bool, fault: str | None) -> None:
    if fault is None:
        check_code(code, today, accepts_temporary=accepts_temporary)
        return
    with pytest.raises(Invalid) as refused:
        check_code(code, today, accepts_temporary=accepts_temporary)
    [found] = refused.value.faults
    assert (found.pointer, found.code) == ("/personal_identity_code", fault)
    assert code not in str(found)


@pytest.mark.parametrize("calling_name", ["Kielo", "Aava", "kielo-maria", "MARIA", "Aava Kielo-Maria"])
def test_a_calling_name_is_one_of_the_first_names(calling_name: str) -> None:
    check_calling_name(calling_name, "Aava Kielo-Maria")


@pytest.mark.parametrize("calling_name", ["Pihla", "Kiel", "Aava Kielo"])
def test_another_calling_name(calling_name: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_calling_name(calling_name, "Aava Kielo-Maria")
    assert [fault.code for fault in refused.value.faults] == ["not-a-first-name"]


@pytest.mark.parametrize(("version", "newest"), [(1, 2), (3, 2), (1, None)])
def test_a_wording_that_is_not_the_newest(version: int, newest: int | None) -> None:
    check_wording(2, 2)
    with pytest.raises(Invalid) as refused:
        check_wording(version, newest)
    [fault] = refused.value.faults
    assert (fault.pointer, fault.facts) == ("/wording_version", {"newest": newest})


def test_a_course_without_a_study_unit() -> None:
    check_for_koski("1138")
    with pytest.raises(NotForKoski):
        check_for_koski(None)


def _midnight(*day: int) -> datetime:
    return datetime(day[0], day[1], day[2], tzinfo=HELSINKI)


@pytest.mark.parametrize(
    ("last_day", "accepted_at", "until"),
    [
        # Not accepted: until 24:00 on the same day of the next year.
        (date(2024, 5, 12), None, _midnight(2025, 5, 13)),
        (date(2023, 12, 31), None, _midnight(2025, 1, 1)),
        (date(2024, 2, 29), None, _midnight(2025, 3, 1)),
        (date(2023, 2, 28), None, _midnight(2024, 2, 29)),
        # Accepted 12.6.2024 at 14: 90 days later it is 10.9.2024 at 14.
        (date(2024, 5, 12), datetime(2024, 6, 12, 11, tzinfo=UTC), datetime(2024, 9, 10, 11, tzinfo=UTC)),
        # Accepted 1.4.2025: 90 days later is 30.6.2025, after the year has passed.
        (date(2024, 5, 12), datetime(2025, 4, 1, 9, tzinfo=UTC), _midnight(2025, 5, 13)),
    ],
)
def test_how_long_a_code_is_kept(last_day: date, accepted_at: datetime | None, until: datetime) -> None:
    assert kept_until(last_day, accepted_at) == until
