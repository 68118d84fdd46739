"""`/v1/hour-accounts` and `/v1/hour-transfers`: all organisations' in one list."""

from fractions import Fraction
from random import Random
from typing import Any
from uuid import UUID

import pytest

from app.domain.hours.ledger import (
    Transfer,
    distribution,
    grant,
    hour_return,
    pool_change,
    release,
    reservation,
    use,
)
from tests.api.hours.conftest import PROPOSALS, League, line
from tests.builders import Centre, Person, refusal

ACCOUNTS = "/v1/hour-accounts"
TRANSFERS = "/v1/hour-transfers"
Item = dict[str, Any]


def pages(reader: Person, path: str, **params: Any) -> list[Item]:
    """All pages, one after the other."""
    items: list[Item] = []
    cursor = None
    while True:
        answer = reader.get(path, params=params | ({"cursor": cursor} if cursor else {}))
        assert answer.status_code == 200, answer.text
        items += answer.json()["items"]
        cursor = answer.json()["next_cursor"]
        if cursor is None:
            return items


@pytest.fixture
def many(centre: Centre) -> dict[UUID, list[UUID]]:
    """Seven central organisations with some units each, and hours that were moved at random in 2022 and 2023."""
    chance = Random(9)
    trees = {}
    for year in (2022, 2023):
        centre.post(year, pool_change(100_000))
    for number in range(7):
        central = centre.organisation(name=f"Liitto {chance.choice('ABÅÄÖ')} {number}")
        trees[central] = [
            centre.organisation(central, name=f"Yhdistys {number} {n}") for n in range(chance.randint(0, 3))
        ]
    for central, units in trees.items():
        for year in (2022, 2023):
            if chance.random() < 0.2:
                continue
            hours = chance.randint(200, 900)
            moves: list[Transfer] = [grant(central, hours), hour_return(central, chance.randint(1, 20))]
            for holder in (central, *units):
                if holder != central:
                    moves.append(distribution(central, holder, chance.randint(30, 50)))
                reserved = chance.randint(1, 25)
                moves += [reservation(central, holder, reserved), use(central, holder, (reserved + 1) // 2)]
                if reserved > 2:
                    moves.append(release(central, holder, 1))
            centre.post(year, *moves)
    return trees


def single(reader: Person, organisation_id: str, year: int) -> Item:
    account: Item = reader.get(f"/v1/organisations/{organisation_id}/hour-accounts/{year}").json()
    return account


@pytest.mark.parametrize("sort", ["name", "available", "used_share"])
def test_each_item_is_the_single_account_with_the_year_before(
    many: dict[UUID, list[UUID]], staff: Person, sort: str
) -> None:
    items = pages(staff, ACCOUNTS, year=2023, sort=sort, limit=3)
    assert {item["organisation_id"] for item in items} == {str(central) for central in many}
    for item in items:
        account = single(staff, item["organisation_id"], 2023)
        before = single(staff, item["organisation_id"], 2022)
        units = account.pop("units")
        assert {name: item[name] for name in account} == account
        assert item["units_available"] == sum(unit["available"] for unit in units)
        assert item["previous_year"] == {name: before[name] for name in ("granted", "used", "returned", "lapsed")}
        spent = item["returned"] + item["lapsed"] + item["reserved"] + item["used"]
        assert item["granted"] == spent + item["available"] + item["units_available"]
    orders: dict[str, Any] = {
        "name": lambda _: (),
        "available": lambda item: -item["available"],
        "used_share": lambda item: -Fraction(item["used"], item["granted"]) if item["granted"] else 1,
    }
    by_name = [item["id"] for item in pages(staff, "/v1/organisations", kind="central", limit=200)]
    expected = sorted(items, key=lambda item: (orders[sort](item), by_name.index(item["organisation_id"])))
    assert items == expected


def test_units_are_listed_under_their_present_centre(many: dict[UUID, list[UUID]], staff: Person) -> None:
    items = pages(staff, ACCOUNTS, year=2023, level="units", limit=4)
    assert {item["organisation_id"] for item in items} == {str(unit) for units in many.values() for unit in units}
    for item in items:
        account = single(staff, item["organisation_id"], 2023)
        before = single(staff, item["organisation_id"], 2022)
        assert {name: item[name] for name in account} == account
        assert item["previous_year"] == {
            "granted": before["allotted"],
            "used": before["used"],
            "returned": 0,
            "lapsed": before["lapsed"],
        }


@pytest.mark.parametrize("level", ["central", "units"])
def test_the_totals_are_the_sums_over_all_that_match(many: dict[UUID, list[UUID]], staff: Person, level: str) -> None:
    some = next(central for central, units in many.items() if units)
    for filters in ({}, {"under": str(some)}, {"q": "ä"}, {"q": "nobody"}):
        params = {"year": 2023, "level": level} | filters
        items = pages(staff, ACCOUNTS, **params)
        totals = staff.get(ACCOUNTS, params=params | {"limit": 1}).json()["totals"]
        assert totals.pop("organisations") == len(items)
        before = totals.pop("previous_year")
        assert totals == {name: sum(item[name] or 0 for item in items) for name in totals}
        assert before == {name: sum(item["previous_year"][name] for item in items) for name in before}
        assert "proposed" in totals


def test_the_proposal_counts_once_it_is_submitted(league: League) -> None:
    staff = league.centre.staff()

    def proposed(level: str) -> dict[str, int | None]:
        items = pages(staff, ACCOUNTS, year=2024, level=level)
        return {item["organisation_id"]: item["proposed"] for item in items}

    source = league.submitted(league.manager, league.district, line(league.district, 40), line(league.association, 5))
    draft = league.draft(league.main_user, league.central)
    assert proposed("central") == {str(league.central): None}
    assert proposed("units") == {str(league.district): 45, str(league.association): None}
    path = f"{PROPOSALS}/{draft['id']}"
    league.main_user.post(f"{path}/inclusions", {"proposal_ids": [source["id"]]})
    assert proposed("units")[str(league.district)] == 45
    league.main_user.post(f"{path}/submission")
    assert proposed("central") == {str(league.central): 145}


def test_members_of_the_year_and_those_with_hours_are_listed(centre: Centre, staff: Person) -> None:
    present, former, with_hours = (centre.organisation() for _ in range(3))
    ended = "UPDATE organisations SET active_until = '2022-06-30' WHERE id = ANY(%s)"
    centre.owner.execute(ended, [[former, with_hours]])
    centre.post(2023, pool_change(10), grant(with_hours, 5))
    listed = {item["organisation_id"] for item in pages(staff, ACCOUNTS, year=2023)}
    assert listed == {str(present), str(with_hours)}
    assert {item["organisation_id"] for item in pages(staff, ACCOUNTS, year=2022)} == {
        str(each) for each in (present, former, with_hours)
    }


def test_everyone_sees_the_accounts_within_reach(league: League) -> None:
    other = league.centre.organisation()

    def seen(person: Person, level: str) -> set[str]:
        return {item["organisation_id"] for item in pages(person, ACCOUNTS, year=2023, level=level)}

    assert seen(league.main_user, "central") == {str(league.central)}
    assert seen(league.main_user, "units") == {str(league.district), str(league.association)}
    assert seen(league.manager, "central") == set()
    assert seen(league.manager, "units") == {str(league.district), str(league.association)}
    assert seen(league.centre.person("auditor"), "central") == {str(league.central), str(other)}


def test_the_year_is_required_and_the_sort_known(staff: Person) -> None:
    assert refusal(staff.get(ACCOUNTS)) == (422, "validation")
    for wrong in ({"year": 1999}, {"year": 2023, "sort": "hours"}, {"year": 2023, "level": "all"}):
        assert refusal(staff.get(ACCOUNTS, params=wrong)) == (422, "validation")


def test_a_cursor_is_bound_to_its_order(many: dict[UUID, list[UUID]], staff: Person) -> None:
    assert many
    cursor = staff.get(ACCOUNTS, params={"year": 2023, "limit": 1}).json()["next_cursor"]
    answer = staff.get(ACCOUNTS, params={"year": 2023, "sort": "available", "cursor": cursor})
    assert refusal(answer) == (400, "invalid-cursor")


class TestTransfers:
    def test_all_transfers_are_listed_newest_first(self, many: dict[UUID, list[UUID]], staff: Person) -> None:
        items = pages(staff, TRANSFERS, limit=20)
        single_lists = [
            item for central in many for item in pages(staff, f"/v1/organisations/{central}/hour-transfers", limit=200)
        ]
        assert sorted(item["id"] for item in items if item["kind"] != "pool") == sorted(
            item["id"] for item in single_lists
        )
        of_year = pages(staff, TRANSFERS, year=2022, kind="grant", limit=200)
        assert {item["kind"] for item in of_year} == {"grant"}
        assert len(of_year) < len(pages(staff, TRANSFERS, kind="grant", limit=200))
        cause = items[0]["cause"]["id"]
        by_cause = pages(staff, TRANSFERS, cause_id=cause)
        assert by_cause == [item for item in items if item["cause"]["id"] == cause]

    def test_the_transfers_of_what_goes_by_a_reference(self, centre: Centre, central: UUID, staff: Person) -> None:
        centre.post(2023, pool_change(100))
        body = {"year": 2023, "items": [{"organisation_id": str(central), "hours": 40}]}
        [made] = staff.post("/v1/hour-decisions", body).json()["items"]
        [found] = pages(staff, TRANSFERS, reference=made["reference"])
        assert found["cause"] == {"type": "hour_decision", "id": made["id"]}
        assert pages(staff, TRANSFERS, reference="1999-0001") == []
        assert pages(centre.main_user(centre.organisation()), TRANSFERS, reference=made["reference"]) == []

    def test_under_and_reach_are_those_of_an_organisations_own_list(
        self, centre: Centre, many: dict[UUID, list[UUID]], staff: Person
    ) -> None:
        central, units = next((central, units) for central, units in many.items() if units)
        for top, reader in (
            (central, centre.main_user(central)),
            (units[0], centre.person("unit_manager", units[0])),
        ):
            own = pages(reader, f"/v1/organisations/{top}/hour-transfers", limit=200)
            assert own
            assert pages(reader, TRANSFERS, limit=200) == own
            assert pages(staff, TRANSFERS, under=str(top), limit=200) == own

    def test_a_moved_unit_leaves_its_transfers_with_the_old_centre(
        self, centre: Centre, many: dict[UUID, list[UUID]], staff: Person
    ) -> None:
        (old, units), new = next(each for each in many.items() if each[1]), centre.organisation()
        before = pages(staff, TRANSFERS, under=str(old), limit=200)
        centre.owner.execute("DELETE FROM organisation_ancestors WHERE organisation_id = %s", [units[0]])
        centre.owner.execute(
            "UPDATE organisations SET parent_id = %s, central_organisation_id = %s WHERE id = %s", [new, new, units[0]]
        )
        centre.owner.execute(
            "INSERT INTO organisation_ancestors (organisation_id, ancestor_id, distance) "
            "VALUES (%s, %s, 0), (%s, %s, 1)",
            [units[0], units[0], units[0], new],
        )
        assert pages(staff, TRANSFERS, under=str(old), limit=200) == before
        assert pages(staff, TRANSFERS, under=str(new)) == []
