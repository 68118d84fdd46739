"""Mails about plans, courses and cost statements go to those who care, each once, and reminders follow the end."""

import asyncio
import re
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.domain.hours.ledger import grant, pool_change
from app.local.embedded_postgres import Addresses
from tests.api.trainings import dying_worker
from tests.api.trainings import test_peer_groups as peer_groups
from tests.api.trainings.conftest import approved, session, submitted
from tests.api.trainings.test_cost_statements import decide, sent
from tests.builders import Centre, Person
from tests.delivery.events import Make
from tests.document import document

Remind = Callable[[], None]
pytestmark = pytest.mark.usefixtures("main_user")


@pytest.fixture
def central(centre: Centre) -> UUID:
    central = centre.organisation(name="Marttaliitto")
    centre.post(2023, pool_change(1000), grant(central, 500))
    centre.deadline("training_entry", date(2022, 12, 1), None, year=2022, hours_year=2023)
    centre.deadline("cost_statement", None, date(2024, 1, 18), year=2024, hours_year=2023)
    return central


@pytest.fixture
def unit(centre: Centre, central: UUID) -> UUID:
    return centre.organisation(central, name="Hämeen Martat")


@pytest.fixture
def manager(centre: Centre, unit: UUID) -> Person:
    return centre.person("training_manager", unit)


@pytest.fixture
def main_user(centre: Centre, central: UUID) -> Person:
    return centre.main_user(central)


@pytest.fixture
def staff(centre: Centre) -> Person:
    return centre.staff()


@pytest.fixture
def lapse(database: Addresses, centre: Centre) -> Callable[[], None]:
    return lambda: asyncio.run(dying_worker.main(database.service, str(centre.id)))


def mailed(centre: Centre) -> list[tuple[str, UUID]]:
    """Each mail about courses, with its reader."""
    rows = centre.rows("SELECT event, person_id FROM mails WHERE event ~ '^(training|cost-statement)' ORDER BY id")
    return [(event, person_id) for event, person_id in rows]


def text(centre: Centre, event: str) -> str:
    [(subject, body)] = centre.rows("SELECT subject, text FROM mails WHERE event = %s", event)
    return f"{subject}\n{body}"


def through_main_user(main_user: Person, central: UUID, *, is_so: bool = True) -> None:
    own = {"kinds": ["central", "association"], "plans_through_main_user": is_so}
    answer = main_user.put(f"/v1/organisations/{central}/training-rules", own, headers={"If-Match": "*"})
    assert answer.status_code == 200, answer.text


def test_a_plan_is_mailed_to_whom_it_waits_for_and_its_decision_to_those_who_made_it(
    centre: Centre, manager: Person, main_user: Person, staff: Person, unit: UUID, central: UUID, make: Make
) -> None:
    centre.person("unit_manager", unit)
    responsible = centre.person("training_manager", unit)
    through_main_user(main_user, central)
    path = submitted(manager, unit, responsible_person_id=str(responsible.id))
    make()
    assert mailed(centre) == [("training.submitted", main_user.id)]
    assert main_user.post(f"{path}/endorsement", {"outcome": "endorsed"}).status_code == 200
    make()
    assert mailed(centre)[1:] == [("training.endorsed", staff.id)]
    sent_back = {"outcome": "sent_back", "reason": "Sisältö puuttuu", "answer_by": "2023-03-20"}
    assert staff.post(f"{path}/decision", sent_back).status_code == 200
    make()
    both = sorted([manager.id, responsible.id])
    assert sorted(mailed(centre)[2:]) == [("training.sent-back", person_id) for person_id in both]
    [(subject, letter)] = centre.rows(
        "SELECT subject, text FROM mails WHERE event = 'training.sent-back' AND person_id = %s", manager.id
    )
    assert subject == "Täydennä suunnitelmaa: Järjestön talous"
    reference = manager.get(path).json()["reference"]
    assert letter.split("\n\n")[1:-1] == [
        "Suunnitelma on palautettu täydennettäväksi. Lähetä se uudelleen viimeistään 20.3.2023.",
        f"Koulutus: Järjestön talous\nJärjestö: Hämeen Martat\nViite: {reference}\nVuosi: 2023\n"
        "Tunnit: 6 opetustuntia\n"
        "Palauttaja: opintokeskuksen henkilöstö",
        "Tunnit pysyvät varattuina siihen asti. Sen jälkeen suunnitelma raukeaa.",
        "Perustelu: Sisältö puuttuu",
    ]
    dates = centre.rows("SELECT dates FROM mails WHERE event = 'training.sent-back'")
    assert {day["day"] for (days,) in dates for day in days} == {"2023-03-20"}


def linked(method: str, path: str) -> str:
    """The line with the link to the operation."""
    operation = document()["paths"][path][method]
    return f"Avaa Tuntipankissa: https://tunnit.example.org/docs#/Peer%20study%20groups/{operation['operationId']}"


