"""Lists in a request: which values may occur only once. A rule of the API's shape, no rule of the rulebook."""

from collections.abc import Hashable, Iterable

from app.domain.errors import Fault, Invalid


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
