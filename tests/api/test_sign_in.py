"""Signing in at a real OpenID Connect provider: its own code flow, its own tokens, and what follows from them."""

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from app.api import backend
from app.local.embedded_postgres import Addresses
from app.main import create_app
from app.settings import Settings
from app.setup import make_study_centre
from tests.api.test_authentication import router as guarded
from tests.builders import refusal
from tests.conftest import SECRET
from tests.provider.provider import Provider, providing
from tests.server import NO_TLS, free_port, serving


@dataclass
class Deployed:
    """The service outside the sandbox, with the provider as its issuer, and its first staff member."""

    provider: Provider
    client_id: str
    address: str
    study_centre_id: UUID
    database: Addresses

    def token_of(self, name: str, kind: str = "access_token") -> str:
        return str(self.provider.sign_in(name, self.client_id, self.address)[kind])

    def client(self, token: str) -> httpx.Client:
        return httpx.Client(
            base_url=self.address, headers={"Authorization": f"Bearer {token}"}, timeout=30, verify=NO_TLS
        )

    def run(self, statement: str, *parameters: Any) -> None:
        options = f"-c app.study_centre_id={self.study_centre_id}"
        with psycopg.connect(self.database.owner, autocommit=True, options=options) as owner:
            owner.execute(statement, list(parameters))


@pytest.fixture(scope="module")
def deployed(database: Addresses) -> Iterator[Deployed]:
    with providing("helmi", "aino", "veikko") as provider:
        port = free_port()
        client_id = provider.client_of(f"http://127.0.0.1:{port}")
        centre_id = make_study_centre(
            database.owner, "Opintokeskus Oikea", provider.address, "helmi", "Helmi", "helmi@example.org"
        )
        settings = Settings(
            database_url=database.service, secret_key=SECRET, oidc_issuers=[provider.issuer(client_id=client_id)]
        )
        app = create_app(settings)
        app.include_router(guarded)
        with serving(app, port) as address:
            yield Deployed(provider, client_id, address, centre_id, database)


def test_the_staff_member_whom_the_setup_named_signs_in(deployed: Deployed) -> None:
    with deployed.client(deployed.token_of("helmi")) as helmi:
        me = helmi.get("/v1/me").json()
        assert me["person"]["email"] == "helmi@example.org"
        assert [role["role"] for role in me["roles"]] == ["staff"]
        assert helmi.get("/v1/people").status_code == 200


def test_a_person_registers_after_the_first_sign_in(deployed: Deployed) -> None:
    with deployed.client(deployed.token_of("aino")) as aino:
        assert refusal(aino.get("/v1/me")) == (403, "not-registered")
        body = {"name": "Aino", "email": "aino@example.org", "study_centre_id": str(deployed.study_centre_id)}
        made = aino.post("/v1/people", json=body)
        assert made.status_code == 201
        assert aino.get("/v1/me").json()["person"]["id"] == made.json()["id"]
    # Another token of the same sign-in service is the same person.
    with deployed.client(deployed.token_of("aino")) as aino:
        assert aino.get("/v1/me").json()["person"]["id"] == made.json()["id"]


def test_the_way_and_the_time_of_a_sign_in_are_known(deployed: Deployed) -> None:
    with deployed.client(deployed.token_of("helmi")) as helmi:
        assert helmi.get("/v1/strong").status_code == 200
        assert helmi.get("/v1/fresh").status_code == 200


def test_an_id_token_of_the_same_sign_in_is_not_accepted(deployed: Deployed) -> None:
    with deployed.client(deployed.token_of("helmi", "id_token")) as helmi:
        answer = helmi.get("/v1/me")
        assert refusal(answer) == (401, "unauthenticated")
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_a_role_that_was_ended_stops_working_within_a_minute(deployed: Deployed) -> None:
    with deployed.client(deployed.token_of("veikko")) as veikko:
        body = {"name": "Veikko", "email": "veikko@example.org", "study_centre_id": str(deployed.study_centre_id)}
        person_id = veikko.post("/v1/people", json=body).json()["id"]
        grant = "INSERT INTO role_grants (id, person_id, role, valid_from) VALUES (%s, %s, 'staff', now())"
        deployed.run(grant, person_id, person_id)
        corrected = {"hours": 10}
        assert veikko.get("/v1/hour-pools/2023").status_code == 200
        assert veikko.put("/v1/hour-pools/2023", json=corrected).status_code == 200
        deployed.run("UPDATE role_grants SET valid_until = now() WHERE person_id = %s", person_id)
        # A write is refused immediately; what was just read may be read for another moment.
        assert refusal(veikko.put("/v1/hour-pools/2023", json=corrected)) == (403, "forbidden")
        # The write has read the roles again, and reads use them since.
        assert refusal(veikko.get("/v1/hour-pools/2023")) == (403, "forbidden")


def test_reads_without_a_write_notice_an_ended_role_too(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    assert backend.RIGHTS_KEPT_SECONDS <= 30
    monkeypatch.setattr(backend, "RIGHTS_KEPT_SECONDS", 1.0)
    with deployed.client(deployed.token_of("helmi")) as helmi:
        # The write reads the roles, and the reads after it remember them.
        assert helmi.put("/v1/hour-pools/2023", json={"hours": 10}).status_code == 200
        assert helmi.get("/v1/hour-pools/2023").status_code == 200
        deployed.run("UPDATE role_grants SET valid_until = now() WHERE role = 'staff'")
        try:
            began = time.monotonic()
            while helmi.get("/v1/hour-pools/2023").status_code == 200:
                assert time.monotonic() - began < 10
                time.sleep(0.1)
        finally:
            deployed.run("UPDATE role_grants SET valid_until = NULL WHERE role = 'staff'")
            # A write reads the roles again, and reads after this test use them.
            assert helmi.put("/v1/hour-pools/2023", json={"hours": 10}).status_code == 200


def test_swagger_ui_knows_where_to_sign_in(deployed: Deployed) -> None:
    page = httpx.get(f"{deployed.address}/docs").text
    settings = json.loads(re.findall(r'<script type="application/json" id="sign-in">(.*)</script>', page)[0])
    assert settings["clientId"] == deployed.client_id
    assert set(settings["scheme"]["flows"]) == {"authorizationCode"}
    flow = settings["scheme"]["flows"]["authorizationCode"]
    assert flow["authorizationUrl"] == deployed.provider.metadata["authorization_endpoint"]
    assert flow["tokenUrl"] == deployed.provider.metadata["token_endpoint"]
    back = httpx.get(f"{deployed.address}/docs/oauth2-redirect")
    assert back.headers["Content-Type"].startswith("text/html")
    assert not re.findall(r'(?:src|href)="', back.text)


def test_the_token_endpoint_answers_the_browser_at_our_address(deployed: Deployed) -> None:
    asked = {
        "Origin": deployed.address,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,x-requested-with",
    }
    answer = httpx.options(deployed.provider.metadata["token_endpoint"], headers=asked)
    assert answer.headers["Access-Control-Allow-Origin"] in {deployed.address, "*"}
