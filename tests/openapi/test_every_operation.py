"""Refusals that all operations share: each, sent with one thing wrong, refuses as its document says.

The requests are the document's examples, in a sandbox of this module's own. Besides refusing, the tests create two
keys, store answers for the next request, and set the clock as the last example had it.
"""

import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import sha256
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from app.api import limits
from app.api.requests import digest
from app.api.tokens import LARGEST_TOKEN
from app.local.embedded_postgres import Addresses
from app.sandbox.api import ANYBODY
from app.sandbox.demo.rows import DEMO_STUDY_CENTRE
from app.sandbox.issuer import SandboxIssuer
from app.sandbox.main import create_app
from app.settings import Settings
from tests.builders import refusal
from tests.document import check_answer, resolved
from tests.openapi.examples import Example, examples_of
from tests.sandbox import SECRET, Sandbox, another_database, serving_sandbox
from tests.server import NO_TLS, serving


@pytest.fixture(scope="module")
def sandbox(postgres_cluster: Addresses) -> Iterator[Sandbox]:
    with serving_sandbox(postgres_cluster) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def every() -> list[Example]:
    return examples_of()


def documenting(every: list[Example], status: int, code: str) -> list[Example]:
    """The examples whose document names the code."""
    return [
        example
        for example in every
        if code in resolved(example.operation["responses"].get(str(status), {})).get("x-problem-codes", [])
    ]


def check_each(
    every: list[Example],
    expected: tuple[int, str],
    send: Callable[[Example], httpx.Response],
    *,
    least: int,
    at_once: int = 1,
) -> None:
    """Check that each operation that documents the refusal gives it; at least `least` do. Send `at_once` together."""
    asked = documenting(every, *expected)
    assert len(asked) >= least
    others = []
    with ThreadPoolExecutor(at_once) as sending:
        answers = list(sending.map(send, asked))
    for example, answer in zip(asked, answers, strict=True):
        check_answer(answer)
        if not answer.is_error or refusal(answer) != expected:
            others.append(f"{example.id}: {answer.status_code} {answer.content[:300]!r}")
    assert not others, "\n".join(others)


def test_every_operation_needs_a_token(every: list[Example], sandbox: Sandbox) -> None:
    check_each(every, (401, "unauthenticated"), lambda one: one.send(sandbox.client), least=100)


def test_an_unregistered_person_is_refused(every: list[Example], sandbox: Sandbox) -> None:
    newcomer = sandbox.person(subject="nobody-knows-me").client
    check_each(every, (403, "not-registered"), lambda one: one.send(newcomer), least=100)


def test_a_key_without_the_scope_and_a_person_where_only_keys_may_are_refused(
    every: list[Example], sandbox: Sandbox
) -> None:
    [making] = [one for one in every if one.id == "make_api_key"]
    main_user = making.caller(sandbox)
    keys = []
    for scope in ("hours:read", "calendar:read"):
        made = making.but(headers={"Idempotency-Key": str(uuid4())}, json=making.json | {"scopes": [scope]})
        answer = made.send(main_user)
        assert answer.status_code == 201, answer.text
        keys.append({"Authorization": f"Bearer {answer.json()['key']}"})
    reading, other = keys

    def without_its_scope(one: Example) -> httpx.Response:
        if "x-api-keys-only" in one.operation:
            return one.send(main_user)
        key = other if one.operation.get("x-api-key-scope") == "hours:read" else reading
        answer = one.but(headers=one.headers | key).send(sandbox.client)
        assert not re.search("/v1/me|[Ss]ign in|strong", answer.json()["detail"]), "Advice for people."
        return answer

    check_each(every, (403, "forbidden"), without_its_scope, least=100)


def test_an_unknown_id_is_not_found(every: list[Example], sandbox: Sandbox) -> None:
    def elsewhere(one: Example) -> httpx.Response:
        unknown = {name: str(uuid4()) if name.endswith("_id") else value for name, value in one.values.items()}
        return one.but(values=unknown).send(one.caller(sandbox))

    named = [one for one in every if any(name.endswith("_id") for name in one.values)]
    check_each(named, (404, "not-found"), elsewhere, least=80)


@pytest.mark.parametrize(
    ("expected", "body"),
    [((400, "malformed-json"), b"{"), ((413, "payload-too-large"), b" "), ((415, "unsupported-media-type"), b"%PDF-")],
)
def test_a_wrong_body_is_refused(
    every: list[Example], sandbox: Sandbox, expected: tuple[int, str], body: bytes
) -> None:
    def with_body(one: Example) -> httpx.Response:
        media_type = (one.media_types or ["application/json"])[0]
        largest = one.operation.get("x-largest-body", 2 * 1024 * 1024)
        wrong = {"Content-Type": "text/plain" if expected[0] == 415 else media_type}
        content = body * (largest + 1) if expected[0] == 413 else body
        return one.but(headers=one.headers | wrong, json=None, content=content).send(one.caller(sandbox))

    check_each(every, expected, with_body, least=60)


