"""`/v1/organisations/{id}/hour-distribution/{year}`."""

import threading
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.db.identifiers import new_id
from app.domain.hours.ledger import grant, lapse, pool_change, reservation, use
from tests.builders import Centre, Person, refusal
from tests.locks import until_one_waits


@pytest.fixture
def central(centre: Centre) -> UUID:
    central = centre.organisation(name="Marttaliitto")
    centre.post(2023, pool_change(1000), grant(central, 500))
    return central


@pytest.fixture
def units(centre: Centre, central: UUID) -> list[UUID]:
    """A district, an association below it, and one beside."""
    district = centre.organisation(central, name="A piiri", kind="district")
    return [district, centre.organisation(district, name="B yhdistys"), centre.organisation(central, name="C yhdistys")]


def path(organisation_id: UUID, year: int = 2023) -> str:
    return f"/v1/organisations/{organisation_id}/hour-distribution/{year}"


def wish(units: list[UUID], *hours: int) -> dict[str, Any]:
    """Give the first hours to the first unit, and so on."""
    return {"units": [{"unit_id": str(unit), "hours": amount} for unit, amount in zip(units, hours, strict=False)]}


def put(person: Person, central: UUID, body: dict[str, Any], etag: str | None = None, **options: Any) -> httpx.Response:
    return person.put(path(central), body, headers={"If-Match": etag} if etag else {}, **options)


def moves(centre: Centre) -> list[tuple[str, int]]:
    return centre.rows(
        "SELECT kind, hours FROM hour_transfers WHERE cause_type = 'hour_distribution' ORDER BY position"
    )


def test_before_the_first_distribution_there_is_an_etag_but_no_unit(
    main_user: Person, central: UUID, units: list[UUID]
) -> None:
    answer = main_user.get(path(central))
    assert answer.json() == {"organisation_id": str(central), "year": 2023, "revision": 0, "units": []}
    assert put(main_user, central, wish(units, 10), answer.headers["ETag"]).status_code == 200


def test_a_request_becomes_transfers_and_the_distribution_in_force(
    centre: Centre, main_user: Person, central: UUID, units: list[UUID]
) -> None:
    answer = put(main_user, central, wish(units[::-1], 200, 100, 50))
    assert answer.status_code == 200, answer.text
    # In the order of names, whatever the order of the request.
    assert answer.json() == {"organisation_id": str(central), "year": 2023, "revision": 1, **wish(units, 50, 100, 200)}
    fetched = main_user.get(path(central))
    assert (fetched.json(), fetched.headers["ETag"]) == (answer.json(), answer.headers["ETag"])
    assert moves(centre) == [("distribution", 200), ("distribution", 100), ("distribution", 50)]


def test_recalled_hours_can_be_allotted_in_the_same_request(
    centre: Centre, main_user: Person, central: UUID, units: list[UUID]
) -> None:
    first = put(main_user, central, wish(units, 300, 200))
    second = put(main_user, central, wish(units, 0, 0, 500), first.headers["ETag"])
    assert second.json()["units"] == wish(units[2:], 500)["units"]
    assert moves(centre)[2:] == [("recall", 300), ("recall", 200), ("distribution", 500)]
    third = put(main_user, central, {"units": []}, second.headers["ETag"])
    assert third.json() == {"organisation_id": str(central), "year": 2023, "revision": 3, "units": []}


def test_the_ledger_keeps_the_key_after_the_stored_answer_is_gone(
    centre: Centre, main_user: Person, central: UUID, units: list[UUID]
) -> None:
    headers = {"Idempotency-Key": "one"}
    first = main_user.put(path(central), wish(units, 10), headers=headers)
    assert first.status_code == 200
    centre.owner.execute("DELETE FROM stored_answers")
    headers["If-Match"] = first.headers["ETag"]
    assert refusal(main_user.put(path(central), wish(units, 20), headers=headers)) == (409, "already-exists")
    assert moves(centre) == [("distribution", 10)]


def test_a_distribution_is_changed_in_the_version_that_was_seen(
    main_user: Person, central: UUID, units: list[UUID]
) -> None:
    first = put(main_user, central, wish(units, 10))
    assert refusal(put(main_user, central, wish(units, 20))) == (428, "precondition-required")
    assert put(main_user, central, wish(units, 20), first.headers["ETag"]).status_code == 200
    stale = put(main_user, central, wish(units, 30), first.headers["ETag"])
    assert refusal(stale) == (412, "precondition-failed")
    assert stale.headers["ETag"] == main_user.get(path(central)).headers["ETag"]
    # The same hours as at first, but another revision.
    again = put(main_user, central, wish(units, 10), stale.headers["ETag"])
    assert again.headers["ETag"] != first.headers["ETag"]
    assert put(main_user, central, wish(units, 5), "*").status_code == 200


def test_a_stale_version_of_the_first_distribution_is_refused_too(
    main_user: Person, central: UUID, units: list[UUID]
) -> None:
    assert refusal(put(main_user, central, wish(units, 10), '"another"')) == (412, "precondition-failed")


