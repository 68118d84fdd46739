"""Filters of lists: several values of one, and what has changed since a time."""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from app.domain.hours.ledger import pool_change, supplementary_grant
from tests.builders import Centre, Person, refusal
from tests.document import operations

RETURNS = "/v1/hour-returns"
ONE_VALUE = {("list_hour_accounts", name) for name in ("year", "level", "sort")}
"""No filters: they say which accounts, and in which order."""
SINGLE = {
    *("limit", "cursor", "include", "bom", "separator", "rows"),
    *("q", "from", "until", "changed_since", "email", "to"),
    *("starts_from", "starts_until", "active", "supported"),
    "hour_type",
}
"""Parameters of lists that are not filters, are bounds, are searches, or are true or false; and the type of hours, one
at a time."""


def test_every_filter_by_a_set_an_id_or_a_year_may_be_repeated() -> None:
    lists = single = 0
    for _, method, operation in operations():
        parameters = {each["name"]: each["schema"] for each in operation.get("parameters", ()) if each["in"] == "query"}
        if method == "GET" and "cursor" in parameters:
            lists += 1
            for name, schema in parameters.items():
                if (operation["operationId"], name) in ONE_VALUE:
                    continue
                assert (schema.get("type") == "array") == (name not in SINGLE), (operation["operationId"], name)
                single += name in SINGLE
    assert lists > 30
    assert single > 3 * lists


def ids_of(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [item["organisation_id"] for item in answer.json()["items"]]


def test_an_item_has_any_of_the_values(centre: Centre, staff: Person) -> None:
    centre.change_window()
    centrals = [centre.organisation() for _ in range(3)]
    centre.post(2023, pool_change(1_000), *(supplementary_grant(central, 100) for central in centrals))
    for central in centrals:
        body = {"organisation_id": str(central), "year": 2023, "hours": 1}
        assert centre.main_user(central).post(RETURNS, body).status_code == 201
    first, second, third = map(str, centrals)
    for name in ("organisation_id", "under"):
        assert ids_of(staff.get(RETURNS, params={name: [first, third]})) == [third, first]
        assert ids_of(staff.get(RETURNS, params={name: [second, second]})) == [second]
        assert ids_of(staff.get(RETURNS, params={name: second})) == [second]
    assert ids_of(staff.get(RETURNS, params={"year": [2022, 2023], "organisation_id": [first, second]})) == [
        second,
        first,
    ]
    assert ids_of(staff.get(RETURNS, params={"year": [2022, 2024]})) == []
    page = staff.get(RETURNS, params={"organisation_id": [first, third], "limit": 1, "include": "total"})
    assert (ids_of(page), page.json()["total"]) == ([third], 2)
    following = page.headers["Link"].split(";")[0].strip("<>")
    assert ids_of(staff.get(following)) == [first]
    cursor = page.json()["next_cursor"]
    for other in ({"organisation_id": [first]}, {"organisation_id": [first, second]}, {}):
        assert refusal(staff.get(RETURNS, params={**other, "cursor": cursor})) == (400, "invalid-cursor")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"state": ["booked", "made-up"]}, "literal-error"),
        ({"year": [2023, 1999]}, "greater-than-equal"),
        ({"organisation_id": ["x"]}, "uuid-parsing"),
        ({"limit": [1, 2]}, "repeated"),
        ({"year": [2023] * 101}, "too-long"),
    ],
)
def test_a_wrong_value_among_others_is_refused(staff: Person, query: dict[str, Any], code: str) -> None:
    answer = staff.get(RETURNS, params=query)
    assert refusal(answer) == (422, "validation")
    [fault] = answer.json()["errors"]
    assert (fault["parameter"], fault["code"]) == (*query, code)


Change = Callable[[], object]


def changed_since(person: Person, path: str, since: datetime) -> list[str]:
    answer = person.get(path, params={"changed_since": since.isoformat()})
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


