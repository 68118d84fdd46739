"""Membership by year."""

from datetime import date

import pytest

from app.domain.errors import NotAMember
from app.domain.organisations.membership import check_member_in, check_member_on, is_member_in


@pytest.mark.parametrize(
    ("active_from", "active_until", "member"),
    [
        (date(2000, 1, 1), None, True),
        (date(2023, 12, 31), None, True),  # Its last day is a day of the year.
        (date(2024, 1, 1), None, False),
        (date(2000, 1, 1), date(2023, 1, 1), True),  # So is its first.
        (date(2000, 1, 1), date(2022, 12, 31), False),
        (date(2023, 5, 5), date(2023, 5, 5), True),
        (date(2022, 12, 31), date(2024, 1, 1), True),
    ],
)
def test_one_day_of_membership_makes_a_member_in_that_year(
    active_from: date, active_until: date | None, member: bool
) -> None:
    assert is_member_in(2023, active_from, active_until) is member
    if member:
        check_member_in(2023, active_from, active_until)
    else:
        with pytest.raises(NotAMember) as refused:
            check_member_in(2023, active_from, active_until)
        assert refused.value.facts == {"year": 2023, "active_from": active_from, "active_until": active_until}


@pytest.mark.parametrize(
    ("active_from", "active_until", "member"),
    [
        (date(2023, 3, 15), None, True),
        (date(2023, 3, 16), None, False),
        (date(2000, 1, 1), date(2023, 3, 15), True),
        (date(2000, 1, 1), date(2023, 3, 14), False),
    ],
)
def test_the_first_and_the_last_day_of_the_membership_are_days_of_it(
    active_from: date, active_until: date | None, member: bool
) -> None:
    day = date(2023, 3, 15)
    if member:
        check_member_on(day, active_from, active_until)
    else:
        with pytest.raises(NotAMember) as refused:
            check_member_on(day, active_from, active_until)
        assert refused.value.facts == {"year": 2023, "active_from": active_from, "active_until": active_until}
