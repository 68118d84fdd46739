"""`/v1/me/tasks`."""

from collections.abc import Iterator
from datetime import date
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx
import pytest
from icalendar import Calendar

from app.domain.hours.ledger import grant, pool_change, reservation
from app.local.embedded_postgres import Addresses
from app.sandbox.main import create_app
from app.settings import Settings
from tests.api.people.candidates import Candidate
from tests.builders import Centre, Person, refusal
from tests.conftest import SECRET
from tests.document import document
from tests.round_trips import CountedConnection
from tests.server import NO_TLS, serving

PATH = "/v1/me/tasks"


def tasks(person: Person, **query: Any) -> list[dict[str, Any]]:
    answer = person.get(PATH, params=query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def kinds(person: Person, **query: Any) -> list[tuple[str, str]]:
    return [(task["kind"], task["state"]) for task in tasks(person, **query)]


def test_nothing_is_left_to_propose_once_the_hours_are_decided(
    centre: Centre, main_user: Person, central: UUID
) -> None:
    centre.deadline("proposal_round", date(2023, 10, 1), date(2023, 11, 30))
    centre.post(2024, pool_change(100))
    unit = centre.organisation(central)
    manager = centre.person("unit_manager", unit)
    centre.clock(2023, 11, 20)
    main_user.post("/v1/hour-proposals", {"organisation_id": str(central), "year": 2024, "lines": []})
    assert (kinds(main_user), kinds(manager)) == ([("hour_proposal", "open")], [("unit_hour_proposal", "open")])
    body = {"year": 2024, "items": [{"organisation_id": str(central), "hours": 0}]}
    assert centre.staff().post("/v1/hour-decisions", body).status_code == 201
    assert (kinds(main_user), kinds(manager)) == ([("hour_proposal", "done")], [("unit_hour_proposal", "done")])
    for person in (main_user, manager):
        [task] = tasks(person)
        assert person.get(task["call"]["path"]).status_code == 200


def test_a_proposal_is_a_task_from_its_announcement_to_its_submission(
    centre: Centre, main_user: Person, central: UUID
) -> None:
    centre.deadline("proposal_round", date(2023, 10, 1), date(2023, 11, 30))
    centre.clock(2023, 6, 30)
    assert kinds(main_user) == []
    centre.clock(2023, 7, 1)
    assert kinds(main_user) == [("hour_proposal", "upcoming")]
    centre.clock(2023, 10, 1)
    (task,) = tasks(main_user)
    assert task["state"] == "open"
    assert task["title"] == "Marttaliitto: tee tuntiehdotus vuodelle 2024"
    assert (task["organisation_id"], task["organisation_name"], task["year"]) == (str(central), "Marttaliitto", 2024)
    assert (task["opens_on"], task["closes_on"]) == ("2023-10-01", "2023-11-30")
    assert (task["opens_at"], task["closes_at"]) == ("2023-10-01T00:00:00+03:00", "2023-12-01T00:00:00+02:00")
    call = task["call"]
    made = main_user.post(call["path"], call["body"] | {"lines": [{"unit_id": str(central), "hours": 10}]})
    assert (call["method"], made.status_code) == ("POST", 201)
    (second,) = tasks(main_user)
    assert second["id"] == task["id"]
    assert (task["reference"], second["reference"]) == (None, made.json()["reference"])
    assert second["call"] == {"method": "POST", "path": f"{made.headers['Location']}/submission", "body": None}
    assert main_user.post(second["call"]["path"]).status_code == 200
    assert kinds(main_user) == [("hour_proposal", "done")]
    centre.clock(2023, 12, 1)
    assert kinds(main_user) == []


def test_a_proposal_that_was_not_sent_in_time_is_late_for_sixty_days(centre: Centre, main_user: Person) -> None:
    centre.deadline("proposal_round", date(2023, 10, 1), date(2023, 11, 30))
    centre.clock(2024, 1, 29)
    assert kinds(main_user) == [("hour_proposal", "late")]
    centre.clock(2024, 1, 30)
    assert kinds(main_user) == []


def test_an_extension_moves_the_task_of_its_own_organisation(centre: Centre, main_user: Person, central: UUID) -> None:
    round_id = centre.deadline("proposal_round", date(2023, 10, 1), date(2023, 11, 30))
    staff = centre.staff()
    body = {"organisation_id": str(central), "closes_on": "2023-12-08", "reason": "Sairaus"}
    assert staff.post(f"/v1/deadlines/{round_id}/extensions", body).status_code == 201
    other = centre.main_user(centre.organisation())
    centre.clock(2023, 12, 5)
    assert kinds(main_user) == [("hour_proposal", "open")]
    assert tasks(main_user)[0]["closes_on"] == "2023-12-08"
    assert kinds(other) == [("hour_proposal", "late")]


def test_units_propose_in_their_centres_days_and_the_centre_includes_them(
    centre: Centre, main_user: Person, central: UUID
) -> None:
    centre.deadline("proposal_round", date(2023, 10, 1), date(2023, 11, 30))
    centre.deadline("unit_proposals", date(2023, 9, 1), date(2023, 10, 20), organisation_id=central, hours_year=2024)
    unit = centre.organisation(central)
    manager = centre.person("unit_manager", unit)
    centre.clock(2023, 10, 2)
    (task,) = tasks(manager)
    assert (task["kind"], task["closes_on"]) == ("unit_hour_proposal", "2023-10-20")
    sent = manager.post(task["call"]["path"], task["call"]["body"] | {"lines": [{"unit_id": str(unit), "hours": 5}]})
    manager.post(f"{sent.headers['Location']}/submission")
    assert kinds(manager) == [("unit_hour_proposal", "done")]
    assert set(kinds(main_user)) == {("hour_proposal", "open"), ("units_hour_proposals", "open")}
    main_user.post("/v1/hour-proposals", {"organisation_id": str(central), "year": 2024, "lines": []})
    (waiting,) = tasks(main_user, kind="units_hour_proposals")
    assert "(1 ehdotus odottaa)" in waiting["title"]
    assert waiting["call"]["body"] == {"proposal_ids": [sent.json()["id"]]}
    assert main_user.post(waiting["call"]["path"], waiting["call"]["body"]).status_code == 200
    assert kinds(main_user) == [("hour_proposal", "open")]


def test_hours_that_run_out_are_asked_for_in_the_next_window(centre: Centre, main_user: Person, central: UUID) -> None:
    centre.change_window()
    centre.post(2023, pool_change(1000), grant(central, 100), reservation(central, central, 79))
    assert kinds(main_user) == [("change_window", "open")]
    centre.post(2023, reservation(central, central, 1))
    (task,) = tasks(main_user)
    assert (task["kind"], task["closes_on"]) == ("hours_running_out", "2023-03-25")
    assert "80\u00a0%" in task["title"]
    body = task["call"]["body"] | {"hours": 20, "grounds": "Kysyntä kasvoi"}
    assert main_user.post(task["call"]["path"], body).status_code == 201
    assert kinds(main_user) == [("hours_running_out", "done")]


def test_thresholds_are_the_study_centres_to_set(centre: Centre, main_user: Person, central: UUID) -> None:
    centre.change_window()
    centre.post(2023, pool_change(1000), grant(central, 100), reservation(central, central, 60))
    settings = {"closing_soon_days": [14, 3], "running_out_percents": [60], "unused_percent": 10}
    staff = centre.staff()
    assert staff.get("/v1/reminder-settings").json() == {
        "closing_soon_days": [7, 1],
        "running_out_percents": [80, 100],
        "unused_percent": 50,
    }
    assert refusal(main_user.put("/v1/reminder-settings", settings)) == (403, "forbidden")
    assert staff.put("/v1/reminder-settings", settings).json() == settings
    assert main_user.get("/v1/reminder-settings").json() == settings
    assert kinds(main_user) == [("hours_running_out", "open")]
    twice = staff.put("/v1/reminder-settings", settings | {"closing_soon_days": [7, 7]})
    assert (twice.json()["errors"][0]["pointer"], twice.status_code) == ("/closing_soon_days/1", 422)
    stale = staff.put("/v1/reminder-settings", settings, headers={"If-Match": '"0"'})
    assert refusal(stale) == (412, "precondition-failed")
    # Another study centre keeps its own settings. This one's audit has the change.
    assert centre.rows("SELECT action, subject_id FROM audit_entries") == [("reminder-settings.changed", centre.id)]


def test_hours_going_unused_are_given_back_in_the_last_window(centre: Centre, main_user: Person, central: UUID) -> None:
    centre.change_window()
    centre.deadline("change_window", date(2023, 8, 14), date(2023, 8, 25))
    centre.post(2023, pool_change(1000), grant(central, 100), reservation(central, central, 49))
    assert ("hours_going_unused", "upcoming") not in kinds(main_user)
    centre.clock(2023, 8, 14)
    (task,) = tasks(main_user)
    assert (task["kind"], task["call"]["body"]["hours"]) == ("hours_going_unused", 51)
    assert main_user.post(task["call"]["path"], task["call"]["body"]).status_code == 201
    # All remaining hours are in use now, so that the window's task is the usual one, and is done.
    assert kinds(main_user) == [("hours_running_out", "done")]


def test_granted_hours_are_to_be_distributed_where_there_are_units(
    centre: Centre, main_user: Person, central: UUID
) -> None:
    centre.clock(2022, 12, 1)
    centre.post(2023, pool_change(1000), grant(central, 100))
    assert kinds(main_user) == []
    unit = centre.organisation(central)
    (task,) = tasks(main_user)
    assert (task["kind"], task["closes_on"], task["state"]) == ("hour_distribution", "2023-01-31", "open")
    etag = main_user.get(task["call"]["path"]).headers["ETag"]
    body = {"units": [{"unit_id": str(unit), "hours": 10}]}
    assert main_user.put(task["call"]["path"], body, headers={"If-Match": etag}).status_code == 200
    assert kinds(main_user) == [("hour_distribution", "done")]


def test_staff_decide(centre: Centre, main_user: Person, central: UUID) -> None:
    centre.deadline("proposal_round", date(2023, 10, 1), date(2023, 11, 30))
    centre.deadline("decision_period", date(2023, 11, 1), date(2023, 11, 30))
    centre.clock(2023, 11, 2)
    staff = centre.staff()
    assert kinds(staff) == [("hour_decisions", "done")]
    lines = [{"unit_id": str(central), "hours": 10}]
    made = main_user.post("/v1/hour-proposals", {"organisation_id": str(central), "year": 2024, "lines": lines})
    main_user.post(f"{made.headers['Location']}/submission")
    centre.post(2024, pool_change(1000))
    (task,) = tasks(staff)
    assert (task["kind"], task["state"], task["organisation_id"]) == ("hour_decisions", "open", None)
    plan = staff.post(task["call"]["path"], task["call"]["body"]).headers["Location"]
    staff.patch(plan, {"rows": {str(central): {"hours": 10}}})
    version = {"If-Match": staff.get(plan).headers["ETag"]}
    assert staff.post(f"{plan}/publication", headers=version).status_code == 200
    assert kinds(staff) == [("hour_decisions", "done")]


def test_staff_decide_requests_and_see_organisations_without_a_main_user(centre: Centre, central: UUID) -> None:
    staff = centre.staff()
    (task,) = tasks(staff)
    assert (task["kind"], task["organisation_name"]) == ("organisation_without_main_user", "Marttaliitto")
    assert staff.get(task["call"]["path"]).status_code == 200
    main_user = centre.main_user(central)
    assert tasks(staff) == []
    centre.change_window()
    centre.post(2023, pool_change(1000))
    request = {"organisation_id": str(central), "year": 2023, "hours": 10, "grounds": "Kysyntä kasvoi"}
    made = main_user.post("/v1/supplementary-hour-requests", request).json()
    (task,) = tasks(staff)
    assert (task["kind"], task["reference"]) == ("supplementary_request", made["reference"])
    assert staff.post(task["call"]["path"], task["call"]["body"]).status_code == 200
    assert tasks(staff) == []


@pytest.mark.parametrize("has_period", [True, False])
def test_what_is_undecided_stays_among_the_staffs_tasks_whatever_its_year(
    centre: Centre, main_user: Person, central: UUID, has_period: bool
) -> None:
    centre.change_window()
    centre.deadline("proposal_round", date(2023, 10, 1), date(2023, 11, 30))
    if has_period:
        centre.deadline("decision_period", date(2023, 11, 1), date(2023, 11, 30))
    centre.post(2023, pool_change(1000))
    request = {"organisation_id": str(central), "year": 2023, "hours": 10, "grounds": "Kysyntä kasvoi"}
    asked = main_user.post("/v1/supplementary-hour-requests", request)
    centre.clock(2023, 10, 16)
    lines = [{"unit_id": str(central), "hours": 10}]
    proposed = main_user.post("/v1/hour-proposals", {"organisation_id": str(central), "year": 2024, "lines": lines})
    main_user.post(f"{proposed.headers['Location']}/submission")
    staff = centre.staff()
    for day in (date(2023, 12, 1), date(2024, 1, 30), date(2024, 7, 1), date(2027, 2, 1)):
        centre.clock(day.year, day.month, day.day)
        found = {(task["kind"], task["year"], task["closes_on"], task["state"]) for task in tasks(staff)}
        days = ("2023-11-30", "late") if has_period else (None, "open")
        assert found == {("hour_decisions", 2024, *days), ("supplementary_request", 2023, None, "open")}
    centre.close(2023)
    assert main_user.get(asked.headers["Location"]).json()["state"] == "expired"
    assert [task["kind"] for task in tasks(staff)] == ["hour_decisions"]


def test_a_cancelled_return_leaves_the_task_of_its_window_undone(
    centre: Centre, main_user: Person, central: UUID
) -> None:
    centre.change_window()
    centre.post(2023, pool_change(1000), grant(central, 100), reservation(central, central, 60))
    assert kinds(main_user, kind="change_window") == [("change_window", "open")]
    made = main_user.post("/v1/hour-returns", {"organisation_id": str(central), "year": 2023, "hours": 10})
    assert kinds(main_user, kind="change_window") == [("change_window", "done")]
    assert main_user.post(f"{made.headers['Location']}/cancellation").status_code == 200
    assert kinds(main_user, kind="change_window") == [("change_window", "open")]


def test_tasks_and_events_name_the_reference_of_what_they_are_about(centre: Centre) -> None:
    candidate = Candidate.of(centre, signatory_in_person=True)
    assert candidate.signatory
    location = candidate.drafted()
    reference = candidate.applicant.get(location).json()["reference"]
    (task,) = tasks(candidate.applicant, kind="main_user_application_draft")
    assert task["reference"] == reference
    assert candidate.applicant.post(f"{location}/submission").status_code == 200
    (task,) = tasks(candidate.signatory, kind="main_user_application_to_sign")
    assert task["reference"] == reference
    feed = candidate.signatory.post("/v1/me/calendar-feeds", {"name": "Puhelin"}).json()
    events = Calendar.from_ical(candidate.signatory.get(feed["address"]).content).walk("VEVENT")
    assert [f"Viite: {reference}" in str(event["DESCRIPTION"]).splitlines() for event in events] == [True]
    for person in (candidate.applicant, candidate.signatory):
        candidate.sign_here(person, location)
    (task,) = tasks(candidate.staff, kind="main_user_application")
    assert task["reference"] == reference


def test_an_allotment_request_is_a_task_with_its_reference(centre: Centre, main_user: Person, central: UUID) -> None:
    unit = centre.organisation(central)
    manager = centre.person("unit_manager", unit)
    centre.post(2023, pool_change(100), grant(central, 100))
    body = {"unit_id": str(unit), "year": 2023, "hours": 5, "grounds": "Uusi kurssi"}
    made = manager.post("/v1/allotment-requests", body).json()
    (task,) = tasks(main_user, kind="allotment_request")
    assert task["reference"] == made["reference"]


def test_nobody_has_the_task_to_decide_what_they_sent_under_another_record(
    centre: Centre, main_user: Person, central: UUID
) -> None:
    unit = centre.organisation(central)
    manager = centre.person("unit_manager", unit)
    centre.post(2023, pool_change(100), grant(central, 100))
    body = {"unit_id": str(unit), "year": 2023, "hours": 5, "grounds": "Uusi kurssi"}
    assert manager.post("/v1/allotment-requests", body).status_code == 201
    other = centre.main_user(central)
    assert len(tasks(main_user, kind="allotment_request")) == len(tasks(other, kind="allotment_request")) == 1
    merger = {"person_id": str(manager.id), "reason": "Sama ihminen"}
    assert centre.staff().post(f"/v1/people/{main_user.id}/merger", merger).status_code == 200
    assert tasks(main_user, kind="allotment_request") == []
    assert len(tasks(other, kind="allotment_request")) == 1


def test_a_person_without_a_role_applies_for_one(centre: Centre) -> None:
    assert kinds(centre.person()) == [("role_to_apply_for", "open")]
    assert kinds(centre.person("auditor")) == []


def test_titles_are_in_the_persons_language(centre: Centre, main_user: Person) -> None:
    centre.change_window()
    centre.owner.execute("UPDATE persons SET language = 'sv' WHERE id = %s", [main_user.id])
    assert "ansök om tilläggstimmar" in tasks(main_user)[0]["title"]
    centre.owner.execute("UPDATE organisations SET name_sv = 'Marthaförbundet', name_en = 'The Marthas'")
    (task,) = tasks(main_user)
    assert task["title"].startswith("Marthaförbundet: ansök om tilläggstimmar")
    assert task["organisation_name"] == "Marthaförbundet"
    assert main_user.get("/v1/me/tasks").headers["Content-Language"] == "sv"


def test_staff_see_names_of_organisations_in_their_own_language(centre: Centre) -> None:
    staff = centre.staff()
    centre.owner.execute("UPDATE persons SET language = 'en' WHERE id = %s", [staff.id])
    alone = centre.organisation(name="Marttaliitto", name_sv="Marthaförbundet", name_en="The Marthas")
    applicant = centre.person()
    role = {"organisation_id": str(alone), "role": "training_manager"}
    assert applicant.post("/v1/role-applications", role).status_code == 201
    names = {task["kind"]: task["organisation_name"] for task in tasks(staff)}
    assert names == {"organisation_without_main_user": "The Marthas", "role_application": "The Marthas"}


def test_tasks_are_paged_and_filtered(centre: Centre, main_user: Person) -> None:
    centre.change_window()
    centre.deadline("proposal_round", date(2023, 3, 1), date(2023, 3, 20))
    centre.deadline("change_window", date(2023, 4, 14), date(2023, 4, 25))
    answer = main_user.get(PATH, params={"limit": 2, "include": "total"}).json()
    assert answer["total"] == 3
    following = main_user.get(PATH, params={"limit": 2, "cursor": answer["next_cursor"]}).json()
    assert following["next_cursor"] is None
    days = [task["closes_on"] for task in [*answer["items"], *following["items"]]]
    assert days == ["2023-03-20", "2023-03-25", "2023-04-25"]
    assert kinds(main_user, state="upcoming") == [("change_window", "upcoming")]
    assert kinds(main_user, organisation_id=str(centre.organisation())) == []


ORIGIN = "https://tunnit.example.org"


@pytest.fixture(scope="module")
def counted_service(database: Addresses) -> Iterator[str]:
    settings = Settings(database_url=database.service, secret_key=SECRET, sandbox=True, public_url=ORIGIN)
    with serving(create_app(settings, connection_class=CountedConnection)) as address:
        yield address


def test_the_questions_asked_do_not_grow_with_the_organisations(centre: Centre, counted_service: str) -> None:
    """The clock, the person, the settings, the pending actions, seven facts of a main user and four of the staff."""
    centre.address = counted_service
    centre.change_window()
    person = centre.staff()
    numbers = []
    for organisations in (1, 20):
        for _ in range(organisations):
            centre.grant(person.id, "main_user", centre.organisation())
        # The roles are looked up again after a write only.
        person.put("/v1/reminder-settings", {"closing_soon_days": [1], "running_out_percents": [], "unused_percent": 0})
        CountedConnection.round_trips = 0
        assert len(tasks(person, kind="change_window")) == (1 if organisations == 1 else 21)
        numbers.append(CountedConnection.round_trips)
    assert numbers == [20, 20]


def test_tasks_and_events_link_to_where_they_are_done(
    centre: Centre, main_user: Person, central: UUID, counted_service: str
) -> None:
    """Without a public URL, as in the other tests, there is no link."""
    centre.change_window()
    assert [task["link"] for task in tasks(main_user)] == [None]
    centre.address = counted_service
    main_user = centre.main_user(central)
    (task,) = tasks(main_user)
    operation = document()["paths"]["/v1/supplementary-hour-requests"]["post"]
    link = f"{ORIGIN}/docs#/{quote(operation['tags'][0])}/{operation['operationId']}"
    assert task["link"] == link
    feed = main_user.post("/v1/me/calendar-feeds", {"name": "Puhelin"}).json()
    with httpx.Client(base_url=counted_service, verify=NO_TLS) as subscriber:
        days = Calendar.from_ical(subscriber.get(feed["address"].removeprefix(ORIGIN)).content).walk("VEVENT")
    assert len(days) == 2
    for day in days:
        assert str(day["URL"]) == link
        assert str(day["DESCRIPTION"]).endswith(f"\n{link}")


def test_applications_of_several_people_have_titles_that_differ(
    centre: Centre, main_user: Person, central: UUID
) -> None:
    for name, role in (("Aino Aalto", "training_manager"), ("Eino Eerola", "training_manager")):
        applicant = centre.person()
        centre.owner.execute("UPDATE persons SET name = %s WHERE id = %s", [name, applicant.id])
        body = {"role": role, "organisation_id": str(central)}
        assert applicant.post("/v1/role-applications", body).status_code == 201
    assert {task["title"] for task in tasks(main_user, kind="role_application")} == {
        "Marttaliitto: tee päätös käyttöoikeushakemuksesta, Aino Aalto, koulutuksen vastuuhenkilö",
        "Marttaliitto: tee päätös käyttöoikeushakemuksesta, Eino Eerola, koulutuksen vastuuhenkilö",
    }