@pytest.mark.parametrize(
    ("expected", "query", "least"),
    [((422, "validation"), {"colour": "blue"}, 140), ((400, "invalid-cursor"), {"cursor": "made-up"}, 30)],
)
def test_a_wrong_query_is_refused(
    every: list[Example], sandbox: Sandbox, expected: tuple[int, str], query: dict[str, str], least: int
) -> None:
    check_each(every, expected, lambda one: one.but(query=one.query | query).send(one.caller(sandbox)), least=least)


@pytest.mark.parametrize(
    ("expected", "header", "value", "least"),
    [
        ((400, "invalid-idempotency-key"), "Idempotency-Key", "two words", 60),
        ((400, "idempotency-key-required"), "Idempotency-Key", None, 5),
        ((428, "precondition-required"), "If-Match", None, 5),
    ],
)
def test_a_missing_or_wrong_header_is_refused(
    every: list[Example], sandbox: Sandbox, expected: tuple[int, str], header: str, value: str | None, least: int
) -> None:
    def saying(one: Example) -> httpx.Response:
        headers = one.headers | {header: value} if value else {**one.headers}
        if value is None:
            headers.pop(header, None)
        return one.but(headers=headers).send(one.caller(sandbox))

    asked = [one for one in every if one.method != "PUT"] if header == "If-Match" else every
    check_each(asked, expected, saying, least=least)


@pytest.mark.parametrize(
    ("expected", "headers", "least"),
    [
        ((400, "malformed-request"), {"Host": "two words"}, 140),
        ((431, "token-too-large"), {"Authorization": f"Bearer {'x' * (LARGEST_TOKEN + 1)}"}, 130),
    ],
)
def test_a_head_that_is_not_as_it_must_be_is_refused(
    every: list[Example], sandbox: Sandbox, expected: tuple[int, str], headers: dict[str, str], least: int
) -> None:
    check_each(every, expected, lambda one: one.but(headers=one.headers | headers).send(sandbox.client), least=least)


def test_a_copy_of_a_running_request_is_refused(every: list[Example], sandbox: Sandbox) -> None:
    def while_it_runs(one: Example) -> httpx.Response:
        client, key = one.caller(sandbox), str(uuid4())
        with service_of(sandbox) as service:
            service.execute("SELECT enter(NULL, %s, false)", [digest_of(one, client, key)])
            return kept(one, key).send(client)

    check_each(every, (409, "request-in-progress"), while_it_runs, least=60)


def test_a_key_is_for_one_request(every: list[Example], sandbox: Sandbox) -> None:
    def under_a_used_key(one: Example) -> httpx.Response:
        client, key = one.caller(sandbox), str(uuid4())
        with service_of(sandbox) as service:
            service.execute(
                "INSERT INTO stored_answers (key_digest, request_digest, status, headers, body) "
                "VALUES (%s, 'of another', 200, '{}', '')",
                [digest_of(one, client, key)],
            )
        return kept(one, key).send(client)

    check_each(every, (422, "idempotency-key-reused"), under_a_used_key, least=60)


def kept(one: Example, key: str) -> Example:
    """The request with the key, and no dry run, which needs none."""
    query = {name: value for name, value in one.query.items() if name != "validate_only"}
    return one.but(headers=one.headers | {"Idempotency-Key": key}, query=query)


def service_of(sandbox: Sandbox) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(sandbox.database.owner, options=f"-c app.study_centre_id={DEMO_STUDY_CENTRE}")


def digest_of(one: Example, client: httpx.Client, key: str) -> bytes:
    """The digest under which the service stores the answer to that key of the caller's."""
    if one.template.startswith("/v1/sandbox/"):
        caller = str(ANYBODY.person_id)
    elif one.id == "verify_email":
        caller = sha256(one.json["token"].encode()).hexdigest()
    elif one.id == "register_person":
        # Its keys are the sign-in's, also once another test has registered the person.
        caller = json.dumps([SandboxIssuer.issuer.issuer, one.entry["as_subject"]])
    else:
        caller = client.get("/v1/me").json()["person"]["id"]
    return digest(caller, one.method, one.path.lower(), key)


def with_versions(every: list[Example], sandbox: Sandbox) -> Iterator[Example]:
    """Reading examples that answer with a version. A credential exists only once its earner has accepted the badge."""
    of_badge = {one.id: one for one in every if one.id in ("accept_badge", "show_badge")}
    for name in ("accept_badge", "show_badge"):
        one = of_badge[name]
        fresh = {"Idempotency-Key": str(uuid4())} if one.method == "POST" else {}
        answer = one.but(headers=one.headers | fresh).send(one.caller(sandbox))
        # The next test finds the badge accepted.
        assert answer.is_success or refusal(answer) == (409, "wrong-state"), answer.text
    # While the clock runs no version lasts.
    sandbox.clock("2023-03-15T12:00:00+02:00")
    return (one.whole(sandbox) for one in every if "304" in one.operation["responses"])


