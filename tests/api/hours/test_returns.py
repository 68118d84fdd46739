"""`/v1/hour-returns`."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from app.db.identifiers import new_id
from app.domain.hours.ledger import distribution, grant, pool_change, reservation
from app.local.embedded_postgres import Addresses
from tests.builders import Centre, Person, refusal
from tests.locks import another, until_one_waits

PATH = "/v1/hour-returns"


@pytest.fixture
def central(centre: Centre) -> UUID:
    """An organisation with 500 of the pool's 1,000 hours."""
    centre.change_window()
    central = centre.organisation(name="Marttaliitto")
    centre.post(2023, pool_change(1000), grant(central, 500))
    return central


def returned(central: UUID, hours: int = 100, **members: Any) -> dict[str, Any]:
    return {"organisation_id": str(central), "year": 2023, "hours": hours} | members


def test_unused_hours_go_back_to_the_pool(centre: Centre, main_user: Person, central: UUID) -> None:
    answer = main_user.post(PATH, returned(central, grounds="Kurssi peruuntui"))
    assert answer.status_code == 201
    booked = answer.json()
    assert booked == {
        "id": booked["id"],
        "reference": "2023-0001",
        "organisation_id": str(central),
        "organisation_name": "Marttaliitto",
        "year": 2023,
        "hours": 100,
        "grounds": "Kurssi peruuntui",
        "state": "booked",
        "booked_by": str(main_user.id),
        "booked_by_name": "Aino Esimerkki",
        "booked_at": "2023-03-15T12:00:00+02:00",
        "cancelled_by": None,
        "cancelled_by_name": None,
        "cancelled_at": None,
        "handler_id": None,
        "handler_name": None,
    }
    assert answer.headers["Location"] == f"{PATH}/{booked['id']}"
    assert centre.rows("SELECT pool, returned FROM hour_pools") == [(1000 - 500 + 100, 100)]
    assert centre.rows("SELECT common, returned FROM hour_balances") == [(500 - 100, 100)]
    assert centre.rows("SELECT cause_type, cause_id FROM hour_transfers WHERE kind = 'return'") == [
        ("hour_return", UUID(booked["id"]))
    ]


def test_the_answer_equals_what_is_fetched(centre: Centre, main_user: Person, central: UUID) -> None:
    answer = main_user.post(PATH, returned(central))
    fetched = main_user.get(answer.headers["Location"])
    assert fetched.json() == answer.json()
    assert fetched.headers["ETag"] == answer.headers["ETag"]
    assert centre.person("auditor").get(answer.headers["Location"]).json() == answer.json()


def test_returned_hours_can_be_granted_again(centre: Centre, main_user: Person, central: UUID) -> None:
    other = centre.organisation()
    asked = {"organisation_id": str(other), "year": 2023, "hours": 600, "grounds": "Kysyntä kasvoi"}
    request = centre.main_user(other).post("/v1/supplementary-hour-requests", asked).json()
    decision = f"/v1/supplementary-hour-requests/{request['id']}/decision"
    staff = centre.staff()
    assert refusal(staff.post(decision, {"hours": 600})) == (409, "pool-exceeded")
    main_user.post(PATH, returned(central, 100))
    assert staff.post(decision, {"hours": 600}).json()["state"] == "approved"


@pytest.mark.parametrize("hours", [201, 10_000_000])
def test_allotted_and_reserved_hours_cannot_be_returned(
    centre: Centre, main_user: Person, central: UUID, hours: int
) -> None:
    unit = centre.organisation(central)
    centre.post(2023, distribution(central, unit, 180), reservation(central, central, 120))
    answer = main_user.post(PATH, returned(central, hours))
    assert refusal(answer) == (409, "quota-exceeded")
    assert (answer.json()["available"], answer.json()["asked"]) == (500 - 180 - 120, hours)
    assert main_user.post(PATH, returned(central, 200)).status_code == 201


@pytest.mark.usefixtures("central")
def test_an_organisation_without_hours_returns_none(centre: Centre) -> None:
    other = centre.organisation()
    answer = centre.main_user(other).post(PATH, returned(other, 1))
    assert refusal(answer) == (409, "quota-exceeded")
    assert answer.json()["available"] == 0


