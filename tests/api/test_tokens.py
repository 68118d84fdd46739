"""Access tokens of an OpenID Connect issuer: verified in the same way as the sandbox's tokens."""

import base64
import hmac
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from app.api import issuers
from app.api.tokens import LARGEST_TOKEN
from app.db.identifiers import new_id
from app.local.embedded_postgres import Addresses
from app.main import create_app
from app.settings import Issuer, Settings
from tests.api.people.candidates import Candidate
from tests.builders import FOREVER, Centre, refusal
from tests.conftest import SECRET
from tests.server import NO_TLS, serving

PATH = "/v1/supplementary-hour-requests"
STRONG = "urn:example:strong"


@dataclass
class Provider:
    """An issuer with discovery and a JWKS over HTTP; counts how often its keys are fetched."""

    address: str = ""
    keys: list[ECKey | RSAKey] = field(default_factory=list)
    asked: int = 0

    def token(self, key: Any = None, header: dict[str, Any] | None = None, **claims: Any) -> str:
        key = key or self.keys[0]
        usual = {"iss": self.address, "aud": "tuntipankki", "sub": "somebody", "exp": int(time.time()) + 300}
        given = {name: value for name, value in (usual | claims).items() if value is not None}
        usual_header = {"alg": "ES256", "typ": "at+jwt", "kid": key.kid}
        head = {name: value for name, value in (usual_header | (header or {})).items() if value is not None}
        return jwt.encode(head, given, key, algorithms=["ES256", "RS256", "HS256", "PS256"])


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    provider = Provider(keys=[ECKey.generate_key("P-256", {"kid": "first"})])

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/.well-known/openid-configuration":
                page: dict[str, Any] = {"issuer": provider.address, "jwks_uri": provider.address + "/keys"}
            else:
                provider.asked += 1
                page = {"keys": [key.as_dict(private=False) for key in provider.keys]}
            body = json.dumps(page).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - The base class names it so.
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    provider.address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield provider
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def deployed(provider: Provider, database: Addresses) -> Iterator[httpx.Client]:
    """A service outside the sandbox, with that provider, and one registered person."""
    centre_id, person_id = new_id(), new_id()
    with psycopg.connect(database.owner, autocommit=True, options=f"-c app.study_centre_id={centre_id}") as owner:
        owner.execute("INSERT INTO study_centres (id, name) VALUES (%s, 'Opintokeskus Oikea')", [centre_id])
        owner.execute(
            "INSERT INTO persons (id, name, email, created_at) VALUES (%s, 'Aino', 'aino@example.org', %s)",
            [person_id, FOREVER],
        )
        owner.execute(
            "INSERT INTO role_grants (id, person_id, role, valid_from) VALUES (%s, %s, 'auditor', %s)",
            [new_id(), person_id, FOREVER],
        )
        owner.execute("INSERT INTO callers VALUES (%s, 'somebody', %s, %s)", [provider.address, centre_id, person_id])
    settings = Settings(
        database_url=database.service,
        secret_key=SECRET,
        rate_limit_anonymous=0,
        oidc_issuers=[
            Issuer(issuer=provider.address, audience="tuntipankki", algorithms=["ES256"], strong_acr=[STRONG])
        ],
    )
    with serving(create_app(settings)) as address, httpx.Client(base_url=address, timeout=30, verify=NO_TLS) as client:
        yield client


def answer_to(client: httpx.Client, token: str, scheme: str = "Bearer", *, path: str = PATH) -> httpx.Response:
    return client.get(path, headers={"Authorization": f"{scheme} {token}"})


def from_now(claims: dict[str, Any]) -> dict[str, Any]:
    """Turn small numbers into times that many seconds from now, except in `sub`."""
    now = int(time.time())
    return {
        name: now + value if type(value) is int and abs(value) < 1000 and name != "sub" else value
        for name, value in claims.items()
    }


def test_a_token_of_a_configured_issuer_lets_its_person_in(provider: Provider, deployed: httpx.Client) -> None:
    assert answer_to(deployed, provider.token()).status_code == 200
    assert answer_to(deployed, provider.token(), "bearer").status_code == 200


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": -31},
        {"exp": None},
        {"aud": "another service"},
        {"aud": None},
        {"sub": 1},
        {"sub": ""},
        {"sub": "x" * 256},
        {"sub": "some\0body"},
        {"sub": None},
        {"iss": "https://elsewhere.example"},
        {"iss": None},
        {"iss": "tuntipankki-sandbox"},
        {"nbf": 300},
        {"iat": 300},
        {"iat": "yesterday"},
    ],
    ids=str,
)
def test_a_wrong_claim_is_refused(provider: Provider, deployed: httpx.Client, claims: dict[str, Any]) -> None:
    answer = answer_to(deployed, provider.token(**from_now(claims)))
    assert refusal(answer) == (401, "unauthenticated")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="tuntipankki", error="invalid_token"'


