"""Badges for main users: a published one with applications in each state before a signature, one to retire, a draft.

One badge is accepted and public. Its credential is signed when the sandbox is filled, because each sandbox has an
address and a key of its own.
"""

from datetime import date
from hashlib import sha256
from typing import Any
from uuid import UUID

from app.domain.errors import NotConfigured
from app.domain.people.badge_applications import valid_until_of
from app.domain.people.badge_credentials import (
    BadgeAddresses,
    Json,
    StatusPlace,
    achievement_of,
    credential_of,
    identifier_of,
    issuer_of,
)
from app.domain.people.badge_definitions import BadgeDefinition, BadgeTexts
from app.keys.reading import Keys
from app.sandbox.demo.people import People
from app.sandbox.demo.pictures import badge
from app.sandbox.demo.rows import Demo, demo_id, office_hour
from app.services.people.badge_applications import SALT_BYTES
from app.services.people.badge_issuing import Issuing, signed

DAY = date(2023, 2, 1)
HELD = {"kind": "role_held", "role": "main_user", "months": 12}
ONBOARDED = {"kind": "onboarding_done", "role": None, "months": None}
APPLIED_AT, DECIDED_AT = office_hour(date(2023, 3, 1)), office_hour(date(2023, 3, 6))
ACCEPTED_AT = office_hour(date(2023, 3, 7))
MONTHS_VALID = 36


def add_badges(demo: Demo, people: People) -> None:
    first = _define(
        demo,
        "main user",
        "published",
        ("Pääkäyttäjä", "Huvudanvändare", "Main user"),
        (
            "Hoitaa järjestön asioita opintokeskuksessa.",
            "Sköter organisationens ärenden hos studiecentralen.",
            "Takes care of the organisation’s matters at the study centre.",
        ),
        (
            "On ollut järjestön pääkäyttäjänä vähintään 12 kuukautta.",
            "Har varit organisationens huvudanvändare i minst 12 månader.",
            "Has been a main user of the organisation for at least 12 months.",
        ),
        [HELD],
    )
    second = _define(
        demo,
        "inductor",
        "published",
        ("Perehdyttäjä", "Introduktör", "Guide of new main users"),
        ("Perehdyttää uusia pääkäyttäjiä.", "Introducerar nya huvudanvändare.", "Introduces new main users."),
        (
            "On ollut järjestön pääkäyttäjänä vähintään 12 kuukautta ja käynyt perehdytyksen loppuun.",
            "Har varit organisationens huvudanvändare i minst 12 månader och slutfört introduktionen.",
            "Has been a main user of the organisation for at least 12 months and has completed the onboarding.",
        ),
        [HELD, ONBOARDED],
    )
    _define(
        demo,
        "planner",
        "draft",
        ("Tuntihaun osaaja", "Kunnig i timansökan", "Knows the proposal round"),
        ("Tekee tuntiehdotuksen.", "Gör timförslag.", "Makes hour proposals."),
        (
            "On tehnyt tuntiehdotuksen, joka on lähetetty.",
            "Har gjort ett timförslag som har skickats.",
            "Has made an hour proposal that has been submitted.",
        ),
        [{"kind": "round_taken_part", "role": None, "months": None}],
    )
    main_users = list(people.main_users.items())
    by_email = {row["email"]: row["id"] for row in demo.tables["persons"]}
    own = by_email["paakayttaja@example.org"]
    in_swedish, accepting = by_email["huvudanvandare@example.org"], by_email["paakayttaja2@example.org"]
    documented = {by_email[address] for address in DOCUMENTED}
    others = [(place, person) for place, person in main_users if person not in documented]
    place_of = {person: place for place, person in main_users}
    staff = people.staff[0]
    _apply(demo, first, own, place_of[own], "granted", staff)
    _apply(demo, second, own, place_of[own], "granted", staff)
    _apply(demo, second, accepting, place_of[accepting], "accepted", staff)
    _apply(demo, first, in_swedish, place_of[in_swedish], "applied")
    for state, (place, person) in zip(("granted", "rejected", "applied"), others, strict=False):
        _apply(demo, first, person, place, state, None if state == "applied" else staff)


