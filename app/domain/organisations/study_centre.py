"""The study centre's own settings: whether two people decide hours (kahden tekemät päätökset; rulebook §3.2), and its
profile (opintokeskuksen tiedot; rulebook §6.11)."""

from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any, TypedDict
from uuid import UUID

from app.domain.calendar.deadlines import day_of, start_of
from app.domain.errors import WrongState
from app.domain.organisations.certificate_signatories import CertificateSignatory, signatory_after
from app.domain.organisations.organisations import Address, merged
from app.domain.values import Shown


@dataclass(frozen=True)
class CentreAddress(Address):
    country: str | None = None
    """Country, in two letters (ISO 3166-1). `null` if not known."""


@dataclass(frozen=True)
class KoskiSource(Shown):
    """How the study centre reports to Koski (rulebook §7.1)."""

    school_oid: str
    """OID of the study centre as an educational institution (oppilaitos)."""
    place_oid: str
    """OID of the place of instruction (toimipiste)."""
    source_system: str
    """Code of the system that reports, by Koski's code set `lahdejarjestelma`."""


@dataclass(frozen=True)
class StudyCentre(Shown):
    id: UUID
    name: str
    """Name of the study centre."""
    decisions_by_two: bool
    """Whether hours above 0 are decided by two people: one edits a decision plan last, another publishes it."""
    decisions_by_two_until: datetime | None
    """Time at which decisions by two end. `null` if they have not been turned off, or are off."""
    name_sv: str | None
    """Name in Swedish. `null` if there is none."""
    name_en: str | None
    """Name in English. `null` if there is none."""
    business_id: str | None
    """Business ID (Y-tunnus), for example `2077474-0`. `null` if not known."""
    address: CentreAddress | None
    """Postal address. `null` if not known."""
    website: str | None
    """URL of the website. `null` if not known."""
    privacy_notice_url: str | None
    """URL of the privacy notice for participants. `null` if not given."""
    participants_kept_months: int
    """Number of months after the end of a year for which the names of its participants are kept."""
    completion_years: int
    """Number of years after its first session in which a training course can be completed."""
    slug: str | None
    """Name of the study centre in public addresses, unique in the service, which never changes. `null` if it has not
    been chosen."""
    koski: KoskiSource | None
    """Codes that exports to Koski need. `null` if the study centre does not report to Koski."""
    certificate_signatory: CertificateSignatory | None
    """Person who signs certificates for the study centre. `null` if nobody is named."""


class StudyCentreChanges(TypedDict, total=False):
    """The fields that a caller changes. Also within the address, only those."""

    decisions_by_two: bool
    name: str
    name_sv: str | None
    name_en: str | None
    business_id: str | None
    address: dict[str, str | None] | None
    website: str | None
    privacy_notice_url: str | None
    participants_kept_months: int
    completion_years: int
    slug: str | None
    koski: dict[str, str] | None
    certificate_signatory: dict[str, Any] | None


def changed(centre: StudyCentre, changes: StudyCentreChanges, now: datetime) -> StudyCentre:
    """Return the study centre after the changes (rulebook §3.2, §6.11). Raise WrongState for another slug.

    Decisions by two are on immediately. Off they are from the midnight after the next, so that nobody turns them off
    for one decision.
    """
    members: dict[str, Any] = dict(changes)
    wanted = members.pop("decisions_by_two", None)
    if "address" in members:
        members["address"] = merged(CentreAddress, centre.address, members["address"])
    if members.get("koski"):
        members["koski"] = KoskiSource(**members["koski"])
    if "certificate_signatory" in members:
        members["certificate_signatory"] = signatory_after(
            centre.certificate_signatory, members["certificate_signatory"]
        )
    if "slug" in members:
        check_slug(centre.slug, members["slug"])
    return replace(_with_decisions(centre, wanted, now), **members)


def _with_decisions(centre: StudyCentre, wanted: bool | None, now: datetime) -> StudyCentre:
    if wanted:
        return replace(centre, decisions_by_two=True, decisions_by_two_until=None)
    if wanted is None or not centre.decisions_by_two or centre.decisions_by_two_until:
        return centre
    return replace(centre, decisions_by_two_until=start_of(day_of(now) + timedelta(days=2)))


def check_slug(present: str | None, wanted: str | None) -> None:
    """Check that a slug is chosen once: links with it stay valid (rulebook §6.11). Raise WrongState."""
    if present is not None and wanted != present:
        raise WrongState(pointer="/slug", state="chosen", allowed=["not_chosen"])


def differing(before: StudyCentre, after: StudyCentre) -> dict[str, Any]:
    """Return the fields that differ, as they are after the change."""
    names = (each.name for each in fields(StudyCentre))
    return {name: getattr(after, name) for name in names if getattr(after, name) != getattr(before, name)}
