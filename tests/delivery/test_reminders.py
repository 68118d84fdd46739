"""Reminders of the calendar and of hours are recorded once each."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from uuid import UUID

import pytest
from psycopg.types.json import Jsonb

from app.db.identifiers import new_id
from app.domain.hours.ledger import distribution, grant, pool_change, release, reservation, supplementary_grant
from tests.builders import FOREVER, Centre

Remind = Callable[[], None]


def reminders(centre: Centre) -> list[tuple[str, UUID]]:
    """Each event with its organisation, ordered by both."""
    rows = centre.rows("SELECT event, organisation_id FROM outbox ORDER BY event, organisation_id")
    return [tuple(row) for row in rows]


def events(centre: Centre) -> list[str]:
    return [event.removeprefix("deadline.") for event, _ in reminders(centre)]


def extend(centre: Centre, deadline_id: UUID, organisation_id: UUID, closes_on: date) -> None:
    person = centre.person()
    centre.owner.execute(
        "INSERT INTO deadline_extensions (id, deadline_id, organisation_id, closes_on, reason, made_by, made_at) "
        "VALUES (%s, %s, %s, %s, 'Sairaus', %s, %s)",
        [new_id(), deadline_id, organisation_id, closes_on, person.id, FOREVER],
    )


@pytest.mark.parametrize(
    ("clock", "expected"),
    [
        # The window of 13–25 March, reminded of 7 days and 1 day before; summer time begins on the 26th.
        ((2023, 3, 12, 23, 59, 59), []),
        ((2023, 3, 13), ["opening"]),
        ((2023, 3, 16, 23, 59, 59), ["opening"]),
        ((2023, 3, 17), []),
        ((2023, 3, 17, 23, 59, 59), []),
        ((2023, 3, 18), ["closing-soon"]),
        ((2023, 3, 24), ["closing-soon"]),
        ((2023, 3, 25, 23, 59, 59), ["closing-soon"]),
        ((2023, 3, 26), ["closed"]),
        ((2023, 3, 28, 23, 59, 59), ["closed"]),
        ((2023, 3, 29), []),
    ],
)
def test_a_window_is_reminded_of_by_the_days_in_helsinki(
    centre: Centre, remind: Remind, clock: tuple[int, ...], expected: list[str]
) -> None:
    centre.organisation()
    centre.change_window()
    centre.clock(*clock)
    remind()
    assert events(centre) == expected
    remind()
    assert events(centre) == expected


def test_a_window_has_four_reminders_and_concurrent_jobs_record_each_once(centre: Centre, remind: Remind) -> None:
    organisations = sorted(centre.organisation() for _ in range(3))
    centre.organisation(organisations[0])
    centre.change_window()
    for day in range(10, 32):
        centre.clock(2023, 3, day, 8)
        with ThreadPoolExecutor(3) as pool:
            for done in [pool.submit(remind) for _ in range(3)]:
                done.result()
    names = ("deadline.closed", "deadline.closing-soon", "deadline.closing-soon", "deadline.opening")
    assert reminders(centre) == sorted((name, organisation_id) for name in names for organisation_id in organisations)
    recorded = centre.rows("SELECT event, made_at::date::text FROM outbox WHERE organisation_id = %s", organisations[0])
    assert sorted(recorded, key=lambda row: row[1]) == [
        ("deadline.opening", "2023-03-13"),
        ("deadline.closing-soon", "2023-03-18"),
        ("deadline.closing-soon", "2023-03-24"),
        ("deadline.closed", "2023-03-26"),
    ]


def test_after_a_standstill_only_the_nearest_of_several_days_is_reminded_of(centre: Centre, remind: Remind) -> None:
    centre.organisation()
    centre.change_window()
    centre.clock(2023, 3, 24)
    remind()
    # The sandbox's clock is put back: the nearer reminder has been recorded.
    centre.clock(2023, 3, 20)
    remind()
    assert events(centre) == ["closing-soon"]


def test_a_day_that_is_moved_has_a_new_reminder(centre: Centre, remind: Remind) -> None:
    organisation_id = centre.organisation()
    deadline_id = centre.deadline("change_window", None, date(2023, 3, 25))
    centre.clock(2023, 3, 24)
    for closes_on in (date(2023, 3, 25), date(2023, 3, 31), date(2023, 3, 30), date(2023, 5, 1)):
        centre.owner.execute("UPDATE deadlines SET closes_on = %s", [closes_on])
        remind()
    facts = [row[0] for row in centre.rows("SELECT facts FROM outbox ORDER BY facts->>'closes_on'")]
    assert facts == [
        {"kind": "change_window", "hours_year": 2023, "opens_on": None, "closes_on": f"2023-03-{day}"}
        for day in (25, 30, 31)
    ]
    assert centre.rows("SELECT DISTINCT subject_id, organisation_id FROM outbox") == [(deadline_id, organisation_id)]


def test_an_extension_moves_the_closing_of_its_organisation_alone(centre: Centre, remind: Remind) -> None:
    usual, extended = centre.organisation(), centre.organisation()
    deadline_id = centre.deadline("cost_statement", None, date(2023, 1, 18))
    extend(centre, deadline_id, extended, date(2023, 4, 30))
    for clock, expected in (
        ((2023, 1, 17), [("deadline.closing-soon", usual)]),
        ((2023, 1, 19), [("deadline.closed", usual), ("deadline.closing-soon", usual)]),
        ((2023, 3, 19), [("deadline.closed", usual), ("deadline.closing-soon", usual)]),
    ):
        centre.clock(*clock)
        remind()
        assert reminders(centre) == expected
    centre.owner.execute("DELETE FROM outbox")
    centre.clock(2023, 4, 23)
    remind()
    assert reminders(centre) == [("deadline.closing-soon", extended)]
    centre.clock(2023, 5, 1)
    remind()
    assert reminders(centre) == [("deadline.closed", extended), ("deadline.closing-soon", extended)]


def test_reminders_concern_the_members_whom_the_deadline_concerns(centre: Centre, remind: Remind) -> None:
    central, other = centre.organisation(), centre.organisation()
    centre.organisation(active_until=date(2021, 12, 31))
    centre.organisation(active_from=date(2023, 1, 1))
    day = date(2023, 3, 15)
    own = centre.deadline("unit_proposals", day, date(2023, 5, 1), organisation_id=central)
    centre.deadline("decision_period", day, date(2023, 5, 1))
    centre.deadline("change_window", day, date(2023, 5, 1), confirmed=False)
    statements = centre.deadline("cost_statement", day, date(2023, 5, 1))
    remind()
    rows = centre.rows("SELECT subject_id, organisation_id FROM outbox")
    assert sorted(rows) == sorted([(own, central), (statements, central), (statements, other)])


def test_the_study_centres_own_days_and_per_cents(centre: Centre, remind: Remind) -> None:
    central = centre.organisation()
    centre.change_window()
    centre.post(2023, pool_change(100), grant(central, 100))
    centre.post(2023, reservation(central, central, 35))
    centre.owner.execute(
        "INSERT INTO reminder_settings (closing_soon_days, running_out_percents, unused_percent) VALUES (%s, %s, 0)",
        [Jsonb([]), Jsonb([30])],
    )
    centre.clock(2023, 3, 25)
    remind()
    assert reminders(centre) == [("hour-account.running-out", central)]
    centre.owner.execute("UPDATE reminder_settings SET closing_soon_days = '[0, 40]', running_out_percents = '[]'")
    remind()
    assert events(centre) == ["closing-soon", "hour-account.running-out"]


def test_hours_that_run_out_have_one_reminder_at_each_percentage(centre: Centre, remind: Remind) -> None:
    central, other = centre.organisation(), centre.organisation()
    unit = centre.organisation(central)
    centre.post(2023, pool_change(1_000), grant(central, 100), grant(other, 100), distribution(central, unit, 50))

    def facts() -> list[dict[str, int]]:
        remind()
        remind()
        return [row[0] for row in centre.rows("SELECT facts FROM outbox ORDER BY (facts->>'percent')::int")]

    # 79 of the tree's 100 hours, then 80.
    centre.post(2023, reservation(central, central, 50), reservation(central, unit, 29))
    assert facts() == []
    centre.post(2023, reservation(central, unit, 1))
    at_80 = {"year": 2023, "percent": 80, "available": 20}
    assert facts() == [at_80]
    centre.post(2023, reservation(central, unit, 20))
    assert facts() == [at_80, {"year": 2023, "percent": 100, "available": 0}]
    centre.post(2023, release(central, unit, 60 - 10), supplementary_grant(central, 100))
    centre.post(2023, reservation(central, unit, 50), reservation(central, central, 100))
    assert len(facts()) == 2
    # At 100 per cent there is no reminder of 80, neither then nor when hours become free again.
    centre.post(2023, reservation(other, other, 100))
    assert len(facts()) == 3
    centre.post(2023, release(other, other, 15))
    assert len(facts()) == 3
    # Another year's hours have reminders in their own year.
    centre.post(2024, pool_change(10), grant(central, 10), reservation(central, central, 10))
    assert len(facts()) == 3
    centre.clock(2024, 1, 1)
    assert len(facts()) == 4


def test_a_main_user_gets_one_mail_in_the_morning(centre: Centre, remind: Remind, make: Callable[[], None]) -> None:
    central = centre.organisation(name="Marttaliitto")
    main_user = centre.main_user(central)
    centre.deadline("change_window", date(2023, 3, 1), date(2023, 3, 22))
    centre.post(2023, pool_change(10), grant(central, 10), reservation(central, central, 8))
    remind()
    make()
    centre.clock(2023, 3, 16, 8)
    make()
    ((recipient, text),) = centre.rows("SELECT person_id, text FROM mails WHERE state = 'due'")
    assert recipient == main_user.id
    assert "Viimeinen päivä on 22.3.2023.\n\nAsia: lisähaku- ja palautusaika\nTuntien vuosi: 2023\n" in text
    assert "Järjestön Marttaliitto tunneista on käytetty tai varattu 80\u00a0%." in text


def test_own_days_are_announced_to_the_units_too(centre: Centre, remind: Remind, make: Callable[[], None]) -> None:
    central, other = centre.organisation(), centre.organisation()
    unit = centre.organisation(central)
    below = centre.organisation(unit)
    centre.organisation(other)
    centre.organisation(central, active_until=date(2022, 12, 31))
    main_user, manager = centre.main_user(central), centre.person("unit_manager", below)
    centre.deadline("unit_proposals", date(2023, 3, 15), date(2023, 9, 30), organisation_id=central)
    remind()
    remind()
    assert reminders(centre) == [("deadline.opening", each) for each in sorted([central, unit, below])]
    make()
    mailed = centre.rows("SELECT person_id, organisation_id FROM mails")
    assert sorted(mailed) == sorted([(main_user.id, central), (manager.id, below)])


def add_strategy(
    centre: Centre, organisation_id: UUID, first_year: int, last_year: int, *, state: str = "in_force"
) -> tuple[UUID, UUID]:
    """The IDs of the strategy and of its author."""
    strategy_id, person = new_id(), centre.main_user(organisation_id)
    revision, adopted_at = (None, None) if state == "draft" else (1, FOREVER)
    centre.owner.execute(
        "INSERT INTO training_strategies (id, organisation_id, state, revision, first_year, last_year, present_state, "
        "development, targets, created_by, created_at, adopted_at, archived_at) "
        "VALUES (%s, %s, %s, %s, %s, %s, 'Nyt', 'Sitten', '[{}]', %s, %s, %s, %s)",
        [
            strategy_id,
            organisation_id,
            state,
            revision,
            first_year,
            last_year,
            person.id,
            FOREVER,
            adopted_at,
            FOREVER if state == "archived" else None,
        ],
    )
    return strategy_id, person.id


def test_only_organisations_that_have_to_follow_up_a_strategy_are_reminded_of_it(
    centre: Centre, remind: Remind
) -> None:
    """A draft, another year, an archived strategy and one that was followed up need nothing."""
    centre.deadline("strategy_follow_up", date(2024, 2, 1), date(2024, 3, 31), year=2024, hours_year=2023)
    due = centre.organisation()
    add_strategy(centre, due, 2022, 2024)
    add_strategy(centre, centre.organisation(), 2024, 2026)
    for state in ("draft", "archived"):
        add_strategy(centre, centre.organisation(), 2022, 2024, state=state)
    add_strategy(centre, centre.organisation(active_until=date(2023, 12, 31)), 2022, 2024)
    centre.organisation()
    strategy_id, person_id = add_strategy(centre, centre.organisation(), 2022, 2024)
    centre.owner.execute(
        "INSERT INTO training_strategy_revisions (strategy_id, number, content, made_by, made_at) "
        "VALUES (%s, 1, '{}', %s, %s)",
        [strategy_id, person_id, FOREVER],
    )
    centre.owner.execute(
        "INSERT INTO training_strategy_follow_ups (strategy_id, year, revision, summary, targets, made_by, made_at) "
        "VALUES (%s, 2023, 1, 'Hyvä vuosi', '[]', %s, %s)",
        [strategy_id, person_id, FOREVER],
    )
    centre.clock(2024, 2, 1)
    remind()
    assert reminders(centre) == [("deadline.opening", due)]
