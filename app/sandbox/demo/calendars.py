"""The calendars, from that of 2023 to next year's, which is still to be confirmed."""

from datetime import date
from hashlib import sha256
from uuid import UUID

from app.domain.calendar.years import DEADLINES_OF_2023, default_deadlines
from app.sandbox.demo.organisations import Central
from app.sandbox.demo.people import People
from app.sandbox.demo.rows import BEGINNING, DEMO_STUDY_CENTRE, Demo, demo_id, office_hour


def add_calendars(demo: Demo, centrals: list[Central], people: People, this_year: int) -> None:
    rounds: dict[int, UUID] = {}
    for year in range(2023, this_year + 2):
        for number, planned in enumerate(DEADLINES_OF_2023 if year == 2023 else default_deadlines(year)):
            deadline_id = demo_id("deadline", year, number)
            if planned.kind == "proposal_round":
                rounds[year] = deadline_id
            demo.add(
                "deadlines",
                id=deadline_id,
                year=year,
                kind=planned.kind,
                hours_year=planned.hours_year,
                opens_on=planned.opens_on,
                closes_on=planned.closes_on,
                confirmed=year <= this_year,
                created_at=BEGINNING,
            )
    # One centre asks its units before the round of 2024, and one organisation was given more time for it.
    demo.add(
        "deadlines",
        id=demo_id("deadline", "units"),
        year=2024,
        kind="unit_proposals",
        hours_year=2025,
        organisation_id=centrals[1].id,
        opens_on=date(2024, 9, 2),
        closes_on=date(2024, 10, 31),
        confirmed=True,
        note="Piirit kokoavat yhdistystensä toiveet.",
        created_at=BEGINNING,
    )
    demo.add(
        "deadline_extensions",
        id=demo_id("extension"),
        deadline_id=rounds[2024],
        organisation_id=centrals[20].id,
        closes_on=date(2024, 11, 22),
        reason="Toiminnanjohtaja vaihtui lokakuussa.",
        made_by=people.staff[0],
        made_at=office_hour(date(2024, 11, 11)),
    )


KNOWN_ADDRESS = "an-address-of-the-demo-data-that-all-know-0"
"""A real feed's token is a secret."""


def add_feeds(demo: Demo, person_id: UUID) -> None:
    """Add a feed that the examples read, and one that they end."""
    for name, secret in (("Toimiston kalenteri", KNOWN_ADDRESS), ("Vanha puhelin", KNOWN_ADDRESS[::-1])):
        digest = sha256(secret.encode()).hexdigest()
        feed_id = demo_id("feed", name)
        demo.add("calendar_feeds", id=feed_id, person_id=person_id, name=name, digest=digest, created_at=BEGINNING)
        caller = {"issuer": "calendar-feeds", "subject": digest, "person_id": person_id}
        demo.add("callers", **caller, study_centre_id=DEMO_STUDY_CENTRE)
