"""Who may send each operation: with every role, in every relation to the organisation that the request is about.

`authorization.toml` is the table (promise 2). The requests are the document's examples, sent as dry runs or, if an
operation has none, for another version than the present one, so that nothing changes.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.local.embedded_postgres import Addresses
from tests.openapi.callers import Caller, Callers, Held, callers_in
from tests.openapi.examples import Example, examples_of
from tests.sandbox import Sandbox, serving_sandbox
from tests.server import NO_TLS

TABLE = Path(__file__).with_name("authorization.toml")
RELATIONS = "own above below other"


@dataclass(frozen=True)
class Row:
    allowed: frozenset[Held]
    seen: frozenset[Held]
    """Who sees what the operation is about, and is refused if not allowed. For all others it does not exist."""

    def expected(self, one: Example, caller: Caller) -> set[str]:
        if not (is_for_keys(one) if caller.is_key else "x-api-keys-only" not in one.operation):
            return {"refused"}
        if caller.held in self.allowed:
            return {"allowed"}
        if is_list(one) and not one.values:
            return {"refused", "hidden"}
        return {"refused"} if caller.held in self.seen else {"hidden"}


@pytest.fixture(scope="module")
def sandbox(postgres_cluster: Addresses) -> Iterator[Sandbox]:
    with serving_sandbox(postgres_cluster) as sandbox:
        yield sandbox


def operations() -> list[Example]:
    """The operations of production that need a token."""
    return [one for one in examples_of() if one.operation["security"] and not one.template.startswith("/v1/sandbox/")]


def table() -> dict[str, Row]:
    read = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    audiences = {
        name: frozenset(held for role, cell in zip(read["roles"], cells, strict=True) for held in held_by(role, cell))
        for name, cells in read["audiences"].items()
    }

    def row(cell: str | list[str]) -> Row:
        allowed, seen = [cell, "within_reach"] if isinstance(cell, str) else cell
        return Row(audiences[allowed], audiences[seen])

    return {name: row(cell) for name, cell in read["operations"].items()}


def held_by(role: str, cell: str) -> Iterator[Held]:
    relations = [""] if cell == "yes" else cell.replace("any", RELATIONS).split()
    yield from ((role, relation) for relation in relations)


def is_for_keys(one: Example) -> bool:
    return not {"x-api-key-scope", "x-api-keys-only"}.isdisjoint(one.operation)


def is_list(one: Example) -> bool:
    return one.method == "GET" and "cursor" in parameters_of(one)


def parameters_of(one: Example) -> set[str]:
    return {parameter["name"] for parameter in one.operation.get("parameters", ())}


def harmless(one: Example) -> Example:
    """The request that changes nothing, about one thing if it may be about many."""
    if is_list(one):
        return one.but(query=one.query | {"limit": 200})
    if one.method == "GET":
        return one
    if isinstance(one.json, dict) and isinstance(items := one.json.get("items"), list):
        one = one.but(json=one.json | {"items": items[:1]})
    if "validate_only" in parameters_of(one):
        return one.but(query=one.query | {"validate_only": "true"})
    return one.but(headers=one.headers | {"If-Match": '"another"'})


def send(one: Example, client: httpx.Client, authorization: str) -> httpx.Response:
    fresh = {"Idempotency-Key": str(uuid4())} if one.method == "POST" else {}
    return one.but(headers=one.headers | fresh | {"Authorization": authorization}).send(client)


def shown_by(one: Example, response: httpx.Response) -> dict[str, Any]:
    """The resource that an operation reads, or the first of a list."""
    if response.headers.get("Content-Type") != "application/json":
        return {}
    shown: dict[str, Any] = response.json()
    return next(iter(shown["items"]), {}) if is_list(one) else shown


def outcome_of(response: httpx.Response, sought: object) -> str:
    if response.status_code in {401, 403}:
        return "refused"
    if response.status_code == 404:
        return "hidden"
    if not (response.is_success or response.status_code in {409, 412, 422}):
        return "neither"
    return "hidden" if sought and sought not in map(named, response.json()["items"]) else "allowed"


def named(item: dict[str, Any]) -> object:
    """What an item of a list is known by: it may show less to some than to others."""
    return next((item[name] for name in ("id", "organisation_id", "number", "year") if name in item), item)


def test_every_operation_has_a_row_in_the_table() -> None:
    known, written = {one.id for one in operations()}, table().keys()
    assert not known - written, (
        f"tests/openapi/authorization.toml has no row for {sorted(known - written)}. Add a line to [operations]: "
        '`<operation> = "<audience>"`, one of [audiences], says who is allowed. If others than those within reach see '
        'what it is about, and so are refused with 403: `<operation> = ["<audience>", "<who sees it>"]`.'
    )
    assert not written - known, f"The document has no {sorted(written - known)} that needs a token."


@pytest.mark.long
def test_operations_are_for_those_whom_the_table_names_and_for_nobody_else(sandbox: Sandbox) -> None:
    rows, wrong = table(), []
    with callers_in(sandbox) as callers, httpx.Client(base_url=sandbox.address, verify=NO_TLS, timeout=60) as client:
        for one in (harmless(each) for each in operations() if each.id in rows):
            wrong += [f"{one.id}: {each}" for each in differing(one, rows[one.id], sandbox, callers, client)]
    assert not wrong, "\n".join(wrong)


def differing(one: Example, row: Row, sandbox: Sandbox, callers: Callers, client: httpx.Client) -> Iterator[str]:
    """What the table has otherwise. The example's own sender is allowed, and sees first what is sought in a list."""
    one = one.whole(sandbox)
    sender = one.caller(sandbox).headers["Authorization"]
    shown = shown_by(one, send(one, client, sender)) if one.method == "GET" else {}
    place = callers.place_of(one.values, shown, one.query, one.json)
    # Of the keys one is enough if all are refused.
    around = [each for each in callers.around(place) if is_for_keys(one) or not each.is_key or each.held[1] == "own"]
    # The roles and keys of the callers are in the lists by now.
    sought = named(shown_by(one, send(one, client, sender))) if is_list(one) else None
    checked = [(caller.name, caller.authorization, row.expected(one, caller)) for caller in around]
    for name, authorization, expected in [*checked, ("the sender of its example", sender, {"allowed"})]:
        response = send(one, client, authorization)
        if (outcome := outcome_of(response, sought)) not in expected:
            yield f"{name} is {outcome} ({response.status_code}), not {' or '.join(sorted(expected))}"
