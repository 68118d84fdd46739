"""`/v1/people/{id}/data` and `/v1/people/{id}/erasure`."""

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import Uuid

from app.db.identifiers import new_id
from app.db.people.personal_data import HELD, MADE
from app.db.tables import metadata
from app.local.embedded_postgres import Addresses
from tests.api.people.candidates import Candidate
from tests.builders import FOREVER, Centre, Person, refusal
from tests.locks import another, until_one_waits
from tests.server import NO_TLS

NOT_SHOWN = {
    "actors": {"id"},  # Only the id.
    "callers": {"person_id"},  # Shown as the sign-ins.
    "persons": {"id"},
}
WHY = {"reason": "Pyysi tietojensa poistamista"}


def data(of: UUID) -> str:
    return f"/v1/people/{of}/data"


def erasure(of: UUID) -> str:
    return f"/v1/people/{of}/erasure"


def again(centre: Centre, person: Person) -> httpx.Response:
    """The person, with another token."""
    token = centre.issuer.token_for(person.id, strong=False)
    headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en"}
    return httpx.get(f"{centre.address}/v1/me", headers=headers, verify=NO_TLS)


def test_every_column_that_names_a_person_is_shown(centre: Centre) -> None:
    """A new column must be shown, or be listed here as an exception."""
    rows = centre.rows(
        """
        SELECT c.conrelid::regclass::text, a.attname FROM pg_constraint c
        JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)
        WHERE c.contype = 'f' AND c.confrelid IN ('persons'::regclass, 'actors'::regclass)
            AND a.attname <> 'study_centre_id'
        """
    )
    named = {(table, column) for table, column in rows}
    for table in metadata.tables.values():
        for column in table.columns:
            if isinstance(column.type, Uuid) and re.search(r"(_by|(person|applicant|actor|inductor)_id)$", column.name):
                named.add((table.name, column.name))
    shown = {(table, column) for table, columns in [*HELD.items(), *MADE.items()] for column in columns}
    not_shown = {(table, column) for table, columns in NOT_SHOWN.items() for column in columns}
    assert named <= shown | not_shown
    assert shown - {("persons", "id")} <= named


def test_another_persons_data_need_a_strong_authentication(centre: Centre, central: UUID) -> None:
    staff, person = centre.staff(), centre.person("training_manager", central)
    assert refusal(staff.get(data(person.id), headers=centre.weakly(staff))) == (401, "strong-authentication-required")
    assert centre.rows("SELECT FROM audit_entries WHERE action = 'person.data-told'") == []
    assert staff.get(data(person.id)).status_code == 200
    main_user = centre.main_user(central)
    assert refusal(main_user.get(data(person.id), headers=centre.weakly(main_user))) == (403, "forbidden")
    for own in (staff, person):
        assert own.get(data(own.id), headers=centre.weakly(own)).status_code == 200


def test_a_person_sees_all_stored_data(centre: Centre) -> None:
    centre.change_window()
    central = centre.organisation()
    person = centre.main_user(central)
    body = {"organisation_id": str(central), "year": 2023, "hours": 5, "grounds": "Tarve kasvoi"}
    assert person.post("/v1/supplementary-hour-requests", body).status_code == 201
    answer = person.get(data(person.id))
    shown = answer.json()
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert shown["sign_ins"] == [{"issuer": centre.issuer.issuer.issuer, "subject": str(person.id)}]
    assert shown["held"]["persons"][0]["email"] == f"{person.id}@example.org"
    assert shown["held"]["role_grants"][0]["role"] == "main_user"
    assert shown["held"]["audit_entries"][0]["action"] == "supplementary-hour-request.submitted"
    assert shown["made"] == {"supplementary_hour_requests.submitted_by": 1}
    assert centre.rows("SELECT actor_id, subject_id FROM audit_entries WHERE action = 'person.data-told'") == [
        (person.id, person.id)
    ]
    assert centre.staff().get(data(person.id)).status_code == 200


def onboard(centre: Centre, person: Person, inductor_name: str) -> None:
    """Open the onboarding of the person's role, with an inductor."""
    centre.owner.execute(
        "INSERT INTO onboardings (id, role_grant_id, inductor_name, inducted_on, created_at) "
        "SELECT %s, id, %s, '2023-01-02', %s FROM role_grants WHERE person_id = %s",
        [new_id(), inductor_name, FOREVER, person.id],
    )


def test_a_person_sees_the_own_onboarding_and_applications_to_sign(centre: Centre) -> None:
    candidate = Candidate.of(centre, signatory_in_person=True)
    location = candidate.drafted()
    person, other = candidate.signatory, candidate.applicant
    assert person
    for each in (person, other):
        onboard(centre, each, "Edeltäjä")
    held = person.get(data(person.id)).json()["held"]
    assert [row["id"] for row in held["main_user_applications"]] == [location.rsplit("/")[-1]]
    own_grants = [row["id"] for row in held["role_grants"]]
    assert [row["role_grant_id"] for row in held["onboardings"]] == own_grants


