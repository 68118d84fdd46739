"""Reviewers, opinions and decisions of versions (rulebook §3.7)."""

from typing import Any
from uuid import UUID

import pytest

from app.domain.errors import Invalid, OpinionsMissing, WrongState
from app.domain.trainings.model_reviews import (
    Eligibility,
    ModelReviewer,
    check_may_name,
    check_named,
    check_opinions,
    check_reason,
)
from app.domain.trainings.model_versions import EMPTY, ModelVersion, VersionChange, VersionState

A, B, C, D, EXPERT, MAIN_USER, MAKER, STRANGER = map(UUID, (f"{n:032x}" for n in range(1, 9)))
ELIGIBILITY = Eligibility(
    staff={A, B, C, D, EXPERT, MAIN_USER, MAKER}, expert={EXPERT}, main_users={MAIN_USER}, makers={MAKER}
)


def reviewer(person_id: UUID, opinion: Any = None) -> ModelReviewer:
    return ModelReviewer(person_id, None, opinion, opinion and "Perustelu", None)


def version(state: VersionState = "in_review", change: VersionChange = "substantial") -> ModelVersion:
    members: dict[str, Any] = dict.fromkeys(ModelVersion.__dataclass_fields__)
    return ModelVersion(**members | EMPTY.__dict__ | {"state": state, "change": change})


@pytest.mark.parametrize(
    ("people", "faults"),
    [
        ([A, B], []),
        ([A, B, C], []),
        ([A, A], [("/person_ids/1", "duplicate-item")]),
        ([A, EXPERT], [("/person_ids/1", "is-expert")]),
        ([MAIN_USER, A], [("/person_ids/0", "is-main-user")]),
        ([STRANGER, MAKER], [("/person_ids/0", "not-staff"), ("/person_ids/1", "is-maker")]),
    ],
)
def test_reviewers_are_of_the_staff_and_of_no_side(people: list[UUID], faults: list[tuple[str, str]]) -> None:
    if not faults:
        check_named(people, ELIGIBILITY)
        return
    with pytest.raises(Invalid) as refused:
        check_named(people, ELIGIBILITY)
    assert [(fault.pointer, fault.code) for fault in refused.value.faults] == faults


@pytest.mark.parametrize(
    ("present", "named", "allowed"),
    [
        # Nobody has said anything yet: anybody may be named.
        ([], {A, B}, True),
        ([reviewer(A), reviewer(B)], {C, D}, True),
        ([reviewer(A), reviewer(B)], {A, B, C}, True),
        # After an opinion the reviewers stay.
        ([reviewer(A, "for"), reviewer(B)], {A, B}, True),
        ([reviewer(A, "for"), reviewer(B)], {A, C}, False),
        ([reviewer(A, "for"), reviewer(B)], {A, B, C}, False),
        ([reviewer(A, "for"), reviewer(B), reviewer(C)], {A, B}, False),
        # One who has left is replaced, by one person, or by nobody if enough are left.
        ([reviewer(A, "for"), reviewer(STRANGER)], {A, C}, True),
        ([reviewer(A, "for"), reviewer(STRANGER)], {B, C}, False),
        ([reviewer(A, "for"), reviewer(STRANGER)], {A, B, C}, False),
        ([reviewer(STRANGER, "against"), reviewer(A)], {A, C}, True),
        ([reviewer(A, "for"), reviewer(B), reviewer(STRANGER)], {A, B}, True),
        # So is one whose own matter it has become; and two who turned out to be one person.
        ([reviewer(A, "for"), reviewer(MAIN_USER)], {A, C}, True),
        ([reviewer(A, "for")], {A, C}, True),
    ],
)
def test_only_who_can_review_no_longer_is_replaced_after_an_opinion(
    present: list[ModelReviewer], named: set[UUID], allowed: bool
) -> None:
    if allowed:
        check_may_name(version(), named, present, ELIGIBILITY)
        return
    with pytest.raises(WrongState) as refused:
        check_may_name(version(), named, present, ELIGIBILITY)
    assert refused.value.facts["because"] == "opinion-given"


@pytest.mark.parametrize(
    ("change", "reviewers", "waiting_for"),
    [
        ("first", [reviewer(A, "for"), reviewer(B, "against")], None),
        ("first", [reviewer(A, "for"), reviewer(B)], [B]),
        ("substantial", [reviewer(A), reviewer(B)], [A, B]),
        # One alone does not review, for example after two reviewers turned out to be one person.
        ("substantial", [reviewer(A, "for")], []),
        ("minor", [], None),
    ],
)
def test_a_decision_needs_every_opinion_of_at_least_two(
    change: VersionChange, reviewers: list[ModelReviewer], waiting_for: list[UUID] | None
) -> None:
    if waiting_for is None:
        check_opinions(version(change=change), reviewers)
        return
    with pytest.raises(OpinionsMissing) as refused:
        check_opinions(version(change=change), reviewers)
    assert refused.value.facts == {"waiting_for": waiting_for}


@pytest.mark.parametrize(
    ("outcome", "opinions", "needs_reason"),
    [
        ("approved", ["for", "for"], False),
        ("approved", ["for", "against"], True),
        ("sent_back", ["for", "for"], True),
        ("rejected", ["against", "against"], True),
        # A minor change has no opinions.
        ("approved", [], False),
        ("rejected", [], True),
    ],
)
def test_a_decision_has_a_reason_unless_all_agree_to_approve(
    outcome: Any, opinions: list[str], needs_reason: bool
) -> None:
    reviewers = [reviewer(A, opinion) for opinion in opinions]
    check_reason(outcome, "Perustelu", reviewers)
    if needs_reason:
        with pytest.raises(Invalid):
            check_reason(outcome, None, reviewers)
    else:
        check_reason(outcome, None, reviewers)
