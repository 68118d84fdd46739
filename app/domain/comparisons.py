"""Comparisons of two contents of the same shape, for example of two revisions: only what differs."""

from collections.abc import Iterable, Iterator


def differences_of(before: object, after: object, sections: Iterable[str]) -> Iterator[tuple[str, object, object]]:
    """The name of each section that differs with its two values, in the order of the sections."""
    for section in sections:
        old, new = getattr(before, section), getattr(after, section)
        if old != new:
            yield section, old, new
