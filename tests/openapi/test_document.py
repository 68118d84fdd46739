"""The OpenAPI document: committed as it is served, complete, and the same in every year."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import pytest
from pydantic import TypeAdapter, ValidationError

from app.api.organisations.organisations import BusinessId, PostalCode, Website
from app.api.problems import STATUSES
from app.api.shapes import Email, Line, Phone, SignedHours, Text
from app.main import create_app
from app.settings import Issuer, Settings
from app.texts.problems import CODES
from openapi.__main__ import COMMITTED, document
from tests import document as documented
from tests.server import serving

YEARS = {"2000", "2100", "2021", "2022", "2023", "2024", "2025", "2050"}
"""The bounds of all years, those of the demo data and the examples, and one whose calendar has not been made yet."""
NO_YEARS = r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\d+/1997|\"(hours|granted)\": \d+"
"""IDs, the number of an Act, and hours."""
TESTS = Path(__file__).parents[1]
SENTENCE = re.compile(r"[A-ZÅÄÖ0-9].*[^.]", re.DOTALL)


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in documented.document()["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_the_committed_document_is_the_one_served() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == document(), "run `make document`"


def test_the_document_is_served_with_the_public_url(settings: Settings) -> None:
    app = create_app(settings.model_copy(update={"sandbox": False, "public_url": "https://hours.example"}))
    with serving(app) as address:
        served = httpx.get(f"{address}/openapi.json", timeout=60).json()
    assert served == json.loads(document()) | {"servers": [{"url": "https://hours.example"}]}


def test_the_settings_change_only_whether_there_is_a_sandbox_with_a_key(service: str) -> None:
    deployed = Settings(
        database_url="postgresql://elsewhere",
        secret_key="b" * 40,
        port=9000,
        workers=3,
        oidc_issuers=[Issuer(issuer="https://issuer.example", audience="hours")],
    )
    assert create_app(deployed).openapi() == json.loads(document())
    sandbox = httpx.get(f"{service}/openapi.json", timeout=60).json()
    sandbox["paths"] = {path: one for path, one in sandbox["paths"].items() if not path.startswith("/v1/sandbox")}
    committed = json.loads(document())["paths"]
    of_sandbox, of_none = (thumbprint_in(paths).pop("example") for paths in (sandbox["paths"], committed))
    assert of_sandbox != of_none, "The example is the sandbox's own key."
    assert sandbox["paths"] == committed


def thumbprint_in(paths: dict[str, Any]) -> dict[str, Any]:
    """The parameter that names a key of badges."""
    parameters = paths["/v1/public/{slug}/badges/keys/{thumbprint}"]["get"]["parameters"]
    found: dict[str, Any] = next(each for each in parameters if each["name"] == "thumbprint")
    return found


def test_the_document_is_independent_of_the_present_year() -> None:
    assert set(re.findall(r"\b(?:19|20|21)\d\d\b", re.sub(NO_YEARS, "", document()))) <= YEARS


def test_the_document_is_openapi_3_1() -> None:
    openapi = json.loads(document())
    assert openapi["openapi"] == "3.1.0"
    for name, schema in openapi["components"]["schemas"].items():
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})
        assert f'"#/components/schemas/{name}"' in document(), f"{name} is not used"
    for reference in set(re.findall(r'"\$ref": "([^"]+)"', document())):
        assert documented.resolved({"$ref": reference})


def test_operations_are_in_the_order_of_the_tags_which_are_all_described() -> None:
    order = [tag["name"] for tag in documented.document()["tags"]]
    assert all(tag["description"] for tag in documented.document()["tags"])
    met = [operation["tags"] for _, _, operation in operations()]
    assert all(len(tags) == 1 for tags in met)
    assert list(dict.fromkeys(tags[0] for tags in met)) == order, "a tag is described by the first router: Tag(…)"
    places = [order.index(tags[0]) for tags in met]
    assert places == sorted(places)


def test_every_operation_has_a_name_of_its_own_and_a_sentence() -> None:
    names = [operation["operationId"] for _, _, operation in operations()]
    assert len(names) == len(set(names))
    for name, (_, _, operation) in zip(names, operations(), strict=True):
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", name)
        assert SENTENCE.fullmatch(operation["summary"]), name
        assert not operation.get("description", "").startswith(operation["summary"]), name


def test_a_picture_comes_before_its_figures() -> None:
    """Swagger UI asks for the first type of a response, and shows the picture."""
    contents = [operation["responses"].get("200", {}).get("content", {}) for _, _, operation in operations()]
    assert [[*content] for content in contents if "image/svg+xml" in content] == [
        ["image/svg+xml", "application/json"] for _ in range(3)
    ]


def test_a_response_with_a_file_says_so() -> None:
    for _, _, operation in operations():
        for response in operation["responses"].values():
            formats = {content["schema"].get("format") for content in response.get("content", {}).values()}
            if "binary" in formats:
                assert response["description"].startswith(("The picture", "The file")), operation["operationId"]


NAMED_OTHERWISE = {
    *("put_badge_image", "get_badge_image", "apply_for_badge", "accept_badge", "decline_badge", "show_badge"),
    *("revoke_badge", "get_badge_credential", "get_baked_badge", "get_badge_issuer", "get_badge_keys"),
    *("get_badge_key", "get_badge_achievement", "get_badge_status_list"),
    "cancel_enrolment",
    "confirm_enrolment",
    "get_own_enrolment",
    "list_enrolments",
    "request_enrolment",
    *("add_demo_person", "get_demo_person", "sign_sandbox_document", "list_sandbox_mails"),
    *("register_person", "get_person", "merge_people", "erase_person"),
    *("apply_for_role", "give_role", "confirm_organisation", "assign_contact", "verify_email"),
    *("submit_trainings", "decide_trainings", "decide_cost_statements"),
    *("search_participants", "erase_participants"),
    *("get_certificate_batch", "get_certificate_batch_file"),
}
"""Operations with a name that is clear without the complete name of their resource."""


def test_an_operations_name_can_be_understood_in_a_list_without_paths() -> None:
    unclear = {}
    for path, _, operation in operations():
        words = [word for word in path.split("/")[2:] if "{" not in word]
        owner = {"organisations", "me", "people", "sandbox", "calendars"} & {*words[:1]} and len(words) > 1
        plural = words[1 if owner else 0].removesuffix(".svg").replace("-", "_")
        resource = re.sub(r"(ie|(?<=ss)e|)s$", lambda end: "y" if end[1] == "ie" else "", plural)
        if not re.search(rf"{resource}|{resource[:-1]}ies", operation["operationId"]):
            unclear[operation["operationId"]] = path
    assert unclear.keys() == NAMED_OTHERWISE


def test_the_server_is_where_people_reach_it() -> None:
    deployed = Settings(database_url="postgresql://", secret_key="b" * 40, public_url="https://tunnit.example.org")
    assert create_app(deployed).openapi()["servers"] == [{"url": "https://tunnit.example.org"}]
    assert json.loads(document())["servers"] == [{"url": "/"}]


ACTING = re.compile(r"ID of the (person|main user|staff member) who (?!has )")
NAMED_AS_SIGNED = {("ApplicationSignature", "person_id")}
"""`named` is the name in the application, which the certificate is compared with."""


def schemas_of(node: Any, met: set[str]) -> None:
    """Add the names of all schemas, at any depth."""
    if isinstance(node, list):
        for value in node:
            schemas_of(value, met)
    elif isinstance(node, dict) and node.get("$ref") not in met:
        if "$ref" in node:
            met.add(node["$ref"])
        schemas_of([*documented.resolved(node).values()], met)


def members_of(node: Any) -> Iterator[str]:
    """The names of all members, at any depth, through the references."""
    if isinstance(node, dict):
        yield from node
        yield from members_of(documented.resolved(node) if "$ref" in node else list(node.values()))
    elif isinstance(node, list):
        for value in node:
            yield from members_of(value)


def test_a_name_stands_beside_the_id_of_who_did_something() -> None:
    schemas: set[str] = set()
    for _, _, operation in operations():
        schemas_of(operation["responses"], schemas)
    acting = set()
    for reference in schemas:
        fields = documented.resolved({"$ref": reference}).get("properties", {})
        for name, field in fields.items():
            is_id = "uuid" in {each.get("format") for each in field.get("anyOf", [field])}
            if is_id and (re.search(r"_by$|^actor$", name) or ACTING.match(field["description"])):
                acting.add((reference.rpartition("/")[2], name, f"{name.removesuffix('_id')}_name" in fields))
    assert len(acting) > 30
    assert {(schema, name) for schema, name, is_named in acting if not is_named} == NAMED_AS_SIGNED


def test_values_may_be_added_to_responses_and_not_to_requests() -> None:
    met = set()
    for _, _, operation in operations():
        asked = {*members_of(operation.get("parameters")), *members_of(operation.get("requestBody"))}
        received = {*members_of(operation["responses"])}
        assert "x-extensible-enum" not in asked, operation["operationId"]
        assert "enum" not in received, operation["operationId"]
        met |= {("enum" in asked, "x-extensible-enum" in received)}
    assert (True, True) in met


def test_every_operation_says_who_may_call_it() -> None:
    assert documented.document()["security"] == [{"token": []}]
    for path, _, operation in operations():
        is_open = path.startswith(("/v1/sandbox/", "/v1/calendar-feeds/", "/v1/email-verifications", "/v1/public/"))
        assert bool(operation["security"]) == ("401" in operation["responses"]) == (not is_open)


@pytest.mark.parametrize("method", ["post", "put", "patch"])
def test_writes_take_a_key_and_dry_runs(method: str) -> None:
    for path, its_method, operation in operations():
        names = {parameter["name"] for parameter in operation.get("parameters", ())}
        # A search is a read, whose address belongs in no path: each one is recorded, and none is kept to be repeated.
        if its_method == method and not path.startswith(("/v1/sandbox/", "/v1/public/", "/v1/participant-searches")):
            assert {"Idempotency-Key", "validate_only"} <= names, path
            assert "Idempotency-Replayed" in next(iter(operation["responses"].values()))["headers"], path


def test_changes_are_merge_patches_of_a_version() -> None:
    for path, method, operation in operations():
        if method == "patch":
            assert list(operation["requestBody"]["content"]) == ["application/merge-patch+json"], path
            required = {parameter["name"] for parameter in operation["parameters"] if parameter["required"]}
            assert "If-Match" in required, path
            assert {"412", "428"} <= set(operation["responses"]), path


def test_parameters_and_headers_are_never_null() -> None:
    for path, _, operation in operations():
        for parameter in operation.get("parameters", ()):
            assert "null" not in json.dumps(parameter["schema"]), (path, parameter["name"])


def test_every_code_is_documented_has_its_page_and_a_test_that_raises_it() -> None:
    assert set(STATUSES) == set(CODES)
    tests = "".join(
        file.read_text(encoding="utf-8") for file in TESTS.rglob("test_*.py") if file.parent.name != "openapi"
    )
    assert [code for code in STATUSES if f'"{code}"' not in tests] == []
    # Not asked about an operation: a method or a service that does not exist, or a request that has not arrived.
    undocumented = [
        "method-not-allowed",
        "request-timeout",
        "not-ready",
    ]
    assert [code for code in STATUSES if f'"{code}"' not in document()] == undocumented


def test_swagger_ui_needs_nothing_from_elsewhere(service: str) -> None:
    page = httpx.get(f"{service}/docs", timeout=60)
    assert page.headers["Content-Type"].startswith("text/html")
    files = re.findall(r'<(?:link|script) [^>]*(?:src|href)="([^"]+)"', page.text)
    assert len(files) == 5
    assert all(httpx.get(service + file, timeout=60).status_code == 200 for file in files)
    assert "http:" not in page.text
    assert "https:" not in page.text


KINDS: dict[str, Any] = {
    "line": Line,
    "text": Text,
    "email": Email,
    "phone": Phone,
    "website": Website,
    "postal code": PostalCode,
    "business id": BusinessId,
    "signed hours": SignedHours,
}
VALUES = [0, 1, -1, "", " ", "\x00", "\x85", "\u2028", "a", "a\x00", "http://a", "http://a\x85", "http://a/\x85"]
VALUES += ["a@b", "a@b.c", "a@b.c\x85", "a@b.\x85", "a\x85@b.c", "\x1f@b.c", "040 123", "00100", "2077474-0"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", VALUES, ids=ascii)
def test_input_that_its_schema_allows_is_accepted(kind: str, value: object) -> None:
    schema = TypeAdapter(KINDS[kind]).json_schema()
    if jsonschema_rs.is_valid(schema, value):
        # Visibility follows from Unicode categories, which no pattern can name.
        assert faults_of(kind, value) <= {"not-printable"}


def faults_of(kind: str, value: object) -> set[str]:
    try:
        TypeAdapter(KINDS[kind]).validate_python(value)
    except ValidationError as refused:
        return {error["type"] for error in refused.errors()}
    return set()
