"""Applications for roles and invitations to them, a new main user's onboarding, and yearly confirmations of 2024."""

from base64 import urlsafe_b64encode
from collections.abc import Sequence
from datetime import date, timedelta
from hashlib import sha256
from uuid import UUID

from app.sandbox.demo.organisations import Central, Unit
from app.sandbox.demo.people import People
from app.sandbox.demo.rows import DEMO_STUDY_CENTRE, Demo, demo_id, office_hour

YEAR = 2024


def add_rights(demo: Demo, centrals: Sequence[Central], people: People) -> None:
    first = centrals[0]
    district = first.districts[1]
    association = district.children[0]
    grants = demo.tables["role_grants"]
    trainer = next(g for g in grants if (g["organisation_id"], g["role"]) == (association.id, "training_manager"))
    manager = people.unit_managers[association.id]
    _apply(demo, trainer["person_id"], district, "applied", date(2023, 3, 1), "Suunnittelen piirin kurssit.")
    _apply(demo, manager, district, "applied", date(2023, 3, 2), "Sijaistan piirin kouluttajaa.")
    _apply(demo, manager, first, "rejected", date(2023, 2, 1), None, decided_by=people.main_users[first.id])

    _invite(demo, people.main_users[first.id], district, "uusi.vastuuhenkilo@example.org", "unit_manager")
    _invite(demo, people.main_users[first.id], association, "uusi.kouluttaja@example.org", "training_manager")

    main_users = [g for g in grants if (g["organisation_id"], g["role"]) == (first.id, "main_user")]
    given_at = office_hour(date(2023, 2, 6))
    newest = next(g for g in main_users if g["person_id"] != people.main_users[first.id])
    newest |= {"granted_by": people.staff[0], "granted_at": given_at, "reason": "Pääkäyttäjähakemus hyväksyttiin."}
    demo.add(
        "onboardings",
        id=demo_id("onboarding", at=given_at),
        role_grant_id=newest["id"],
        inductor_id=people.main_users[first.id],
        inducted_on=date(2023, 2, 20),
        created_at=given_at,
    )
    for number, central in enumerate(centrals[1:40:3]):
        late = number % 5 == 4
        confirmed_at = office_hour(date(YEAR, 6, 4) if late else date(YEAR, 5, 2 + number), 9, number)
        demo.add(
            "organisation_confirmations",
            id=demo_id("confirmation", central.id, YEAR, at=confirmed_at),
            organisation_id=central.id,
            year=YEAR,
            person_id=people.main_users[central.id],
            confirmed_at=confirmed_at,
            late=late,
        )


def _invite(demo: Demo, main_user: UUID, unit: Unit, email: str, role: str) -> None:
    """The token is one that the examples can name: a secret one would differ each time."""
    token = urlsafe_b64encode(DEMO_STUDY_CENTRE.bytes + sha256(email.encode()).digest())
    invited_at = office_hour(date(2023, 3, 10))
    demo.add(
        "role_invitations",
        id=demo_id("role invitation", email, at=invited_at),
        organisation_id=unit.id,
        role=role,
        email=email,
        email_key=email,
        state="open",
        token_digest=f"\\x{sha256(token).hexdigest()}",
        invited_by=main_user,
        invited_at=invited_at,
        expires_at=invited_at + timedelta(days=14),
    )


def _apply(
    demo: Demo, person: UUID, unit: Unit, state: str, day: date, reason: str | None, *, decided_by: UUID | None = None
) -> None:
    applied_at = office_hour(day)
    demo.add(
        "role_applications",
        id=demo_id("role application", person, unit.id, at=applied_at),
        person_id=person,
        role="training_manager",
        organisation_id=unit.id,
        reason=reason,
        state=state,
        applied_at=applied_at,
        decided_by=decided_by,
        decided_at=office_hour(day, 14) if decided_by else None,
        decision_reason="Yhdistyksen oikeus riittää." if decided_by else None,
    )
