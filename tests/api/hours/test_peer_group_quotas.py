"""`/v1/peer-group-quotas`."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.db.identifiers import new_id
from app.domain.hours.ledger import grant, pool_change
from app.sandbox.main import create_app
from app.settings import Settings
from tests.builders import Centre, Person, refusal
from tests.round_trips import CountedConnection
from tests.server import NO_TLS, serving

PATH = "/v1/peer-group-quotas"
PEERS = {"hour_type": "peer_group"}


@pytest.fixture
def staff(centre: Centre) -> Person:
    """Staff of a study centre with 100 hours of peer groups for 2024, and 1,000 of training courses."""
    centre.post(2024, pool_change(1000))
    centre.post(2024, pool_change(100), hour_type="peer_group")
    return centre.staff()


def batch(*items: Mapping[str, Any], year: int = 2024) -> dict[str, Any]:
    return {"year": year, "items": list(items)}


def item(organisation_id: UUID, hours: Any, **members: Any) -> dict[str, Any]:
    return {"organisation_id": str(organisation_id), "hours": hours} | members


def test_a_batch_grants_many_their_hours_of_peer_groups(centre: Centre, staff: Person, central: UUID) -> None:
    other, third = centre.organisation(), centre.organisation()
    answer = staff.post(PATH, batch(item(central, 60, reason="Kahdeksan ryhmää"), item(other, 40), item(third, 0)))
    assert answer.status_code == 201
    assert "Location" not in answer.headers
    made = answer.json()["items"]
    assert made[0] == {
        "id": made[0]["id"],
        "reference": "2023-0001",
        "organisation_id": str(central),
        "organisation_name": "Marttaliitto",
        "year": 2024,
        "hours": 60,
        "reason": "Kahdeksan ryhmää",
        "decided_by": str(staff.id),
        "decided_by_name": "Aino Esimerkki",
        "decided_at": "2023-03-15T12:00:00+02:00",
    }
    assert [(quota["hours"], quota["reference"], quota["reason"]) for quota in made[1:]] == [
        (40, "2023-0002", None),
        (0, "2023-0003", None),
    ]
    moved = "SELECT cause_id, kind, hour_type, hours FROM hour_transfers WHERE cause_type = 'peer_group_quota' "
    assert centre.rows(f"{moved} ORDER BY hours") == [
        (UUID(made[1]["id"]), "grant", "peer_group", 40),
        (UUID(made[0]["id"]), "grant", "peer_group", 60),
    ]
    recorded = "SELECT subject_id, reason, facts FROM audit_entries WHERE action = 'peer-group-quota.made' ORDER BY id"
    assert centre.rows(recorded)[0] == (
        UUID(made[0]["id"]),
        "Kahdeksan ryhmää",
        {"reference": "2023-0001", "year": 2024, "hours": 60},
    )
    centre.check_ledger()


def test_the_hours_of_courses_are_untouched(centre: Centre, staff: Person, central: UUID) -> None:
    """And those of peer groups by decisions: neither counts for the other."""
    assert staff.post(PATH, batch(item(central, 100))).status_code == 201
    assert staff.post("/v1/hour-decisions", batch(item(central, 300))).status_code == 201
    pools = {
        hour_type: staff.get("/v1/hour-pools/2024", params={"hour_type": hour_type}).json()
        for hour_type in ("training", "peer_group")
    }
    assert {name: (pool["granted"], pool["available"]) for name, pool in pools.items()} == {
        "training": (300, 700),
        "peer_group": (100, 0),
    }
    path = f"/v1/organisations/{central}/hour-accounts/2024"
    accounts = [staff.get(path, params={"hour_type": name}).json() for name in pools]
    assert [(account["granted"], account["available"]) for account in accounts] == [(300, 300), (100, 100)]
    centre.check_ledger()


def test_the_answer_equals_what_is_fetched_and_listed(centre: Centre, staff: Person, central: UUID) -> None:
    other = centre.organisation()
    made = staff.post(PATH, batch(item(central, 6), item(other, 4))).json()["items"]
    main_user, manager = centre.main_user(central), centre.person("unit_manager", centre.organisation(central))
    assert main_user.get(f"{PATH}/{made[0]['id']}").json() == made[0]
    assert refusal(main_user.get(f"{PATH}/{made[1]['id']}")) == (404, "not-found")
    assert main_user.get(PATH).json()["items"] == made[:1]
    # What is granted to the central organisation is out of a unit's reach, as decisions are.
    assert manager.get(PATH).json()["items"] == []
    assert staff.get(PATH).json()["items"] == centre.person("auditor").get(PATH).json()["items"] == made[::-1]
    for filters in (
        {"organisation_id": str(other), "year": 2024},
        {"reference": made[1]["reference"]},
        {"under": str(other)},
    ):
        assert staff.get(PATH, params=filters).json()["items"] == made[1:]
    assert staff.get(PATH, params={"year": 2023}).json()["items"] == []
    assert refusal(staff.get(f"{PATH}/{new_id()}")) == (404, "not-found")


def test_the_account_explains_its_hours_by_the_quota(centre: Centre, staff: Person, central: UUID) -> None:
    [made] = staff.post(PATH, batch(item(central, 6))).json()["items"]
    main_user = centre.main_user(central)
    path = f"/v1/organisations/{central}/hour-accounts/2024/explanation"
    [step] = main_user.get(path, params=PEERS).json()["steps"]
    assert (step["kind"], step["hours"]) == ("grant", 6)
    assert step["causes"] == [
        {
            "type": "peer_group_quota",
            "id": made["id"],
            "reference": made["reference"],
            "path": f"{PATH}/{made['id']}",
            "hours": 6,
        }
    ]
    named = main_user.get(f"/v1/references/{made['reference']}").json()
    assert (named["type"], named["path"]) == ("peer_group_quota", f"{PATH}/{made['id']}")
    listed = main_user.get("/v1/hour-transfers", params={"reference": made["reference"], **PEERS}).json()["items"]
    assert [(each["kind"], each["hours"]) for each in listed] == [("grant", 6)]
    assert centre.rows("SELECT * FROM references_astray") == []


def test_the_whole_batch_stays_within_the_pool_or_none_of_it(centre: Centre, staff: Person, central: UUID) -> None:
    """The pool of peer groups alone counts, however many hours of courses are free."""
    answer = staff.post(PATH, batch(item(central, 70), item(centre.organisation(), 31)))
    assert refusal(answer) == (409, "pool-exceeded")
    assert (answer.json()["available"], answer.json()["asked"]) == (100, 101)
    assert centre.rows("SELECT FROM peer_group_quotas") == []
    assert staff.get("/v1/hour-pools/2024", params=PEERS).json()["available"] == 100
    # Without a pool of the year there is nothing to grant.
    answer = staff.post(PATH, batch(item(central, 1), year=2025))
    assert (refusal(answer), answer.json()["available"]) == ((409, "pool-exceeded"), 0)


def test_a_second_quota_is_refused_with_the_first(centre: Centre, staff: Person, central: UUID) -> None:
    [first] = staff.post(PATH, batch(item(central, 1))).json()["items"]
    answer = staff.post(PATH, batch(item(centre.organisation(), 1), item(central, 1)))
    assert refusal(answer) == (409, "already-exists")
    assert (answer.json()["pointer"], answer.json()["existing_id"]) == ("/items/1/organisation_id", first["id"])
    assert len(staff.get(PATH).json()["items"]) == 1
    assert staff.post(PATH, batch(item(central, 0), year=2025)).status_code == 201


def test_the_refusal_of_an_unknown_organisation_has_its_pointer(centre: Centre, staff: Person, central: UUID) -> None:
    answer = staff.post(PATH, batch(item(central, 1), item(new_id(), 1)))
    assert (refusal(answer), answer.json()["pointer"]) == ((404, "not-found"), "/items/1/organisation_id")
    assert centre.rows("SELECT FROM peer_group_quotas") == []


def test_a_unit_gets_no_quota_of_its_own(centre: Centre, staff: Person, central: UUID) -> None:
    answer = staff.post(PATH, batch(item(central, 1), item(centre.organisation(central), 1)))
    assert (refusal(answer), answer.json()["pointer"]) == ((409, "not-central"), "/items/1/organisation_id")


def test_a_year_outside_the_membership_is_refused(centre: Centre, staff: Person, central: UUID) -> None:
    centre.owner.execute("UPDATE organisations SET active_until = '2023-12-31' WHERE id = %s", [central])
    answer = staff.post(PATH, batch(item(central, 1)))
    assert (refusal(answer), answer.json()["pointer"]) == ((409, "not-a-member"), "/items/0/organisation_id")


@pytest.mark.parametrize("year", [2022, 2024])
def test_a_closed_year_is_refused(centre: Centre, staff: Person, central: UUID, year: int) -> None:
    """Also where peer groups had no hours in it."""
    centre.post(2022, pool_change(10), grant(central, 10))
    centre.close(year)
    assert refusal(staff.post(PATH, batch(item(central, 0), year=year))) == (409, "year-closed")


def test_what_was_granted_lapses_when_the_year_is_closed(centre: Centre, staff: Person, central: UUID) -> None:
    assert staff.post(PATH, batch(item(central, 30))).status_code == 201
    centre.close(2024)
    account = staff.get(f"/v1/organisations/{central}/hour-accounts/2024", params=PEERS).json()
    assert (account["granted"], account["lapsed"], account["available"]) == (30, 30, 0)
    centre.check_ledger()


def test_only_staff_grant_quotas(centre: Centre, staff: Person, central: UUID) -> None:
    for person in (centre.main_user(central), centre.person("auditor")):
        assert refusal(person.post(PATH, batch(item(central, 1)))) == (403, "forbidden")
    foreign = centre.main_user(central).post(PATH, batch(item(centre.organisation(), 1)))
    assert refusal(foreign) == (404, "not-found")
    assert staff.post(PATH, batch(item(central, 1))).status_code == 201


def test_nobody_grants_to_their_own_organisation(centre: Centre, staff: Person, central: UUID) -> None:
    centre.grant(staff.id, "main_user", central)
    answer = staff.post(PATH, batch(item(centre.organisation(), 1), item(central, 0)))
    assert (refusal(answer), answer.json()["because"]) == ((403, "forbidden"), "own-matter")
    assert answer.json()["pointer"] == "/items/1/organisation_id"
    assert centre.staff().post(PATH, batch(item(central, 1))).status_code == 201


def test_no_hours_are_granted_where_two_decide(centre: Centre, staff: Person, central: UUID) -> None:
    other = centre.organisation()
    assert staff.patch("/v1/study-centre", {"decisions_by_two": True}).status_code == 200
    answer = staff.post(PATH, batch(item(central, 0), item(other, 1)))
    assert (refusal(answer), answer.json()["because"]) == ((403, "forbidden"), "quotas-not-by-two")
    assert answer.json()["most_hours"] == 0
    assert staff.post(PATH, batch(item(central, 0))).status_code == 201
    assert staff.patch("/v1/study-centre", {"decisions_by_two": False}).status_code == 200
    assert refusal(staff.post(PATH, batch(item(other, 1)))) == (403, "forbidden")
    centre.clock(2023, 3, 17)
    assert staff.post(PATH, batch(item(other, 1))).status_code == 201


@pytest.mark.parametrize(
    ("items", "pointer", "code"),
    [
        ([], "/items", "too-short"),
        ([item(UUID(int=1), 1), item(UUID(int=1), 2)], "/items/1/organisation_id", "duplicate-item"),
        ([item(UUID(int=1), -1)], "/items/0/hours", "greater-than-equal"),
        ([item(UUID(int=1), 1.5)], "/items/0/hours", "int-from-float"),
        ([item(UUID(int=1), 10**12)], "/items/0/hours", "less-than-equal"),
        ([item(UUID(int=1), 1, proposal_id=None)], "/items/0/proposal_id", "extra-forbidden"),
        ([item(UUID(int=1), 1)] * 501, "/items", "too-long"),
    ],
)
def test_the_faults_of_a_wrong_shape_have_pointers(staff: Person, items: Any, pointer: str, code: str) -> None:
    answer = staff.post(PATH, {"year": 2024, "items": items})
    assert refusal(answer) == (422, "validation")
    assert (answer.json()["errors"][0]["pointer"], answer.json()["errors"][0]["code"]) == (pointer, code)


def test_a_replay_grants_once_and_a_dry_run_never(centre: Centre, staff: Person, central: UUID) -> None:
    body = batch(item(central, 10))
    dry = staff.post(PATH, body, key=False, params={"validate_only": "true"})
    assert (dry.status_code, dry.json()["items"][0]["hours"], dry.json()["items"][0]["reference"]) == (201, 10, None)
    assert centre.rows("SELECT FROM peer_group_quotas") == []
    first = staff.post(PATH, body, key="one")
    again = staff.post(PATH, body, key="one")
    assert (again.status_code, again.content) == (201, first.content)
    assert centre.rows("SELECT common FROM hour_balances") == [(10,)]
    assert refusal(staff.post(PATH, body, key=False)) == (400, "idempotency-key-required")


def test_only_one_of_two_simultaneous_batches_grants(centre: Centre, central: UUID, staff: Person) -> None:
    bodies = [batch(item(central, 30), item(centre.organisation(), 20)) for _ in range(2)]
    people = [staff, centre.staff()]
    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(lambda sent: sent[0].post(PATH, sent[1]), zip(people, bodies, strict=True)))
    made, refused = sorted(answers, key=lambda answer: answer.status_code)
    assert (made.status_code, refusal(refused)) == (201, (409, "already-exists"))
    assert refused.json()["existing_id"] == made.json()["items"][0]["id"]
    assert staff.get("/v1/hour-pools/2024", params=PEERS).json()["available"] == 100 - 50
    centre.check_ledger()


def test_the_last_hours_of_the_pool_are_granted_once(centre: Centre, staff: Person) -> None:
    bodies = [batch(item(centre.organisation(), 60)) for _ in range(2)]
    people = [staff, centre.staff()]
    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(lambda sent: sent[0].post(PATH, sent[1]), zip(people, bodies, strict=True)))
    made, refused = sorted(answers, key=lambda answer: answer.status_code)
    assert (made.status_code, refusal(refused), refused.json()["available"]) == (201, (409, "pool-exceeded"), 40)


def test_five_hundred_quotas_take_as_many_round_trips_as_one(centre: Centre, settings: Settings, staff: Person) -> None:
    centre.post(2024, pool_change(1000), hour_type="peer_group")

    def send(client: httpx.Client, ids: list[UUID]) -> int:
        before = CountedConnection.round_trips
        headers = {"Idempotency-Key": str(new_id())}
        answer = client.post(PATH, json=batch(*(item(each, 1) for each in ids)), headers=headers)
        assert answer.status_code == 201
        return CountedConnection.round_trips - before

    with (
        serving(create_app(settings, CountedConnection)) as address,
        httpx.Client(base_url=address, headers=staff.client.headers, timeout=60, verify=NO_TLS) as client,
    ):
        send(client, [centre.organisation()])
        few = send(client, [centre.organisation()])
        assert send(client, [centre.organisation() for _ in range(500)]) == few
