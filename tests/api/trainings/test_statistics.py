"""`/v1/statistics/…`."""

import csv
import io
from typing import Any
from uuid import UUID

import pytest

from app.db.identifiers import new_id
from app.domain.hours.ledger import distribution, grant
from tests.api.trainings.conftest import approved, plan, session, submitted
from tests.api.trainings.model_steps import CONTENT, Modelling, model_of, ok
from tests.builders import Centre, Person, refusal

STATISTICS = "/v1/statistics"
AS_CSV = {"Accept": "text/csv"}
NAMES = ["name", "name_sv", "name_en"]


def figures(person: Person, what: str, **query: Any) -> dict[str, Any]:
    answer = person.get(f"{STATISTICS}/{what}", params={"year": 2023} | query)
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


def held(centre: Centre, person: Person, staff: Person, organisation_id: UUID, **counts: int) -> str:
    """A course that was held, with an approved statement of six hours."""
    return stated(centre, person, staff, approved(person, staff, organisation_id), **counts)


def stated(centre: Centre, person: Person, staff: Person, path: str, **counts: int) -> str:
    """The approved statement of the course."""
    [(before,)] = centre.rows("SELECT clock_at FROM study_centres")
    centre.clock(2023, 4, 16)
    people = {"of_age": 0, "under_age": 0, "female": 0, "male": 0, "other": 0} | counts
    body = {
        "training_id": path.rsplit("/", 1)[1],
        "hours": 6,
        "participants": people,
        "costs": [{"category": "teaching_fees", "cents": 50000}],
        "declarations": {
            "booked": True,
            "separable": True,
            "other_state_support": False,
            "adult_education_centre": False,
        },
    }
    statement = person.post("/v1/cost-statements", body)
    assert statement.status_code == 201, statement.text
    assert person.post(f"{statement.headers['Location']}/submission").status_code == 200
    decision = {"outcome": "approved", "reason": "Kunnossa"}
    answer = staff.post(f"{statement.headers['Location']}/decision", decision)
    assert answer.status_code == 200, answer.text
    centre.clock_at(before)
    return str(statement.headers["Location"])


def test_hours_follow_plans_and_statements(
    centre: Centre, manager: Person, main_user: Person, staff: Person, central: UUID, unit: UUID
) -> None:
    assert figures(main_user, "hours", under=central) == {
        "what": "hours",
        "year": 2023,
        "by": None,
        "as_of": None,
        "items": [],
        "total": {
            "planned": 0,
            "reserved": 0,
            "used": 0,
            "granted": 500,
            "returned": 0,
            "lapsed": 0,
            "available": 500,
        },
    }
    centre.post(2023, distribution(central, unit, 10))
    submitted(manager, unit)
    approved(main_user, staff, central, topic="music")
    statement = held(centre, manager, staff, unit, of_age=20, female=10, male=10)
    total = figures(main_user, "hours", under=central)["total"]
    assert total == {
        "planned": 18,
        "reserved": 12,
        "used": 6,
        "granted": 500,
        "returned": 0,
        "lapsed": 0,
        "available": 482,
    }
    own = figures(manager, "hours", organisation_id=unit)["total"]
    assert (own["planned"], own["reserved"], own["used"], own["granted"]) == (12, 6, 6, None)
    by_organisation = figures(main_user, "hours", under=central, by="organisation")["items"]
    assert [(each["key"], each["name"], each["reserved"], each["used"]) for each in by_organisation] == [
        (str(unit), "Hämeen Martat", 6, 6),
        (str(central), "Marttaliitto", 6, 0),
    ]
    by_topic = figures(main_user, "hours", under=central, by="topic")["items"]
    assert [(each["key"], each["planned"]) for each in by_topic] == [("music", 6), ("society", 12)]
    by_month = figures(main_user, "hours", under=central, by="month")["items"]
    assert [(each["key"], each["planned"]) for each in by_month] == [("2023-04", 18)]
    by_place = figures(main_user, "hours", under=central, by="municipality")["items"]
    assert [(each["key"], each["planned"]) for each in by_place] == [("109", 18)]
    assert staff.post(f"{statement}/reversal", {"reason": "Väärä"}).status_code == 200
    total = figures(main_user, "hours", under=central)["total"]
    assert (total["used"], total["reserved"], total["available"]) == (0, 12, 488)


