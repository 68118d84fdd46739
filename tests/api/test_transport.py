"""HEAD, versions of lists, compression and CORS, whichever operation responds."""

from collections.abc import Iterator
from uuid import UUID

import httpx
import pytest
from fastapi.routing import iter_route_contexts

from app.local.embedded_postgres import Addresses
from app.sandbox.main import create_app
from app.settings import Settings
from tests.builders import Centre, Person, refusal
from tests.conftest import SECRET
from tests.server import NO_TLS, serving

LIST = "/v1/hour-returns"
ORIGIN = "https://tunnit.example.org"


@pytest.mark.parametrize("path", [LIST, "/v1/me", "/livez", "/problems/busy", "/openapi.json", "/static/favicon.png"])
def test_head_is_get_without_the_body(main_user: Person, path: str) -> None:
    got, head = main_user.get(path), main_user.client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    own = {"x-request-id", "date"}
    assert {name: head.headers[name] for name in head.headers if name not in own} == {
        name: got.headers[name] for name in got.headers if name not in own
    }


def test_head_is_refused_as_get_is(main_user: Person) -> None:
    assert main_user.client.head(f"{LIST}/{UUID(int=1)}").status_code == 404
    assert main_user.client.head("/v1/people/erasures/nowhere").status_code == 404
    assert main_user.client.head(f"/v1/hour-returns/{UUID(int=1)}/decision").status_code == 404
    unsigned = httpx.head(f"{main_user.client.base_url}{LIST}", verify=NO_TLS)
    assert (unsigned.status_code, unsigned.content) == (401, b"")
    assert "WWW-Authenticate" in unsigned.headers


def test_every_operation_that_takes_get_takes_head(main_user: Person, settings: Settings) -> None:
    paths = {route.path for route in iter_route_contexts(create_app(settings).routes) if "GET" in (route.methods or ())}
    assert len(paths) > 70
    for path in paths:
        answer = main_user.client.head(str(path).replace("{", "").replace("}", ""))
        assert answer.status_code != 405, path
        assert answer.content == b""


def test_a_list_has_a_version_that_changes_with_its_items(centre: Centre, main_user: Person, central: UUID) -> None:
    first = main_user.get("/v1/organisations")
    same = {"If-None-Match": first.headers["ETag"]}
    unchanged = main_user.get("/v1/organisations", headers=same)
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert unchanged.headers["ETag"] == first.headers["ETag"]
    assert unchanged.headers["Cache-Control"] == "private, no-cache"
    centre.organisation(central)
    assert main_user.get("/v1/organisations", headers=same).status_code == 200


@pytest.fixture
def long_list(centre: Centre, main_user: Person, central: UUID) -> httpx.Response:
    for _ in range(5):
        centre.organisation(central)
    answer = main_user.get("/v1/organisations", headers={"Accept-Encoding": "identity"})
    assert len(answer.content) > 1024
    return answer


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [("gzip", "gzip"), ("br, gzip;q=0.5", "gzip"), ("GZIP", "gzip"), ("gzip;q=0", None), ("br", None), ("", None)],
)
def test_json_is_compressed_when_the_caller_accepts_it(
    main_user: Person, long_list: httpx.Response, accepted: str, coding: str | None
) -> None:
    answer = main_user.get("/v1/organisations", headers={"Accept-Encoding": accepted})
    assert answer.headers.get("Content-Encoding") == coding
    assert answer.content == long_list.content
    # Whichever coding it has, or a cache would give it to those who accept another one.
    assert answer.headers["Vary"] == "Accept, Accept-Encoding"
    same = {"Accept-Encoding": accepted, "If-None-Match": answer.headers["ETag"]}
    unchanged = main_user.get("/v1/organisations", headers=same)
    assert (unchanged.status_code, unchanged.headers["Vary"]) == (304, "Accept, Accept-Encoding")
    if coding:
        assert int(answer.headers["Content-Length"]) < len(long_list.content) / 2


def test_every_coding_has_the_same_version_which_if_match_takes(main_user: Person, central: UUID) -> None:
    path = f"/v1/organisations/{central}"
    for coding in ("identity", "gzip"):
        assert main_user.patch(path, {"name_sv": "Marthaförbundet" * 10}).status_code == 200
        codings = [main_user.get(path, headers={"Accept-Encoding": each}) for each in ("identity", "gzip")]
        assert codings[0].headers["ETag"] == codings[1].headers["ETag"]
        etag = codings[coding == "gzip"].headers["ETag"]
        assert main_user.patch(path, {"name_sv": None}, etag=etag).status_code == 200


def test_what_is_short_or_no_json_or_secret_is_not_compressed(main_user: Person) -> None:
    gzipped = {"Accept-Encoding": "gzip"}
    for path in ("/v1/me", "/static/favicon.png", LIST):
        assert "Content-Encoding" not in main_user.get(path, headers=gzipped).headers, path
    for accepted in ("identity", "gzip"):
        kept = main_user.get("/openapi.json", headers={"Accept-Encoding": accepted})
        assert kept.headers["Vary"].count("Accept-Encoding") == 1
    feed = main_user.post("/v1/me/calendar-feeds", {"name": "a" * 200}, headers=gzipped)
    assert feed.headers["Cache-Control"] == "no-store"
    assert "Content-Encoding" not in feed.headers
    long = main_user.post("/v1/hour-returns", {f"member {number}": 1 for number in range(50)}, headers=gzipped)
    assert refusal(long) == (422, "validation")
    assert long.headers["Content-Encoding"] == "gzip"
    assert long.headers["Vary"] == "Accept-Language, Accept-Encoding"


