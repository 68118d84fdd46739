"""`/v1/allotment-requests`."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from app.db.identifiers import new_id
from app.domain.hours.ledger import distribution, grant, pool_change, release, reservation
from app.local.embedded_postgres import Addresses
from tests.builders import Centre, Person, refusal
from tests.locks import another, until_one_waits

PATH = "/v1/allotment-requests"


@pytest.fixture
def central(centre: Centre) -> UUID:
    central = centre.organisation(name="Marttaliitto")
    centre.post(2023, pool_change(1000), grant(central, 500))
    return central


@pytest.fixture
def district(centre: Centre, central: UUID) -> UUID:
    """It has an allotment of 100, of which 30 are reserved."""
    district = centre.organisation(central, name="Hämeen piiri", kind="district")
    centre.post(2023, distribution(central, district, 100), reservation(central, district, 30))
    return district


@pytest.fixture
def manager(centre: Centre, district: UUID) -> Person:
    return centre.person("unit_manager", district)


def asked(unit: UUID, hours: int = 40, year: int = 2023) -> dict[str, Any]:
    return {"unit_id": str(unit), "year": year, "hours": hours, "grounds": "Kysyntä kasvoi"}


def made(manager: Person, unit: UUID, hours: int = 40) -> str:
    answer = manager.post(PATH, asked(unit, hours))
    assert answer.status_code == 201, answer.text
    return str(answer.headers["Location"])


def decide(person: Person, request: str, hours: int, **more: Any) -> httpx.Response:
    return person.post(f"{request}/decision", {"hours": hours, **more})


def withdraw(person: Person, request: str) -> httpx.Response:
    return person.post(f"{request}/withdrawal", key=False)


def allotted(person: Person, unit: UUID) -> int:
    return int(person.get(f"/v1/organisations/{unit}/hour-accounts/2023").json()["allotted"])


def key_of(centre: Centre, maker: Person, organisation: UUID) -> Person:
    body = {"organisation_id": str(organisation), "name": "Jäsenrekisteri", "scopes": ["hours:read", "hours:write"]}
    answer = maker.post("/v1/api-keys", body | {"expires_in_days": 30})
    assert answer.status_code == 201, answer.text
    client = httpx.Client(base_url=centre.address, headers={"Authorization": f"Bearer {answer.json()['key']}"})
    centre.clients.append(client)
    return Person(UUID(answer.json()["id"]), client)


def test_a_manager_asks_for_more_hours(manager: Person, central: UUID, district: UUID) -> None:
    answer = manager.post(PATH, asked(district))
    assert answer.status_code == 201
    request = answer.json()
    assert request["reference"] == "2023-0001"
    assert manager.get("/v1/references/2023-0001").json() == {
        "reference": "2023-0001",
        "type": "allotment_request",
        "id": request["id"],
        "organisation_id": str(district),
        "path": f"{PATH}/{request['id']}",
    }
    assert request | {"id": "", "reference": ""} == {
        "id": "",
        "reference": "",
        "unit_id": str(district),
        "unit_name": "Hämeen piiri",
        "central_organisation_id": str(central),
        "year": 2023,
        "hours": 40,
        "grounds": "Kysyntä kasvoi",
        "state": "submitted",
        "granted_hours": None,
        "reason": None,
        "submitted_by": str(manager.id),
        "submitted_by_name": "Aino Esimerkki",
        "submitted_at": "2023-03-15T12:00:00+02:00",
        "decided_by": None,
        "decided_by_name": None,
        "decided_at": None,
        "withdrawn_at": None,
        "expired_at": None,
        "expired_because": None,
    }
    assert answer.headers["Location"] == f"{PATH}/{request['id']}"
    fetched = manager.get(answer.headers["Location"])
    assert (fetched.json(), fetched.headers["ETag"]) == (request, answer.headers["ETag"])


@pytest.mark.parametrize(
    ("hours", "granted", "state", "kind"),
    [
        (40, 40, "approved", "distribution"),
        (40, 39, "partially_approved", "distribution"),
        (40, 0, "rejected", None),
        (-70, -70, "approved", "recall"),
        (-70, -1, "partially_approved", "recall"),
        (-70, 0, "rejected", None),
    ],
)
def test_a_decision_changes_the_allotment_and_the_revision_together(
    centre: Centre,
    main_user: Person,
    manager: Person,
    central: UUID,
    district: UUID,
    hours: int,
    granted: int,
    state: str,
    kind: str | None,
) -> None:
    request = made(manager, district, hours)
    answer = decide(main_user, request, granted, reason="Tasapuolisesti")
    assert answer.status_code == 200, answer.text
    fetched = main_user.get(request)
    assert (fetched.json(), fetched.headers["ETag"]) == (answer.json(), answer.headers["ETag"])
    # A unit manager does not see the people of the centre.
    assert manager.get(request).json() == answer.json() | {"decided_by_name": None}
    decided = answer.json()
    assert (decided["state"], decided["granted_hours"], decided["reason"]) == (state, granted, "Tasapuolisesti")
    assert (decided["decided_by"], decided["decided_at"]) == (str(main_user.id), "2023-03-15T12:00:00+02:00")
    assert allotted(main_user, district) == 100 + granted
    path = f"/v1/organisations/{central}/hour-distribution/2023"
    shown = main_user.get(path).json()
    assert shown["revision"] == (1 if granted else 0)
    assert shown["units"] == [{"unit_id": str(district), "hours": 100 + granted}]
    moved = centre.rows(
        "SELECT kind, hours, cause_id::text, actor_id FROM hour_transfers WHERE cause_type = 'allotment_request'"
    )
    assert moved == ([(kind, abs(granted), decided["id"], main_user.id)] if kind else [])
    (transfer, *_) = main_user.get(f"/v1/organisations/{district}/hour-transfers?year=2023").json()["items"]
    if kind:
        assert transfer["cause"] == {"type": "allotment_request", "id": decided["id"]} | {
            name: transfer["cause"][name] for name in transfer["cause"].keys() - {"type", "id"}
        }
    centre.check_ledger()


def test_a_distribution_that_was_read_before_the_decision_is_stale(
    main_user: Person, manager: Person, central: UUID, district: UUID
) -> None:
    path = f"/v1/organisations/{central}/hour-distribution/2023"
    etag = main_user.get(path).headers["ETag"]
    assert decide(main_user, made(manager, district), 40).status_code == 200
    answer = main_user.put(path, {"units": []}, headers={"If-Match": etag})
    assert refusal(answer) == (412, "precondition-failed")


@pytest.mark.parametrize(("hours", "granted"), [(40, 41), (40, -1), (-40, -41), (-40, 1)])
def test_decided_hours_lie_between_none_and_what_was_requested(
    main_user: Person, manager: Person, district: UUID, hours: int, granted: int
) -> None:
    answer = decide(main_user, made(manager, district, hours), granted)
    assert refusal(answer) == (422, "validation")
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [("/hours", "more-than-asked")]


@pytest.mark.parametrize("hours", [0, 10_000_001, -10_000_001])
def test_the_hours_are_bounded_and_never_0(manager: Person, district: UUID, hours: int) -> None:
    assert refusal(manager.post(PATH, asked(district, hours))) == (422, "validation")


def test_no_more_is_given_than_is_free(main_user: Person, manager: Person, district: UUID) -> None:
    request = made(manager, district, 401)
    answer = decide(main_user, request, 401)
    assert refusal(answer) == (409, "quota-exceeded")
    assert (answer.json()["available"], answer.json()["asked"]) == (400, 401)
    assert decide(main_user, request, 400).status_code == 200


def test_nothing_in_use_is_given_back(
    centre: Centre, main_user: Person, manager: Person, central: UUID, district: UUID
) -> None:
    answer = manager.post(PATH, asked(district, -71))
    assert refusal(answer) == (409, "allotment-in-use")
    assert [answer.json()[fact] for fact in ("unit_id", "in_use", "asked")] == [str(district), 30, 29]
    request = made(manager, district, -70)
    centre.post(2023, reservation(central, district, 1))
    assert refusal(decide(main_user, request, -70)) == (409, "allotment-in-use")
    assert decide(main_user, request, -69).status_code == 200


def test_a_unit_has_one_open_request_for_a_year(main_user: Person, manager: Person, district: UUID) -> None:
    request = made(manager, district)
    again = manager.post(PATH, asked(district, -5))
    assert refusal(again) == (409, "already-exists")
    assert again.json()["existing_id"] == request.rsplit("/", 1)[1]
    assert manager.post(PATH, asked(district, year=2024)).status_code == 201
    assert decide(main_user, request, 0).status_code == 200
    assert withdraw(manager, made(manager, district)).json()["state"] == "withdrawn"
    made(manager, district)


def test_of_simultaneous_requests_one_is_made(centre: Centre, district: UUID) -> None:
    managers = [centre.person("unit_manager", district) for _ in range(4)]
    with ThreadPoolExecutor(len(managers)) as pool:
        answers = list(pool.map(lambda manager: manager.post(PATH, asked(district)), managers))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert {refusal(answer) for answer in answers if answer.status_code == 409} == {(409, "already-exists")}


def test_a_request_is_decided_or_withdrawn_once(main_user: Person, manager: Person, district: UUID) -> None:
    for is_decided in (True, False):
        request = made(manager, district)
        assert (decide(main_user, request, 0) if is_decided else withdraw(manager, request)).status_code == 200
        for answer in (decide(main_user, request, 40), withdraw(manager, request)):
            assert refusal(answer) == (409, "wrong-state")
            assert answer.json()["allowed"] == ["submitted"]


def caller_of(centre: Centre, relation: str, central: UUID, unit: UUID) -> Person:
    match relation:
        case "staff" | "auditor" | "nobody":
            return centre.person(None if relation == "nobody" else relation)
        case "main_user":
            return centre.main_user(central)
        case "foreign_main_user":
            return centre.main_user(centre.organisation())
        case "training_manager":
            return centre.person("training_manager", unit)
    place = {
        "manager": unit,
        "manager_below": centre.organisation(unit),
        "manager_beside": centre.organisation(central),
    }
    return centre.person("unit_manager", place[relation])


RELATIONS = (
    "staff",
    "auditor",
    "main_user",
    "manager",
    "manager_below",
    "manager_beside",
    "training_manager",
    "foreign_main_user",
    "nobody",
)
HIDDEN = {"manager_below", "manager_beside", "foreign_main_user", "nobody"}


@pytest.mark.parametrize("relation", RELATIONS)
def test_who_may_do_what(centre: Centre, manager: Person, central: UUID, district: UUID, relation: str) -> None:
    person = caller_of(centre, relation, central, district)
    refused = 404 if relation in HIDDEN else 403
    unit = centre.organisation(district)
    body = asked(unit if relation != "manager_below" else district)
    assert person.post(PATH, body).status_code == (201 if relation == "manager" else refused)
    request = made(manager, district)
    assert person.get(request).status_code == (404 if relation in HIDDEN else 200)
    listed = person.get(PATH, params={"unit_id": str(district)}).json()["items"]
    assert len(listed) == (0 if relation in HIDDEN else 1)
    assert decide(person, request, 0).status_code == (200 if relation == "main_user" else refused)
    if relation == "main_user":
        request = made(manager, district)
    assert withdraw(person, request).status_code == (200 if relation == "manager" else refused)


def test_who_sent_a_request_does_not_decide_it_under_any_record(
    centre: Centre, main_user: Person, manager: Person, central: UUID, district: UUID
) -> None:
    centre.grant(main_user.id, "unit_manager", district)
    own = made(main_user, district)
    answer = decide(main_user, own, 0)
    assert refusal(answer) == (403, "forbidden")
    assert answer.json()["because"] == "own-matter"
    assert decide(centre.main_user(central), own, 0).status_code == 200
    sent = made(manager, district)
    centre.owner.execute("UPDATE persons SET merged_into = %s WHERE id = %s", [main_user.id, manager.id])
    assert refusal(decide(main_user, sent, 0)) == (403, "forbidden")


def test_a_key_asks_as_the_units_manager_and_decides_nothing(
    centre: Centre, main_user: Person, central: UUID, district: UUID
) -> None:
    key = key_of(centre, main_user, district)
    request = made(key, district)
    assert key.get(request).json()["submitted_by"] == str(key.id)
    # Its maker decides nothing that it sent.
    assert refusal(decide(main_user, request, 0)) == (403, "forbidden")
    of_centre = key_of(centre, main_user, central)
    assert refusal(decide(of_centre, request, 0)) == (403, "forbidden")
    assert refusal(of_centre.post(PATH, asked(district, year=2024))) == (403, "forbidden")
    assert withdraw(key, request).status_code == 200


def test_units_ask_for_nothing_if_their_centre_lets_them_propose_nothing(
    centre: Centre, main_user: Person, manager: Person, central: UUID, district: UUID
) -> None:
    request = made(manager, district)
    centre.owner.execute("UPDATE organisations SET units_propose = false WHERE id = %s", [central])
    answer = manager.post(PATH, asked(district, year=2024))
    assert refusal(answer) == (403, "forbidden")
    assert answer.json()["because"] == "units-propose-nothing"
    # What is open goes on.
    assert decide(main_user, request, 1).status_code == 200


def test_missing_and_out_of_reach_look_the_same(centre: Centre, manager: Person) -> None:
    for unit in (centre.organisation(centre.organisation()), new_id()):
        answer = manager.post(PATH, asked(unit))
        assert refusal(answer) == (404, "not-found")
        assert answer.json()["pointer"] == "/unit_id"
    assert refusal(manager.get(f"{PATH}/{new_id()}")) == (404, "not-found")
    assert refusal(manager.post(f"{PATH}/{new_id()}/decision", {"hours": 0})) == (404, "not-found")


def test_a_unit_that_has_ended_asks_for_nothing_and_is_given_nothing(
    centre: Centre, main_user: Person, manager: Person, district: UUID
) -> None:
    request = made(manager, district)
    centre.owner.execute("UPDATE organisations SET active_until = '2023-03-14' WHERE id = %s", [district])
    assert refusal(manager.post(PATH, asked(district, year=2024))) == (409, "not-a-member")
    assert refusal(decide(main_user, request, 40)) == (409, "not-a-member")
    assert decide(main_user, request, 0).json()["state"] == "rejected"


def test_a_former_members_units_get_nothing(
    centre: Centre, main_user: Person, manager: Person, central: UUID, district: UUID
) -> None:
    request = made(manager, district)
    centre.owner.execute("UPDATE organisations SET active_until = '2022-12-31' WHERE id = %s", [central])
    assert refusal(decide(main_user, request, 40)) == (409, "not-a-member")


def test_a_unit_that_may_not_run_courses_gets_no_more_and_may_give_back(
    main_user: Person, manager: Person, central: UUID, district: UUID
) -> None:
    path = f"/v1/organisations/{central}/training-rules"
    rules = {"kinds": ["central"], "units": None, "applications": "open", "unit_managers_decide": False}
    etag = main_user.get(path).headers["ETag"]
    assert main_user.put(path, rules | {"practice": None}, headers={"If-Match": etag}).status_code == 200
    more = made(manager, district)
    assert refusal(decide(main_user, more, 1)) == (409, "runs-no-trainings")
    withdraw(manager, more)
    assert decide(main_user, made(manager, district, -10), -10).status_code == 200


def test_a_unit_without_an_allotment_gets_its_first_by_a_request(
    centre: Centre, main_user: Person, central: UUID
) -> None:
    unit = centre.organisation(central)
    manager = centre.person("unit_manager", unit)
    assert refusal(manager.post(PATH, asked(unit, -1))) == (409, "allotment-in-use")
    assert decide(main_user, made(manager, unit, 25), 25).status_code == 200
    assert allotted(main_user, unit) == 25


def test_a_closing_ends_the_years_open_requests(
    centre: Centre, main_user: Person, manager: Person, district: UUID
) -> None:
    request, other = made(manager, district), manager.post(PATH, asked(district, year=2024)).headers["Location"]
    closed(centre)
    ended = manager.get(request).json()
    assert (ended["state"], ended["expired_because"]) == ("expired", "year_closed")
    assert ended["expired_at"] == "2024-01-19T12:00:00+02:00"
    assert manager.get(other).json()["state"] == "submitted"
    # Its end is final. Deciding and withdrawing meet the state, not the year.
    for answer in (decide(main_user, request, 40), decide(main_user, request, 0), withdraw(manager, request)):
        assert refusal(answer) == (409, "wrong-state")
        assert answer.json()["state"] == "expired"
    assert refusal(manager.post(PATH, asked(district))) == (409, "year-closed")
    assert [each["id"] for each in manager.get(PATH, params={"state": "expired"}).json()["items"]] == [ended["id"]]


def closed(centre: Centre) -> httpx.Response:
    """The closing of 2023, after its statements' last day and without reserved hours."""
    centre.clock(2024, 1, 19, 12)
    centre.deadline("cost_statement", None, date(2024, 1, 18), year=2024)
    [(central, unit)] = centre.rows(
        "SELECT central_organisation_id, organisation_id FROM hour_balances WHERE reserved > 0"
    )
    centre.post(2023, release(central, unit, 30))
    answer = centre.staff().post("/v1/hour-pools/2023/closing")
    assert answer.status_code == 200, answer.text
    return answer


