"""`/v1/cases/…/comments`: what the two sides of a case write to each other and to themselves."""

from typing import Any
from uuid import UUID

import pytest

from app.domain.hours.ledger import pool_change, supplementary_grant
from tests.api.hours.conftest import League
from tests.api.people.candidates import Candidate
from tests.builders import Centre, Person, refusal

TO_BOTH = {"text": "Milloin saamme päätöksen?", "visible_to": "both"}
TO_OWN = {"text": "Tämä on vain meille.", "visible_to": "own_side"}


@pytest.fixture
def case(centre: Centre, main_user: Person, central: UUID) -> str:
    """The comments of a request."""
    centre.change_window()
    body = {"organisation_id": str(central), "year": 2023, "hours": 10, "grounds": "Kysyntä kasvoi"}
    request = main_user.post("/v1/supplementary-hour-requests", body).json()
    return f"/v1/cases/supplementary-hour-requests/{request['id']}/comments"


def texts(reader: Person, path: str) -> list[str]:
    listed = reader.get(path)
    assert listed.status_code == 200, listed.text
    return [item["text"] for item in listed.json()["items"]]


def mailed(centre: Centre) -> list[str]:
    return [event for (event,) in centre.rows("SELECT event FROM outbox WHERE event LIKE 'case-comment%%' ORDER BY id")]


def test_each_side_reads_what_is_for_both_and_its_own(
    centre: Centre, main_user: Person, staff: Person, case: str
) -> None:
    made = main_user.post(case, TO_BOTH)
    assert made.status_code == 201, made.text
    assert made.json() | {"id": None} == {
        "id": None,
        **TO_BOTH,
        "side": "organisation",
        "created_by": str(main_user.id),
        "created_by_name": made.json()["created_by_name"],
        "created_at": "2023-03-15T12:00:00+02:00",
    }
    assert made.json()["created_by_name"]
    assert main_user.post(case, TO_OWN | {"text": "Järjestön oma"}).status_code == 201
    assert staff.post(case, TO_OWN | {"text": "Henkilöstön oma"}).status_code == 201
    answered = staff.post(case, TO_BOTH | {"text": "Ensi viikolla"})
    assert answered.json()["side"] == "study_centre"
    both = ["Ensi viikolla", TO_BOTH["text"]]
    assert texts(main_user, case) == [both[0], "Järjestön oma", both[1]]
    for reader in (staff, centre.person("auditor")):
        assert texts(reader, case) == [both[0], "Henkilöstön oma", both[1]]
    # Who belongs to the staff is public; so is a colleague's name.
    assert all(item["created_by_name"] for item in main_user.get(case).json()["items"])
    assert mailed(centre) == [
        "case-comment.sent-to-staff",
        "case-comment.added",
        "case-comment.added",
        "case-comment.sent-to-main-users",
    ]


def test_the_own_side_leaks_by_no_page_total_or_audit(main_user: Person, staff: Person, case: str) -> None:
    for _ in range(3):
        assert staff.post(case, TO_OWN).status_code == 201
    staff.post(case, TO_BOTH)
    listed = main_user.get(case, params={"limit": 1, "include": "total"})
    assert (len(listed.json()["items"]), listed.json()["next_cursor"]) == (1, None)
    assert "vain meille" not in listed.text
    assert listed.json()["total"] == 1
    audited = main_user.get("/v1/audit-entries").json()["items"]
    assert [entry["action"] for entry in audited if entry["action"].startswith("case-comment")] == [
        "case-comment.sent-to-main-users"
    ]


def test_others_within_reach_are_forbidden_and_out_of_reach_find_nothing(
    centre: Centre, central: UUID, case: str
) -> None:
    within, outside = centre.person("training_manager", central), centre.main_user(centre.organisation())
    for asked in (within.get(case), within.post(case, TO_BOTH)):
        assert refusal(asked) == (403, "forbidden")
    for asked in (outside.get(case), outside.post(case, TO_BOTH)):
        assert refusal(asked) == (404, "not-found")
    assert refusal(centre.person("auditor").post(case, TO_BOTH)) == (403, "forbidden")


def test_staff_with_a_matter_of_their_own_write_and_read_for_the_organisation_alone(
    centre: Centre, central: UUID, staff: Person, case: str
) -> None:
    both = centre.staff()
    centre.grant(both.id, "main_user", central)
    assert both.post(case, TO_OWN | {"text": "Järjestön oma"}).json()["side"] == "organisation"
    staff.post(case, TO_OWN | {"text": "Henkilöstön oma"})
    assert texts(both, case) == ["Järjestön oma"]
    assert texts(staff, case) == ["Henkilöstön oma"]


