"""Regional offices (aluetoimisto) of the study centre, where its advisers work (rulebook §6.6)."""

from dataclasses import dataclass, replace
from typing import Any, TypedDict
from uuid import UUID

from app.domain.errors import AlreadyExists
from app.domain.organisations.organisations import Address, merged
from app.domain.values import Shown


@dataclass(frozen=True)
class RegionalOffice(Shown):
    id: UUID
    name: str
    """Name of the regional office, unique in the study centre."""
    email: str | None
    """Email address of the office. `null` if not known."""
    phone: str | None
    address: Address | None
    """Postal address of the office. `null` if not known."""


class OfficeChanges(TypedDict, total=False):
    name: str
    email: str | None
    phone: str | None
    address: dict[str, str | None] | None


def changed(office: RegionalOffice, changes: OfficeChanges) -> RegionalOffice:
    """The office with the changes. Fields of its address that they do not name stay."""
    members: dict[str, Any] = dict(changes)
    if "address" in members:
        members["address"] = merged(Address, office.address, members["address"])
    return replace(office, **members)


def check_name_free(holder_id: UUID | None) -> None:
    """Raise AlreadyExists if another office has the name. `holder_id` is that office."""
    if holder_id is not None:
        raise AlreadyExists(pointer="/name", existing_id=holder_id)