def test_a_peer_group_has_the_mails_of_a_course_with_links_of_its_own(
    centre: Centre,
    manager: Person,
    main_user: Person,
    staff: Person,
    central: UUID,
    unit: UUID,
    make_with_links: Make,
    lapse: Callable[[], None],
) -> None:
    centre.post(2023, pool_change(100), grant(central, 60), hour_type="peer_group")

    def done(person: Person, path: str, body: dict[str, Any] | None = None) -> str:
        """Post it, and make the mails of it."""
        answer = person.post(path, body)
        assert answer.is_success, answer.text
        make_with_links()
        return str(answer.headers.get("Location"))

    approval, rejection = {"outcome": "approved"}, {"outcome": "rejected", "reason": "Ei sovellu"}
    through_main_user(main_user, central)
    group = peer_groups.added(manager, unit)
    done(manager, f"{group}/submission")
    done(main_user, f"{group}/endorsement", {"outcome": "endorsed"})
    done(staff, f"{group}/decision", {"outcome": "sent_back", "reason": "Sisältö puuttuu"})
    through_main_user(main_user, central, is_so=False)
    done(manager, f"{group}/submission")
    done(staff, f"{group}/decision", approval)
    for days, decision in ((["2023-05-02"], rejection), (["2023-05-09"], approval)):
        more = {"sessions": [*peer_groups.WEEKLY, *peer_groups.meetings(*days)]}
        change = done(manager, f"{group}/changes", more)
        done(staff, f"{change}/decision", decision)
    done(staff, f"{group}/cancellation", {"reason": "Tilat paloivat"})
    done(staff, f"{peer_groups.submitted(manager, unit)}/decision", rejection)
    peer_groups.approved(manager, staff, unit, name="Kirjapiiri")
    centre.clock(2024, 1, 19)
    lapse()
    make_with_links()

    path = "/v1/peer-groups/{peer_group_id}"
    shown, decided, changed = (
        linked("get", path),
        linked("post", f"{path}/decision"),
        linked("post", f"{path}/changes/{{change_id}}/decision"),
    )
    rows = centre.rows("SELECT event, person_id, text FROM mails WHERE event ~ '^peer-group' ORDER BY id")
    links = [[line for line in letter.splitlines() if "docs#" in line] for _, _, letter in rows]
    assert [(event, person_id, link) for (event, person_id, _), [link] in zip(rows, links, strict=True)] == [
        ("peer-group.submitted", main_user.id, linked("post", f"{path}/endorsement")),
        ("peer-group.endorsed", staff.id, decided),
        ("peer-group.sent-back", manager.id, linked("patch", path)),
        ("peer-group.submitted", staff.id, decided),
        ("peer-group.approved", manager.id, shown),
        ("peer-group-change.submitted", staff.id, changed),
        ("peer-group-change.rejected", manager.id, shown),
        ("peer-group-change.submitted", staff.id, changed),
        ("peer-group-change.approved", manager.id, shown),
        ("peer-group.cancelled", manager.id, shown),
        ("peer-group.submitted", staff.id, decided),
        ("peer-group.rejected", manager.id, shown),
        ("peer-group.submitted", staff.id, decided),
        ("peer-group.approved", manager.id, shown),
        ("peer-group.lapsed", manager.id, shown),
    ]
    for number, (event, _, letter) in enumerate(rows):
        name = "Lukupiiri" if number < 12 else "Kirjapiiri"
        sentences = {
            "peer-group.cancelled": f"Opintokeskus on perunut vertaisopintoryhmän {name}.",
            "peer-group.lapsed": f"Vertaisopintoryhmä {name} on rauennut.",
        }
        assert sentences.get(event, f"\nVertaisopintoryhmä: {name}\n") in letter
        assert not re.search("koulutus|koulutuks", letter, re.IGNORECASE)
    dates = centre.rows("SELECT dates -> 0 ->> 'link' FROM mails WHERE event = 'peer-group.sent-back'")
    assert dates == [(linked("patch", path).removeprefix("Avaa Tuntipankissa: "),)]


def test_a_plan_without_the_main_user_goes_to_staff(
    centre: Centre, manager: Person, staff: Person, unit: UUID, make: Make
) -> None:
    path = submitted(manager, unit)
    make()
    assert mailed(centre) == [("training.submitted", staff.id)]
    assert staff.post(f"{path}/decision", {"outcome": "rejected", "reason": "Ei sovellu"}).status_code == 200
    make()
    assert mailed(centre)[1:] == [("training.rejected", manager.id)]
    assert "Päätöksen tekijä: opintokeskuksen henkilöstö" in text(centre, "training.rejected")


