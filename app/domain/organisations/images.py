"""Logos (logo) and signature images (allekirjoituskuva): an organisation has at most one of each, and the study centre
a logo (rulebook §6.5)."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Literal
from uuid import UUID

from app.domain.access import Actor, Place
from app.domain.errors import DomainError, Stale
from app.domain.organisations.organisations import check_may_keep
from app.domain.values import Shown
from app.domain.versions import Versions, accepts, tag_of

Purpose = Literal["logo", "signature_image"]
Finding = Literal["not-an-image", "other-type", "too-many-pixels", "animated", "damaged", "too-demanding"]
"""Why an image is refused: the first reason found."""


class ImageRefused(DomainError):
    """Facts: `finding`."""

    code = "image-refused"

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding=finding)


@dataclass(frozen=True)
class Image(Shown):
    """Facts about an image, without the image itself."""

    media_type: Literal["image/png"]
    """Media type of the image."""
    width: int
    """Width in pixels."""
    height: int
    """Height in pixels."""
    size: int
    """Size in bytes."""
    digest: str
    """SHA-256 digest of the image, in hexadecimal digits."""
    changed_at: datetime
    """When the image was uploaded."""

    @property
    def tag(self) -> str:
        """The version of the image itself."""
        return tag_of(self.digest)


@dataclass(frozen=True)
class OfOrganisation(Shown):
    organisation_id: UUID


@dataclass(frozen=True)
class OrganisationImage(Image, OfOrganisation):
    """Facts about an image, without the image itself. The organisation comes first."""


def image_of(png: bytes, changed_at: datetime) -> Image:
    width, height = (int.from_bytes(png[start : start + 4]) for start in (16, 20))
    return Image("image/png", width, height, len(png), sha256(png).hexdigest(), changed_at)


def organisation_image_of(organisation_id: UUID, png: bytes, changed_at: datetime) -> OrganisationImage:
    return OrganisationImage(organisation_id, **vars(image_of(png, changed_at)))


def check_image_version(present: bytes | None, expected: Versions) -> None:
    """Raise Stale if the caller named versions and the image has none of them. Without an image, `*` names none."""
    tag = tag_of(sha256(present or b"").hexdigest())
    if not accepts(expected, {tag}, exists=present is not None):
        raise Stale(etag=f'"{tag}"')


def check_may_see(actor: Actor, place: Place, purpose: Purpose) -> None:
    """Check that the actor may see the image: a logo within reach, a signature image only if the actor may upload it.

    Rulebook §6.5. Raise Forbidden.
    """
    if purpose == "signature_image":
        check_may_keep(actor, place)
