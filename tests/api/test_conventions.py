"""The conventions of every operation (the contract's first section), tried on a few of them."""

import base64
import json
import re
import string
import threading
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.db.identifiers import new_id
from app.domain.hours.ledger import grant, pool_change
from tests.builders import Centre, Person, refusal
from tests.triggers import trigger

PATH = "/v1/supplementary-hour-requests"
JSON = {"Content-Type": "application/json"}
MERGE_PATCH = {"Content-Type": "application/merge-patch+json"}


@pytest.fixture
def central(centre: Centre) -> UUID:
    centre.change_window()
    centre.post(2023, pool_change(1000))
    return centre.organisation()


def asked(central: UUID, **members: Any) -> dict[str, Any]:
    return {"organisation_id": str(central), "year": 2023, "hours": 100, "grounds": "Kysyntä kasvoi"} | members


def made(centre: Centre) -> int:
    return len(centre.rows("SELECT FROM supplementary_hour_requests"))


# The transaction and its answer.


def test_the_commit_comes_before_the_answer(centre: Centre, main_user: Person, central: UUID) -> None:
    """A refusal that PostgreSQL raises only at COMMIT is never reported as a success, nor stored under the key."""
    with trigger(centre.owner, "supplementary_hour_requests", "RAISE EXCEPTION 'refused at commit'", deferred=True):
        answer = main_user.post(PATH, asked(central), key="one")
        dry = main_user.post(PATH, asked(central), params={"validate_only": True})
    assert refusal(answer) == (500, "internal-error")
    assert refusal(dry) == (500, "internal-error")
    assert made(centre) == 0
    assert centre.rows("SELECT FROM stored_answers") == centre.rows("SELECT FROM audit_entries") == []
    again = main_user.post(PATH, asked(central), key="one")
    assert again.status_code == 201
    assert "Idempotency-Replayed" not in again.headers


def test_answer_audit_and_outbox_are_written_with_the_effect(centre: Centre, main_user: Person, central: UUID) -> None:
    answer = main_user.post(PATH, asked(central), key="one", headers={"X-Request-Id": "mine"})
    assert centre.rows("SELECT status, body FROM stored_answers") == [(201, answer.content)]
    request_id = UUID(answer.json()["id"])
    assert centre.rows("SELECT actor_id, action, subject_id, organisation_id, request_id FROM audit_entries") == [
        (main_user.id, "supplementary-hour-request.submitted", request_id, central, "mine")
    ]
    assert centre.rows("SELECT event, subject_id FROM outbox") == [("supplementary-hour-request.submitted", request_id)]


# Request ids.


@pytest.mark.parametrize("given", ["a", "A-z_0.9~", "a" * 128])
def test_a_valid_request_id_is_kept(main_user: Person, given: str) -> None:
    assert main_user.get(PATH, headers={"X-Request-Id": given}).headers["X-Request-Id"] == given


@pytest.mark.parametrize("given", [None, "", "a" * 129, "a b", "a/b", "<script>", "ä".encode()])
def test_an_invalid_request_id_is_replaced(main_user: Person, given: str | bytes | None) -> None:
    headers = {} if given is None else {"X-Request-Id": given}
    answer = main_user.client.get("/v1/nowhere", headers=headers)  # type: ignore[arg-type]  # httpx takes bytes.
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["X-Request-Id"])
    assert answer.json()["request_id"] == answer.headers["X-Request-Id"]


# Problems of the framework itself, in three languages.

TITLES = {
    (404, "not-found"): ("GET", "/v1/nowhere", {}, b""),
    (405, "method-not-allowed"): ("DELETE", PATH, {}, b""),
    (415, "unsupported-media-type"): ("POST", PATH, {"Content-Type": "text/plain"}, b"{}"),
    (400, "malformed-json"): ("POST", PATH, JSON, b"{"),
    (422, "validation"): ("POST", PATH, JSON, b"[]"),
    (413, "payload-too-large"): ("POST", PATH, JSON, b" " * 2_100_000),
}


@pytest.mark.parametrize("expected", TITLES, ids=str)
def test_the_frameworks_refusals_are_problems_in_three_languages(main_user: Person, expected: tuple[int, str]) -> None:
    method, path, headers, body = TITLES[expected]
    texts = set()
    for language in ("fi", "sv", "en"):
        sent = {"Accept-Language": language, "Idempotency-Key": "k", **headers}
        answer = main_user.client.request(method, path, headers=sent, content=body)
        assert refusal(answer) == expected
        assert answer.headers["Content-Language"] == language
        assert answer.headers["Vary"] == "Accept-Language"
        assert answer.headers["Cache-Control"] == "private, no-cache"
        assert answer.json()["instance"] == path
        texts.add((answer.json()["title"], answer.json()["detail"]))
    assert len(texts) == 3


