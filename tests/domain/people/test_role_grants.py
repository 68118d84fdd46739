"""How rights begin and end, and when the last main user may go."""

from datetime import date, datetime
from uuid import UUID

import pytest

from app.domain.calendar.deadlines import HELSINKI
from app.domain.errors import LastMainUser
from app.domain.people.role_grants import (
    GrantState,
    MainUserGrant,
    MainUsers,
    check_main_users_remain,
    count_main_users,
    state_of,
)


def at(month: int, day: int = 1) -> datetime:
    return datetime(2023, month, day, tzinfo=HELSINKI)


ENDING, OTHER = UUID(int=1), UUID(int=2)


@pytest.mark.parametrize(
    ("valid_from", "valid_until", "now", "state"),
    [
        (at(3), None, at(2), "upcoming"),
        (at(3), None, at(3), "in_force"),
        (at(3), at(4), at(3, 31), "in_force"),
        (at(3), at(4), at(4), "ended"),
        (at(3), at(3), at(2), "ended"),  # ended before it began: it never begins
        (at(3), at(3), at(3), "ended"),
    ],
)
def test_the_state_follows_from_the_clock(
    valid_from: datetime, valid_until: datetime | None, now: datetime, state: GrantState
) -> None:
    assert state_of(valid_from, valid_until, now) == state


@pytest.mark.parametrize(
    ("others", "active_until", "refused"),
    [
        ([], None, True),
        ([(at(1), None)], None, False),
        ([(at(6), None)], None, False),  # begins as the other ends: no gap
        ([(at(6, 2), None)], None, True),  # a gap of a day
        ([(at(1), at(12))], None, True),  # has an end of its own
        ([(at(1), at(12)), (at(12), None)], None, True),  # one takes over from another, but neither does alone
        ([], date(2023, 5, 31), False),  # the membership is over by then
        ([], date(2023, 6, 1), True),  # the membership goes on for a day
    ],
)
def test_a_right_ends_on_the_first_of_june_only_where_another_goes_on(
    others: list[tuple[datetime, datetime | None]], active_until: date | None, refused: bool
) -> None:
    grants = [MainUserGrant(ENDING, ENDING, at(1), None)]
    grants += [MainUserGrant(UUID(int=2 + number), OTHER, *days) for number, days in enumerate(others)]
    main_users = MainUsers(OTHER, active_until, tuple(grants))
    if refused:
        with pytest.raises(LastMainUser) as last:
            check_main_users_remain(main_users, {ENDING}, at(6))
        assert last.value.facts == {"organisation_id": OTHER, "needed_from": at(6)}
    else:
        check_main_users_remain(main_users, {ENDING}, at(6))


def test_main_users_are_counted_as_people() -> None:
    grants = (
        MainUserGrant(ENDING, UUID(int=7), at(1), None),
        MainUserGrant(OTHER, UUID(int=8), at(1), None),
        MainUserGrant(UUID(int=3), UUID(int=8), at(2), None),
        MainUserGrant(UUID(int=4), UUID(int=9), at(7), None),
    )
    assert count_main_users(MainUsers(OTHER, None, grants), {ENDING}, at(6)) == 1
