"""Places, the waiting list and the days of an enrolment."""

from datetime import date, datetime, timedelta
from uuid import UUID

import pytest

from app.domain.calendar.deadlines import HELSINKI
from app.domain.errors import EnrolmentClosed, QuotaExceeded, TrainingFull
from app.domain.organisations.names import Names
from app.domain.support import enrolments as rules
from app.domain.support.enrolments import Enrolment, EnrolmentRow, Subject


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=HELSINKI)  # type: ignore[arg-type,misc]  # Year, month, day and so on.


STARTS_AT = at(2023, 4, 15, 10)


def offer(
    places: int = 2, *, waiting_list: bool = True, opens_on: date | None = None, closes_on: date | None = None
) -> Enrolment:
    return Enrolment(opens_on, closes_on, places, waiting_list)


def subject(offered: Enrolment | None, *, is_public: bool = True) -> Subject:
    return Subject(
        UUID(int=1),
        "Talous",
        Names("Martat", None, None),
        offered,
        STARTS_AT,
        STARTS_AT + timedelta(hours=6),
        is_public,
    )


@pytest.mark.parametrize(
    ("opens_on", "closes_on", "now", "is_open"),
    [
        (None, None, at(2023, 4, 15, 9, 59), True),
        # The start ends it.
        (None, None, at(2023, 4, 15, 10), False),
        (date(2023, 4, 1), None, at(2023, 3, 31, 23, 59), False),
        (date(2023, 4, 1), None, at(2023, 4, 1), True),
        (None, date(2023, 4, 10), at(2023, 4, 10, 23, 59), True),
        (None, date(2023, 4, 10), at(2023, 4, 11), False),
        # A last day after the start is what was said.
        (None, date(2023, 4, 20), at(2023, 4, 20, 23, 59), True),
    ],
)
def test_an_enrolment_is_open_on_its_days_and_else_until_the_start(
    opens_on: date | None, closes_on: date | None, now: datetime, is_open: bool
) -> None:
    offered = offer(opens_on=opens_on, closes_on=closes_on)
    assert rules.is_open(offered, STARTS_AT, now) == is_open
    if is_open:
        assert rules.check_can_enrol(subject(offered), now) is offered
    else:
        with pytest.raises(EnrolmentClosed):
            rules.check_can_enrol(subject(offered), now)


def test_nobody_enrols_in_what_is_not_offered_or_not_public() -> None:
    for each in (subject(None), subject(offer(), is_public=False)):
        with pytest.raises(EnrolmentClosed):
            rules.check_can_enrol(each, STARTS_AT - timedelta(days=1))


def test_places_come_first_then_the_waiting_list() -> None:
    assert [rules.outcome_of(offer(), enrolled) for enrolled in (0, 1, 2, 3)] == ["enrolled"] * 2 + ["waiting"] * 2
    with pytest.raises(TrainingFull) as full:
        rules.outcome_of(offer(waiting_list=False), 2)
    assert full.value.facts == {"places": 2}


def test_as_many_move_up_as_places_are_free_until_the_start() -> None:
    before = STARTS_AT - timedelta(minutes=1)
    assert [rules.moving_up(subject(offer(3)), enrolled, before) for enrolled in (0, 2, 3, 4)] == [3, 1, 0, 0]
    assert rules.moving_up(subject(offer(3)), 0, STARTS_AT) == 0
    assert rules.moving_up(subject(offer(3, closes_on=date(2023, 4, 20))), 0, STARTS_AT) == 3
    assert (
        rules.moving_up(subject(None), 0, before) == rules.moving_up(subject(offer(), is_public=False), 0, before) == 0
    )


def test_nobody_who_is_enrolled_loses_the_place() -> None:
    rules.check_places_kept(2, 2)
    with pytest.raises(QuotaExceeded):
        rules.check_places_kept(1, 2)


def test_a_request_ends_after_48_hours() -> None:
    row = EnrolmentRow(UUID(int=1), UUID(int=2), "unconfirmed", None, "a@example.org", "fi", STARTS_AT)
    assert row.state_at(STARTS_AT - timedelta(seconds=1)) == "unconfirmed"
    assert row.state_at(STARTS_AT) == "cancelled"


@pytest.mark.parametrize(("places", "most"), [(1, 100), (33, 100), (34, 102), (1000, 3000)])
def test_a_course_takes_three_times_as_many_requests_as_places_and_at_least_a_hundred(places: int, most: int) -> None:
    assert rules.requests_a_day(offer(places)) == most
