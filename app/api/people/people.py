"""`/v1/people`."""

import json
from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request

from app.api.conventions import Read, Tokens, Write
from app.api.operations import Operation, Tag
from app.api.paging import Page, Paging
from app.api.requests import JSON, media_type_of
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import Body, Email, Line, Phone, SearchText, Several, Text
from app.db.callers import Caller
from app.db.paging import Slice
from app.domain.errors import Fault, Invalid, NotFound
from app.domain.organisations.organisations import Language
from app.domain.people.people import Person
from app.services.people import people


class Registration(Operation):
    """Its caller is not registered yet, in the study centre that the body names."""

    async def caller_of(self, request: Request) -> Caller:
        verifier = request.app.state.backend.verifier
        authentication = await verifier.authentication(request.headers.get("authorization"))
        body = await request.body() if media_type_of(request) == JSON else b""
        newcomer: Caller = await verifier.newcomer(authentication, lambda centres: _chosen(centres, body))
        return newcomer


def _chosen(study_centres: Sequence[UUID], body: bytes) -> UUID:
    """The one there is, or of several the one named. Raises Invalid, NotFound; what has no shape gets any of them."""
    if not study_centres:
        raise NotFound
    try:
        said: Any = json.loads(body)
        named = said.get("study_centre_id")
        wanted = None if named is None else UUID(named)
    except (ValueError, TypeError, AttributeError, RecursionError):
        return study_centres[0]
    if wanted is None and len(study_centres) > 1:
        raise Invalid(Fault("/study_centre_id", "missing"))
    if wanted is not None and wanted not in study_centres:
        raise NotFound(pointer="/study_centre_id")
    return wanted or study_centres[0]


router = APIRouter(
    prefix="/people",
    route_class=Operation,
    tags=[Tag("People", "Registering, people's data, and merging two records of one person.")],
)
registration = APIRouter(prefix="/people", route_class=Registration, tags=["People"])


class PersonIn(Body):
    name: Line
    email: Email
    phone: Phone | None = None
    language: Language = "fi"
    study_centre_id: UUID | None = None
    """ID of the study centre. Required only if the service has several."""


class MergerIn(Body):
    person_id: UUID
    """ID of the other record of the same person."""
    reason: Text
    """Reason for the merger."""


@registration.post("", status_code=201, responses=refusing("not-found", "already-exists"))
@operation(newcomers=True)
async def register_person(writer: Write, tokens: Tokens, body: PersonIn) -> Person:
    """Register yourself.

    Registers a person who has signed in and is not known yet. It gives no role. A link that verifies the email address
    is sent to it, unless the issuer of the token has verified the address.

    **Who:** everyone with a token of a trusted issuer.
    """
    return await people.register(
        writer, tokens, name=body.name, email=body.email, phone=body.phone, language=body.language
    )


@router.get("", response_model=Page[Person])
@operation(people_only=True, personal_data=True)
async def list_people(
    reader: Read,
    page: Paging,
    q: Annotated[SearchText, Query(description="Part of the name or of the email address.")] = None,
    organisation_id: Several[UUID] = None,
) -> Slice[Person]:
    """List people.

    Returns the people with a role within your reach, newest first.

    **Who:** staff and auditors for everyone; main users and unit managers within their tree.
    """
    return await people.list_people(reader, page, q=q, organisation_id=organisation_id)


@router.get("/{person_id}")
@operation(people_only=True, personal_data=True)
async def get_person(reader: Read, person_id: UUID) -> Person:
    """Get a person.

    **Who:** staff, auditors; main users and unit managers within their tree; everyone for themselves.
    """
    return await people.get_person(reader, person_id)


@router.post("/{person_id}/merger", responses=refusing("same-person", "wrong-state", "last-main-user", "last-staff"))
@operation(people_only=True, strong_sign_in=True)
async def merge_people(writer: Write, person_id: UUID, body: MergerIn) -> Person:
    """Merge two records of the same person.

    The person in the path gets the sign-ins, roles and other data of the person in the body. A strong authentication is
    required.

    **Who:** staff, except for their own records.
    """
    return await people.merge(writer, person_id, other_id=body.person_id, reason=body.reason)