def test_organisations_and_topics_have_their_names_in_each_language(
    centre: Centre, manager: Person, main_user: Person, central: UUID, unit: UUID
) -> None:
    centre.owner.execute("UPDATE organisations SET name_sv = 'Hemmen i Tavastland' WHERE id = %s", [unit])
    submitted(manager, unit)
    [topic] = figures(main_user, "hours", under=central, by="topic")["items"]
    assert [topic[name] for name in NAMES] == [
        "Yhteiskunta ja vaikuttaminen",
        "Samhälle och påverkan",
        "Society and participation",
    ]
    first, _ = figures(main_user, "hours", under=central, by="organisation")["items"]
    assert [first[name] for name in NAMES] == ["Hämeen Martat", "Hemmen i Tavastland", None]


def test_courses_and_costs(centre: Centre, manager: Person, staff: Person, central: UUID, unit: UUID) -> None:
    submitted(manager, unit)
    cancelled = approved(manager, staff, unit)
    manager.post(f"{cancelled}/cancellation", {"reason": "Peruuntui"})
    held(centre, manager, staff, unit, of_age=20, female=10, male=10)
    assert figures(staff, "trainings")["total"] == {"planned": 2, "approved": 1, "held": 1, "cancelled": 1}
    costs = figures(staff, "costs", by="activity", under=central)
    [item] = costs["items"]
    assert item == {"key": "training", **dict.fromkeys(NAMES), "costs_cents": 50000, "support_cents": 21000}
    assert (costs["total"], costs["currency"]) == ({"costs_cents": 50000, "support_cents": 21000}, "EUR")
    assert figures(staff, "costs", hour_type="peer_group")["total"] == {"costs_cents": 0, "support_cents": 0}
    assert figures(staff, "trainings", supported=False)["total"]["planned"] == 0


def test_a_small_count_is_hidden_with_another_from_which_it_would_follow(
    centre: Centre, manager: Person, main_user: Person, staff: Person, central: UUID, unit: UUID
) -> None:
    held(centre, manager, staff, unit, of_age=20, female=10, male=9, other=1)
    total = figures(main_user, "participants", under=central)["total"]
    assert total == {
        "participants": 20,
        "distinct": None,
        "female": None,
        "male": 9,
        "other": None,
        "unknown": 0,
        "under_age": 0,
        "hidden": ["distinct", "female", "other"],
    }
    # The same figure is hidden everywhere.
    for query in ({"organisation_id": unit}, {"under": unit}, {"under": central, "hour_type": "training"}):
        assert figures(main_user, "participants", **query)["total"]["hidden"] == ["distinct", "female", "other"]
    for by in ("month", "topic", "mode", "municipality", "activity"):
        [item] = figures(main_user, "participants", under=central, by=by)["items"]
        assert (item["female"], item["hidden"]) == (None, ["distinct", "female", "other"])
    # More people make it possible to show it, and a reversal takes them away again.
    statement = held(centre, manager, staff, unit, of_age=20, female=10, male=5, other=5)
    assert figures(main_user, "participants", under=central)["total"]["other"] == 6
    assert staff.post(f"{statement}/reversal", {"reason": "Väärä"}).status_code == 200
    assert figures(main_user, "participants", under=central)["total"]["other"] is None


def test_a_central_organisation_without_a_small_count_hides_nothing(
    centre: Centre, manager: Person, staff: Person, central: UUID, unit: UUID
) -> None:
    held(centre, manager, staff, unit, of_age=2, female=2)
    other = centre.organisation(name="Voimisteluliitto")
    centre.post(2023, grant(other, 100))
    other_main_user = centre.main_user(other)
    held(centre, other_main_user, staff, other, of_age=20, female=10, male=10)
    assert figures(other_main_user, "participants", under=other)["total"]["hidden"] == []
    small = figures(manager, "participants", organisation_id=unit)["total"]
    assert small["hidden"] == ["participants", "distinct", "female"]
    # The study centre's total gives way, or the small one would follow.
    whole = figures(staff, "participants", by="organisation")
    assert whole["total"]["participants"] is None
    shown = {item["name"]: item["participants"] for item in whole["items"]}
    assert shown == {"Hämeen Martat": None, "Marttaliitto": 0, "Voimisteluliitto": 20}
    assert str(central) in {item["key"] for item in whole["items"]}


