"""Tasks of `/v1/me/tasks` that wait for one person, from their beginning to the call that does them."""

from datetime import date
from typing import Any

from tests.api.people.candidates import Candidate, signatory_of
from tests.builders import Centre, Person

PATH = "/v1/me/tasks"


def tasks(person: Person) -> list[dict[str, Any]]:
    answer = person.get(PATH)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return [task for task in items if task["kind"] != "organisation_without_main_user"]


def kinds(person: Person) -> list[str]:
    return [task["kind"] for task in tasks(person)]


def do(person: Person, status: int = 200, **more: Any) -> dict[str, Any]:
    """The only task, by its call."""
    (task,) = tasks(person)
    call = task["call"]
    body = None if call["body"] is None else call["body"] | more
    send = person.patch if call["method"] == "PATCH" else person.post
    answer = send(call["path"], body)
    assert answer.status_code == status, answer.text
    return task


def test_applications_for_roles_are_decided(centre: Centre) -> None:
    central = centre.organisation(name="Marttaliitto")
    unit = centre.organisation(central)
    main_user, other = centre.main_user(central), centre.main_user(centre.organisation())
    manager, staff = centre.person("unit_manager", unit), centre.staff()
    applicant = centre.person()
    body = {"organisation_id": str(unit), "role": "training_manager"}
    assert applicant.post("/v1/role-applications", body).status_code == 201
    assert kinds(applicant) == ["role_to_apply_for"]
    assert kinds(manager) == kinds(other) == []
    assert kinds(staff) == kinds(main_user) == ["role_application"]
    rules = {"kinds": ["association"], "units": None, "applications": "open", "unit_managers_decide": True}
    path = f"/v1/organisations/{central}/training-rules"
    etag = main_user.get(path).headers["ETag"]
    answer = main_user.put(path, rules | {"practice": None}, headers={"If-Match": etag})
    assert answer.status_code == 200, answer.text
    assert kinds(manager) == ["role_application"]
    do(manager)
    assert kinds(main_user) == kinds(staff) == kinds(manager) == []


def test_a_main_user_application_goes_from_task_to_task(centre: Centre) -> None:
    candidate = Candidate.of(centre, signatory_in_person=True)
    applicant, staff = candidate.applicant, candidate.staff
    assert candidate.signatory
    stranger = centre.person("training_manager", candidate.unit)
    candidate.drafted()
    assert kinds(candidate.signatory) == kinds(staff) == []
    assert do(applicant)["kind"] == "main_user_application_draft"
    (task,) = tasks(applicant)
    # Sixty days from 15 March, whole.
    assert (task["kind"], task["closes_on"]) == ("main_user_application_to_sign", "2023-05-14")
    do(applicant, 201)
    assert kinds(applicant) == kinds(staff) == kinds(stranger) == []
    do(candidate.signatory, 201)
    assert kinds(candidate.signatory) == []
    assert do(staff)["kind"] == "main_user_application"
    assert kinds(staff) == []
    # A person with a new role has the steps of the onboarding as a task.
    (task,) = tasks(applicant)
    assert task["kind"] == "onboarding"
    assert task["call"]["body"] == dict.fromkeys(("inducted_on", "service_known_on", "member_services_known_on"))
    do(applicant, service_known_on="2023-03-15")
    assert set(tasks(applicant)[0]["call"]["body"]) == {"inducted_on", "member_services_known_on"}
    do(applicant, inductor_name="Edeltäjä", inducted_on="2023-03-15", member_services_known_on="2023-03-15")
    assert kinds(applicant) == []


def test_an_expired_application_is_no_task(centre: Centre) -> None:
    candidate = Candidate.of(centre, signatory_in_person=True)
    candidate.submitted()
    assert candidate.signatory
    centre.clock(2023, 5, 14, 23, 59)
    assert kinds(candidate.applicant) == kinds(candidate.signatory) == ["main_user_application_to_sign"]
    centre.clock(2023, 5, 15)
    assert kinds(candidate.applicant) == kinds(candidate.signatory) == []


def test_nobody_gets_a_task_to_decide_on_their_own_application(centre: Centre) -> None:
    candidate = Candidate.of(centre, signatory_in_person=True)
    candidate.received()
    assert candidate.signatory
    for person in (candidate.applicant, candidate.signatory):
        centre.grant(person.id, "staff")
        assert kinds(person) == []
    own = centre.staff()
    centre.grant(own.id, "main_user", candidate.central)
    assert kinds(own) == []
    assert kinds(centre.staff()) == ["main_user_application"]


def test_signatories_are_confirmed_by_another(centre: Centre) -> None:
    central = centre.organisation(name="Marttaliitto")
    main_user, staff = centre.main_user(central), centre.staff()
    signatory_of(main_user, central)
    assert kinds(main_user) == []
    assert do(staff)["kind"] == "signatory"
    assert kinds(staff) == []
    # Another staff member confirms what one has entered. Nobody confirms what has ended.
    second = signatory_of(staff, central, name="Toinen Nimi", valid_until="2023-03-20")
    assert second["state"] == "unconfirmed"
    assert kinds(staff) == []
    assert kinds(centre.staff()) == ["signatory"]
    centre.clock(2023, 3, 21)
    assert kinds(centre.staff()) == []


def test_a_bank_account_is_approved_by_another(centre: Centre) -> None:
    central = centre.organisation(name="Marttaliitto")
    first, second = centre.main_user(central), centre.main_user(central)
    other = centre.main_user(centre.organisation())
    body = {"iban": "FI2112345600000785", "holder": "Marttaliitto ry"}
    answer = first.put(f"/v1/organisations/{central}/bank-account", body)
    assert answer.status_code == 200, answer.text
    assert kinds(first) == kinds(other) == []
    assert kinds(centre.staff()) == ["bank_account_change"]
    assert do(second)["kind"] == "bank_account_change"
    assert kinds(second) == []


def test_the_payment_account_is_approved_by_another_of_the_staff(centre: Centre) -> None:
    first, second = centre.staff(), centre.staff()
    body = {"iban": "FI2112345600000785", "holder": "Opintokeskus Malli"}
    assert first.put("/v1/study-centre/payment-account", body).status_code == 200
    assert kinds(first) == kinds(centre.person("auditor")) == kinds(centre.main_user(centre.organisation())) == []
    task = do(second)
    assert (task["kind"], task["organisation_id"]) == ("payment_account_change", None)
    assert kinds(second) == []


def test_each_main_user_confirms_the_data_of_the_year(centre: Centre) -> None:
    central = centre.organisation(name="Marttaliitto")
    first, second = centre.main_user(central), centre.main_user(central)
    centre.deadline("data_confirmation", date(2023, 5, 1), date(2023, 5, 31))
    centre.clock(2023, 5, 2)
    ((task,), (other,)) = tasks(first), tasks(second)
    assert (task["kind"], task["state"]) == ("data_confirmation", "open")
    assert task["id"] != other["id"]
    do(first, 201)
    assert [task["state"] for task in tasks(first)] == ["done"]
    assert [task["state"] for task in tasks(second)] == ["open"]
    centre.clock(2023, 6, 2)
    assert kinds(first) == []
    do(second, 201)
    assert kinds(second) == []
