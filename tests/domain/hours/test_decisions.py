"""A batch of decisions: the refusal of each item, and the sum against the pool."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import pytest

from app.domain.access import Actor, Place, RoleGrant
from app.domain.calendar.deadlines import HELSINKI
from app.domain.errors import (
    AlreadyExists,
    DomainError,
    Invalid,
    NotAMember,
    NotCentral,
    NotFound,
    PoolExceeded,
    WrongState,
)
from app.domain.hours import decisions as rules
from app.domain.hours import grants
from app.domain.hours.decisions import DecisionItem, LockedProposal
from app.domain.hours.grants import Candidate

FIRST, SECOND, UNIT = UUID(int=1), UUID(int=2), UUID(int=3)
PROPOSAL, OTHERS, LAST_YEARS = UUID(int=11), UUID(int=12), UUID(int=13)
STAFF = Actor(UUID(int=9), (RoleGrant("staff", None, datetime(2000, 1, 1, tzinfo=HELSINKI), None),))
CANDIDATES = {
    FIRST: Candidate(Place(FIRST, FIRST, frozenset({FIRST})), "Marttaliitto", date(2000, 1, 1), None),
    SECOND: Candidate(Place(SECOND, SECOND, frozenset({SECOND})), "Partio", date(2000, 1, 1), date(2023, 12, 31)),
    UNIT: Candidate(Place(UNIT, FIRST, frozenset({UNIT, FIRST})), "Martat", date(2000, 1, 1), None),
}
PROPOSALS = {
    PROPOSAL: LockedProposal(PROPOSAL, FIRST, 2024, "submitted"),
    OTHERS: LockedProposal(OTHERS, SECOND, 2024, "draft"),
    LAST_YEARS: LockedProposal(LAST_YEARS, FIRST, 2023, "submitted"),
}


def item(organisation_id: UUID, hours: int = 1, proposal_id: UUID | None = None) -> DecisionItem:
    return DecisionItem(organisation_id, hours, None, proposal_id)


def test_an_organisation_named_twice_is_refused() -> None:
    grants.check_each_once([item(FIRST), item(SECOND)])
    with pytest.raises(Invalid) as refused:
        grants.check_each_once([item(FIRST), item(SECOND), item(FIRST), item(FIRST)])
    assert [fault.pointer for fault in refused.value.faults] == ["/items/2/organisation_id", "/items/3/organisation_id"]


@pytest.mark.parametrize(
    ("wished", "pointer"),
    [
        (item(UUID(int=99)), "/items/1/organisation_id"),  # There is no such organisation.
        (item(SECOND, proposal_id=UUID(int=99)), "/items/1/proposal_id"),  # No such proposal.
        (item(SECOND, proposal_id=PROPOSAL), "/items/1/proposal_id"),  # Another organisation's.
        (item(UNIT, proposal_id=PROPOSAL), "/items/1/proposal_id"),  # Its central organisation's.
    ],
)
def test_the_refusal_of_a_missing_item_has_its_pointer(wished: DecisionItem, pointer: str) -> None:
    with pytest.raises(NotFound) as refused:
        rules.check_there(STAFF, 2024, [item(FIRST, proposal_id=PROPOSAL), wished], CANDIDATES, PROPOSALS)
    assert refused.value.pointer == pointer


def test_a_proposal_for_another_year_is_not_found() -> None:
    with pytest.raises(NotFound):
        rules.check_there(STAFF, 2024, [item(FIRST, proposal_id=LAST_YEARS)], CANDIDATES, PROPOSALS)


@pytest.mark.parametrize(
    ("check", "refusal", "pointer", "facts"),
    [
        (lambda: grants.check_centrals([item(FIRST), item(UNIT)], CANDIDATES), NotCentral, "/items/1/organisation_id",
         {"organisation_id": UNIT}),
        (lambda: rules.check_submitted([item(SECOND, 1, OTHERS)], PROPOSALS, ()), WrongState, "/items/0/proposal_id",
         {"state": "draft", "allowed": ["submitted"]}),
        # Its membership ended with 2023.
        (lambda: grants.check_members(2024, [item(FIRST), item(SECOND)], CANDIDATES), NotAMember,
         "/items/1/organisation_id",
         {"year": 2024, "active_from": date(2000, 1, 1), "active_until": date(2023, 12, 31)}),
        (lambda: grants.check_ungranted([item(FIRST), item(SECOND)], {SECOND: UUID(int=7)}), AlreadyExists,
         "/items/1/organisation_id", {"existing_id": UUID(int=7)}),
        # 700 + 400 = 1,100: the complete batch is counted.
        (lambda: grants.check_pool_suffices(1000, [item(FIRST, 700), item(SECOND, 400)]), PoolExceeded, None,
         {"available": 1000, "asked": 1100}),
    ],
)  # fmt: skip
def test_refusals_have_the_items_pointer(check: Any, refusal: type[DomainError], pointer: str, facts: Any) -> None:
    with pytest.raises(refusal) as refused:
        check()
    assert (refused.value.pointer, refused.value.facts) == (pointer, facts)


def test_a_right_batch_is_accepted() -> None:
    rules.check_there(STAFF, 2024, [item(FIRST, proposal_id=PROPOSAL), item(SECOND)], CANDIDATES, PROPOSALS)
    grants.check_centrals([item(FIRST), item(SECOND)], CANDIDATES)
    rules.check_submitted([item(FIRST, 1, PROPOSAL), item(SECOND)], PROPOSALS, ())
    grants.check_members(2023, [item(FIRST), item(SECOND)], CANDIDATES)  # The last day of 2023 is in it.
    grants.check_ungranted([item(FIRST)], {SECOND: UUID(int=7)})
    grants.check_pool_suffices(1100, [item(FIRST, 700), item(SECOND, 400)])  # To the last hour.


def test_an_earlier_decision_is_reported_before_the_state_of_its_proposal() -> None:
    rules.check_submitted([item(SECOND, 1, OTHERS)], PROPOSALS, {SECOND: UUID(int=7)})
