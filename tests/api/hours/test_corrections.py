"""`/v1/hour-corrections`."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from app.db.identifiers import new_id
from app.domain.hours.ledger import distribution, grant, pool_change
from tests.builders import Centre, Person, refusal

PATH = "/v1/hour-corrections"


@pytest.fixture
def central(centre: Centre) -> UUID:
    """An organisation with 300 of the pool's 1,000 hours of 2022."""
    central = centre.organisation(name="Marttaliitto")
    centre.post(2022, pool_change(1000), grant(central, 300))
    return central


def corrected(central: UUID, hours: Any, **members: Any) -> dict[str, Any]:
    return {"organisation_id": str(central), "year": 2022, "hours": hours, "reason": "Näppäilyvirhe"} | members


@pytest.mark.parametrize(
    ("hours", "pool", "common"),
    [
        (700, 0, 1000),  # All that the pool had left goes to the organisation.
        (-300, 1000, 0),  # All that the organisation had goes back.
    ],
)
def test_a_correction_moves_hours_from_the_pool_or_back(
    centre: Centre, staff: Person, central: UUID, hours: int, pool: int, common: int
) -> None:
    answer = staff.post(PATH, corrected(central, hours))
    assert answer.status_code == 201
    made = answer.json()
    assert made == {
        "id": made["id"],
        "reference": "2023-0001",
        "organisation_id": str(central),
        "organisation_name": "Marttaliitto",
        "year": 2022,
        "hours": hours,
        "reason": "Näppäilyvirhe",
        "corrects_transfer_id": None,
        "made_by": str(staff.id),
        "made_by_name": "Aino Esimerkki",
        "made_at": "2023-03-15T12:00:00+02:00",
        "hour_type": "training",
    }
    fetched = centre.main_user(central).get(answer.headers["Location"])
    assert (fetched.json(), fetched.headers["ETag"]) == (made, answer.headers["ETag"])
    assert centre.rows("SELECT pool FROM hour_pools") == [(pool,)]
    assert centre.rows("SELECT common FROM hour_balances") == [(common,)]
    balance = staff.get("/v1/hour-pools/2022").json()
    assert (balance["granted"], balance["available"]) == (300 + hours, pool)


@pytest.mark.parametrize(
    ("hours", "code", "available", "asked"),
    [
        (701, "pool-exceeded", 700, 701),
        (-301, "quota-exceeded", 300, 301),
    ],
)
def test_a_correction_moves_no_more_hours_than_there_are(
    centre: Centre, staff: Person, central: UUID, hours: int, code: str, available: int, asked: int
) -> None:
    answer = staff.post(PATH, corrected(central, hours))
    assert refusal(answer) == (409, code)
    assert (answer.json()["available"], answer.json()["asked"]) == (available, asked)
    assert centre.rows("SELECT FROM hour_corrections") == []


def test_the_ledger_keeps_the_key_after_the_stored_answer_is_gone(centre: Centre, staff: Person, central: UUID) -> None:
    assert staff.post(PATH, corrected(central, 100), key="one").status_code == 201
    centre.owner.execute("DELETE FROM stored_answers")
    assert refusal(staff.post(PATH, corrected(central, 50), key="one")) == (409, "already-exists")
    assert centre.rows("SELECT hours FROM hour_corrections") == [(100,)]
    assert centre.rows("SELECT common FROM hour_balances") == [(400,)]


def test_a_correction_in_a_closed_year_changes_the_lapsed_hours(centre: Centre, staff: Person, central: UUID) -> None:
    centre.deadline("cost_statement", None, date(2023, 1, 18))
    assert staff.post("/v1/hour-pools/2022/closing").status_code == 200
    assert staff.post(PATH, corrected(central, 200)).status_code == 201
    assert staff.post(PATH, corrected(central, -400)).status_code == 201
    answer = staff.post(PATH, corrected(central, -101))
    assert refusal(answer) == (409, "quota-exceeded")
    assert answer.json()["available"] == 300 + 200 - 400
    newcomer = centre.organisation()
    assert staff.post(PATH, corrected(newcomer, 5)).status_code == 201
    lapsed = dict(centre.rows("SELECT organisation_id, lapsed FROM hour_balances WHERE closed AND common = 0"))
    assert lapsed == {central: 100, newcomer: 5}


@pytest.mark.parametrize("hours", [0, 1.5, "1", None, True, 10_000_001, -10_000_001, -(10**12)])
def test_hours_are_whole_signed_and_not_zero(staff: Person, central: UUID, hours: Any) -> None:
    answer = staff.post(PATH, corrected(central, hours))
    assert refusal(answer) == (422, "validation")
    assert answer.json()["errors"][0]["pointer"] == "/hours"


