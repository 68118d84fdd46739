"""`/v1/me/calendar-feeds`, and what subscribes to them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any
from uuid import UUID

import httpx
import icalendar
import ics
import pytest

from app.db.identifiers import new_id
from tests.builders import Centre, Person, refusal
from tests.document import check_answer
from tests.server import NO_TLS

PATH = "/v1/me/calendar-feeds"
ROUND = (date(2023, 10, 1), date(2023, 11, 30))


@pytest.fixture
def central(centre: Centre) -> UUID:
    centre.clock(2023, 10, 2)
    return centre.organisation(name="Marttaliitto")


@pytest.fixture
def subscriber(centre: Centre) -> Iterator[httpx.Client]:
    """A calendar program: it has no token."""
    hooks = {"response": [check_answer]}
    with httpx.Client(base_url=centre.address, timeout=60, verify=NO_TLS, event_hooks=hooks) as client:
        yield client


def subscribe(person: Person, *, key: str | bool = True) -> dict[str, Any]:
    answer = person.post(PATH, {"name": "Puhelin"}, key=key)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def events(subscriber: httpx.Client, feed: dict[str, Any]) -> dict[str, icalendar.Component]:
    """The events by their titles. A second reader reads them too."""
    answer = subscriber.get(feed["address"])
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    found = icalendar.Calendar.from_ical(answer.content).walk("VEVENT")
    second = ics.Calendar(answer.text).events
    assert {(event.uid, event.name) for event in second} == {(str(e["UID"]), str(e["SUMMARY"])) for e in found}
    assert all(event.all_day for event in second)
    return {str(event["SUMMARY"]): event for event in found}


def test_deadlines_and_tasks_are_whole_days_of_a_subscription(
    centre: Centre, main_user: Person, subscriber: httpx.Client
) -> None:
    centre.deadline("proposal_round", *ROUND)
    centre.deadline("decision_period", date(2023, 11, 1), date(2023, 11, 30))
    feed = subscribe(main_user)
    found = events(subscriber, feed)
    assert list(found) == [
        "Tuntihaku 2024: ensimmäinen päivä",
        *sorted(
            ["Tuntihaku 2024: viimeinen päivä", "Marttaliitto: tee tuntiehdotus vuodelle 2024"],
            key=lambda title: str(found[title]["UID"]),
        ),
    ]
    centre.owner.execute("UPDATE organisations SET name_sv = 'Marthaförbundet'")
    assert set(events(subscriber, feed)) == set(found)
    centre.owner.execute("UPDATE persons SET language = 'sv' WHERE id = %s", [main_user.id])
    assert "Marthaförbundet: lämna timförslag för år 2024" in events(subscriber, feed)
    assert subscriber.get(feed["address"]).headers["Content-Language"] == "sv"
    centre.owner.execute("UPDATE persons SET language = 'fi' WHERE id = %s", [main_user.id])
    last = found["Tuntihaku 2024: viimeinen päivä"]
    assert (last.decoded("DTSTART"), last.decoded("DTEND")) == (date(2023, 11, 30), date(2023, 12, 1))
    assert (str(last["STATUS"]), last["SEQUENCE"], str(last["TRANSP"])) == ("CONFIRMED", 0, "TRANSPARENT")
    alarms = {title: [str(alarm["DESCRIPTION"]) for alarm in event.walk("VALARM")] for title, event in found.items()}
    assert alarms == {title: [] if title.endswith("ensimmäinen päivä") else [title] for title in found}
    (alarm,) = last.walk("VALARM")
    assert (str(alarm["ACTION"]), alarm["TRIGGER"].to_ical()) == ("DISPLAY", b"-PT15H")
    assert str(last["DESCRIPTION"]) == "Tuntien vuosi: 2024\nAlkaa: 1.10.2023\nViimeinen päivä: 30.11.2023"
    task = found["Marttaliitto: tee tuntiehdotus vuodelle 2024"]
    assert str(task["DESCRIPTION"]).startswith("Järjestö: Marttaliitto\nTuntien vuosi: 2024\n")
    text = subscriber.get(feed["address"]).text
    assert "URL:" not in text
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT6H\r\n" in text
    assert "X-PUBLISHED-TTL:PT6H\r\n" in text
    assert "BEGIN:VTIMEZONE\r\n" in text
    assert "LAST-MODIFIED:20231001T210000Z\r\n" in text
    assert "Aino" not in text
    assert str(main_user.id) not in text
    assert "example.org" not in text


def test_a_change_raises_the_sequence_and_a_removal_is_sent_as_cancelled_for_a_while(
    centre: Centre, main_user: Person, subscriber: httpx.Client
) -> None:
    round_id = centre.deadline("proposal_round", *ROUND)
    feed = subscribe(main_user)
    before = events(subscriber, feed)["Tuntihaku 2024: viimeinen päivä"]
    centre.clock(2023, 10, 3, 9)
    staff = centre.staff()
    assert staff.patch(f"/v1/deadlines/{round_id}", {"closes_on": "2023-12-08"}).status_code == 200
    after = events(subscriber, feed)["Tuntihaku 2024: viimeinen päivä"]
    assert after["UID"] == before["UID"]
    assert (before["SEQUENCE"], after["SEQUENCE"]) == (0, 1)
    assert after.decoded("DTSTART") == date(2023, 12, 8)
    assert after.decoded("LAST-MODIFIED") > before.decoded("LAST-MODIFIED")
    assert events(subscriber, feed)["Tuntihaku 2024: ensimmäinen päivä"]["SEQUENCE"] == 0
    assert staff.delete(f"/v1/deadlines/{round_id}").status_code == 204
    gone = events(subscriber, feed)
    assert {title: (str(event["STATUS"]), event["SEQUENCE"]) for title, event in gone.items()} == {
        "Tuntihaku 2024: viimeinen päivä": ("CANCELLED", 2),
        "Marttaliitto: tee tuntiehdotus vuodelle 2024": ("CANCELLED", 2),
    }, "a past event is left out, not cancelled"
    centre.clock(2023, 11, 3)
    assert events(subscriber, feed) == {}


def test_a_task_that_is_done_leaves_the_calendar(
    centre: Centre, main_user: Person, central: UUID, subscriber: httpx.Client
) -> None:
    centre.deadline("proposal_round", *ROUND)
    feed = subscribe(main_user)
    title = "Marttaliitto: tee tuntiehdotus vuodelle 2024"
    assert events(subscriber, feed)[title]["STATUS"] == "CONFIRMED"
    lines = [{"unit_id": str(central), "hours": 10}]
    made = main_user.post("/v1/hour-proposals", {"organisation_id": str(central), "year": 2024, "lines": lines})
    main_user.post(f"{made.headers['Location']}/submission")
    assert events(subscriber, feed)[title]["STATUS"] == "CANCELLED"
    main_user.post(f"{made.headers['Location']}/withdrawal")
    again = events(subscriber, feed)[title]
    assert (again["STATUS"], again["SEQUENCE"]) == ("CONFIRMED", 2)


def test_an_unchanged_calendar_is_not_sent_again(centre: Centre, main_user: Person, subscriber: httpx.Client) -> None:
    centre.deadline("proposal_round", *ROUND)
    feed = subscribe(main_user)
    etag = subscriber.get(feed["address"]).headers["ETag"]
    centre.clock(2023, 10, 4)
    assert subscriber.get(feed["address"], headers={"If-None-Match": etag}).status_code == 304
    centre.change_window()
    centre.deadline("change_window", date(2023, 11, 1), date(2023, 11, 5))
    assert subscriber.get(feed["address"], headers={"If-None-Match": etag}).status_code == 200


def test_a_person_without_a_role_has_an_empty_calendar(
    centre: Centre, main_user: Person, central: UUID, subscriber: httpx.Client
) -> None:
    centre.main_user(central)
    centre.deadline("proposal_round", *ROUND)
    nobody = subscribe(centre.person())
    assert events(subscriber, nobody) == {}
    end = centre.clock(2023, 10, 4)
    centre.owner.execute("UPDATE role_grants SET valid_until = %s WHERE person_id = %s", [end, main_user.id])
    centre.clock(2023, 10, 3)
    feed = subscribe(main_user)
    assert len(events(subscriber, feed)) == 3
    centre.clock(2023, 10, 4)
    assert events(subscriber, feed) == {}


@pytest.mark.parametrize(
    ("role", "expected"),
    [("staff", {"Tuntihaku", "Päätösaika", "Koulutusten"}), ("training_manager", {"Koulutusten"}), ("auditor", set())],
)
def test_the_calendar_shows_the_deadlines_of_the_role(
    centre: Centre, central: UUID, subscriber: httpx.Client, role: str, expected: set[str]
) -> None:
    centre.main_user(central)
    centre.deadline("proposal_round", *ROUND)
    centre.deadline("decision_period", date(2023, 11, 1), date(2023, 11, 30))
    centre.deadline("training_entry", date(2023, 12, 1), None)
    person = centre.person(role, central if role == "training_manager" else None)
    found = {title.split()[0] for title in events(subscriber, subscribe(person))}
    assert found - {"Tee"} == expected


def test_an_extension_has_a_last_day_of_its_own(
    centre: Centre, main_user: Person, central: UUID, subscriber: httpx.Client
) -> None:
    round_id = centre.deadline("proposal_round", *ROUND)
    centre.grant(main_user.id, "main_user", centre.organisation(name="Toinen"))
    body = {"organisation_id": str(central), "closes_on": "2023-12-08", "reason": "Sairaus"}
    centre.staff().post(f"/v1/deadlines/{round_id}/extensions", body)
    answer = subscriber.get(subscribe(main_user)["address"])
    days = [
        event.decoded("DTSTART")
        for event in icalendar.Calendar.from_ical(answer.content).walk("VEVENT")
        if event["SUMMARY"] == "Tuntihaku 2024: viimeinen päivä"
    ]
    assert days == [date(2023, 11, 30), date(2023, 12, 8)]


def test_the_address_is_shown_once_and_kept_nowhere(centre: Centre, main_user: Person) -> None:
    feed = subscribe(main_user, key="puhelin")
    assert subscribe(main_user, key="puhelin") == feed
    (listed,) = main_user.get(PATH).json()["items"]
    assert listed == {name: feed[name] for name in ("id", "name", "created_at", "last_read_at")}
    assert main_user.get(f"{PATH}/{feed['id']}").json() == listed
    secret = feed["address"].removeprefix("/v1/calendar-feeds/").removesuffix(".ics")
    assert len(secret) == 43
    for table in ("calendar_feeds", "callers", "audit_entries", "outbox", "stored_answers"):
        assert secret not in str(centre.rows(f"SELECT * FROM {table}")), table
    assert centre.rows("SELECT 1 FROM stored_answers"), "the request had an Idempotency-Key"


def test_a_repeated_request_returns_the_same_address(main_user: Person) -> None:
    first, second = (main_user.post(PATH, {"name": "Puhelin"}, key="sama") for _ in range(2))
    assert (second.status_code, second.json()) == (201, first.json())
    assert len(main_user.get(PATH).json()["items"]) == 1


def test_a_person_has_twenty_subscriptions_at_most(centre: Centre, main_user: Person) -> None:
    feed = subscribe(main_user)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: main_user.post(PATH, {"name": "Puhelin"}), range(22)))
    assert sorted(answer.status_code for answer in answers) == [201] * 19 + [409] * 3
    refused = main_user.post(PATH, {"name": "Puhelin"})
    assert refusal(refused) == (409, "too-many")
    assert refused.json()["most"] == 20
    assert subscribe(centre.person())
    main_user.delete(f"{PATH}/{feed['id']}")
    assert subscribe(main_user)


def test_a_subscription_that_was_ended_is_not_there(
    centre: Centre, main_user: Person, subscriber: httpx.Client
) -> None:
    feed = subscribe(main_user)
    other = centre.person()
    assert refusal(other.delete(f"{PATH}/{feed['id']}")) == (404, "not-found")
    assert refusal(other.get(f"{PATH}/{feed['id']}")) == (404, "not-found")
    read, probed = subscriber.get(feed["address"]), subscriber.head(feed["address"])
    assert (read.status_code, probed.status_code, probed.content) == (200, 200, b"")
    assert all(probed.headers[name] == read.headers[name] for name in ("ETag", "Content-Type", "Content-Length"))
    assert main_user.get(PATH).json()["items"][0]["last_read_at"] == "2023-10-02T00:00:00+03:00"
    assert main_user.delete(f"{PATH}/{feed['id']}").status_code == 204
    assert refusal(subscriber.get(feed["address"])) == (404, "not-found")
    assert refusal(main_user.delete(f"{PATH}/{feed['id']}")) == (404, "not-found")
    left = centre.rows("SELECT 1 FROM callers WHERE issuer = 'calendar-feeds' AND person_id = %s", main_user.id)
    assert left == []
    assert refusal(subscriber.get(f"/v1/calendar-feeds/{new_id()}.ics")) == (404, "not-found")


def test_a_feeds_secret_is_no_token(main_user: Person, subscriber: httpx.Client) -> None:
    secret = subscribe(main_user)["address"].split("/")[-1].removesuffix(".ics")
    answer = subscriber.get("/v1/me", headers={"Authorization": f"Bearer {secret}"})
    assert refusal(answer) == (401, "unauthenticated")
