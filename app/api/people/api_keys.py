"""`/v1/api-keys`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field, StrictInt

from app.api.conventions import Read, Write
from app.api.operations import Operation
from app.api.paging import Page, Paging
from app.api.rendering import Created
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import Body, Line, Text
from app.db.paging import Slice
from app.domain.people.api_keys import LONGEST_DAYS, LONGEST_OVERLAP_HOURS, SCOPES, ApiKey, Scope
from app.services.people import api_keys

router = APIRouter(prefix="/api-keys", route_class=Operation, tags=["API keys"])

Days = Annotated[StrictInt, Field(ge=1, le=LONGEST_DAYS, description="How long it works, by real time.")]


class ApiKeyIn(Body):
    organisation_id: UUID
    name: Line
    """What the key is for, as people will know it."""
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=len(SCOPES))]
    """Each an area with `read` or `write`; `write` does not include `read`."""
    expires_in_days: Days


class RotationIn(Body):
    overlap_hours: Annotated[StrictInt, Field(ge=0, le=LONGEST_OVERLAP_HOURS)]
    """For so long the old key works beside its successor, unless it expires before."""
    expires_in_days: Days


class RevocationIn(Body):
    reason: Text | None = None


@router.post("", status_code=201, responses=refusing("not-found"))
@operation(people_only=True, strong_sign_in=True, secret_answer=True)
async def make_api_key(writer: Write, body: ApiKeyIn) -> ApiKey:
    """Make a key for an organisation's own programs (main user within the tree, staff; in person).

    The `key` is in this answer alone; only its hash is kept. It is sent as `Authorization: Bearer tp_…`.
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
    reader: Read, page: Paging, organisation_id: UUID | None = None, under: UUID | None = None
) -> Slice[ApiKey]:
    """Keys, newest first, those that work no more too (main user within the tree, staff, auditor)."""
    return await api_keys.list_keys(reader, page, organisation_id=organisation_id, under=under)


@router.get("/{key_id}")
@operation(people_only=True)
async def get_api_key(reader: Read, key_id: UUID) -> ApiKey:
    """One key: its scopes, its end, when it was last used (main user within the tree, staff, auditor)."""
    return await api_keys.get_key(reader, key_id)


@router.post("/{key_id}/rotation", status_code=201, response_model=ApiKey, responses=refusing("wrong-state"))
@operation(people_only=True, strong_sign_in=True, secret_answer=True)
async def rotate_api_key(writer: Write, key_id: UUID, body: RotationIn) -> Created:
    """Make the key's successor, with the same name and scopes; both work until the overlap is over (main user, staff).

    The answer is the successor, its `key` shown in this answer alone.
    """
    made = await api_keys.rotate_key(
        writer, key_id, overlap_hours=body.overlap_hours, expires_in_days=body.expires_in_days
    )
    return Created(made, f"/v1/api-keys/{made.id}")


@router.post("/{key_id}/revocation", responses=refusing("wrong-state"))
@operation(people_only=True)
async def revoke_api_key(writer: Write, key_id: UUID, body: RevocationIn | None = None) -> ApiKey:
    """End the key at once: the next request with it is refused (main user within the tree, staff)."""
    return await api_keys.revoke_key(writer, key_id, reason=body.reason if body else None)