@pytest.mark.parametrize("hours", ['"hours": 1, "hours": 2', '"hours": 1, "\\u0068ours": 1'])
def test_a_repeated_field_is_refused(centre: Centre, main_user: Person, central: UUID, hours: str) -> None:
    body = f'{{"organisation_id": "{central}", "year": 2023, {hours}, "grounds": "Kysyntä"}}'
    answer = main_user.client.post(PATH, content=body.encode(), headers=JSON | {"Idempotency-Key": "k"})
    assert refusal(answer) == (400, "malformed-json")
    assert made(centre) == 0


@pytest.mark.parametrize("path", [PATH + "/", f"{PATH}/{UUID(int=1)}/", "/problems/", "/livez/", "/v1/", "/static"])
def test_a_last_slash_does_not_redirect(main_user: Person, path: str) -> None:
    answer = main_user.get(path, headers={"Host": "evil.example"})
    assert refusal(answer) == (404, "not-found")
    assert "Location" not in answer.headers


@pytest.mark.parametrize("method", ["DELETE", "OPTIONS", "TRACE"])
def test_the_refusal_of_a_wrong_method_names_the_right_ones(main_user: Person, method: str) -> None:
    answer = main_user.client.request(method, PATH)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD, POST"
    assert main_user.client.request(method, f"{PATH}/{new_id()}").headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    ("accepted", "language"),
    [(None, "fi"), ("", "fi"), ("sv-FI", "sv"), ("de, en;q=0.5, sv;q=0.7", "sv"), ("*", "fi"), ("xx;;q=,", "fi")],
)
def test_accept_language_chooses_the_language(main_user: Person, accepted: str | None, language: str) -> None:
    main_user.client.headers.pop("Accept-Language")
    headers = {} if accepted is None else {"Accept-Language": accepted}
    assert main_user.get("/v1/nowhere", headers=headers).headers["Content-Language"] == language


def test_every_problem_leads_to_its_page(main_user: Person) -> None:
    page = main_user.get(main_user.get("/v1/nowhere").json()["type"])
    assert page.status_code == 200
    assert page.headers["Content-Type"].startswith("text/html")


def test_the_token_is_checked_before_anything_else(service: str) -> None:
    answer = httpx.post(f"{service}{PATH}", content=b"{", headers={"Content-Type": "text/plain"})
    assert refusal(answer) == (401, "unauthenticated")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


# Shape.


@pytest.mark.parametrize("query", [{"colour": "red"}, {"Year": "2023"}, {"limit": 1, "colour": ""}])
def test_unknown_query_parameters_are_refused(main_user: Person, query: dict[str, Any]) -> None:
    answer = main_user.get(PATH, params=query)
    assert refusal(answer) == (422, "validation")
    (error,) = answer.json()["errors"]
    assert (error["parameter"], error["code"]) == (list(query)[-1], "extra-forbidden")


def test_faults_of_the_path_and_of_the_body_are_reported_together(main_user: Person) -> None:
    answer = main_user.post(PATH, {"hours": "1"}, params={"colour": "red", "validate_only": ["true", "false"]})
    assert refusal(answer) == (422, "validation")
    codes = {error.get("parameter") or error["pointer"]: error["code"] for error in answer.json()["errors"]}
    assert (codes["colour"], codes["validate_only"]) == ("extra-forbidden", "repeated")
    assert {"/hours", "/organisation_id", "/year", "/grounds"} < codes.keys()


def test_a_repeated_parameter_writes_nothing(centre: Centre, main_user: Person, central: UUID) -> None:
    answer = main_user.post(PATH, asked(central), params={"validate_only": ["true", "false"]})
    assert refusal(answer) == (422, "validation")
    (error,) = answer.json()["errors"]
    assert (error["parameter"], error["code"]) == ("validate_only", "repeated")
    assert made(centre) == 0