def test_a_decision_and_a_closing_meet_in_order(
    centre: Centre, main_user: Person, manager: Person, district: UUID
) -> None:
    request = made(manager, district)
    with ThreadPoolExecutor(2) as pool:
        closing = pool.submit(closed, centre)
        decision = pool.submit(decide, main_user, request, 40)
    assert closing.result().status_code == 200
    answer, shown = decision.result(), manager.get(request).json()
    assert (answer.status_code, shown["state"]) in [(200, "approved"), (409, "expired"), (503, "expired")]
    assert centre.rows("SELECT count(*) FROM allotment_requests WHERE state = 'submitted'") == [(0,)]
    centre.check_ledger()


def test_a_request_made_during_a_closing_is_ended_by_it_or_refused(
    centre: Centre, manager: Person, district: UUID
) -> None:
    with ThreadPoolExecutor(2) as pool:
        closing = pool.submit(closed, centre)
        making = pool.submit(manager.post, PATH, asked(district))
    assert closing.result().status_code == 200
    assert making.result().status_code in {201, 409}
    states = {state for (state,) in centre.rows("SELECT state FROM allotment_requests")}
    assert states == ({"expired"} if making.result().status_code == 201 else set())


def test_of_a_decision_and_a_distribution_the_second_sees_the_first(
    centre: Centre, database: Addresses, main_user: Person, manager: Person, central: UUID, district: UUID
) -> None:
    request = made(manager, district, 400)
    path = f"/v1/organisations/{central}/hour-distribution/2023"
    etag = main_user.get(path).headers["ETag"]
    other = centre.organisation(central)
    body = {"units": [{"unit_id": str(district), "hours": 100}, {"unit_id": str(other), "hours": 400}]}
    with another(centre, database) as blocking, ThreadPoolExecutor(2) as pool:
        with blocking.owner.transaction():
            blocking.owner.execute("SELECT lock_hour_balances(2023::smallint, %s)", [central])
            decision = pool.submit(decide, main_user, request, 400)
            put = pool.submit(main_user.put, path, body, headers={"If-Match": etag})
            until_one_waits(centre, 2)
        answers = decision.result(), put.result()
    assert sorted(answer.status_code for answer in answers) in ([200, 409], [200, 412])
    assert main_user.get(path).json()["revision"] == 1
    centre.check_ledger()


