"""Simulation (laskelma): how many hours each row of a decision plan gets by a method (rulebook §3.17).

All numbers are integers and fractions are compared exactly. An order of rows comes in as `rank`, since the order of
Finnish names is the database's matter. Equal ranks do not occur.
"""

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from heapq import heapify, heappop, heapreplace
from typing import Literal
from uuid import UUID

from app.domain.errors import Fault, Invalid, NotFound, PoolExceeded

PlanKind = Literal["round", "window"]
Method = Literal["as_asked", "pro_rata", "by_history", "minimum_first", "needs_then_history"]
StepName = Literal["fixed", "floor", "asked", "minimum", "need", "wish", "history", "rest"]

DEFAULT_WEIGHT = 100
OF_KIND: Mapping[PlanKind, frozenset[Method]] = {
    "round": frozenset(("as_asked", "pro_rata", "by_history", "minimum_first", "needs_then_history")),
    "window": frozenset(("as_asked", "pro_rata", "minimum_first")),
}


@dataclass(frozen=True)
class Wish:
    """A row of a plan as the simulation sees it."""

    id: UUID
    rank: int
    """Place in the order of names in Finnish, then IDs. It decides between equal claims."""
    asked: int | None
    """Hours asked. Without any the row stays as it is."""
    hours: int | None
    """Hours of the row before the simulation."""
    own: bool = False
    """True for a matter of the caller's own, which the simulation never changes."""
    used: int = 0
    """Hours used in the years before."""
    new: bool = False
    """True if nothing was granted in the years before."""


@dataclass(frozen=True)
class Parameters:
    cap: int | None = None
    """Most hours. None for the free hours of the pool."""
    weights: Mapping[UUID, int] = field(default_factory=dict)
    floors: Mapping[UUID, int] = field(default_factory=dict)
    ceilings: Mapping[UUID, int] = field(default_factory=dict)
    minimum: int | None = None
    need_percent: int | None = None
    new_member_hours: int | None = None
    years: int = 3
    """How many years before count as history."""


@dataclass(frozen=True)
class Step:
    """Hours that a row gets for one reason."""

    step: StepName
    hours: int
    room: int
    """The most that the row could get in this step."""
    weight: int | None
    """Weight in the dealing. `null` where nothing was dealt by weights, 0 for the rest."""


@dataclass(frozen=True)
class Simulated:
    hours: int | None
    why: tuple[Step, ...]


@dataclass
class _Row:
    wish: Wish
    bound: int
    weight: int
    given: int = 0
    why: list[Step] = field(default_factory=list)

    def give(self, step: StepName, hours: int, room: int, weight: int | None) -> None:
        self.given += hours
        if hours:
            self.why.append(Step(step, hours, room, weight))


@dataclass(frozen=True)
class Claim:
    """What a row can get in one phase of the dealing."""

    rank: int
    room: int
    weight: int


def dealt(hours: int, claims: Sequence[Claim]) -> list[int]:
    """Deal hours one by one, each to the greatest weight / (2 x dealt + 1). Return each claim's hours.

    Claims of weight 0 come when the others are full, by their room as weight. What no claim has room for stays.
    """
    weighted = [Claim(claim.rank, claim.room if claim.weight else 0, claim.weight) for claim in claims]
    first = _dealt_by_weight(hours, weighted)
    rest = [Claim(claim.rank, 0 if claim.weight else claim.room, claim.room) for claim in claims]
    second = _dealt_by_weight(hours - sum(first), rest)
    return [one + other for one, other in zip(first, second, strict=True)]


