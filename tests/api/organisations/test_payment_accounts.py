"""`/v1/study-centre/payment-account` and `/v1/payment-account-changes`."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import httpx
import pytest

from app.db.identifiers import new_id
from tests.builders import Centre, Person, refusal

PATH = "/v1/study-centre/payment-account"
CHANGES = "/v1/payment-account-changes"
IBAN, OTHER_IBAN = "FI2112345600000785", "FI4950009420028730"
NONE = {
    "iban": None,
    "bic": None,
    "holder": None,
    "approved_at": None,
    "payments_held_until": None,
    "payments_held": False,
    "open_change": None,
}


@pytest.fixture
def second(centre: Centre) -> Person:
    return centre.staff()


def propose(person: Person, iban: str = IBAN, **headers: str) -> httpx.Response:
    return person.put(PATH, {"iban": iban, "holder": "Opintokeskus Malli"}, headers=headers)


def proposed(person: Person, iban: str = IBAN) -> str:
    answer = propose(person, iban)
    assert answer.status_code == 200, answer.text
    return f"{CHANGES}/{answer.json()['open_change']['id']}"


def test_a_change_waits_for_another_of_the_staff(centre: Centre, staff: Person, second: Person) -> None:
    assert staff.get(PATH).json() == NONE
    answer = propose(staff, "FI21 1234 5600 0007 85")
    change = answer.json()["open_change"]
    assert answer.json() == NONE | {"open_change": change}
    assert (change["iban"], change["bic"], change["holder"]) == (IBAN, "NDEAFIHH", "Opintokeskus Malli")
    assert (change["state"], change["proposed_by"]) == ("proposed", str(staff.id))
    auditor = centre.person("auditor")
    fetched = auditor.get(PATH)
    assert (fetched.json(), fetched.headers["ETag"]) == (answer.json(), answer.headers["ETag"])
    assert second.get(f"{CHANGES}/{change['id']}").json() == change
    assert auditor.get(CHANGES, params={"state": "proposed"}).json()["items"] == [change]
    assert auditor.get(CHANGES, params={"state": "approved"}).json()["items"] == []


def test_payments_wait_five_days_after_the_approval(centre: Centre, staff: Person, second: Person) -> None:
    change = proposed(staff)
    # Summer time begins on the way: five days later is the same time of day.
    centre.clock(2023, 3, 24, 12)
    answer = second.post(f"{change}/approval")
    assert (answer.status_code, answer.json()["state"], answer.json()["decided_by"]) == (
        200,
        "approved",
        str(second.id),
    )
    assert answer.json()["payments_held_until"] == "2023-03-29T12:00:00+03:00"
    assert staff.get(change).json() == answer.json()
    for clock, held in (((2023, 3, 29, 11, 59), True), ((2023, 3, 29, 12), False)):
        centre.clock(*clock)
        account = staff.get(PATH).json()
        assert (account["iban"], account["payments_held"], account["open_change"]) == (IBAN, held, None)
    # The present account stays until the change is approved.
    other = proposed(second, OTHER_IBAN)
    assert staff.get(PATH).json()["iban"] == IBAN
    staff.post(f"{other}/approval")
    assert staff.get(PATH).json()["iban"] == OTHER_IBAN
    # Proposing it again changes nothing.
    assert propose(staff, OTHER_IBAN).json()["open_change"] is None


def test_nobody_decides_their_own_change(staff: Person) -> None:
    change = proposed(staff)
    for step, body in (("approval", None), ("rejection", {"reason": "Oma"})):
        answer = staff.post(f"{change}/{step}", body)
        assert (refusal(answer), answer.json()["because"]) == ((403, "forbidden"), "own-matter")


def test_an_approval_is_of_a_fresh_and_strong_sign_in(centre: Centre, staff: Person, second: Person) -> None:
    change = proposed(staff)
    weakly = second.post(f"{change}/approval", headers=centre.weakly(second))
    assert refusal(weakly) == (401, "strong-authentication-required")
    old = centre.issuer.token_for(second.id, auth_time=int(time.time()) - 301)
    late = second.post(f"{change}/approval", headers={"Authorization": f"Bearer {old}"})
    assert (refusal(late), late.json()["max_age"]) == ((401, "strong-authentication-required"), 300)
    assert second.post(f"{change}/rejection", {"reason": "Väärä"}, headers=centre.weakly(second)).status_code == 200
    weak = staff.put(PATH, {"iban": IBAN, "holder": "Opintokeskus"}, headers=centre.weakly(staff))
    assert refusal(weak) == (401, "strong-authentication-required")


def test_a_rejected_or_withdrawn_change_leaves_the_account(staff: Person, second: Person) -> None:
    change = proposed(staff)
    answer = second.post(f"{change}/rejection", {"reason": "Tili on suljettu"})
    assert (answer.json()["state"], answer.json()["reason"]) == ("rejected", "Tili on suljettu")
    assert staff.get(PATH).json() == NONE
    change = proposed(staff)
    assert refusal(second.post(f"{change}/withdrawal")) == (403, "forbidden")
    assert staff.post(f"{change}/withdrawal").json()["state"] == "withdrawn"
    assert staff.get(PATH).json() == NONE
    for step, person in (("approval", second), ("rejection", second), ("withdrawal", staff)):
        decided = person.post(f"{change}/{step}", {"reason": "Virhe"} if step == "rejection" else None)
        assert refusal(decided) == (409, "wrong-state")
    assert [each["state"] for each in staff.get(CHANGES).json()["items"]] == ["withdrawn", "rejected"]


def test_one_change_is_open_at_a_time(staff: Person, second: Person) -> None:
    change = proposed(staff)
    assert proposed(second) == change
    answer = propose(second, OTHER_IBAN)
    assert refusal(answer) == (409, "already-exists")
    assert change.endswith(answer.json()["existing_id"])
    assert refusal(propose(second, OTHER_IBAN, If_Match='"else"')) == (409, "already-exists")
    stale = second.put(PATH, {"iban": OTHER_IBAN, "holder": "Muu"}, headers={"If-Match": '"else"'})
    assert refusal(stale) == (412, "precondition-failed")


def test_only_one_of_two_simultaneous_proposals_is_accepted(staff: Person, second: Person) -> None:
    barrier = Barrier(2)

    def run(person: Person, iban: str) -> int:
        barrier.wait()
        return propose(person, iban).status_code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(run, (staff, second), (IBAN, OTHER_IBAN))) == [200, 409]


def test_two_approvals_at_once_are_one(centre: Centre, staff: Person, second: Person) -> None:
    change, third, barrier = proposed(staff), centre.staff(), Barrier(2)

    def run(person: Person) -> int:
        barrier.wait()
        return person.post(f"{change}/approval").status_code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(run, (second, third))) == [200, 409]


def test_two_sign_ins_of_one_person_are_one_person(centre: Centre, staff: Person, second: Person) -> None:
    change = proposed(staff)
    body = {"person_id": str(staff.id), "reason": "Sama ihminen"}
    assert centre.staff().post(f"/v1/people/{second.id}/merger", body).status_code == 200
    assert refusal(second.post(f"{change}/approval")) == (403, "forbidden")
    assert second.post(f"{change}/withdrawal").status_code == 200


def test_others_see_no_account(centre: Centre, staff: Person) -> None:
    change = proposed(staff)
    main_user = centre.main_user(centre.organisation())
    for path in (PATH, CHANGES, change):
        assert refusal(main_user.get(path)) == (403, "forbidden")
    assert refusal(propose(main_user)) == refusal(main_user.post(f"{change}/approval")) == (403, "forbidden")
    auditor = centre.person("auditor")
    assert refusal(propose(auditor)) == refusal(auditor.post(f"{change}/approval")) == (403, "forbidden")
    assert refusal(staff.get(f"{CHANGES}/{new_id()}")) == (404, "not-found")
    assert refusal(centre.staff().post(f"{CHANGES}/{new_id()}/approval")) == (404, "not-found")


def test_the_audit_has_no_account_number(centre: Centre, staff: Person, second: Person) -> None:
    second.post(f"{proposed(staff)}/approval")
    entries = centre.rows("SELECT action, facts FROM audit_entries ORDER BY id")
    assert [action for action, _ in entries] == [
        "payment-account-change.proposed",
        "payment-account-change.approved",
    ]
    assert IBAN not in str(entries)