@pytest.mark.parametrize(
    "claims",
    [
        # Clocks differ a little: half a minute is tolerated in both directions.
        {"exp": -25},
        {"nbf": 25, "iat": 25},
        {"aud": ["another service", "tuntipankki"]},
        {"auth_time": -5, "acr": "low"},
        # A strange claim of the issuer about the sign-in counts as missing.
        {"auth_time": "yesterday", "acr": ["low"]},
        {"auth_time": 10**30, "acr": {}},
        {"auth_time": True, "acr": None},
    ],
    ids=str,
)
def test_an_unusual_but_valid_token_is_accepted(
    provider: Provider, deployed: httpx.Client, claims: dict[str, Any]
) -> None:
    assert answer_to(deployed, provider.token(**from_now(claims))).status_code == 200


def test_a_token_that_names_no_key_is_refused(provider: Provider, deployed: httpx.Client) -> None:
    assert refusal(answer_to(deployed, provider.token(header={"kid": None}))) == (401, "unauthenticated")


@pytest.mark.parametrize("key_id", [1, ["first"], {}])
def test_a_key_id_that_is_not_text_is_refused(provider: Provider, deployed: httpx.Client, key_id: Any) -> None:
    _, payload, signature = provider.token().split(".")
    header = json.dumps({"alg": "ES256", "typ": "at+jwt", "kid": key_id})
    token = f"{base64.urlsafe_b64encode(header.encode()).decode().rstrip('=')}.{payload}.{signature}"
    assert refusal(answer_to(deployed, token)) == (401, "unauthenticated")


def test_an_unknown_person_is_asked_to_register(provider: Provider, deployed: httpx.Client) -> None:
    answer = answer_to(deployed, provider.token(sub="a stranger"))
    assert refusal(answer) == (403, "not-registered")
    assert "POST /v1/people" in answer.json()["detail"]


def test_a_call_without_a_token_is_unauthenticated(deployed: httpx.Client) -> None:
    answer = deployed.get(PATH)
    assert refusal(answer) == (401, "unauthenticated")
    # A request without a token gets no error code (RFC 6750 §3.1).
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="tuntipankki"'
    # The token is checked before the body: a body that is not JSON changes nothing.
    assert refusal(deployed.post(PATH, content="{")) == (401, "unauthenticated")


def test_an_algorithm_that_is_not_configured_is_refused(provider: Provider, deployed: httpx.Client) -> None:
    rsa = RSAKey.generate_key(2048, {"kid": "rsa"})
    provider.keys.append(rsa)
    try:
        assert refusal(answer_to(deployed, provider.token(rsa, {"alg": "RS256"}))) == (401, "unauthenticated")
    finally:
        provider.keys.remove(rsa)


def test_a_token_signed_with_the_public_key_as_a_secret_is_refused(provider: Provider, deployed: httpx.Client) -> None:
    header = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"at+jwt","kid":"first"}').rstrip(b"=")
    payload = provider.token().split(".")[1].encode()
    secret = provider.keys[0].as_pem(private=False)
    signature = hmac.digest(secret, header + b"." + payload, "sha256")
    token = b".".join([header, payload, base64.urlsafe_b64encode(signature).rstrip(b"=")]).decode()
    assert refusal(answer_to(deployed, token)) == (401, "unauthenticated")


def test_a_token_without_a_signature_is_refused(provider: Provider, deployed: httpx.Client) -> None:
    _, payload, _ = provider.token().split(".")
    header = base64.urlsafe_b64encode(b'{"alg":"none","typ":"at+jwt"}').decode().rstrip("=")
    assert refusal(answer_to(deployed, f"{header}.{payload}.")) == (401, "unauthenticated")


def test_an_id_token_is_not_accepted(provider: Provider, deployed: httpx.Client) -> None:
    assert refusal(answer_to(deployed, provider.token(header={"typ": "JWT"}))) == (401, "unauthenticated")


@pytest.mark.parametrize(
    "token", ["x", "a.b", "a.b.c", "..", "e30.e30.", "W10.W10.", "é.é.é".encode().decode("latin-1")]
)
def test_text_that_is_not_a_token_is_refused(deployed: httpx.Client, token: str) -> None:
    answer = deployed.get(PATH, headers={b"Authorization": f"Bearer {token}".encode("latin-1")})
    assert refusal(answer) == (401, "unauthenticated")


