"""`/v1/organisations`."""

import re
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AfterValidator, Field, HttpUrl, StringConstraints, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError
from stdnum.exceptions import ValidationError as NotValid
from stdnum.fi import ytunnus

from app.api.conventions import Edit, Read, Write
from app.api.operations import Operation, Tag
from app.api.paging import Page, Paging
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import (
    UNSAID,
    Body,
    ChangedSince,
    Day,
    Email,
    Flag,
    Form,
    InSchema,
    Line,
    Phone,
    SearchText,
    Several,
)
from app.db.paging import Slice
from app.delivery.addresses import is_reachable
from app.domain.organisations.organisations import (
    DrawsOn,
    Language,
    Organisation,
    OrganisationKind,
)
from app.services.organisations import organisations

router = APIRouter(
    prefix="/organisations",
    route_class=Operation,
    tags=[Tag("Organisations", "Central organisations, and the districts and associations below them.")],
)


def _business_id(text: str) -> str:
    """In its usual form, `2077474-0`; the check alone would take signs between any of the digits."""
    if not re.fullmatch(r"\d{7}-?\d", text, re.ASCII):
        raise PydanticCustomError("business-id-format", "A business ID is seven digits, a hyphen and one")
    if not text.strip("0-"):
        raise PydanticCustomError("business-id-none", "No organisation has this business ID")
    try:
        return str(ytunnus.format(ytunnus.validate(text)))
    except NotValid:
        raise PydanticCustomError("business-id-checksum", "The check digit does not match") from None


def _website(text: str) -> str:
    """As it was written, if everyone can find its host: what no email can reach is no public name in the DNS."""
    try:
        host = _URL.validate_python(text).host or ""
    except ValidationError:
        host = ""
    if not is_reachable(f"webmaster@{host.removesuffix('.')}"):
        raise PydanticCustomError("website-format", "Not everyone can open the URL")
    return text


_URL = TypeAdapter(HttpUrl)
_LABEL = r'[^\s\x00/?#@:.\\<>\[\]"%]+'
BusinessId = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=20),
    AfterValidator(_business_id),
    InSchema(pattern="^[0-9]{7}-?[0-9]$"),
]
Website = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=500),
    Form("website-format", rf'^[Hh][Tt][Tt][Pp][Ss]?://{_LABEL}(\.{_LABEL})+\.?(:[0-9]+)?([/?#][^\s\x00\\<>"]*)?$'),
    AfterValidator(_website),
]
PostalCode = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=100),
    Form("postal-code-format", r"^[0-9A-Za-z][0-9A-Za-z -]{1,11}$"),
]


NameQuery = Annotated[
    SearchText, Query(description="Words of the name in Finnish, Swedish or English, or of the business ID (Y-tunnus).")
]


class AddressIn(Body):
    street: Line | None = UNSAID
    postal_code: PostalCode | None = UNSAID
    city: Line | None = UNSAID


class ContactPersonIn(Body):
    """Person whom the study centre contacts."""

    name: Line | None = UNSAID
    email: Email | None = UNSAID
    phone: Phone | None = UNSAID


class SignatoryTitleIn(Body):
    """Title of the person who signs certificates."""

    fi: Line = UNSAID
    """Title in Finnish."""
    sv: Line | None = UNSAID
    """Title in Swedish. `null` if it is only known in Finnish."""
    en: Line | None = UNSAID
    """Title in English. `null` if it is only known in Finnish."""


class CertificateSignatoryIn(Body):
    """Person who signs certificates. The first time both the name and the title in Finnish are given."""

    name: Line = UNSAID
    """Name of the person who signs certificates."""
    title: SignatoryTitleIn = UNSAID
    """Title of the person."""


class OrganisationData(Body):
    name_sv: Line | None = UNSAID
    name_en: Line | None = UNSAID
    business_id: BusinessId | None = UNSAID
    """Business ID (Y-tunnus), whose check digit is checked. Only staff change that of a central organisation. `null` if
    not known."""
    language: Language = UNSAID
    languages: Annotated[list[Language], Field(max_length=3)] = UNSAID
    """Languages in which the organisation works with its members, each once."""
    website: Website | None = UNSAID
    email: Email | None = UNSAID
    phone: Phone | None = UNSAID
    address: AddressIn | None = UNSAID
    billing_address: AddressIn | None = UNSAID
    contact_person: ContactPersonIn | None = UNSAID
    active_from: Day = UNSAID
    """First day of the organisation, or of the membership for a central organisation, which only staff change."""
    active_until: Day | None = UNSAID
    """Last day of the organisation, or of the membership for a central organisation, which only staff change. `null` if
    until further notice."""
    draws_on: DrawsOn = UNSAID
    """Whether units may draw on the common hours in addition to their allotment. Only for central organisations."""
    units_propose: Flag = UNSAID
    """Whether unit managers may make hour proposals. Only for central organisations."""
    certificate_signatory: CertificateSignatoryIn | None = UNSAID
    """Person who signs certificates of the organisation's training models. Only for central organisations."""


class OrganisationIn(OrganisationData):
    name: Line
    kind: OrganisationKind
    parent_id: UUID | None = None
    """ID of the organisation directly above. `null` if and only if this is a central organisation."""


class OrganisationPatch(OrganisationData):
    name: Line = UNSAID
    parent_id: UUID | None = UNSAID
    """ID of the new organisation directly above. Everything below moves too. Only staff move to another central
    organisation. `null` if this is a central organisation."""


@router.post("", status_code=201, responses=refusing("not-found", "not-central", "already-exists"))
@operation(scope="organisations:write")
async def add_organisation(writer: Write, body: OrganisationIn) -> Organisation:
    """Add an organisation.

    **Who:** staff; main users below their own organisation.
    """
    data = body.given(exclude={"kind", "parent_id"})
    return await organisations.add_organisation(writer, kind=body.kind, parent_id=body.parent_id, data=data)


@router.get("", response_model=Page[Organisation])
@operation(scope="organisations:read", personal_data=True, csv=True)
async def list_organisations(
    reader: Read,
    page: Paging,
    kind: Several[OrganisationKind] = None,
    parent_id: Several[UUID] = None,
    under: Several[UUID] = None,
    q: NameQuery = None,
    changed_since: ChangedSince = None,
) -> Slice[Organisation]:
    """List organisations.

    Returns the organisations by name, in Finnish order.

    **Who:** everyone with a role, within their reach.
    """
    return await organisations.list_organisations(
        reader, page, kind=kind, parent_id=parent_id, under=under, q=q, changed_since=changed_since
    )


@router.get("/{organisation_id}")
@operation(scope="organisations:read", personal_data=True)
async def get_organisation(reader: Read, organisation_id: UUID) -> Organisation:
    """Get an organisation.

    **Who:** everyone with a role, within their reach.
    """
    return await organisations.get_organisation(reader, organisation_id)


@router.patch(
    "/{organisation_id}",
    responses=refusing("not-central", "organisation-cycle", "organisation-in-use", "already-exists"),
)
@operation(scope="organisations:write")
async def change_organisation(writer: Edit, organisation_id: UUID, body: OrganisationPatch) -> Organisation:
    """Change an organisation.

    Changes the data, moves the organisation with everything below it, or ends it.

    **Who:** main users within their tree, staff.
    """
    return await organisations.change_organisation(
        writer, organisation_id, changes=body.given(), expected=writer.expected
    )