def test_no_more_is_allotted_than_is_free(centre: Centre, main_user: Person, central: UUID, units: list[UUID]) -> None:
    centre.post(2023, reservation(central, central, 100))
    answer = put(main_user, central, wish(units, 300, 101))
    assert refusal(answer) == (409, "quota-exceeded")
    assert (answer.json()["available"], answer.json()["asked"]) == (400, 401)
    assert put(main_user, central, wish(units, 300, 100)).status_code == 200
    assert refusal(put(main_user, central, wish(units, *[10_000_000] * 3), "*")) == (409, "quota-exceeded")


def test_used_hours_cannot_be_recalled(centre: Centre, main_user: Person, central: UUID, units: list[UUID]) -> None:
    put(main_user, central, wish(units, 200, 100))
    centre.post(2023, reservation(central, units[1], 70), use(central, units[1], 30))
    answer = put(main_user, central, wish(units, 200, 69), "*")
    assert refusal(answer) == (409, "allotment-in-use")
    facts = {name: answer.json()[name] for name in ("unit_id", "in_use", "asked", "pointer")}
    assert facts == {"unit_id": str(units[1]), "in_use": 70, "asked": 69, "pointer": "/units/1"}
    left_out = put(main_user, central, wish(units, 200), "*")
    assert refusal(left_out) == (409, "allotment-in-use")
    assert "pointer" not in left_out.json()
    assert put(main_user, central, wish(units, 200, 70), "*").status_code == 200


def test_a_unit_listed_twice_is_refused(main_user: Person, central: UUID, units: list[UUID]) -> None:
    answer = put(main_user, central, wish([*units, units[0]], 1, 2, 3, 4))
    assert refusal(answer) == (422, "validation")
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [
        ("/units/3/unit_id", "duplicate-item")
    ]


def test_only_units_below_get_an_allotment(centre: Centre, main_user: Person, central: UUID, units: list[UUID]) -> None:
    foreign = centre.organisation(centre.organisation())
    for unit in (foreign, new_id(), central):
        answer = put(main_user, central, wish([units[0], unit], 1, 2))
        assert refusal(answer) == (404, "not-found")
        assert answer.json()["pointer"] == "/units/1/unit_id"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"units": None},
        {"units": [{"hours": 1}]},
        {"units": [{"unit_id": "x", "hours": 1}]},
        {"units": [{"unit_id": str(new_id()), "hours": -1}]},
        {"units": [{"unit_id": str(new_id()), "hours": 10_000_001}]},
        {"units": [{"unit_id": str(new_id()), "hours": 1.5}]},
        {"units": [{"unit_id": str(new_id()), "hours": "1"}]},
        {"units": [{"unit_id": str(new_id()), "hours": 1, "name": "A"}]},
        {"units": [], "revision": 1},
    ],
)
def test_a_wrong_shape_is_refused(main_user: Person, central: UUID, body: dict[str, Any]) -> None:
    assert refusal(put(main_user, central, body)) == (422, "validation")


def test_only_the_main_user_divides_the_hours(centre: Centre, central: UUID, units: list[UUID]) -> None:
    for person in (centre.staff(), centre.person("auditor"), centre.person("unit_manager", central)):
        assert person.get(path(central)).status_code == 200
        assert refusal(put(person, central, wish(units, 1))) == (403, "forbidden")
    stranger = centre.main_user(centre.organisation())
    assert refusal(stranger.get(path(central))) == (404, "not-found")
    assert refusal(put(stranger, central, wish(units, 1))) == (404, "not-found")
    assert refusal(centre.person("unit_manager", units[0]).get(path(central))) == (404, "not-found")


def test_only_a_central_organisation_divides_its_hours(main_user: Person, units: list[UUID]) -> None:
    assert refusal(put(main_user, units[0], wish(units[1:2], 1))) == (409, "not-central")
    assert refusal(main_user.get(path(units[0]))) == (409, "not-central")


def test_a_closed_year_stays_as_it_was(centre: Centre, main_user: Person, central: UUID, units: list[UUID]) -> None:
    before = put(main_user, central, wish(units, 200)).json()
    centre.post(2023, lapse(central, units[0], 200), lapse(central, central, 300))
    centre.owner.execute("SELECT close_hour_year(2023::smallint, '2024-02-01')")
    assert refusal(put(main_user, central, wish(units, 100), "*")) == (409, "year-closed")
    assert main_user.get(path(central)).json() == before


def test_hours_of_a_year_outside_the_membership_are_not_divided(centre: Centre) -> None:
    central = centre.organisation(active_until="2022-12-31")
    assert refusal(put(centre.main_user(central), central, {"units": []})) == (409, "not-a-member")


def test_a_dry_run_writes_nothing(centre: Centre, main_user: Person, central: UUID, units: list[UUID]) -> None:
    answer = put(main_user, central, wish(units, 200), params={"validate_only": "true"})
    assert (answer.status_code, answer.json()["revision"]) == (200, 1)
    assert main_user.get(path(central)).json()["revision"] == 0
    assert moves(centre) == []


