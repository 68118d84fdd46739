"""`/v1/role-applications`."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

from app.db.identifiers import new_id
from tests.api.people.candidates import PATH as MAIN_USER_APPLICATIONS
from tests.api.people.candidates import Candidate
from tests.builders import Centre, Person, refusal

PATH = "/v1/role-applications"


def asked(organisation_id: UUID, role: str = "training_manager") -> dict[str, Any]:
    return {"organisation_id": str(organisation_id), "role": role, "reason": "Suunnittelen kurssit"}


def decide(caller: Person, application: dict[str, Any], outcome: str = "granted", **more: Any) -> Any:
    return caller.post(f"{PATH}/{application['id']}/decision", {"outcome": outcome, **more})


def test_a_person_without_roles_applies_and_is_granted_the_role(centre: Centre, central: UUID) -> None:
    applicant, main_user = centre.person(), centre.main_user(central)
    answer = applicant.post(PATH, asked(central))
    assert answer.status_code == 201
    application = answer.json()
    assert (application["state"], application["person_id"]) == ("applied", str(applicant.id))
    assert applicant.get(answer.headers["Location"]).json() == application
    assert [item["id"] for item in main_user.get(PATH, params={"state": "applied"}).json()["items"]] == [
        application["id"]
    ]
    decided = decide(main_user, application, ends_on="2024-12-31")
    assert decided.status_code == 200
    assert decided.json()["state"] == "granted"
    grant = applicant.get(f"/v1/role-grants/{decided.json()['role_grant_id']}").json()
    assert (grant["role"], grant["role_application_id"]) == ("training_manager", application["id"])
    assert (grant["granted_by"], grant["reason"]) == (str(main_user.id), "Suunnittelen kurssit")
    assert grant["valid_until"] == "2025-01-01T00:00:00+02:00"
    assert [role["role"] for role in applicant.get("/v1/me").json()["roles"]] == ["training_manager"]
    fetched = main_user.get(f"{PATH}/{application['id']}")
    assert (fetched.json(), fetched.headers["ETag"]) == (decided.json(), decided.headers["ETag"])
    assert applicant.get(f"{PATH}/{application['id']}").json() == decided.json() | {"decided_by_name": None}
    assert centre.rows("SELECT action FROM audit_entries ORDER BY id") == [
        ("role-application.made",),
        ("role-application.decided",),
        ("role-grant.given",),
    ]


def test_a_rejection_has_its_reason(centre: Centre, central: UUID) -> None:
    application = centre.person().post(PATH, asked(central)).json()
    staff = centre.staff()
    answer = decide(staff, application, "rejected")
    assert refusal(answer) == (422, "validation")
    assert [(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]] == [("/reason", "required")]
    rejected = decide(staff, application, "rejected", reason="Kursseja ei ole").json()
    assert (rejected["state"], rejected["decision_reason"], rejected["role_grant_id"]) == (
        "rejected",
        "Kursseja ei ole",
        None,
    )
    again = decide(staff, application)
    assert (refusal(again), again.json()["state"]) == ((409, "wrong-state"), "rejected")


def test_an_applicant_withdraws_and_may_apply_again(centre: Centre, central: UUID) -> None:
    applicant = centre.person()
    application = applicant.post(PATH, asked(central)).json()
    path = f"{PATH}/{application['id']}/withdrawal"
    assert refusal(centre.main_user(central).post(path)) == (403, "forbidden")
    assert refusal(centre.main_user(centre.organisation()).post(path)) == (404, "not-found")
    assert applicant.post(path).json()["state"] == "withdrawn"
    assert refusal(applicant.post(path)) == (409, "wrong-state")
    assert applicant.post(PATH, asked(central)).status_code == 201


def test_an_applicant_has_one_open_application_and_none_for_a_present_role(centre: Centre, central: UUID) -> None:
    applicant, unit = centre.person(), centre.organisation(central)
    application = applicant.post(PATH, asked(unit)).json()
    assert refusal(applicant.post(PATH, asked(unit))) == (409, "already-exists")
    assert applicant.post(PATH, asked(unit, "unit_manager")).status_code == 201
    assert applicant.post(PATH, asked(central)).status_code == 201
    grant_id = decide(centre.staff(), application).json()["role_grant_id"]
    again = applicant.post(PATH, asked(unit))
    assert (refusal(again), again.json()["existing_id"]) == ((409, "already-exists"), grant_id)


def test_a_role_granted_meanwhile_is_not_granted_twice(centre: Centre, central: UUID) -> None:
    applicant, staff = centre.person(), centre.staff()
    application = applicant.post(PATH, asked(central)).json()
    given = staff.post("/v1/role-grants", asked(central) | {"person_id": str(applicant.id)})
    assert given.status_code == 201, given.text
    answer = decide(staff, application)
    assert (refusal(answer), answer.json()["existing_id"]) == ((409, "already-exists"), given.json()["id"])
    assert staff.get(f"{PATH}/{application['id']}").json()["state"] == "applied"


def test_nobody_decides_on_their_own_application(centre: Centre, central: UUID) -> None:
    main_user, staff = centre.main_user(central), centre.staff()
    for person in (main_user, staff):
        application = person.post(PATH, asked(central)).json()
        assert refusal(decide(person, application)) == (403, "forbidden")


def test_only_main_users_and_staff_decide(centre: Centre, central: UUID) -> None:
    unit = centre.organisation(central)
    application = centre.person().post(PATH, asked(unit)).json()
    for caller in (centre.person("unit_manager", unit), centre.person("auditor")):
        assert refusal(decide(caller, application)) == (403, "forbidden")
    for caller in (
        centre.person("training_manager", unit),
        centre.person(),
        centre.main_user(centre.organisation()),
    ):
        assert refusal(decide(caller, application)) == (404, "not-found")
        assert refusal(caller.get(f"{PATH}/{application['id']}")) == (404, "not-found")
        assert caller.get(PATH).json()["items"] == []


def test_the_organisations_own_rules_set_who_applies_and_who_decides(centre: Centre, central: UUID) -> None:
    unit = centre.organisation(central)
    manager, applicant = centre.person("unit_manager", unit), centre.person()
    first = applicant.post(PATH, asked(unit)).json()
    second = applicant.post(PATH, asked(unit, "unit_manager")).json()
    centre.owner.execute(
        "INSERT INTO training_rules (organisation_id, revision, kinds, applications, unit_managers_decide, "
        "changed_by, changed_at) VALUES (%s, 1, '{association}', 'by_invitation', true, %s, now())",
        [central, manager.id],
    )
    assert decide(manager, first).json()["state"] == "granted"
    assert refusal(decide(manager, second)) == (403, "forbidden")
    assert refusal(centre.person().post(PATH, asked(unit))) == (409, "by-invitation-only")


def test_the_role_must_fit_an_organisation_that_exists(centre: Centre, central: UUID) -> None:
    applicant = centre.person()
    absent = applicant.post(PATH, asked(new_id()))
    assert (refusal(absent), absent.json()["pointer"]) == ((404, "not-found"), "/organisation_id")
    unfit = applicant.post(PATH, asked(central, "unit_manager"))
    assert refusal(unfit) == (422, "validation")
    assert unfit.json()["errors"][0]["code"] == "role-does-not-fit"
    assert refusal(applicant.post(PATH, asked(central, "main_user"))) == (422, "validation")


def test_a_person_applies_twenty_times_a_day_and_no_more(centre: Centre, central: UUID) -> None:
    """Each application is mailed to main users, so applying and withdrawing has a limit (rulebook §3.10)."""
    applicant = centre.person()
    for _ in range(20):
        application = applicant.post(PATH, asked(central)).json()
        applicant.post(f"{PATH}/{application['id']}/withdrawal")
    answer = applicant.post(PATH, asked(central))
    assert refusal(answer) == (429, "rate-limited")
    # The clock is at noon of a day of 24 hours.
    assert answer.headers["Retry-After"] == str(12 * 60 * 60)
    problem = answer.json()
    assert (problem["most"], problem["retry_after"]) == (20, 12 * 60 * 60)
    assert problem["retry_at"] == "2023-03-16T00:00:00+02:00"
    assert "16 March 2023" in problem["detail"]
    assert refusal(applicant.post(PATH, asked(central), params={"validate_only": True})) == (429, "rate-limited")
    assert centre.rows("SELECT count(*) FROM outbox WHERE event = 'role-application.made'") == [(20,)]
    assert centre.person().post(PATH, asked(central)).status_code == 201, "Others are not affected."
    centre.clock(2023, 3, 16)
    assert applicant.post(PATH, asked(central)).status_code == 201


def test_applications_at_the_same_time_do_not_pass_the_limit(centre: Centre) -> None:
    applicant = centre.person()
    organisations = [centre.organisation() for _ in range(24)]
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda organisation_id: applicant.post(PATH, asked(organisation_id)), organisations))
    assert sorted(answer.status_code for answer in answers) == [201] * 20 + [429] * 4


def test_applications_of_both_kinds_count_together(centre: Centre) -> None:
    candidate = Candidate.of(centre)
    for _ in range(19):
        candidate.applicant.post(f"{candidate.drafted()}/withdrawal")
    assert candidate.applicant.post(PATH, asked(candidate.central, "training_manager")).status_code == 201
    for path, body in ((MAIN_USER_APPLICATIONS, candidate.asked()), (PATH, asked(centre.organisation()))):
        assert refusal(candidate.applicant.post(path, body)) == (429, "rate-limited")
