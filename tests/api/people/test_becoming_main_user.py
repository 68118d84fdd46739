"""From an unregistered person to main user, and from one main user to the next: by HTTP only, in a sandbox."""

from collections.abc import Iterator
from typing import Any

import pytest

from app.local.embedded_postgres import Addresses
from tests.builders import Person
from tests.sandbox import Sandbox, serving_sandbox

APPLICATIONS = "/v1/main-user-applications"
SIGNATORY = "Signe Underskrift"


@pytest.fixture(scope="module")
def sandbox(postgres_cluster: Addresses) -> Iterator[Sandbox]:
    with serving_sandbox(postgres_cluster) as sandbox:
        yield sandbox


def done(answer: Any) -> Any:
    assert answer.is_success, answer.text
    return answer.json()


def newcomer(sandbox: Sandbox, name: str) -> tuple[Person, str]:
    person = sandbox.person(subject=name)
    email = f"{name.split()[0].lower()}@example.net"
    return person, done(person.post("/v1/people", {"name": name, "email": email}))["id"]


def becomes_main_user(sandbox: Sandbox, staff: Person, central: str, signatory: str, name: str, **more: Any) -> str:
    """From the registration to the role; returns the id of the grant."""
    person, person_id = newcomer(sandbox, name)
    right = {"person_id": person_id, "role": "training_manager", "organisation_id": central, "reason": "Kouluttaja"}
    done(staff.post("/v1/role-grants", right))
    # A write reads the roles of a person who has just been granted one again.
    draft = done(person.post(APPLICATIONS, {"organisation_id": central, "signatory_id": signatory} | more))
    location = f"{APPLICATIONS}/{draft['id']}"
    submitted = done(person.post(f"{location}/submission", key=False))
    assert submitted["state"] == "awaiting_signatures"
    assert person.get(f"{location}/document").content.startswith(b"%PDF-")

    headers = {"Content-Type": "application/pdf"}
    for signer, state in ((name, "awaiting_signatures"), (SIGNATORY, "signed")):
        signed = sandbox.client.post("/v1/sandbox/signatures", json={"application_id": draft["id"], "name": signer})
        assert signed.status_code == 200, signed.text
        headers["If-Match"] = person.get(location).headers["ETag"]
        brought = done(person.client.put(f"{location}/signed-document", content=signed.content, headers=headers))
        assert brought["state"] == state
    for signature in done(staff.get(f"{location}/signatures"))["items"]:
        assert signature["certificate"]["common_name"] == signature["named"]
        path = f"{location}/signatures/{signature['id']}/match"
        done(staff.post(path, {"signs_as": signature["signs_as"]}))
    assert done(person.get(location))["state"] == "received"
    approved = done(staff.post(f"{location}/decision", {"outcome": "approved"}))
    assert approved["state"] == "approved"
    assert is_main_user(sandbox, name, central)
    return str(approved["role_grant_id"])


def is_main_user(sandbox: Sandbox, subject: str, central: str) -> bool:
    person = sandbox.person(subject=subject)
    # A read remembers the roles of the last seconds; an attempted write reads them again.
    person.post(f"/v1/organisations/{central}/signatories", {"basis": "-", "valid_from": "2023-01-01"})
    roles = done(person.get("/v1/me"))["roles"]
    return ("main_user", central) in [(role["role"], role["organisation_id"]) for role in roles]


def test_a_person_becomes_main_user_and_hands_over_to_another(sandbox: Sandbox) -> None:
    sandbox.clock("2023-06-15T12:00:00+03:00")
    staff = sandbox.person("staff@example.org")
    organisation = {"name": "Uusi Liitto ry", "kind": "central", "parent_id": None, "active_from": "2023-01-01"}
    central = done(staff.post("/v1/organisations", organisation))["id"]
    signatories = f"/v1/organisations/{central}/signatories"
    named = {"name": SIGNATORY, "basis": "Puheenjohtaja", "valid_from": "2023-01-01"}
    signatory = done(staff.post(signatories, named))
    assert signatory["state"] == "in_force"

    first = becomes_main_user(sandbox, staff, central, signatory["id"], "Eka Edeltäjä")

    sandbox.clock("2023-09-01T12:00:00+03:00")
    becomes_main_user(sandbox, staff, central, signatory["id"], "Toka Seuraaja", replaces_role_grant_id=first)
    assert not is_main_user(sandbox, "Eka Edeltäjä", central)
    ended = done(staff.get(f"/v1/role-grants/{first}"))
    assert (ended["state"], ended["valid_until"]) == ("ended", "2023-09-01T12:00:00+03:00")