DOCUMENTED = ("paakayttaja@example.org", "paakayttaja2@example.org", "huvudanvandare@example.org")


def _define(
    demo: Demo,
    key: str,
    state: str,
    name: tuple[str, str, str],
    description: tuple[str, str, str],
    criteria_text: tuple[str, str, str],
    criteria: list[dict[str, Any]],
) -> UUID:
    created_at = office_hour(DAY)
    definition_id = demo_id("badge", key, at=created_at)
    demo.add(
        "badge_definitions",
        id=definition_id,
        name=_texts(*name),
        description=_texts(*description),
        criteria_text=_texts(*criteria_text),
        criteria=criteria,
        months_valid=MONTHS_VALID,
        state=state,
        created_at=created_at,
        published_at=office_hour(DAY, 14) if state == "published" else None,
    )
    demo.add(
        "badge_images",
        definition_id=definition_id,
        content=f"\\x{badge().hex()}",
        changed_by=demo.tables["role_grants"][0]["person_id"],
        changed_at=created_at,
    )
    return definition_id


def _texts(finnish: str, swedish: str, english: str) -> dict[str, str]:
    return {"fi": finnish, "sv": swedish, "en": english}


def _criteria_of(demo: Demo, definition: UUID) -> list[dict[str, Any]]:
    [criteria] = [row["criteria"] for row in demo.tables["badge_definitions"] if row["id"] == definition]
    return list(criteria)


def _apply(demo: Demo, definition: UUID, person: UUID, place: UUID, state: str, decided_by: UUID | None = None) -> None:
    accepted: dict[str, Any] = {}
    if state == "accepted":
        accepted = {
            "answered_at": ACCEPTED_AT,
            "valid_until": valid_until_of(MONTHS_VALID, ACCEPTED_AT),
            "list_number": 1,
            "list_index": 40_961,
        }
    demo.add(
        "badge_applications",
        id=demo_id("badge application", definition, person, at=APPLIED_AT),
        definition_id=definition,
        person_id=person,
        organisation_id=place,
        state=state,
        criteria=[each | {"met": True, "since": "2021-01-01"} for each in _criteria_of(demo, definition)],
        applied_at=APPLIED_AT,
        decided_by=decided_by,
        decided_at=DECIDED_AT if decided_by else None,
        decision_reason="Kokemusta on vielä vähän." if state == "rejected" else None,
        public=state == "accepted",
        is_renewed=False,
        **accepted,
    )


def signed_applications(demo: Demo, keys: Keys) -> list[dict[str, Any]]:
    """The applications, and the credential of the badge that is accepted. A sandbox that signs none has no such badge.

    What differs each time in a real credential is the same here, but for the address and the key.
    """
    applications = demo.tables["badge_applications"]
    try:
        public_url, badge_keys = keys.for_badges()
    except NotConfigured:
        return [row for row in applications if row["state"] != "accepted"]
    [centre] = demo.tables["study_centres"]
    addresses = BadgeAddresses(public_url, centre["slug"])
    centre_signs = Issuing(addresses, issuer_of(addresses, centre["name"], centre["website"]), badge_keys)
    return [
        row | {"credential": signed(centre_signs, _credential(demo, row, centre_signs))}
        if row["state"] == "accepted"
        else row
        for row in applications
    ]


def _credential(demo: Demo, application: dict[str, Any], centre: Issuing) -> Json:
    definition = next(row for row in demo.tables["badge_definitions"] if row["id"] == application["definition_id"])
    earner = next(row for row in demo.tables["persons"] if row["id"] == application["person_id"])
    texts = {name: BadgeTexts(**definition[name]) for name in ("name", "description", "criteria_text")}
    achieved = BadgeDefinition(**definition | texts | {"has_image": True, "retired_at": None})
    return credential_of(
        application["id"],
        addresses=centre.addresses,
        issuer=centre.profile,
        achievement=achievement_of(achieved, earner["language"], centre.addresses),
        subject_id=demo_id("badge subject", application["id"]),
        identifier=identifier_of(earner["email"], sha256(b"demo").hexdigest()[: 2 * SALT_BYTES]),
        place=StatusPlace(application["list_number"], application["list_index"]),
        valid_from=application["answered_at"],
        valid_until=application["valid_until"],
    )
