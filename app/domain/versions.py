"""Versions of resources: a change says which version it is based on.

A convention of the API (`If-Match`, `If-None-Match`, `ETag`), no rule of the rulebook.
"""

from collections.abc import Set
from dataclasses import dataclass
from hashlib import blake2b

from app.domain.errors import Stale, VersionRequired


@dataclass(frozen=True, slots=True)
class Versions:
    """Fingerprints by which the caller accepts a resource. `*` stands for any."""

    wanted: frozenset[str] | None = None
    """One of these has to be there; None means that the caller named none."""
    unwanted: frozenset[str] = frozenset()
    """None of these may be there. `*` accepts only that there is nothing yet."""


def fingerprint(resource: object) -> str:
    """Return a short text that changes if any visible field of the resource (a frozen dataclass) changes."""
    return blake2b(repr(resource).encode(), digest_size=12).hexdigest()


def tag_of(digest: str) -> str:
    """Return the version of a file, by its SHA-256 digest in hexadecimal digits."""
    return digest[:32]


def accepts(expected: Versions, current: Set[str], *, exists: bool = True, is_put: bool = True) -> bool:
    """Whether the caller accepts a resource that goes by these fingerprints.

    What exists without having been put is nothing yet for `unwanted`, and something for `wanted`.
    """
    present = {*current, "*"} if exists else current
    is_wanted = expected.wanted is None or bool(expected.wanted & present)
    return is_wanted and not expected.unwanted & (present if is_put else current)


def check_version(resource: object, expected: Versions, *, is_put: bool = True) -> None:
    """Raise Stale if the caller named versions and the resource has none of them, or does not accept the one it has.

    What has never been put is shown too, for example a pool of zeros. `If-None-Match: *` accepts only that, and
    `If-Match: *` accepts it as well.
    """
    current = fingerprint(resource)
    if not accepts(expected, {current}, is_put=is_put):
        raise Stale(etag=f'"{current}"')


def check_required_version(resource: object, expected: Versions) -> None:
    """Raises VersionRequired if the caller named no version, otherwise like `check_version`."""
    check_version(resource, expected)
    if expected.wanted is None:
        raise VersionRequired()


def check_absent(expected: Versions) -> None:
    """Raise Stale if the caller named versions of what is not there."""
    if not accepts(expected, set(), exists=False):
        raise Stale(etag=f'"{fingerprint(None)}"')
