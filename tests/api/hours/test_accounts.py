"""`/v1/organisations/{id}/hour-accounts/{year}` and `…/hour-transfers`."""

from typing import Any
from uuid import UUID

import pytest

from app.db.identifiers import new_id
from app.domain.hours.ledger import (
    correction,
    distribution,
    grant,
    hour_return,
    lapse,
    pool_change,
    recall,
    release,
    reservation,
    supplementary_grant,
    use,
)
from tests.builders import Centre, Person, refusal


@pytest.fixture
def central(centre: Centre) -> UUID:
    centre.post(2023, pool_change(1000))
    return centre.organisation(name="Marttaliitto")


@pytest.fixture
def unit(centre: Centre, central: UUID) -> UUID:
    return centre.organisation(central, name="Ålands Marthor", sort_key="1")


def path(organisation_id: UUID, year: int = 2023) -> str:
    return f"/v1/organisations/{organisation_id}/hour-accounts/{year}"


def account(person: Person, organisation_id: UUID, **params: Any) -> dict[str, Any]:
    answer = person.get(path(organisation_id), params=params)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def test_an_empty_account_is_all_zeros(main_user: Person, central: UUID, unit: UUID) -> None:
    zeros = dict.fromkeys(("granted", "distributed", "reserved", "used", "returned", "lapsed", "available"), 0)
    assert account(main_user, central) == {
        "organisation_id": str(central),
        "year": 2023,
        "hour_type": "training",
        **zeros,
        "units": [],
    }
    assert account(main_user, unit) == {
        "organisation_id": str(unit),
        "year": 2023,
        "hour_type": "training",
        "central_organisation_id": str(central),
        **dict.fromkeys(("allotted", "reserved", "used", "lapsed", "available", "common_available"), 0),
    }


def test_a_central_organisations_account_counts_its_whole_tree(
    centre: Centre, main_user: Person, central: UUID, unit: UUID
) -> None:
    other = centre.organisation(central, name="Äänekosken Martat", sort_key="2")
    recalled = centre.organisation(central)
    centre.post(
        2023, grant(central, 500), supplementary_grant(central, 50), correction(central, -10, year_is_closed=False)
    )
    centre.post(2023, hour_return(central, 40), distribution(central, unit, 100), distribution(central, other, 30))
    centre.post(2023, distribution(central, recalled, 5), recall(central, recalled, 5))
    centre.post(2023, reservation(central, central, 20), use(central, central, 8), release(central, central, 2))
    centre.post(2023, reservation(central, unit, 60), use(central, unit, 25))
    answer = account(main_user, central)
    assert answer == {
        "organisation_id": str(central),
        "year": 2023,
        "hour_type": "training",
        "granted": 540,
        "distributed": 130,
        "reserved": 10 + 35,
        "used": 8 + 25,
        "returned": 40,
        "lapsed": 0,
        "available": 540 - 40 - 130 - 20 + 2,
        "units": [
            {
                "organisation_id": str(unit),
                "name": "Ålands Marthor",
                "allotted": 100,
                "reserved": 35,
                "used": 25,
                "lapsed": 0,
                "available": 40,
            },
            {
                "organisation_id": str(other),
                "name": "Äänekosken Martat",
                "allotted": 30,
                "reserved": 0,
                "used": 0,
                "lapsed": 0,
                "available": 30,
            },
        ],
    }
    assert account(main_user, unit) == {
        "organisation_id": str(unit),
        "year": 2023,
        "hour_type": "training",
        "central_organisation_id": str(central),
        "allotted": 100,
        "reserved": 35,
        "used": 25,
        "lapsed": 0,
        "available": 40,
        "common_available": 352,
    }


def test_both_accounts_show_the_lapsed_hours_of_an_allotment(
    centre: Centre, main_user: Person, central: UUID, unit: UUID
) -> None:
    centre.post(2023, grant(central, 100), distribution(central, unit, 30))
    centre.post(2023, reservation(central, unit, 10), use(central, unit, 10))
    centre.post(2023, lapse(central, unit, 20), lapse(central, central, 70))
    whole = account(main_user, central)
    assert (whole["granted"], whole["lapsed"], whole["available"], whole["distributed"]) == (100, 90, 0, 30)
    own = account(main_user, unit)
    assert (own["allotted"], own["used"], own["lapsed"], own["available"]) == (30, 10, 20, 0)


def test_a_unit_limited_to_its_allotment_does_not_see_common_hours(centre: Centre) -> None:
    central = centre.organisation(draws_on="allotment_only")
    unit = centre.organisation(central)
    assert account(centre.main_user(central), unit)["common_available"] is None


def test_a_units_account_is_under_its_present_centre(centre: Centre, central: UUID, unit: UUID) -> None:
    centre.post(2023, grant(central, 100), distribution(central, unit, 30))
    centre.post(2023, reservation(central, unit, 30), use(central, unit, 30))
    new = centre.organisation()
    centre.post(2023, grant(new, 7))
    centre.rows(
        "UPDATE organisations SET parent_id = %s, central_organisation_id = %s WHERE id = %s RETURNING id",
        new,
        new,
        unit,
    )
    staff = centre.staff()
    moved = account(staff, unit)
    assert (moved["central_organisation_id"], moved["allotted"], moved["common_available"]) == (str(new), 0, 7)
    assert account(staff, central)["units"][0]["used"] == 30
    assert staff.get(f"/v1/organisations/{unit}/hour-transfers").json()["items"] == []


