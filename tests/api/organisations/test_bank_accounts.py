"""`/v1/organisations/{id}/bank-account` and `/v1/bank-account-changes`."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

import httpx
import pytest

from app.db.identifiers import new_id
from tests.builders import Centre, Person, refusal

IBAN, OTHER_IBAN = "FI2112345600000785", "FI4950009420028730"
MASKED = "FI************0785"
CHANGES = "/v1/bank-account-changes"


@pytest.fixture
def second(centre: Centre, central: UUID) -> Person:
    return centre.main_user(central)


def account_path(organisation_id: UUID) -> str:
    return f"/v1/organisations/{organisation_id}/bank-account"


def propose(person: Person, organisation_id: UUID, iban: str = IBAN, holder: str = "Marttaliitto ry") -> httpx.Response:
    return person.put(account_path(organisation_id), {"iban": iban, "holder": holder})


def proposed(person: Person, organisation_id: UUID, iban: str = IBAN) -> str:
    answer = propose(person, organisation_id, iban)
    assert answer.status_code == 200, answer.text
    return f"{CHANGES}/{answer.json()['open_change']['id']}"


def approved(proposer: Person, approver: Person, organisation_id: UUID, iban: str = IBAN) -> None:
    assert approver.post(f"{proposed(proposer, organisation_id, iban)}/approval").status_code == 200


def test_a_change_waits_for_a_second_person(main_user: Person, second: Person, central: UUID) -> None:
    answer = propose(main_user, central, "FI21 1234 5600 0007 85")
    assert answer.status_code == 200
    account = answer.json()
    change = account.pop("open_change")
    assert set(account.values()) == {str(central), None, False}
    assert (change["iban"], change["bic"], change["holder"]) == (IBAN, "NDEAFIHH", "Marttaliitto ry")
    assert (change["state"], change["proposed_by"]) == ("proposed", str(main_user.id))
    fetched = main_user.get(account_path(central))
    assert (fetched.json(), fetched.headers["ETag"]) == (answer.json(), answer.headers["ETag"])
    assert fetched.headers["Cache-Control"] == "private, no-cache"
    assert second.get(f"{CHANGES}/{change['id']}").json() == change


def test_two_sign_ins_of_one_person_are_one_person(
    centre: Centre, main_user: Person, second: Person, central: UUID
) -> None:
    change = proposed(main_user, central)
    body = {"person_id": str(main_user.id), "reason": "Sama ihminen"}
    assert centre.staff().post(f"/v1/people/{second.id}/merger", body).status_code == 200
    assert refusal(second.post(f"{change}/approval")) == (403, "forbidden")
    assert second.post(f"{change}/withdrawal").status_code == 200


def test_an_approved_account_delays_payments_for_five_days(
    centre: Centre, main_user: Person, second: Person, central: UUID
) -> None:
    change = proposed(main_user, central)
    # Summer time begins on the way: five days later is the same time of day.
    centre.clock(2023, 3, 24, 12)
    answer = second.post(f"{change}/approval")
    assert answer.status_code == 200
    assert (answer.json()["state"], answer.json()["decided_by"]) == ("approved", str(second.id))
    assert answer.json()["payments_held_until"] == "2023-03-29T12:00:00+03:00"
    fetched = main_user.get(change)
    assert (fetched.json(), fetched.headers["ETag"]) == (answer.json(), answer.headers["ETag"])
    for clock, held in (((2023, 3, 24, 12), True), ((2023, 3, 29, 11, 59), True), ((2023, 3, 29, 12), False)):
        centre.clock(*clock)
        account = main_user.get(account_path(central)).json()
        assert (account["iban"], account["payments_held"], account["open_change"]) == (IBAN, held, None)


def test_the_present_account_stays_until_the_change_is_approved(
    main_user: Person, second: Person, central: UUID
) -> None:
    approved(main_user, second, central)
    change = proposed(second, central, OTHER_IBAN)
    account = main_user.get(account_path(central)).json()
    assert (account["iban"], account["open_change"]["iban"]) == (IBAN, OTHER_IBAN)
    main_user.post(f"{change}/approval")
    account = main_user.get(account_path(central)).json()
    assert (account["iban"], account["bic"], account["open_change"]) == (OTHER_IBAN, "OKOYFIHH", None)


@pytest.mark.parametrize("decision", ["approval", "rejection"])
def test_nobody_decides_on_their_own_change(centre: Centre, main_user: Person, central: UUID, decision: str) -> None:
    change = proposed(main_user, central)
    centre.grant(main_user.id, "staff")
    body = {"reason": "Oma"} if decision == "rejection" else None
    assert refusal(main_user.post(f"{change}/{decision}", body)) == (403, "forbidden")


def test_staff_may_be_the_first_or_the_second_person(centre: Centre, main_user: Person, central: UUID) -> None:
    approved(main_user, centre.staff(), central)
    change = proposed(centre.staff(), central, OTHER_IBAN)
    assert main_user.post(f"{change}/approval").json()["state"] == "approved"


def test_a_rejected_change_has_its_reason_and_leaves_the_account(
    main_user: Person, second: Person, central: UUID
) -> None:
    change = proposed(main_user, central)
    answer = second.post(f"{change}/rejection", {"reason": "Tili on suljettu"})
    assert (answer.json()["state"], answer.json()["reason"]) == ("rejected", "Tili on suljettu")
    assert main_user.get(account_path(central)).json()["owner_id"] is None
    assert propose(main_user, central).json()["open_change"]["state"] == "proposed"


def test_only_the_proposer_withdraws_a_change(main_user: Person, second: Person, central: UUID) -> None:
    change = proposed(main_user, central)
    assert refusal(second.post(f"{change}/withdrawal")) == (403, "forbidden")
    assert main_user.post(f"{change}/withdrawal").json()["state"] == "withdrawn"
    assert main_user.get(account_path(central)).json()["open_change"] is None


@pytest.mark.parametrize("step", ["approval", "rejection", "withdrawal"])
def test_a_decided_change_stays_as_it_is(main_user: Person, second: Person, central: UUID, step: str) -> None:
    change = proposed(main_user, central)
    second.post(f"{change}/approval")
    person = main_user if step == "withdrawal" else second
    answer = person.post(f"{change}/{step}", {"reason": "Virhe"} if step == "rejection" else None)
    assert refusal(answer) == (409, "wrong-state")
    assert (answer.json()["state"], answer.json()["allowed"]) == ("approved", ["proposed"])


def test_one_change_is_open_at_a_time(main_user: Person, second: Person, central: UUID) -> None:
    change = proposed(main_user, central)
    answer = propose(second, central, OTHER_IBAN)
    assert refusal(answer) == (409, "already-exists")
    assert change.endswith(answer.json()["existing_id"])


def test_proposing_the_present_account_changes_nothing(
    centre: Centre, main_user: Person, second: Person, central: UUID
) -> None:
    change = proposed(main_user, central)
    assert proposed(second, central) == change
    second.post(f"{change}/approval")
    assert propose(main_user, central).json()["open_change"] is None
    assert centre.rows("SELECT count(*) FROM bank_account_changes") == [(1,)]


def test_a_stale_version_is_refused(main_user: Person, central: UUID) -> None:
    etag = main_user.get(account_path(central)).headers["ETag"]
    propose(main_user, central)
    body = {"iban": OTHER_IBAN, "holder": "Marttaliitto ry"}
    answer = main_user.put(account_path(central), body, headers={"If-Match": etag})
    assert refusal(answer) == (412, "precondition-failed")


@pytest.mark.parametrize(
    ("iban", "code"),
    [
        ("FI2112345600000786", "iban-checksum"),  # The last digit is wrong.
        ("FI1212345600000785", "iban-checksum"),  # The check digits are wrong.
        ("FI3112345600000781", "iban-checksum"),  # The check digits match, but the account's own last digit does not.
        ("FI21123456000007", "iban-format"),  # Two digits are missing.
        ("12345600000785", "iban-format"),
        ("FI21-1234-5600-0007-85", "iban-format"),
        ("FI٢١12345600000785", "iban-format"),
        ("XX2112345600000785", "iban-format"),
        ("AX2112345600000785", "iban-format"),  # Åland's accounts begin with FI.
        ("GP1120041010050500013M02606", "iban-format"),  # Those of Guadeloupe begin with FR.
        ("JE90NWBK60161331926819", "iban-format"),  # Those of Jersey begin with GB.
        ("GL8964710001000206", "iban-country"),  # Greenland is Danish, but not of SEPA.
        ("BR1800360305000010009795493C1", "iban-country"),  # Right, but payments are in euros.
    ],
)
def test_each_kind_of_wrong_iban_has_its_own_error_without_the_number(
    main_user: Person, central: UUID, iban: str, code: str
) -> None:
    answer = propose(main_user, central, iban)
    assert refusal(answer) == (422, "validation")
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [("/iban", code)]
    assert iban not in answer.text


def test_a_foreign_account_within_sepa_is_accepted(main_user: Person, central: UUID) -> None:
    change = propose(main_user, central, "de89 3704 0044 0532 0130 00").json()["open_change"]
    assert (change["iban"], change["bic"]) == ("DE89370400440532013000", "COBADEFFXXX")


@pytest.mark.parametrize(
    "iban",
    [
        "AL47212110090000000235698741",
        "GI75NWBK000000007099453",
        "MD24AG000225100013104168",
        "ME25505000012345678951",
        "MK07250120000058984",
        "RS35260005601001611379",
    ],
)
def test_the_countries_that_joined_sepa_last_are_in_it(main_user: Person, central: UUID, iban: str) -> None:
    assert propose(main_user, central, iban).json()["open_change"]["iban"] == iban


@pytest.mark.parametrize("space", ["\u00a0", "\u202f", "\u2009"], ids=ascii)
def test_the_groups_of_an_iban_may_have_any_kind_of_space_between_them(
    main_user: Person, central: UUID, space: str
) -> None:
    change = propose(main_user, central, "FI21 1234 5600 0007 85".replace(" ", space)).json()["open_change"]
    assert change["iban"] == "FI2112345600000785"


def test_a_unit_without_an_account_has_its_central_organisations(
    centre: Centre, main_user: Person, second: Person, central: UUID
) -> None:
    district = centre.organisation(central)
    unit = centre.organisation(district)
    approved(main_user, second, central)
    approved(main_user, second, district, OTHER_IBAN)
    account = main_user.get(account_path(unit)).json()
    assert (account["organisation_id"], account["owner_id"], account["iban"]) == (str(unit), str(central), IBAN)
    account = main_user.get(account_path(district)).json()
    assert (account["owner_id"], account["iban"]) == (str(district), OTHER_IBAN)


def test_a_units_manager_proposes_for_the_unit_and_does_not_decide(
    centre: Centre, main_user: Person, central: UUID
) -> None:
    unit = centre.organisation(central)
    manager, other = (centre.person("unit_manager", unit) for _ in range(2))
    change = proposed(manager, unit)
    assert refusal(other.post(f"{change}/approval")) == (403, "forbidden")
    assert refusal(propose(manager, central)) == (404, "not-found")
    assert main_user.post(f"{change}/approval").status_code == 200


def test_training_managers_and_units_see_only_masked_account_numbers(
    centre: Centre, main_user: Person, second: Person, central: UUID
) -> None:
    unit = centre.organisation(central)
    change = proposed(main_user, central)
    whole = [main_user, centre.staff(), centre.person("auditor")]
    half = [centre.person("training_manager", central)]
    for person, iban in [(one, IBAN) for one in whole] + [(one, MASKED) for one in half]:
        assert person.get(change).json()["iban"] == iban
        assert person.get(CHANGES).json()["items"][0]["iban"] == iban
        assert person.get(account_path(central)).json()["open_change"]["iban"] == iban
    second.post(f"{change}/approval")
    for person in [*half, centre.person("unit_manager", unit)]:
        organisation_id = central if person in half else unit
        assert person.get(account_path(organisation_id)).json()["iban"] == MASKED


def test_proposing_and_approving_an_account_need_strong_authentication(
    centre: Centre, main_user: Person, second: Person, central: UUID
) -> None:
    def weakly(person: Person) -> dict[str, str]:
        return {"Authorization": f"Bearer {centre.issuer.token_for(person.id, strong=False)}"}

    body = {"iban": IBAN, "holder": "Marttaliitto ry"}
    answer = main_user.put(account_path(central), body, headers=weakly(main_user))
    assert refusal(answer) == (401, "strong-authentication-required")
    assert centre.rows("SELECT FROM bank_account_changes") == []
    change = proposed(main_user, central)
    answer = second.post(f"{change}/approval", headers=weakly(second))
    assert refusal(answer) == (401, "strong-authentication-required")
    assert second.get(change).json()["state"] == "proposed"


def test_no_audit_entry_and_no_event_has_the_account_number(
    centre: Centre, main_user: Person, second: Person, central: UUID
) -> None:
    approved(main_user, second, central)
    for table in ("audit_entries", "outbox"):
        for (row,) in centre.rows(f"SELECT row_to_json({table})::text FROM {table}"):
            assert IBAN not in row
            assert IBAN[-4:] not in row.replace(str(centre.id), "").split('"facts"')[1]
            assert "Marttaliitto" not in row
    assert centre.rows("SELECT action, actor_id, facts ->> 'person_id' FROM audit_entries ORDER BY id") == [
        ("bank-account-change.proposed", main_user.id, str(main_user.id)),
        ("bank-account-change.approved", second.id, str(main_user.id)),
    ]


def test_changes_are_listed_within_reach(centre: Centre, main_user: Person, second: Person, central: UUID) -> None:
    unit, foreign = centre.organisation(central), centre.organisation()
    approved(main_user, second, central)
    proposed(main_user, unit, OTHER_IBAN)
    proposed(centre.main_user(foreign), foreign)

    def listed(**filters: object) -> list[str]:
        items = main_user.get(CHANGES, params=filters).json()["items"]
        return [item["organisation_id"] for item in items]

    assert listed() == [str(unit), str(central)]
    assert listed(state="approved") == listed(organisation_id=central) == [str(central)]
    assert listed(under=unit) == [str(unit)]


def test_missing_and_out_of_reach_look_the_same(centre: Centre, main_user: Person) -> None:
    foreign = centre.organisation()
    change = proposed(centre.main_user(foreign), foreign)
    for organisation_id in (foreign, new_id()):
        assert refusal(propose(main_user, organisation_id)) == (404, "not-found")
        assert refusal(main_user.get(account_path(organisation_id))) == (404, "not-found")
    for path in (change, f"{CHANGES}/{new_id()}"):
        assert refusal(main_user.get(path)) == (404, "not-found")
        assert refusal(main_user.post(f"{path}/approval")) == (404, "not-found")


def test_a_training_manager_does_not_propose(centre: Centre, central: UUID) -> None:
    assert refusal(propose(centre.person("training_manager", central), central)) == (403, "forbidden")


def send_both(*calls: Callable[[], httpx.Response]) -> list[tuple[int, str]]:
    """Statuses with codes, smallest first."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], httpx.Response]) -> tuple[int, str]:
        barrier.wait()
        answer = call()
        return (200, "") if answer.status_code == 200 else refusal(answer)

    with ThreadPoolExecutor(len(calls)) as pool:
        return sorted(pool.map(run, calls))


def test_only_one_of_two_simultaneous_changes_is_accepted(
    centre: Centre, main_user: Person, second: Person, central: UUID
) -> None:
    outcomes = send_both(lambda: propose(main_user, central), lambda: propose(second, central, OTHER_IBAN))
    assert outcomes == [(200, ""), (409, "already-exists")]
    assert centre.rows("SELECT count(*) FROM bank_account_changes") == [(1,)]


def test_a_change_is_either_approved_or_withdrawn(
    centre: Centre, main_user: Person, second: Person, central: UUID
) -> None:
    change = proposed(main_user, central)
    outcomes = send_both(lambda: second.post(f"{change}/approval"), lambda: main_user.post(f"{change}/withdrawal"))
    assert outcomes == [(200, ""), (409, "wrong-state")]
    assert len(centre.rows("SELECT FROM audit_entries WHERE subject_id = %s", change.rpartition("/")[2])) == 2