def test_a_unit_that_moves_takes_no_request_along(centre: Centre, central: UUID, district: UUID) -> None:
    unit = centre.organisation(central, name="Siirtyvä")
    below = centre.organisation(unit)
    new = centre.organisation()
    manager = centre.person("unit_manager", unit)
    requests = [made(manager, unit), made(manager, below)]
    staff = centre.staff()
    organisation = f"/v1/organisations/{unit}"
    within = staff.patch(organisation, {"parent_id": str(district)})
    assert within.status_code == 200, within.text
    assert manager.get(requests[0]).json()["state"] == "submitted"
    answer = staff.patch(organisation, {"parent_id": str(new)})
    assert answer.status_code == 200, answer.text
    for request in requests:
        ended = manager.get(request).json()
        assert (ended["state"], ended["expired_because"]) == ("expired", "moved")
        assert ended["central_organisation_id"] == str(central)
    assert refusal(decide(centre.main_user(new), requests[0], 1)) == (409, "wrong-state")
    # It may ask its new centre.
    assert manager.post(PATH, asked(unit)).json()["central_organisation_id"] == str(new)


def test_lists_have_filters(centre: Centre, main_user: Person, manager: Person, district: UUID) -> None:
    association = centre.organisation(district)
    first, second = made(manager, district), made(manager, association)
    withdraw(manager, second)

    def ids(**params: Any) -> list[str]:
        items = main_user.get(PATH, params=params).json()["items"]
        return [f"{PATH}/{item['id']}" for item in items]

    assert ids() == [second, first]
    assert ids(unit_id=str(district)) == [first]
    assert ids(under=str(district)) == [second, first]
    assert ids(under=str(association)) == [second]
    assert ids(state="submitted") == [first]
    assert ids(state=["submitted", "withdrawn"], year=2023) == [second, first]
    assert ids(reference="2023-0002") == [second]
    assert ids(year=2022) == []
    assert ids(changed_since="2100-01-01T00:00:00+02:00") == []


