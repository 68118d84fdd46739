"""Who may run subsidised courses, and who decides on applications, by an organisation's own rules."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from app.domain.access import Actor, Place, Role, RoleGrant
from app.domain.errors import ByInvitationOnly
from app.domain.organisations.organisations import OrganisationKind
from app.domain.organisations.training_rules import check_may_apply, may_decide, may_run, open_to_all

CENTRAL, DISTRICT, ASSOCIATION = (uuid4() for _ in range(3))
ANCESTORS = {"central": {CENTRAL}, "district": {DISTRICT, CENTRAL}, "association": {ASSOCIATION, DISTRICT, CENTRAL}}
ALL = ["central", "district", "association"]


@pytest.mark.parametrize(
    ("kinds", "units", "runners"),
    [
        (ALL, None, ALL),
        (["district"], None, ["district"]),
        # A unit in the list includes all below it.
        (ALL, [DISTRICT], ["district", "association"]),
        (["association"], [DISTRICT], ["association"]),
        (["district"], [ASSOCIATION], []),
        (ALL, [], []),
    ],
)
def test_courses_are_run_by_allowed_kinds_and_units(
    kinds: list[str], units: list[UUID] | None, runners: list[str]
) -> None:
    every: list[OrganisationKind] = ["central", "district", "association"]
    assert [kind for kind in every if may_run(kind, ANCESTORS[kind], kinds, units)] == runners


def test_applications_may_be_by_invitation_only() -> None:
    rules = open_to_all(CENTRAL)
    check_may_apply(rules)
    with pytest.raises(ByInvitationOnly) as refused:
        check_may_apply(replace(rules, applications="by_invitation"))
    assert refused.value.code == "by-invitation-only"


@pytest.mark.parametrize(
    ("role", "of", "always", "where_said"),
    [
        ("staff", None, True, True),
        ("main_user", CENTRAL, True, True),
        ("unit_manager", DISTRICT, False, True),
        ("training_manager", DISTRICT, False, False),
        ("auditor", None, False, False),
    ],
)
def test_a_units_manager_decides_if_the_rules_say_so(
    role: Role, of: UUID | None, always: bool, where_said: bool
) -> None:
    grant = RoleGrant(role, of, datetime(2000, 1, 1, tzinfo=UTC), None)
    actor, place = Actor(uuid4(), (grant,)), Place(DISTRICT, CENTRAL, frozenset(ANCESTORS["district"]))
    rules = open_to_all(CENTRAL)
    assert may_decide(actor, place, rules) is always
    assert may_decide(actor, place, replace(rules, unit_managers_decide=True)) is where_said
