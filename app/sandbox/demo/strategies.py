"""Training strategies: one in force with a follow-up, and drafts, one of which is open to its tree."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.sandbox.demo.organisations import Central
from app.sandbox.demo.people import People
from app.sandbox.demo.rows import Demo, demo_id, office_hour

FOLLOWED_YEAR = 2022
SECTIONS = ("present_state", "challenges", "development", "own_strategy", "quality_process")


def add_strategies(demo: Demo, centrals: list[Central], people: People, this_year: int) -> None:
    """Add them after the courses and their statements, whose figures the follow-up has.

    Those that the examples use live in 2023. One is in force now, with aims for the next round.
    """
    first, second, swedish = centrals[:3]
    _add_present(demo, second, people.main_users[second.id], this_year)
    main_user, staff = people.main_users[first.id], people.staff[0]
    _add_in_force(demo, first, main_user)
    opened_at = office_hour(date(2023, 2, 20))
    draft = _add(
        demo,
        first,
        main_user,
        office_hour(date(2023, 2, 13)),
        (2024, 2025),
        "Kursseja pidetään joka piirissä, mutta harvoin samoista aiheista.",
        "Ohjaajia on eniten suurissa kaupungeissa.",
        "Piirit suunnittelevat kurssinsa yhdessä, ja ohjaajat kulkevat piiristä toiseen.",
        "Villasukka tunnetaan yhdistyksenä, jossa jokainen oppii.",
        None,
        targets=[_by_figure("Kursseja on joka piirissä", "trainings_held", 30, 2025)],
        consultation_opened_at=opened_at,
    )
    manager = people.unit_managers[first.districts[1].id]
    _contribute(
        demo,
        draft,
        manager,
        office_hour(date(2023, 3, 1)),
        "Piirimme haluaa mukaan myös nuoret ohjaajat.",
        "development",
        ["Piirin hallitus", "Nuorisojaosto"],
    )
    _contribute(demo, draft, staff, office_hour(date(2023, 3, 3)), "Kertokaa vielä, miten palautetta kerätään.")
    _add(
        demo,
        swedish,
        people.main_users[swedish.id],
        office_hour(date(2023, 2, 6)),
        (2024, 2025),
        "Kurserna når främst dem som redan är aktiva.",
        None,
        "Varje lokalförening utser en kontaktperson för kurserna.",
        None,
        "Deltagarna ger respons efter varje kurs.",
        targets=[_by_words("Nya medlemmar deltar", "Respons från nya medlemmar", "Fler än förra året", 2024)],
    )


def _add_in_force(demo: Demo, central: Central, main_user: UUID) -> None:
    adopted_at, changed_at = office_hour(date(2022, 1, 17)), office_hour(date(2023, 1, 16))
    targets = [
        _by_figure("Opetusta on enemmän", "hours_used", 1_700, 2024),
        _by_figure("Kursseja pidetään useammin", "trainings_held", 20, 2024),
        _by_words("Ohjaajat osaavat opettaa aikuisia", "Ohjaajien itsearviointi", "Kaikki ovat arvioineet", 2023),
    ]
    strategy = _add(
        demo,
        central,
        main_user,
        office_hour(date(2021, 11, 8)),
        (2022, 2024),
        "Kurssit kootaan jäsenten toiveista, ja ohjaajat ovat vapaaehtoisia.",
        "Pienillä paikkakunnilla on vaikea löytää ohjaajia.",
        "Ohjaajille järjestetään oma koulutus joka syksy.",
        "Koulutus tukee järjestön tavoitetta elävistä käsityötaidoista.",
        "Hallitus lukee kurssien palautteen kaksi kertaa vuodessa.",
        targets=targets,
        state="in_force",
        revision=2,
        adopted_at=adopted_at,
    )
    _add_revision(demo, strategy, main_user, 1, adopted_at, challenges=None, targets=targets[:2])
    _add_revision(demo, strategy, main_user, 2, changed_at)
    held = [
        statement
        for statement in demo.tables["cost_statements"]
        if (statement["central_organisation_id"], statement["year"]) == (central.id, FOLLOWED_YEAR)
        and statement["state"] == "approved"
    ]
    figures = [sum(statement["used_hours"] for statement in held), len(held), None]
    learned = ["Ohjaajia riitti.", None, "Itsearviointi auttoi ohjaajia löytämään toisensa."]
    demo.add(
        "training_strategy_follow_ups",
        strategy_id=strategy["id"],
        year=FOLLOWED_YEAR,
        revision=2,
        summary="Ensimmäinen vuosi toi uusia ohjaajia kolmeen piiriin.",
        targets=[
            {"target_id": target["id"], "figure": figure, "learned": said}
            | {name: target[name] for name in ("text", "measure", "aim", "year")}
            for target, figure, said in zip(targets, figures, learned, strict=True)
        ],
        made_by=main_user,
        made_at=office_hour(date(2023, 2, 6)),
    )


def _add_present(demo: Demo, central: Central, main_user: UUID, this_year: int) -> None:
    adopted_at = office_hour(date(this_year - 1, 1, 12))
    strategy = _add(
        demo,
        central,
        main_user,
        office_hour(date(this_year - 2, 11, 9)),
        (this_year - 1, this_year + 1),
        "Kurssit ovat piirien omia.",
        None,
        "Piirit jakavat kurssiensa aineistot keskenään.",
        None,
        None,
        targets=[_by_figure("Aineistoja käytetään yhdessä", "trainings_held", 40, this_year + 1)],
        state="in_force",
        revision=1,
        adopted_at=adopted_at,
    )
    _add_revision(demo, strategy, main_user, 1, adopted_at)


def _add_revision(
    demo: Demo, strategy: dict[str, Any], main_user: UUID, number: int, made_at: datetime, **then: Any
) -> None:
    """`then` is what was other than it is now."""
    content = {name: strategy[name] for name in ("first_year", "last_year", *SECTIONS, "targets")}
    demo.add(
        "training_strategy_revisions",
        strategy_id=strategy["id"],
        number=number,
        content=content | then,
        made_by=main_user,
        made_at=made_at,
    )


def _add(
    demo: Demo,
    central: Central,
    main_user: UUID,
    created_at: datetime,
    years: tuple[int, int],
    *sections: str | None,
    targets: list[dict[str, Any]],
    state: str = "draft",
    **columns: Any,
) -> dict[str, Any]:
    row = {
        "id": demo_id("training strategy", central.id, *years, at=created_at),
        "organisation_id": central.id,
        "state": state,
        "first_year": years[0],
        "last_year": years[1],
        **dict(zip(SECTIONS, sections, strict=True)),
        "targets": targets,
        "created_by": main_user,
        "created_at": created_at,
        **columns,
    }
    demo.add("training_strategies", **row)
    return row


def _contribute(
    demo: Demo,
    strategy: dict[str, Any],
    person: UUID,
    created_at: datetime,
    text: str,
    section: str | None = None,
    took_part: list[str] | None = None,
) -> None:
    demo.add(
        "training_strategy_contributions",
        id=demo_id("contribution", text, at=created_at),
        strategy_id=strategy["id"],
        section=section,
        text=text,
        took_part=took_part or [],
        created_by=person,
        created_at=created_at,
    )


def _by_figure(text: str, figure: str, aim: int, year: int) -> dict[str, Any]:
    return _target(text, {"kind": "figure", "figure": figure}, aim, year)


def _by_words(text: str, by: str, aim: str, year: int) -> dict[str, Any]:
    return _target(text, {"kind": "words", "text": by}, aim, year)


def _target(text: str, measure: dict[str, str], aim: int | str, year: int) -> dict[str, Any]:
    return {"id": str(demo_id("target", text)), "text": text, "measure": measure, "aim": aim, "year": year}