def test_nobody_decides_what_is_approved_automatically_and_its_maker_hears_of_it(
    centre: Centre, manager: Person, staff: Person, unit: UUID, make: Make
) -> None:
    rules = staff.get("/v1/support-rules/2023")
    body = {name: rules.json()[name] for name in ("training", "peer_group")}
    body["training"] |= {"automatic_approval": True}
    headers = {"If-Match": rules.headers["ETag"]}
    assert staff.put("/v1/support-rules/2023", body, headers=headers).status_code == 200
    path = submitted(manager, unit)
    submitted(manager, unit, supported=False)
    make()
    assert manager.get(path).json()["state"] == "approved"
    assert mailed(centre) == [("training.approved", manager.id)]
    actions = centre.rows("SELECT action FROM audit_entries WHERE action = 'training.approved'")
    assert len(actions) == 2


def test_a_change_and_a_cancellation_are_mailed(
    centre: Centre, manager: Person, staff: Person, unit: UUID, make: Make
) -> None:
    path = approved(manager, staff, unit)
    colleague = centre.person("unit_manager", unit)
    change = colleague.post(f"{path}/changes", {"sessions": [session(), session("2023-04-16")]}).headers["Location"]
    make()
    assert mailed(centre)[-1] == ("training-change.submitted", staff.id)
    assert staff.post(f"{change}/decision", {"outcome": "approved"}).status_code == 200
    make()
    assert {person_id for event, person_id in mailed(centre) if event == "training-change.approved"} == {
        manager.id,
        colleague.id,
    }
    assert staff.post(f"{path}/cancellation", {"reason": "Tilat paloivat"}).status_code == 200
    make()
    assert mailed(centre)[-1] == ("training.cancelled", manager.id)
    other = approved(manager, staff, unit, sessions=[session("2023-05-10")])
    assert manager.post(f"{other}/cancellation", {"reason": "Ei osallistujia"}).status_code == 200
    make()
    assert [event for event, _ in mailed(centre)].count("training.cancelled") == 1


def test_a_statement_is_mailed_to_staff_and_its_decision_to_those_who_made_it(
    centre: Centre, manager: Person, staff: Person, unit: UUID, make: Make
) -> None:
    path = approved(manager, staff, unit)
    colleague = centre.person("unit_manager", unit)
    centre.clock(2023, 4, 20)
    statement = sent(colleague, path)
    make()
    assert mailed(centre)[-1] == ("cost-statement.submitted", staff.id)
    assert decide(staff, statement, "sent_back", reason="Tosite puuttuu").status_code == 200
    assert colleague.post(f"{statement}/submission").status_code == 200
    assert decide(staff, statement).status_code == 200
    assert staff.post(f"{statement}/reversal", {"reason": "Väärä summa"}).status_code == 200
    make()
    for event in ("sent-back", "approved", "reversed"):
        readers = {person_id for mail, person_id in mailed(centre) if mail == f"cost-statement.{event}"}
        assert readers == {manager.id, colleague.id}, event
    [(approval,)] = centre.rows(
        "SELECT text FROM mails WHERE event = 'cost-statement.approved' AND person_id = %s", manager.id
    )
    assert "Tuki: 210,00\N{NO-BREAK SPACE}€" in approval.splitlines()
    days = centre.rows("SELECT DISTINCT dates -> 0 ->> 'day' FROM mails WHERE event = 'cost-statement.sent-back'")
    assert days == [("2023-05-04",)]


def test_mails_say_that_hours_are_free_again_where_any_were_reserved(
    centre: Centre,
    manager: Person,
    staff: Person,
    unit: UUID,
    make: Make,
    lapse: Callable[[], None],
) -> None:
    unsupported, supported, decided_again, unstated = (
        approved(manager, staff, unit, sessions=[session(f"2023-05-{day}")]) for day in range(10, 14)
    )
    centre.owner.execute("UPDATE trainings SET supported = false WHERE id = %s", [unsupported.rpartition("/")[2]])
    for path in (unsupported, supported):
        assert staff.post(f"{path}/cancellation", {"reason": "Tilat paloivat"}).status_code == 200
    centre.clock(2023, 5, 20)
    for path, times in ((decided_again, 2), (unstated, 1)):
        for _ in range(times):
            statement = sent(manager, path)
            assert decide(staff, statement).status_code == 200
            assert staff.post(f"{statement}/reversal", {"reason": "Väärä summa"}).status_code == 200
    again = sent(manager, decided_again)
    assert decide(staff, again, "rejected", reason="Ei tositteita").status_code == 200
    other = approved(manager, staff, unit, sessions=[session("2023-06-10")])
    centre.clock(2023, 6, 20)
    assert decide(staff, sent(manager, other), "rejected", reason="Ei tositteita").status_code == 200
    centre.clock(2024, 1, 19)
    lapse()
    make()
    found = centre.rows(
        "SELECT event, text ~ 'Taas vapaat tunnit: 6 opetustuntia' FROM mails "
        "WHERE event = ANY (%s) AND person_id = %s ORDER BY id",
        ["training.cancelled", "training.lapsed", "cost-statement.rejected"],
        manager.id,
    )
    assert sorted(found) == [
        ("cost-statement.rejected", False),
        ("cost-statement.rejected", True),
        ("training.cancelled", False),
        ("training.cancelled", True),
        ("training.lapsed", False),
    ]
    assert "Syy: kuluselvityksen hyväksyntä peruttiin, eikä uutta kuluselvitystä lähetetty" in text(
        centre, "training.lapsed"
    )


