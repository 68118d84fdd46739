"""`PUT /v1/cases/…/handler`: which of the staff handles a case, and who sees it."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from app.db.identifiers import new_id
from app.domain.hours.ledger import pool_change, supplementary_grant
from tests.api.hours.conftest import PROPOSALS, League
from tests.api.people.candidates import Candidate
from tests.builders import Centre, Person, refusal

REQUESTS = "/v1/supplementary-hour-requests"


def handler_of(case: str) -> str:
    return case.replace("/v1/", "/v1/cases/") + "/handler"


def given(person: Person | None) -> dict[str, str | None]:
    return {"person_id": str(person.id) if person else None}


@pytest.fixture
def request_(centre: Centre, main_user: Person, central: UUID) -> str:
    centre.change_window()
    body = {"organisation_id": str(central), "year": 2023, "hours": 10, "grounds": "Kysyntä kasvoi"}
    return str(main_user.post(REQUESTS, body).headers["Location"])


def check_handled(staff: Person, reader: Person, case: str) -> None:
    """The handler is put, shown to the reader in the case and in its list, found by the filter, and taken away."""
    path, listed = handler_of(case), case.rpartition("/")[0]
    put = staff.put(path, given(staff))
    assert put.status_code == 200, put.text
    named = put.json()
    assert named["handler_id"] == str(staff.id)
    assert named["handler_name"]
    shown = reader.get(case).json()
    assert {name: shown[name] for name in named} == named
    (item,) = reader.get(listed, params={"handler_id": [str(staff.id), str(new_id())]}).json()["items"]
    assert (item["id"], item["handler_name"]) == (shown["id"], named["handler_name"])
    assert reader.get(listed, params={"handler_id": str(new_id())}).json()["items"] == []
    assert staff.put(path, given(None)).json() == {"handler_id": None, "handler_name": None}
    assert reader.get(case).json()["handler_name"] is None
    assert reader.get(listed, params={"handler_id": str(staff.id)}).json()["items"] == []


def test_a_request_has_a_handler(staff: Person, main_user: Person, request_: str) -> None:
    check_handled(staff, main_user, request_)


def test_a_return_has_a_handler(centre: Centre, central: UUID, main_user: Person, staff: Person) -> None:
    centre.change_window()
    centre.post(2023, pool_change(1000), supplementary_grant(central, 500))
    booked = main_user.post("/v1/hour-returns", {"organisation_id": str(central), "year": 2023, "hours": 1})
    check_handled(staff, main_user, booked.headers["Location"])


def test_proposals_of_a_central_organisation_and_of_a_unit_have_handlers(league: League) -> None:
    staff = league.centre.staff()
    for proposer, organisation_id in ((league.main_user, league.central), (league.manager, league.district)):
        proposal = league.submitted(proposer, organisation_id)
        check_handled(staff, proposer, f"{PROPOSALS}/{proposal['id']}")


def test_an_application_has_a_handler(centre: Centre) -> None:
    candidate = Candidate.of(centre)
    check_handled(candidate.staff, candidate.applicant, candidate.submitted())


def test_the_handler_is_one_of_the_staff_and_has_no_own_matter(
    centre: Centre, central: UUID, staff: Person, main_user: Person, request_: str
) -> None:
    concerned, former = centre.staff(), centre.staff()
    centre.grant(concerned.id, "main_user", central)
    centre.rows(
        "UPDATE role_grants SET valid_until = timestamptz '2023-01-01' WHERE person_id = %s RETURNING id", former.id
    )
    for person_id, code in (
        (main_user.id, "not-staff"),
        (former.id, "not-staff"),
        (centre.person("auditor").id, "not-staff"),
        (new_id(), "not-staff"),
        (concerned.id, "own-matter"),
    ):
        refused = staff.put(handler_of(request_), {"person_id": str(person_id)})
        assert refusal(refused) == (422, "validation")
        (error,) = refused.json()["errors"]
        assert (error["pointer"], error["code"]) == ("/person_id", code)
    assert refusal(staff.put(handler_of(request_), {})) == (422, "validation")


def test_what_a_merged_record_sent_is_the_handlers_own_matter(
    centre: Centre, central: UUID, staff: Person, main_user: Person, request_: str
) -> None:
    sender = centre.staff()
    centre.main_user(central)
    centre.rows("UPDATE role_grants SET role = 'training_manager' WHERE person_id = %s RETURNING id", main_user.id)
    merged = staff.post(f"/v1/people/{sender.id}/merger", {"person_id": str(main_user.id), "reason": "Sama ihminen"})
    assert merged.status_code == 200, merged.text
    refused = staff.put(handler_of(request_), given(sender))
    assert [error["code"] for error in refused.json()["errors"]] == ["own-matter"]


def test_staff_alone_set_the_handler_and_never_in_a_matter_of_their_own(
    centre: Centre, central: UUID, staff: Person, main_user: Person, request_: str
) -> None:
    concerned, outside = centre.staff(), centre.main_user(centre.organisation())
    centre.grant(concerned.id, "main_user", central)
    refused = concerned.put(handler_of(request_), given(staff))
    assert (refusal(refused), refused.json()["because"]) == ((403, "forbidden"), "own-matter")
    for reader in (main_user, centre.person("auditor")):
        assert refusal(reader.put(handler_of(request_), given(staff))) == (403, "forbidden")
    assert refusal(outside.put(handler_of(request_), given(staff))) == (404, "not-found")
    assert refusal(staff.put(f"/v1/cases/hour-returns/{new_id()}/handler", given(staff))) == (404, "not-found")


def test_a_handler_may_be_named_after_the_end_and_is_recorded_once(
    staff: Person, main_user: Person, request_: str
) -> None:
    assert main_user.post(f"{request_}/withdrawal", key=False).status_code == 200
    for _ in range(2):
        assert staff.put(handler_of(request_), given(staff)).status_code == 200
    entries = main_user.get("/v1/audit-entries", params={"action": "case.handler-changed"}).json()["items"]
    assert [entry["facts"] for entry in entries] == [
        {"case_type": "supplementary-hour-requests", "handler_id": str(staff.id)}
    ]


def test_a_first_handler_is_put_only_where_nobody_was(staff: Person, request_: str) -> None:
    path, first = handler_of(request_), {"If-None-Match": "*"}
    put = staff.put(path, given(staff), headers=first)
    assert put.status_code == 200
    assert refusal(staff.put(path, given(None), headers=first)) == (412, "precondition-failed")
    assert staff.put(path, given(None), headers={"If-Match": put.headers["ETag"]}).status_code == 200
    assert refusal(staff.put(path, given(None), headers={"If-Match": put.headers["ETag"]})) == (
        412,
        "precondition-failed",
    )


def test_a_new_handler_is_a_change_of_the_case(staff: Person, main_user: Person, request_: str) -> None:
    before = main_user.get(request_)
    since = datetime.now(UTC).isoformat()
    assert main_user.get(REQUESTS, params={"changed_since": since}).json()["items"] == []
    assert staff.put(handler_of(request_), given(staff)).status_code == 200
    assert main_user.get(request_).headers["ETag"] != before.headers["ETag"]
    assert len(main_user.get(REQUESTS, params={"changed_since": since}).json()["items"]) == 1


def test_a_former_handler_keeps_the_name_until_the_erasure(
    centre: Centre, staff: Person, main_user: Person, request_: str
) -> None:
    handler = centre.staff()
    assert staff.put(handler_of(request_), given(handler)).status_code == 200
    (grant,) = staff.get("/v1/role-grants", params={"person_id": str(handler.id)}).json()["items"]
    ended = staff.post(f"/v1/role-grants/{grant['id']}/ending", {"reason": "Lähti"})
    assert ended.status_code == 200, ended.text
    assert main_user.get(request_).json()["handler_name"]
    exported: Any = handler.get(f"/v1/people/{handler.id}/data").json()
    assert "supplementary_hour_requests.handler_id" in str(exported)
    assert staff.post(f"/v1/people/{handler.id}/erasure", {"reason": "Pyyntö"}).status_code == 200
    shown = main_user.get(request_).json()
    assert (shown["handler_id"], shown["handler_name"]) == (str(handler.id), None)


def test_a_merger_hands_the_case_over(centre: Centre, staff: Person, main_user: Person, request_: str) -> None:
    person, other = centre.staff(), centre.staff()
    assert staff.put(handler_of(request_), given(other)).status_code == 200
    merged = staff.post(f"/v1/people/{person.id}/merger", {"person_id": str(other.id), "reason": "Sama ihminen"})
    assert merged.status_code == 200, merged.text
    assert main_user.get(request_).json()["handler_id"] == str(person.id)
