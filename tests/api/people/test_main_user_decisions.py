"""`/v1/main-user-applications/{id}/decision`: the role is granted, another is replaced, or the decision is refused."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from tests.api.people.candidates import PATH, Candidate, main_user_grant
from tests.builders import Centre, Person, refusal

APPROVED = {"outcome": "approved"}


@pytest.fixture
def candidate(centre: Centre) -> Candidate:
    return Candidate.of(centre, signatory_in_person=True)


def roles_of(person: Person, location: str) -> list[tuple[str, str]]:
    # A read remembers the roles of the last seconds; an attempted write reads them again.
    assert person.post(f"{location}/withdrawal", key=False).status_code in {403, 404, 409}
    return [(role["role"], role["organisation_id"]) for role in person.get("/v1/me").json()["roles"]]


def events(centre: Centre) -> list[str]:
    return [event for (event,) in centre.rows("SELECT event FROM outbox ORDER BY id")]


def test_an_approval_grants_the_role_immediately(centre: Centre, candidate: Candidate) -> None:
    location = candidate.received()
    answer = candidate.staff.post(f"{location}/decision", APPROVED | {"reason": "Kaikki kunnossa"})
    assert answer.status_code == 200
    application = answer.json()
    assert (application["state"], application["decided_by"]) == ("approved", str(candidate.staff.id))
    fetched = candidate.applicant.get(location)
    assert (fetched.json(), fetched.headers["ETag"]) == (application, answer.headers["ETag"])
    assert ("main_user", str(candidate.central)) in roles_of(candidate.applicant, location)
    rows = centre.rows(
        "SELECT id, granted_by, main_user_application_id, valid_until FROM role_grants WHERE role = 'main_user'"
    )
    assert [tuple(map(str, row)) for row in rows] == [
        (application["role_grant_id"], str(candidate.staff.id), application["id"], "None")
    ]
    assert len(centre.rows("SELECT FROM onboardings")) == 1
    assert {"role-grant.given", "onboarding.opened", "main-user-application.approved"} <= set(events(centre))
    assert refusal(candidate.staff.post(f"{location}/decision", APPROVED)) == (409, "wrong-state")


def test_a_dry_run_grants_nothing(centre: Centre, candidate: Candidate) -> None:
    location = candidate.received()
    answer = candidate.staff.post(f"{location}/decision", APPROVED, key=False, params={"validate_only": "true"})
    assert answer.json()["state"] == "approved"
    assert candidate.applicant.get(location).json()["state"] == "received"
    assert centre.rows("SELECT FROM role_grants WHERE role = 'main_user'") == []


def test_the_role_begins_on_its_day_and_the_replaced_one_ends_then(centre: Centre, candidate: Candidate) -> None:
    old = centre.main_user(candidate.central)
    location = candidate.approved(replaces_role_grant_id=main_user_grant(centre, old), begins_on="2023-04-01")
    main_user = ("main_user", str(candidate.central))
    for clock, has_old, has_new in (((2023, 3, 31, 23, 59, 59), True, False), ((2023, 4, 1), False, True)):
        centre.clock(*clock)
        assert (main_user in roles_of(old, location)) is has_old
        assert (main_user in roles_of(candidate.applicant, location)) is has_new
    assert "role-grant.ended" in events(centre)


def test_a_first_day_that_has_passed_begins_with_the_approval(centre: Centre, candidate: Candidate) -> None:
    location = candidate.received(begins_on="2023-03-16")
    centre.clock(2023, 3, 20, 9)
    assert candidate.staff.post(f"{location}/decision", APPROVED).status_code == 200
    rows = centre.rows("SELECT valid_from::text FROM role_grants WHERE role = 'main_user'")
    assert rows == [("2023-03-20 09:00:00+02",)]


def test_a_role_that_has_ended_meanwhile_need_not_be_replaced(centre: Centre, candidate: Candidate) -> None:
    old = centre.main_user(candidate.central)
    centre.main_user(candidate.central)
    location = candidate.received(replaces_role_grant_id=main_user_grant(centre, old))
    centre.owner.execute("UPDATE role_grants SET valid_until = '2023-03-15T12:00+02' WHERE person_id = %s", [old.id])
    assert candidate.staff.post(f"{location}/decision", APPROVED).json()["state"] == "approved"


def test_a_rejection_has_its_reason(centre: Centre, candidate: Candidate) -> None:
    location = candidate.received()
    silent = candidate.staff.post(f"{location}/decision", {"outcome": "rejected"})
    assert [(e["pointer"], e["code"]) for e in silent.json()["errors"]] == [("/reason", "required")]
    answer = candidate.staff.post(f"{location}/decision", {"outcome": "rejected", "reason": "Väärä järjestö"})
    assert (answer.json()["state"], answer.json()["reason"]) == ("rejected", "Väärä järjestö")
    assert centre.rows("SELECT FROM role_grants WHERE role = 'main_user'") == []
    assert candidate.applicant.post(PATH, candidate.asked()).status_code == 201


@pytest.mark.parametrize(
    "body", [{}, {"outcome": "expired"}, {"outcome": "approved", "state": "approved"}, {"outcome": None}]
)
def test_a_wrong_shape_is_refused(candidate: Candidate, body: dict[str, Any]) -> None:
    location = candidate.received()
    assert refusal(candidate.staff.post(f"{location}/decision", body)) == (422, "validation")


def test_only_a_received_application_is_approved(candidate: Candidate) -> None:
    assert candidate.signatory
    location = candidate.drafted()
    decision = f"{location}/decision"
    for outcome in (APPROVED, {"outcome": "rejected", "reason": "Kesken"}):
        assert refusal(candidate.staff.post(decision, outcome)) == (409, "wrong-state")
    candidate.applicant.post(f"{location}/submission", key=False)
    assert refusal(candidate.staff.post(decision, APPROVED)) == (409, "wrong-state")
    candidate.sign_here(candidate.applicant, location)
    answer = candidate.staff.post(decision, APPROVED)
    assert (answer.json()["state"], answer.json()["allowed"]) == ("awaiting_signatures", ["received"])
    candidate.sign_here(candidate.signatory, location)
    assert candidate.staff.post(decision, APPROVED).json()["state"] == "approved"


def test_nobody_decides_on_their_own_application(centre: Centre, candidate: Candidate) -> None:
    assert candidate.signatory
    location = candidate.received()
    main_user = centre.main_user(candidate.central)
    for person in (candidate.applicant, candidate.signatory, main_user):
        assert refusal(person.post(f"{location}/decision", APPROVED)) == (403, "forbidden")
        centre.grant(person.id, "staff")
        assert refusal(person.post(f"{location}/decision", APPROVED)) == (403, "forbidden")
    assert refusal(centre.person("auditor").post(f"{location}/decision", APPROVED)) == (403, "forbidden")
    stranger = centre.main_user(centre.organisation())
    assert refusal(stranger.post(f"{location}/decision", APPROVED)) == (404, "not-found")
    with pytest.raises(psycopg.errors.CheckViolation, match="not_decided_by_themselves"):
        centre.owner.execute(
            "UPDATE main_user_applications SET state = 'rejected', decided_by = applicant_id, decided_at = now()"
        )


def test_an_applicant_whose_other_role_has_ended_does_not_become_main_user(
    centre: Centre, candidate: Candidate
) -> None:
    location = candidate.received()
    centre.owner.execute(
        "UPDATE role_grants SET valid_until = '2023-03-15T12:00+02' WHERE person_id = %s", [candidate.applicant.id]
    )
    assert refusal(candidate.staff.post(f"{location}/decision", APPROVED)) == (409, "base-right-required")
    assert candidate.staff.get(location).json()["state"] == "received"


def test_a_former_member_gets_no_main_user(centre: Centre, candidate: Candidate) -> None:
    location = candidate.received()
    centre.owner.execute("UPDATE organisations SET active_until = '2023-03-14' WHERE id = %s", [candidate.central])
    assert refusal(candidate.staff.post(f"{location}/decision", APPROVED)) == (409, "not-a-member")


def test_an_applicant_who_has_become_main_user_meanwhile_is_not_approved(centre: Centre, candidate: Candidate) -> None:
    location = candidate.received()
    centre.grant(candidate.applicant.id, "main_user", candidate.central)
    assert refusal(candidate.staff.post(f"{location}/decision", APPROVED)) == (409, "already-exists")


def test_only_one_of_two_simultaneous_decisions_is_made(centre: Centre, candidate: Candidate) -> None:
    location = candidate.received()
    bodies = [APPROVED, {"outcome": "rejected", "reason": "Ei"}, APPROVED, {"outcome": "rejected", "reason": "Ei"}]
    deciders = [candidate.staff, *(centre.staff() for _ in bodies[1:])]
    with ThreadPoolExecutor(4) as threads:
        answers = list(
            threads.map(lambda each: each[0].post(f"{location}/decision", each[1]), zip(deciders, bodies, strict=True))
        )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    approved = candidate.staff.get(location).json()["state"] == "approved"
    assert len(centre.rows("SELECT FROM role_grants WHERE role = 'main_user'")) == int(approved)


def test_an_application_is_either_decided_or_withdrawn(centre: Centre, candidate: Candidate) -> None:
    location = candidate.received()
    with ThreadPoolExecutor(2) as threads:
        decision = threads.submit(candidate.staff.post, f"{location}/decision", APPROVED)
        withdrawal = threads.submit(candidate.applicant.post, f"{location}/withdrawal", key=False)
    assert sorted([decision.result().status_code, withdrawal.result().status_code]) == [200, 409]
    state = candidate.staff.get(location).json()["state"]
    assert state == ("approved" if decision.result().status_code == 200 else "withdrawn")
    assert len(centre.rows("SELECT FROM role_grants WHERE role = 'main_user'")) == int(state == "approved")


def test_the_database_refuses_a_main_user_without_an_approval(centre: Centre, candidate: Candidate) -> None:
    candidate.received()
    with pytest.raises(psycopg.errors.CheckViolation, match="approval_gives_a_right"):
        centre.owner.execute(
            "UPDATE main_user_applications SET state = 'approved', decided_by = %s, decided_at = now()",
            [candidate.staff.id],
        )
