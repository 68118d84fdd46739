"""`/v1/api-keys`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field, Strict

from app.api.conventions import Read, Write
from app.api.operations import Operation, Tag
from app.api.paging import Page, Paging
from app.api.rendering import Created
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import WHOLE, Body, Line, Several, Text
from app.db.paging import Slice
from app.domain.people.api_keys import LONGEST_DAYS, LONGEST_OVERLAP_HOURS, SCOPES, ApiKey, Scope
from app.services.people import api_keys

router = APIRouter(
    prefix="/api-keys",
    route_class=Operation,
    tags=[Tag("API keys", "Keys for organisations' own programs, which call the service within their scopes.")],
)

Days = Annotated[
    int, Strict(), Field(ge=1, le=LONGEST_DAYS, description="Number of days that the key works, in real time."), WHOLE
]


class ApiKeyIn(Body):
    organisation_id: UUID
    name: Line
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=len(SCOPES))]
    """Scopes of the key, each an area with `read` or `write`. `write` does not include `read`."""
    expires_in_days: Days


class RotationIn(Body):
    overlap_hours: Annotated[int, Strict(), Field(ge=0, le=LONGEST_OVERLAP_HOURS), WHOLE]
    """Number of hours that the old key works beside its successor, unless it expires before."""
    expires_in_days: Days


class RevocationIn(Body):
    reason: Text | None = None
    """Reason for the revocation. `null` if none is given."""


@router.post("", status_code=201, responses=refusing("not-found"))
@operation(people_only=True, strong_sign_in=True, secret_answer=True)
async def make_api_key(writer: Write, body: ApiKeyIn) -> ApiKey:
    """Create an API key.

    Creates a key for an organisation's own programs. Only this response contains the `key`; the service stores its
    hash. Send it as `Authorization: Bearer tp_…`.

    **Who:** main users within their tree, staff.
    """
    return await api_keys.make_key(
        writer,
        organisation_id=body.organisation_id,
        name=body.name,
        scopes=body.scopes,
        expires_in_days=body.expires_in_days,
    )


@router.get("", response_model=Page[ApiKey])
@operation(people_only=True)
async def list_api_keys(
    reader: Read, page: Paging, organisation_id: Several[UUID] = None, under: Several[UUID] = None
) -> Slice[ApiKey]:
    """List API keys.

    The newest come first. Expired and revoked keys are included.

    **Who:** main users within their tree, staff, auditors.
    """
    return await api_keys.list_keys(reader, page, organisation_id=organisation_id, under=under)


@router.get("/current")
@operation(keys_only=True)
async def get_current_api_key(reader: Read) -> ApiKey:
    """Get the API key of the caller.

    Shows the organisation, the scopes and the expiry time of the key that the request was sent with. No scope is
    needed.

    **Who:** API keys.
    """
    return await api_keys.get_own_key(reader)


@router.get("/{key_id}")
@operation(people_only=True)
async def get_api_key(reader: Read, key_id: UUID) -> ApiKey:
    """Get an API key.

    Shows the scopes, the expiry time and the last use.

    **Who:** main users within their tree, staff, auditors.
    """
    return await api_keys.get_key(reader, key_id)


@router.post("/{key_id}/rotation", status_code=201, response_model=ApiKey, responses=refusing("wrong-state"))
@operation(people_only=True, strong_sign_in=True, secret_answer=True)
async def rotate_api_key(writer: Write, key_id: UUID, body: RotationIn) -> Created:
    """Rotate an API key.

    Creates a successor with the same name and scopes. Both keys work until the overlap ends. Only this response
    contains the successor's `key`.

    **Who:** main users within their tree, staff.
    """
    made = await api_keys.rotate_key(
        writer, key_id, overlap_hours=body.overlap_hours, expires_in_days=body.expires_in_days
    )
    return Created(made, f"/v1/api-keys/{made.id}")


@router.post("/{key_id}/revocation", responses=refusing("wrong-state"))
@operation(people_only=True)
async def revoke_api_key(writer: Write, key_id: UUID, body: RevocationIn | None = None) -> ApiKey:
    """Revoke an API key.

    The key stops working immediately.

    **Who:** main users within their tree, staff.
    """
    return await api_keys.revoke_key(writer, key_id, reason=body.reason if body else None)