def test_a_token_over_the_limit_is_too_large(provider: Provider, deployed: httpx.Client) -> None:
    assert answer_to(deployed, provider.token(groups="x" * 5000)).status_code == 200
    answer = answer_to(deployed, provider.token(groups="x" * 9000))
    assert refusal(answer) == (431, "token-too-large")
    assert answer.json()["largest"] == LARGEST_TOKEN
    assert "WWW-Authenticate" not in answer.headers


@pytest.mark.parametrize(
    "header",
    [{"nonce": "x", "rh": "0.AA"}, {"client_id": "hours"}, {"x5c": ["MIIB" * 500]}, {"of-tomorrow": {"a": [1]}}],
    ids=str,
)
def test_headers_that_are_not_critical_are_ignored(
    provider: Provider, deployed: httpx.Client, header: dict[str, Any]
) -> None:
    assert answer_to(deployed, signed(provider, header)).status_code == 200


@pytest.mark.parametrize(
    "header",
    [{"nonce": "x", "crit": ["nonce"]}, {"crit": ["nonce"]}, {"crit": "nonce", "nonce": "x"}],
    ids=str,
)
def test_an_unknown_header_that_is_critical_is_refused(
    provider: Provider, deployed: httpx.Client, header: dict[str, Any]
) -> None:
    assert refusal(answer_to(deployed, signed(provider, header))) == (401, "unauthenticated")


def signed(provider: Provider, header: dict[str, Any]) -> str:
    """Sign a token with headers that the library would not sign, by hand."""
    key = provider.keys[0]
    assert isinstance(key, ECKey)
    assert key.private_key
    usual = {"alg": "ES256", "typ": "at+jwt", "kid": key.kid}
    payload = provider.token().split(".")[1]
    head = base64.urlsafe_b64encode(json.dumps(usual | header).encode()).decode().rstrip("=")
    r, s = decode_dss_signature(key.private_key.sign(f"{head}.{payload}".encode(), ECDSA(SHA256())))
    signature = base64.urlsafe_b64encode(r.to_bytes(32) + s.to_bytes(32)).decode().rstrip("=")
    return f"{head}.{payload}.{signature}"


def test_altered_claims_are_refused(provider: Provider, deployed: httpx.Client) -> None:
    header, _, signature = provider.token().split(".")
    claims = {"iss": provider.address, "aud": "tuntipankki", "sub": "somebody", "exp": int(time.time()) + 9000}
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    assert refusal(answer_to(deployed, f"{header}.{payload}.{signature}")) == (401, "unauthenticated")


def test_a_thousand_unknown_key_ids_cause_at_most_one_fetch(provider: Provider, deployed: httpx.Client) -> None:
    answer_to(deployed, provider.token())
    stranger = ECKey.generate_key("P-256")
    before = provider.asked
    for number in range(1000):
        token = provider.token(stranger, {"kid": f"unknown-{number}"})
        assert answer_to(deployed, token).status_code == 401
    assert provider.asked - before <= 1


def test_an_issuer_that_does_not_answer_makes_the_service_busy(provider: Provider, database: Addresses) -> None:
    absent = Issuer(issuer="http://127.0.0.1:9", audience="tuntipankki", algorithms=["ES256"])
    settings = Settings(database_url=database.service, secret_key=SECRET, oidc_issuers=[absent])
    with serving(create_app(settings)) as address, httpx.Client(base_url=address, verify=NO_TLS) as client:
        answer = answer_to(client, provider.token(iss=absent.issuer))
    assert refusal(answer) == (503, "busy")
    assert answer.headers["Retry-After"] == "1"


@pytest.mark.parametrize("named", ["issuer", "jwks_uri"])
@pytest.mark.parametrize("address", ["http://issuer.example", "ftp://issuer.example", "issuer.example", "https://", ""])
def test_an_issuer_whose_keys_anybody_could_replace_is_refused(database: Addresses, named: str, address: str) -> None:
    issuer = Issuer(**{"issuer": "https://issuer.example", "audience": "hours", named: address})
    with pytest.raises(ValueError, match="https"):
        Settings(database_url=database.service, secret_key=SECRET, oidc_issuers=[issuer])


def test_the_sandbox_is_refused_beside_an_issuer(provider: Provider, database: Addresses) -> None:
    with pytest.raises(ValueError, match="SANDBOX cannot be used"):
        Settings(
            database_url=database.service,
            secret_key=SECRET,
            sandbox=True,
            oidc_issuers=[Issuer(issuer=provider.address, audience="tuntipankki")],
        )