def test_an_erasure_removes_names_in_the_own_onboarding_and_lists_what_is_kept(centre: Centre) -> None:
    central = centre.organisation()
    person, other = centre.main_user(central), centre.main_user(central)
    onboard(centre, person, "Edeltäjä")
    onboard(centre, other, "Aino Esimerkki")
    answer = person.post(erasure(person.id), WHY)
    assert answer.status_code == 200, answer.text
    names = dict(
        centre.rows("SELECT g.person_id, inductor_name FROM onboardings o JOIN role_grants g ON g.id = o.role_grant_id")
    )
    assert names == {person.id: "", other.id: "Aino Esimerkki"}
    assert any("inductor" in kept["what"] for kept in answer.json()["kept"])


def test_only_the_person_and_staff_see_and_erase_the_data(centre: Centre) -> None:
    central = centre.organisation()
    person, auditor = centre.person("training_manager", central), centre.person("auditor")
    main_user, stranger = centre.main_user(central), centre.main_user(centre.organisation())
    for other in (auditor, main_user):
        assert refusal(other.get(data(person.id))) == (403, "forbidden")
        assert refusal(other.post(erasure(person.id), WHY)) == (403, "forbidden")
    assert refusal(stranger.get(data(person.id))) == (404, "not-found")
    assert refusal(centre.staff().post(erasure(new_id()), WHY)) == (404, "not-found")
    weak = {"Authorization": f"Bearer {centre.issuer.token_for(person.id, strong=False)}"}
    refused = person.post(erasure(person.id), WHY, headers=weak)
    assert refusal(refused) == (401, "strong-authentication-required")


def test_an_erased_person_is_gone_and_the_audit_is_complete(centre: Centre) -> None:
    centre.change_window()
    central = centre.organisation()
    person, staff = centre.main_user(central), centre.staff()
    centre.main_user(central)
    body = {"organisation_id": str(central), "year": 2023, "hours": 5, "grounds": "Tarve kasvoi"}
    assert person.post("/v1/supplementary-hour-requests", body).status_code == 201
    made = person.post(
        "/v1/api-keys",
        {"organisation_id": str(central), "name": "Ohjelma", "scopes": ["hours:read"], "expires_in_days": 30},
    )
    entries_before = centre.rows("SELECT id FROM audit_entries")
    answer = staff.post(erasure(person.id), WHY)
    assert answer.status_code == 200, answer.text
    assert answer.json()["erased_at"] == "2023-03-15T12:00:00+02:00"
    assert {"2033-12-31", None} < {kept["until"] for kept in answer.json()["kept"]}
    assert all(kept["what"] and kept["ground"] for kept in answer.json()["kept"])
    gone = centre.rows("SELECT name, email, phone FROM persons WHERE id = %s", person.id)
    assert gone == [(f"Poistettu henkilö {person.id.hex[-6:]}", f"{person.id}@erased.invalid", None)]
    assert again(centre, person).json()["code"] == "not-registered"
    assert staff.get(f"/v1/api-keys/{made.json()['id']}").json()["state"] == "revoked"
    assert centre.rows("SELECT id FROM audit_entries WHERE id = ANY (%s)", [i for (i,) in entries_before])
    [entry, *_] = staff.get("/v1/audit-entries", params={"actor_id": str(person.id)}).json()["items"]
    assert entry["actor"] == {"id": str(person.id), "kind": "person", "name": None}
    assert str(person.id) not in [item["id"] for item in staff.get("/v1/people").json()["items"]]
    assert refusal(staff.post(erasure(person.id), WHY)) == (409, "wrong-state")
    ended = staff.get("/v1/role-grants", params={"person_id": str(person.id)}).json()["items"]
    assert [grant["state"] for grant in ended] == ["ended"]


