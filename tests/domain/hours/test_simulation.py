"""Simulation against a second implementation that deals one by one (rulebook §3.17)."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from functools import partial
from random import Random
from time import process_time
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import DomainError, Fault, Invalid, NotFound, PoolExceeded
from app.domain.hours.simulation import Claim, Method, Parameters, Simulated, Step, Wish, dealt, simulated

A, B, C = (UUID(int=number) for number in (1, 2, 3))
THREE = [Wish(A, 0, 90, None, used=60), Wish(B, 1, 40, None, used=20), Wish(C, 2, 10, None)]
AVAILABLE = 420
ROUND: list[Method] = ["as_asked", "pro_rata", "by_history", "minimum_first", "needs_then_history"]


def hours_of(result: Mapping[UUID, Simulated]) -> list[int | None]:
    return [result[row].hours for row in sorted(result)]


def one_by_one(hours: int, claims: list[Claim]) -> list[int]:
    """Deal as the issue says it, without any shortcut."""
    got = [0] * len(claims)
    rest = [0] * len(claims)
    for _ in range(hours):
        open_ = [index for index, claim in enumerate(claims) if claim.weight and got[index] < claim.room]
        if open_:
            best = min(open_, key=lambda i: (-Fraction(claims[i].weight, 2 * got[i] + 1), claims[i].rank))
            got[best] += 1
            continue
        open_ = [index for index, claim in enumerate(claims) if not claim.weight and rest[index] < claim.room]
        if not open_:
            break
        best = min(open_, key=lambda i: (-Fraction(claims[i].room, 2 * rest[i] + 1), claims[i].rank))
        rest[best] += 1
    return [one + other for one, other in zip(got, rest, strict=True)]


claims_lists = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 60)), max_size=8).map(
    lambda pairs: [Claim(rank, room, weight) for rank, (room, weight) in enumerate(pairs)]
)


@given(st.integers(0, 250), claims_lists)
def test_dealing_is_the_same_as_dealing_one_by_one(hours: int, claims: list[Claim]) -> None:
    assert dealt(hours, claims) == one_by_one(hours, claims)


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[Wish], Parameters, dict[UUID, int]]:
    ids = [UUID(int=number) for number in range(1, draw(st.integers(1, 7)) + 1)]
    small = st.integers(0, 60)
    wishes = [
        Wish(
            row,
            rank,
            draw(small) if draw(st.integers(0, 5)) else None,
            draw(st.none() | st.integers(0, 5)),
            own=draw(st.integers(0, 9)) == 0,
            used=draw(small),
            new=draw(st.integers(0, 3)) == 0,
        )
        for rank, row in enumerate(ids)
    ]
    named = st.sampled_from(ids)
    asked = sum(wish.asked or 0 for wish in wishes)
    weights = {row: draw(st.sampled_from([0, 0, 1, 50, 1000, None])) for row in ids}
    parameters = Parameters(
        cap=draw(st.integers(0, asked) if draw(st.integers(0, 9)) else st.sampled_from([None, AVAILABLE + 1])),
        weights={row: weight for row, weight in weights.items() if weight is not None},
        floors=draw(st.dictionaries(named, st.integers(0, 20), max_size=2)),
        ceilings=draw(st.dictionaries(named, small, max_size=2)),
        minimum=draw(st.integers(0, 30)),
        need_percent=draw(st.integers(1, 100)),
        new_member_hours=draw(st.none() | st.integers(0, 20)),
    )
    return wishes, parameters, draw(st.dictionaries(named, st.integers(0, 20), max_size=2))


def outcome(method: Method, wishes: list[Wish], parameters: Parameters, overrides: dict[UUID, int]) -> Any:
    return either(lambda: simulated("round", method, wishes, parameters, overrides, AVAILABLE))


def either(simulation: Callable[[], Any]) -> Any:
    """The result or the refusal."""
    try:
        return simulation()
    except Invalid as refusal:
        return refusal.code, refusal.faults
    except DomainError as refusal:
        return refusal.code, refusal.pointer, refusal.facts


def bound_of(wish: Wish, parameters: Parameters) -> int:
    bound = min(wish.asked or 0, parameters.ceilings.get(wish.id, 10**9))
    if wish.new and parameters.new_member_hours is not None:
        bound = min(bound, parameters.new_member_hours)
    return bound


def by_phases(
    method: Method, wishes: list[Wish], parameters: Parameters, overrides: dict[UUID, int]
) -> dict[UUID, int | None]:
    """Simulate as the issue says it, phase by phase."""
    cap = AVAILABLE if parameters.cap is None else parameters.cap
    if cap > AVAILABLE:
        raise PoolExceeded(pointer="/parameters/cap", available=AVAILABLE, asked=cap)
    fixed = {wish.id: wish.hours for wish in wishes if wish.own or wish.asked is None}
    fixed |= {wish.id: overrides[wish.id] for wish in wishes if wish.id in overrides and not wish.own}
    rows = [wish for wish in wishes if wish.id not in fixed]
    asked = {row.id: row.asked or 0 for row in rows}
    weights = {row.id: parameters.weights.get(row.id, 100) for row in rows}
    if any(asked.values()) and not any(asked[row.id] and weights[row.id] for row in rows):
        raise Invalid(Fault("/parameters/weights", "all-zero"))
    left = cap - sum(hours or 0 for hours in fixed.values())
    if left < 0:
        raise PoolExceeded(pointer="/overrides", available=cap, asked=cap - left)
    bounds = {row.id: bound_of(row, parameters) for row in rows}
    if method == "as_asked":
        if sum(bounds.values()) > left:
            raise PoolExceeded(available=left, asked=sum(bounds.values()))
        return fixed | bounds
    new = {row.id for row in rows if row.new and parameters.new_member_hours is not None}
    got = {row: bound if row in new else min(bound, parameters.floors.get(row, 0)) for row, bound in bounds.items()}
    if sum(got.values()) > left:
        raise PoolExceeded(pointer="/parameters/floors", available=left, asked=sum(got.values()))

    def deal(until: Callable[[UUID], int], weight_of: Callable[[Wish], int]) -> None:
        claims = [Claim(row.rank, max(until(row.id) - got[row.id], 0), weight_of(row)) for row in rows]
        for row, hours in zip(rows, one_by_one(left - sum(got.values()), claims), strict=True):
            got[row.id] += hours

    percent, minimum = parameters.need_percent or 0, parameters.minimum or 0
    if method == "minimum_first":
        deal(lambda row: min(minimum, bounds[row]), lambda _: 1)
        deal(bounds.__getitem__, lambda row: (bounds[row.id] - got[row.id]) * weights[row.id])
    if method == "needs_then_history":
        deal(lambda row: bounds[row] * percent // 100, lambda row: asked[row.id] * weights[row.id])
    if method in ("by_history", "needs_then_history"):
        deal(bounds.__getitem__, lambda row: row.used * weights[row.id])
    if method == "pro_rata":
        deal(bounds.__getitem__, lambda row: asked[row.id] * weights[row.id])
    return fixed | got


@given(cases())
def test_hours_and_refusals_are_those_of_dealing_by_phases(
    case: tuple[list[Wish], Parameters, dict[UUID, int]],
) -> None:
    for method in ROUND:
        result = outcome(method, *case)
        hours = {row: each.hours for row, each in result.items()} if isinstance(result, dict) else result
        assert hours == either(partial(by_phases, method, *case))


@given(cases(), st.sampled_from(ROUND))
def test_the_sum_is_the_rest_of_the_cap_or_all_bounds_and_nobody_is_over_the_bound(
    case: tuple[list[Wish], Parameters, dict[UUID, int]], method: Method
) -> None:
    wishes, parameters, overrides = case
    result = outcome(method, wishes, parameters, overrides)
    if not isinstance(result, dict):
        return
    cap = AVAILABLE if parameters.cap is None else parameters.cap
    dealt_to = [wish for wish in wishes if not wish.own and wish.asked is not None and wish.id not in overrides]
    fixed = sum(result[wish.id].hours or 0 for wish in wishes if wish not in dealt_to)
    bounds = sum(bound_of(wish, parameters) for wish in dealt_to)
    assert sum(result[wish.id].hours for wish in dealt_to) == min(cap - fixed, bounds)
    assert all(0 <= result[wish.id].hours <= bound_of(wish, parameters) for wish in dealt_to)


@given(cases(), st.sampled_from(ROUND))
def test_nobody_loses_an_hour_when_the_cap_grows(
    case: tuple[list[Wish], Parameters, dict[UUID, int]], method: Method
) -> None:
    wishes, parameters, overrides = case
    smaller = outcome(method, wishes, parameters, overrides)
    if not isinstance(smaller, dict) or parameters.cap is None or parameters.cap == AVAILABLE:
        return
    larger = outcome(method, wishes, replace(parameters, cap=parameters.cap + 1), overrides)
    assert all((larger[row].hours or 0) >= (smaller[row].hours or 0) for row in smaller)


@given(cases(), st.sampled_from(ROUND), st.randoms())
def test_the_order_of_the_rows_has_no_influence(
    case: tuple[list[Wish], Parameters, dict[UUID, int]], method: Method, random: Random
) -> None:
    wishes, parameters, overrides = case
    shuffled = wishes[:]
    random.shuffle(shuffled)
    assert outcome(method, shuffled, parameters, overrides) == outcome(method, wishes, parameters, overrides)


@given(cases(), st.sampled_from(ROUND))
def test_the_reasons_sum_to_the_hours_and_recompute(
    case: tuple[list[Wish], Parameters, dict[UUID, int]], method: Method
) -> None:
    wishes, parameters, overrides = case
    result = outcome(method, wishes, parameters, overrides)
    if not isinstance(result, dict):
        return
    phases: dict[str, list[tuple[int, Step]]] = {"first": [], "second": []}
    for wish in wishes:
        row, before, bound = result[wish.id], 0, bound_of(wish, parameters)
        need = bound * (parameters.need_percent or 0) // 100 if method == "needs_then_history" else None
        for step in row.why:
            assert 0 < step.hours <= step.room
            match step.step:
                case "fixed":
                    assert (step.hours, step.weight) == (step.room, None)
                    assert step.hours == (wish.hours if wish.own else overrides.get(wish.id, wish.hours))
                case "floor":
                    is_new = wish.new and parameters.new_member_hours is not None
                    assert (step.room, step.weight) == (bound, None)
                    assert step.hours == (bound if is_new else min(bound, parameters.floors[wish.id]))
                case "asked":
                    assert (step.hours, step.room, step.weight) == (bound - before, bound - before, None)
                case _:
                    assert bool(step.weight) == (step.step != "rest")
                    # What is dealt by room after the others fills up to the need in the first phase.
                    is_first = step.step in ("minimum", "need") or (step.step == "rest" and before + step.room == need)
                    phases["first" if is_first else "second"].append((wish.rank, step))
            before += step.hours
        assert before == (row.hours or 0)
    for taken in phases.values():
        claims = [Claim(rank, step.room, step.weight or 0) for rank, step in taken]
        assert one_by_one(sum(step.hours for _, step in taken), claims) == [step.hours for _, step in taken]


@pytest.mark.parametrize(
    ("method", "more", "hours"),
    [
        # 100 x 90/140 = 64.3, 100 x 40/140 = 28.6, 100 x 10/140 = 7.1
        ("pro_rata", {}, [64, 29, 7]),
        # 100 x 60/80 = 75, 100 x 20/80 = 25; C used nothing
        ("by_history", {}, [75, 25, 0]),
        # 20, 20, 10, then 50 by rooms of 70 and 20: 39, 11
        ("minimum_first", {"minimum": 20}, [59, 31, 10]),
        # 45, 20, 5, then 30 by 60 and 20 used: 22.5 each way, the tie to A: 23, 7
        ("needs_then_history", {"need_percent": 50}, [68, 27, 5]),
    ],
)
def test_the_worked_examples(method: Method, more: dict[str, int], hours: list[int]) -> None:
    assert hours_of(simulated("round", method, THREE, Parameters(100, **more), {}, 100)) == hours  # type: ignore[arg-type]


def test_as_asked_is_refused_over_the_cap_and_gives_everybody_the_wish_below_it() -> None:
    with pytest.raises(PoolExceeded) as refusal:
        simulated("round", "as_asked", THREE, Parameters(100), {}, 100)
    assert refusal.value.facts == {"available": 100, "asked": 140}
    assert hours_of(simulated("round", "as_asked", THREE, Parameters(140), {}, 200)) == [90, 40, 10]


def test_a_new_member_gets_its_bound_first() -> None:
    wishes = [*THREE[:2], replace(THREE[2], new=True)]
    result = simulated("round", "by_history", wishes, Parameters(100, new_member_hours=8), {}, 100)
    assert hours_of(result) == [69, 23, 8]  # 92 left: 92 x 60/80 = 69, 92 x 20/80 = 23
    assert [(step.step, step.hours) for step in result[C].why] == [("floor", 8)]


def test_a_row_of_weight_0_comes_when_the_others_are_full() -> None:
    result = simulated("round", "pro_rata", THREE, Parameters(105, weights={A: 0}), {}, 200)
    assert hours_of(result) == [55, 40, 10]
    assert [(step.step, step.weight) for step in result[A].why] == [("rest", 0)]


def test_rows_without_a_wish_and_own_rows_stay_and_count_against_the_cap() -> None:
    wishes = [replace(THREE[0], asked=None), replace(THREE[1], own=True, hours=30), THREE[2]]
    assert hours_of(simulated("round", "pro_rata", wishes, Parameters(35), {}, 35)) == [None, 30, 5]


@pytest.mark.parametrize(
    ("method", "parameters", "overrides", "refused", "pointer"),
    [
        ("pro_rata", Parameters(101), {}, PoolExceeded, "/parameters/cap"),
        ("pro_rata", Parameters(10), {A: 11}, PoolExceeded, "/overrides"),
        ("pro_rata", Parameters(10, floors={A: 6, B: 5}), {}, PoolExceeded, "/parameters/floors"),
        ("pro_rata", Parameters(10, weights={UUID(int=9): 1}), {}, NotFound, f"/parameters/weights/{UUID(int=9)}"),
        ("pro_rata", Parameters(10), {UUID(int=9): 1}, NotFound, f"/overrides/{UUID(int=9)}"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(
    method: Method,
    parameters: Parameters,
    overrides: dict[UUID, int],
    refused: type[DomainError],
    pointer: str,
) -> None:
    with pytest.raises(refused) as refusal:
        simulated("round", method, THREE, parameters, overrides, 100)
    assert refusal.value.pointer == pointer


@pytest.mark.parametrize(
    ("method", "parameters", "pointer"),
    [
        ("minimum_first", Parameters(10), "/parameters/minimum"),
        ("needs_then_history", Parameters(10), "/parameters/need_percent"),
        ("pro_rata", Parameters(10, weights={A: 0, B: 0, C: 0}), "/parameters/weights"),
    ],
)
def test_what_a_method_needs_is_asked_for(method: Method, parameters: Parameters, pointer: str) -> None:
    with pytest.raises(Invalid) as refusal:
        simulated("round", method, THREE, parameters, {}, 100)
    assert [fault.pointer for fault in refusal.value.faults] == [pointer]


@pytest.mark.parametrize("method", ["by_history", "needs_then_history"])
def test_a_window_has_no_history(method: Method) -> None:
    with pytest.raises(Invalid) as refusal:
        simulated("window", method, THREE, Parameters(10, need_percent=50), {}, 100)
    assert [fault.pointer for fault in refusal.value.faults] == ["/method"]


def test_76_organisations_share_200000_hours_within_200_ms() -> None:
    random = Random(76)
    wishes = [
        Wish(UUID(int=row), row, random.randint(1, 9000), None, used=random.randint(0, 9000)) for row in range(76)
    ]
    began = process_time()
    result = simulated("round", "needs_then_history", wishes, Parameters(200_000, need_percent=50), {}, 200_000)
    assert process_time() - began < 0.2
    assert sum(row.hours or 0 for row in result.values()) == 200_000
