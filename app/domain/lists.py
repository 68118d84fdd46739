"""Lists in a request: what may occur only once, and what all items are: no rule of the rulebook."""

from collections.abc import Container, Hashable, Iterable

from app.domain.errors import Fault, Invalid, NotFound


def check_once(keys: Iterable[Hashable], pointer: str) -> None:
    """Check that no key occurs twice. Raise Invalid; `pointer` has `{}` in place of the item's index."""
    seen: set[Hashable] = set()
    faults = []
    for index, key in enumerate(keys):
        if key in seen:
            faults.append(Fault(pointer.format(index), "duplicate-item"))
        seen.add(key)
    if faults:
        raise Invalid(*faults)


def check_found(keys: Iterable[Hashable], found: Container[Hashable], *, pointer: str = "") -> None:
    """Check that each key is among those found. Raise NotFound; `pointer` has `{}` in place of the item's index."""
    for index, key in enumerate(keys):
        if key not in found:
            raise NotFound(pointer=pointer.format(index) or None)


def check_of_year(years: Iterable[int], year: int, pointer: str) -> None:
    """Check that the items, which are of these years, are all of the year. Raise Invalid; `pointer` as above."""
    other = [
        Fault(pointer.format(index), "not-of-the-year", {"year": year}) for index, of in enumerate(years) if of != year
    ]
    if other:
        raise Invalid(*other)