def test_the_sandboxs_calls_do_not_exist_outside_it(deployed: httpx.Client) -> None:
    assert refusal(deployed.post("/v1/sandbox/tokens", json={"person_id": str(UUID(int=0))})) == (404, "not-found")


def test_swagger_ui_offers_no_sign_in_if_the_issuer_has_none(database: Addresses, provider: Provider) -> None:
    """The page works all the same, with a token from elsewhere."""
    for address in (provider.address, "http://127.0.0.1:9"):
        issuer = Issuer(issuer=address, audience="tuntipankki", client_id="swagger-ui")
        settings = Settings(database_url=database.service, secret_key=SECRET, oidc_issuers=[issuer])
        with serving(create_app(settings)) as service:
            page = httpx.get(f"{service}/docs")
        assert page.status_code == 200
        assert '<script type="application/json" id="sign-in">null</script>' in page.text


def test_a_strong_authentication_is_one_with_the_configured_acr(provider: Provider, deployed: httpx.Client) -> None:
    def erase(**claims: Any) -> httpx.Response:
        me = answer_to(deployed, provider.token(), path="/v1/me").json()["person"]["id"]
        headers = {"Authorization": f"Bearer {provider.token(auth_time=int(time.time()), **claims)}"}
        body = {"reason": "Only tried."}
        return deployed.post(f"/v1/people/{me}/erasure", json=body, headers=headers, params={"validate_only": "true"})

    assert erase(acr=STRONG).status_code == 200
    for acr in ("low", None, [STRONG], "sandbox-strong"):
        answer = erase(acr=acr)
        assert refusal(answer) == (401, "strong-authentication-required")
        assert answer.json()["acr_values"] == [STRONG]
        assert 'error="insufficient_user_authentication"' in answer.headers["WWW-Authenticate"]


@pytest.fixture
def candidate(centre: Centre, provider: Provider) -> Candidate:
    """A person whose application was submitted today, and who is known to the configured issuer."""
    centre.clock_at(datetime.now(UTC))
    candidate = Candidate.of(centre, signatory_in_person=True)
    centre.owner.execute(
        "INSERT INTO callers VALUES (%s, %s, %s, %s)",
        [provider.address, str(candidate.applicant.id), centre.id, candidate.applicant.id],
    )
    return candidate


def test_a_sign_in_older_than_five_minutes_is_not_enough_to_sign(
    provider: Provider, deployed: httpx.Client, candidate: Candidate
) -> None:
    location = candidate.submitted()
    body = {"digest": candidate.applicant.get(location).json()["document_digest"]}

    def signed(**claims: Any) -> httpx.Response:
        token = provider.token(sub=str(candidate.applicant.id), **claims)
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(new_id())}
        return deployed.post(f"{location}/signatures", json=body, headers=headers)

    now = int(time.time())
    for claims in ({"acr": STRONG, "auth_time": now - 301}, {"acr": STRONG}, {"acr": "low", "auth_time": now}):
        answer = signed(**claims)
        assert refusal(answer) == (401, "strong-authentication-required")
        assert (answer.json()["max_age"], answer.json()["acr_values"]) == (300, [STRONG])
        assert 'max_age="300"' in answer.headers["WWW-Authenticate"]
    assert candidate.applicant.get(f"{location}/signatures").json()["items"] == []
    assert signed(acr=STRONG, auth_time=int(time.time()) - 270).status_code == 201


def test_keys_are_fetched_again_after_the_issuer_changed_them(
    provider: Provider, deployed: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = provider.keys[0], ECKey.generate_key("P-256", {"kid": "second"})
    assert answer_to(deployed, provider.token(old)).status_code == 200
    assert refusal(answer_to(deployed, provider.token(new))) == (401, "unauthenticated")
    # As if the last fetch had been half a minute ago.
    monkeypatch.setattr(issuers, "KEYS_ASKED_AGAIN_SECONDS", 0)
    try:
        provider.keys[:] = [new]
        asked = provider.asked
        assert answer_to(deployed, provider.token(new)).status_code == 200
        assert answer_to(deployed, provider.token(new)).status_code == 200
        assert provider.asked == asked + 1
        # A key that the issuer no longer publishes is not accepted.
        assert refusal(answer_to(deployed, provider.token(old))) == (401, "unauthenticated")
    finally:
        provider.keys[:] = [old]
        assert answer_to(deployed, provider.token(old)).status_code == 200
