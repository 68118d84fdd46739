"""The directory of organisations: look."""

from app.db.organisations import directory
from app.db.paging import PageRequest, Slice
from app.db.sessions import Reader
from app.domain.organisations.directory import DirectoryEntry
from app.domain.organisations.organisations import OrganisationKind


async def list_directory(
    reader: Reader, page: PageRequest, *, kind: OrganisationKind | None, q: str | None
) -> Slice[DirectoryEntry]:
    """Beyond everybody's reach too: who looks for where to apply has none yet (rulebook §6.9)."""
    return await directory.list_directory(reader, page, kind=kind, q=q)