def test_mails_applications_and_feeds_are_erased_with_the_person(centre: Centre) -> None:
    central = centre.organisation()
    person = centre.person("training_manager", central)
    mail = {
        "id": new_id(),
        "person_id": person.id,
        "cause_id": new_id(),
        "event": "hour-decision.made",
        "language": "fi",
        "address": "aino@example.org",
        "subject": "Hei Aino",
        "text": "Hei Aino",
        "dates": "[]",
        "made_at": FOREVER,
        "due_at": FOREVER,
    }
    for state in ("held", "due", "sent"):
        row: dict[str, Any] = mail | {"id": new_id(), "cause_id": new_id(), "state": state}
        row |= {"concluded_at": FOREVER if state == "sent" else None}
        marks = ", ".join(["%s"] * len(row))
        centre.owner.execute(f"INSERT INTO mails ({', '.join(row)}) VALUES ({marks})", list(row.values()))
    application = new_id()
    centre.owner.execute(
        "INSERT INTO role_applications (id, person_id, role, organisation_id, reason, state, applied_at) "
        "VALUES (%s, %s, 'training_manager', %s, 'Minä, Aino', 'applied', %s)",
        [application, person.id, central, FOREVER],
    )
    feed = person.post("/v1/me/calendar-feeds", {"name": "Puhelin"})
    assert feed.status_code == 201, feed.text
    assert person.post(erasure(person.id), WHY).status_code == 200
    assert centre.rows("SELECT state, reason FROM role_applications") == [("withdrawn", None)]
    assert centre.rows("SELECT state, address, subject, text FROM mails ORDER BY state, id") == [
        ("refused", "", "", ""),
        ("refused", "", "", ""),
        ("sent", "", "", ""),
    ]
    assert centre.rows("SELECT count(*) FROM calendar_feeds") == [(0,)]
    assert centre.rows("SELECT count(*) FROM callers WHERE person_id = %s", person.id) == [(0,)]


def test_unsigned_applications_are_erased_and_signed_ones_stay(centre: Centre) -> None:
    central = centre.organisation()
    person, staff = centre.person("training_manager", central), centre.staff()
    signatory, waiting, rejected = new_id(), new_id(), new_id()
    centre.owner.execute(
        "INSERT INTO signatories (id, organisation_id, person_id, basis, valid_from, entered_by, entered_at) "
        "VALUES (%s, %s, %s, 'Puheenjohtaja', '2020-01-01', %s, %s)",
        [signatory, central, person.id, staff.id, FOREVER],
    )
    for application, state, decider in ((waiting, "awaiting_signatures", None), (rejected, "rejected", staff.id)):
        decided_at = FOREVER if decider else None
        centre.owner.execute(
            "INSERT INTO main_user_applications (id, organisation_id, applicant_id, signatory_id, language, state, "
            "created_at, submitted_at, expires_at, decided_by, decided_at) "
            "VALUES (%s, %s, %s, %s, 'fi', %s, %s, %s, '2100-01-01', %s, %s)",
            [application, central, person.id, signatory, state, FOREVER, FOREVER, decider, decided_at],
        )
        centre.owner.execute(
            "INSERT INTO main_user_application_documents (application_id, content, digest, made_at) "
            "VALUES (%s, 'Aino', encode(sha256('Aino'), 'hex'), %s)",
            [application, FOREVER],
        )
    centre.owner.execute(
        "INSERT INTO main_user_application_signatures (id, application_id, signs_as, person_id, signed_at, "
        "signed_at_by, checks, evidence, evidence_digest) "
        "VALUES (%s, %s, 'applicant', %s, %s, 'service', '[]', '{}', '')",
        [new_id(), rejected, person.id, FOREVER],
    )
    assert person.post(erasure(person.id), WHY).status_code == 200
    assert centre.rows("SELECT id, state FROM main_user_applications ORDER BY id") == [
        (waiting, "withdrawn"),
        (rejected, "rejected"),
    ]
    assert centre.rows("SELECT application_id FROM main_user_application_documents") == [(rejected,)]
    assert centre.rows("SELECT ended_by FROM signatories") == [(person.id,)]


def recorded(centre: Centre, event: str) -> list[tuple[Any, ...]]:
    """Subject, reason and facts of the entries that are equal in the audit and in the outbox."""
    return centre.rows(
        "SELECT a.subject_id::text, a.reason, a.facts FROM audit_entries a JOIN outbox o USING (id, subject_id, facts) "
        "WHERE a.action = %s AND o.event = %s ORDER BY a.id",
        event,
        event,
    )


def test_an_erasure_reports_the_applications_that_it_withdraws(centre: Centre) -> None:
    candidate = Candidate.of(centre)
    person = candidate.applicant
    asked = {"organisation_id": str(candidate.central), "role": "training_manager"}
    role_application = person.post("/v1/role-applications", asked).json()["id"]
    location = candidate.submitted()
    assert person.post(erasure(person.id), WHY).status_code == 200
    [(subject, reason, facts)] = recorded(centre, "role-application.withdrawn")
    assert (subject, reason, facts["person_id"]) == (role_application, WHY["reason"], str(person.id))
    [(subject, reason, facts)] = recorded(centre, "main-user-application.withdrawn")
    assert (subject, reason, facts["person_id"]) == (location.rsplit("/")[-1], WHY["reason"], str(person.id))
    assert candidate.staff.get(location).json()["state"] == "withdrawn"


