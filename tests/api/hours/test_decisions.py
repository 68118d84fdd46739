"""`/v1/hour-decisions`."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.db.identifiers import new_id
from app.domain.hours.ledger import pool_change
from app.sandbox.main import create_app
from app.settings import Settings
from tests.api.hours.conftest import PROPOSALS, League
from tests.builders import FOREVER, Centre, Person, refusal
from tests.round_trips import CountedConnection
from tests.server import NO_TLS, serving

PATH = "/v1/hour-decisions"


@pytest.fixture
def staff(centre: Centre) -> Person:
    """Staff of a study centre with 1,000 hours for 2024."""
    centre.post(2024, pool_change(1000))
    return centre.staff()


def batch(*items: dict[str, Any], year: int = 2024) -> dict[str, Any]:
    return {"year": year, "items": list(items)}


def item(organisation_id: UUID, hours: Any, **members: Any) -> dict[str, Any]:
    return {"organisation_id": str(organisation_id), "hours": hours} | members


def proposal(
    centre: Centre, organisation_id: UUID, hours: int, state: str = "submitted", included_in: UUID | None = None
) -> UUID:
    proposal_id, person = new_id(), centre.person()
    centre.owner.execute(
        "INSERT INTO hour_proposals (id, organisation_id, central_organisation_id, year, state, included_in, "
        "created_by, created_at, submitted_at) SELECT %s, id, central_organisation_id, 2024, %s, %s, %s, %s, %s "
        "FROM organisations WHERE id = %s",
        [proposal_id, state, included_in, person.id, FOREVER, FOREVER, organisation_id],
    )
    centre.owner.execute(
        "INSERT INTO hour_proposal_lines (proposal_id, ordinal, unit_id, hours) VALUES (%s, 1, %s, %s)",
        [proposal_id, organisation_id, hours],
    )
    return proposal_id


def test_a_batch_grants_many_their_hours(centre: Centre, staff: Person, central: UUID) -> None:
    other, third = centre.organisation(), centre.organisation()
    answer = staff.post(PATH, batch(item(central, 600, reason="Kasvoi"), item(other, 400), item(third, 0)))
    assert answer.status_code == 201
    assert "Location" not in answer.headers
    made = answer.json()["items"]
    assert made[0] == {
        "id": made[0]["id"],
        "reference": "2023-0001",
        "organisation_id": str(central),
        "organisation_name": "Marttaliitto",
        "year": 2024,
        "proposal_id": None,
        "asked": None,
        "hours": 600,
        "reason": "Kasvoi",
        "decided_by": str(staff.id),
        "decided_by_name": "Aino Esimerkki",
        "decided_at": "2023-03-15T12:00:00+02:00",
    }
    assert [decision["hours"] for decision in made] == [600, 400, 0]
    assert centre.rows("SELECT pool FROM hour_pools") == [(0,)]
    assert centre.rows("SELECT common FROM hour_balances ORDER BY common") == [(400,), (600,)]
    causes = "SELECT cause_id, hours FROM hour_transfers WHERE cause_type = 'hour_decision' ORDER BY hours"
    assert centre.rows(causes) == [(UUID(made[1]["id"]), 400), (UUID(made[0]["id"]), 600)]


def test_the_answer_equals_what_is_fetched_and_listed(centre: Centre, staff: Person, central: UUID) -> None:
    other = centre.organisation()
    made = staff.post(PATH, batch(item(central, 6), item(other, 4))).json()["items"]
    main_user = centre.main_user(central)
    assert main_user.get(f"{PATH}/{made[0]['id']}").json() == made[0]
    assert refusal(main_user.get(f"{PATH}/{made[1]['id']}")) == (404, "not-found")
    assert main_user.get(PATH).json()["items"] == made[:1]
    assert staff.get(PATH).json()["items"] == made[::-1]
    assert staff.get(PATH, params={"organisation_id": str(other), "year": 2024}).json()["items"] == made[1:]
    assert staff.get(PATH, params={"under": str(central)}).json()["items"] == made[:1]
    assert staff.get(PATH, params={"year": 2023}).json()["items"] == []


@pytest.mark.parametrize("names_it", [True, False])
def test_the_submitted_proposal_is_decided_with_what_it_includes(
    centre: Centre, staff: Person, central: UUID, names_it: bool
) -> None:
    proposal_id = proposal(centre, central, 700)
    unit, other = centre.organisation(central), centre.organisation()
    proposal(centre, unit, 300, "included", proposal_id)
    proposal(centre, other, 50, "draft")
    named = {"proposal_id": str(proposal_id)} if names_it else {}
    made = staff.post(PATH, batch(item(central, 600, **named), item(other, 10))).json()["items"]
    assert [(each["proposal_id"], each["asked"]) for each in made] == [(str(proposal_id), 700), (None, None)]
    states = dict(centre.rows("SELECT organisation_id, state FROM hour_proposals"))
    assert states == {central: "decided", unit: "decided", other: "expired"}


def test_the_whole_batch_stays_within_the_pool_or_none_of_it(centre: Centre, staff: Person, central: UUID) -> None:
    proposal_id = proposal(centre, central, 700)
    answer = staff.post(PATH, batch(item(central, 700), item(centre.organisation(), 301)))
    assert refusal(answer) == (409, "pool-exceeded")
    assert (answer.json()["available"], answer.json()["asked"]) == (1000, 1001)
    assert centre.rows("SELECT FROM hour_decisions") == []
    assert centre.rows("SELECT id, state FROM hour_proposals") == [(proposal_id, "submitted")]
    assert centre.rows("SELECT pool FROM hour_pools") == [(1000,)]


def test_a_second_decision_is_refused_with_the_first(centre: Centre, staff: Person, central: UUID) -> None:
    proposal_id = proposal(centre, central, 700)
    body = batch(item(central, 1, proposal_id=str(proposal_id)))
    first = staff.post(PATH, body).json()["items"][0]
    answer = staff.post(PATH, batch(item(centre.organisation(), 1), *body["items"]))
    assert refusal(answer) == (409, "already-exists")
    assert (answer.json()["pointer"], answer.json()["existing_id"]) == ("/items/1/organisation_id", first["id"])
    assert staff.post(PATH, batch(item(central, 0), year=2025)).status_code == 201


def test_the_same_organisation_twice_is_a_fault_of_shape(staff: Person, central: UUID) -> None:
    answer = staff.post(PATH, batch(item(central, 1), item(central, 2)))
    assert refusal(answer) == (422, "validation")
    assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [
        ("/items/1/organisation_id", "duplicate-item")
    ]


def test_the_refusal_of_an_unknown_organisation_has_its_pointer(centre: Centre, staff: Person, central: UUID) -> None:
    answer = staff.post(PATH, batch(item(central, 1), item(centre.organisation(), 1), item(new_id(), 1)))
    assert (refusal(answer), answer.json()["pointer"]) == ((404, "not-found"), "/items/2/organisation_id")
    assert centre.rows("SELECT FROM hour_decisions") == []


def test_the_proposal_of_another_organisation_is_not_found(centre: Centre, staff: Person, central: UUID) -> None:
    others = proposal(centre, centre.organisation(), 1)
    for proposal_id in (others, new_id()):
        answer = staff.post(PATH, batch(item(central, 1, proposal_id=str(proposal_id))))
        assert (refusal(answer), answer.json()["pointer"]) == ((404, "not-found"), "/items/0/proposal_id")


def test_a_proposal_that_is_not_submitted_is_not_decided(centre: Centre, staff: Person, central: UUID) -> None:
    proposal_id = proposal(centre, central, 1, "draft")
    answer = staff.post(PATH, batch(item(central, 1, proposal_id=str(proposal_id))))
    assert refusal(answer) == (409, "wrong-state")
    assert (answer.json()["state"], answer.json()["allowed"]) == ("draft", ["submitted"])
    assert answer.json()["pointer"] == "/items/0/proposal_id"


def test_a_unit_gets_no_decision_of_its_own(centre: Centre, staff: Person, central: UUID) -> None:
    answer = staff.post(PATH, batch(item(central, 1), item(centre.organisation(central), 1)))
    assert (refusal(answer), answer.json()["pointer"]) == ((409, "not-central"), "/items/1/organisation_id")


def test_a_year_outside_the_membership_is_refused(centre: Centre, staff: Person, central: UUID) -> None:
    centre.owner.execute("UPDATE organisations SET active_until = '2023-12-31' WHERE id = %s", [central])
    answer = staff.post(PATH, batch(item(central, 1)))
    assert (refusal(answer), answer.json()["pointer"]) == ((409, "not-a-member"), "/items/0/organisation_id")


def test_a_closed_year_is_refused(centre: Centre, staff: Person, central: UUID) -> None:
    centre.owner.execute("SELECT close_hour_year(2024::smallint, now())")
    assert refusal(staff.post(PATH, batch(item(central, 0)))) == (409, "year-closed")


def test_only_staff_decide(centre: Centre, staff: Person, central: UUID) -> None:
    for person in (centre.main_user(central), centre.person("auditor")):
        assert refusal(person.post(PATH, batch(item(central, 1)))) == (403, "forbidden")
    foreign = centre.main_user(central).post(PATH, batch(item(centre.organisation(), 1)))
    assert refusal(foreign) == (404, "not-found")
    assert refusal(staff.get(f"{PATH}/{new_id()}")) == (404, "not-found")


def test_nobody_decides_on_their_own_proposal(league: League) -> None:
    sender, of_unit, bystander = league.centre.staff(), league.manager, league.centre.staff()
    league.centre.post(2024, pool_change(1000))
    other = league.centre.organisation()
    # The sender is its main user for a while; the sender of a unit's included proposal has sent a part of it.
    league.centre.grant(sender.id, "main_user", league.central)
    part = league.submitted(of_unit, league.district)
    whole = league.draft(sender, league.central)
    sender.post(f"{PROPOSALS}/{whole['id']}/inclusions", {"proposal_ids": [part["id"]]})
    assert sender.post(f"{PROPOSALS}/{whole['id']}/submission").status_code == 200
    body = batch(item(other, 1), item(league.central, 1))
    for person in (sender, of_unit, league.main_user):
        league.centre.grant(person.id, "staff")
        answer = person.post(PATH, body)
        assert (refusal(answer), answer.json()["pointer"]) == ((403, "forbidden"), "/items/1/organisation_id")
    league.centre.owner.execute("DELETE FROM role_grants WHERE person_id = %s AND role = 'main_user'", [sender.id])
    assert refusal(sender.post(PATH, body)) == (403, "forbidden")
    assert bystander.post(PATH, body).status_code == 201
    actions = "SELECT subject_id FROM audit_entries WHERE action = 'hour-proposal.decided'"
    assert {row[0] for row in league.centre.rows(actions)} == {UUID(whole["id"]), UUID(part["id"])}


@pytest.mark.parametrize(
    ("items", "pointer"),
    [
        ([], "/items"),
        ([{"organisation_id": str(UUID(int=1)), "hours": -1}], "/items/0/hours"),
        ([{"organisation_id": str(UUID(int=1)), "hours": 1.5}], "/items/0/hours"),
        ([{"organisation_id": str(UUID(int=1)), "hours": 10**12}], "/items/0/hours"),
        ([{"organisation_id": "x", "hours": 1}], "/items/0/organisation_id"),
        ([{"organisation_id": str(UUID(int=1)), "hours": 1, "state": "made"}], "/items/0/state"),
        ([{"organisation_id": str(UUID(int=1)), "hours": 1}] * 501, "/items"),
    ],
)
def test_the_faults_of_a_wrong_shape_have_pointers(staff: Person, items: Any, pointer: str) -> None:
    answer = staff.post(PATH, {"year": 2024, "items": items})
    assert refusal(answer) == (422, "validation")
    assert answer.json()["errors"][0]["pointer"] == pointer


def test_a_replay_decides_once_and_a_dry_run_never(centre: Centre, staff: Person, central: UUID) -> None:
    body = batch(item(central, 10))
    dry = staff.post(PATH, body, key=False, params={"validate_only": "true"})
    assert (dry.status_code, dry.json()["items"][0]["hours"]) == (201, 10)
    assert centre.rows("SELECT FROM hour_decisions") == []
    first = staff.post(PATH, body, key="one")
    again = staff.post(PATH, body, key="one")
    assert (again.status_code, again.content) == (201, first.content)
    assert centre.rows("SELECT common FROM hour_balances") == [(10,)]
    assert refusal(staff.post(PATH, body, key=False)) == (400, "idempotency-key-required")


def test_only_one_of_two_simultaneous_batches_decides(centre: Centre, central: UUID, staff: Person) -> None:
    others = [centre.organisation() for _ in range(6)]
    bodies = [batch(item(central, 100), item(other, 50)) for other in others]
    people = [centre.staff() for _ in bodies]
    with ThreadPoolExecutor(len(bodies)) as threads:
        answers = list(threads.map(lambda sent: sent[0].post(PATH, sent[1]), zip(people, bodies, strict=True)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5
    made = next(answer for answer in answers if answer.status_code == 201).json()["items"][0]
    for answer in answers:
        if answer.status_code == 409:
            assert refusal(answer) == (409, "already-exists")
            assert answer.json()["existing_id"] == made["id"]
    assert staff.get("/v1/hour-pools/2024").json()["available"] == 1000 - 150


def test_five_hundred_decisions_take_as_many_round_trips_as_one(
    centre: Centre, settings: Settings, staff: Person
) -> None:
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
        assert few <= 15
        assert send(client, [centre.organisation() for _ in range(500)]) == few
