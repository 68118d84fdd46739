"""`/v1/support-rules`."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.db.trainings.support_rules import find_rules
from app.domain.trainings.support import Cost, support_of
from tests.builders import Centre, Person, refusal

PATH = "/v1/support-rules"
TRAINING: dict[str, Any] = {
    "enabled": True,
    "rate_cents": 4000,
    "share_percent": 60,
    "minimum_hours": 2,
    "maximum_hours": 200,
    "minimum_participants": 7,
    "minimum_age": 15,
    "earliest_months": 6,
    "latest_days": 1,
    "statement_days": 28,
    "automatic_approval": True,
    "eligible_costs": ["teaching_fees", "venue"],
}
PEER_GROUP = TRAINING | {"rate_cents": 300, "share_percent": 100, "earliest_months": 3, "latest_days": -14}
RULES: dict[str, Any] = {"training": TRAINING, "peer_group": PEER_GROUP}

# Rulebook §4.4: what other study centres support, as far as the rules have fields for it.
OTHERS: dict[str, tuple[int, dict[str, Any], dict[str, Any]]] = {
    "KSL": (
        2022,
        {"rate_cents": 3000, "share_percent": 60, "minimum_participants": 6, "latest_days": 21},
        {"enabled": False},
    ),
    "Kansalaisfoorumi": (
        2023,
        {"rate_cents": 2700, "share_percent": 50, "minimum_participants": 8},
        {"enabled": False},
    ),
    "MSL": (2023, {"minimum_participants": 7, "minimum_hours": 6}, {"enabled": False}),
    "Visio": (
        2023,
        {"enabled": False},
        {"rate_cents": 400, "share_percent": 100, "minimum_participants": 5, "minimum_hours": 10},
    ),
    "DSL": (
        2024,
        {"enabled": False},
        {
            "rate_cents": 1200,
            "share_percent": 60,
            "minimum_participants": 4,
            "minimum_hours": 10,
            "maximum_hours": 100,
        },
    ),
}


def put(person: Person, year: int, body: dict[str, Any], etag: str | None = None) -> httpx.Response:
    return person.put(f"{PATH}/{year}", body, headers={"If-Match": etag} if etag else {})


@pytest.mark.parametrize(
    ("year", "rate", "latest_days", "verified"),
    [
        (2014, 2400, 14, False),
        (2015, 2400, 14, True),
        (2016, 2400, 14, True),
        (2017, 2400, 14, False),
        (2018, 2400, 14, False),
        (2019, 2150, 14, True),
        (2020, 2600, 14, False),
        (2021, 2600, 14, False),
        (2022, 3300, 14, True),
        (2023, 3500, 1, True),
        (2024, 3500, 1, True),
        (2025, 3500, 1, True),
    ],
)
def test_the_rules_of_twelve_years_are_loaded(
    main_user: Person, year: int, rate: int, latest_days: int, verified: bool
) -> None:
    rules = main_user.get(f"{PATH}/{year}").json()
    assert (rules["year"], rules["revision"], rules["inherited_from"]) == (year, 1, None)
    assert (rules["training"]["rate_cents"], rules["training"]["share_percent"]) == (rate, 55)
    assert (rules["training"]["latest_days"], rules["verified"]) == (latest_days, verified)
    assert (rules["peer_group"]["rate_cents"], rules["peer_group"]["share_percent"]) == (300, 100)
    assert (rules["peer_group"]["latest_days"], rules["peer_group"]["minimum_hours"]) == (-14, 10)


@pytest.mark.parametrize(("year", "other"), [(2000, 2014), (2013, 2014), (2026, 2025), (2100, 2025)])
def test_a_year_without_rules_has_those_of_the_nearest_year(main_user: Person, year: int, other: int) -> None:
    rules, of_other = (main_user.get(f"{PATH}/{each}").json() for each in (year, other))
    assert rules == of_other | {
        "year": year,
        "verified": False,
        "inherited_from": other,
        "revision": 0,
    }


def test_everybody_lists_the_years_with_the_latest_first(centre: Centre) -> None:
    nobody = centre.person()
    first = nobody.get(PATH, params={"limit": 5}).json()
    assert [each["year"] for each in first["items"]] == [2025, 2024, 2023, 2022, 2021]
    rest = nobody.get(PATH, params={"limit": 100, "cursor": first["next_cursor"]}).json()
    assert [each["year"] for each in rest["items"]] == [2020, 2019, 2018, 2017, 2016, 2015, 2014]


def test_staff_confirm_what_they_set(centre: Centre, staff: Person) -> None:
    answer = put(staff, 2026, RULES)
    assert answer.status_code == 200
    rules = answer.json()
    assert rules["training"] == TRAINING
    assert rules["peer_group"] == PEER_GROUP
    assert (rules["verified"], rules["inherited_from"], rules["revision"]) == (True, None, 1)
    assert (rules["changed_by"], rules["changed_by_name"]) == (str(staff.id), "Aino Esimerkki")
    fetched = centre.person("auditor").get(f"{PATH}/2026")
    assert (fetched.json(), fetched.headers["ETag"]) == (rules, answer.headers["ETag"])
    assert staff.get(f"{PATH}/2027").json()["inherited_from"] == 2026
    assert staff.get(PATH).json()["items"][0] == rules
    [(facts, actor)] = centre.rows("SELECT facts, actor_id FROM audit_entries WHERE action = 'support-rules.changed'")
    assert (facts["year"], facts["revision"], facts["training"], actor) == (2026, 1, TRAINING, staff.id)


def test_rules_of_a_year_are_changed_in_the_version_that_was_seen(staff: Person) -> None:
    assert refusal(put(staff, 2025, RULES)) == (428, "precondition-required")
    etag = staff.get(f"{PATH}/2025").headers["ETag"]
    changed = put(staff, 2025, RULES, etag)
    assert (changed.status_code, changed.json()["revision"]) == (200, 2)
    assert refusal(put(staff, 2025, RULES, etag)) == (412, "precondition-failed")
    inherited = staff.get(f"{PATH}/2026").headers["ETag"]
    assert put(staff, 2026, RULES, inherited).status_code == 200


def test_only_one_of_two_simultaneous_first_rules_is_accepted(centre: Centre, staff: Person) -> None:
    people, barrier = [staff, centre.staff()], Barrier(2)

    def run(person: Person) -> int:
        barrier.wait()
        return put(person, 2030, RULES).status_code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(run, people)) == [200, 428]


def test_others_do_not_set_rules(centre: Centre, main_user: Person, central: UUID) -> None:
    for person in (main_user, centre.person("auditor"), centre.person("unit_manager", central)):
        assert refusal(put(person, 2026, RULES)) == (403, "forbidden")


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("rate_cents", -1),
        ("rate_cents", 100_001),
        ("rate_cents", 35.5),
        ("share_percent", 101),
        ("minimum_hours", 0),
        ("maximum_hours", 1),
        ("minimum_participants", 0),
        ("minimum_age", 101),
        ("earliest_months", 25),
        ("latest_days", -367),
        ("latest_days", 169),
        ("statement_days", 367),
        ("eligible_costs", []),
        ("currency", "EUR"),
    ],
)
def test_unreasonable_rules_are_refused(staff: Person, member: str, value: object) -> None:
    for activity in ("training", "peer_group"):
        answer = put(staff, 2026, RULES | {activity: TRAINING | {member: value}})
        assert refusal(answer) == (422, "validation")
        assert [error["pointer"] for error in answer.json()["errors"]] == [f"/{activity}/{member}"]


def test_a_category_of_costs_is_known_and_named_once(staff: Person) -> None:
    for costs in (["venue", "venue"], ["venue", "beer"]):
        answer = put(staff, 2026, RULES | {"training": TRAINING | {"eligible_costs": costs}})
        assert refusal(answer) == (422, "validation")
        assert [error["pointer"] for error in answer.json()["errors"]] == ["/training/eligible_costs/1"]


@pytest.mark.parametrize("name", OTHERS)
def test_the_rules_of_other_study_centres_are_data_alone(staff: Person, name: str) -> None:
    """Rulebook §4.4: each is set by the service's own call, and shown as it was set."""
    year, training, peer_group = OTHERS[name]
    present = staff.get(f"{PATH}/{year}")
    rules = {
        "training": present.json()["training"] | training,
        "peer_group": present.json()["peer_group"] | peer_group,
    }
    answer = put(staff, year, rules, present.headers["ETag"])
    assert answer.status_code == 200, answer.text
    shown = staff.get(f"{PATH}/{year}").json()
    assert {each: shown[each] for each in rules} == rules
    assert shown["verified"]


@pytest.mark.parametrize(("euros", "support"), [(300, 180), (500, 300), (1_000, 300)])
def test_the_figures_of_another_study_centre_come_out_to_the_cent(
    centre: Centre, staff: Person, euros: int, support: int
) -> None:
    """Rulebook §9, example 1: KSL in 2022, 10 hours."""
    year, training, peer_group = OTHERS["KSL"]
    present = staff.get(f"{PATH}/{year}")
    rules = {name: present.json()[name] | new for name, new in (("training", training), ("peer_group", peer_group))}
    assert put(staff, year, rules, present.headers["ETag"]).status_code == 200
    stored = centre.ask(lambda connection: find_rules(connection, year))
    costs = [Cost("teaching_fees", euros * 100, None)]
    found = support_of("training", stored, planned=10, held=10, of_age=6, costs=costs)
    assert (found.cents, found.rules_revision) == (support * 100, 2)
