"""The organisations' other data: bank accounts, images, regional offices and contact persons."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from app.sandbox.demo.learning import SIGNATORY_OF_FIRST
from app.sandbox.demo.organisations import Central, Unit
from app.sandbox.demo.people import People
from app.sandbox.demo.pictures import logo, signature
from app.sandbox.demo.rows import BEGINNING, Demo, demo_id, office_hour

OFFICES = (
    ("Helsinki", "Kurssikatu 1", "00100"),
    ("Joensuu", "Opinpolku 2", "80100"),
    ("Oulu", "Tuntitie 3", "90100"),
    ("Tampere", "Kerhokuja 4", "33100"),
    ("Turku", "Lukupiirinkatu 5", "20100"),
)
WITHOUT_CONTACT = 16
"""The central organisation to which the tour assigns a contact person."""
PROPOSED_ON = date(2023, 3, 6)
"""The day of the changes that wait for a second person on the tour."""


def add_organisation_data(demo: Demo, centrals: Sequence[Central], people: People) -> None:
    _add_study_centre_data(demo, people)
    offices = [_add_office(demo, number) for number in range(len(OFFICES))]
    for number, central in enumerate(centrals):
        if number != WITHOUT_CONTACT:
            _add_contact(demo, central, people.staff[number % 3], offices[number % len(offices)], people.staff[0])
        # The first has no account yet: the tour proposes one.
        if number:
            _add_account(demo, central, number, people.main_users[central.id], people.staff[0])
    for number, district in enumerate(centrals[1].districts[:2], len(centrals)):
        _add_account(demo, district, number, people.unit_managers[district.id], people.main_users[centrals[1].id])
    first = next(row for row in demo.tables["organisations"] if row["id"] == centrals[0].id)
    first["certificate_signatory"] = asdict(SIGNATORY_OF_FIRST)
    for number in (0, 14):
        for purpose, content in (("logo", logo()), ("signature_image", signature())):
            _add_image(demo, centrals[number], purpose, content, people.main_users[centrals[number].id])
    for number in (2, 13, 14):
        central = centrals[number]
        _add_account(demo, central, 2 * len(centrals) + number, people.main_users[central.id], None)


def _add_image(demo: Demo, unit: Unit, purpose: str, content: bytes, person: UUID) -> None:
    demo.add(
        "organisation_images",
        organisation_id=unit.id,
        purpose=purpose,
        content=f"\\x{content.hex()}",
        changed_by=person,
        changed_at=BEGINNING,
    )


def iban_of(number: int) -> str:
    """An IBAN with correct check digits, in the series of the banks' own printed example."""
    digits = f"123456{number:07}"
    weighed = (int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(digits))
    digits += str(-sum(value // 10 + value % 10 for value in weighed) % 10)
    return f"FI{98 - int(f'{digits}151800') % 97:02}{digits}"


def _add_account(demo: Demo, unit: Unit, number: int, proposer: UUID, approver: UUID | None) -> None:
    """Add a change, which waits if there is no approver."""
    change = _account_change(("bank account", unit.id), number, unit.name, proposer, approver)
    demo.add("bank_account_changes", organisation_id=unit.id, **change)


def _account_change(
    key: tuple[object, ...], number: int, holder: str, proposer: UUID, approver: UUID | None
) -> dict[str, Any]:
    proposed_at = office_hour(date(2021, 2, 1) + timedelta(days=number % 28)) if approver else office_hour(PROPOSED_ON)
    approved_at = proposed_at + timedelta(hours=4)
    return {
        "id": demo_id(*key, at=proposed_at),
        "iban": iban_of(number),
        "bic": "NDEAFIHH",
        "holder": holder,
        "state": "approved" if approver else "proposed",
        "proposed_by": proposer,
        "proposed_at": proposed_at,
        "decided_by": approver,
        "decided_at": approved_at if approver else None,
        "payments_held_until": approved_at + timedelta(days=5) if approver else None,
    }


def _add_study_centre_data(demo: Demo, people: People) -> None:
    """Its images, its account with a change that waits, and who may see participants."""
    first, second = people.staff[:2]
    for table, content in (("study_centre_logos", logo()), ("study_centre_signature_images", signature())):
        demo.add(table, content=f"\\x{content.hex()}", changed_by=first, changed_at=BEGINNING)
    for number, approver in ((900_001, first), (900_002, None)):
        change = _account_change(("payment account", number), number, "Opintokeskus Esimerkki", second, approver)
        demo.add("payment_account_changes", **change)
    demo.add(
        "participant_readers",
        person_ids=[str(second)],
        reason="Hoitaa osallistujien tietopyynnöt.",
        changed_by=first,
        changed_at=BEGINNING,
    )


def _add_office(demo: Demo, number: int) -> UUID:
    city, street, postal_code = OFFICES[number]
    office_id = demo_id("regional office", number)
    demo.add(
        "regional_offices",
        id=office_id,
        name=city,
        email=f"{city.lower()}@opintokeskus.example",
        phone=f"+358 50 556 000{number}",
        address={"street": street, "postal_code": postal_code, "city": city},
        created_at=BEGINNING,
    )
    return office_id


def _add_contact(demo: Demo, central: Central, person: UUID, office: UUID, maker: UUID) -> None:
    demo.add(
        "contact_assignments",
        id=demo_id("contact", central.id),
        organisation_id=central.id,
        person_id=person,
        regional_office_id=office,
        valid_from=date(2021, 1, 1),
        made_by=maker,
        made_at=BEGINNING,
    )