def test_a_retry_with_its_old_version_gets_its_first_answer(
    centre: Centre, main_user: Person, central: UUID, units: list[UUID]
) -> None:
    headers = {"Idempotency-Key": "jako-1"}
    first = main_user.put(path(central), wish(units, 200), headers=headers)
    again = main_user.put(path(central), wish(units, 200), headers=headers)
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (first.json(), "true")
    assert moves(centre) == [("distribution", 200)]


@pytest.mark.parametrize("granted", [True, False])
def test_only_one_of_two_simultaneous_first_distributions_is_accepted(centre: Centre, granted: bool) -> None:
    central = centre.organisation()
    units = [centre.organisation(central) for _ in range(2)]
    if granted:
        centre.post(2023, pool_change(10), grant(central, 10))
    people = [centre.main_user(central) for _ in range(8)]
    answers: list[httpx.Response] = []
    start = threading.Barrier(len(people))

    def divide(number: int) -> None:
        start.wait()
        body = wish([units[number % 2]], 10) if granted else {"units": []}
        answers.append(put(people[number], central, body))

    threads = [threading.Thread(target=divide, args=[number]) for number in range(len(people))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers].count(200) == 1
    assert {answer.status_code for answer in answers} <= {200, 428, 412}
    assert people[0].get(path(central)).json()["revision"] == 1


def test_thousands_of_units_get_their_hours_in_one_request(centre: Centre, main_user: Person, central: UUID) -> None:
    centre.post(2023, pool_change(20_000), grant(central, 20_000))
    units = [new_id() for _ in range(2_000)]
    columns = "id, kind, parent_id, central_organisation_id, name, sort_key, search_text, active_from, created_at"
    centre.owner.execute(
        f"INSERT INTO organisations ({columns}) SELECT id, 'association', %(central)s, %(central)s, id::text, "
        "id::text, id::text, '2000-01-01', '2000-01-01' FROM unnest(%(units)s) id",
        {"central": central, "units": units},
    )
    centre.owner.execute(
        "INSERT INTO organisation_ancestors (organisation_id, ancestor_id, distance) "
        "SELECT id, id, 0 FROM unnest(%(units)s) id UNION ALL SELECT id, %(central)s, 1 FROM unnest(%(units)s) id",
        {"central": central, "units": units},
    )
    put_first = put(main_user, central, wish(units, *[2] * len(units)))
    assert (put_first.status_code, len(put_first.json()["units"])) == (200, len(units))
    put_second = put(main_user, central, wish(units, *[3] * len(units)), put_first.headers["ETag"])
    assert [unit["hours"] for unit in put_second.json()["units"]] == [3] * len(units)


def end(centre: Centre, unit: UUID, last_day: str) -> None:
    centre.owner.execute("UPDATE organisations SET active_until = %s WHERE id = %s", [last_day, unit])


@pytest.mark.parametrize("last_day", ["2022-12-31", "2023-03-14"])
def test_a_unit_that_has_ended_is_given_nothing_and_keeps_what_it_has(
    centre: Centre, main_user: Person, central: UUID, units: list[UUID], last_day: str
) -> None:
    first = put(main_user, central, wish(units, 50, 60))
    end(centre, units[0], last_day)
    answer = put(main_user, central, wish(units, 51, 60), first.headers["ETag"])
    assert refusal(answer) == (409, "not-a-member")
    assert (answer.json()["pointer"], answer.json()["active_until"]) == ("/units/0", last_day)
    kept = put(main_user, central, wish(units, 50, 70), first.headers["ETag"])
    assert kept.status_code == 200, kept.text
    assert put(main_user, central, wish(units, 49, 70), kept.headers["ETag"]).status_code == 200


def test_a_unit_has_its_last_day_still(centre: Centre, main_user: Person, central: UUID, units: list[UUID]) -> None:
    end(centre, units[0], "2023-03-15")
    assert put(main_user, central, wish(units, 50)).status_code == 200


def test_a_unit_that_begins_after_the_year_is_given_nothing(centre: Centre, main_user: Person, central: UUID) -> None:
    unit = centre.organisation(central, active_from="2024-01-01")
    assert refusal(put(main_user, central, wish([unit], 1))) == (409, "not-a-member")


def test_a_distribution_sees_that_a_unit_ended_while_it_waited(
    centre: Centre, main_user: Person, central: UUID, units: list[UUID]
) -> None:
    answers: list[httpx.Response] = []
    with centre.owner.transaction():
        centre.owner.execute("SELECT lock_hour_balances(2023::smallint, %s)", [central])
        giving = threading.Thread(target=lambda: answers.append(put(main_user, central, wish(units, 10))))
        giving.start()
        until_one_waits(centre)
        end(centre, units[0], "2023-03-14")
    giving.join()
    assert refusal(answers[0]) == (409, "not-a-member")
