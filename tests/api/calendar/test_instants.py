"""The table of instants (promise L6): windows right to the second at every edge, over HTTP.

The times are in UTC. Finland is 2 hours ahead of UTC in winter and 3 hours in summer.
"""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.builders import Centre, Person, refusal

REQUESTS = "/v1/supplementary-hour-requests"

SPRING = (date(2023, 3, 13), date(2023, 3, 25))
AUTUMN = (date(2023, 8, 14), date(2023, 8, 25))
SHORT_DAY = (date(2023, 3, 26), date(2023, 3, 26))  # 23 hours: 22:00–21:00
LONG_DAY = (date(2023, 10, 29), date(2023, 10, 29))  # 25 hours: 21:00–22:00
TO_SHORT_DAY = (date(2023, 3, 20), date(2023, 3, 26))
FROM_SHORT_DAY = (date(2023, 3, 26), date(2023, 3, 31))
TO_LONG_DAY = (date(2023, 10, 20), date(2023, 10, 29))
FROM_LONG_DAY = (date(2023, 10, 29), date(2023, 11, 3))
YEAR_END = (date(2023, 12, 18), date(2023, 12, 31))
YEAR_BEGINNING = (date(2024, 1, 1), date(2024, 1, 5))
LEAP_DAY = (date(2024, 2, 29), date(2024, 2, 29))

# A window, its first instant, and the first instant after it.
EDGES = [
    (SPRING, "2023-03-12T22:00:00", "2023-03-25T22:00:00"),
    (AUTUMN, "2023-08-13T21:00:00", "2023-08-25T21:00:00"),
    (SHORT_DAY, "2023-03-25T22:00:00", "2023-03-26T21:00:00"),
    (LONG_DAY, "2023-10-28T21:00:00", "2023-10-29T22:00:00"),
    (TO_SHORT_DAY, "2023-03-19T22:00:00", "2023-03-26T21:00:00"),
    (FROM_SHORT_DAY, "2023-03-25T22:00:00", "2023-03-31T21:00:00"),
    (TO_LONG_DAY, "2023-10-19T21:00:00", "2023-10-29T22:00:00"),
    (FROM_LONG_DAY, "2023-10-28T21:00:00", "2023-11-03T22:00:00"),
    (YEAR_END, "2023-12-17T22:00:00", "2023-12-31T22:00:00"),
    (YEAR_BEGINNING, "2023-12-31T22:00:00", "2024-01-05T22:00:00"),
    (LEAP_DAY, "2024-02-28T22:00:00", "2024-02-29T22:00:00"),
]
SECONDS = [
    (edges[0], instant, state)
    for edges in EDGES
    for instant, state in (
        (f"{edges[1]}-1", "upcoming"),
        (edges[1], "open"),
        (f"{edges[2]}-1", "open"),
        (edges[2], "closed"),
    )
] + [
    # Within the days on which clocks change, on both sides of the change.
    (SHORT_DAY, "2023-03-26T00:59:59", "open"),
    (SHORT_DAY, "2023-03-26T01:00:00", "open"),
    (LONG_DAY, "2023-10-29T00:30:00", "open"),  # 03:30, the first time
    (LONG_DAY, "2023-10-29T01:30:00", "open"),  # 03:30, the second time
]


def utc(text: str) -> datetime:
    """`…-1` is the second before."""
    instant = datetime.fromisoformat(text.removesuffix("-1")).replace(tzinfo=UTC)
    return datetime.fromtimestamp(instant.timestamp() - text.endswith("-1"), UTC)


def ask(main_user: Person, central: UUID, **options: Any) -> httpx.Response:
    body = {"organisation_id": str(central), "year": 2023, "hours": 10, "grounds": "Kysyntä kasvoi"}
    return main_user.post(REQUESTS, body, **options)


@pytest.mark.parametrize(("days", "instant", "state"), SECONDS)
def test_a_window_is_right_to_the_second(
    centre: Centre, main_user: Person, central: UUID, days: tuple[date, date], instant: str, state: str
) -> None:
    deadline_id = centre.deadline("change_window", *days, year=days[0].year, hours_year=2023)
    centre.clock_at(utc(instant))
    assert main_user.get(f"/v1/deadlines/{deadline_id}").json()["state"] == state
    answer = ask(main_user, central)
    if state == "open":
        assert answer.status_code == 201
        assert datetime.fromisoformat(answer.json()["submitted_at"]) == utc(instant)
        return
    assert refusal(answer) == (409, "window-closed")
    facts = answer.json()
    first, last = (day.isoformat() for day in days)
    if state == "upcoming":
        assert [facts[fact] for fact in ("opened_on", "closed_on", "opens_on", "closes_on")] == [
            None,
            None,
            first,
            last,
        ]
        # One second later it opens.
        assert datetime.fromisoformat(facts["opens_at"]).timestamp() == utc(instant).timestamp() + 1
    else:
        assert [facts[fact] for fact in ("opened_on", "closed_on", "opens_on", "closes_on")] == [
            first,
            last,
            None,
            None,
        ]
        assert facts["opens_at"] is None