def test_a_moved_organisation_leaves_its_figures_with_its_old_centre(
    centre: Centre, manager: Person, main_user: Person, staff: Person, central: UUID, unit: UUID
) -> None:
    held(centre, manager, staff, unit, of_age=3, female=3)
    other = centre.organisation()
    moved = [other, other, unit]
    centre.owner.execute("UPDATE organisations SET central_organisation_id = %s, parent_id = %s WHERE id = %s", moved)
    centre.owner.execute(
        "UPDATE organisation_ancestors SET ancestor_id = %s WHERE organisation_id = %s AND distance = 1", [other, unit]
    )
    new = centre.main_user(other)
    for what, name in (("participants", "participants"), ("hours", "used"), ("costs", "costs_cents")):
        for query in ({"organisation_id": unit}, {"under": unit}, {"under": other}):
            assert figures(new, what, **query)["total"][name] == 0
    assert figures(main_user, "hours", under=central)["total"]["used"] == 6


def test_few_people_who_come_often_are_not_counted_as_different(
    centre: Centre, manager: Person, staff: Person, central: UUID, unit: UUID
) -> None:
    for _ in range(2):
        path = approved(manager, staff, unit)
        for number in range(4):
            person = {"name": f"Osallistuja {number}", "email": f"o{number}@example.org", "gender": "female"}
            assert manager.post(f"{path}/participants", person | {"under_age": False}).status_code == 201
        centre.clock(2023, 4, 16)
        statement = manager.post("/v1/cost-statements", _statement_of(path)).headers["Location"]
        assert manager.post(f"{statement}/submission").status_code == 200
        assert staff.post(f"{statement}/decision", {"outcome": "approved", "reason": "Kunnossa"}).status_code == 200
        centre.clock(2023, 3, 15)
    total = figures(staff, "participants", under=central)["total"]
    assert (total["participants"], total["distinct"], total["hidden"]) == (8, None, ["distinct"])


def _statement_of(path: str) -> dict[str, Any]:
    declarations = {"booked": True, "separable": True, "other_state_support": False, "adult_education_centre": False}
    return {"training_id": path.rsplit("/", 1)[1], "hours": 6, "costs": [], "declarations": declarations}


def test_different_people_are_counted_by_their_addresses(
    centre: Centre, manager: Person, staff: Person, central: UUID, unit: UUID
) -> None:
    for _ in range(2):
        path = approved(manager, staff, unit)
        for number in range(6):
            person = {"name": f"Osallistuja {number}", "email": f"o{number}@example.org", "gender": "female"}
            assert manager.post(f"{path}/participants", person | {"under_age": False}).status_code == 201
        for _ in range(5):
            nameless = {"name": "Ilman osoitetta", "gender": None, "under_age": False}
            assert manager.post(f"{path}/participants", nameless).status_code == 201
        centre.clock(2023, 4, 16)
        statement = manager.post("/v1/cost-statements", _statement_of(path)).headers["Location"]
        assert manager.post(f"{statement}/submission").status_code == 200
        assert staff.post(f"{statement}/decision", {"outcome": "approved"}).status_code == 200
        centre.clock(2023, 3, 15)
    total = figures(staff, "participants", under=central)["total"]
    assert (total["participants"], total["distinct"]) == (22, 16)


def test_usage_compares_with_the_year_before(manager: Person, main_user: Person, central: UUID, unit: UUID) -> None:
    submitted(manager, unit)
    usage = figures(main_user, "usage", under=central, by="month")
    nothing = {"granted": None, "reserved": 0, "used": 0}
    [item] = usage["items"]
    assert item == {"key": "2023-04", **dict.fromkeys(NAMES), **nothing, "reserved": 6, "previous_year": nothing}
    assert usage["total"] == {
        "granted": 500,
        "reserved": 6,
        "used": 0,
        "previous_year": {"granted": 0, "reserved": 0, "used": 0},
    }


