"""Versions of resources: a change names the version that the caller has seen.

A convention of the API (`If-Match`, `ETag`), no rule of the rulebook.
"""

from hashlib import blake2b

from app.domain.errors import Stale, VersionRequired

Versions = frozenset[str] | None
"""The versions that the caller accepts; `*` is any version, None means that the caller named none."""


def fingerprint(resource: object) -> str:
    """A short text that differs whenever anything that a reader sees of the resource (a frozen dataclass) differs."""
    return blake2b(repr(resource).encode(), digest_size=12).hexdigest()


def tag_of(digest: str) -> str:
    """The version of a file, by its SHA-256 digest in hexadecimal digits."""
    return digest[:32]


def check_version(resource: object, expected: Versions) -> None:
    """Raises Stale if the caller named versions and none of them is the present one."""
    current = fingerprint(resource)
    if expected is not None and not expected & {current, "*"}:
        raise Stale(etag=f'"{current}"')


def check_required_version(resource: object, expected: Versions) -> None:
    """Raises VersionRequired if the caller named no version, otherwise like `check_version`."""
    if expected is None:
        raise VersionRequired()
    check_version(resource, expected)