def test_an_unchanged_resource_is_not_sent_again(every: list[Example], sandbox: Sandbox) -> None:
    others = []
    for one in with_versions(every, sandbox):
        client = one.caller(sandbox)
        answer = one.send(client)
        check_answer(answer)
        # An export of personal data contains the record of the one before, so only any version is the same.
        version = "*" if one.id == "get_personal_data" else answer.headers["ETag"]
        again = one.but(headers=one.headers | {"If-None-Match": version}).send(client)
        check_answer(again)
        if (again.status_code, again.content) != (304, b""):
            others.append(f"{one.id}: {again.status_code} {again.content[:300]!r}")
    assert not others, "\n".join(others)


def test_another_version_than_the_one_asked_for_is_not_sent(every: list[Example], sandbox: Sandbox) -> None:
    others = []
    for one in with_versions(every, sandbox):
        client = one.caller(sandbox)
        for version, status in (('"another"', 412), ("*", 200)):
            answer = one.but(headers=one.headers | {"If-Match": version}).send(client)
            check_answer(answer)
            if answer.status_code != status:
                others.append(f"{one.id}: {version} {answer.status_code}")
    assert not others, "\n".join(others)


def two_of(schema: dict[str, Any]) -> list[Any]:
    """Two values of a filter."""
    if "enum" in schema or "const" in schema:
        return [*schema.get("enum", [schema.get("const")]) * 2][:2]
    if schema["type"] == "integer":
        return [2023, 2024]
    if "pattern" in schema:
        texts = ["hour-proposal.submitted", "role-grant.given", "2024-0001", "2024-10000"]
        return [text for text in texts if re.search(schema["pattern"], text)]
    return [str(uuid4()), str(uuid4())]


def required_of(operation: dict[str, Any]) -> list[str]:
    """The names of the query parameters that the operation cannot do without."""
    parameters = operation.get("parameters", ())
    return [each["name"] for each in parameters if each["in"] == "query" and each.get("required")]


def test_every_filter_of_every_list_takes_two_values(every: list[Example], sandbox: Sandbox) -> None:
    lists = 0
    for one in every:
        several = {
            parameter["name"]: two_of(parameter["schema"]["items"])
            for parameter in one.operation.get("parameters", ())
            if parameter["in"] == "query" and parameter["schema"].get("type") == "array"
        }
        lists += bool(several)
        for query in ({name: values} for name, values in several.items()):
            required = {name: one.query[name] for name in required_of(one.operation)}
            # The calendar file has all items, and no total.
            total = {} if one.id == "read_public_calendar" else {"include": "total"}
            answer = one.but(query={**required, **query, **total}).send(one.caller(sandbox))
            assert answer.status_code == 200, (one.id, answer.text)
    assert lists > 20


@pytest.fixture(scope="module")
def tokens(every: list[Example], sandbox: Sandbox) -> dict[str, str]:
    """The `Authorization` that the examples' senders use, by operation."""
    return {one.id: one.caller(sandbox).headers.get("Authorization", "") for one in every}


def test_a_busy_database_is_reported_as_busy(every: list[Example], sandbox: Sandbox, tokens: dict[str, str]) -> None:
    with hurried(sandbox.database) as client, psycopg.connect(sandbox.database.owner) as owner:
        # Each request reads the clock from the database.
        owner.execute("LOCK TABLE study_centres")
        check_each(every, (503, "busy"), lambda one: sent_to(client, one, tokens), least=140, at_once=8)


def test_an_unforeseen_error_reveals_nothing_internal(
    every: list[Example], postgres_cluster: Addresses, tokens: dict[str, str]
) -> None:
    def send(one: Example) -> httpx.Response:
        answer = sent_to(client, one, tokens)
        assert not re.search(r"psycopg|Traceback|relation|function", answer.text)
        return answer

    # Without one table of ours.
    with another_database(postgres_cluster) as database, hurried(database) as client:
        check_each(every, (500, "internal-error"), send, least=140)


def test_a_caller_over_the_limit_is_refused(
    every: list[Example], sandbox: Sandbox, tokens: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "AT_ONCE", 10_000)
    with hurried(sandbox.database, rate_limit_reads=1, rate_limit_writes=1, rate_limit_anonymous=1) as client:

        def again(one: Example) -> httpx.Response:
            sent_to(client, one, tokens)
            return sent_to(client, one, tokens)

        check_each(every, (429, "rate-limited"), again, least=140)


@contextmanager
def hurried(database: Addresses, **others: Any) -> Iterator[httpx.Client]:
    """A client of a service there that soon stops waiting for a lock."""
    settings = Settings(
        database_url=database.service,
        owner_database_url=database.owner,
        secret_key=SECRET,
        sandbox=True,
        lock_timeout_ms=100,
        log_level="CRITICAL",
        **others,
    )
    with serving(create_app(settings)) as address, httpx.Client(base_url=address, timeout=60, verify=NO_TLS) as client:
        yield client


def sent_to(client: httpx.Client, one: Example, tokens: dict[str, str]) -> httpx.Response:
    return one.but(headers=one.headers | {"Authorization": tokens[one.id]}).send(client)
