"""`/v1/hour-pools`."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any
from uuid import UUID

import psycopg
import pytest

from app.db.identifiers import new_id
from app.domain.hours.ledger import (
    Transfer,
    distribution,
    grant,
    hour_return,
    lapse,
    pool_change,
    release,
    reservation,
    use,
)
from app.local.embedded_postgres import Addresses
from tests.builders import FOREVER, Centre, Person, refusal
from tests.locks import another, until_one_waits

PATH = "/v1/hour-pools"


def test_a_pool_is_empty_before_it_is_set(staff: Person) -> None:
    answer = staff.get(f"{PATH}/2023")
    assert answer.json() == {
        "year": 2023,
        "hour_type": "training",
        "hours": 0,
        "granted": 0,
        "returned": 0,
        "available": 0,
        "state": "open",
        "closed_at": None,
    }
    assert staff.get(PATH).json()["items"] == []


def test_staff_set_what_may_be_granted(centre: Centre, staff: Person) -> None:
    answer = staff.put(f"{PATH}/2023", {"hours": 45_483})
    assert (answer.status_code, answer.json()["hours"], answer.json()["available"]) == (200, 45_483, 45_483)
    central = centre.organisation()
    centre.post(2023, grant(central, 700), hour_return(central, 50))
    fetched = staff.get(f"{PATH}/2023").json()
    assert (fetched["granted"], fetched["returned"], fetched["available"]) == (700, 50, 45_483 - 700 + 50)
    answer = staff.put(f"{PATH}/2023", {"hours": 650})
    assert (answer.status_code, answer.json()["available"]) == (200, 0)
    assert staff.get(f"{PATH}/2023").json() == answer.json()
    assert centre.person("auditor").get(f"{PATH}/2023").headers["ETag"] == answer.headers["ETag"]


def test_a_pool_never_falls_below_the_granted_hours(centre: Centre, staff: Person) -> None:
    centre.post(2023, pool_change(1000), grant(centre.organisation(), 700))
    answer = staff.put(f"{PATH}/2023", {"hours": 699})
    assert refusal(answer) == (409, "pool-exceeded")
    assert (answer.json()["available"], answer.json()["asked"], answer.json()["lowest"]) == (300, 301, 700)
    assert staff.get(f"{PATH}/2023").json()["hours"] == 1000


def test_a_version_is_checked_if_it_is_named(staff: Person) -> None:
    before = staff.get(f"{PATH}/2023").headers["ETag"]
    first = staff.put(f"{PATH}/2023", {"hours": 10}, headers={"If-Match": before})
    assert first.status_code == 200
    stale = staff.put(f"{PATH}/2023", {"hours": 20}, headers={"If-Match": before})
    assert refusal(stale) == (412, "precondition-failed")
    assert stale.headers["ETag"] == first.headers["ETag"]
    assert staff.put(f"{PATH}/2023", {"hours": 20}, headers={"If-Match": first.headers["ETag"]}).status_code == 200


def test_the_ledger_keeps_the_key_after_the_stored_answer_is_gone(centre: Centre, staff: Person) -> None:
    headers = {"Idempotency-Key": "one"}
    assert staff.put(f"{PATH}/2023", {"hours": 10}, headers=headers).status_code == 200
    centre.owner.execute("DELETE FROM stored_answers")
    assert refusal(staff.put(f"{PATH}/2023", {"hours": 20}, headers=headers)) == (409, "already-exists")
    assert staff.get(f"{PATH}/2023").json()["hours"] == 10


def test_only_staff_set_pools_and_only_staff_and_auditors_see_them(centre: Centre, staff: Person) -> None:
    auditor = centre.person("auditor")
    main_user = centre.main_user(centre.organisation())
    for person in (auditor, main_user):
        assert refusal(person.put(f"{PATH}/2023", {"hours": 1})) == (403, "forbidden")
        assert refusal(person.post(f"{PATH}/2023/closing")) == (403, "forbidden")
    assert auditor.get(PATH).status_code == 200
    assert refusal(main_user.get(PATH)) == (403, "forbidden")
    assert refusal(main_user.get(f"{PATH}/2023")) == (403, "forbidden")
    assert staff.get(f"{PATH}/2023").json()["hours"] == 0


@pytest.mark.parametrize("hours", [-1, 1.5, "10", True, None, 10_000_001, 10**12])
def test_hours_are_whole_and_bounded(staff: Person, hours: Any) -> None:
    assert refusal(staff.put(f"{PATH}/2023", {"hours": hours})) == (422, "validation")


@pytest.mark.parametrize("year", [1999, 2101, "x"])
def test_years_are_bounded(staff: Person, year: Any) -> None:
    answer = staff.put(f"{PATH}/{year}", {"hours": 1})
    assert refusal(answer) == (422, "validation")
    assert answer.json()["errors"][0]["parameter"] == "year"


def test_a_dry_run_sets_nothing(staff: Person) -> None:
    answer = staff.put(f"{PATH}/2023", {"hours": 5}, params={"validate_only": "true"})
    assert (answer.status_code, answer.json()["hours"]) == (200, 5)
    assert staff.get(PATH).json()["items"] == []


def test_the_list_begins_with_the_newest_year(staff: Person) -> None:
    for year in (2022, 2024, 2023):
        staff.put(f"{PATH}/{year}", {"hours": year})
    first = staff.get(PATH, params={"limit": 2})
    assert [pool["year"] for pool in first.json()["items"]] == [2024, 2023]
    rest = staff.get(first.headers["Link"].split(";")[0].strip("<>")).json()
    assert [pool["year"] for pool in rest["items"]] == [2022]
    assert staff.get(PATH, params={"state": "closed"}).json()["items"] == []


class TestClosing:
    """The year 2022, whose cost statements end on 18 January 2023; the clock is set to March."""

    @pytest.fixture
    def central(self, centre: Centre) -> UUID:
        centre.deadline("cost_statement", None, date(2023, 1, 18))
        central = centre.organisation()
        centre.post(2022, pool_change(1000), grant(central, 500))
        return central

    @pytest.fixture
    def unit(self, centre: Centre, central: UUID) -> UUID:
        """Has 200 of the 500, has used 60 of them and given up 20 that it had planned; 140 are free."""
        unit = centre.organisation(central)
        drawn = [reservation(central, unit, 80), use(central, unit, 60), release(central, unit, 20)]
        centre.post(2022, distribution(central, unit, 200), *drawn)
        return unit

    def test_free_hours_lapse_and_the_rest_of_the_pool_stays(
        self, centre: Centre, staff: Person, central: UUID, unit: UUID
    ) -> None:
        answer = staff.post(f"{PATH}/2022/closing")
        assert answer.status_code == 200
        assert answer.json() == {
            "year": 2022,
            "hour_type": "training",
            "hours": 1000,
            "granted": 500,
            "returned": 0,
            "available": 500,
            "state": "closed",
            "closed_at": "2023-03-15T12:00:00+02:00",
            "expired_total": 0,
            "expired": [],
        }
        fetched = staff.get(f"{PATH}/2022")
        assert fetched.json() | {"expired_total": 0, "expired": []} == answer.json()
        assert fetched.headers["ETag"] == answer.headers["ETag"]
        balances = (
            "SELECT common, allotment, used, lapsed, allotment_lapsed FROM hour_balances WHERE organisation_id = %s"
        )
        assert centre.rows(balances, central) == [(0, 0, 0, 300 + 140, 0)]
        assert centre.rows(balances, unit) == [(0, 0, 60, 0, 140)]
        assert centre.rows("SELECT action, facts FROM audit_entries") == [
            ("hour-pool.closed", {"year": 2022, "lapsed": 440, "expired": 0})
        ]

    def test_only_a_correction_is_possible_afterwards(self, centre: Centre, staff: Person, central: UUID) -> None:
        staff.post(f"{PATH}/2022/closing")
        for answer in (staff.post(f"{PATH}/2022/closing"), staff.put(f"{PATH}/2022", {"hours": 2000})):
            assert refusal(answer) == (409, "year-closed")
            assert (answer.json()["year"], answer.json()["closed_at"]) == (2022, "2023-03-15T12:00:00+02:00")
        with pytest.raises(psycopg.DatabaseError, match="the year is closed"):
            centre.post(2022, grant(central, 1))

    @pytest.mark.usefixtures("central")
    def test_a_repeated_closing_gets_the_first_answer(self, staff: Person) -> None:
        first = staff.post(f"{PATH}/2022/closing", key="once")
        again = staff.post(f"{PATH}/2022/closing", key="once")
        assert (again.status_code, again.content) == (200, first.content)
        assert refusal(staff.post(f"{PATH}/2022/closing", key=False)) == (400, "idempotency-key-required")

    def test_reserved_hours_prevent_closing(self, centre: Centre, staff: Person, central: UUID, unit: UUID) -> None:
        centre.post(2022, reservation(central, central, 7), reservation(central, unit, 5))
        answer = staff.post(f"{PATH}/2022/closing")
        assert refusal(answer) == (409, "wrong-state")
        assert (answer.json()["reserved"], answer.json()["last_day"]) == (12, "2023-01-18")
        assert {"state", "allowed", "still_reserved"} <= answer.json().keys()
        assert "still_due" not in answer.json()

    @pytest.mark.usefixtures("central")
    def test_a_year_is_not_closed_before_the_last_day_of_the_statements(self, centre: Centre, staff: Person) -> None:
        centre.clock(2023, 1, 18, 23, 59, 59)
        answer = staff.post(f"{PATH}/2022/closing")
        assert refusal(answer) == (409, "wrong-state")
        assert (answer.json()["reserved"], answer.json()["last_day"]) == (0, "2023-01-18")
        centre.clock(2023, 1, 19)
        assert staff.post(f"{PATH}/2022/closing").status_code == 200

    def test_a_year_is_not_closed_before_the_end_of_an_extension(
        self, centre: Centre, staff: Person, central: UUID
    ) -> None:
        deadline_id = centre.rows("SELECT id FROM deadlines")[0][0]
        centre.owner.execute(
            "INSERT INTO deadline_extensions (id, deadline_id, organisation_id, closes_on, reason, made_by, made_at) "
            "VALUES (%s, %s, %s, '2023-03-15', 'Sairausloma', %s, %s)",
            [new_id(), deadline_id, central, staff.id, FOREVER],
        )
        answer = staff.post(f"{PATH}/2022/closing")
        assert (refusal(answer), answer.json()["last_day"]) == ((409, "wrong-state"), "2023-03-15")

    def test_a_year_without_a_confirmed_last_day_stays_open(self, centre: Centre, staff: Person) -> None:
        centre.deadline("cost_statement", None, date(2022, 1, 18), year=2022, confirmed=False)
        answer = staff.post(f"{PATH}/2021/closing")
        assert refusal(answer) == (409, "wrong-state")
        assert (answer.json()["missing"], answer.json()["last_day"]) == ("cost_statement", None)

    def test_a_dry_run_closes_nothing(self, centre: Centre, staff: Person, central: UUID) -> None:
        answer = staff.post(f"{PATH}/2022/closing", key=False, params={"validate_only": "true"})
        assert (answer.status_code, answer.json()["state"]) == (200, "closed")
        assert staff.get(f"{PATH}/2022").json()["state"] == "open"
        assert centre.rows("SELECT common FROM hour_balances WHERE organisation_id = %s", central) == [(500,)]


class TestSimultaneousClosing:
    """Whatever comes first, the closing lapses all free hours, and nothing moves after it."""

    @pytest.fixture
    def older_unit(self, centre: Centre) -> UUID:
        """Its id sorts before its central organisation's, so that its balance is locked first."""
        return centre.organisation()

    @pytest.fixture
    def central(self, centre: Centre, older_unit: UUID) -> UUID:
        centre.deadline("cost_statement", None, date(2023, 1, 18))
        central = centre.organisation()
        assert older_unit < central
        centre.owner.execute(
            "UPDATE organisations SET kind = 'association', parent_id = %(central)s, "
            "central_organisation_id = %(central)s WHERE id = %(unit)s",
            {"central": central, "unit": older_unit},
        )
        centre.post(2022, pool_change(1000), grant(central, 500))
        return central

    @pytest.fixture
    def other(self, centre: Centre, database: Addresses) -> Iterator[Centre]:
        with another(centre, database) as other:
            yield other

    @pytest.mark.parametrize("unit_is_older", [True, False])
    def test_closing_waits_for_a_running_distribution_and_its_allotment_lapses(
        self, centre: Centre, other: Centre, staff: Person, central: UUID, older_unit: UUID, unit_is_older: bool
    ) -> None:
        unit = older_unit if unit_is_older else centre.organisation(central)
        with ThreadPoolExecutor() as threads:
            with other.owner.transaction():
                other.post(2022, distribution(central, unit, 120))
                closing = threads.submit(staff.post, f"{PATH}/2022/closing")
                until_one_waits(centre)
            assert closing.result().status_code == 200
        balances = "SELECT allotment, allotment_lapsed FROM hour_balances WHERE organisation_id = %s"
        assert centre.rows(balances, unit) == [(0, 120)]
        assert centre.rows("SELECT lapsed FROM hour_balances WHERE organisation_id = %s", central) == [(500,)]

    def test_closing_waits_for_a_running_reservation_and_counts_it(
        self, centre: Centre, other: Centre, staff: Person, central: UUID
    ) -> None:
        with ThreadPoolExecutor() as threads:
            with other.owner.transaction():
                other.post(2022, reservation(central, central, 9))
                closing = threads.submit(staff.post, f"{PATH}/2022/closing")
                until_one_waits(centre)
            answer = closing.result()
        assert (refusal(answer), answer.json()["reserved"]) == ((409, "wrong-state"), 9)

    @pytest.mark.parametrize("move", ["reservation", "distribution", "grant", "grant to a newcomer"])
    def test_later_requests_find_the_year_closed(
        self, centre: Centre, other: Centre, central: UUID, older_unit: UUID, move: str
    ) -> None:
        moves: dict[str, Transfer] = {
            "reservation": reservation(central, central, 1),
            "distribution": distribution(central, older_unit, 1),
            "grant": grant(central, 1),
            "grant to a newcomer": grant(older_unit, 1),
        }
        with ThreadPoolExecutor() as threads:
            with centre.owner.transaction():
                centre.owner.execute("SELECT lock_hour_year(2022::smallint)")
                centre.post(2022, lapse(central, central, 500))
                centre.owner.execute("SELECT close_hour_year(2022::smallint, now())")
                coming = threads.submit(other.post, 2022, moves[move])
                until_one_waits(centre)
            with pytest.raises(psycopg.DatabaseError, match="the year is closed") as refused:
                coming.result()
        assert refused.value.sqlstate == "TP002"

    def test_a_return_that_waited_for_the_closing_is_refused(
        self, centre: Centre, other: Centre, staff: Person, central: UUID
    ) -> None:
        centre.deadline("change_window", date(2023, 3, 1), None, hours_year=2022)
        body = {"organisation_id": str(central), "year": 2022, "hours": 10}
        main_user = centre.main_user(central)
        with ThreadPoolExecutor() as threads:
            with other.owner.transaction():
                other.post(2022, reservation(central, central, 1), release(central, central, 1))
                closing = threads.submit(staff.post, f"{PATH}/2022/closing")
                until_one_waits(centre)
                returning = threads.submit(main_user.post, "/v1/hour-returns", body)
                until_one_waits(centre, 2)
            answers = [closing.result(), returning.result()]
        # The request that came for the pool first gets it first; either way both end well.
        assert [answer.status_code for answer in answers] in ([200, 409], [200, 201])
        if answers[1].status_code == 409:
            assert refusal(answers[1]) == (409, "year-closed")
            assert answers[1].json()["closed_at"] == "2023-03-15T12:00:00+02:00"