def test_at_most_a_hundred_faults_are_reported(main_user: Person, central: UUID) -> None:
    answer = main_user.post(PATH, {f"member{i}": 1 for i in range(1000)} | asked(central, hours="1"))
    assert refusal(answer) == (422, "validation")
    pointers = [error["pointer"] for error in answer.json()["errors"]]
    assert pointers == ["/hours", *(f"/member{i}" for i in range(99))]


@pytest.mark.parametrize("spelling", ["{:s}", "urn:uuid:{:s}", "{{{:s}}}", "hex"])
def test_a_resource_has_one_path(main_user: Person, central: UUID, spelling: str) -> None:
    request_id = main_user.post(PATH, asked(central)).json()["id"]
    written = request_id.replace("-", "") if spelling == "hex" else spelling.format(request_id)
    answer = main_user.get(f"{PATH}/{written}")
    if written == request_id:
        assert answer.status_code == 200
    else:
        assert refusal(answer) == (422, "validation")
        assert [error["parameter"] for error in answer.json()["errors"]] == ["request_id"]


@pytest.mark.parametrize("path", ["x", "123", "01a20503-3091-72fb-b8b7-685d5a62a6d"])
def test_an_id_that_is_no_uuid_is_a_fault_of_shape(main_user: Person, path: str) -> None:
    assert refusal(main_user.get(f"{PATH}/{path}")) == (422, "validation")


@pytest.mark.parametrize("limit", ["0", "201", "-1", "x", "1.5", "1" * 5000, "1.0", "1_0", "+5", " 5", "05"])
def test_a_limit_out_of_bounds_is_refused(main_user: Person, limit: str) -> None:
    assert refusal(main_user.get(PATH, params={"limit": limit})) == (422, "validation")


@pytest.mark.parametrize("year", ["02023", "2023.0", "+2023", "2_023"])
def test_a_year_is_written_in_one_way(main_user: Person, central: UUID, year: str) -> None:
    assert refusal(main_user.get(f"/v1/organisations/{central}/hour-accounts/{year}")) == (422, "validation")


def test_a_patch_is_a_merge_patch(centre: Centre) -> None:
    staff, deadline = centre.staff(), deadline_of(centre)
    answer = staff.client.patch(deadline, json={"note": "x"}, headers={"If-Match": "*"})
    assert refusal(answer) == (415, "unsupported-media-type")
    assert answer.headers["Accept-Patch"] == "application/merge-patch+json"
    assert answer.json()["accepted"] == ["application/merge-patch+json"]


@pytest.mark.parametrize("coding", ["gzip", "br", "identity, gzip"])
def test_a_compressed_body_is_refused_with_the_codings_that_are_taken(main_user: Person, coding: str) -> None:
    headers = {**JSON, "Content-Encoding": coding, "Accept-Language": "en"}
    answer = main_user.client.post(PATH, content=b"{}", headers=headers)
    assert refusal(answer) == (415, "unsupported-media-type")
    assert (answer.headers["Accept-Encoding"], answer.json()["accepted_codings"]) == ("identity", ["identity"])
    assert "without Content-Encoding" in answer.json()["detail"]


def test_a_body_without_required_fields_may_be_empty(centre: Centre, main_user: Person, central: UUID) -> None:
    for body, headers in ((b"", {}), (b"{}", JSON), (b"null", JSON)):
        request = main_user.post(PATH, asked(central)).json()
        answer = main_user.client.post(f"{PATH}/{request['id']}/withdrawal", content=body, headers=headers)
        assert (answer.status_code, answer.json()["state"]) == (200, "withdrawn")
    assert len(centre.rows("SELECT FROM outbox WHERE event LIKE '%%withdrawn'")) == 3


# Versions.


def deadline_of(centre: Centre) -> str:
    centre.change_window()
    ((deadline_id,),) = centre.rows("SELECT id FROM deadlines")
    return f"/v1/deadlines/{deadline_id}"


def test_a_change_needs_the_version_it_starts_from(centre: Centre) -> None:
    staff, deadline = centre.staff(), deadline_of(centre)
    assert refusal(staff.client.patch(deadline, json={}, headers=MERGE_PATCH)) == (428, "precondition-required")
    first = staff.get(deadline).headers["ETag"]
    changed = staff.patch(deadline, {"note": "Uusi"}, etag=first)
    assert changed.status_code == 200
    assert changed.headers["ETag"] == staff.get(deadline).headers["ETag"] != first
    for stale in (first, '"else"', f"W/{changed.headers['ETag']}"):
        answer = staff.patch(deadline, {"note": "Toinen"}, etag=stale)
        assert refusal(answer) == (412, "precondition-failed")
        assert answer.headers["ETag"] == changed.headers["ETag"] == answer.json()["etag"]
    assert staff.patch(deadline, {}, etag=f'"else", {changed.headers["ETag"]}').status_code == 200
    assert staff.patch(deadline, {}, etag="*").status_code == 200


