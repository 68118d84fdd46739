"""Organisations (järjestöt) in their trees: central organisations, districts and associations (rulebook §6.1)."""

from collections.abc import Collection
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date
from typing import Any, Literal, TypedDict
from uuid import UUID

from app.domain.access import Actor, Place, check_main_user_or_staff, check_role, check_staff, only_observes
from app.domain.calendar.deadlines import days_out_of_range
from app.domain.errors import Fault, Invalid, NotCentral, OrganisationCycle
from app.domain.lists import check_once
from app.domain.organisations.certificate_signatories import CertificateSignatory, signatory_after
from app.domain.values import Shown

OrganisationKind = Literal["central", "district", "association"]
Language = Literal["fi", "sv", "en"]
DrawsOn = Literal["allotment_then_common", "allotment_only"]

FIRST_DAY = date(2000, 1, 1)
"""Default first day of an organisation: the first of the years that the service knows."""
MEMBERSHIP = frozenset({"business_id", "active_from", "active_until"})
"""Fields of a central organisation that only the study centre changes."""
SETTINGS = frozenset({"draws_on", "units_propose", "certificate_signatory"})
"""Fields of central organisations alone."""


@dataclass(frozen=True)
class Address(Shown):
    street: str | None = None
    """Street address. `null` if not known."""
    postal_code: str | None = None
    """Postal code. `null` if not known."""
    city: str | None = None
    """City. `null` if not known."""


@dataclass(frozen=True)
class ContactPerson(Shown):
    """Person whom the study centre contacts (yhteyshenkilö)."""

    name: str | None = None
    """Name of the contact person. `null` if not known."""
    email: str | None = None
    """Email address of the contact person. `null` if not known."""
    phone: str | None = None
    """Telephone number of the contact person. `null` if not known."""


@dataclass(frozen=True)
class Organisation(Shown):
    id: UUID
    kind: OrganisationKind
    """Kind of organisation."""
    parent_id: UUID | None
    """ID of the organisation directly above. `null` if this is a central organisation."""
    central_organisation_id: UUID
    """ID of the central organisation at the top of the tree, the organisation's own ID if it is one."""
    name: str
    """Name in Finnish."""
    name_sv: str | None = None
    """Name in Swedish. `null` if there is none."""
    name_en: str | None = None
    """Name in English. `null` if there is none."""
    business_id: str | None = None
    """Business ID (Y-tunnus), for example `2077474-0`. `null` if not known."""
    language: Language = "fi"
    """Language of the emails sent to the organisation."""
    languages: list[Language] = field(default_factory=list)
    """Languages in which the organisation works with its members."""
    website: str | None = None
    """URL of the website. `null` if not known."""
    email: str | None = None
    """Email address of the organisation. `null` if not known."""
    phone: str | None = None
    address: Address | None = None
    """Postal address. `null` if not known."""
    billing_address: Address | None = None
    """Billing address, if different from the postal address. `null` if it is the same."""
    contact_person: ContactPerson | None = None
    """Person whom the study centre contacts. `null` if not known."""
    active_from: date = FIRST_DAY
    """First day of the organisation, or of the membership for a central organisation."""
    active_until: date | None = None
    """Last day of the organisation, or of the membership for a central organisation. `null` if until further notice."""
    draws_on: DrawsOn | None = None
    """Whether units may draw on the common hours in addition to their allotment. `null` if this is not a central
    organisation."""
    units_propose: bool | None = None
    """Whether unit managers may make hour proposals. `null` if this is not a central organisation."""
    certificate_signatory: CertificateSignatory | None = None
    """Person who signs certificates of the organisation's training models. `null` if nobody is named, or if this is not
    a central organisation."""

    @property
    def is_central(self) -> bool:
        return self.kind == "central"


def shown_to(actor: Actor, organisation: Organisation, place: Place) -> Organisation:
    """Return what the actor sees of it. An observer sees the contact person's name alone (rulebook §2.2)."""
    contact = organisation.contact_person
    if contact is None or not only_observes(actor, place):
        return organisation
    return replace(organisation, contact_person=ContactPerson(contact.name) if contact.name else None)


class OrganisationChanges(TypedDict, total=False):
    """The fields of an organisation that a caller changes. Also within addresses and `contact_person`, only those."""

    parent_id: UUID | None
    name: str
    name_sv: str | None
    name_en: str | None
    business_id: str | None
    language: Language
    languages: list[Language]
    website: str | None
    email: str | None
    phone: str | None
    address: dict[str, str | None] | None
    billing_address: dict[str, str | None] | None
    contact_person: dict[str, str | None] | None
    active_from: date
    active_until: date | None
    draws_on: DrawsOn
    units_propose: bool
    certificate_signatory: dict[str, Any] | None


