"""The figures of charts of hours (rulebook §3.12)."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from app.domain.hours.charts import (
    Holder,
    MonthOfHours,
    MonthsMoves,
    SeveralHolders,
    TreeNode,
    YearOfHours,
    months_of,
    tree_of,
    years_of,
)

FIRST = TreeNode(7, 0, 0, 0, 7, organisation_id=UUID(int=1), name="Liitto", parent_id=None)


def holder(number: int, hours: int, *above: int) -> Holder:
    ids: Sequence[UUID] = [UUID(int=each) for each in above]
    return Holder(hours, 0, hours, 0, 0, organisation_id=UUID(int=number), name=f"Yhdistys {number}", above=ids)


def test_a_node_stands_below_the_nearest_organisation_above_that_is_shown() -> None:
    """Organisation 3 is below 2; 5 is below 4, which has no hours, and that below 1."""
    total = SeveralHolders(60, 0, 60, 0, 0, organisations=3)
    found = [(each, total) for each in (holder(5, 30, 4, 1), holder(2, 20, 1), holder(3, 10, 2, 1))]
    nodes, others = tree_of(FIRST, found)
    assert [(node.organisation_id, node.parent_id) for node in nodes] == [
        (UUID(int=1), None),
        (UUID(int=5), UUID(int=1)),
        (UUID(int=2), UUID(int=1)),
        (UUID(int=3), UUID(int=2)),
    ]
    assert others is None


def test_the_others_are_what_is_left_of_all() -> None:
    """51 organisations of 2 hours each, and 49 of 1: fifty are shown with 100 of the 151 hours."""
    total = SeveralHolders(151, 0, 151, 0, 0, organisations=100)
    nodes, others = tree_of(FIRST, [(holder(number, 2, 1), total) for number in range(2, 53)])
    assert len(nodes) == 51
    assert others == SeveralHolders(51, 0, 51, 0, 0, organisations=50)


def test_years_without_hours_are_zeros() -> None:
    known = YearOfHours(2021, 10, 5, 2, 3)
    assert years_of(2023, [known])[1:4] == [YearOfHours(2020, 0, 0, 0, 0), known, YearOfHours(2022, 0, 0, 0, 0)]


def test_months_sum_what_moved_until_their_ends() -> None:
    """30 reserved before the year, 10 of them used in February, and 5 released in the next January."""
    moves = [
        MonthsMoves(date(2022, 12, 1), 30, 0),
        MonthsMoves(date(2023, 2, 1), -10, 10),
        MonthsMoves(date(2024, 1, 1), -5, 0),
    ]
    months = months_of(2023, moves)
    assert months[:2] == [MonthOfHours("2023-01", 30, 0), MonthOfHours("2023-02", 20, 10)]
    assert months[-2:] == [MonthOfHours("2023-12", 20, 10), MonthOfHours("2024-01", 15, 10)]
    assert len(months) == 13
    assert months_of(2023, moves[:1]) == []
    assert months_of(2023, []) == []
