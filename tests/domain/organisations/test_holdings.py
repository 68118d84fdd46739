"""What prevents an organisation from moving away and from ending."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from app.domain.errors import OrganisationInUse
from app.domain.organisations.holdings import Holding, check_may_end, check_may_leave, loses_days
from app.domain.organisations.organisations import Organisation

ID = UUID("01890000-0000-7000-8000-000000000001")
CENTRE = UUID("01890000-0000-7000-8000-000000000002")
UNIT = Organisation(ID, "association", CENTRE, CENTRE, "Yhdistys")
CENTRAL = Organisation(CENTRE, "central", None, CENTRE, "Liitto")

NOTHING = Holding(2023, allotted=0, reserved=0, used=0, open_proposals=0, open_trainings=0)
FREE = replace(NOTHING, allotted=1)
USED_UP = replace(NOTHING, allotted=1, used=1)
RESERVED = replace(NOTHING, reserved=1)
PROPOSED = replace(NOTHING, open_proposals=1)
PLANNED = replace(NOTHING, open_trainings=1)
"""Courses count, whose sessions are outside the days of an organisation that ends."""


@pytest.mark.parametrize("held", [FREE, USED_UP, RESERVED, PROPOSED, PLANNED])
def test_an_organisation_with_hours_or_proposals_stays(held: Holding) -> None:
    with pytest.raises(OrganisationInUse) as refused:
        check_may_leave([NOTHING, held])
    assert refused.value.facts["holds"] == [
        {
            "year": 2023,
            "allotted": held.allotted,
            "reserved": held.reserved,
            "open_proposals": held.open_proposals,
            "open_trainings": held.open_trainings,
        }
    ]


def test_an_organisation_without_hours_and_proposals_may_leave() -> None:
    check_may_leave([NOTHING])


@pytest.mark.parametrize("held", [FREE, RESERVED, PROPOSED, PLANNED])
@pytest.mark.parametrize("last_day", [date(2022, 12, 31), date(2023, 6, 30), date(2030, 1, 1)])
def test_a_unit_with_hours_left_does_not_end(held: Holding, last_day: date) -> None:
    with pytest.raises(OrganisationInUse):
        check_may_end(UNIT, replace(UNIT, active_until=last_day), [held])


def test_a_unit_that_has_used_all_its_hours_can_end() -> None:
    check_may_end(UNIT, replace(UNIT, active_until=date(2023, 6, 30)), [USED_UP])


@pytest.mark.parametrize("held", [FREE, RESERVED, PROPOSED])
@pytest.mark.parametrize(
    ("active_from", "active_until", "ends"),
    [
        (date(2000, 1, 1), date(2022, 12, 31), False),
        (date(2000, 1, 1), date(2023, 1, 1), True),  # 2023 is still a year of the membership.
        (date(2023, 12, 31), None, True),
        (date(2024, 1, 1), None, False),
    ],
)
def test_a_membership_does_not_end_before_a_year_with_its_hours(
    held: Holding, active_from: date, active_until: date | None, ends: bool
) -> None:
    after = replace(CENTRAL, active_from=active_from, active_until=active_until)
    if ends:
        check_may_end(CENTRAL, after, [held])
    else:
        with pytest.raises(OrganisationInUse):
            check_may_end(CENTRAL, after, [held])


def test_a_membership_does_not_end_before_the_last_session_of_a_course() -> None:
    with pytest.raises(OrganisationInUse):
        check_may_end(CENTRAL, replace(CENTRAL, active_until=date(2023, 6, 30)), [PLANNED])


def test_hours_that_were_outside_the_membership_before_do_not_prevent_its_end() -> None:
    before = replace(CENTRAL, active_until=date(2022, 12, 31))
    check_may_end(before, replace(CENTRAL, active_until=date(2021, 12, 31)), [FREE])


@pytest.mark.parametrize(
    ("organisation", "before", "after", "loses"),
    [
        (UNIT, (date(2020, 1, 1), None), (date(2020, 1, 1), date(2023, 1, 1)), True),
        (UNIT, (date(2020, 1, 1), date(2023, 1, 2)), (date(2020, 1, 1), date(2023, 1, 1)), True),
        (UNIT, (date(2020, 1, 1), date(2023, 1, 1)), (date(2020, 1, 1), date(2023, 1, 2)), False),
        (UNIT, (date(2020, 1, 1), date(2023, 1, 1)), (date(2020, 1, 1), None), False),
        (UNIT, (date(2020, 1, 1), None), (date(2021, 1, 1), None), False),  # A unit's first day has no effect.
        (CENTRAL, (date(2020, 1, 1), None), (date(2021, 1, 1), None), True),
        (CENTRAL, (date(2020, 1, 1), None), (date(2019, 1, 1), None), False),
    ],
)
def test_hours_matter_only_if_the_membership_loses_days(
    organisation: Organisation, before: tuple[date, date | None], after: tuple[date, date | None], loses: bool
) -> None:
    one, other = (replace(organisation, active_from=days[0], active_until=days[1]) for days in (before, after))
    assert loses_days(one, other) is loses