def test_an_erasure_reports_the_signatories_that_it_ends(centre: Centre) -> None:
    candidate = Candidate.of(centre, signatory_in_person=True)
    person = candidate.signatory
    assert person
    passed = candidate.staff.post(
        f"/v1/organisations/{candidate.central}/signatories",
        {
            "person_id": str(person.id),
            "basis": "Sihteeri",
            "valid_from": "2020-01-01",
            "valid_until": "2020-12-31",
        },
    )
    assert passed.status_code == 201, passed.text
    assert candidate.staff.post(erasure(person.id), WHY).status_code == 200
    assert [row[:2] for row in recorded(centre, "signatory.ended")] == [(candidate.signatory_id, WHY["reason"])]
    path = f"/v1/organisations/{candidate.central}/signatories/{candidate.signatory_id}"
    assert candidate.staff.get(path).json()["state"] == "ended"


def test_an_erasure_reports_the_onboardings_that_it_changes(centre: Centre) -> None:
    central = centre.organisation()
    person, other = centre.main_user(central), centre.main_user(central)
    onboard(centre, person, "Edeltäjä")
    onboard(centre, other, "Aino Esimerkki")
    [(onboarding,)] = centre.rows(
        "SELECT o.id::text FROM onboardings o JOIN role_grants g ON g.id = o.role_grant_id WHERE g.person_id = %s",
        person.id,
    )
    assert person.post(erasure(person.id), WHY).status_code == 200
    [(subject, reason, facts)] = recorded(centre, "onboarding.changed")
    assert (subject, reason, facts["changed"]) == (onboarding, WHY["reason"], ["inductor_name"])


def test_an_erasure_reports_the_keys_that_it_revokes_once(centre: Centre) -> None:
    central = centre.organisation()
    person = centre.main_user(central)
    centre.main_user(central)
    body = {"organisation_id": str(central), "name": "Ohjelma", "scopes": ["hours:read"], "expires_in_days": 30}
    kept, revoked = (person.post("/v1/api-keys", body).json()["id"] for _ in range(2))
    assert person.post(f"/v1/api-keys/{revoked}/revocation", {"reason": "Turha"}).status_code == 200
    assert person.post(erasure(person.id), WHY).status_code == 200
    assert [row[:2] for row in recorded(centre, "api-key.revoked")] == [(revoked, "Turha"), (kept, WHY["reason"])]


def test_an_erasure_and_a_decision_wait_for_each_other(centre: Centre, database: Addresses) -> None:
    central, person, staff = centre.organisation(), centre.person(), centre.staff()
    asked = {"organisation_id": str(central), "role": "training_manager"}
    assert person.post("/v1/role-applications", asked).status_code == 201
    with another(centre, database) as other, ThreadPoolExecutor(1) as pool:
        # In the order in which a decision locks: the application, then the person who gets the role.
        with other.owner.transaction():
            other.owner.execute("SELECT FROM role_applications FOR NO KEY UPDATE")
            answer = pool.submit(staff.post, erasure(person.id), WHY)
            until_one_waits(centre)
            other.owner.execute("SELECT FROM persons WHERE id = %s FOR NO KEY UPDATE", [person.id])
        assert answer.result().status_code == 200
    assert centre.rows("SELECT state FROM role_applications") == [("withdrawn",)]


def test_the_last_main_user_is_not_erased(centre: Centre) -> None:
    person = centre.main_user(centre.organisation())
    assert refusal(person.post(erasure(person.id), WHY)) == (409, "last-main-user")
    assert person.get("/v1/me").status_code == 200


def test_the_last_staff_member_is_not_erased(centre: Centre) -> None:
    person = centre.staff()
    assert refusal(person.post(erasure(person.id), WHY)) == (409, "last-staff")
    assert person.get("/v1/me").status_code == 200


def test_a_merged_person_is_erased_with_the_person(centre: Centre) -> None:
    central = centre.organisation()
    person, other = centre.person("training_manager", central), centre.person()
    staff = centre.staff()
    merged = staff.post(f"/v1/people/{person.id}/merger", {"person_id": str(other.id), "reason": "Sama ihminen"})
    assert merged.status_code == 200, merged.text
    assert refusal(staff.post(erasure(other.id), WHY)) == (409, "wrong-state")
    assert len(staff.get(data(person.id)).json()["sign_ins"]) == 2
    assert staff.post(erasure(person.id), WHY).status_code == 200
    assert centre.rows("SELECT count(*) FROM persons WHERE erased_at IS NOT NULL") == [(2,)]
    assert again(centre, other).json()["code"] == "not-registered"


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "a", "more": 1}])
def test_an_erasure_needs_its_reason(centre: Centre, body: dict[str, Any]) -> None:
    person = centre.person()
    assert refusal(person.post(erasure(person.id), body)) == (422, "validation")