def test_the_forecast(centre: Centre, manager: Person, main_user: Person, central: UUID, unit: UUID) -> None:
    for _ in range(20):
        submitted(manager, unit)
    forecast = figures(main_user, "forecast", under=central)["total"]
    # 120 hours in 74 days, 380 left: 234 1/3 days more.
    basis = {"from_on": "2023-01-01", "until_on": "2023-03-15", "hours": 120, "available": 380}
    assert forecast == {"ends_on": "2023-11-05", "basis": basis}
    assert figures(manager, "forecast", organisation_id=unit)["total"] == {"ends_on": None, "basis": None}
    centre.clock(2023, 1, 29)
    assert figures(main_user, "forecast", under=central)["total"] == {"ends_on": None, "basis": None}


@pytest.mark.parametrize("what", ["hours", "trainings", "participants", "costs", "usage", "forecast"])
def test_who_sees_which_figures(centre: Centre, central: UUID, unit: UUID, what: str) -> None:
    path = f"{STATISTICS}/{what}?year=2023"
    manager, stranger = centre.person("training_manager", unit), centre.main_user(centre.organisation())
    assert refusal(manager.get(path)) == (403, "forbidden")
    assert refusal(manager.get(f"{path}&under={central}")) == (404, "not-found")
    assert manager.get(f"{path}&under={unit}").status_code == 200
    assert refusal(stranger.get(f"{path}&organisation_id={unit}")) == (404, "not-found")
    for role in ("staff", "auditor"):
        assert centre.person(role).get(path).status_code == 200
    assert manager.get(f"{path}&organisation_id={unit}&under={unit}").status_code == 200
    other = centre.organisation()
    assert refusal(centre.staff().get(f"{path}&organisation_id={unit}&under={other}")) == (404, "not-found")


def test_rows_as_csv(manager: Person, main_user: Person, central: UUID, unit: UUID) -> None:
    manager.post("/v1/trainings", plan(unit))
    submitted(manager, unit, sessions=[session("2023-05-02")])
    answer = main_user.get(f"{STATISTICS}/hours?year=2023&under={central}&by=month", headers=AS_CSV)
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert list(csv.reader(io.StringIO(answer.text))) == [
        ["key", *NAMES, "planned", "reserved", "used", "granted", "returned", "lapsed", "available"],
        ["2023-05", "", "", "", "6", "6", "0", "", "", "", ""],
        ["total", "", "", "", "6", "6", "0", "500", "0", "0", "494"],
    ]


@pytest.mark.parametrize("what", ["hours", "trainings", "participants", "costs", "usage"])
def test_the_last_row_of_a_csv_is_the_total(
    centre: Centre, manager: Person, staff: Person, main_user: Person, central: UUID, unit: UUID, what: str
) -> None:
    held(centre, manager, staff, unit, of_age=20, female=17, male=3)
    path = f"{STATISTICS}/{what}?year=2023&under={central}"
    for grouped in ("", "&by=mode"):
        shown = main_user.get(f"{path}{grouped}").json()
        *rows, last = csv.DictReader(io.StringIO(main_user.get(f"{path}{grouped}", headers=AS_CSV).text))
        assert [row["key"] for row in rows] == [item["key"] for item in shown["items"]]
        assert (last["key"], last["name"]) == ("total", "")
        for row, item in ((last, shown["total"]), *zip(rows, shown["items"], strict=True)):
            assert row == dict.fromkeys(row, "") | {"key": row["key"]} | cells(item)
        if what == "participants":
            assert {row["hidden"] for row in (*rows, last)} == {"distinct female male"}
            assert last["participants"] == "20"


def test_a_csv_can_be_the_first_to_ask_what_is_hidden(
    centre: Centre, manager: Person, staff: Person, main_user: Person, central: UUID, unit: UUID
) -> None:
    held(centre, manager, staff, unit, of_age=20, female=17, male=3)
    answer = main_user.get(f"{STATISTICS}/participants?year=2023&under={central}", headers=AS_CSV)
    assert answer.status_code == 200, answer.text
    [total] = csv.DictReader(io.StringIO(answer.text))
    assert (total["participants"], total["female"], total["hidden"]) == ("20", "", "distinct female male")


