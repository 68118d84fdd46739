"""`/v1/public/{slug}/badges`."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query

from app.api.conventions import Read, ServiceKeys
from app.api.files import Download, giving
from app.api.operations import Tag
from app.api.people.badge_applications import JWT
from app.api.public_operations import IN_CENTRE, PublicOperation
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import IN_DIGITS
from app.domain.organisations.organisations import Language
from app.services.people import public_badges

Json = dict[str, Any]
router = APIRouter(
    prefix="/public/{slug}/badges",
    route_class=PublicOperation,
    dependencies=IN_CENTRE,
    tags=[
        Tag(
            "Public badges",
            "What programs read to verify a badge. The path begins with the `slug` of the study centre. No token is "
            "needed, and nothing here names a person.",
        )
    ],
)
ListNumber = Annotated[int, Path(ge=1, le=1_000_000, description="Number of the status list, from 1."), IN_DIGITS]
Thumbprint = Annotated[
    str,
    Path(
        pattern=r"^[A-Za-z0-9_-]{43}$",
        description="Thumbprint of the key (RFC 7638), in base64url: the last part of the `kid` of one of "
        "`GET …/badges/keys`.",
    ),
]
InLanguage = Annotated[Language, Query(description="Language of the texts.")]
_jwt = giving(JWT)
_jwt["responses"] = _jwt["responses"] | refusing("not-found", "not-configured")


@router.get("/issuer", responses=refusing("not-found", "not-configured"))
@operation(is_open=True, is_public=True)
async def get_badge_issuer(reader: Read, keys: ServiceKeys) -> Json:
    """Get the issuer of badges.

    Returns the study centre as a `Profile` of Open Badges 3.0.

    **Who:** anyone.
    """
    return await public_badges.get_issuer(reader, keys)


@router.get("/keys", responses=refusing("not-found", "not-configured"))
@operation(is_open=True, is_public=True)
async def get_badge_keys(reader: Read, keys: ServiceKeys) -> Json:
    """Get the keys of badges.

    Returns a JWK set. The first key signs; badges signed with the others are valid too.

    **Who:** anyone.
    """
    return await public_badges.get_keys(reader, keys)


@router.get("/keys/{thumbprint}", responses=refusing("not-found", "not-configured"))
@operation(is_open=True, is_public=True)
async def get_badge_key(reader: Read, keys: ServiceKeys, thumbprint: Thumbprint) -> Json:
    """Get a key of badges.

    Returns the JWK with that thumbprint (RFC 7638). Its path is the `kid` of the badges that it signed.

    **Who:** anyone.
    """
    return await public_badges.get_key(reader, keys, thumbprint)


@router.get("/achievements/{badge_definition_id}", responses=refusing("not-found", "not-configured"))
@operation(is_open=True, is_public=True)
async def get_badge_achievement(
    reader: Read, keys: ServiceKeys, badge_definition_id: UUID, language: InLanguage = "fi"
) -> Json:
    """Get the achievement of a badge.

    Returns the same `Achievement` of Open Badges 3.0 as the credentials in that language have, with the
    same `id`.

    **Who:** anyone.
    """
    return await public_badges.get_achievement(reader, keys, badge_definition_id, language)


@router.get("/status-lists/{number}", **_jwt)
@operation(is_open=True, is_public=True)
async def get_badge_status_list(reader: Read, keys: ServiceKeys, number: ListNumber) -> Download:
    """Get a status list of badges.

    Returns a signed `BitstringStatusListCredential`, in which the bits of revoked badges are set.

    **Who:** anyone.
    """
    content = await public_badges.get_status_list(reader, keys, number)
    return Download(content.encode(), JWT, f"status-list-{number}.jwt")


@router.get("/credentials/{badge_application_id}", responses=refusing("not-found"))
@operation(is_open=True, is_public=True)
async def get_public_badge(reader: Read, badge_application_id: UUID) -> Json:
    """Get a badge that its earner shows.

    Returns the credential as JSON. A badge that is not public, or that has been revoked, is not found.

    **Who:** anyone.
    """
    return await public_badges.get_shown_credential(reader, badge_application_id)
