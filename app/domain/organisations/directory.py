"""The directory of organisations (järjestöluettelo): who is there to be applied to (rulebook §6.9)."""

from dataclasses import dataclass
from uuid import UUID

from app.domain.organisations.organisations import OrganisationKind


@dataclass(frozen=True)
class DirectoryEntry:
    """Enough to tell an organisation from others, and nothing else of it."""

    __pydantic_config__ = {"use_attribute_docstrings": True}

    id: UUID
    name: str
    name_sv: str | None
    kind: OrganisationKind
    central_organisation_id: UUID
    parent_name: str | None
    """Of what stands right above it; null for a central organisation."""