def new_organisation(
    organisation_id: UUID, kind: OrganisationKind, parent: Organisation | None, data: OrganisationChanges
) -> Organisation:
    """Return a new organisation. By default a unit has its parent's language and a central organisation restricts no
    unit."""
    plain = Organisation(
        id=organisation_id,
        kind=kind,
        parent_id=parent.id if parent else None,
        central_organisation_id=parent.central_organisation_id if parent else organisation_id,
        name=data["name"],
        language=parent.language if parent else "fi",
        draws_on=None if parent else "allotment_then_common",
        units_propose=None if parent else True,
    )
    return changed(plain, data)


def changed(organisation: Organisation, changes: OrganisationChanges) -> Organisation:
    """Return the organisation after the changes, merged as JSON Merge Patch (RFC 7396)."""
    said = dict(changes)
    for name, kind, current in (
        ("address", Address, organisation.address),
        ("billing_address", Address, organisation.billing_address),
        ("contact_person", ContactPerson, organisation.contact_person),
    ):
        if name in said:
            said[name] = merged(kind, current, said[name])
    if "certificate_signatory" in changes:
        said["certificate_signatory"] = signatory_after(
            organisation.certificate_signatory, changes["certificate_signatory"]
        )
    return replace(organisation, **said)  # type: ignore[arg-type]  # A typed dictionary of its own fields.


def merged(kind: type[Address | ContactPerson], current: object, said: object) -> object:
    """Return the merged value, None if nothing is left in it."""
    if not isinstance(said, dict):
        return None
    parts = (asdict(current) if current else {}) | said  # type: ignore[call-overload]  # An Address or ContactPerson.
    return kind(**parts) if any(value is not None for value in parts.values()) else None


def differing(before: Organisation, after: Organisation) -> frozenset[str]:
    """Return the names of the fields that differ."""
    names = (each.name for each in fields(Organisation))
    return frozenset(name for name in names if getattr(before, name) != getattr(after, name))


def check_parent_fits(kind: OrganisationKind, parent_id: UUID | None) -> None:
    """Check that a central organisation has nothing above it and all others have (rulebook §6.1). Raise Invalid."""
    if kind == "central" and parent_id is not None:
        raise Invalid(Fault("/parent_id", "parent-not-allowed"))
    if kind != "central" and parent_id is None:
        raise Invalid(Fault("/parent_id", "parent-required"))


def check_data(organisation: Organisation, said: Collection[str]) -> None:
    """Raise Invalid if a day is outside the known years or the last day comes before the first, NotCentral if a unit
    would have settings."""
    check_once(organisation.languages, "/languages/{}")
    if faults := days_out_of_range(active_from=organisation.active_from, active_until=organisation.active_until):
        raise Invalid(*faults)
    if organisation.active_until is not None and organisation.active_until < organisation.active_from:
        pointer = "/active_until" if "active_until" in said else "/active_from"
        raise Invalid(Fault(pointer, "day-order"))
    if not organisation.is_central and (settings := SETTINGS & set(said)):
        raise NotCentral(pointer=f"/{min(settings)}", organisation_id=organisation.id)


def check_may_add(actor: Actor, parent: Place | None) -> None:
    """Check for staff, or a main user below the own central organisation (rulebook §2.2). Raise Forbidden."""
    if parent is None:
        check_staff(actor)
    else:
        check_main_user_or_staff(actor, parent)


def check_may_edit(actor: Actor, place: Place, names: Collection[str], parent: Place | None) -> None:
    """Check that a main user edits the own tree, except the own membership and a move to another central organisation,
    which only staff change (rulebook §2.2, §6.1). `parent` is the new one. Raise Forbidden."""
    check_main_user_or_staff(actor, place)
    crosses = parent is not None and parent.central_organisation_id != place.central_organisation_id
    if crosses or (place.is_central and MEMBERSHIP & set(names)):
        check_staff(actor)


def check_may_keep(actor: Actor, place: Place) -> None:
    """Check that the actor may change account, logo and signature image: a main user within the tree, staff, or a
    unit's manager for the own unit (rulebook §2.2). Raise Forbidden."""
    check_role(actor, place, "main_user", "staff", "unit_manager")


def check_no_cycle(organisation_id: UUID, parent: Place) -> None:
    """Check that no organisation is above itself (rulebook §6.1). Raise OrganisationCycle."""
    if organisation_id in parent.ancestors:
        raise OrganisationCycle(pointer="/parent_id", organisation_id=organisation_id, parent_id=parent.organisation_id)