def test_an_account_can_be_read_as_it_was_at_an_instant(
    centre: Centre, main_user: Person, central: UUID, unit: UUID
) -> None:
    seen = {}
    for hour, transfers in enumerate(
        (
            [grant(central, 500)],
            [distribution(central, unit, 100), reservation(central, unit, 60), use(central, unit, 25)],
            [hour_return(central, 40), release(central, unit, 5)],
            [use(central, unit, 30), lapse(central, unit, 45), lapse(central, central, 360)],
        )
    ):
        now = centre.clock(2023, 3, 15, 12 + hour)
        centre.post(2023, *transfers)
        seen[now] = account(main_user, central), account(main_user, unit)
    for at, (whole, own) in seen.items():
        assert account(main_user, central, at=at.isoformat()) == whole
        assert account(main_user, unit, at=at.isoformat()) == own
    before = account(main_user, central, at="2023-03-15T11:59:59+02:00")
    assert (before["granted"], before["units"]) == (0, [])
    assert account(main_user, central, at="2023-03-15T10:00:00Z")["granted"] == 500
    assert account(main_user, unit, at="2023-03-15T09:59:59.999999Z")["common_available"] == 0


@pytest.mark.parametrize(
    "at",
    [
        "2023-03-15T12:00:00",
        "2023-03-15",
        "1678874400",
        "yesterday",
        "2023-03-15T12:00+02:00",
        "2023-03-15T12:00:00 02:00",
        "",
    ],
)
def test_an_instant_is_written_with_its_offset(main_user: Person, central: UUID, at: str) -> None:
    answer = main_user.get(path(central), params={"at": at})
    assert refusal(answer) == (422, "validation")
    assert answer.json()["errors"][0]["parameter"] == "at"


@pytest.mark.parametrize("year", ["1999", "2101", "abc"])
def test_a_year_out_of_bounds_is_refused(main_user: Person, central: UUID, year: str) -> None:
    assert refusal(main_user.get(f"/v1/organisations/{central}/hour-accounts/{year}")) == (422, "validation")


@pytest.mark.parametrize("what", ["hour-accounts/2023", "hour-transfers"])
def test_an_account_is_visible_within_reach_only(centre: Centre, central: UUID, unit: UUID, what: str) -> None:
    manager = centre.person("unit_manager", unit)
    assert manager.get(f"/v1/organisations/{unit}/{what}").status_code == 200
    for stranger, organisation in ((manager, central), (centre.main_user(centre.organisation()), central)):
        assert refusal(stranger.get(f"/v1/organisations/{organisation}/{what}")) == (404, "not-found")
    assert refusal(centre.staff().get(f"/v1/organisations/{new_id()}/{what}")) == (404, "not-found")
    assert centre.person("auditor").get(f"/v1/organisations/{central}/{what}").status_code == 200


def test_an_unchanged_account_is_not_sent_again(centre: Centre, main_user: Person, central: UUID) -> None:
    tag = main_user.get(path(central)).headers["ETag"]
    assert main_user.get(path(central), headers={"If-None-Match": tag}).status_code == 304
    centre.post(2023, grant(central, 1))
    assert main_user.get(path(central), headers={"If-None-Match": tag}).status_code == 200


def test_transfers_are_listed_completely_and_newest_first(
    centre: Centre, main_user: Person, central: UUID, unit: UUID
) -> None:
    other = centre.organisation()
    centre.post(2023, grant(central, 100), grant(other, 50))
    main_user.put(
        f"/v1/organisations/{central}/hour-distribution/2023", {"units": [{"unit_id": str(unit), "hours": 30}]}
    )
    centre.post(2024, pool_change(10), grant(central, 5))
    transfers = f"/v1/organisations/{central}/hour-transfers"
    newest, *_, first = main_user.get(transfers).json()["items"]
    assert (newest["kind"], newest["hours"]) == ("grant", 5)
    assert (first["kind"], first["from"], first["to"]) == (
        "grant",
        {"account": "pool", "organisation_id": None},
        {"account": "common", "organisation_id": str(central)},
    )
    of_2023 = main_user.get(transfers, params={"year": 2023, "limit": 1})
    (given,) = of_2023.json()["items"]
    assert given == {
        "id": given["id"],
        "kind": "distribution",
        "hours": 30,
        "from": {"account": "common", "organisation_id": str(central)},
        "to": {"account": "allotment", "organisation_id": str(unit)},
        "cause": {"type": "hour_distribution", "id": str(central)},
        "actor": str(main_user.id),
        "actor_name": "Aino Esimerkki",
        "made_at": "2023-03-15T12:00:00+02:00",
        "hour_type": "training",
    }
    rest = main_user.get(of_2023.headers["Link"].split(";")[0].strip("<>")).json()
    assert ([item["kind"] for item in rest["items"]], rest["next_cursor"]) == (["grant"], None)
    of_unit = main_user.get(f"/v1/organisations/{unit}/hour-transfers").json()["items"]
    assert of_unit == [given]