def _dealt_by_weight(hours: int, claims: Sequence[Claim]) -> list[int]:
    """Deal as `dealt` does, among weights above 0.

    The hour k (from 0) of a claim has the quotient weight / (2k + 1), which falls with k. Dealing therefore gives the
    hours with the greatest quotients. All hours whose quotient is at least 1/x are among them, if they are no more than
    `hours`. The greatest such x, in steps that add at most one hour to a claim, leaves fewer hours than there are
    claims. These are dealt one by one.
    """
    hours = min(hours, sum(claim.room for claim in claims))
    if hours <= 0:
        return [0] * len(claims)
    scale = 2 * max(claim.weight for claim in claims if claim.room)

    def given_at(x: int) -> list[int]:
        return [min(claim.room, (claim.weight * x + scale) // (2 * scale)) if claim.room else 0 for claim in claims]

    low, high = 0, 2 * scale * max(claim.room for claim in claims) + 1
    while high - low > 1:
        middle = (low + high) // 2
        if sum(given_at(middle)) <= hours:
            low = middle
        else:
            high = middle
    given = given_at(low)

    def place_of(index: int) -> tuple[Fraction, int, int]:
        claim = claims[index]
        return (-Fraction(claim.weight, 2 * given[index] + 1), claim.rank, index)

    waiting = [place_of(index) for index, claim in enumerate(claims) if given[index] < claim.room]
    heapify(waiting)
    for _ in range(hours - sum(given)):
        index = waiting[0][2]
        given[index] += 1
        if given[index] < claims[index].room:
            heapreplace(waiting, place_of(index))
        else:
            heappop(waiting)
    return given


def simulated(
    kind: PlanKind,
    method: Method,
    wishes: Sequence[Wish],
    parameters: Parameters,
    overrides: Mapping[UUID, int],
    available: int,
) -> dict[UUID, Simulated]:
    """Return the hours of every row and the reasons. Raise NotFound, Invalid or PoolExceeded.

    Rows without a wish that have hours count against the cap too, since a publication would decide them.
    """
    check_rows_known({wish.id for wish in wishes}, parameters, overrides)
    _check_method(kind, method, parameters)
    cap = available if parameters.cap is None else parameters.cap
    if cap > available:
        raise PoolExceeded(pointer="/parameters/cap", available=available, asked=cap)
    fixed = {wish.id: _fixed_of(wish, overrides) for wish in wishes if _is_fixed(wish, overrides)}
    rows = [_row_of(wish, parameters) for wish in wishes if wish.id not in fixed]
    _check_weights(rows)
    kept = sum(hours or 0 for hours in fixed.values())
    if kept > cap:
        raise PoolExceeded(pointer="/overrides", available=cap, asked=kept)
    _deal_all(method, rows, parameters, cap - kept)
    result = {row.wish.id: Simulated(row.given, tuple(row.why)) for row in rows}
    for row_id, hours in fixed.items():
        result[row_id] = Simulated(hours, (Step("fixed", hours, hours, None),) if hours else ())
    return result


def _is_fixed(wish: Wish, overrides: Mapping[UUID, int]) -> bool:
    return wish.own or wish.asked is None or wish.id in overrides


def _fixed_of(wish: Wish, overrides: Mapping[UUID, int]) -> int | None:
    return wish.hours if wish.own else overrides.get(wish.id, wish.hours)


def check_rows_known(known: Container[UUID], parameters: Parameters, overrides: Mapping[UUID, int]) -> None:
    """Check that all rows that are named exist (rulebook §3.17). Raise NotFound."""
    for path, named in (
        ("/parameters/weights", parameters.weights),
        ("/parameters/floors", parameters.floors),
        ("/parameters/ceilings", parameters.ceilings),
        ("/overrides", overrides),
    ):
        for row_id in named:
            if row_id not in known:
                raise NotFound(pointer=f"{path}/{row_id}")


def _check_method(kind: PlanKind, method: Method, parameters: Parameters) -> None:
    if method not in OF_KIND[kind]:
        raise Invalid(Fault("/method", "literal-error", {"expected": sorted(OF_KIND[kind])}))
    if method == "minimum_first" and parameters.minimum is None:
        raise Invalid(Fault("/parameters/minimum", "missing"))
    if method == "needs_then_history" and parameters.need_percent is None:
        raise Invalid(Fault("/parameters/need_percent", "missing"))


def _check_weights(rows: Sequence[_Row]) -> None:
    asking = [row for row in rows if row.wish.asked]
    if asking and not any(row.weight for row in asking):
        raise Invalid(Fault("/parameters/weights", "all-zero"))


def _is_new(wish: Wish, parameters: Parameters) -> bool:
    return wish.new and parameters.new_member_hours is not None


def _row_of(wish: Wish, parameters: Parameters) -> _Row:
    limits = [wish.asked or 0]
    if wish.id in parameters.ceilings:
        limits.append(parameters.ceilings[wish.id])
    if wish.new and parameters.new_member_hours is not None:
        limits.append(parameters.new_member_hours)
    return _Row(wish, min(limits), parameters.weights.get(wish.id, DEFAULT_WEIGHT))


def _deal_all(method: Method, rows: Sequence[_Row], parameters: Parameters, cap: int) -> None:
    if method == "as_asked" and (asked := sum(row.bound for row in rows)) > cap:
        raise PoolExceeded(available=cap, asked=asked)
    for row in rows:
        wanted = row.bound if _is_new(row.wish, parameters) else parameters.floors.get(row.wish.id, 0)
        row.give("floor", min(wanted, row.bound), row.bound, None)
    if (floors := sum(row.given for row in rows)) > cap:
        raise PoolExceeded(pointer="/parameters/floors", available=cap, asked=floors)
    left = cap - floors
    match method:
        case "as_asked":
            for row in rows:
                row.give("asked", row.bound - row.given, row.bound - row.given, None)
        case "pro_rata":
            _phase("wish", rows, left, _bound, _by_wish)
        case "by_history":
            _phase("history", rows, left, _bound, _by_history)
        case "minimum_first":
            minimum = parameters.minimum or 0
            left = _phase("minimum", rows, left, lambda row: min(minimum, row.bound), _equal)
            _phase("wish", rows, left, _bound, lambda row: (row.bound - row.given) * row.weight)
        case "needs_then_history":
            percent = parameters.need_percent or 0
            left = _phase("need", rows, left, lambda row: row.bound * percent // 100, _by_wish)
            _phase("history", rows, left, _bound, _by_history)


def _bound(row: _Row) -> int:
    return row.bound


def _equal(_row: _Row) -> int:
    return 1


def _by_wish(row: _Row) -> int:
    return (row.wish.asked or 0) * row.weight


def _by_history(row: _Row) -> int:
    return row.wish.used * row.weight


def _phase(
    step: StepName,
    rows: Sequence[_Row],
    hours: int,
    until: Callable[[_Row], int],
    weight_of: Callable[[_Row], int],
) -> int:
    """Deal hours up to `until`. Return the hours that are left."""
    claims = [Claim(row.wish.rank, max(until(row) - row.given, 0), weight_of(row)) for row in rows]
    given = dealt(hours, claims)
    for row, claim, got in zip(rows, claims, given, strict=True):
        row.give(step if claim.weight else "rest", got, claim.room, claim.weight)
    return hours - sum(given)
