"""Who may still invite and accept, and how many open invitations there may be."""

from datetime import datetime
from uuid import UUID, uuid4

import pytest

from app.domain.access import Actor, Place, Role, RoleGrant
from app.domain.calendar.deadlines import HELSINKI
from app.domain.errors import Forbidden, TooMany, WrongState
from app.domain.people.role_invitations import MOST_OPEN, check_few_open, check_may_accept

NOW = datetime(2023, 3, 15, 12, tzinfo=HELSINKI)
CENTRAL, DISTRICT, ELSEWHERE = uuid4(), uuid4(), uuid4()
PLACE = Place(DISTRICT, CENTRAL, frozenset({DISTRICT, CENTRAL}))
NEWCOMER = Actor(uuid4(), ())


def inviter(role: Role, organisation_id: UUID | None, until: datetime | None = None) -> Actor:
    return Actor.at(uuid4(), [RoleGrant(role, organisation_id, datetime(2020, 1, 1, tzinfo=HELSINKI), until)], NOW)


@pytest.mark.parametrize(
    ("who", "may"),
    [
        pytest.param(inviter("main_user", CENTRAL), True, id="a main user of the tree"),
        pytest.param(inviter("staff", None), True, id="staff"),
        pytest.param(inviter("main_user", ELSEWHERE), False, id="a main user of another tree"),
        pytest.param(inviter("main_user", CENTRAL, NOW), False, id="a main user until now"),
        pytest.param(inviter("unit_manager", DISTRICT), False, id="the unit's manager"),
        pytest.param(inviter("auditor", None), False, id="an auditor"),
        pytest.param(Actor(uuid4(), ()), False, id="a person without roles"),
    ],
)
def test_the_inviter_may_still_grant_the_role(who: Actor, may: bool) -> None:
    if may:
        check_may_accept(NEWCOMER, who, PLACE)
    else:
        with pytest.raises(WrongState) as refused:
            check_may_accept(NEWCOMER, who, PLACE)
        assert refused.value.facts == {"state": "suspended", "allowed": ["open"], "because": "inviter-without-role"}


def test_nobody_accepts_an_own_invitation_under_any_of_their_ids() -> None:
    main_user = inviter("main_user", CENTRAL)
    for actor in (main_user, Actor(uuid4(), (), other_ids=frozenset({main_user.person_id}))):
        with pytest.raises(Forbidden):
            check_may_accept(actor, main_user, PLACE)


def test_the_twentieth_open_invitation_is_the_last() -> None:
    check_few_open(MOST_OPEN - 1)
    with pytest.raises(TooMany):
        check_few_open(MOST_OPEN)
