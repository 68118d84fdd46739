"""Submissions of plans: who has to endorse them, and what is approved when it is sent. Also how partners are named."""

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import pytest

from app.domain.access import Actor, Place, Role, RoleGrant
from app.domain.errors import ActivityNotSupported
from app.domain.organisations.training_rules import open_to_all
from app.domain.trainings.submissions import Circumstances, check_place, is_approved_when_sent, needs_endorsement
from app.domain.trainings.trainings import EMPTY, Partner, faults_of_partners
from tests.domain.trainings.test_windows import rules

CENTRAL, UNIT, OTHER = uuid4(), uuid4(), uuid4()
CIRCUMSTANCES = Circumstances(
    place=Place(UNIT, CENTRAL, frozenset({UNIT, CENTRAL})),
    kind="association",
    organisation_active=(date(2000, 1, 1), None),
    centre_active=(date(2000, 1, 1), None),
    closed_at=None,
    training_entry=[],
    rules=rules(),
    own_rules=open_to_all(CENTRAL),
    topics_in_use=frozenset({"society"}),
)


@pytest.mark.parametrize(
    ("through_main_user", "supported", "was_endorsed", "role", "organisation_id", "needed"),
    [
        (True, True, False, "training_manager", UNIT, True),
        (True, True, False, "unit_manager", UNIT, True),
        (True, True, False, "main_user", CENTRAL, False),  # Who endorses it sends it.
        (True, True, False, "main_user", OTHER, True),  # Of another tree.
        (True, True, True, "training_manager", UNIT, False),  # Staff sent it back after the endorsement.
        (True, False, False, "training_manager", UNIT, False),  # It uses no hours.
        (False, True, False, "training_manager", UNIT, False),
    ],
)
def test_who_has_to_endorse_a_plan(
    through_main_user: bool, supported: bool, was_endorsed: bool, role: Role, organisation_id: UUID, needed: bool
) -> None:
    own_rules = replace(open_to_all(CENTRAL), plans_through_main_user=through_main_user)
    circumstances = replace(CIRCUMSTANCES, own_rules=own_rules)
    sender = Actor(uuid4(), (RoleGrant(role, organisation_id, datetime(2000, 1, 1, tzinfo=UTC), None),))
    plan = replace(EMPTY, supported=supported)
    assert needs_endorsement(plan, circumstances, sender, was_endorsed=was_endorsed) is needed


@pytest.mark.parametrize(
    ("supported", "automatic_approval", "approved"),
    [(True, False, False), (True, True, True), (False, False, True), (False, True, True)],
)
def test_what_is_approved_when_it_is_sent(supported: bool, automatic_approval: bool, approved: bool) -> None:
    of_year = replace(rules(), automatic_approval=automatic_approval)
    assert is_approved_when_sent(replace(EMPTY, supported=supported), of_year) is approved


def test_an_activity_can_be_switched_off() -> None:
    check_place(EMPTY, 2025, "training", CIRCUMSTANCES)
    with pytest.raises(ActivityNotSupported) as refused:
        check_place(EMPTY, 2025, "training", replace(CIRCUMSTANCES, rules=replace(rules(), enabled=False)))
    assert refused.value.facts == {"activity": "training", "year": 2025}


def test_a_partner_is_named_by_its_id_or_by_its_name() -> None:
    partners = [Partner(OTHER, None), Partner(None, None), Partner(None, "Kirjasto"), Partner(OTHER, "Kirjasto")]
    faults = faults_of_partners(partners)
    assert [(fault.pointer, fault.code) for fault in faults] == [
        ("/partners/1", "name-or-id"),
        ("/partners/3", "name-or-id"),
    ]
