"""Hours of peer groups beside those of training courses: pools, accounts, transfers, corrections and the closing."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from app.db.identifiers import new_id
from app.domain.hours.drawing import reversals_of
from app.domain.hours.ledger import (
    distribution,
    grant,
    pool_change,
    release,
    reservation,
    use,
)
from app.local.embedded_postgres import Addresses
from tests.builders import Centre, Person, refusal
from tests.locks import another, until_one_waits

POOLS = "/v1/hour-pools"
CORRECTIONS = "/v1/hour-corrections"
PEERS = {"hour_type": "peer_group"}


@pytest.fixture
def staff(centre: Centre) -> Person:
    return centre.staff()


@pytest.fixture
def central(centre: Centre) -> UUID:
    """Has 500 hours of 2022 for training courses and 40 for peer groups."""
    central = centre.organisation(name="Marttaliitto", draws_on="allotment_only")
    centre.post(2022, pool_change(1000), grant(central, 500))
    centre.post(2022, pool_change(100), grant(central, 40), hour_type="peer_group")
    return central


@pytest.fixture
def unit(centre: Centre, central: UUID) -> UUID:
    unit = centre.organisation(central)
    centre.post(2022, distribution(central, unit, 60))
    return unit


def items_of(reader: Person, path: str, **params: Any) -> list[dict[str, Any]]:
    answer = reader.get(path, params=params)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def test_each_type_has_a_pool_of_its_own(centre: Centre, staff: Person) -> None:
    assert staff.put(f"{POOLS}/2023", {"hours": 500}).json()["hour_type"] == "training"
    answer = staff.put(f"{POOLS}/2023", {"hours": 80}, params=PEERS)
    assert answer.status_code == 200
    assert answer.json() == {
        "year": 2023,
        "hour_type": "peer_group",
        "hours": 80,
        "granted": 0,
        "returned": 0,
        "available": 80,
        "state": "open",
        "closed_at": None,
    }
    fetched = staff.get(f"{POOLS}/2023", params=PEERS)
    assert (fetched.json(), fetched.headers["ETag"]) == (answer.json(), answer.headers["ETag"])
    assert staff.get(f"{POOLS}/2023").json()["hours"] == 500
    stale = {"If-Match": staff.get(f"{POOLS}/2023").headers["ETag"]}
    assert refusal(staff.put(f"{POOLS}/2023", {"hours": 9}, params=PEERS, headers=stale)) == (
        412,
        "precondition-failed",
    )
    assert [pool["hours"] for pool in items_of(staff, POOLS)] == [500]
    assert [pool["hours"] for pool in items_of(staff, POOLS, **PEERS)] == [80]
    assert centre.rows("SELECT facts FROM audit_entries WHERE action = 'hour-pool.set' ORDER BY id") == [
        ({"year": 2023, "hours": 500},),
        ({"year": 2023, "hours": 80, "hour_type": "peer_group"},),
    ]
    assert staff.get(f"{POOLS}/2024", params=PEERS).json()["hours"] == 0
    assert refusal(staff.get(f"{POOLS}/2023", params={"hour_type": "other"})) == (422, "validation")


@pytest.mark.usefixtures("central")
def test_a_pool_never_falls_below_what_was_granted_of_its_type(staff: Person) -> None:
    version = {"If-Match": staff.get(f"{POOLS}/2022", params=PEERS).headers["ETag"]}
    answer = staff.put(f"{POOLS}/2022", {"hours": 39}, params=PEERS, headers=version)
    assert (refusal(answer), answer.json()["lowest"]) == ((409, "pool-exceeded"), 40)


def test_accounts_are_of_one_type(centre: Centre, central: UUID, unit: UUID) -> None:
    reader = centre.main_user(central)
    drawn = [reservation(central, central, 12), use(central, central, 5), release(central, central, 1)]
    centre.post(2022, *drawn, hour_type="peer_group")
    path = f"/v1/organisations/{central}/hour-accounts/2022"
    peers = reader.get(path, params=PEERS).json()
    assert peers == {
        "organisation_id": str(central),
        "year": 2022,
        "hour_type": "peer_group",
        "granted": 40,
        "distributed": 0,
        "reserved": 6,
        "used": 5,
        "returned": 0,
        "lapsed": 0,
        "available": 29,
        "units": [],
    }
    later = {"at": "2023-03-15T12:00:00+02:00", **PEERS}
    assert reader.get(path, params=later).json() == peers
    trainings = reader.get(path).json()
    assert (trainings["hour_type"], trainings["granted"], trainings["used"]) == ("training", 500, 0)
    explained = reader.get(f"{path}/explanation", params=PEERS).json()
    steps = {step["kind"]: step["hours"] for step in explained["steps"]}
    assert (explained["hour_type"], explained["available"], steps) == (
        "peer_group",
        29,
        {"grant": 40, "reservation": -12, "release": 1},
    )
    # Every unit draws hours of peer groups from common, also where the setting limits it to its allotment.
    of_unit = f"/v1/organisations/{unit}/hour-accounts/2022"
    assert reader.get(of_unit).json()["common_available"] is None
    account = reader.get(of_unit, params=PEERS).json()
    assert (account["hour_type"], account["allotted"], account["common_available"]) == ("peer_group", 0, 29)


@pytest.mark.parametrize("hour_type", ["training", "peer_group"])
def test_a_list_of_accounts_has_the_single_accounts_of_its_type(
    centre: Centre, staff: Person, central: UUID, unit: UUID, hour_type: str
) -> None:
    centre.post(2022, reservation(central, central, 9), hour_type="peer_group")
    centre.post(2023, pool_change(5), grant(central, 5), hour_type="peer_group")
    for level, organisation in (("central", central), ("units", unit)):
        answer = staff.get("/v1/hour-accounts", params={"year": 2022, "level": level, "hour_type": hour_type})
        [item] = answer.json()["items"]
        account = staff.get(
            f"/v1/organisations/{organisation}/hour-accounts/2022", params={"hour_type": hour_type}
        ).json()
        account.pop("units", None)
        assert {name: item[name] for name in account} == account
        assert answer.json()["totals"]["available"] == item["available"]
    [next_year] = items_of(staff, "/v1/hour-accounts", year=2023, hour_type=hour_type)
    before = next_year["previous_year"]
    assert (before["granted"], before["used"]) == ((500, 0) if hour_type == "training" else (40, 0))


def test_a_proposal_is_none_of_hours_of_peer_groups(centre: Centre, staff: Person, central: UUID) -> None:
    centre.deadline("proposal_round", date(2023, 3, 1), date(2023, 3, 31), hours_year=2024)
    main_user = centre.main_user(central)
    lines = [{"unit_id": str(central), "hours": 7}]
    made = main_user.post("/v1/hour-proposals", {"organisation_id": str(central), "year": 2024, "lines": lines})
    assert made.status_code == 201, made.text
    assert main_user.post(f"{made.headers['Location']}/submission").status_code == 200
    proposed = {
        hour_type: items_of(staff, "/v1/hour-accounts", year=2024, hour_type=hour_type)[0]["proposed"]
        for hour_type in ("training", "peer_group")
    }
    assert proposed == {"training": 7, "peer_group": None}


def test_transfers_are_listed_by_type(staff: Person, central: UUID) -> None:
    for path in ("/v1/hour-transfers", f"/v1/organisations/{central}/hour-transfers"):
        assert [item["hours"] for item in items_of(staff, path, year=2022) if item["kind"] == "grant"] == [500]
        peers = items_of(staff, path, year=2022, **PEERS)
        assert [(item["kind"], item["hours"], item["hour_type"]) for item in peers if item["kind"] == "grant"] == [
            ("grant", 40, "peer_group")
        ]
    answer = staff.get("/v1/hour-transfers", params=PEERS, headers={"Accept": "text/csv"})
    assert answer.text.splitlines()[0].rstrip().endswith("hour_type")


def test_a_reversal_is_listed_by_its_kind(centre: Centre, staff: Person, central: UUID) -> None:
    cause = new_id()
    centre.post(2022, reservation(central, central, 8), use(central, central, 8), cause=cause)
    centre.post(2022, *reversals_of(central, {central: 8}, year_is_closed=False), cause=cause)
    [item] = items_of(staff, "/v1/hour-transfers", kind="reversal")
    assert (item["from"]["account"], item["to"]["account"], item["cause"]["id"]) == ("used", "common", str(cause))
    explained = staff.get(f"/v1/organisations/{central}/hour-accounts/2022/explanation").json()
    [step] = [step for step in explained["steps"] if step["kind"] == "reversal"]
    assert (step["hours"], explained["available"]) == (8, 500)
    assert step["text"]["en"] == "Free again after decisions were reversed: 8 teaching hours."


def correct(staff: Person, organisation_id: UUID, hours: int, **more: Any) -> Any:
    body = {"organisation_id": str(organisation_id), "year": 2022, "hours": hours, "reason": "Näppäilyvirhe"}
    return staff.post(CORRECTIONS, body | more)


def test_a_correction_is_of_one_type(centre: Centre, staff: Person, central: UUID) -> None:
    assert correct(staff, central, 1).json()["hour_type"] == "training"
    made = correct(staff, central, 60, **PEERS)
    assert (made.status_code, made.json()["hour_type"]) == (201, "peer_group")
    assert staff.get(made.headers["Location"]).json() == made.json()
    # The pool of peer groups had 60, that of training courses has hundreds.
    answer = correct(staff, central, 1, **PEERS)
    assert (refusal(answer), answer.json()["available"]) == ((409, "pool-exceeded"), 0)
    answer = correct(staff, central, -101, **PEERS)
    assert (refusal(answer), answer.json()["available"]) == ((409, "quota-exceeded"), 100)
    [transfer] = [item for item in items_of(staff, "/v1/hour-transfers", **PEERS) if item["kind"] == "correction"]
    # What it puts right is a transfer of the same type.
    named = {"corrects_transfer_id": transfer["id"]}
    assert refusal(correct(staff, central, -60, **named)) == (404, "not-found")
    assert correct(staff, central, -60, **named, **PEERS).status_code == 201
    assert refusal(correct(staff, central, 1, hour_type="other")) == (422, "validation")
    facts = "SELECT facts->>'hour_type' FROM audit_entries WHERE action = 'hour-correction.made' ORDER BY id"
    assert centre.rows(facts) == [(None,), ("peer_group",), ("peer_group",)]


def test_decisions_and_distributions_know_nothing_of_peer_groups(
    centre: Centre, staff: Person, central: UUID, unit: UUID
) -> None:
    main_user = centre.main_user(central)
    path = f"/v1/organisations/{central}/hour-distribution/2022"
    version = {"If-Match": main_user.get(path).headers["ETag"]}
    units = [{"unit_id": str(unit), "hours": 501}]
    answer = main_user.put(path, {"units": units}, headers=version)
    assert (refusal(answer), answer.json()["available"]) == ((409, "quota-exceeded"), 440)
    other = centre.organisation()
    items = [{"organisation_id": str(other), "hours": 501}]
    answer = staff.post("/v1/hour-decisions", {"year": 2022, "items": items})
    assert (refusal(answer), answer.json()["available"]) == ((409, "pool-exceeded"), 500)


class TestClosing:
    @pytest.fixture(autouse=True)
    def last_day(self, centre: Centre) -> None:
        centre.deadline("cost_statement", None, date(2023, 1, 18))

    def test_free_hours_of_both_types_lapse(self, centre: Centre, staff: Person, central: UUID, unit: UUID) -> None:
        centre.post(2022, reservation(central, central, 10), use(central, central, 7), release(central, central, 3))
        drawn = [reservation(central, central, 8), use(central, central, 8)]
        cause = new_id()
        centre.post(2022, *drawn, cause=cause, hour_type="peer_group")
        answer = staff.post(f"{POOLS}/2022/closing", key="one")
        assert (answer.status_code, answer.json()["hour_type"], answer.json()["granted"]) == (200, "training", 500)
        assert staff.post(f"{POOLS}/2022/closing", key="one").json() == answer.json()
        rows = centre.rows("SELECT hour_type, organisation_id, lapsed, allotment_lapsed, closed FROM hour_balances")
        assert {row[:2]: row[2:] for row in rows} == {
            ("training", central): (500 - 7, 0, True),
            ("training", unit): (0, 60, True),
            ("peer_group", central): (40 - 8, 0, True),
        }
        pools = [staff.get(f"{POOLS}/2022", params={"hour_type": each}).json() for each in ("training", "peer_group")]
        assert [(pool["state"], pool["closed_at"], pool["available"]) for pool in pools] == [
            ("closed", answer.json()["closed_at"], 500),
            ("closed", answer.json()["closed_at"], 60),
        ]
        assert centre.rows("SELECT facts->'lapsed' FROM audit_entries WHERE action = 'hour-pool.closed'") == [
            (493 + 32,)
        ]
        assert refusal(staff.post(f"{POOLS}/2022/closing")) == (409, "year-closed")
        version = {"If-Match": staff.get(f"{POOLS}/2022", params=PEERS).headers["ETag"]}
        answer = staff.put(f"{POOLS}/2022", {"hours": 200}, params=PEERS, headers=version)
        assert refusal(answer) == (409, "year-closed")
        # Corrections change what has lapsed, and a reversal adds to it.
        assert correct(staff, central, -2, **PEERS).status_code == 201
        back = reversals_of(central, {central: 8}, year_is_closed=True)
        centre.post(2022, *back, cause=cause, hour_type="peer_group")
        path = f"/v1/organisations/{central}/hour-accounts/2022"
        account = staff.get(path, params=PEERS).json()
        assert (account["granted"], account["lapsed"], account["used"]) == (38, 38, 0)
        centre.check_ledger()

    @pytest.mark.parametrize("hour_type", ["training", "peer_group"])
    def test_both_types_are_free_of_reservations(
        self, centre: Centre, staff: Person, central: UUID, hour_type: Any
    ) -> None:
        centre.post(2022, reservation(central, central, 3), hour_type=hour_type)
        for params in ({}, {"validate_only": "true"}):
            answer = staff.post(f"{POOLS}/2022/closing", params=params)
            assert (refusal(answer), answer.json()["reserved"]) == ((409, "wrong-state"), 3)
        assert staff.get(f"{POOLS}/2022").json()["state"] == "open"

    def test_a_type_without_a_pool_is_closed_too(self, centre: Centre, staff: Person) -> None:
        central = centre.organisation()
        centre.post(2022, pool_change(10), grant(central, 10))
        assert staff.post(f"{POOLS}/2022/closing").status_code == 200
        shown = staff.get(f"{POOLS}/2022", params=PEERS).json()
        assert (shown["state"], shown["hours"]) == ("closed", 0)
        assert items_of(staff, POOLS, **PEERS) == []
        assert refusal(staff.put(f"{POOLS}/2022", {"hours": 5}, params=PEERS)) == (409, "year-closed")
        answer = correct(staff, central, 1, **PEERS)
        assert (refusal(answer), answer.json()["available"]) == ((409, "pool-exceeded"), 0)

    def test_closing_waits_for_hours_of_peer_groups_that_move(
        self, centre: Centre, database: Addresses, staff: Person, central: UUID
    ) -> None:
        with another(centre, database) as other, ThreadPoolExecutor() as threads:
            with other.owner.transaction():
                other.post(2022, reservation(central, central, 9), hour_type="peer_group")
                closing = threads.submit(staff.post, f"{POOLS}/2022/closing")
                until_one_waits(centre)
            answer = closing.result()
        assert (refusal(answer), answer.json()["reserved"]) == ((409, "wrong-state"), 9)

    def test_hours_of_peer_groups_that_move_later_find_the_year_closed(
        self, centre: Centre, database: Addresses, staff: Person
    ) -> None:
        """Also if they are the first of their type in the year."""
        with another(centre, database) as other, ThreadPoolExecutor() as threads:
            with other.owner.transaction():
                other.owner.execute("SELECT lock_hour_year(2022::smallint)")
                other.owner.execute("SELECT close_hour_year(2022::smallint, now())")
                coming = threads.submit(staff.put, f"{POOLS}/2022", {"hours": 5}, params=PEERS)
                until_one_waits(centre)
            assert refusal(coming.result()) == (409, "year-closed")
        assert staff.get(f"{POOLS}/2022", params=PEERS).json()["state"] == "closed"
