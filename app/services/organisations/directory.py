"""The directory of organisations: list."""

from collections.abc import Sequence

from app.db.organisations.directory import directory_listing
from app.db.organisations.profiles import patterns_of
from app.db.paging import PageRequest, Slice
from app.db.sessions import Reader
from app.domain.organisations.directory import DirectoryEntry
from app.domain.organisations.organisations import OrganisationKind


async def list_directory(
    reader: Reader, page: PageRequest, *, kind: Sequence[OrganisationKind] | None, q: str | None
) -> Slice[DirectoryEntry]:
    """List organisations beyond the caller's reach too: applicants have none yet (rulebook §6.9)."""
    return await directory_listing.page(reader, page, kind=kind, words=patterns_of(q))