def test_a_dry_run_needs_the_version_too(centre: Centre) -> None:
    staff, deadline = centre.staff(), deadline_of(centre)
    dry = {"validate_only": "true"}
    unsaid = staff.client.patch(deadline, json={}, headers=MERGE_PATCH, params=dry)
    assert refusal(unsaid) == (428, "precondition-required")
    assert refusal(staff.patch(deadline, {}, etag='"old"', params=dry)) == (412, "precondition-failed")
    answer = staff.patch(deadline, {"note": "Uusi"}, params=dry)
    assert (answer.status_code, answer.json()["note"]) == (200, "Uusi")
    assert "ETag" not in answer.headers
    assert staff.get(deadline).json()["note"] is None


def test_an_unchanged_resource_is_not_sent_again(main_user: Person, central: UUID) -> None:
    location = main_user.post(PATH, asked(central)).headers["Location"]
    tag = main_user.get(location).headers["ETag"]
    assert re.fullmatch(r'"[^"]+"', tag)
    for same in (tag, "*", f'"else", {tag}', f"W/{tag}"):
        answer = main_user.get(location, headers={"If-None-Match": same})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["ETag"] == tag
    assert main_user.get(location, headers={"If-None-Match": '"else"'}).status_code == 200
    main_user.post(f"{location}/withdrawal", key=False)
    assert main_user.get(location, headers={"If-None-Match": tag}).status_code == 200


def puts(centre: Centre) -> dict[str, tuple[Person, dict[str, Any], dict[str, Any]]]:
    """What is shown before it is put: by path, who puts it, and two bodies."""
    central = centre.organisation()
    unit = centre.organisation(central)
    centre.post(2023, pool_change(100), grant(central, 50))
    staff, main_user = centre.staff(), centre.main_user(central)
    rules = {"kinds": ["central"], "units": None, "applications": "open", "unit_managers_decide": False}
    settings = {"closing_soon_days": [7], "running_out_percents": [80], "unused_percent": 50}
    account = {"iban": "FI2112345600000785", "holder": "Esimerkki ry"}
    organisation = f"/v1/organisations/{central}"
    readers = {"person_ids": [str(centre.staff().id)], "reason": "Hoitaa tietopyynnöt"}
    of_year = staff.get("/v1/support-rules/2030").json()
    support = {activity: of_year[activity] for activity in ("training", "peer_group")}

    def shares(hours: int) -> dict[str, Any]:
        return {"units": [{"unit_id": str(unit), "hours": hours}]}

    return {
        "/v1/hour-pools/2024": (staff, {"hours": 10}, {"hours": 20}),
        "/v1/me/mail-preferences": (staff, {"mail": "daily_digest"}, {"mail": "each"}),
        "/v1/reminder-settings": (staff, settings, settings | {"unused_percent": 40}),
        f"{organisation}/hour-distribution/2023": (main_user, shares(10), shares(20)),
        f"{organisation}/training-rules": (main_user, rules | {"practice": None}, rules | {"practice": "Uusi"}),
        f"{organisation}/bank-account": (main_user, account, account | {"holder": "Toinen ry"}),
        "/v1/study-centre/payment-account": (staff, account, account | {"holder": "Toinen ry"}),
        "/v1/study-centre/participant-readers": (staff, readers, readers | {"reason": "Toinen syy"}),
        "/v1/support-rules/2030": (staff, support, support | {"peer_group": of_year["training"]}),
    }


