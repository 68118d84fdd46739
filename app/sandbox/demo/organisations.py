"""Central organisations, with districts and associations below some of them."""

import unicodedata
from dataclasses import dataclass, field
from datetime import date
from random import Random
from uuid import UUID

from app.domain.organisations.names import search_text_of, sort_key_of
from app.sandbox.demo.names import (
    CENTRALS,
    CENTRALS_WITH_UNITS,
    CITIES,
    CITIES_IN_SWEDISH,
    FIRST_NAMES,
    FIRST_NAMES_IN_SWEDISH,
    LAST_NAMES,
    LAST_NAMES_IN_SWEDISH,
    PLACES,
    PLACES_IN_SWEDISH,
    REGIONS,
    REGIONS_IN_SWEDISH,
    STREETS,
    STREETS_IN_SWEDISH,
)
from app.sandbox.demo.rows import BEGINNING, Demo, demo_id

UNITS = ((8, 128), (7, 118), (5, 45), (6, 100), (5, 90), (5, 80), (4, 70), (5, 45), (6, 90), (3, 50), (3, 42), (3, 42))
"""The numbers of districts and associations of the central organisations in CENTRALS_WITH_UNITS, in its order."""
JOINED_LATE, LEFT = "Tuohenkutojien Keskusliitto ry", "Unilaulujen Laulajat ry"
ROMAN = ("", " II", " III", " IV", " V", " VI", " VII", " VIII", " IX", " X")
WEIGHTS = (7, 9, 10, 5, 8, 4, 2)


@dataclass
class Unit:
    id: UUID
    name: str
    kind: str
    language: str
    ancestors: list["Unit"]
    """The organisations above it, from its parent up."""
    children: list["Unit"] = field(default_factory=list)


@dataclass
class Central(Unit):
    districts: list[Unit] = field(default_factory=list)
    associations: list[Unit] = field(default_factory=list)
    active_from: date = date(2000, 1, 1)
    active_until: date | None = None


class Organisations:
    """Makes the trees, organisation by organisation."""

    def __init__(self, demo: Demo, scale: int) -> None:
        self._demo = demo
        self._chance = Random("organisations")
        self._made = 0
        self.centrals: list[Central] = []
        for copy in range(scale):
            for (name, district, association, language), (districts, associations) in zip(
                CENTRALS_WITH_UNITS, UNITS, strict=True
            ):
                central = self._central(name, language, copy)
                self._grow(central, district, association, districts, associations)
            for name, language in CENTRALS:
                self._central(name, language, copy)

    def _central(self, name: str, language: str, copy: int) -> Central:
        name = _numbered(name, copy)
        central = Central(demo_id("organisation", self._made), name, "central", language, [])
        if name == JOINED_LATE:
            central.active_from = date(2024, 1, 1)
        if name == LEFT:
            central.active_until = date(2024, 12, 31)
        self.centrals.append(central)
        self._write(central, central)
        return central

    def _grow(self, central: Central, district: str, association: str, districts: int, associations: int) -> None:
        swedish = central.language == "sv"
        regions = self._chance.sample(REGIONS_IN_SWEDISH if swedish else REGIONS, districts)
        places = list(PLACES_IN_SWEDISH if swedish else PLACES)
        self._chance.shuffle(places)
        for number, region in enumerate(regions):
            # In the largest trees the last two districts are below the first: four levels in all.
            parent = central.districts[0] if districts > 6 and number >= districts - 2 else central
            if parent is not central:
                region = places[-number] + " seudun"
            central.districts.append(self._below(central, parent, district.format(region), "district"))
        for number, place in enumerate(places[:associations]):
            # A few associations are directly below the central organisation.
            parent = central if number % 41 == 40 else central.districts[number % districts]
            central.associations.append(self._below(central, parent, association.format(place), "association"))

    def _below(self, central: Central, parent: Unit, name: str, kind: str) -> Unit:
        copy = ROMAN.index(next((r for r in ROMAN[1:] if central.name.endswith((f"{r} ry", f"{r} rf"))), ""))
        unit_id = demo_id("organisation", self._made)
        unit = Unit(unit_id, _numbered(name, copy), kind, central.language, [parent, *parent.ancestors])
        parent.children.append(unit)
        self._write(unit, central)
        return unit

    def _write(self, unit: Unit, central: Central) -> None:
        number, swedish = self._made, unit.language == "sv"
        self._made += 1
        business_id = business_id_of(number) if number % 9 != 8 else None
        slug = slug_of(unit.name)
        first = self._chance.choice(FIRST_NAMES_IN_SWEDISH if swedish else FIRST_NAMES)
        last = self._chance.choice(LAST_NAMES_IN_SWEDISH if swedish else LAST_NAMES)
        street = self._chance.choice(STREETS_IN_SWEDISH if swedish else STREETS)
        postal_code, city = self._chance.choice(CITIES_IN_SWEDISH if swedish else CITIES)
        phone = f"+358 50 555 {number % 10000:04}"
        self._demo.add(
            "organisations",
            id=unit.id,
            kind=unit.kind,
            parent_id=unit.ancestors[0].id if unit.ancestors else None,
            central_organisation_id=central.id,
            name=unit.name,
            name_sv=unit.name if swedish else None,
            sort_key=sort_key_of(unit.name),
            search_text=search_text_of(unit.name, unit.name if swedish else None, business_id),
            business_id=business_id,
            language=unit.language,
            website=f"https://{slug}.example" if unit.kind == "central" else None,
            email=f"toimisto@{slug}.example",
            phone=phone if unit.kind != "association" else None,
            address={"street": f"{street} {number % 40 + 1}", "postal_code": postal_code, "city": city},
            contact_person={
                "name": f"{first} {last}",
                "email": f"{slug_of(first)}.{slug_of(last)}@{slug}.example",
                "phone": phone,
            },
            active_from=central.active_from,
            active_until=central.active_until if unit is central else None,
            draws_on="allotment_only" if central.name.startswith("Pihapelien") else "allotment_then_common",
            units_propose=not central.name.startswith("Rantakalastuksen"),
            created_at=BEGINNING,
        )
        for distance, ancestor in enumerate([unit, *unit.ancestors]):
            self._demo.add(
                "organisation_ancestors", organisation_id=unit.id, ancestor_id=ancestor.id, distance=distance
            )


def business_id_of(number: int) -> str | None:
    """A business id (Y-tunnus) with a correct check digit, in a series that is not in use."""
    digits = f"{9_000_000 + number * 3}"
    rest = sum(int(digit) * weight for digit, weight in zip(digits, WEIGHTS, strict=True)) % 11
    return None if rest == 1 else f"{digits}-{11 - rest if rest else 0}"


def slug_of(name: str) -> str:
    """The name as part of an email address: `villasukkavaen-keskusliitto`."""
    plain = unicodedata.normalize("NFKD", name.removesuffix(" ry").removesuffix(" rf").lower())
    letters = (sign for sign in plain if not unicodedata.combining(sign))
    return "-".join("".join(sign if sign.isascii() and sign.isalnum() else " " for sign in letters).split())


def _numbered(name: str, copy: int) -> str:
    ending = name[-3:] if name.endswith((" ry", " rf")) else ""
    return name.removesuffix(ending) + ROMAN[copy] + ending