def cells(item: dict[str, Any]) -> dict[str, str]:
    """What a row shows of an item: empty for null, words with spaces between them."""
    shown: dict[str, str] = {}
    for name, value in item.items():
        if isinstance(value, dict):
            shown |= {f"{name}.{part}": cell for part, cell in cells(value).items()}
        else:
            shown[name] = "" if value is None else " ".join(value) if isinstance(value, list) else str(value)
    return shown


def test_counting_again_puts_figures_right(centre: Centre, manager: Person, staff: Person, unit: UUID) -> None:
    submitted(manager, unit)
    held(centre, manager, staff, unit, of_age=20, female=10, male=10)
    before = figures(staff, "hours", by="organisation") | {"as_of": None}
    assert centre.rows("SELECT count_again()") == [(0,)]
    centre.owner.execute("UPDATE training_figures SET reserved_hours = 7")
    assert centre.rows("SELECT count_again() > 0") == [(True,)]
    centre.owner.execute("UPDATE training_figure_totals SET used_hours = 7")
    assert centre.rows("SELECT count_again() > 0") == [(True,)]
    centre.check_ledger()
    assert figures(staff, "hours", by="organisation") | {"as_of": None} == before


def test_the_report_to_the_statistics_authority(
    centre: Centre, manager: Person, staff: Person, unit: UUID, main_user: Person
) -> None:
    path = "/v1/authority-reports/2023"
    held(centre, manager, staff, unit, of_age=20, female=10, male=9)
    held(centre, manager, staff, unit, of_age=3, female=3)
    report = staff.get(path).json()
    counts = {"courses": 2, "hours": 12, "participants": 23, "female": 13, "male": 9, "other": 0, "unknown": 1}
    assert report == {
        "year": 2023,
        "items": [{"statistics_class": "031"} | counts],
        "total": {"statistics_class": None} | counts,
        "faults": [{"code": "gender-missing", "topic": None, "courses": 1}],
    }
    centre.owner.execute("UPDATE topic_classes SET statistics_class = NULL WHERE code = 'society'")
    faults = centre.person("auditor").get(path).json()["faults"]
    assert {"code": "class-missing", "topic": "society", "courses": 2} in faults
    assert refusal(main_user.get(path)) == (403, "forbidden")
    rows = staff.get(path, headers=AS_CSV).text.splitlines()
    assert rows[0].startswith("statistics_class,courses,hours")


def test_figures_of_a_model_are_those_of_its_courses(
    centre: Centre, manager: Person, main_user: Person, staff: Person, central: UUID, unit: UUID
) -> None:
    version = Modelling.of(centre, central, main_user).in_use()
    model = model_of(version).rpartition("/")[2]
    followed = {
        "model_version_id": ok(main_user.get(version))["id"],
        "goals": "\n".join(CONTENT["texts"]["fi"]["goals"]),
        "content": CONTENT["content"],
        "methods": CONTENT["methods"],
    }
    held(centre, manager, staff, unit, of_age=20, female=10, male=10)
    assert figures(main_user, "participants", under=central)["total"]["hidden"] == []
    path = approved(manager, staff, unit, **followed)
    for by in (None, "organisation", "month", "topic", "activity"):
        query = {"under": central, "model_id": model} | ({"by": by} if by else {})
        assert figures(main_user, "trainings", **query)["total"]["approved"] == 1
        assert figures(main_user, "hours", **query)["total"]["planned"] == 6
    assert figures(main_user, "trainings", under=central)["total"]["approved"] == 2
    assert figures(main_user, "trainings", under=central, model_id=new_id())["total"]["approved"] == 0
    stated(centre, manager, staff, path, of_age=3, female=3)
    # Three people of the model are hidden, and no figure of all gives them back.
    of_model = figures(main_user, "participants", under=central, model_id=model)["total"]
    assert (of_model["participants"], of_model["female"], of_model["distinct"]) == (None, None, None)
    assert figures(main_user, "participants", under=central)["total"]["participants"] == 23
    assert figures(main_user, "costs", under=central, model_id=model)["total"]["costs_cents"] == 50000
    assert centre.rows("SELECT * FROM training_figures_astray") == []