def test_what_has_been_put_is_not_replaced_if_there_must_be_none_yet(centre: Centre) -> None:
    for path, (person, first, second) in puts(centre).items():
        shown = person.get(path).headers["ETag"]
        current = person.put(path, first, headers={"If-None-Match": shown})
        assert refusal(current) == (412, "precondition-failed"), path
        dry = person.put(path, first, headers={"If-None-Match": "*"}, params={"validate_only": "true"})
        assert dry.status_code == 200, dry.text
        assert person.put(path, first, headers={"If-None-Match": "*"}).status_code == 200, path
        before = person.get(path)
        for unwanted in ("*", before.headers["ETag"], f'"else", {before.headers["ETag"]}'):
            # It is looked at beside an `If-Match` too (RFC 9110 §13.2.2).
            for wanted in ({}, {"If-Match": "*"}, {"If-Match": before.headers["ETag"]}):
                answer = person.put(path, second, headers=wanted | {"If-None-Match": unwanted})
                assert refusal(answer) == (412, "precondition-failed"), path
        assert person.get(path).json() == before.json()
        both = {"If-Match": before.headers["ETag"], "If-None-Match": '"else"'}
        assert person.put(path, second, headers=both | {"If-Match": '"other"'}).status_code == 412, path
        assert person.put(path, first, headers=both).status_code == 200, path


def test_the_first_put_may_name_any_version(centre: Centre) -> None:
    for path, (person, first, _) in puts(centre).items():
        assert person.put(path, first, headers={"If-Match": "*"}).status_code == 200, path


def test_a_default_that_is_put_has_been_put(centre: Centre) -> None:
    path, staff = "/v1/me/mail-preferences", centre.staff()
    body = {"mail": staff.get(path).json()["mail"]}
    assert staff.put(path, body).status_code == 200
    assert refusal(staff.put(path, body, headers={"If-None-Match": "*"})) == (412, "precondition-failed")


def test_a_read_returns_no_other_version_than_the_one_asked_for(centre: Centre) -> None:
    staff, deadline = centre.staff(), deadline_of(centre)
    tag = staff.get(deadline).headers["ETag"]
    for path in (deadline, "/v1/hour-returns"):
        for method in ("GET", "HEAD"):
            answer = staff.client.request(method, path, headers={"If-Match": '"else"'})
            assert (answer.status_code, bool(answer.content)) == (412, method == "GET")
    assert staff.get(deadline, headers={"If-Match": '"else"'}).json()["etag"] == tag
    assert staff.get(deadline, headers={"If-Match": f'"else", {tag}'}).status_code == 200
    # The versions that must be there are looked at first. A weak one is none of them.
    assert staff.get(deadline, headers={"If-Match": tag, "If-None-Match": tag}).status_code == 304
    assert staff.get(deadline, headers={"If-Match": '"else"', "If-None-Match": tag}).status_code == 412
    assert staff.get(deadline, headers={"If-Match": f"W/{tag}"}).status_code == 412
    missing = staff.get(f"/v1/deadlines/{UUID(int=1)}", headers={"If-Match": '"else"'})
    assert refusal(missing) == (404, "not-found")


@pytest.mark.parametrize("wrong", ["abc", '"abc', 'w/"abc"', '"a" "b"', '*, "a"', '"a b"', "", "W/abc", "', '"])
def test_a_version_is_written_as_http_has_it(centre: Centre, wrong: str) -> None:
    staff, deadline = centre.staff(), deadline_of(centre)
    for answer in (
        staff.patch(deadline, {}, headers={"If-Match": wrong}),
        staff.delete(deadline, headers={"If-Match": wrong}),
        staff.delete(f"/v1/deadlines/{UUID(int=1)}", headers={"If-Match": wrong}),
    ):
        assert refusal(answer) == (400, "malformed-request")
        assert answer.json()["header"] == "If-Match"
    tag = staff.get(deadline).headers["ETag"].strip('"')
    assert staff.get(deadline, headers={"If-None-Match": tag if wrong == "abc" else wrong}).status_code == 200


def test_versions_are_listed_with_commas_or_in_several_headers(centre: Centre) -> None:
    staff, deadline = centre.staff(), deadline_of(centre)
    tag = staff.get(deadline).headers["ETag"]
    for several in ([f',, "a,b",{tag} ,'], ['"else"', tag]):
        fields = [("Content-Type", MERGE_PATCH["Content-Type"]), *(("If-Match", one) for one in several)]
        answer = staff.client.patch(deadline, content=b"{}", headers=fields)
        assert answer.status_code == 200, several
        fields = [("If-None-Match", one) for one in several]
        assert staff.client.get(deadline, headers=fields).status_code == 304
    # The tag of a star is a tag like others.
    assert refusal(staff.patch(deadline, {}, etag='"*"')) == (412, "precondition-failed")
    assert staff.get(deadline, headers={"If-None-Match": '"*"'}).status_code == 200