def test_the_database_refuses_a_request_that_is_half_decided(centre: Centre, manager: Person, district: UUID) -> None:
    made(manager, district)
    for change in (
        "state = 'approved'",
        "state = 'approved', granted_hours = 39, decided_by = submitted_by, decided_at = now()",
        "state = 'partially_approved', granted_hours = -1, decided_by = submitted_by, decided_at = now()",
        "state = 'expired', expired_at = now()",
        "state = 'withdrawn'",
        "hours = 0",
    ):
        with pytest.raises(psycopg.errors.CheckViolation):
            centre.owner.execute(f"UPDATE allotment_requests SET {change}")


def test_a_request_is_a_task_of_the_main_users_who_may_decide_it(
    centre: Centre, main_user: Person, manager: Person, central: UUID, district: UUID
) -> None:
    def tasks(person: Person) -> list[dict[str, Any]]:
        items = person.get("/v1/me/tasks").json()["items"]
        return [task for task in items if task["kind"] == "allotment_request"]

    centre.grant(manager.id, "main_user", central)
    request = made(manager, district, -20)
    assert tasks(manager) == tasks(centre.staff()) == []
    (task,) = tasks(main_user)
    assert (task["organisation_id"], task["organisation_name"]) == (str(district), "Hämeen piiri")
    assert task["call"] == {"method": "POST", "path": f"{request}/decision", "body": {"hours": -20}}
    assert main_user.post(task["call"]["path"], task["call"]["body"]).status_code == 200
    assert tasks(main_user) == []