@pytest.mark.parametrize(
    ("closes_on", "instant", "is_open"),
    [
        ("2023-03-26", "2023-03-25T22:00:00", True),  # closed for everyone else
        ("2023-03-26", "2023-03-26T21:00:00-1", True),  # the last second of the day with 23 hours
        ("2023-03-26", "2023-03-26T21:00:00", False),
        ("2023-10-29", "2023-10-29T22:00:00-1", True),  # the last second of the day with 25 hours
        ("2023-10-29", "2023-10-29T22:00:00", False),
        ("2023-12-31", "2023-12-31T22:00:00-1", True),
        ("2023-12-31", "2023-12-31T22:00:00", False),
    ],
)
def test_an_extended_window_is_right_to_the_second(
    centre: Centre, main_user: Person, central: UUID, closes_on: str, instant: str, is_open: bool
) -> None:
    deadline_id = centre.deadline("change_window", *SPRING)
    body = {"organisation_id": str(central), "closes_on": closes_on, "reason": "Sairaus"}
    assert centre.staff().post(f"/v1/deadlines/{deadline_id}/extensions", body).status_code == 201
    other = centre.organisation()
    other_main_user = centre.main_user(other)
    centre.clock_at(utc(instant))
    answer = ask(main_user, central)
    if is_open:
        assert answer.status_code == 201
    else:
        assert (refusal(answer), answer.json()["closed_on"]) == ((409, "window-closed"), closes_on)
    beside = ask(other_main_user, other)
    assert (refusal(beside), beside.json()["closed_on"]) == ((409, "window-closed"), "2023-03-25")


@pytest.mark.parametrize(("days", "closed_at"), [(edges[0], edges[2]) for edges in EDGES])
def test_a_retry_after_closing_gets_its_first_response(
    centre: Centre, main_user: Person, central: UUID, days: tuple[date, date], closed_at: str
) -> None:
    centre.deadline("change_window", *days, year=days[0].year, hours_year=2023)
    centre.clock_at(utc(f"{closed_at}-1"))
    first = ask(main_user, central, key="at-the-last-second")
    assert first.status_code == 201
    centre.clock_at(utc(closed_at))
    again = ask(main_user, central, key="at-the-last-second")
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert refusal(ask(main_user, central, key="too-late")) == (409, "window-closed")
    # A refusal leaves its key free, so that the same request is processed after the clock is set back.
    centre.clock_at(utc(f"{closed_at}-1"))
    assert ask(main_user, central, key="too-late").status_code == 201


def test_between_two_windows_the_refusal_names_the_last_and_the_next(
    centre: Centre, main_user: Person, central: UUID
) -> None:
    for days in (AUTUMN, SPRING):
        centre.deadline("change_window", *days)
    for instant in ("2023-03-25T22:00:00", "2023-08-13T21:00:00-1"):
        centre.clock_at(utc(instant))
        facts = ask(main_user, central).json()
        assert {
            fact: facts[fact] for fact in ("kind", "opened_on", "closed_on", "opens_on", "closes_on", "opens_at")
        } == {
            "kind": "change_window",
            "opened_on": "2023-03-13",
            "closed_on": "2023-03-25",
            "opens_on": "2023-08-14",
            "closes_on": "2023-08-25",
            "opens_at": "2023-08-14T00:00:00+03:00",
        }


def test_the_tag_changes_at_the_very_second(centre: Centre, main_user: Person) -> None:
    path = f"/v1/deadlines/{centre.deadline('change_window', *LONG_DAY)}"
    centre.clock_at(utc("2023-10-28T21:00:00-1"))
    upcoming = main_user.get(path).headers["ETag"]
    assert main_user.get(path, headers={"If-None-Match": upcoming}).status_code == 304
    centre.clock_at(utc("2023-10-28T21:00:00"))
    opened = main_user.get(path, headers={"If-None-Match": upcoming})
    assert (opened.status_code, opened.json()["state"]) == (200, "open")
    centre.clock_at(utc("2023-10-29T22:00:00-1"))
    assert main_user.get(path, headers={"If-None-Match": opened.headers["ETag"]}).status_code == 304
    centre.clock_at(utc("2023-10-29T22:00:00"))
    closed = main_user.get(path, headers={"If-None-Match": opened.headers["ETag"]})
    assert (closed.status_code, closed.json()["state"]) == (200, "closed")
