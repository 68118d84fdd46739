"""Signatories and main-user applications on their way, for the examples to go on from."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from app.demo.organisations import Central
from app.demo.people import People
from app.demo.rows import Demo, demo_id, office_hour

ENTERED_ON = date(2023, 1, 16)
DRAFTED_ON = date(2023, 4, 3)


def add_main_user_applications(demo: Demo, centrals: Sequence[Central], people: People) -> None:
    """All central organisations have a signatory; the first has one to confirm and one to end, too."""
    for central in centrals:
        signatory = _add_signatory(demo, central, people, "Aili Marjamäki", "Puheenjohtaja")
        if central is centrals[0]:
            _add_signatory(demo, central, people, "Eino Saarelma", "Varapuheenjohtaja", confirmed=False)
            _add_signatory(demo, central, people, "Terttu Lehtovaara", "Toiminnanjohtaja")
            district = central.districts[1]
            for unit in (district, district.children[0]):
                _add_draft(demo, central, people.unit_managers[unit.id], signatory)


def _add_signatory(
    demo: Demo, central: Central, people: People, name: str, basis: str, *, confirmed: bool = True
) -> UUID:
    entered_at = office_hour(ENTERED_ON)
    signatory_id = demo_id("signatory", central.id, name, at=entered_at)
    confirmation: dict[str, Any] = {"confirmed_by": people.staff[0], "confirmed_at": entered_at} if confirmed else {}
    demo.add(
        "signatories",
        id=signatory_id,
        organisation_id=central.id,
        name=name,
        basis=basis,
        valid_from=date(2021, 1, 1),
        entered_by=people.main_users[central.id],
        entered_at=entered_at,
        **confirmation,
    )
    return signatory_id


def _add_draft(demo: Demo, central: Central, applicant: UUID, signatory_id: UUID) -> None:
    created_at = office_hour(DRAFTED_ON)
    demo.add(
        "main_user_applications",
        id=demo_id("main-user application", applicant, at=created_at),
        organisation_id=central.id,
        applicant_id=applicant,
        signatory_id=signatory_id,
        language="fi",
        state="draft",
        created_at=created_at,
    )
