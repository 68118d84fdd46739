"""`/v1/sandbox/people` and `/v1/sandbox/tokens`."""

import base64
import json
from typing import Any

import httpx
import pytest

from app.db.identifiers import new_id
from app.sandbox.demo.rows import DEMO_STUDY_CENTRE
from tests.builders import refusal
from tests.sandbox import Sandbox

PEOPLE = "/v1/sandbox/people"
TOKENS = "/v1/sandbox/tokens"


def organisation(sandbox: Sandbox, kind: str) -> str:
    return str(sandbox.rows("SELECT id FROM organisations WHERE kind = %s LIMIT 1", kind)[0][0])


def post(sandbox: Sandbox, **body: Any) -> httpx.Response:
    given = {"name": "Uusi Ihminen", "email": f"{new_id()}@example.org", "roles": []} | body
    return sandbox.client.post(PEOPLE, json=given)


def test_the_documented_people_are_first(sandbox: Sandbox) -> None:
    answer = sandbox.client.get(PEOPLE, params={"role": "staff", "include": "total"})
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert [person["email"] for person in answer.json()["items"][-5:-3]] == ["staff@example.org", "staff2@example.org"]


def test_a_page_of_people_is_followed_by_the_next(sandbox: Sandbox) -> None:
    first = sandbox.client.get(PEOPLE, params={"limit": 2})
    following = sandbox.client.get(first.headers["Link"].split(";")[0].strip("<>"))
    assert following.status_code == 200
    assert following.json()["items"][0]["id"] < first.json()["items"][-1]["id"]


def test_a_token_for_an_email_address_or_an_id_is_accepted(sandbox: Sandbox) -> None:
    person = sandbox.client.get(PEOPLE, params={"email": "Auditor@example.org"}).json()["items"][0]
    for named in ({"email": "AUDITOR@example.org"}, {"person_id": person["id"]}):
        answer = sandbox.client.post(TOKENS, json=named)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-store"
        assert (answer.json()["token_type"], answer.json()["expires_in"]) == ("Bearer", 12 * 3600)
        bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        assert sandbox.client.get("/v1/me", headers=bearer).json()["person"]["id"] == person["id"]


def test_a_token_for_an_email_address_is_for_the_person_who_verified_it(sandbox: Sandbox) -> None:
    email = f"{new_id()}@example.org"

    def register() -> None:
        body = {"name": "Uusi Ihminen", "email": email, "study_centre_id": str(DEMO_STUDY_CENTRE)}
        newcomer = sandbox.person(subject=str(new_id()))
        assert newcomer.post("/v1/people", body).status_code == 201
        assert newcomer.get("/v1/me").json()["person"]["email_verified_at"] is None

    register()
    assert refusal(sandbox.client.post(TOKENS, json={"email": email})) == (404, "not-found")
    holder = post(sandbox, email=email).json()
    register()
    assert sandbox.person(email).get("/v1/me").json()["person"]["id"] == holder["id"]


def test_a_token_for_an_unknown_person_is_refused(sandbox: Sandbox) -> None:
    for named, pointer in (({"email": "nobody@example.org"}, "/email"), ({"person_id": str(new_id())}, "/person_id")):
        answer = sandbox.client.post(TOKENS, json=named)
        assert refusal(answer) == (404, "not-found")
        assert (answer.json()["pointer"], answer.json()["people"]) == (pointer, PEOPLE)
        assert PEOPLE in answer.json()["detail"]


@pytest.mark.parametrize(
    "body", [{}, {"email": "staff@example.org", "person_id": str(new_id())}, {"email": 1}, {"who": "me"}, []]
)
def test_a_token_is_requested_in_exactly_one_way(sandbox: Sandbox, body: Any) -> None:
    assert refusal(sandbox.client.post(TOKENS, json=body)) == (422, "validation")


