"""`/v1/audit-entries`."""

from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from app.db.identifiers import new_id
from app.local.embedded_postgres import Addresses
from tests.builders import Centre, Person, refusal

AUDIT = "/v1/audit-entries"


def entries(of: Person, **filters: Any) -> list[dict[str, Any]]:
    answer = of.get(AUDIT, params=filters)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def request_hours(central: UUID, by: Person) -> None:
    body = {"organisation_id": str(central), "year": 2023, "hours": 5, "grounds": "Tarve kasvoi"}
    assert by.post("/v1/supplementary-hour-requests", body).status_code == 201


def test_an_entry_has_the_actor_the_action_the_time_and_the_request(centre: Centre, central: UUID) -> None:
    centre.change_window()
    main_user = centre.main_user(central)
    body = {"organisation_id": str(central), "year": 2023, "hours": 5, "grounds": "Tarve kasvoi"}
    made = main_user.post("/v1/supplementary-hour-requests", body)
    [entry] = entries(main_user)
    assert entry["actor"] == {"id": str(main_user.id), "kind": "person", "name": "Aino Esimerkki"}
    assert entry["action"] == "supplementary-hour-request.submitted"
    assert entry["subject_id"] == made.json()["id"]
    assert entry["organisation_id"] == str(central)
    assert entry["facts"] == {"hours": 5}
    assert entry["request_id"] == made.headers["X-Request-Id"]
    assert entry["made_at"] == "2023-03-15T12:00:00+02:00"
    one = main_user.get(f"{AUDIT}/{entry['id']}")
    assert one.json() == entry
    assert one.headers["Cache-Control"] == "private, no-cache"


def test_days_and_times_are_written_as_everywhere_else(centre: Centre, central: UUID) -> None:
    body = {
        "person_id": str(centre.person().id),
        "role": "training_manager",
        "organisation_id": str(central),
        "ends_on": "2023-12-31",
        "reason": "Hoitaa koulutuksia",
    }
    staff = centre.staff()
    assert staff.post("/v1/role-grants", body).status_code == 201
    [entry] = entries(staff)
    facts = {name: entry["facts"][name] for name in ("valid_from", "valid_until", "last_day")}
    assert facts == {
        "valid_from": "2023-03-15T12:00:00+02:00",
        "valid_until": "2024-01-01T00:00:00+02:00",
        "last_day": "2023-12-31",
    }


def test_people_see_the_entries_within_their_reach(centre: Centre, central: UUID) -> None:
    centre.change_window()
    unit = centre.organisation(central)
    main_user, manager = centre.main_user(central), centre.person("unit_manager", unit)
    request_hours(central, main_user)
    own = {"organisation_id": str(unit), "year": 2024, "lines": [{"unit_id": str(unit), "hours": 5}]}
    assert manager.post("/v1/hour-proposals", own).status_code == 201
    actions = ["hour-proposal.made", "supplementary-hour-request.submitted"]
    found = entries(main_user)
    assert len(found) == 2
    assert found[1]["action"] == actions[1]
    assert [entry["actor"]["id"] for entry in entries(manager)] == [str(manager.id)]
    assert len(entries(centre.staff())) == len(entries(centre.person("auditor"))) == 2
    assert entries(centre.main_user(centre.organisation())) == []
    assert refusal(manager.get(f"{AUDIT}/{found[1]['id']}")) == (404, "not-found")
    assert refusal(manager.get(f"{AUDIT}/{new_id()}")) == (404, "not-found")
    assert centre.staff().get(f"{AUDIT}/{found[1]['id']}").status_code == 200


def test_entries_are_filtered(centre: Centre, central: UUID) -> None:
    centre.change_window()
    unit = centre.organisation(central)
    main_user, staff = centre.main_user(central), centre.staff()
    request_hours(central, main_user)
    [entry] = entries(staff)
    fitting: dict[str, Any] = {
        "organisation_id": central,
        "under": central,
        "actor_id": main_user.id,
        "subject_id": entry["subject_id"],
        "action": entry["action"],
        "from": "2023-03-15T12:00:00+02:00",
        "until": "2023-03-15T12:00:01+02:00",
    }
    assert entries(staff, **fitting) == [entry]
    other: dict[str, Any] = {
        "organisation_id": unit,
        "under": unit,
        "actor_id": staff.id,
        "subject_id": new_id(),
        "action": "hour-return.booked",
        "from": "2023-03-15T12:00:01+02:00",
        "until": "2023-03-15T12:00:00+02:00",
    }
    for name, value in other.items():
        assert entries(staff, **{name: value}) == [], name
    assert refusal(staff.get(AUDIT, params={"from": "2023-03-15"})) == (422, "validation")
    assert refusal(staff.get(AUDIT, params={"action": "%"})) == (422, "validation")


def test_an_entry_is_never_changed_or_removed(centre: Centre, central: UUID, database: Addresses) -> None:
    centre.change_window()
    request_hours(central, centre.main_user(central))
    options = f"-c app.study_centre_id={centre.id}"
    with psycopg.connect(database.service, options=options, autocommit=True) as service:
        for statement in (
            "UPDATE audit_entries SET reason = ''",
            "DELETE FROM audit_entries",
            "TRUNCATE audit_entries",
        ):
            with pytest.raises(InsufficientPrivilege):
                service.execute(statement)