def test_a_deletion_returns_nothing_and_a_second_one_not_found(centre: Centre) -> None:
    staff, deadline = centre.staff(), deadline_of(centre)
    answer = staff.delete(deadline)
    assert (answer.status_code, answer.content) == (204, b"")
    assert refusal(staff.delete(deadline)) == (404, "not-found")


def test_the_body_of_a_deletion_is_not_read(centre: Centre) -> None:
    deadline = deadline_of(centre)
    assert centre.staff().client.request("DELETE", deadline, content=b"\xff{", headers=JSON).status_code == 204


# Retries.


@pytest.mark.parametrize("key", ["", "a" * 256, "ä".encode(), "a b", "a\tb"])
def test_a_key_is_up_to_255_visible_ascii_characters(main_user: Person, central: UUID, key: str | bytes) -> None:
    headers = {"Idempotency-Key": key}
    answer = main_user.client.post(PATH, json=asked(central), headers=headers)  # type: ignore[arg-type]  # Takes bytes.
    assert refusal(answer) == (400, "invalid-idempotency-key")


def test_two_keys_are_none(main_user: Person, central: UUID) -> None:
    for keys in (("one", "two"), ("one", "one")):
        fields = [("Idempotency-Key", key) for key in keys]
        answer = main_user.client.post(PATH, json=asked(central), headers=fields)
        assert refusal(answer) == (400, "invalid-idempotency-key")
    assert main_user.get(PATH).json()["items"] == []


def test_the_longest_key_and_its_replay(centre: Centre, main_user: Person, central: UUID) -> None:
    key = "".join(map(chr, range(0x21, 0x7F))).ljust(255, "~")
    assert main_user.post(PATH, asked(central), key=key).status_code == 201
    assert main_user.post(PATH, asked(central), key=key).headers["Idempotency-Replayed"] == "true"
    assert made(centre) == 1


def test_the_operations_that_move_hours_need_a_key(main_user: Person, central: UUID) -> None:
    assert refusal(main_user.post(PATH, asked(central), key=False)) == (400, "idempotency-key-required")


def test_the_same_json_values_are_the_same_request(centre: Centre, main_user: Person, central: UUID) -> None:
    body = asked(central)
    first = main_user.post(PATH, body, key="one")
    other = dict(reversed(body.items())) | {"hours": float(body["hours"])}
    written = json.dumps(other, ensure_ascii=True, indent=4).encode()
    again = main_user.client.post(PATH, content=written, headers=JSON | {"Idempotency-Key": "one"})
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["ETag"] == first.headers["ETag"]
    assert made(centre) == 1


@pytest.mark.parametrize("members", [{"hours": 101}, {"grounds": "Muu"}, {"year": 2024}])
def test_another_body_under_the_same_key_is_refused(main_user: Person, central: UUID, members: dict[str, Any]) -> None:
    main_user.post(PATH, asked(central), key="one")
    assert refusal(main_user.post(PATH, asked(central, **members), key="one")) == (422, "idempotency-key-reused")


def test_a_key_belongs_to_caller_method_and_path(centre: Centre, main_user: Person, central: UUID) -> None:
    first = main_user.post(PATH, asked(central), key="one")
    colleague = centre.main_user(central).post(PATH, asked(central), key="one")
    assert colleague.status_code == 201
    assert colleague.json()["id"] != first.json()["id"]
    for request in (first, colleague):
        withdrawn = main_user.post(f"{request.headers['Location']}/withdrawal", key="one")
        assert (withdrawn.status_code, withdrawn.json()["state"]) == (200, "withdrawn")
        assert "Idempotency-Replayed" not in withdrawn.headers


def test_a_key_belongs_to_the_ids_of_the_path_however_they_are_written(main_user: Person, central: UUID) -> None:
    request_id = main_user.post(PATH, asked(central)).json()["id"]
    first = main_user.post(f"{PATH}/{request_id}/withdrawal", key="one")
    again = main_user.post(f"{PATH}/{request_id.upper()}/withdrawal", key="one")
    assert (again.status_code, again.content) == (200, first.content)
    assert again.headers["Idempotency-Replayed"] == "true"


def test_a_refusal_leaves_the_key_free(centre: Centre, main_user: Person, central: UUID) -> None:
    centre.clock(2023, 3, 26)
    assert refusal(main_user.post(PATH, asked(central), key="one")) == (409, "window-closed")
    centre.clock(2023, 3, 25)
    assert main_user.post(PATH, asked(central), key="one").status_code == 201


