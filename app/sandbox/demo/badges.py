"""Badges for main users: a published one with applications in each state before a signature, one to retire, a draft.

Nothing is signed here: a credential is signed by its service, when the earner accepts the badge.
"""

from datetime import date
from typing import Any
from uuid import UUID

from app.sandbox.demo.people import People
from app.sandbox.demo.pictures import badge
from app.sandbox.demo.rows import Demo, demo_id, office_hour

DAY = date(2023, 2, 1)
HELD = {"kind": "role_held", "role": "main_user", "months": 12}
ONBOARDED = {"kind": "onboarding_done", "role": None, "months": None}


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
    in_swedish = by_email["huvudanvandare@example.org"]
    documented = {by_email[address] for address in DOCUMENTED}
    others = [(place, person) for place, person in main_users if person not in documented]
    place_of = {person: place for place, person in main_users}
    staff = people.staff[0]
    _apply(demo, first, own, place_of[own], "granted", staff)
    _apply(demo, second, own, place_of[own], "granted", staff)
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
        months_valid=36,
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


def _apply(demo: Demo, definition: UUID, person: UUID, place: UUID, state: str, decided_by: UUID | None = None) -> None:
    applied_at = office_hour(date(2023, 3, 1))
    demo.add(
        "badge_applications",
        id=demo_id("badge application", definition, person, at=applied_at),
        definition_id=definition,
        person_id=person,
        organisation_id=place,
        state=state,
        criteria=[HELD | {"met": True, "since": "2021-01-01"}],
        applied_at=applied_at,
        decided_by=decided_by,
        decided_at=office_hour(date(2023, 3, 6)) if decided_by else None,
        decision_reason="Kokemusta on vielä vähän." if state == "rejected" else None,
        public=False,
        is_renewed=False,
    )
