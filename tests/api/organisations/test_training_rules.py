"""`/v1/organisations/{id}/training-rules`, and their effects."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.db.identifiers import new_id
from app.domain.hours.ledger import distribution, grant, pool_change
from tests.builders import Centre, Person, refusal

RULES = {"kinds": ["central", "district"], "applications": "by_invitation", "practice": "Piirit järjestävät."}


def path(organisation_id: UUID) -> str:
    return f"/v1/organisations/{organisation_id}/training-rules"


def put(person: Person, organisation_id: UUID, body: dict[str, Any], etag: str | None = None) -> httpx.Response:
    return person.put(path(organisation_id), body, headers={"If-Match": etag} if etag else {})


def test_everything_is_allowed_without_rules(main_user: Person, central: UUID) -> None:
    rules = main_user.get(path(central)).json()
    assert rules == {
        "organisation_id": str(central),
        "revision": 0,
        "kinds": ["central", "district", "association"],
        "units": None,
        "applications": "open",
        "unit_managers_decide": False,
        "activities": None,
        "topics": None,
        "plans_through_main_user": False,
        "practice": None,
        "changed_by": None,
        "changed_by_name": None,
        "changed_at": None,
    }


def test_the_rules_apply_to_the_whole_tree(centre: Centre, main_user: Person, central: UUID) -> None:
    unit = centre.organisation(central)
    answer = put(main_user, central, RULES | {"units": [str(unit)], "unit_managers_decide": True})
    assert answer.status_code == 200
    assert (answer.json()["revision"], answer.json()["units"]) == (1, [str(unit)])
    fetched = main_user.get(path(unit))
    assert (fetched.json(), fetched.headers["ETag"]) == (answer.json(), answer.headers["ETag"])
    seen_below = centre.person("training_manager", unit).get(path(unit)).json()
    assert seen_below == answer.json() | {"changed_by_name": None}
    facts = centre.rows("SELECT facts FROM audit_entries")[0][0]
    assert facts["practice_changed"] is True
    assert "Piirit" not in str(facts)


def test_rules_name_activities_and_topics_and_lead_plans_through_the_main_user(
    main_user: Person, central: UUID
) -> None:
    own = {"activities": ["training"], "topics": ["music", "crafts"], "plans_through_main_user": True}
    answer = put(main_user, central, RULES | own)
    assert answer.status_code == 200
    assert {name: answer.json()[name] for name in own} == own | {"topics": ["crafts", "music"]}
    every = put(main_user, central, RULES, answer.headers["ETag"]).json()
    assert (every["activities"], every["topics"], every["plans_through_main_user"]) == (None, None, False)


def test_present_rules_are_changed_in_the_version_that_was_seen(main_user: Person, central: UUID) -> None:
    etag = put(main_user, central, RULES).headers["ETag"]
    assert refusal(put(main_user, central, RULES)) == (428, "precondition-required")
    assert put(main_user, central, {"kinds": ["central"]}, etag).json()["practice"] is None
    assert refusal(put(main_user, central, RULES, etag)) == (412, "precondition-failed")


def test_only_one_of_two_simultaneous_first_rules_is_accepted(centre: Centre, main_user: Person, central: UUID) -> None:
    people = [main_user, centre.main_user(central)]
    barrier = Barrier(2)

    def run(person: Person) -> int:
        barrier.wait()
        return put(person, central, RULES).status_code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(run, people)) == [200, 428]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"kinds": []}, "/kinds"),
        ({"kinds": ["central", "central"]}, "/kinds/1"),
        ({"kinds": ["school"]}, "/kinds/0"),
        ({"kinds": ["central"], "activities": ["training", "training"]}, "/activities/1"),
        ({"kinds": ["central"], "activities": ["party"]}, "/activities/0"),
        ({"kinds": ["central"], "activities": []}, "/activities"),
        ({"kinds": ["central"], "topics": []}, "/topics"),
        ({"kinds": ["central"], "topics": ["music", "crafts", "music"]}, "/topics/2"),
        ({"kinds": ["central"], "topics": ["music", "beer"]}, "/topics/1"),
        ({"kinds": ["central"], "units": ["0176cc32-0980-7738-aa6b-f9b116cf3c05"] * 2}, "/units/1"),
    ],
)
def test_contradictory_rules_are_refused(main_user: Person, central: UUID, body: dict[str, Any], pointer: str) -> None:
    answer = put(main_user, central, body)
    assert refusal(answer) == (422, "validation")
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_units_in_the_rules_are_below_the_central_organisation(
    centre: Centre, main_user: Person, central: UUID
) -> None:
    for unit in (centre.organisation(), new_id()):
        answer = put(main_user, central, {"kinds": ["central"], "units": [str(central), str(unit)]})
        assert refusal(answer) == (404, "not-found")
        assert answer.json()["pointer"] == "/units/1"


def test_only_the_central_organisations_main_user_changes_its_rules(
    centre: Centre, main_user: Person, central: UUID
) -> None:
    unit = centre.organisation(central)
    assert refusal(put(centre.staff(), central, RULES)) == (403, "forbidden")
    assert refusal(put(centre.person("unit_manager", unit), unit, RULES)) == (403, "forbidden")
    assert refusal(put(main_user, unit, RULES)) == (409, "not-central")
    stranger = centre.main_user(centre.organisation())
    assert refusal(put(stranger, central, RULES)) == (404, "not-found")
    assert refusal(stranger.get(path(central))) == (404, "not-found")


def test_a_unit_that_may_not_run_courses_gets_no_hours(centre: Centre, main_user: Person, central: UUID) -> None:
    district, association = centre.organisation(central, kind="district"), centre.organisation(central)
    centre.post(2023, pool_change(1000), grant(central, 500))
    centre.post(2023, distribution(central, association, 40))
    put(main_user, central, {"kinds": ["central", "district"]})
    hours = f"/v1/organisations/{central}/hour-distribution/2023"

    def distribute(of_district: int, of_association: int) -> httpx.Response:
        units = [
            {"unit_id": str(district), "hours": of_district},
            {"unit_id": str(association), "hours": of_association},
        ]
        return main_user.put(hours, {"units": units}, headers={"If-Match": main_user.get(hours).headers["ETag"]})

    answer = distribute(100, 41)
    assert refusal(answer) == (409, "runs-no-trainings")
    assert (answer.json()["pointer"], answer.json()["unit_id"]) == ("/units/1", str(association))
    # It may keep what it has, and less.
    assert distribute(100, 40).status_code == 200
    assert distribute(100, 30).status_code == 200
    assert refusal(distribute(100, 31)) == (409, "runs-no-trainings")
