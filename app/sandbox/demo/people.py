"""People for every role, each with an `example` address; those of DOCUMENTED are named in texts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from random import Random
from uuid import UUID

from app.delivery.tokens import RANDOM_BYTES, digest_of, token_with
from app.domain.access import Role
from app.domain.calendar.deadlines import HELSINKI
from app.domain.people.email_verifications import VALID_FOR
from app.sandbox.demo.names import FIRST_NAMES, FIRST_NAMES_IN_SWEDISH, LAST_NAMES, LAST_NAMES_IN_SWEDISH
from app.sandbox.demo.organisations import Central, Unit, slug_of
from app.sandbox.demo.rows import BEGINNING, DEMO_STUDY_CENTRE, Demo, demo_id
from app.services.people.email_verifications import verified

SANDBOX_ISSUER = "tuntipankki-sandbox"
LINKS_MADE_AT = datetime(2023, 3, 15, 9, tzinfo=HELSINKI)
ALWAYS = datetime(2000, 1, 1, tzinfo=HELSINKI)
DOCUMENTED = (
    "staff@example.org",
    "staff2@example.org",
    "auditor@example.org",
    "paakayttaja@example.org",
    "paakayttaja2@example.org",
    "huvudanvandare@example.org",
    "piiri@example.org",
    "yhdistys@example.org",
    "kouluttaja@example.org",
    "tarkkailija@example.org",
)
"""The addresses of the people whom README, the tour and the front page name."""


@dataclass
class People:
    staff: list[UUID]
    main_users: dict[UUID, UUID]
    """The main user of each central organisation, or the first of several."""
    unit_managers: dict[UUID, UUID]
    """The managers of the units that have one."""


def add_people(demo: Demo, centrals: Sequence[Central]) -> People:
    """Add the documented people last, so that they come first in lists, which begin with the newest."""
    chance = Random("people")
    order = count()
    taken: dict[str, int] = {}

    def add_person(
        role: Role,
        unit: Unit | None,
        *,
        name: str = "",
        email: str = "",
        language: str = "fi",
        granted_by: UUID | None = None,
    ) -> UUID:
        if not name:
            swedish = (unit.language if unit else language) == "sv"
            first = chance.choice(FIRST_NAMES_IN_SWEDISH if swedish else FIRST_NAMES)
            last = chance.choice(LAST_NAMES_IN_SWEDISH if swedish else LAST_NAMES)
            name = f"{first} {last}"
        if not email:
            local = f"{slug_of(name.split()[0])}.{slug_of(name.split()[1])}"
            taken[local] = taken.get(local, 0) + 1
            email = f"{local}{taken[local] if taken[local] > 1 else ''}@example.org"
        number = next(order)
        made_at = BEGINNING + timedelta(minutes=number)
        person_id = demo_id("person", number, at=made_at)
        language = unit.language if unit else language
        demo.add(
            "persons",
            id=person_id,
            name=name,
            email=email,
            language=language,
            created_at=made_at,
            **verified(email, made_at),
        )
        caller = {"issuer": SANDBOX_ISSUER, "subject": str(person_id), "person_id": person_id}
        demo.add("callers", **caller, study_centre_id=DEMO_STUDY_CENTRE)
        demo.add(
            "role_grants",
            id=demo_id("role", number),
            person_id=person_id,
            role=role,
            organisation_id=unit.id if unit else None,
            valid_from=ALWAYS,
            granted_by=granted_by,
            granted_at=made_at if granted_by else None,
            reason="Keskusjärjestö nimesi vastuuhenkilön." if granted_by else None,
        )
        return person_id

    first, swedish, other = centrals[0], centrals[2], centrals[14]
    managers: dict[UUID, UUID] = {}
    main_users: dict[UUID, UUID] = {}
    for central in centrals:
        main_user = main_users[central.id] = add_person("main_user", central)
        if central.districts:
            add_person("main_user", central)
        for district in central.districts:
            managers[district.id] = add_person("unit_manager", district, granted_by=main_user)
        for association in central.associations[::20]:
            managers[association.id] = add_person("unit_manager", association, granted_by=main_user)
            add_person("training_manager", association, granted_by=main_user)
    staff = [add_person("staff", None, language=language) for language in ("fi", "sv", "en")]

    district = first.districts[1]
    association = district.children[0]
    add_person("training_manager", association, name="Oskari Suvikangas", email="kouluttaja@example.org")
    managers[association.id] = add_person(
        "unit_manager", association, name="Venla Pihlajasuo", email="yhdistys@example.org"
    )
    managers[district.id] = add_person("unit_manager", district, name="Risto Joutsenlahti", email="piiri@example.org")
    main_users[swedish.id] = add_person("main_user", swedish, name="Ebba Strömdal", email="huvudanvandare@example.org")
    main_users[other.id] = add_person("main_user", other, name="Tapio Honkasuo", email="paakayttaja2@example.org")
    main_users[first.id] = add_person("main_user", first, name="Kaisa Kuusiranta", email="paakayttaja@example.org")
    add_person("auditor", None, name="Yrjö Ääriniitty", email="auditor@example.org")
    staff.insert(0, add_person("staff", None, name="Sanna Metsäjoki", email="staff2@example.org"))
    staff.insert(0, add_person("staff", None, name="Helmi Karhuvaara", email="staff@example.org"))
    add_person("observer", first, name="Toini Vuorenmaa", email="tarkkailija@example.org")
    # Signed in another way as well, and registered twice: an example merges the two.
    second_id = demo_id("person", "second sign-in")
    address = "risto@example.org"
    named = {"name": "Risto Joutsenlahti", "email": address, "language": "fi", **verified(address, BEGINNING)}
    demo.add("persons", id=second_id, **named, created_at=BEGINNING)
    sign_in = {"issuer": SANDBOX_ISSUER, "subject": "risto.joutsenlahti", "person_id": second_id}
    demo.add("callers", **sign_in, study_centre_id=DEMO_STUDY_CENTRE)
    _add_unverified(demo)
    return People(staff, main_users, managers)


def _add_unverified(demo: Demo) -> None:
    """Two people who have registered without verifying their addresses; the token of one's link is in an example."""
    for local, name in (("linkki", "Linnea Linkkilä"), ("uusi", "Urho Uutela")):
        person_id, content = demo_id("person", local), local.encode().rjust(RANDOM_BYTES, b"-")
        named = {"name": name, "email": f"{local}@example.org", "language": "fi"}
        demo.add("persons", id=person_id, **named, created_at=BEGINNING)
        caller = {"issuer": SANDBOX_ISSUER, "subject": str(person_id), "person_id": person_id}
        demo.add("callers", **caller, study_centre_id=DEMO_STUDY_CENTRE)
        demo.add(
            "email_verifications",
            id=demo_id("email verification", local),
            person_id=person_id,
            email=named["email"],
            cause="registered",
            digest=f"\\x{digest_of(token_with(DEMO_STUDY_CENTRE, content)).hex()}",
            made_at=LINKS_MADE_AT,
            expires_at=LINKS_MADE_AT + VALID_FOR,
        )
