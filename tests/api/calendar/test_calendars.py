"""`/v1/calendars/{year}` and its copies."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import httpx
import pytest

from app.domain.calendar.years import DEADLINES_OF_2023
from tests.builders import Centre, Person, refusal


def rows(answer: httpx.Response) -> list[tuple[Any, ...]]:
    items = answer.json()["items"]
    return [(item["kind"], item["hours_year"], item["opens_on"], item["closes_on"]) for item in items]


def make_2023(staff: Person) -> None:
    """The calendar of 2023 as the staff would type it, in an order of its own."""
    for planned in reversed(DEADLINES_OF_2023):
        answer = staff.post(
            "/v1/calendars/2023/deadlines",
            {
                "kind": planned.kind,
                "opens_on": planned.opens_on and planned.opens_on.isoformat(),
                "closes_on": planned.closes_on and planned.closes_on.isoformat(),
            },
        )
        assert answer.status_code == 201


CALENDAR_2023 = [
    ("cost_statement", 2022, None, "2023-01-18"),
    ("change_window", 2023, "2023-03-13", "2023-03-25"),
    ("change_window", 2023, "2023-08-14", "2023-08-25"),
    ("proposal_round", 2024, "2023-10-01", "2023-11-30"),
    ("decision_period", 2024, "2023-11-01", "2023-11-30"),
    ("training_entry", 2024, "2023-12-01", None),
]


def test_the_calendar_of_2023_is_in_the_order_of_the_year(staff: Person) -> None:
    make_2023(staff)
    answer = staff.get("/v1/calendars/2023")
    assert answer.status_code == 200
    assert answer.json()["year"] == 2023
    assert rows(answer) == CALENDAR_2023
    states = [item["state"] for item in answer.json()["items"]]
    assert states == ["closed", "open", "upcoming", "upcoming", "upcoming", "upcoming"]


def test_a_year_without_deadlines_is_empty(staff: Person) -> None:
    assert staff.get("/v1/calendars/2050").json() == {"year": 2050, "items": []}


@pytest.mark.parametrize("year", ["1999", "2101", "x", "2023.0", "2_023", "+2023"])
def test_years_far_off_have_no_calendar(staff: Person, year: str) -> None:
    for answer in (staff.get(f"/v1/calendars/{year}"), staff.post(f"/v1/calendars/{year}/copy", {"from_year": 2023})):
        assert refusal(answer) == (422, "validation")
        assert answer.json()["errors"][0]["parameter"] == "year"


def test_everybody_sees_the_calendar(centre: Centre) -> None:
    centre.change_window()
    central = centre.organisation()
    unit = centre.organisation(central)
    for person in (
        centre.main_user(central),
        centre.person("auditor"),
        centre.person("unit_manager", unit),
        centre.person("training_manager", unit),
        centre.person(),
    ):
        assert len(person.get("/v1/calendars/2023").json()["items"]) == 1
        assert len(person.get("/v1/calendars/2023/deadlines").json()["items"]) == 1


def test_a_centres_own_days_are_left_out_of_others_calendars(centre: Centre, staff: Person) -> None:
    central, other = centre.organisation(), centre.organisation()
    unit = centre.organisation(centre.organisation(central))
    centre.deadline("unit_proposals", date(2023, 9, 1), date(2023, 9, 30), organisation_id=central)
    seeing = [staff, centre.person("auditor"), centre.main_user(central), centre.person("unit_manager", unit)]
    for path in ("/v1/calendars/2023", "/v1/calendars/2023/deadlines"):
        assert [len(person.get(path).json()["items"]) for person in seeing] == [1, 1, 1, 1]
        assert centre.person().get(path).json()["items"] == []
        assert centre.main_user(other).get(path).json()["items"] == []


def test_the_calendars_tag_changes_as_a_deadline_opens(centre: Centre, staff: Person) -> None:
    centre.change_window()
    first = staff.get("/v1/calendars/2023").headers["ETag"]
    same = staff.get("/v1/calendars/2023", headers={"If-None-Match": first})
    assert (same.status_code, same.content) == (304, b"")
    centre.clock(2023, 3, 26)
    assert staff.get("/v1/calendars/2023", headers={"If-None-Match": first}).status_code == 200


# -- Copies --


def test_a_copied_year_moves_off_weekends_and_is_to_be_confirmed(centre: Centre, staff: Person) -> None:
    make_2023(staff)
    answer = staff.post("/v1/calendars/2024/copy", {"from_year": 2023})
    assert answer.status_code == 201
    assert answer.headers["Location"] == "/v1/calendars/2024"
    assert rows(answer) == [
        ("cost_statement", 2023, None, "2024-01-18"),
        ("change_window", 2024, "2024-03-13", "2024-03-25"),
        ("change_window", 2024, "2024-08-14", "2024-08-26"),  # 25.8. is a Sunday
        ("proposal_round", 2025, "2024-10-01", "2024-12-02"),  # 30.11. is a Saturday
        ("decision_period", 2025, "2024-11-01", "2024-12-02"),
        ("training_entry", 2025, "2024-12-02", None),  # 1.12. is a Sunday
    ]
    assert not any(item["confirmed"] for item in answer.json()["items"])
    fetched = staff.get("/v1/calendars/2024")
    assert fetched.json() == answer.json()
    assert fetched.headers["ETag"] == answer.headers["ETag"]
    made = centre.rows("SELECT count(*) FROM audit_entries WHERE facts->>'copied_from' = '2023'")
    assert made == [(6,)]


@pytest.mark.parametrize(
    ("closes_on", "year", "copied"),
    [
        (date(2023, 3, 29), 2024, "2024-04-02"),  # Good Friday, to the Tuesday after Easter
        (date(2023, 6, 21), 2024, "2024-06-24"),  # Midsummer Eve, a Friday, to Monday
        (date(2023, 12, 24), 2024, "2024-12-27"),  # Christmas Eve, a Tuesday, to Friday
        (date(2023, 12, 6), 2024, "2024-12-09"),  # Independence Day, a Friday, to Monday
        (date(2023, 5, 1), 2025, "2025-05-02"),  # May Day, a Thursday, to Friday
        (
            date(2023, 12, 31),
            2033,
            "2033-12-30",
        ),  # a Saturday, back to Friday: the next working day would be of another year
    ],
)
def test_a_finnish_holiday_moves_to_the_next_working_day(
    centre: Centre, staff: Person, closes_on: date, year: int, copied: str
) -> None:
    centre.deadline("change_window", None, closes_on)
    answer = staff.post(f"/v1/calendars/{year}/copy", {"from_year": 2023})
    assert [row[3] for row in rows(answer)] == [copied]


def test_a_window_that_would_be_pushed_into_the_next_year_is_not_copied(centre: Centre, staff: Person) -> None:
    """31.12.2033 is a Saturday: the second window would move back onto the first, and from there to January."""
    centre.deadline("change_window", date(2023, 12, 20), date(2023, 12, 30))
    centre.deadline("change_window", date(2023, 12, 31), date(2024, 1, 15))
    answer = staff.post("/v1/calendars/2033/copy", {"from_year": 2023})
    assert rows(answer) == [("change_window", 2033, "2033-12-20", "2033-12-30")]
    assert [item["irregular"] for item in answer.json()["items"]] == [False]


def test_a_window_that_would_end_after_2100_is_not_copied(centre: Centre, staff: Person) -> None:
    centre.deadline("change_window", date(2098, 3, 3), date(2098, 3, 14), year=2098)
    centre.deadline("change_window", date(2098, 12, 15), date(2099, 1, 9), year=2098)
    answer = staff.post("/v1/calendars/2100/copy", {"from_year": 2098})
    assert rows(answer) == [("change_window", 2100, "2100-03-03", "2100-03-15")]


def test_a_leap_day_becomes_the_28th(centre: Centre, staff: Person) -> None:
    centre.deadline("change_window", date(2024, 2, 19), date(2024, 2, 29), year=2024)
    answer = staff.post("/v1/calendars/2025/copy", {"from_year": 2024})
    assert rows(answer) == [("change_window", 2025, "2025-02-19", "2025-02-28")]


def test_extensions_and_organisations_own_days_are_not_copied(centre: Centre, staff: Person) -> None:
    central = centre.organisation()
    deadline_id = centre.deadline("change_window", date(2023, 3, 13), date(2023, 3, 25))
    centre.deadline("unit_proposals", date(2023, 9, 1), date(2023, 9, 30), organisation_id=central)
    body = {"organisation_id": str(central), "closes_on": "2023-03-31", "reason": "Sairaus"}
    assert staff.post(f"/v1/deadlines/{deadline_id}/extensions", body).status_code == 201
    copied = staff.post("/v1/calendars/2024/copy", {"from_year": 2023}).json()["items"]
    assert [item["kind"] for item in copied] == ["change_window"]
    assert staff.get(f"/v1/deadlines/{copied[0]['id']}/extensions").json()["items"] == []


def test_a_year_with_deadlines_is_not_copied_into(centre: Centre, staff: Person) -> None:
    make_2023(staff)
    centre.deadline("change_window", None, date(2024, 1, 2), year=2024)
    for year in (2023, 2024):
        answer = staff.post(f"/v1/calendars/{year}/copy", {"from_year": 2023})
        assert refusal(answer) == (409, "already-exists")


def test_organisations_own_days_do_not_keep_a_year_from_being_copied_into(centre: Centre, staff: Person) -> None:
    make_2023(staff)
    centre.deadline(
        "unit_proposals", date(2024, 9, 2), date(2024, 9, 30), year=2024, organisation_id=centre.organisation()
    )
    assert staff.post("/v1/calendars/2024/copy", {"from_year": 2023}).status_code == 201
    assert len(staff.get("/v1/calendars/2024").json()["items"]) == 7


def test_a_year_without_deadlines_cannot_be_copied(staff: Person) -> None:
    answer = staff.post("/v1/calendars/2024/copy", {"from_year": 2023})
    assert refusal(answer) == (404, "not-found")
    assert answer.json()["pointer"] == "/from_year"


def test_a_copy_that_would_overlap_another_years_calendar_is_not_made(centre: Centre, staff: Person) -> None:
    make_2023(staff)
    other = centre.deadline("proposal_round", date(2024, 11, 1), date(2025, 1, 31), year=2025, hours_year=2025)
    answer = staff.post("/v1/calendars/2024/copy", {"from_year": 2023})
    assert refusal(answer) == (409, "deadline-overlap")
    assert answer.json()["overlaps_with"] == str(other)
    assert staff.get("/v1/calendars/2024").json()["items"] == []


def test_only_staff_copy(centre: Centre) -> None:
    centre.change_window()
    for person in (centre.main_user(centre.organisation()), centre.person("auditor"), centre.person()):
        answer = person.post("/v1/calendars/2024/copy", {"from_year": 2023})
        assert refusal(answer) == (403, "forbidden")


@pytest.mark.parametrize("body", [{}, {"from_year": 1999}, {"from_year": "2023"}, {"from_year": 2023, "to_year": 2024}])
def test_a_copy_names_the_year_it_comes_from(staff: Person, body: Any) -> None:
    assert refusal(staff.post("/v1/calendars/2024/copy", body)) == (422, "validation")


def test_one_of_simultaneous_copies_wins(centre: Centre, staff: Person) -> None:
    make_2023(staff)
    posts: list[Callable[[str, Any], httpx.Response]] = [centre.staff().post for _ in range(6)]
    with ThreadPoolExecutor(len(posts)) as pool:
        answers = list(pool.map(lambda post: post("/v1/calendars/2024/copy", {"from_year": 2023}), posts))
    assert sorted(answer.status_code for answer in answers) == [201, *[409] * 5]
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"already-exists"}
    assert len(staff.get("/v1/calendars/2024").json()["items"]) == 6


def test_a_dry_run_of_a_copy_shows_it_and_changes_nothing(staff: Person) -> None:
    make_2023(staff)
    answer = staff.post("/v1/calendars/2024/copy", {"from_year": 2023}, key=False, params={"validate_only": "true"})
    assert (answer.status_code, len(answer.json()["items"])) == (201, 6)
    assert "Location" not in answer.headers
    assert staff.get("/v1/calendars/2024").json()["items"] == []