@pytest.fixture(scope="module")
def cross_origin(database: Addresses) -> Iterator[httpx.Client]:
    settings = Settings(
        database_url=database.service, secret_key=SECRET, sandbox=True, cors_origins=[ORIGIN], log_level="CRITICAL"
    )
    with serving(create_app(settings)) as address, httpx.Client(base_url=address, verify=NO_TLS) as client:
        yield client


def preflight(
    client: httpx.Client, origin: str = ORIGIN, method: str = "PATCH", headers: str = "if-match"
) -> httpx.Response:
    asked = {"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}
    return client.options(f"{LIST}/{UUID(int=1)}", headers=asked)


def test_a_preflight_allows_what_the_api_takes_without_cookies(cross_origin: httpx.Client) -> None:
    sent = "authorization, content-type, idempotency-key, if-match, if-none-match, x-request-id, accept-language"
    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"):
        answer = preflight(cross_origin, method=method, headers=sent)
        assert (answer.status_code, answer.content) == (204, b"")
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert method in answer.headers["Access-Control-Allow-Methods"]
        assert set(sent.split(", ")) <= set(answer.headers["Access-Control-Allow-Headers"].lower().split(", "))
        assert "Origin" in answer.headers["Vary"]
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert answer.headers["X-Request-Id"]


@pytest.mark.parametrize("wrong", [{"origin": "https://evil.example"}, {"method": "TRACE"}, {"headers": "cookie"}])
def test_a_preflight_for_something_else_allows_nothing(cross_origin: httpx.Client, wrong: dict[str, str]) -> None:
    answer = preflight(cross_origin, **wrong)
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize(("path", "status"), [("/livez", 200), (LIST, 401), ("/v1/nowhere", 404)])
def test_responses_and_refusals_are_readable_for_the_allowed_origin_alone(
    cross_origin: httpx.Client, path: str, status: int
) -> None:
    answer = cross_origin.get(path, headers={"Origin": ORIGIN})
    assert answer.status_code == status
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    exposed = {"ETag", "Location", "Link", "Idempotency-Replayed", "X-Request-Id", "Retry-After"}
    exposed |= {"RateLimit", "RateLimit-Policy"}
    assert set(answer.headers["Access-Control-Expose-Headers"].split(", ")) == exposed
    assert "Access-Control-Allow-Credentials" not in answer.headers
    other = cross_origin.get(path, headers={"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in other.headers


def test_an_unforeseen_error_is_readable_too(cross_origin: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ValueError

    monkeypatch.setattr("app.api.documents.index_page", fail)
    answer = cross_origin.get("/problems", headers={"Origin": ORIGIN})
    assert refusal(answer) == (500, "internal-error")
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert answer.headers["X-Request-Id"]


PUBLIC = "https://tunnit.example.org:8443"


@pytest.fixture(scope="module")
def public(database: Addresses) -> Iterator[str]:
    """The address of a service that knows the URL at which people reach it."""
    settings = Settings(database_url=database.service, secret_key=SECRET, sandbox=True, public_url=PUBLIC)
    with serving(create_app(settings)) as address:
        yield address


def test_urls_are_absolute_where_the_public_one_is_known(
    centre: Centre, main_user: Person, central: UUID, public: str
) -> None:
    path, body = "/v1/hour-proposals", {"organisation_id": str(central), "year": 2024, "lines": []}
    made = main_user.post(path, body, key="one")
    where = made.headers["Location"]
    assert where == f"{path}/{made.json()['id']}"
    host = {"Host": "evil.example"}
    replayed = main_user.post(public + path, body, key="one", headers=host)
    assert replayed.headers["Idempotency-Replayed"] == "true"
    assert replayed.headers["Location"] == PUBLIC + where
    centre.organisation(central)
    listed = main_user.get(f"{public}/v1/organisations?limit=1&kind=central&kind=association", headers=host)
    link = listed.headers["Link"]
    assert link.startswith(f"<{PUBLIC}/v1/organisations?limit=1&kind=central&kind=association&cursor=")
    following = link.removeprefix(f"<{PUBLIC}").split(">")[0]
    assert main_user.get(public + following).status_code == 200
    assert main_user.get(f"{public}/v1/nowhere", headers=host).json()["type"] == f"{PUBLIC}/problems/not-found"
    again = main_user.post(public + path, body | {"year": 2025}, key="two", headers=host)
    assert again.headers["Location"] == f"{PUBLIC}{path}/{again.json()['id']}"
    feed = main_user.post(f"{public}/v1/me/calendar-feeds", {"name": "Puhelin"}, key="three", headers=host).json()
    assert feed["address"].startswith(f"{PUBLIC}/v1/calendar-feeds/")
    assert main_user.get(feed["address"].removeprefix(PUBLIC)).status_code == 200
    # Stored with its path, so that a replay follows the setting.
    assert main_user.post(path, body | {"year": 2025}, key="two").headers["Location"] == f"{path}/{again.json()['id']}"


def test_without_origins_preflights_are_refused(main_user: Person) -> None:
    answer = preflight(main_user.client)
    assert refusal(answer) == (405, "method-not-allowed")
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("origin", ["*", "https://a.example/", "a.example", "http://a.example", "null"])
def test_an_origin_is_a_scheme_and_a_host(origin: str) -> None:
    with pytest.raises(ValueError, match="cors_origins"):
        Settings(database_url="postgresql://", secret_key="a" * 32, cors_origins=[origin])
