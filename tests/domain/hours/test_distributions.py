"""The requested allotments become transfers."""

from uuid import UUID

import pytest

from app.domain.access import Place
from app.domain.errors import AllotmentInUse, Invalid, NotFound, QuotaExceeded
from app.domain.hours.accounts import Balance, Books
from app.domain.hours.distributions import (
    Allotment,
    check_below,
    check_each_once,
    distribution_of,
    transfers_of,
)

CENTRE, A, B, C = (UUID(int=number) for number in (1, 2, 3, 4))
NAMES = {CENTRE: "centre", A: "A", B: "B", C: "C"}


def holder(
    unit: UUID, *, common: int = 0, free: int = 0, reserved: int = 0, used: int = 0, there: bool = True
) -> Balance:
    return Balance(unit, NAMES[unit], there, common, free, reserved, used, 0, 0, 0)


def books(common: int, *units: Balance) -> Books:
    place = Place(CENTRE, CENTRE, frozenset({CENTRE}))
    return Books(place, 2023, "allotment_then_common", "training", [holder(CENTRE, common=common), *units])


def wish(**hours: int) -> list[Allotment]:
    ids = {name: unit for unit, name in NAMES.items()}
    return [Allotment(ids[name], amount) for name, amount in hours.items()]


# Rulebook §9 example 15: quota 500 = A 200 + B 100 + common 200; A has reserved 120.
SPLIT = books(200, holder(A, free=80, reserved=120), holder(B, free=100))


@pytest.mark.parametrize(
    ("wished", "moves"),
    [
        (wish(A=200, B=100), []),
        (wish(A=120, B=100), [("recall", "A", 80)]),
        (wish(A=120), [("recall", "A", 80), ("recall", "B", 100)]),
        (wish(A=200, B=300), [("distribution", "B", 200)]),  # All of common.
        # Hours recalled from A may be allotted to C in the same call: 200 + 80 = 280.
        (wish(C=280, A=120, B=100), [("recall", "A", 80), ("distribution", "C", 280)]),
    ],
)
def test_recalls_come_before_new_allotments(wished: list[Allotment], moves: list[tuple[str, str, int]]) -> None:
    transfers = transfers_of(SPLIT, wished)
    units = [transfer.source if transfer.kind == "recall" else transfer.target for transfer in transfers]
    assert [
        (transfer.kind, NAMES[unit.organisation_id or CENTRE], transfer.hours)
        for transfer, unit in zip(transfers, units, strict=True)
    ] == moves


@pytest.mark.parametrize(
    ("wished", "facts", "pointer"),
    [
        (wish(B=100, A=119), {"unit_id": A, "in_use": 120, "asked": 119}, "/units/1"),
        (wish(B=100), {"unit_id": A, "in_use": 120, "asked": 0}, None),  # A unit that is left out gets 0.
    ],
)
def test_an_allotment_cannot_fall_below_its_reserved_and_used_hours(
    wished: list[Allotment], facts: dict[str, object], pointer: str | None
) -> None:
    with pytest.raises(AllotmentInUse) as refusal:
        transfers_of(SPLIT, wished)
    assert (refusal.value.facts, refusal.value.pointer) == (facts, pointer)


def test_used_hours_count_like_reserved_ones() -> None:
    with pytest.raises(AllotmentInUse):
        transfers_of(books(0, holder(A, reserved=3, used=4)), wish(A=6))


def test_no_more_is_allotted_than_is_free_after_the_recalls() -> None:
    with pytest.raises(QuotaExceeded) as refusal:
        transfers_of(SPLIT, wish(A=120, B=100, C=281))
    assert refusal.value.facts == {"available": 280, "asked": 281}


def test_hours_that_a_unit_used_before_it_moved_away_are_left_alone() -> None:
    moved_away = books(10, holder(A, used=7, there=False), holder(B, free=5))
    assert distribution_of(moved_away, 1).units == wish(B=5)
    assert transfers_of(moved_away, wish(B=5)) == []


def test_a_unit_named_twice_is_refused() -> None:
    with pytest.raises(Invalid) as refusal:
        check_each_once([*wish(A=1, B=1), *wish(A=1), *wish(B=2)])
    assert [(fault.pointer, fault.code) for fault in refusal.value.faults] == [
        ("/units/2/unit_id", "duplicate-item"),
        ("/units/3/unit_id", "duplicate-item"),
    ]


@pytest.mark.parametrize(
    ("wished", "pointer"), [(wish(A=1, C=1), "/units/1/unit_id"), (wish(centre=1), "/units/0/unit_id")]
)
def test_only_units_below_the_organisation_get_an_allotment(wished: list[Allotment], pointer: str) -> None:
    with pytest.raises(NotFound) as refusal:
        check_below(CENTRE, wished, {CENTRE, A, B})
    assert refusal.value.pointer == pointer