@pytest.fixture
def copied(centre: Centre, main_user: Person, central: UUID, staff: Person) -> dict[str, list[tuple[str, Change]]]:
    """Changes by list: each creates or changes the item that is first in the list."""
    centre.change_window()
    centre.deadline("proposal_round", date(2023, 3, 1), date(2023, 11, 30))
    centre.post(2023, pool_change(1_000), supplementary_grant(central, 100))
    centre.post(2023, pool_change(100), hour_type="peer_group")
    batch = {"year": 2023, "items": [{"organisation_id": str(central), "hours": 1}]}
    of = {"organisation_id": str(central), "year": 2023, "hours": 1}
    next_year = {"organisation_id": str(central), "year": 2024}
    line = {"unit_id": str(central), "hours": 5}

    def first_of(path: str) -> str:
        return f"{path}/{staff.get(path).json()['items'][0]['id']}"

    proposals, requests, unit = "/v1/hour-proposals", "/v1/supplementary-hour-requests", "/v1/organisations"
    return {
        unit: [
            ("made", lambda: main_user.post(unit, {"name": "Piiri", "kind": "district", "parent_id": str(central)})),
            (
                "changed",
                lambda: main_user.patch(f"{unit}/{staff.get(unit).json()['items'][-1]['id']}", {"phone": "040 123"}),
            ),
        ],
        proposals: [
            ("made", lambda: main_user.post(proposals, next_year | {"lines": []})),
            ("lines", lambda: main_user.patch(first_of(proposals), {"lines": [line, line | {"emphasis": "Terveys"}]})),
            ("no lines", lambda: main_user.patch(first_of(proposals), {"lines": []})),
            ("a line", lambda: main_user.patch(first_of(proposals), {"lines": [line]})),
            ("submitted", lambda: main_user.post(f"{first_of(proposals)}/submission")),
        ],
        requests: [
            ("made", lambda: main_user.post(requests, of | {"grounds": "Kysyntä"})),
            ("decided", lambda: staff.post(f"{first_of(requests)}/decision", {"hours": 1})),
        ],
        RETURNS: [("made", lambda: main_user.post(RETURNS, of))],
        "/v1/hour-corrections": [("made", lambda: staff.post("/v1/hour-corrections", of | {"reason": "Virhe"}))],
        "/v1/hour-decisions": [("made", lambda: staff.post("/v1/hour-decisions", batch))],
        "/v1/peer-group-quotas": [("made", lambda: staff.post("/v1/peer-group-quotas", batch))],
    }


LISTS = [
    "/v1/organisations",
    "/v1/hour-proposals",
    "/v1/supplementary-hour-requests",
    RETURNS,
    "/v1/hour-corrections",
    "/v1/hour-decisions",
    "/v1/peer-group-quotas",
]


@pytest.mark.parametrize("path", LISTS)
def test_changed_since_lists_what_was_made_or_changed_in_real_time(
    staff: Person, copied: dict[str, list[tuple[str, Change]]], path: str
) -> None:
    for name, change in copied[path]:
        # Without the overlap that clients need: here the clocks are one, and nothing else is written.
        before = datetime.now(UTC)
        assert changed_since(staff, path, before) == [], name
        answer: Any = change()
        assert answer.is_success, (name, answer.text)
        [changed] = changed_since(staff, path, before)
        assert changed in answer.text
        time.sleep(0.01)
        assert changed_since(staff, path, datetime.now(UTC)) == []
    assert changed_since(staff, path, datetime.now(UTC) - timedelta(minutes=1))


def test_changed_since_includes_the_very_time(centre: Centre, staff: Person, central: UUID) -> None:
    [[changed_at]] = centre.rows("SELECT changed_at FROM organisations WHERE id = %s", central)
    assert changed_since(staff, "/v1/organisations", changed_at) == [str(central)]
    assert changed_since(staff, "/v1/organisations", changed_at + timedelta(microseconds=1)) == []


def test_a_move_changes_those_below_too(centre: Centre, staff: Person, central: UUID) -> None:
    district = centre.organisation(central, kind="district")
    association = centre.organisation(district)
    other = centre.organisation()
    before = datetime.now(UTC)
    assert staff.patch(f"/v1/organisations/{district}", {"parent_id": str(other)}).status_code == 200
    assert set(changed_since(staff, "/v1/organisations", before)) == {str(district), str(association)}


def test_reading_what_changed_uses_an_index(centre: Centre, central: UUID, staff: Person) -> None:
    """Row-level security lets an index be used by leakproof comparisons only; otherwise it reads every row first."""
    with psycopg.connect(centre.owner.info.dsn, password=centre.owner.info.password) as owner:
        owner.execute("SELECT set_config('app.study_centre_id', %s, false)", [str(centre.id)])
        owner.execute(
            "INSERT INTO hour_returns (id, organisation_id, year, hours, state, booked_by, booked_at, changed_at) "
            "SELECT gen_random_uuid(), %s, 2023, 1, 'booked', %s, now(), now() - n * interval '1 hour' "
            "FROM generate_series(1, 3000) n",
            [central, staff.id],
        )
        owner.execute("ANALYZE hour_returns")
        # What other tests have left in the table changes what a plan costs, never which conditions an index can check.
        owner.execute("SET LOCAL enable_seqscan = off")
        plan = owner.execute(
            "EXPLAIN SELECT 1 FROM hour_returns WHERE changed_at >= now() - interval '1 day'"
        ).fetchall()
        owner.rollback()
    [condition] = [line for (line,) in plan if "Index Cond" in line]
    assert "changed_at >= " in condition, plan