def test_the_refusal_of_a_closed_window_names_the_next_one(centre: Centre, main_user: Person, central: UUID) -> None:
    centre.clock(2023, 3, 26)
    answer = main_user.post(PATH, returned(central))
    assert refusal(answer) == (409, "window-closed")
    assert answer.json()["kind"] == "change_window"
    assert answer.json()["closed_on"] == "2023-03-25"


def test_a_return_in_a_closed_year_is_refused(centre: Centre, main_user: Person, central: UUID) -> None:
    centre.owner.execute("UPDATE hour_pools SET closed_at = %s", [centre.clock(2023, 3, 15)])
    answer = main_user.post(PATH, returned(central))
    assert refusal(answer) == (409, "year-closed")
    assert answer.json()["year"] == 2023


def test_a_return_in_a_year_outside_the_membership_is_refused(centre: Centre, main_user: Person, central: UUID) -> None:
    centre.owner.execute("UPDATE organisations SET active_until = '2022-12-31' WHERE id = %s", [central])
    assert refusal(main_user.post(PATH, returned(central))) == (409, "not-a-member")


def test_a_unit_has_no_hours_of_its_own_to_return(centre: Centre, main_user: Person, central: UUID) -> None:
    assert refusal(main_user.post(PATH, returned(centre.organisation(central)))) == (409, "not-central")


def test_missing_and_out_of_reach_look_the_same(centre: Centre, main_user: Person) -> None:
    for organisation_id in (centre.organisation(), new_id()):
        answer = main_user.post(PATH, returned(organisation_id))
        assert refusal(answer) == (404, "not-found")
        assert answer.json()["pointer"] == "/organisation_id"
    assert refusal(main_user.get(f"{PATH}/{new_id()}")) == (404, "not-found")


def test_another_organisations_return_is_out_of_reach(centre: Centre, main_user: Person, central: UUID) -> None:
    location = main_user.post(PATH, returned(central)).headers["Location"]
    assert refusal(centre.main_user(centre.organisation()).get(location)) == (404, "not-found")


def test_only_the_main_user_returns(centre: Centre, central: UUID) -> None:
    for role, organisation_id in (("staff", None), ("auditor", None), ("unit_manager", central)):
        person = centre.person(role, organisation_id)
        assert refusal(person.post(PATH, returned(central))) == (403, "forbidden")


@pytest.mark.parametrize("hours", [0, -1, 1.5, "10", True, None, 10**12])
def test_hours_are_whole_and_bounded(main_user: Person, central: UUID, hours: Any) -> None:
    assert refusal(main_user.post(PATH, returned(central) | {"hours": hours})) == (422, "validation")


def test_without_a_key_nothing_moves(centre: Centre, main_user: Person, central: UUID) -> None:
    assert refusal(main_user.post(PATH, returned(central), key=False)) == (400, "idempotency-key-required")
    assert centre.rows("SELECT FROM hour_returns") == []


def test_a_replay_returns_the_hours_once(centre: Centre, main_user: Person, central: UUID) -> None:
    first = main_user.post(PATH, returned(central), key="one")
    centre.clock(2023, 4, 1)
    again = main_user.post(PATH, returned(central), key="one")
    assert (again.status_code, again.content) == (201, first.content)
    assert centre.rows("SELECT returned FROM hour_balances") == [(100,)]


def test_the_ledger_keeps_the_key_after_the_stored_answer_is_gone(
    centre: Centre, main_user: Person, central: UUID
) -> None:
    main_user.post(PATH, returned(central, 400), key="one")
    centre.owner.execute("DELETE FROM stored_answers")
    assert refusal(main_user.post(PATH, returned(central, 100), key="one")) == (409, "already-exists")
    assert centre.rows("SELECT returned FROM hour_balances") == [(400,)]
    assert len(centre.rows("SELECT FROM hour_returns")) == 1


