"""`/v1/organisation-directory`."""

from fastapi import APIRouter

from app.api.conventions import Read
from app.api.operations import Operation
from app.api.organisations.organisations import NameQuery
from app.api.paging import Page, Paging
from app.api.security import operation
from app.api.shapes import Several
from app.db.paging import Slice
from app.domain.organisations.directory import DirectoryEntry
from app.domain.organisations.organisations import OrganisationKind
from app.services.organisations import directory

router = APIRouter(prefix="/organisation-directory", route_class=Operation, tags=["Organisations"])


@router.get("", response_model=Page[DirectoryEntry])
@operation(scope="organisations:read")
async def list_organisation_directory(
    reader: Read, page: Paging, kind: Several[OrganisationKind] = None, q: NameQuery = None
) -> Slice[DirectoryEntry]:
    """List the organisation directory.

    Returns the study centre's present organisations by name, for people who want to apply for a role.

    **Who:** everyone who has registered.
    """
    return await directory.list_directory(reader, page, kind=kind, q=q)
