"""`/v1/public/{slug}/trainings`: what everyone sees of training courses."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import icalendar
import psycopg
import pytest

from app.db.identifiers import new_id
from app.domain.organisations.organisations import Language
from app.texts.rendering import LANGUAGES
from tests.api.trainings.conftest import PATH, PLACE, added, approved, session, submitted
from tests.builders import Centre, Person, refusal

OFFER = {"opens_on": None, "closes_on": None, "places": 10, "waiting_list": True}
LINKED_DATA = {"Accept": "application/ld+json"}


def id_of(path: str) -> str:
    return path.rpartition("/")[2]


def names(client: httpx.Client, slug: str, **query: Any) -> list[str]:
    answer = client.get(f"/v1/public/{slug}/trainings", params=query)
    assert answer.status_code == 200, answer.text
    return [item["name"] for item in answer.json()["items"]]


def test_a_course_shows_exactly_what_is_public(
    manager: Person, staff: Person, unit: UUID, slug: str, public: httpx.Client
) -> None:
    path = approved(manager, staff, unit, marketing_text="Opi lukemaan tasetta.", enrolment=OFFER)
    shown = {
        "id": id_of(path),
        "name": "Järjestön talous",
        "organiser": "Hämeen Martat",
        "sessions": [
            {
                "starts_at": "2023-04-15T10:00:00+03:00",
                "ends_at": "2023-04-15T16:00:00+03:00",
                "places": [PLACE],
            }
        ],
        "mode": "in_person",
        "language": "fi",
        "marketing_text": "Opi lukemaan tasetta.",
        "enrolment": {"open": True, "closes_on": None, "places": 10, "places_left": 10, "waiting_list": True},
    }
    found = public.get(f"/v1/public/{slug}/trainings")
    assert found.json() == {"items": [shown], "next_cursor": None}
    one = public.get(f"/v1/public/{slug}/trainings/{id_of(path)}")
    assert one.json() == shown
    for answer in (found, one):
        assert answer.headers["Cache-Control"] == "public, max-age=60"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        again = public.get(str(answer.url), headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.headers["Cache-Control"]) == (304, "public, max-age=60")


def test_only_approved_listed_and_subsidised_courses_are_public_until_they_end(
    centre: Centre, manager: Person, staff: Person, unit: UUID, slug: str, public: httpx.Client
) -> None:
    path = approved(manager, staff, unit)
    hidden = [
        added(manager, unit, name="Luonnos"),
        submitted(manager, unit, name="Lähetetty"),
        approved(manager, staff, unit, name="Piilossa", listed=False),
        submitted(manager, unit, name="Ilman tukea", supported=False),
    ]
    assert names(public, slug) == ["Järjestön talous"]
    for each in hidden:
        assert refusal(public.get(f"/v1/public/{slug}/trainings/{id_of(each)}")) == (404, "not-found")
    centre.clock(2023, 4, 15, 15, 59)
    assert names(public, slug) == ["Järjestön talous"]
    centre.clock(2023, 4, 15, 16)
    assert names(public, slug) == []
    assert refusal(public.get(f"/v1/public/{slug}/trainings/{id_of(path)}")) == (404, "not-found")


@pytest.mark.parametrize("path", ["trainings", "trainings.ics", "trainings/0193ce0d-5300-711e-aba8-64090fbaec9c"])
@pytest.mark.parametrize("unknown", ["ei-ole", "ei%00ole"])
def test_an_unknown_slug_is_not_found(public: httpx.Client, unknown: str, path: str) -> None:
    answer = public.get(f"/v1/public/{unknown}/{path}")
    assert refusal(answer) == (404, "not-found")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_reader_without_a_token_is_not_sent_to_what_needs_one(
    public: httpx.Client, manager: Person, slug: str, language: Language
) -> None:
    path = f"/v1/public/{slug}/certificates/0000-0000-0000-0000"
    headers = {"Accept-Language": language}
    for answer in (public.get(path, headers=headers), manager.get(path, headers=headers)):
        assert refusal(answer) == (404, "not-found")
        assert "/v1/" not in answer.json()["detail"]
    assert "/v1/" not in public.get("/v1/nowhere", headers=headers).json()["detail"]


def test_a_slug_shows_its_own_study_centre_only(
    centre: Centre, manager: Person, staff: Person, unit: UUID, slug: str, public: httpx.Client
) -> None:
    path = approved(manager, staff, unit)
    other = new_id()
    with psycopg.connect(centre.owner.info.dsn, password=centre.owner.info.password, autocommit=True) as owner:
        owner.execute("SELECT set_config('app.study_centre_id', %s, false)", [str(other)])
        owner.execute("INSERT INTO study_centres (id, name, slug) VALUES (%s, 'Toinen', %s)", [other, f"{slug}-2"])
        owner.execute(
            "INSERT INTO persons (id, name, email, created_at) VALUES (%s, 'Muu', %s, now())",
            [other, f"{other}@example.org"],
        )
        owner.execute("INSERT INTO callers VALUES ('muu', %s, %s, %s)", [str(other), other, other])
    assert names(public, f"{slug}-2") == []
    assert refusal(public.get(f"/v1/public/{slug}-2/trainings/{id_of(path)}")) == (404, "not-found")
    assert names(public, slug) == ["Järjestön talous"]


def test_the_soonest_come_first_in_pages_that_anyone_can_turn(
    manager: Person, staff: Person, unit: UUID, slug: str, public: httpx.Client
) -> None:
    days = ["2023-05-20", "2023-04-15", "2023-05-06"]
    for day in days:
        approved(manager, staff, unit, name=day, sessions=[session(day)])
    assert names(public, slug) == sorted(days)
    first = public.get(f"/v1/public/{slug}/trainings", params={"limit": 2}).json()
    # The cursor is bound to nobody: a token in the request is not looked at.
    second = manager.get(f"/v1/public/{slug}/trainings", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [item["name"] for item in first["items"] + second["items"]] == sorted(days)
    wrong = public.get(f"/v1/public/{slug}/trainings", params={"cursor": first["next_cursor"], "q": "talous"})
    assert refusal(wrong) == (400, "invalid-cursor")


def test_filters_of_the_public_calendar(
    manager: Person, staff: Person, unit: UUID, slug: str, public: httpx.Client
) -> None:
    online = {"mode": "online", "sessions": [session("2023-05-06", places=[])], "name": "Verkkokurssi"}
    long = [session("2023-04-15"), session("2023-05-20", places=[PLACE | {"municipality": "853"}])]
    approved(manager, staff, unit, sessions=long, name="Pitkä kurssi")
    approved(manager, staff, unit, **online)
    both = ["Pitkä kurssi", "Verkkokurssi"]
    assert names(public, slug, q="kurs") == both
    assert names(public, slug, q="verkko") == ["Verkkokurssi"]
    assert names(public, slug, mode="online") == ["Verkkokurssi"]
    assert names(public, slug, municipality="853") == ["Pitkä kurssi"]
    assert names(public, slug, municipality=["091", "109"]) == ["Pitkä kurssi"]
    assert names(public, slug, municipality="091") == []
    assert names(public, slug, **{"from": "2023-05-07"}) == ["Pitkä kurssi"]
    assert names(public, slug, until="2023-05-05") == ["Pitkä kurssi"]
    assert names(public, slug, until="2023-05-06", **{"from": "2023-05-06"}) == both
    assert refusal(public.get(f"/v1/public/{slug}/trainings", params={"since": "2023-05-06"})) == (422, "validation")


def test_courses_as_events_of_schema_org(
    manager: Person, staff: Person, unit: UUID, slug: str, public: httpx.Client
) -> None:
    path = approved(manager, staff, unit, enrolment=OFFER)
    address = f"/v1/public/{slug}/trainings/{id_of(path)}"
    one = public.get(address, headers=LINKED_DATA)
    assert one.headers["Content-Type"] == "application/ld+json"
    assert one.headers["Vary"] == "Accept"
    event = one.json()
    assert event["@context"] == "https://schema.org"
    assert (event["@type"], event["name"]) == ("EducationEvent", "Järjestön talous")
    assert (event["startDate"], event["endDate"]) == ("2023-04-15T10:00:00+03:00", "2023-04-15T16:00:00+03:00")
    assert event["organizer"] == {"@type": "Organization", "name": "Hämeen Martat"}
    assert event["location"][0]["address"]["streetAddress"] == "Raatihuoneenkatu 1"
    assert event["remainingAttendeeCapacity"] == 10
    assert str(event["@id"]).endswith(address)
    listed = public.get(f"/v1/public/{slug}/trainings", headers=LINKED_DATA)
    del event["@context"]
    assert listed.json()["itemListElement"] == [event]
    plain = public.get(address, headers={"Accept": "*/*"})
    assert plain.headers["Content-Type"] == "application/json"
    assert plain.headers["ETag"] != one.headers["ETag"]


def events(public: httpx.Client, slug: str) -> list[icalendar.Component]:
    answer = public.get(f"/v1/public/{slug}/trainings.ics")
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer.headers["Cache-Control"] == "public, max-age=60"
    return list(icalendar.Calendar.from_ical(answer.content).walk("VEVENT"))


def test_a_cancelled_course_stays_cancelled_in_the_file_for_30_days(
    centre: Centre, manager: Person, staff: Person, unit: UUID, slug: str, public: httpx.Client
) -> None:
    path = approved(manager, staff, unit, sessions=[session(), session("2023-04-22")], marketing_text="Tule mukaan")
    found = events(public, slug)
    assert [str(event["UID"]) for event in found] == [f"{id_of(path)}-{number}@tuntipankki" for number in (1, 2)]
    assert found[0].decoded("DTSTART") == datetime(2023, 4, 15, 7, tzinfo=UTC)
    assert str(found[0]["LOCATION"]) == "Järjestötalo, Raatihuoneenkatu 1, 13100"
    assert str(found[0]["DESCRIPTION"]) == "Tule mukaan"
    assert {str(event["STATUS"]) for event in found} == {"CONFIRMED"}
    assert manager.post(f"{path}/cancellation", {"reason": "Ohjaaja sairastui"}).status_code == 200
    found = events(public, slug)
    assert [(str(event["UID"]), str(event["STATUS"]), event["SEQUENCE"]) for event in found] == [
        (f"{id_of(path)}-{number}@tuntipankki", "CANCELLED", 1) for number in (1, 2)
    ]
    assert names(public, slug) == []
    assert "Ohjaaja" not in public.get(f"/v1/public/{slug}/trainings.ics").text
    centre.clock(2023, 4, 14, 12)
    assert events(public, slug) == []


def test_pages_of_every_origin_may_read_and_none_may_write(slug: str, public: httpx.Client) -> None:
    asked = {"Origin": "https://jarjesto.example", "Access-Control-Request-Method": "GET"}
    allowed = public.options(f"/v1/public/{slug}/trainings", headers=asked)
    assert (allowed.status_code, allowed.headers["Access-Control-Allow-Origin"]) == (204, "*")
    assert "Access-Control-Allow-Credentials" not in allowed.headers
    asked["Access-Control-Request-Method"] = "POST"
    answer = public.options(f"/v1/public/{slug}/trainings/{new_id()}/enrolments", headers=asked)
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert "Access-Control-Allow-Origin" not in public.get(PATH, headers={"Origin": asked["Origin"]}).headers