def test_a_dry_run_returns_the_real_answer_and_moves_nothing(centre: Centre, main_user: Person, central: UUID) -> None:
    answer = main_user.post(PATH, returned(central), key=False, params={"validate_only": "true"})
    assert (answer.status_code, answer.json()["state"]) == (201, "booked")
    assert centre.rows("SELECT common FROM hour_balances") == [(500,)]
    assert centre.rows("SELECT FROM hour_returns") == []


def test_the_list_is_filtered_and_limited_to_reach(centre: Centre, main_user: Person, central: UUID) -> None:
    made = [main_user.post(PATH, returned(central, hours)).json()["id"] for hours in (1, 2)]
    other = centre.organisation()
    centre.post(2023, grant(other, 10))
    others = centre.main_user(other).post(PATH, returned(other, 3)).json()["id"]
    staff = centre.staff()

    def listed(person: Person, **filters: Any) -> list[str]:
        return [item["id"] for item in person.get(PATH, params=filters).json()["items"]]

    assert listed(main_user) == made[::-1]
    assert listed(staff) == [others, *made[::-1]]
    assert listed(staff, organisation_id=str(other)) == [others]
    assert listed(staff, under=str(central), year=2023, state="booked") == made[::-1]
    assert listed(staff, year=2022) == []


class TestCancellation:
    @pytest.fixture
    def booked(self, main_user: Person, central: UUID) -> str:
        """The path of a return of 100 hours."""
        return str(main_user.post(PATH, returned(central)).headers["Location"])

    def test_all_its_hours_come_back_from_the_pool(
        self, centre: Centre, main_user: Person, central: UUID, booked: str
    ) -> None:
        centre.clock(2023, 3, 16, 9)
        answer = main_user.post(f"{booked}/cancellation")
        assert answer.status_code == 200
        assert (answer.json()["state"], answer.json()["hours"]) == ("cancelled", 100)
        assert answer.json()["cancelled_by"] == str(main_user.id)
        assert answer.json()["cancelled_at"] == "2023-03-16T09:00:00+02:00"
        fetched = main_user.get(booked)
        assert (fetched.json(), fetched.headers["ETag"]) == (answer.json(), answer.headers["ETag"])
        account = main_user.get(f"/v1/organisations/{central}/hour-accounts/2023").json()
        assert (account["granted"], account["available"], account["returned"]) == (500, 500, 0)
        before = {"at": "2023-03-15T13:00:00+02:00"}
        past = main_user.get(f"/v1/organisations/{central}/hour-accounts/2023", params=before).json()
        assert (past["granted"], past["available"], past["returned"]) == (500, 400, 100)
        pool = centre.staff().get("/v1/hour-pools/2023").json()
        assert (pool["granted"], pool["available"], pool["returned"]) == (500, 500, 0)
        transfer = main_user.get(f"/v1/organisations/{central}/hour-transfers").json()["items"][0]
        assert (transfer["kind"], transfer["hours"]) == ("return_cancellation", 100)
        assert transfer["cause"] == {"type": "hour_return", "id": booked.rpartition("/")[2]}
        centre.check_ledger()

    def test_it_is_cancelled_once_and_a_replay_gets_the_first_answer(self, main_user: Person, booked: str) -> None:
        first = main_user.post(f"{booked}/cancellation", key="once")
        again = main_user.post(f"{booked}/cancellation", key="once")
        assert (again.status_code, again.content) == (200, first.content)
        refused = main_user.post(f"{booked}/cancellation")
        assert (refusal(refused), refused.json()["state"]) == ((409, "wrong-state"), "cancelled")
        assert refused.json()["allowed"] == ["booked"]

    def test_the_window_of_the_return_has_to_be_open(self, centre: Centre, main_user: Person, booked: str) -> None:
        centre.deadline("change_window", date(2023, 8, 14), date(2023, 8, 25))
        for day in ((2023, 3, 26), (2023, 8, 20)):
            centre.clock(*day)
            answer = main_user.post(f"{booked}/cancellation")
            assert refusal(answer) == (409, "window-closed")
            assert (answer.json()["opened_on"], answer.json()["closed_on"]) == ("2023-03-13", "2023-03-25")
            assert {answer.json()[fact] for fact in ("opens_on", "closes_on", "opens_at")} == {None}
            assert answer.json()["because"] == "window-of-return"
            assert answer.json()["detail"].startswith(
                "A return can be undone only in the change window in which it was"
            )
            assert "next" not in answer.json()["detail"]

    def test_an_extension_counts(self, centre: Centre, main_user: Person, central: UUID, booked: str) -> None:
        (deadline,) = centre.rows("SELECT id FROM deadlines")[0]
        extension = {"organisation_id": str(central), "closes_on": "2023-03-31", "reason": "Muutto"}
        assert centre.staff().post(f"/v1/deadlines/{deadline}/extensions", extension).is_success
        centre.clock(2023, 3, 31, 23, 59, 59)
        assert main_user.post(f"{booked}/cancellation").status_code == 200

    def test_a_return_whose_window_was_removed_is_not_undone(
        self, centre: Centre, main_user: Person, booked: str
    ) -> None:
        centre.owner.execute("DELETE FROM deadlines")
        answer = main_user.post(f"{booked}/cancellation")
        assert (refusal(answer), answer.json()["closed_on"]) == ((409, "window-closed"), None)

    def test_hours_that_others_were_granted_do_not_come_back(
        self, centre: Centre, main_user: Person, booked: str
    ) -> None:
        centre.post(2023, grant(centre.organisation(), 501))
        answer = main_user.post(f"{booked}/cancellation")
        assert refusal(answer) == (409, "pool-exceeded")
        assert (answer.json()["available"], answer.json()["asked"]) == (99, 100)
        assert main_user.get(booked).json()["state"] == "booked"

    def test_only_the_organisations_main_user_cancels(self, centre: Centre, central: UUID, booked: str) -> None:
        for person in (centre.staff(), centre.person("auditor")):
            assert refusal(person.post(f"{booked}/cancellation")) == (403, "forbidden")
        assert refusal(centre.main_user(centre.organisation()).post(f"{booked}/cancellation")) == (404, "not-found")
        assert centre.main_user(central).post(f"{booked}/cancellation").is_success

    def test_a_closed_year_and_an_ended_membership_refuse(
        self, centre: Centre, main_user: Person, central: UUID, booked: str
    ) -> None:
        centre.owner.execute("UPDATE organisations SET active_until = '2022-12-31' WHERE id = %s", [central])
        assert refusal(main_user.post(f"{booked}/cancellation")) == (409, "not-a-member")
        centre.close(2023)
        assert refusal(main_user.post(f"{booked}/cancellation")) == (409, "year-closed")

    @pytest.fixture
    def other(self, centre: Centre, database: Addresses) -> Iterator[Centre]:
        with another(centre, database) as other:
            yield other

    def test_the_hours_go_to_a_grant_or_come_back(
        self, centre: Centre, other: Centre, main_user: Person, booked: str
    ) -> None:
        """The pool has 600. A grant of 550 that came first leaves too little."""
        receiver = centre.organisation()
        with ThreadPoolExecutor() as threads:
            with other.owner.transaction():
                other.post(2023, grant(receiver, 550))
                cancelling = threads.submit(main_user.post, f"{booked}/cancellation")
                until_one_waits(centre)
            answer = cancelling.result()
        assert refusal(answer) == (409, "pool-exceeded")
        assert (answer.json()["available"], answer.json()["asked"]) == (50, 100)
        centre.check_ledger()

    def test_of_two_cancellations_at_the_same_time_one_takes_effect(
        self, centre: Centre, other: Centre, main_user: Person, booked: str
    ) -> None:
        with ThreadPoolExecutor() as threads:
            with other.owner.transaction():
                other.owner.execute("SELECT FROM hour_returns FOR UPDATE")
                cancelling = [threads.submit(main_user.post, f"{booked}/cancellation") for _ in range(2)]
                until_one_waits(centre, 2)
            answers = [each.result() for each in cancelling]
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        assert [refusal(answer)[1] for answer in answers if answer.is_error] == ["wrong-state"]
        assert centre.rows("SELECT returned, common FROM hour_balances") == [(0, 500)]
        centre.check_ledger()
