"""Who signs certificates for an organisation or the study centre (todistuksen allekirjoittaja; rulebook §6.5)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from app.domain.errors import Fault, Invalid
from app.domain.values import Shown


@dataclass(frozen=True)
class SignatoryTitle(Shown):
    fi: str
    """Title in Finnish."""
    sv: str | None = None
    """Title in Swedish. `null` if it is only known in Finnish."""
    en: str | None = None
    """Title in English. `null` if it is only known in Finnish."""


@dataclass(frozen=True)
class CertificateSignatory(Shown):
    """Person whose name, title and signature image are on certificates."""

    name: str
    """Name of the person who signs certificates."""
    title: SignatoryTitle
    """Title of the person."""


def signatory_of(stored: Mapping[str, Any] | None) -> CertificateSignatory | None:
    return CertificateSignatory(stored["name"], SignatoryTitle(**stored["title"])) if stored else None


def signatory_after(
    present: CertificateSignatory | None, said: Mapping[str, Any] | None
) -> CertificateSignatory | None:
    """Return who signs after a merge patch. Raise Invalid if the name or the Finnish title would be missing."""
    if said is None:
        return None
    before = asdict(present) if present else {"title": {}}
    after = before | dict(said) | {"title": before["title"] | said.get("title", {})}
    missing = [
        Fault(f"/certificate_signatory/{place}", "missing")
        for place, is_given in (("name", "name" in after), ("title/fi", "fi" in after["title"]))
        if not is_given
    ]
    if missing:
        raise Invalid(*missing)
    return signatory_of(after)
