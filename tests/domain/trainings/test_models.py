"""Screening of training models: the criteria, the expert, who sees what (rulebook §3.7)."""

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from app.domain.access import Actor, Place, Role, RoleGrant
from app.domain.calendar.deadlines import HELSINKI
from app.domain.errors import CriteriaUnmet, Invalid
from app.domain.trainings.models import (
    CRITERIA,
    Criterion,
    CriterionFinding,
    check_criteria_met,
    check_findings,
    faults_of_expert,
    sees_work,
)

CENTRAL, UNIT, OTHER = UUID(int=1), UUID(int=2), UUID(int=3)
PLACE = Place(CENTRAL, CENTRAL, frozenset({CENTRAL}))
NOW = datetime(2023, 3, 15, 12, tzinfo=HELSINKI)


def findings(*unmet: str, of: tuple[Criterion, ...] = CRITERIA) -> list[CriterionFinding]:
    return [CriterionFinding(criterion, criterion not in unmet) for criterion in of]


@pytest.mark.parametrize(
    ("given", "outcome", "reason", "faults"),
    [
        # All seven, in any order.
        (findings(), "accepted", None, []),
        (findings()[::-1], "accepted", None, []),
        # A rejection has a reason, whatever was found.
        (findings("member"), "rejected", "Ei jäsen", []),
        (findings(), "rejected", "Ei tarvita", []),
        (findings("member"), "rejected", None, ["/reason"]),
        # Six, none, and one of them twice.
        (findings(of=CRITERIA[:6]), "accepted", None, ["/criteria"]),
        ([], "rejected", None, ["/criteria"] * 7 + ["/reason"]),
        ([*findings(), *findings(of=CRITERIA[2:3])], "accepted", None, ["/criteria/7/criterion"]),
        # Seven findings that are not the seven criteria.
        ([*findings(of=CRITERIA[:6]), *findings(of=CRITERIA[:1])], "accepted", None, ["/criteria/6/criterion"]),
    ],
)
def test_each_criterion_is_found_exactly_once(
    given: list[CriterionFinding], outcome: Any, reason: str | None, faults: list[str]
) -> None:
    if not faults:
        assert [each.criterion for each in check_findings(given, outcome, reason)] == list(CRITERIA)
        return
    with pytest.raises(Invalid) as refused:
        check_findings(given, outcome, reason)
    assert [fault.pointer for fault in refused.value.faults] == faults


def test_one_unmet_criterion_prevents_an_acceptance_and_no_rejection() -> None:
    check_criteria_met(findings(), "accepted")
    check_criteria_met(findings("usable"), "rejected")
    with pytest.raises(CriteriaUnmet) as refused:
        check_criteria_met(findings("usable", "credits"), "accepted")
    assert refused.value.facts == {"unmet": ["credits", "usable"]}


@pytest.mark.parametrize(
    ("is_staff", "reviews", "is_main_user", "codes"),
    [
        (True, False, False, []),
        (False, False, False, ["not-staff"]),
        (True, True, False, ["is-reviewer"]),
        (True, False, True, ["is-main-user"]),
        (False, False, True, ["not-staff", "is-main-user"]),
    ],
)
def test_the_expert_is_of_the_staff_and_of_no_side(
    is_staff: bool, reviews: bool, is_main_user: bool, codes: list[str]
) -> None:
    faults = faults_of_expert(is_staff=is_staff, reviews=reviews, is_main_user=is_main_user)
    assert [fault.code for fault in faults] == codes


@pytest.mark.parametrize(
    ("role", "organisation_id", "sees"),
    [
        ("staff", None, True),
        ("auditor", None, True),
        ("main_user", CENTRAL, True),
        ("main_user", OTHER, False),
        ("training_manager", CENTRAL, False),
        ("observer", CENTRAL, False),
        ("unit_manager", UNIT, False),
    ],
)
def test_the_work_is_seen_by_both_sides_and_the_auditors(role: Role, organisation_id: UUID | None, sees: bool) -> None:
    actor = Actor.at(UUID(int=9), [RoleGrant(role, organisation_id, NOW, None)], NOW)
    assert sees_work(actor, PLACE) is sees
