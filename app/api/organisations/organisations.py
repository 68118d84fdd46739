"""`/v1/organisations`."""

import re
from typing import Annotated, cast
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError
from stdnum.exceptions import ValidationError
from stdnum.fi import ytunnus

from app.api.conventions import Edit, Read, Write
from app.api.operations import Operation
from app.api.paging import Page, Paging
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import UNSAID, Body, Day, Email, Flag, Form, Line, Phone, SearchText, ToldAs
from app.db.paging import Slice
from app.domain.organisations.organisations import (
    DrawsOn,
    Language,
    Organisation,
    OrganisationChanges,
    OrganisationKind,
)
from app.services.organisations import organisations

router = APIRouter(prefix="/organisations", route_class=Operation, tags=["Organisations"])


def _business_id(text: str) -> str:
    """In its usual form, `2077474-0`; the check alone would take signs between any of the digits."""
    if not re.fullmatch(r"\d{7}-?\d", text, re.ASCII):
        raise PydanticCustomError("business_id_format", "A business ID is seven digits, a hyphen and one")
    try:
        return str(ytunnus.format(ytunnus.validate(text)))
    except ValidationError:
        raise PydanticCustomError("business_id_checksum", "The check digit does not match") from None


BusinessId = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=20),
    AfterValidator(_business_id),
    ToldAs(pattern="^[0-9]{7}-?[0-9]$"),
]
Website = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=500),
    Form("website-format", r"^https?://[^\s\x00/?#@]+([/?#][^\s\x00]*)?$"),
]
PostalCode = Annotated[
    str,
    StringConstraints(strip_whitespace=True),
    Form("postal-code-format", r"^[0-9A-Za-z][0-9A-Za-z -]{1,11}$"),
]


NameQuery = Annotated[SearchText, Query(description="Words of the name, in Finnish or Swedish, or of the Y-tunnus.")]


class AddressIn(Body):
    street: Line | None = UNSAID
    postal_code: PostalCode | None = UNSAID
    city: Line | None = UNSAID


class ContactPersonIn(Body):
    """Whom the study centre gets in touch with."""

    name: Line | None = UNSAID
    email: Email | None = UNSAID
    phone: Phone | None = UNSAID


class OrganisationData(Body):
    name_sv: Line | None = UNSAID
    name_en: Line | None = UNSAID
    business_id: BusinessId | None = UNSAID
    """Y-tunnus, checked by its check digit; a central organisation's is changed by staff."""
    language: Language = UNSAID
    """Of the mails sent to it."""
    languages: Annotated[list[Language], Field(max_length=3)] = UNSAID
    """Those in which it works with its members, each once."""
    website: Website | None = UNSAID
    email: Email | None = UNSAID
    phone: Phone | None = UNSAID
    address: AddressIn | None = UNSAID
    billing_address: AddressIn | None = UNSAID
    """Where it is another."""
    contact_person: ContactPersonIn | None = UNSAID
    active_from: Day = UNSAID
    """The first day; for a central organisation, of its membership, which staff change."""
    active_until: Day | None = UNSAID
    """The last day; for a central organisation, of its membership, which staff change."""
    draws_on: DrawsOn = UNSAID
    """Central organisations only: whether units draw on common hours beside their allotment."""
    units_propose: Flag = UNSAID
    """Central organisations only: whether units' managers make proposals."""


class OrganisationIn(OrganisationData):
    name: Line
    kind: OrganisationKind
    parent_id: UUID | None = None
    """Null for a central organisation, and for no other."""


class OrganisationPatch(OrganisationData):
    name: Line = UNSAID
    parent_id: UUID | None = UNSAID
    """Moves the organisation with all below it; to another central organisation, staff do."""


@router.post("", status_code=201, responses=refusing("not-found", "not-central", "already-exists"))
@operation(scope="organisations:write")
async def add_organisation(writer: Write, body: OrganisationIn) -> Organisation:
    """Add an organisation (staff; main users below their own)."""
    data = cast(OrganisationChanges, body.model_dump(exclude_unset=True, exclude={"kind", "parent_id"}))
    return await organisations.add_organisation(writer, kind=body.kind, parent_id=body.parent_id, data=data)


@router.get("", response_model=Page[Organisation])
@operation(scope="organisations:read", personal_data=True)
async def list_organisations(
    reader: Read,
    page: Paging,
    kind: OrganisationKind | None = None,
    parent_id: UUID | None = None,
    under: UUID | None = None,
    q: NameQuery = None,
) -> Slice[Organisation]:
    """Organisations within reach, by name in Finnish order."""
    return await organisations.list_organisations(reader, page, kind=kind, parent_id=parent_id, under=under, q=q)


@router.get("/{organisation_id}")
@operation(scope="organisations:read", personal_data=True)
async def get_organisation(reader: Read, organisation_id: UUID) -> Organisation:
    """One organisation."""
    return await organisations.get_organisation(reader, organisation_id)


@router.patch(
    "/{organisation_id}",
    responses=refusing("not-central", "organisation-cycle", "organisation-in-use", "already-exists"),
)
@operation(scope="organisations:write")
async def change_organisation(writer: Edit, organisation_id: UUID, body: OrganisationPatch) -> Organisation:
    """Change an organisation's data, move it with all below it, or end it (main user within the tree; staff)."""
    changes = cast(OrganisationChanges, body.model_dump(exclude_unset=True))
    return await organisations.change_organisation(writer, organisation_id, changes=changes, expected=writer.expected)
