"""The resources that the examples of the OpenAPI document use, one for each, so that they do not disturb each other.

Their ids are in `openapi/examples.toml`; a test sends all examples against these data.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from app.sandbox.demo.organisations import Central, Unit
from app.sandbox.demo.people import People
from app.sandbox.demo.pictures import logo
from app.sandbox.demo.rows import Demo, demo_id, office_hour

YEAR = 2024
"""The year of the hours: they are proposed and decided in autumn 2023, and changed in March."""


def add_tour(demo: Demo, centrals: Sequence[Central], people: People) -> None:
    swedish, drafting, ready, sent, decided = (centrals[number] for number in (2, 12, 13, 14, 15))

    def draft(central: Central, *lines: tuple[Unit, int, str]) -> None:
        _add_proposal(demo, central, central, people.main_users[central.id], lines)

    draft(drafting, (drafting, 240, "Vapaaehtoisten koulutus"))
    draft(ready, (ready, 310, "Perinne ja kulttuuri"), (ready, 60, "Digitaidot"))
    draft(swedish, (swedish, 180, "Frivilligutbildning"))
    for central in (sent, decided):
        lines: list[tuple[Unit, int, str]] = [(central, 420, "Hyvinvointi")]
        _add_proposal(demo, central, central, people.main_users[central.id], lines, sent_on=date(2023, 10, 12))
    for district in swedish.districts[:2]:
        manager = people.unit_managers[district.id]
        lines = [(district, 95, "Digital kunskap")]
        _add_proposal(demo, district, swedish, manager, lines, sent_on=date(2023, 10, 6))

    handled = centrals[20]
    for central, hours in ((sent, 80), (centrals[17], 120), (centrals[18], 60), (centrals[19], 140), (handled, 70)):
        handler = people.staff[0] if central is handled else None
        _add_request(demo, central, people.main_users[central.id], hours, handler)
    first = centrals[0]
    district = first.districts[1]
    for unit, hours in ((district, 20), (district.children[0], 10)):
        _add_allotment_request(demo, unit, first, YEAR - 1, people.unit_managers[unit.id], hours)
    for unit, hours in zip(centrals[1].districts, (20, 10, -5), strict=False):
        _add_allotment_request(demo, unit, centrals[1], YEAR, people.unit_managers[unit.id], hours)
    for number, name in enumerate(("Marraskuun päätökset", "Marraskuun päätökset, varovainen", "Vanha luonnos")):
        _add_plan(demo, name, people.staff[0], number, [drafting, ready, sent, decided])
    _add_mail(demo, decided, people)


def _add_proposal(
    demo: Demo,
    unit: Unit,
    central: Central,
    person: UUID,
    lines: Sequence[tuple[Unit, int, str]],
    *,
    sent_on: date | None = None,
) -> None:
    """Add a draft, or with a time of sending a submitted proposal with its first revision."""
    created_at = office_hour(date(2023, 10, 4))
    submitted_at = office_hour(sent_on) if sent_on else None
    proposal_id = demo_id("proposal", unit.id, YEAR, at=created_at)
    demo.add(
        "hour_proposals",
        id=proposal_id,
        organisation_id=unit.id,
        central_organisation_id=central.id,
        year=YEAR,
        state="submitted" if submitted_at else "draft",
        created_by=person,
        created_at=created_at,
        submitted_at=submitted_at,
    )
    whole: list[dict[str, Any]] = [
        {
            "unit_id": of.id,
            "hours": hours,
            "emphasis": emphasis,
            "grounds": None,
            "source_proposal_id": None,
            "source_hours": None,
        }
        for of, hours, emphasis in lines
    ]
    for ordinal, line in enumerate(whole, 1):
        demo.add("hour_proposal_lines", proposal_id=proposal_id, ordinal=ordinal, **line)
    if submitted_at:
        demo.add(
            "hour_proposal_revisions",
            id=demo_id("revision", proposal_id, 1, at=submitted_at),
            proposal_id=proposal_id,
            number=1,
            hours=sum(line["hours"] for line in whole),
            lines=whole,
            submitted_by=person,
            submitted_at=submitted_at,
        )


def _add_request(demo: Demo, central: Central, main_user: UUID, hours: int, handler: UUID | None) -> None:
    """Add a request. Its handler has asked something, and the main user has responded with attachments."""
    asked_at = office_hour(date(YEAR, 3, 14))
    request_id = demo_id("request", "tour", central.id, at=asked_at)
    demo.add(
        "supplementary_hour_requests",
        id=request_id,
        organisation_id=central.id,
        year=YEAR,
        hours=hours,
        grounds="Syksyn koulutuksiin on tulossa enemmän väkeä kuin arvattiin.",
        state="submitted",
        submitted_by=main_user,
        submitted_at=asked_at,
        handler_id=handler,
    )
    if handler:
        comments: list[tuple[str, UUID, str]] = [
            ("study_centre", handler, "Mille piireille tunnit tulisivat?"),
            ("organisation", main_user, "Hämeeseen ja Savoon: kummassakin alkaa syksyllä kaksi uutta kurssia."),
        ]
        for number, (side, author, text) in enumerate(comments):
            written_at = asked_at + timedelta(hours=1 + number)
            demo.add(
                "case_comments",
                id=demo_id("comment", request_id, number, at=written_at),
                case_type="supplementary-hour-requests",
                case_id=request_id,
                side=side,
                visible_to="both",
                text=text,
                created_by=author,
                created_at=written_at,
            )
        content, attached_at = logo(), asked_at + timedelta(hours=2)
        for name in ("Hämeen kurssien tunnus.png", "Savon kurssien tunnus.png"):
            demo.add(
                "case_attachments",
                id=demo_id("attachment", name, at=attached_at),
                case_type="supplementary-hour-requests",
                case_id=request_id,
                side="organisation",
                visible_to="both",
                name=name,
                media_type="image/png",
                size=len(content),
                digest=sha256(content).hexdigest(),
                content=f"\\x{content.hex()}",
                created_by=main_user,
                created_at=attached_at,
            )


def _add_allotment_request(demo: Demo, unit: Unit, central: Central, year: int, manager: UUID, hours: int) -> None:
    asked_at = office_hour(date(year, 3, 14), 10)
    demo.add(
        "allotment_requests",
        id=demo_id("allotment request", "tour", unit.id, at=asked_at),
        unit_id=unit.id,
        central_organisation_id=central.id,
        year=year,
        hours=hours,
        grounds="Syksyn kurssi siirtyy toiseen piiriin." if hours < 0 else "Uusi ensiapukurssi alkaa toukokuussa.",
        state="submitted",
        submitted_by=manager,
        submitted_at=asked_at,
    )


def _add_plan(demo: Demo, name: str, staff: UUID, number: int, centrals: Sequence[Central]) -> None:
    """Add a draft of a plan, with hours for those that have submitted a proposal."""
    made_at = office_hour(date(2023, 11, 15), 10 + number)
    plan_id = demo_id("plan", number, at=made_at)
    pooled = [
        each.hours * (1 if each.target.account == "pool" else -1)
        for posting in demo.postings
        if posting.year == YEAR and posting.hour_type == "training"
        for each in posting.transfers
        if "pool" in (each.source.account, each.target.account)
    ]
    demo.add(
        "decision_plans",
        id=plan_id,
        year=YEAR,
        name=name,
        kind="round",
        state="draft",
        available=sum(pooled),
        created_by=staff,
        created_at=made_at,
        last_edited_by=staff,
        last_edited_at=made_at,
    )
    sent = {row["organisation_id"]: row["id"] for row in demo.tables["hour_proposals"] if row["state"] == "submitted"}
    for central in centrals:
        hours = 400 - 20 * number if central.id in sent else None
        demo.add(
            "decision_plan_rows",
            plan_id=plan_id,
            row_id=central.id,
            organisation_id=central.id,
            proposal_id=sent.get(central.id),
            asked=420 if central.id in sent else None,
            hours=hours,
            reason=None,
            why=[{"step": "fixed", "hours": hours, "room": hours, "weight": None}] if hours else [],
        )


def _add_mail(demo: Demo, central: Central, people: People) -> None:
    """Add two drafts of messages from staff, and a mail that was sent."""
    written_at = office_hour(date(2023, 11, 20))
    for number, subject in enumerate(("Pääkäyttäjien tapaaminen", "Syksyn koulutukset")):
        demo.add(
            "messages",
            id=demo_id("message", number, at=written_at),
            texts={
                "fi": {"subject": subject, "body": "Tervetuloa mukaan! Järjestöstä {organisation} voi tulla kaksi."},
                "sv": {"subject": "Till huvudanvändarna", "body": "Välkommen! Två personer per organisation."},
            },
            audience="main_users",
            organisation_ids=[],
            state="draft",
            made_by=people.staff[0],
            made_at=written_at,
        )
    main_user = people.main_users[central.id]
    (address,) = (row["email"] for row in demo.tables["persons"] if row["id"] == main_user)
    sent_at = office_hour(date(2023, 11, 21))
    demo.add(
        "mails",
        id=demo_id("mail", central.id, at=sent_at),
        person_id=main_user,
        cause_id=demo_id("told", central.id, at=sent_at),
        event="message",
        organisation_id=central.id,
        language="fi",
        address=address,
        subject="Tervetuloa pääkäyttäjien tapaamiseen",
        text="Hei,\n\ntapaamme 4.12.2023 kello 13.\n\nTerveisin\nOpintokeskus Esimerkki",
        dates=[],
        state="sent",
        made_at=sent_at,
        due_at=sent_at,
        next_attempt_at=sent_at,
        concluded_at=sent_at,
        answer="250 2.0.0 Taken",
    )
