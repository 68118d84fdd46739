"""Versions of resources: a change says which version it is based on.

A convention of the API (`If-Match`, `ETag`), no rule of the rulebook.
"""

from hashlib import blake2b

from app.domain.errors import Stale, VersionRequired

Versions = frozenset[str] | None
"""Fingerprints that the caller accepts. `*` accepts any, None means that the caller named none."""


def fingerprint(resource: object) -> str:
    """Return a short text that changes if any visible field of the resource (a frozen dataclass) changes."""
    return blake2b(repr(resource).encode(), digest_size=12).hexdigest()


def tag_of(digest: str) -> str:
    """Return the version of a file, by its SHA-256 digest in hexadecimal digits."""
    return digest[:32]


def check_version(resource: object, expected: Versions) -> None:
    """Raise Stale if the caller named versions and the resource has none of them."""
    current = fingerprint(resource)
    if expected is not None and not expected & {current, "*"}:
        raise Stale(etag=f'"{current}"')


def check_required_version(resource: object, expected: Versions) -> None:
    """Raises VersionRequired if the caller named no version, otherwise like `check_version`."""
    if expected is None:
        raise VersionRequired()
    check_version(resource, expected)
