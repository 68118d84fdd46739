"""The directory of organisations (järjestöluettelo): those that people can apply to (rulebook §6.9)."""

from dataclasses import dataclass
from uuid import UUID

from app.domain.organisations.organisations import OrganisationKind
from app.domain.values import Shown


@dataclass(frozen=True)
class DirectoryEntry(Shown):
    """What is needed to recognise an organisation, and nothing more."""

    id: UUID
    name: str
    """Name in Finnish."""
    name_sv: str | None
    """Name in Swedish. `null` if there is none."""
    kind: OrganisationKind
    """Kind of organisation."""
    central_organisation_id: UUID
    parent_name: str | None
    """Name of the organisation directly above. `null` if this is a central organisation."""