def test_a_replay_of_a_change_needs_no_fresh_version(centre: Centre) -> None:
    """A retry comes with its old If-Match."""
    staff, deadline = centre.staff(), deadline_of(centre)
    etag = staff.get(deadline).headers["ETag"]
    headers = {"Idempotency-Key": "one"}
    first = staff.patch(deadline, {"note": "Uusi"}, etag=etag, headers=headers)
    again = staff.patch(deadline, {"note": "Uusi"}, etag=etag, headers=headers)
    assert (again.status_code, again.content) == (first.status_code, first.content) == (200, first.content)
    assert again.headers["Idempotency-Replayed"] == "true"


def test_a_dry_run_neither_needs_nor_looks_up_nor_keeps_a_key(centre: Centre, main_user: Person, central: UUID) -> None:
    dry = {"validate_only": "true"}
    assert main_user.post(PATH, asked(central), key=False, params=dry).status_code == 201
    assert main_user.post(PATH, asked(central), key="one", params=dry).status_code == 201
    assert main_user.post(PATH, asked(central, hours=1), key="one").status_code == 201
    answer = main_user.post(PATH, asked(central), key="one", params=dry)
    assert "Idempotency-Replayed" not in answer.headers
    assert (made(centre), len(centre.rows("SELECT FROM stored_answers"))) == (1, 1)


def test_a_hundred_copies_of_one_request_take_effect_once(centre: Centre, main_user: Person, central: UUID) -> None:
    answers: list[httpx.Response] = []
    threads = [
        threading.Thread(target=lambda: answers.append(main_user.post(PATH, asked(central), key="one")))
        for _ in range(100)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    good = [answer for answer in answers if answer.status_code == 201]
    assert len({answer.content for answer in good}) == 1
    assert sum("Idempotency-Replayed" not in answer.headers for answer in good) == 1
    for answer in answers:
        if answer not in good:
            assert refusal(answer) == (409, "request-in-progress")
            assert answer.headers["Retry-After"]
    assert made(centre) == 1


# Lists.


def cursor_of(main_user: Person, central: UUID) -> str:
    for _ in range(3):
        main_user.post(PATH, asked(central))
    return str(main_user.get(PATH, params={"limit": 1}).json()["next_cursor"])


def test_a_cursor_may_be_used_with_another_limit(main_user: Person, central: UUID) -> None:
    cursor = cursor_of(main_user, central)
    assert len(main_user.get(PATH, params={"cursor": cursor, "limit": 200}).json()["items"]) == 2


def test_a_cursor_is_refused_elsewhere(centre: Centre, main_user: Person, central: UUID) -> None:
    cursor = cursor_of(main_user, central)
    colleague = centre.main_user(central)
    for answer in (
        main_user.get(PATH, params={"cursor": cursor, "year": 2023}),
        colleague.get(PATH, params={"cursor": cursor}),
        main_user.get("/v1/hour-proposals", params={"cursor": cursor}),
    ):
        assert refusal(answer) == (400, "invalid-cursor")


def test_an_altered_cursor_is_refused(main_user: Person, central: UUID) -> None:
    cursor = cursor_of(main_user, central)
    raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    forged = base64.urlsafe_b64encode(raw[:16] + json.dumps([str(new_id())]).encode()).decode().rstrip("=")
    flipped = ("A" if cursor[0] != "A" else "B") + cursor[1:]
    for tampered in ("", "x", "ä", "=", cursor[:-4], cursor + "AAAA", forged, flipped, cursor[:1] + "%" + cursor[2:]):
        assert refusal(main_user.get(PATH, params={"cursor": tampered})) == (400, "invalid-cursor"), tampered


def test_a_cursor_has_one_spelling(main_user: Person, central: UUID) -> None:
    cursor = cursor_of(main_user, central)
    assert len(cursor) % 4, "else no bits are left over"
    letters = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
    altered = cursor[:-1] + letters[letters.index(cursor[-1]) + 1]
    for other in (cursor + "=", cursor + "==", altered, "A" * 2001):
        assert refusal(main_user.get(PATH, params={"cursor": other})) == (400, "invalid-cursor"), other


def test_shared_caches_do_not_store_responses_about_the_caller(main_user: Person, central: UUID) -> None:
    location = main_user.post(PATH, asked(central)).headers["Location"]
    for path in (location, PATH):
        assert main_user.get(path).headers["Cache-Control"] == "private, no-cache"
