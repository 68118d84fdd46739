"""Cost statements: what they need, what needs a reason, and the estimate (rulebook §3.5, §4.3)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from app.domain.errors import DomainError, Invalid, WrongState
from app.domain.trainings import cost_statements as rules
from app.domain.trainings.cost_statements import (
    EMPTY,
    CostStatement,
    StatementContents,
    StatementDecision,
    StatementDeclarations,
    StatementState,
)
from app.domain.trainings.participants import ParticipantCounts
from app.domain.trainings.support import Cost, Disallowed
from app.domain.trainings.support_rules import ActivityRules, SupportRules

ID = UUID(int=1)
NOW = datetime(2023, 4, 20, 12, tzinfo=UTC)
COUNTS = ParticipantCounts(of_age=7, under_age=0, female=4, male=2, other=1)
ACTIVITY = ActivityRules(
    enabled=True,
    rate_cents=3_500,
    share_percent=55,
    minimum_hours=1,
    maximum_hours=None,
    minimum_participants=7,
    minimum_age=15,
    earliest_months=6,
    latest_days=1,
    statement_days=28,
    automatic_approval=False,
    eligible_costs=["venue"],
)
RULES = SupportRules(2023, True, None, 3, ACTIVITY, ACTIVITY, None, None, None)  # Verified.
STATEMENT = CostStatement(
    id=ID,
    reference="2023-0001",
    training_id=ID,
    peer_group_id=None,
    training_name="Järjestön talous",
    organisation_id=ID,
    organisation_name="Hämeen Martat",
    central_organisation_id=ID,
    year=2023,
    hour_type="training",
    state="draft",
    supported=True,
    planned_hours=10,
    hours=8,
    used_hours=None,
    costs_cents=100_000,
    support_cents=None,
    payment_state="none",
    created_by=ID,
    created_by_name=None,
    created_at=NOW,
    submitted_by=None,
    submitted_by_name=None,
    submitted_at=None,
    senders=[],
    decided_by=None,
    decided_by_name=None,
    decided_at=None,
    decided_automatically=False,
    reason=None,
    answer_by=None,
    reversed_by=None,
    reversed_by_name=None,
    reversed_at=None,
    reversal_reason=None,
    ended_at=None,
    participants=COUNTS,
    costs=[Cost("venue", 100_000, None)],
    other_grants_cents=0,
    participant_fees_cents=90_000,
    currency="EUR",
    declarations=StatementDeclarations(booked=True, separable=True),
    needs_reason=[],
    disallowed=[],
    flags=[],
    support=None,
)


def faults_of(refused: pytest.ExceptionInfo[Invalid]) -> Mapping[str, str]:
    return {fault.pointer: fault.code for fault in refused.value.faults}


def test_an_empty_statement_lacks_everything_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        rules.check_complete(EMPTY)
    assert faults_of(refused) == {
        "/hours": "required",
        "/participants": "required",
        "/declarations/booked": "not-declared",
        "/declarations/separable": "not-declared",
    }
    rules.check_complete(STATEMENT)


def test_hours_of_0_and_no_participants_are_given() -> None:
    nobody = ParticipantCounts(0, 0, 0, 0, 0)
    rules.check_complete(replace(STATEMENT, hours=0, participants=nobody, costs=[]))


def test_changes_name_what_differs() -> None:
    after = rules.with_changes(STATEMENT, {"hours": 7, "currency": "EUR"})
    assert rules.differing(STATEMENT, after) == ["hours"]
    assert type(after) is StatementContents
    with pytest.raises(Invalid) as refused:
        rules.with_changes(STATEMENT, {"participants": replace(COUNTS, female=5)})
    assert faults_of(refused) == {"/participants": "more-genders-than-participants"}


@pytest.mark.parametrize(
    ("changes", "counted", "refused"),
    [
        ({"participants": COUNTS}, None, False),
        ({"participants": COUNTS}, COUNTS, False),
        ({"hours": 5}, COUNTS, False),
        ({"participants": replace(COUNTS, of_age=8)}, COUNTS, True),
        ({"participants": None}, COUNTS, True),
    ],
)
def test_counted_numbers_are_not_written(
    changes: dict[str, Any], counted: ParticipantCounts | None, refused: bool
) -> None:
    if refused:
        with pytest.raises(Invalid):
            rules.check_not_counted(changes, counted)
    else:
        rules.check_not_counted(changes, counted)


@pytest.mark.parametrize(
    ("changes", "late", "needed"),
    [
        ({}, False, []),
        ({"participants": replace(COUNTS, of_age=6, female=3, under_age=3)}, False, ["few-participants"]),
        ({"participants": None}, True, ["few-participants", "late"]),
        (
            {"declarations": StatementDeclarations(other_state_support=True, adult_education_centre=True)},
            False,
            ["other-state-support", "adult-education-centre"],
        ),
    ],
)
def test_what_needs_a_reason(changes: dict[str, Any], late: bool, needed: list[str]) -> None:
    statement = replace(STATEMENT, **changes)
    assert rules.needed_of(statement, RULES, late=late) == needed
    sent = replace(statement, needs_reason=["late"] if late else [])
    assert rules.needed_by(sent, RULES) == needed


DISALLOWED = [Disallowed("venue", 1, "Ei tositetta")]


@pytest.mark.parametrize(
    ("decision", "faults"),
    [
        (StatementDecision(ID, "approved", None, None, DISALLOWED), {}),
        (StatementDecision(ID, "sent_back", "Kuitti puuttuu", date(2023, 4, 20), []), {}),
        (
            StatementDecision(ID, "sent_back", "Kuitti puuttuu", None, DISALLOWED),
            {"/items/3/disallowed": "only-approved"},
        ),
        (StatementDecision(ID, "rejected", None, None, []), {"/items/3/reason": "reason-missing"}),
    ],
)
def test_what_a_decision_has(decision: StatementDecision, faults: dict[str, str]) -> None:
    if not faults:
        rules.check_decision(decision, NOW, pointer="/items/3")
        return
    with pytest.raises(Invalid) as refused:
        rules.check_decision(decision, NOW, pointer="/items/3")
    assert faults_of(refused) == faults


def test_a_reason_is_needed_only_for_what_is_unusual() -> None:
    without, given = (StatementDecision(ID, "approved", reason, None, []) for reason in (None, "Sairaus"))
    rules.check_reason(without, [])
    rules.check_reason(given, ["late"])
    with pytest.raises(Invalid) as refused:
        rules.check_reason(without, ["late"], pointer="/items/0")
    assert faults_of(refused) == {"/items/0/reason": "reason-missing"}


@pytest.mark.parametrize(
    ("changes", "cents", "limited_by"),
    [
        # 8 hours of 35 euros; fees of participants take nothing away.
        ({}, 28_000, "hours"),
        # 12 hours were held and 10 planned.
        ({"hours": 12}, 35_000, "hours"),
        # 55 % of 100 euros.
        ({"costs": [Cost("venue", 10_000, None)]}, 5_500, "costs"),
        # Costs of another category do not count.
        ({"costs": [Cost("other", 10_000, None)]}, 0, "costs"),
        # 1 000 euros less 999.
        ({"other_grants_cents": 99_900}, 100, "other_grants"),
        ({"supported": False, "hours": None}, 0, "not_supported"),
    ],
)
def test_the_estimate(changes: dict[str, Any], cents: int, limited_by: str) -> None:
    support = rules.estimated(replace(STATEMENT, **changes), RULES).support
    assert support
    assert (support.cents, support.limited_by, support.final, support.rules_revision) == (cents, limited_by, False, 3)


@pytest.mark.parametrize(
    ("state", "shown"), [("submitted", True), ("sent_back", True), ("approved", False), ("lapsed", False)]
)
def test_only_an_undecided_statement_has_an_estimate(state: StatementState, shown: bool) -> None:
    assert (rules.estimated(replace(STATEMENT, state=state), RULES).support is not None) == shown
    assert rules.estimated(replace(STATEMENT, state="draft", hours=None), RULES).support is None


def test_a_refused_state_says_which_are_allowed() -> None:
    rules.check_state("draft", "draft", "sent_back")
    with pytest.raises(DomainError) as refused:
        rules.check_state("lapsed", "draft", "sent_back", pointer="/items/0")
    assert isinstance(refused.value, WrongState)
    assert (refused.value.pointer, refused.value.facts) == (
        "/items/0",
        {"state": "lapsed", "allowed": ["draft", "sent_back"]},
    )


def test_makers_are_who_made_it_and_everyone_who_sent_it() -> None:
    assert STATEMENT.makers == {ID}
    assert replace(STATEMENT, senders=[UUID(int=2)]).makers == {ID, UUID(int=2)}
