"""`/v1/api-keys`, and what a key may do."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.db.identifiers import new_id
from app.domain.hours.ledger import pool_change
from app.settings import Settings
from tests.api.another_key import after_another_secret_key
from tests.builders import Centre, Person, refusal
from tests.document import check_answer
from tests.server import NO_TLS

KEYS = "/v1/api-keys"
ALL = ["hours:read", "hours:write", "organisations:read"]


def body(organisation_id: UUID, **members: Any) -> dict[str, Any]:
    return {
        "organisation_id": str(organisation_id),
        "name": "Jäsenrekisteri",
        "scopes": ALL,
        "expires_in_days": 365,
    } | members


def made(by: Person, organisation_id: UUID, **members: Any) -> dict[str, Any]:
    answer = by.post(KEYS, body(organisation_id, **members))
    assert answer.status_code == 201, answer.text
    key: dict[str, Any] = answer.json()
    return key


def program(centre: Centre, key: dict[str, Any]) -> Person:
    """A program that calls with the key."""
    headers = {"Authorization": f"Bearer {key['key']}", "Accept-Language": "en"}
    client = httpx.Client(base_url=centre.address, headers=headers, timeout=60, verify=NO_TLS)
    client.event_hooks = {"response": [check_answer]}
    centre.clients.append(client)
    return Person(UUID(key["id"]), client)


def test_a_key_is_shown_once_and_kept_as_a_hash(centre: Centre, central: UUID, main_user: Person) -> None:
    answer = main_user.post(KEYS, body(central))
    key = answer.json()
    assert answer.status_code == 201
    assert key["key"].startswith(key["prefix"] + "_")
    assert key["prefix"].startswith("tp_")
    assert len(key["key"]) == 55
    found = main_user.get(answer.headers["Location"])
    assert found.json() == key | {"key": None}
    assert found.headers["ETag"] == answer.headers["ETag"]
    secret = key["key"].removeprefix(key["prefix"]).encode()
    for table in ("api_keys", "audit_entries", "outbox", "stored_answers", "actors"):
        for row in centre.rows(f"SELECT * FROM {table}"):
            assert secret not in b"".join(bytes(v) if isinstance(v, bytes) else str(v).encode() for v in row), table


def test_the_same_request_sent_again_returns_the_same_key(central: UUID, main_user: Person) -> None:
    first, again = (main_user.post(KEYS, body(central), key="again") for _ in range(2))
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json() == first.json()


def test_a_key_acts_for_its_organisation_and_is_recorded_as_the_maker(
    centre: Centre, central: UUID, main_user: Person
) -> None:
    centre.change_window()
    unit = centre.organisation(central)
    other = centre.organisation()
    key = made(main_user, central)
    ours = program(centre, key)
    request = {"organisation_id": str(central), "year": 2023, "hours": 10, "grounds": "Kysyntä kasvoi"}
    asked = ours.post("/v1/supplementary-hour-requests", request)
    assert asked.status_code == 201, asked.text
    assert asked.json()["submitted_by"] == key["id"]
    assert ours.get(f"/v1/organisations/{unit}").status_code == 200
    assert refusal(ours.get(f"/v1/organisations/{other}")) == (404, "not-found")
    assert centre.rows("SELECT actor_id FROM audit_entries WHERE action LIKE 'supplementary%%'") == [(ours.id,)]
    [entry] = main_user.get("/v1/audit-entries", params={"actor_id": key["id"]}).json()["items"]
    assert entry["actor"] == {"id": key["id"], "kind": "api_key", "name": "Jäsenrekisteri"}
    proposal = {"organisation_id": str(unit), "year": 2024, "lines": [{"unit_id": str(unit), "hours": 5}]}
    of_unit = program(centre, made(main_user, unit))
    assert of_unit.post("/v1/hour-proposals", proposal).json()["created_by"] == str(of_unit.id)
    assert refusal(of_unit.post("/v1/supplementary-hour-requests", request)) == (404, "not-found")


def test_the_maker_of_a_key_does_not_decide_on_its_requests(centre: Centre, central: UUID) -> None:
    centre.change_window()
    centre.post(2023, pool_change(100))
    staff, colleague, merged = centre.staff(), centre.staff(), centre.staff()
    asked = []
    for maker in (staff, merged):
        caller = program(centre, made(maker, central))
        answer = caller.post(
            "/v1/supplementary-hour-requests",
            {"organisation_id": str(central), "year": 2023, "hours": 5, "grounds": "Kysyntä kasvoi"},
        )
        assert answer.status_code == 201
        asked.append(f"{answer.headers['Location']}/decision")
    merger = colleague.post(f"/v1/people/{staff.id}/merger", {"person_id": str(merged.id), "reason": "Kaksi tunnusta"})
    assert merger.status_code == 200
    for path in asked:
        refused = staff.post(path, {"hours": 5})
        assert refusal(refused) == (403, "forbidden")
        assert refused.json()["because"] == "own-matter"
        assert colleague.post(path, {"hours": 5}).status_code == 200


def test_the_refusal_names_the_missing_scope(centre: Centre, central: UUID, main_user: Person) -> None:
    reader = program(centre, made(main_user, central, scopes=["hours:read"]))
    assert reader.get("/v1/hour-proposals").status_code == 200
    refused = reader.post("/v1/hour-proposals", {"organisation_id": str(central), "year": 2024, "lines": []})
    assert refusal(refused) == (403, "forbidden")
    assert refused.json()["scope"] == "hours:write"
    assert 'error="insufficient_scope", scope="hours:write"' in refused.headers["WWW-Authenticate"]
    assert reader.get("/v1/organisations").json()["scope"] == "organisations:read"


CURRENT = f"{KEYS}/current"


@pytest.mark.parametrize("scope", ["hours:read", "calendar:write"])
def test_a_key_knows_itself_whatever_its_scopes(centre: Centre, central: UUID, main_user: Person, scope: str) -> None:
    key = made(main_user, central, scopes=[scope])
    answer = program(centre, key).get(CURRENT)
    assert answer.status_code == 200
    shown = answer.json()
    # A key sees the names of staff alone (rulebook §2.5).
    assert shown == main_user.get(f"{KEYS}/{key['id']}").json() | {"made_by_name": None}
    assert (shown["organisation_id"], shown["scopes"], shown["expires_at"]) == (
        str(central),
        [scope],
        key["expires_at"],
    )
    assert (shown["key"], shown["state"]) == (None, "active")
    rotation = {"overlap_hours": 1, "expires_in_days": 30}
    successor = main_user.post(f"{KEYS}/{key['id']}/rotation", rotation).json()
    assert program(centre, key).get(CURRENT).json()["successor_id"] == successor["id"]
    assert program(centre, successor).get(CURRENT).json()["id"] == successor["id"]
    centre.owner.execute("UPDATE organisations SET active_until = '2023-03-14' WHERE id = %s", [central])
    assert program(centre, key).get(CURRENT).json()["state"] == "rotated"
    main_user.post(f"{KEYS}/{key['id']}/revocation")
    assert refusal(program(centre, key).get(CURRENT)) == (401, "unauthenticated")


def test_a_person_has_no_current_key(centre: Centre, main_user: Person, staff: Person) -> None:
    for person in (main_user, staff, centre.person("auditor"), centre.person()):
        answer = person.get(CURRENT)
        assert refusal(answer) == (403, "forbidden")
        assert answer.json()["because"] == "key-only"
        assert answer.json()["detail"] == (
            "This action can only be performed with an API key. GET /v1/me shows your own roles."
        )


def test_advice_depends_on_who_asks(centre: Centre, central: UUID, main_user: Person) -> None:
    ours = program(centre, made(main_user, central, scopes=ALL))
    revoked = program(centre, made(main_user, central) | {"key": "tp_unknown"})
    stale = centre.signed_in("x")
    stale.headers["Authorization"] = "Bearer x.y.z"
    elsewhere = f"/v1/organisations/{new_id()}"
    pool = "/v1/hour-pools/2024"

    def detail(answer: httpx.Response, code: str) -> str:
        assert answer.json()["code"] == code, answer.text
        return str(answer.json()["detail"])

    assert detail(stale.get("/v1/me"), "unauthenticated").endswith(
        "Get a new token from the sign-in service and send the request again."
    )
    assert detail(revoked.get(pool), "unauthenticated") == (
        "The API key does not exist, has expired or has been revoked. "
        "Ask the main user of the organisation for a new key."
    )
    assert "GET /v1/me shows" in detail(main_user.get(elsewhere), "not-found")
    assert "GET /v1/api-keys/current shows" in detail(ours.get(elsewhere), "not-found")
    assert "Check your roles with GET /v1/me." in detail(main_user.get(pool), "forbidden")
    assert detail(ours.get(pool), "forbidden").endswith("Ask a person with the right role to perform the action.")
    assert detail(ours.get("/v1/calendars/2023"), "forbidden") == (
        "The API key does not have the scope calendar:read. "
        "Ask the main user of the organisation for a key that has it."
    )
    # What a person has to sign in strongly for is not for keys.
    assert "Sign in" not in detail(ours.post(KEYS, body(central)), "forbidden")
    for answer in (ours.get(pool), ours.get(elsewhere), revoked.get(pool), ours.post(KEYS, body(central))):
        assert "/v1/me" not in answer.json()["detail"]
        assert not {"key_asks", "person_asks"} & answer.json().keys()


def test_actions_for_people_only_are_refused_to_a_key(centre: Centre, central: UUID, main_user: Person) -> None:
    ours = program(centre, made(main_user, central))
    assert refusal(ours.get("/v1/me")) == (403, "forbidden")
    assert refusal(ours.get(KEYS)) == (403, "forbidden")
    assert refusal(ours.post(KEYS, body(central))) == (403, "forbidden")


def test_an_operation_for_people_only_refuses_a_key_with_any_scopes(
    centre: Centre, central: UUID, main_user: Person
) -> None:
    ours = program(centre, made(main_user, central, scopes=["organisations:read"]))
    change = f"/v1/bank-account-changes/{new_id()}"
    account = {"iban": "FI2112345600000785", "holder": "Marttaliitto ry"}
    for answer in (
        ours.put(f"/v1/organisations/{central}/bank-account", account),
        ours.post(f"{change}/approval"),
        ours.post(f"{change}/rejection", {"reason": "Väärä tili"}),
        ours.post(f"{change}/withdrawal"),
        ours.post("/v1/organisation-confirmations", {"organisation_id": str(central), "year": 2023}),
        ours.delete(f"/v1/organisations/{central}/logo"),
    ):
        assert refusal(answer) == (403, "forbidden")
        assert "scope" not in answer.json()


def test_a_revoked_key_is_refused_immediately(centre: Centre, central: UUID, main_user: Person) -> None:
    key = made(main_user, central)
    ours = program(centre, key)
    assert ours.get("/v1/hour-proposals").status_code == 200
    revoked = main_user.post(f"{KEYS}/{key['id']}/revocation", {"reason": "Avain joutui vääriin käsiin"})
    assert revoked.json()["state"] == "revoked"
    assert revoked.json()["revoked_by"] == str(main_user.id)
    assert refusal(ours.get("/v1/hour-proposals")) == (401, "unauthenticated")
    assert refusal(ours.post("/v1/hour-proposals", {"no": "shape"})) == (401, "unauthenticated")
    again = main_user.post(f"{KEYS}/{key['id']}/revocation")
    assert refusal(again) == (409, "wrong-state")
    assert again.json()["allowed"] == ["active", "rotated"]


def test_a_retry_gets_the_secret_only_while_the_person_may_create_the_key(
    centre: Centre, central: UUID, main_user: Person, staff: Person
) -> None:
    centre.main_user(central)
    [(grant_id,)] = centre.rows("SELECT id FROM role_grants WHERE person_id = %s", main_user.id)
    key = main_user.post(KEYS, body(central), key="made").json()
    rotation = f"{KEYS}/{key['id']}/rotation", {"overlap_hours": 24, "expires_in_days": 30}
    successor = main_user.post(*rotation, key="rotated").json()
    for request, retry, first in (((KEYS, body(central)), "made", key), (rotation, "rotated", successor)):
        again = main_user.post(*request, key=retry)
        assert (again.status_code, again.json(), again.headers["Idempotency-Replayed"]) == (201, first, "true")
    assert len(centre.rows("SELECT id FROM api_keys")) == 2
    staff.post(f"/v1/role-grants/{grant_id}/ending", {"reason": "Vaihtoi työpaikkaa"})
    for request, retry in (((KEYS, body(central)), "made"), (rotation, "rotated")):
        assert refusal(main_user.post(*request, key=retry)) == (404, "not-found"), "Out of reach."
    centre.grant(main_user.id, "training_manager", central)
    for request, retry in (((KEYS, body(central)), "made"), (rotation, "rotated")):
        assert refusal(main_user.post(*request, key=retry)) == (403, "forbidden")
    centre.grant(main_user.id, "main_user", central)
    assert main_user.post(KEYS, body(central), key="made").json() == key
    assert len(centre.rows("SELECT id FROM api_keys")) == 2


def test_a_secret_cannot_be_repeated_once_the_service_has_another_secret_key(
    centre: Centre, central: UUID, settings: Settings
) -> None:
    main_user = centre.main_user(central)
    key_id = made(main_user, central)["id"]
    requests = {
        KEYS: body(central),
        f"{KEYS}/{key_id}/rotation": {"overlap_hours": 24, "expires_in_days": 30},
        "/v1/me/calendar-feeds": {"name": "Puhelin"},
    }
    for path, content in requests.items():
        assert main_user.post(path, content, key="once").status_code == 201
    with after_another_secret_key(centre, settings, main_user) as same_person:
        for path, content in requests.items():
            again = same_person.post(path, content, key="once")
            assert refusal(again) == (409, "response-unreadable"), path
    assert len(centre.rows("SELECT id FROM api_keys")) == 3


def test_an_unknown_or_expired_key_is_refused(centre: Centre, central: UUID, main_user: Person) -> None:
    key = made(main_user, central)
    ours = program(centre, key)
    unknown = program(centre, key | {"key": key["key"][:-1] + ("A" if key["key"][-1] != "A" else "B")})
    assert refusal(unknown.get("/v1/hour-proposals")) == (401, "unauthenticated")
    centre.owner.execute("UPDATE api_keys SET expires_at = clock_timestamp()")
    assert refusal(ours.get("/v1/hour-proposals")) == (401, "unauthenticated")
    assert main_user.get(f"{KEYS}/{key['id']}").json()["state"] == "expired"
    rotation = {"overlap_hours": 1, "expires_in_days": 30}
    assert refusal(main_user.post(f"{KEYS}/{key['id']}/rotation", rotation)) == (409, "wrong-state")


def test_a_rotated_key_works_beside_its_successor_until_the_overlap_ends(
    centre: Centre, central: UUID, main_user: Person
) -> None:
    key = made(main_user, central)
    answer = main_user.post(f"{KEYS}/{key['id']}/rotation", {"overlap_hours": 24, "expires_in_days": 30})
    successor = answer.json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"{KEYS}/{successor['id']}"
    assert (successor["name"], successor["scopes"]) == (key["name"], key["scopes"])
    old = main_user.get(f"{KEYS}/{key['id']}").json()
    assert (old["state"], old["successor_id"]) == ("rotated", successor["id"])
    left = datetime.fromisoformat(old["expires_at"]) - datetime.now(UTC)
    assert timedelta(hours=23, minutes=59) < left <= timedelta(hours=24)
    for each in (key, successor):
        assert program(centre, each).get("/v1/hour-proposals").status_code == 200
    rotation = {"overlap_hours": 0, "expires_in_days": 30}
    assert refusal(main_user.post(f"{KEYS}/{key['id']}/rotation", rotation)) == (409, "wrong-state")
    assert main_user.post(f"{KEYS}/{successor['id']}/rotation", rotation).status_code == 201
    assert refusal(program(centre, successor).get("/v1/hour-proposals")) == (401, "unauthenticated")


@pytest.mark.parametrize("year", [2000, 2099])
def test_all_times_of_a_key_are_real_whatever_the_clock_of_a_sandbox_shows(
    centre: Centre, central: UUID, main_user: Person, year: int
) -> None:
    centre.grant(main_user.id, "staff")
    centre.owner.execute("UPDATE role_grants SET valid_from = '1999-01-01' WHERE person_id = %s", [main_user.id])
    centre.owner.execute("UPDATE organisations SET active_from = '1999-01-01'")
    centre.clock(year, 1, 15)
    before = datetime.now(UTC) - timedelta(seconds=1)
    key = made(main_user, central)
    assert program(centre, key).get(CURRENT).status_code == 200
    main_user.post(f"{KEYS}/{key['id']}/rotation", {"overlap_hours": 1, "expires_in_days": 30})
    shown = main_user.post(f"{KEYS}/{key['id']}/revocation").json()
    for time in ("made_at", "last_used_at", "revoked_at"):
        assert before <= datetime.fromisoformat(shown[time]) <= datetime.now(UTC), time
    assert datetime.fromisoformat(key["expires_at"]) - datetime.fromisoformat(key["made_at"]) == timedelta(days=365)


def test_the_last_use_is_shown_to_the_minute(centre: Centre, central: UUID, main_user: Person) -> None:
    key = made(main_user, central)
    assert main_user.get(f"{KEYS}/{key['id']}").json()["last_used_at"] is None
    ours = program(centre, key)
    ours.get("/v1/hour-proposals")
    first = main_user.get(f"{KEYS}/{key['id']}").json()["last_used_at"]
    ours.get("/v1/hour-proposals")
    assert main_user.get(f"{KEYS}/{key['id']}").json()["last_used_at"] == first
    centre.owner.execute("UPDATE api_keys SET last_used_at = clock_timestamp() - interval '61 seconds'")
    # Even while the key is being changed, its use does not wait.
    with centre.owner.transaction():
        centre.owner.execute("SELECT 1 FROM api_keys FOR UPDATE")
        assert ours.get("/v1/hour-proposals").status_code == 200
    ours.get("/v1/hour-proposals")
    assert main_user.get(f"{KEYS}/{key['id']}").json()["last_used_at"] > first


def test_a_key_of_an_organisation_that_has_ended_reaches_nothing(
    centre: Centre, central: UUID, main_user: Person
) -> None:
    ours = program(centre, made(main_user, central))
    assert len(ours.get("/v1/organisations").json()["items"]) == 1
    centre.owner.execute("UPDATE organisations SET active_until = '2023-03-14'")
    assert ours.get("/v1/organisations").json()["items"] == []


def test_two_programs_may_use_the_same_retry_key(centre: Centre, central: UUID, main_user: Person) -> None:
    programs = [program(centre, made(main_user, central)) for _ in range(2)]
    proposal = {"organisation_id": str(central), "year": 2024, "lines": []}
    first = programs[0].post("/v1/hour-proposals", proposal, key="one")
    assert first.status_code == 201
    assert programs[0].post("/v1/hour-proposals", proposal, key="one").json() == first.json()
    assert refusal(programs[1].post("/v1/hour-proposals", proposal, key="one")) == (409, "already-exists")


def test_only_main_users_and_staff_create_keys(centre: Centre, central: UUID, main_user: Person) -> None:
    unit = centre.organisation(central)
    manager, auditor = centre.person("unit_manager", unit), centre.person("auditor")
    key = made(centre.staff(), unit)
    assert refusal(manager.post(KEYS, body(unit))) == (403, "forbidden")
    assert refusal(auditor.post(KEYS, body(unit))) == (403, "forbidden")
    assert refusal(manager.get(KEYS)) == (403, "forbidden")
    assert refusal(manager.get(f"{KEYS}/{key['id']}")) == (403, "forbidden")
    assert refusal(centre.main_user(centre.organisation()).get(f"{KEYS}/{key['id']}")) == (404, "not-found")
    assert refusal(main_user.get(f"{KEYS}/{new_id()}")) == (404, "not-found")
    foreign = main_user.post(KEYS, body(centre.organisation()))
    assert refusal(foreign) == (404, "not-found")
    assert foreign.json()["pointer"] == "/organisation_id"
    for reader in (main_user, auditor):
        assert [item["id"] for item in reader.get(KEYS, params={"under": str(central)}).json()["items"]] == [key["id"]]


@pytest.mark.parametrize("scope", ["participants:read", "participants:write", "trainings:write"])
def test_staff_give_no_scope_for_what_they_may_not_do(
    centre: Centre, central: UUID, main_user: Person, scope: str
) -> None:
    staff = centre.staff()
    assert refusal(staff.post(KEYS, body(central, scopes=[scope]))) == (403, "forbidden")
    key = made(main_user, central, scopes=[scope])
    rotation = {"overlap_hours": 1, "expires_in_days": 30}
    assert refusal(staff.post(f"{KEYS}/{key['id']}/rotation", rotation)) == (403, "forbidden")
    assert main_user.post(f"{KEYS}/{key['id']}/rotation", rotation).status_code == 201


@pytest.mark.parametrize(
    "members",
    [
        {"scopes": []},
        {"scopes": ["people:read"]},
        {"scopes": ["hours:read", "hours:read"]},
        {"expires_in_days": 0},
        {"expires_in_days": 731},
        {"expires_in_days": "30"},
        {"name": " "},
    ],
)
def test_text_that_is_not_a_key_is_refused(central: UUID, main_user: Person, members: dict[str, Any]) -> None:
    assert refusal(main_user.post(KEYS, body(central, **members))) == (422, "validation")


def test_creating_and_rotating_a_key_need_a_strong_authentication(
    centre: Centre, central: UUID, main_user: Person
) -> None:
    weak = centre.issuer.token_for(main_user.id, strong=False)
    headers = {"Authorization": f"Bearer {weak}"}
    refused = main_user.post(KEYS, body(central), headers=headers)
    assert refusal(refused) == (401, "strong-authentication-required")
    key = main_user.post(KEYS, body(central), key="again").json()
    again = main_user.post(KEYS, body(central), key="again", headers=headers)
    assert refusal(again) == (401, "strong-authentication-required")
    rotation = {"overlap_hours": 1, "expires_in_days": 30}
    refused = main_user.post(f"{KEYS}/{key['id']}/rotation", rotation, headers=headers)
    assert refusal(refused) == (401, "strong-authentication-required")
    assert main_user.get(f"{KEYS}/{key['id']}").json()["state"] == "active"