@pytest.mark.parametrize("left", ["the unit's manager", "the main user"])
def test_managers_hear_of_a_course_whose_makers_have_left(
    centre: Centre,
    manager: Person,
    main_user: Person,
    staff: Person,
    unit: UUID,
    make: Make,
    lapse: Callable[[], None],
    left: str,
) -> None:
    approved(manager, staff, unit)
    unit_manager = centre.person("unit_manager", unit) if left == "the unit's manager" else None
    centre.owner.execute("UPDATE role_grants SET valid_until = '2023-12-01' WHERE person_id = %s", [manager.id])
    centre.clock(2024, 1, 19)
    lapse()
    make()
    readers = {person_id for event, person_id in mailed(centre) if event == "training.lapsed"}
    assert readers == {person.id for person in (unit_manager, main_user) if person}
    [(letter,)] = centre.rows("SELECT text FROM mails WHERE event = 'training.lapsed' AND person_id = %s", main_user.id)
    assert "Syy: kuluselvitystä ei lähetetty ajoissa" in letter


def test_a_merged_maker_is_one_reader(centre: Centre, manager: Person, staff: Person, unit: UUID, make: Make) -> None:
    path = submitted(manager, unit)
    into = centre.person("training_manager", unit)
    centre.owner.execute("UPDATE role_grants SET person_id = %s WHERE person_id = %s", [into.id, manager.id])
    centre.owner.execute("UPDATE persons SET merged_into = %s WHERE id = %s", [into.id, manager.id])
    assert staff.post(f"{path}/decision", {"outcome": "approved"}).status_code == 200
    make()
    assert mailed(centre)[-1:] == [("training.approved", into.id)]


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (range(31), [7, 21, 28]),
        ([6], []),
        ([7], [7]),
        ([12, 25], [7, 21]),  # The service had stopped in between: the last one that was reached.
        ([21, 22, 21], [21]),
        ([31], [28]),
        ([32], []),
    ],
)
def test_a_statement_is_reminded_of_one_three_and_four_weeks_after_the_end(
    centre: Centre, manager: Person, staff: Person, unit: UUID, remind: Remind, days: Iterable[int], expected: list[int]
) -> None:
    path = approved(manager, staff, unit)
    centre.owner.execute("UPDATE deadlines SET confirmed = false WHERE kind = 'training_entry'")
    seen = []
    for passed in days:
        day = date(2023, 4, 15) + timedelta(days=passed)
        centre.clock(day.year, day.month, day.day, 8)
        remind()
        seen.append(centre.rows("SELECT count(*) FROM outbox WHERE event = 'cost-statement.due'")[0][0])
    assert seen[-1] == len(expected)
    facts = centre.rows("SELECT facts FROM outbox WHERE event = 'cost-statement.due'")
    for (each,) in facts:
        assert each["training_id"] == path.rpartition("/")[2]
        assert (each["ended_on"], each["due_on"], each["last_on"]) == ("2023-04-15", "2023-05-13", "2024-01-18")


def test_the_reminder_is_a_mail_with_the_day_until_a_statement_is_submitted(
    centre: Centre, manager: Person, staff: Person, unit: UUID, remind: Remind, make: Make
) -> None:
    path = approved(manager, staff, unit)
    centre.clock(2023, 4, 22, 7)
    remind()
    make()
    assert [person_id for event, person_id in mailed(centre) if event == "cost-statement.due"] == [manager.id]
    letter = text(centre, "cost-statement.due")
    assert letter.startswith("Lähetä kuluselvitys: Järjestön talous\n")
    assert "Jos kuluselvitystä ei ole lähetetty viimeistään 18.1.2024, suunnitelma raukeaa ilman tukea." in letter
    assert centre.rows("SELECT dates -> 0 ->> 'day' FROM mails WHERE event = 'cost-statement.due'") == [("2023-05-13",)]
    sent(manager, path)
    centre.clock(2023, 5, 6)
    remind()
    assert centre.rows("SELECT count(*) FROM outbox WHERE event = 'cost-statement.due'") == [(1,)]
