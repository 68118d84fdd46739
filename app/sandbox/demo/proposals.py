"""Decided hour proposals: the central organisation's, and in some trees the districts' that it includes."""

from datetime import date
from random import Random
from typing import Any
from uuid import UUID

from app.sandbox.demo.names import EMPHASES, EMPHASES_IN_SWEDISH
from app.sandbox.demo.organisations import Central, Unit
from app.sandbox.demo.people import People
from app.sandbox.demo.rows import Demo, demo_id, office_hour


def add_proposal(
    demo: Demo, people: People, central: Central, year: int, granted: int, chance: Random
) -> tuple[UUID, int]:
    """Add a proposal and return its id and hours, which are somewhat more than the hours granted later."""
    day = date(year - 1, 10, chance.randint(3, 27))
    proposal_id = demo_id("proposal", central.id, year, at=office_hour(day))
    main_user = people.main_users[central.id]
    wished = granted * chance.randint(102, 135) // 100
    emphases = EMPHASES_IN_SWEDISH if central.language == "sv" else EMPHASES
    lines: list[dict[str, Any]] = []
    if central.districts:
        share = wished // (len(central.districts) + 1)
        from_units = central.name.startswith(("Villasukka", "Bykök", "Iltakuoro", "Sanataiteen"))
        for district in central.districts:
            hours = max(1, share * chance.randint(60, 110) // 100)
            line = _line(district, hours, emphases[0])
            if from_units:
                sent = hours + chance.randint(0, 12)
                source = _add(
                    demo,
                    district,
                    central,
                    year,
                    day,
                    people.unit_managers[district.id],
                    [_line(district, sent, emphases[0])],
                    included_in=proposal_id,
                )
                line |= {"source_proposal_id": source, "source_hours": sent}
            lines.append(line)
    rest = max(2, wished - sum(line["hours"] for line in lines))
    lines.append(_line(central, rest - rest // 3, chance.choice(emphases[1:])))
    if rest // 3:
        lines.append(_line(central, rest // 3, None, "Uusille vapaaehtoisille."))
    if chance.random() < 0.06:
        _add(demo, central, central, year, day, main_user, [_line(central, wished, None)], state="withdrawn")
    again = chance.random() < 0.12
    _add(demo, central, central, year, day, main_user, lines, again=again)
    return proposal_id, sum(line["hours"] for line in lines)


def _line(unit: Unit, hours: int, emphasis: str | None, grounds: str | None = None) -> dict[str, Any]:
    return {
        "unit_id": unit.id,
        "hours": hours,
        "emphasis": emphasis,
        "grounds": grounds,
        "source_proposal_id": None,
        "source_hours": None,
    }


def _add(
    demo: Demo,
    unit: Unit,
    central: Central,
    year: int,
    day: date,
    person: UUID,
    lines: list[dict[str, Any]],
    *,
    state: str = "decided",
    included_in: UUID | None = None,
    again: bool = False,
) -> UUID:
    """Add one proposal. `again`: it was sent back once, with fewer hours in its first line."""
    created_at = office_hour(day, 9 if included_in or state == "withdrawn" else 10)
    submitted_at = office_hour(day, 15)
    proposal_id = demo_id("proposal", unit.id, year, at=created_at)
    demo.add(
        "hour_proposals",
        id=proposal_id,
        organisation_id=unit.id,
        central_organisation_id=central.id,
        year=year,
        state=state,
        return_reason="Täydentäkää perustelut." if again else None,
        included_in=included_in,
        created_by=person,
        created_at=created_at,
        submitted_at=submitted_at,
    )
    for ordinal, line in enumerate(lines, 1):
        demo.add("hour_proposal_lines", proposal_id=proposal_id, ordinal=ordinal, **line)
    submitted = [lines]
    if again:
        submitted.insert(0, [lines[0] | {"hours": max(1, lines[0]["hours"] // 2)}, *lines[1:]])
    for number, revision in enumerate(submitted, 1):
        demo.add(
            "hour_proposal_revisions",
            id=demo_id("revision", proposal_id, number, at=submitted_at),
            proposal_id=proposal_id,
            number=number,
            hours=sum(line["hours"] for line in revision),
            lines=revision,
            submitted_by=person,
            submitted_at=submitted_at,
        )
    return proposal_id