def test_a_new_person_has_its_roles_from_2000_on(sandbox: Sandbox) -> None:
    central, district = organisation(sandbox, "central"), organisation(sandbox, "district")
    roles: list[dict[str, str | None]] = [
        {"role": "main_user", "organisation_id": central},
        {"role": "unit_manager", "organisation_id": district},
        {"role": "training_manager", "organisation_id": district},
        {"role": "auditor", "organisation_id": None},
    ]
    email = f"{new_id()}@example.org"
    answer = post(sandbox, email=email.upper(), roles=roles, language="sv")
    assert answer.status_code == 201
    made = answer.json()
    assert (made["email"], made["language"]) == (email.upper(), "sv")
    assert [{name: role[name] for name in ("role", "organisation_id")} for role in made["roles"]] == roles
    fetched = sandbox.client.get(answer.headers["Location"])
    assert (fetched.json(), fetched.headers["ETag"]) == (made, answer.headers["ETag"])
    me = sandbox.person(email).get("/v1/me").json()
    assert {role["valid_from"] for role in me["roles"]} == {"2000-01-01T00:00:00+02:00"}
    assert {role["role"] for role in me["roles"]} == {role["role"] for role in roles}


def test_the_same_key_makes_one_person(sandbox: Sandbox) -> None:
    body = {"name": "Kerran Vain", "email": f"{new_id()}@example.org", "roles": []}
    headers = {"Idempotency-Key": str(new_id())}
    first, again = (sandbox.client.post(PEOPLE, json=body, headers=headers) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["Idempotency-Replayed"] == "true"


def test_an_email_address_in_use_is_refused(sandbox: Sandbox) -> None:
    answer = post(sandbox, email="Staff@example.org")
    assert refusal(answer) == (409, "already-exists")


@pytest.mark.parametrize(
    ("role", "kind"),
    [
        ("main_user", "district"),
        ("main_user", "association"),
        ("main_user", None),
        ("unit_manager", "central"),
        ("unit_manager", None),
        ("training_manager", None),
        ("staff", "central"),
        ("auditor", "association"),
    ],
)
def test_a_role_that_does_not_fit_is_refused(sandbox: Sandbox, role: str, kind: str | None) -> None:
    unfit = {"role": role, "organisation_id": kind and organisation(sandbox, kind)}
    answer = post(sandbox, roles=[{"role": "staff", "organisation_id": None}, unfit])
    assert refusal(answer) == (422, "validation")
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [
        ("/roles/1/organisation_id", "role-does-not-fit")
    ]


def test_a_role_for_an_unknown_organisation_is_refused(sandbox: Sandbox) -> None:
    answer = post(sandbox, roles=[{"role": "main_user", "organisation_id": str(new_id())}])
    assert refusal(answer) == (404, "not-found")
    assert answer.json()["pointer"] == "/roles/0/organisation_id"


@pytest.mark.parametrize(
    "body",
    [{"name": ""}, {"email": "nowhere"}, {"email": "a\0@b"}, {"roles": None}, {"roles": [{"role": "king"}]}, {"id": 1}],
)
def test_a_wrong_shape_is_refused(sandbox: Sandbox, body: dict[str, Any]) -> None:
    assert refusal(post(sandbox, **body)) == (422, "validation")


def test_there_is_no_dry_run(sandbox: Sandbox) -> None:
    answer = sandbox.client.post(PEOPLE, params={"validate_only": "true"}, json={})
    assert refusal(answer) == (422, "validation")
    assert "validate_only" in {error.get("parameter") for error in answer.json()["errors"]}


def test_an_unknown_person_is_not_found(sandbox: Sandbox) -> None:
    assert refusal(sandbox.client.get(f"{PEOPLE}/{new_id()}")) == (404, "not-found")


def test_a_repeated_field_is_refused(sandbox: Sandbox) -> None:
    body = b'{"email": "staff@example.org", "email": "auditor@example.org"}'
    answer = sandbox.client.post("/v1/sandbox/tokens", content=body, headers={"Content-Type": "application/json"})
    assert refusal(answer) == (400, "malformed-json")


def test_a_token_may_have_a_weak_sign_in(sandbox: Sandbox) -> None:
    def acr_of(**options: bool) -> str:
        token = sandbox.client.post(TOKENS, json={"email": "staff@example.org"} | options).json()["access_token"]
        payload = token.split(".")[1]
        return str(json.loads(base64.urlsafe_b64decode(payload + "=="))["acr"])

    assert (acr_of(), acr_of(strong=True), acr_of(strong=False)) == ("sandbox-strong", "sandbox-strong", "sandbox-weak")