def test_only_staff_correct(centre: Centre, central: UUID) -> None:
    for person in (centre.main_user(central), centre.person("auditor")):
        assert refusal(person.post(PATH, corrected(central, 1))) == (403, "forbidden")


def test_nobody_corrects_for_their_own_organisation(centre: Centre, central: UUID) -> None:
    main_user = centre.main_user(central)
    centre.grant(main_user.id, "staff")
    assert refusal(main_user.post(PATH, corrected(central, 1))) == (403, "forbidden")
    assert main_user.post(PATH, corrected(centre.organisation(), 1)).status_code == 201


def test_only_central_organisations_are_corrected(centre: Centre, staff: Person, central: UUID) -> None:
    assert refusal(staff.post(PATH, corrected(centre.organisation(central), 1))) == (409, "not-central")
    answer = staff.post(PATH, corrected(new_id(), 1))
    assert (refusal(answer), answer.json()["pointer"]) == ((404, "not-found"), "/organisation_id")


def test_a_replay_corrects_once_and_a_dry_run_never(centre: Centre, staff: Person, central: UUID) -> None:
    dry = staff.post(PATH, corrected(central, 1), key=False, params={"validate_only": "true"})
    assert dry.status_code == 201
    first = staff.post(PATH, corrected(central, 1), key="one")
    assert staff.post(PATH, corrected(central, 1), key="one").content == first.content
    assert refusal(staff.post(PATH, corrected(central, 1), key=False)) == (400, "idempotency-key-required")
    assert centre.rows("SELECT common FROM hour_balances") == [(301,)]


def test_a_correction_names_the_transfer_that_it_puts_right(centre: Centre, staff: Person, central: UUID) -> None:
    unit = centre.organisation(central)
    centre.post(2022, distribution(central, unit, 50))
    transfers = staff.get(f"/v1/organisations/{central}/hour-transfers", params={"year": 2022}).json()["items"]
    for transfer in transfers:
        # It is a link, and limits neither the hours nor how many corrections name it.
        for hours in (-1, 400):
            answer = staff.post(PATH, corrected(central, hours, corrects_transfer_id=transfer["id"]))
            assert (answer.status_code, answer.json()["corrects_transfer_id"]) == (201, transfer["id"])
            staff.post(PATH, corrected(central, -hours))
    assert [transfer["kind"] for transfer in transfers] == ["distribution", "grant"]
    listed = staff.get(PATH, params={"corrects_transfer_id": transfers[0]["id"]}).json()["items"]
    assert [one["hours"] for one in listed] == [400, -1]
    assert staff.get(f"{PATH}/{listed[0]['id']}").json() == listed[0]


def test_a_transfer_of_another_organisation_or_year_is_not_corrected(
    centre: Centre, staff: Person, central: UUID
) -> None:
    other = centre.organisation()
    centre.post(2022, grant(other, 5))
    centre.post(2023, pool_change(10), grant(central, 5))
    wrong = [
        *centre.rows("SELECT id FROM hour_transfers WHERE central_organisation_id = %s", other),
        *centre.rows("SELECT id FROM hour_transfers WHERE central_organisation_id = %s AND year = 2023", central),
        # The pool's own.
        *centre.rows("SELECT id FROM hour_transfers WHERE central_organisation_id IS NULL AND year = 2022"),
        (new_id(),),
    ]
    assert len(wrong) == 4
    for (transfer_id,) in wrong:
        answer = staff.post(PATH, corrected(central, 1, corrects_transfer_id=str(transfer_id)))
        assert (refusal(answer), answer.json()["pointer"]) == ((404, "not-found"), "/corrects_transfer_id")
    assert centre.rows("SELECT FROM hour_corrections") == []


def test_the_list_is_filtered_and_limited_to_reach(centre: Centre, staff: Person, central: UUID) -> None:
    other = centre.organisation()
    made = [staff.post(PATH, corrected(each, 1)).json()["id"] for each in (central, central, other)]

    def listed(person: Person, **filters: Any) -> list[str]:
        return [item["id"] for item in person.get(PATH, params=filters).json()["items"]]

    assert listed(staff) == made[::-1]
    assert listed(centre.main_user(central)) == listed(staff, under=str(central)) == made[1::-1]
    assert listed(staff, organisation_id=str(other), year=2022) == made[2:]
    assert listed(staff, year=2023) == []
    assert refusal(centre.main_user(other).get(f"{PATH}/{made[0]}")) == (404, "not-found")
