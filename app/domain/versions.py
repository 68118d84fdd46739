"""Versions of resources: whoever changes a thing says which version of it was seen.

A convention of the API (`If-Match`, `ETag`), no rule of the rulebook.
"""

from hashlib import blake2b

from app.domain.errors import Stale, VersionRequired

Versions = frozenset[str] | None
"""The fingerprints the caller accepts; `*` among them is any, None was not said."""


def fingerprint(resource: object) -> str:
    """A short text that differs whenever anything a reader sees of the resource (a frozen dataclass) differs."""
    return blake2b(repr(resource).encode(), digest_size=12).hexdigest()


def tag_of(digest: str) -> str:
    """The version of a file, by its SHA-256 digest in hexadecimal digits."""
    return digest[:32]


def check_version(resource: object, expected: Versions) -> None:
    """Raises Stale where the caller named versions and none is the present one."""
    current = fingerprint(resource)
    if expected is not None and not expected & {current, "*"}:
        raise Stale(etag=f'"{current}"')


def check_version_said(resource: object, expected: Versions) -> None:
    """Raises VersionRequired where the caller named none, else as `check_version`."""
    if expected is None:
        raise VersionRequired()
    check_version(resource, expected)