def test_who_sent_the_case_is_no_staff_in_it(centre: Centre, main_user: Person, case: str) -> None:
    centre.rows(
        "UPDATE role_grants SET role = 'staff', organisation_id = NULL WHERE person_id = %s RETURNING id", main_user.id
    )
    refused = main_user.post(case, TO_BOTH)
    assert (refusal(refused), refused.json()["because"]) == ((403, "forbidden"), "own-matter")


def test_nothing_is_added_to_a_case_that_has_ended(main_user: Person, staff: Person, case: str) -> None:
    staff.post(case, TO_BOTH)
    request = case.removeprefix("/v1/cases").removesuffix("/comments")
    assert main_user.post(f"/v1{request}/withdrawal", key=False).status_code == 200
    refused = staff.post(case, TO_BOTH)
    assert (refusal(refused), refused.json()["state"]) == ((409, "wrong-state"), "withdrawn")
    assert texts(main_user, case) == [TO_BOTH["text"]]


def test_a_return_is_commented_on_while_its_year_is_open(
    centre: Centre, central: UUID, main_user: Person, staff: Person
) -> None:
    centre.change_window()
    centre.post(2023, pool_change(1000), supplementary_grant(central, 500))
    booked = main_user.post("/v1/hour-returns", {"organisation_id": str(central), "year": 2023, "hours": 1}).json()
    path = f"/v1/cases/hour-returns/{booked['id']}/comments"
    assert staff.post(path, TO_BOTH).status_code == 201
    centre.close(2023)
    assert refusal(staff.post(path, TO_BOTH)) == (409, "wrong-state")
    assert texts(main_user, path) == [TO_BOTH["text"]]


def test_a_units_proposal_is_between_its_managers_and_the_main_users(league: League) -> None:
    proposal = league.submitted(league.manager, league.district)
    path = f"/v1/cases/hour-proposals/{proposal['id']}/comments"
    staff = league.centre.staff()
    assert league.manager.post(path, TO_BOTH).json()["side"] == "unit"
    assert league.manager.post(path, TO_OWN | {"text": "Piirin oma"}).status_code == 201
    assert league.main_user.post(path, TO_OWN | {"text": "Keskusjärjestön oma"}).json()["side"] == "organisation"
    assert league.main_user.post(path, TO_BOTH | {"text": "Kiitos"}).status_code == 201
    assert texts(league.manager, path) == ["Kiitos", "Piirin oma", TO_BOTH["text"]]
    assert texts(league.main_user, path) == ["Kiitos", "Keskusjärjestön oma", TO_BOTH["text"]]
    for reader in (staff, league.centre.person("auditor")):
        assert texts(reader, path) == ["Kiitos", TO_BOTH["text"]]
    assert refusal(staff.post(path, TO_BOTH)) == (403, "forbidden")
    assert mailed(league.centre) == [
        "case-comment.sent-to-main-users",
        "case-comment.added",
        "case-comment.added",
        "case-comment.sent-to-managers",
    ]


def test_an_application_is_between_its_parties_and_the_staff(centre: Centre) -> None:
    candidate = Candidate.of(centre)
    path = candidate.submitted().replace("/v1/", "/v1/cases/") + "/comments"
    assert candidate.applicant.post(path, TO_BOTH).json()["side"] == "applicant"
    assert candidate.applicant.post(path, TO_OWN).status_code == 201
    assert candidate.staff.post(path, TO_BOTH | {"text": "Allekirjoitus puuttuu"}).status_code == 201
    assert texts(candidate.applicant, path) == ["Allekirjoitus puuttuu", TO_OWN["text"], TO_BOTH["text"]]
    assert texts(candidate.staff, path) == ["Allekirjoitus puuttuu", TO_BOTH["text"]]


@pytest.mark.parametrize("text", ["", "x" * 4001, "x" * 1_000_000])
def test_a_comment_has_1_to_4000_characters(main_user: Person, case: str, text: str) -> None:
    assert main_user.post(case, TO_BOTH | {"text": "x" * 4000}).status_code == 201
    assert main_user.post(case, TO_BOTH | {"text": text}).status_code in {413, 422}


def test_comments_are_exported_and_survive_an_erasure_without_the_name(
    centre: Centre, central: UUID, staff: Person, case: str
) -> None:
    author = centre.main_user(central)
    author.post(case, TO_BOTH)
    exported: Any = author.get(f"/v1/people/{author.id}/data").json()
    assert TO_BOTH["text"] in str(exported)
    centre.main_user(central)
    assert staff.get(case).json()["items"][0]["created_by_name"]
    assert author.post(f"/v1/people/{author.id}/erasure", {"reason": "Pyyntö"}).status_code == 200
    (item,) = staff.get(case).json()["items"]
    assert (item["text"], item["created_by_name"]) == (TO_BOTH["text"], None)
