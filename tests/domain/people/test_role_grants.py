"""How roles begin and end, and when the last main user may end."""

from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

import pytest

from app.domain.calendar.deadlines import HELSINKI
from app.domain.errors import LastMainUser
from app.domain.people.role_grants import (
    GrantedRole,
    GrantState,
    HeldGrant,
    MainUsers,
    check_main_users_remain,
    count_main_users,
    few_main_users,
    state_of,
    surplus_of,
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
def test_a_role_ends_on_the_first_of_june_only_if_another_goes_on(
    others: list[tuple[datetime, datetime | None]], active_until: date | None, refused: bool
) -> None:
    grants = [HeldGrant(ENDING, ENDING, at(1), None)]
    grants += [HeldGrant(UUID(int=2 + number), OTHER, *days) for number, days in enumerate(others)]
    main_users = MainUsers(OTHER, active_until, tuple(grants))
    if refused:
        with pytest.raises(LastMainUser) as last:
            check_main_users_remain(main_users, {ENDING}, at(6))
        assert last.value.facts == {"organisation_id": OTHER, "needed_from": at(6)}
    else:
        check_main_users_remain(main_users, {ENDING}, at(6))


def test_main_users_are_counted_as_people() -> None:
    grants = (
        HeldGrant(ENDING, UUID(int=7), at(1), None),
        HeldGrant(OTHER, UUID(int=8), at(1), None),
        HeldGrant(UUID(int=3), UUID(int=8), at(2), None),
        HeldGrant(UUID(int=4), UUID(int=9), at(7), None),
    )
    assert count_main_users(MainUsers(OTHER, None, grants), {ENDING}, at(6)) == 1


@pytest.mark.parametrize(
    ("number", "active_until", "few"),
    [
        (3, None, None),  # two are left
        (2, None, 1),
        (1, None, 0),
        (2, date(2023, 5, 31), None),  # the membership is over by then
        (2, date(2023, 6, 1), 1),
    ],
)
def test_few_main_users_are_one_or_none_in_a_member_organisation(
    number: int, active_until: date | None, few: int | None
) -> None:
    people = [ENDING, UUID(int=8), UUID(int=9)][:number]
    grants = tuple(HeldGrant(person, person, at(1), None) for person in people)
    assert few_main_users(MainUsers(OTHER, active_until, grants), {ENDING}, at(6)) == few


@pytest.mark.parametrize(
    ("rights", "ends"),
    [
        ([(at(1), None), (at(2), None)], {1: at(3)}),  # both lasting: the first to begin stays
        ([(at(1), at(6)), (at(2), None)], {0: at(3)}),  # the lasting one is in force already
        ([(at(1), at(6)), (at(5), None)], {0: at(5)}),  # the lasting one begins in May: no day is lost
        ([(at(1), at(5)), (at(5), None)], {}),  # one after the other
        ([(at(1), at(2)), (at(1), None)], {}),  # over since February
        ([(at(4), at(6)), (at(1), None)], {0: at(4)}),  # never begins
        # The first goes on until the lasting one begins; the third lies within the two.
        ([(at(1), at(9)), (at(6), None), (at(4), at(8))], {0: at(6), 2: at(4)}),
    ],
)
def test_one_of_equal_roles_goes_on(rights: list[tuple[datetime, datetime | None]], ends: dict[int, datetime]) -> None:
    now = at(3)
    grants = [right(number, *days, now) for number, days in enumerate(rights)]
    assert {grant.id.int: end for grant, end in surplus_of(grants, now)} == ends


def test_roles_of_other_kinds_or_organisations_are_no_doubles() -> None:
    one = right(0, at(1), None, at(3))
    others = [replace(one, organisation_id=OTHER), replace(one, role="unit_manager")]
    assert surplus_of([one, *others], at(3)) == []


def right(number: int, valid_from: datetime, valid_until: datetime | None, now: datetime) -> GrantedRole:
    return GrantedRole(
        id=UUID(int=number),
        person_id=ENDING,
        person_name="Aino Esimerkki",
        role="training_manager",
        organisation_id=ENDING,
        organisation_name="Marttaliitto",
        valid_from=valid_from,
        valid_until=valid_until,
        state=state_of(valid_from, valid_until, now),
        granted_by=None,
        granted_by_name=None,
        granted_at=None,
        reason=None,
        role_application_id=None,
        main_user_application_id=None,
        ended_by=None,
        ended_by_name=None,
        ended_at=None,
        end_reason=None,
    )
