"""Lists in requests: what may be in them only once; about the shape of the API, no rule of the rulebook."""

from collections.abc import Hashable, Iterable

from app.domain.errors import Fault, Invalid


def check_once(keys: Iterable[Hashable], pointer: str) -> None:
    """Raises Invalid if a key occurs twice; `pointer` has `{}` where the item's index goes."""
    seen: set[Hashable] = set()
    faults = []
    for index, key in enumerate(keys):
        if key in seen:
            faults.append(Fault(pointer.format(index), "duplicate-item"))
        seen.add(key)
    if faults:
        raise Invalid(*faults)
