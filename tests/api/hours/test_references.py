"""`/v1/references`: what people call by a number, and that no number is used twice."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from psycopg.errors import InsufficientPrivilege

from app.domain.hours.ledger import pool_change, supplementary_grant
from tests.api.people.candidates import PATH as APPLICATIONS
from tests.api.people.candidates import Candidate
from tests.api.people.test_api_keys import made as key_of
from tests.api.people.test_api_keys import program
from tests.builders import Centre, Person, refusal
from tests.documents.text import text_of

RETURNS, REQUESTS, CORRECTIONS = "/v1/hour-returns", "/v1/supplementary-hour-requests", "/v1/hour-corrections"
PROPOSALS, DECISIONS = "/v1/hour-proposals", "/v1/hour-decisions"


@pytest.fixture
def giving(centre: Centre, central: UUID) -> UUID:
    centre.change_window()
    centre.post(2023, pool_change(1000), supplementary_grant(central, 500))
    return central


def body(central: UUID, **others: Any) -> dict[str, Any]:
    return {"organisation_id": str(central), "year": 2023, "hours": 1} | others


def number_of(made: Any) -> int:
    assert made.status_code == 201, made.text
    year, number = made.json()["reference"].split("-")
    assert year == "2023"
    assert len(number) == 4
    return int(number)


def test_all_of_a_study_centre_are_numbered_in_one_series(giving: UUID, main_user: Person, staff: Person) -> None:
    lines = [{"unit_id": str(giving), "hours": 3}]
    made = [
        main_user.post(RETURNS, body(giving)),
        main_user.post(REQUESTS, body(giving, grounds="Kysyntä kasvoi")),
        staff.post(CORRECTIONS, body(giving, reason="Korjaus")),
        main_user.post(PROPOSALS, {"organisation_id": str(giving), "year": 2024, "lines": lines}),
    ]
    assert [number_of(each) for each in made] == [1, 2, 3, 4]
    types = ["hour_return", "supplementary_hour_request", "hour_correction", "hour_proposal"]
    for type_, each in zip(types, made, strict=True):
        reference, path = each.json()["reference"], each.headers["Location"]
        named = main_user.get(f"/v1/references/{reference}")
        assert named.json() == {
            "reference": reference,
            "type": type_,
            "id": each.json()["id"],
            "organisation_id": str(giving),
            "path": path,
        }
        assert main_user.get(path).json()["reference"] == reference
        listed = main_user.get(path.rpartition("/")[0], params={"reference": reference}).json()["items"]
        assert [item["reference"] for item in listed] == [reference]


def test_a_batch_takes_its_numbers_in_the_order_of_its_items(centre: Centre, staff: Person) -> None:
    centre.post(2024, pool_change(1000))
    centrals = [centre.organisation() for _ in range(3)]
    items = [{"organisation_id": str(central), "hours": 1} for central in reversed(centrals)]
    made = staff.post(DECISIONS, {"year": 2024, "items": items}).json()["items"]
    assert [each["reference"] for each in made] == ["2023-0001", "2023-0002", "2023-0003"]
    named = staff.get("/v1/references/2023-0002").json()
    assert (named["type"], named["id"]) == ("hour_decision", made[1]["id"])


def test_a_dry_run_shows_null_and_takes_no_number(giving: UUID, main_user: Person) -> None:
    lines = [{"unit_id": str(giving), "hours": 3}]
    for path, sent in (
        (RETURNS, body(giving)),
        (PROPOSALS, {"organisation_id": str(giving), "year": 2024, "lines": lines}),
    ):
        tried = main_user.post(path, sent, params={"validate_only": "true"})
        assert tried.status_code == 201
        assert tried.json()["reference"] is None
    assert number_of(main_user.post(RETURNS, body(giving))) == 1


def test_what_is_out_of_reach_is_not_found(centre: Centre, giving: UUID, main_user: Person) -> None:
    reference = main_user.post(RETURNS, body(giving)).json()["reference"]
    stranger = centre.main_user(centre.organisation())
    for asked in (stranger.get(f"/v1/references/{reference}"), main_user.get("/v1/references/2023-0999")):
        assert (asked.status_code, asked.json()["code"]) == (404, "not-found")
    assert main_user.get("/v1/references/2023-1").status_code == 422


def test_requests_at_the_same_time_get_different_numbers(giving: UUID, main_user: Person) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: main_user.post(RETURNS, body(giving)), range(24)))
    assert sorted(number_of(each) for each in made) == list(range(1, 25))


def test_the_year_is_that_of_helsinki(centre: Centre) -> None:
    instants = ["2031-01-01T00:30:00+02:00", "2031-01-01T01:30:00+02:00", "2030-12-31T21:59:59+00:00"]
    taken = [centre.rows("SELECT take_reference(%s)", datetime.fromisoformat(at)) for at in instants]
    assert taken == [[("2031-0001",)], [("2031-0002",)], [("2030-0001",)]]


def test_a_long_number_is_written_whole(centre: Centre) -> None:
    assert centre.rows("SELECT reference_of(2024, 9999), reference_of(2024, 10000)") == [("2024-9999", "2024-10000")]


def test_a_reference_never_changes(centre: Centre, giving: UUID, main_user: Person) -> None:
    request = main_user.post(REQUESTS, body(giving, grounds="Kysyntä kasvoi")).json()
    with pytest.raises(InsufficientPrivilege, match="never changes"):
        centre.rows(
            "UPDATE supplementary_hour_requests SET reference = '2023-0042' WHERE id = %s RETURNING id", request["id"]
        )


def test_an_application_is_found_by_its_reference_and_its_document_names_it(centre: Centre) -> None:
    candidate = Candidate.of(centre)
    first, second = candidate.submitted(), Candidate.of(centre).drafted()
    reference = candidate.applicant.get(first).json()["reference"]
    for seer in (candidate.applicant, candidate.staff, centre.main_user(candidate.central)):
        named = seer.get(f"/v1/references/{reference}").json()
        assert (named["type"], named["path"]) == ("main_user_application", first)
        [listed] = seer.get(APPLICATIONS, params={"reference": reference}).json()["items"]
        assert (listed["id"], listed["reference"]) == (named["id"], reference)
    both = [reference, candidate.staff.get(second).json()["reference"]]
    assert len(candidate.staff.get(APPLICATIONS, params={"reference": both}).json()["items"]) == 2
    assert candidate.staff.get(APPLICATIONS, params={"reference": "2023-0999"}).json()["items"] == []
    assert f"Viite {reference}" in text_of(candidate.applicant.get(f"{first}/document").content)


def test_a_key_finds_what_it_reads_and_no_application(centre: Centre, giving: UUID, main_user: Person) -> None:
    key = program(centre, key_of(main_user, giving))
    returned = main_user.post(RETURNS, body(giving)).json()["reference"]
    assert key.get(f"/v1/references/{returned}").status_code == 200
    applicant = centre.person("training_manager", giving)
    signatory = {"name": "Aili Puheenjohtaja", "basis": "Puheenjohtaja", "valid_from": "2023-01-01"}
    signatory_id = centre.staff().post(f"/v1/organisations/{giving}/signatories", signatory).json()["id"]
    drafted = applicant.post(APPLICATIONS, {"organisation_id": str(giving), "signatory_id": signatory_id})
    applied = f"/v1/references/{drafted.json()['reference']}"
    assert main_user.get(applied).status_code == 200
    assert refusal(key.get(applied)) == (404, "not-found")
