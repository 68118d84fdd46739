"""Chromium, without the sandbox: from the first sign-in to the role of a main user, in Swagger UI only.

The provider is real, the first staff member is made by the setup command, and a certificate authority of the tests is
the configured root.
"""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from playwright.sync_api import Browser

from app import setup
from app.local.embedded_postgres import Addresses
from app.main import create_app
from app.sandbox.authority import Authority
from app.settings import Settings
from tests.browser.swagger import CHROMIUM, SwaggerUI, chromium
from tests.conftest import SECRET
from tests.provider.provider import providing
from tests.sandbox import another_database, role_prefix_of
from tests.server import free_port, serving

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed.")

AUTHORITY = Authority(b"a certificate authority of tests", name="Esimerkkivarmentaja")


@dataclass
class Deployed:
    service: str
    browser: Browser

    def signed_in_window(self, name: str) -> SwaggerUI:
        """In a browser window of their own, signed in."""
        window = SwaggerUI.opened_in(self.browser, self.service)
        window.sign_in(name)
        return window


@pytest.fixture
def deployed(postgres_cluster: Addresses, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Deployed]:
    root = tmp_path / "root.pem"
    root.write_bytes(AUTHORITY.certificate.public_bytes(Encoding.PEM))
    with ExitStack() as stack:
        database = stack.enter_context(another_database(postgres_cluster))
        provider = stack.enter_context(providing("helmi", "aino"))
        monkeypatch.setenv("OWNER_DATABASE_URL", database.owner)
        monkeypatch.setenv("ROLE_PREFIX", role_prefix_of(database))
        assert setup.main(["--study-centre", "Opintokeskus Oikea", "--staff", provider.address, "helmi"]) == 0
        port = free_port()
        client_id = provider.client_of(f"http://127.0.0.1:{port}")
        settings = Settings(
            database_url=database.service,
            secret_key=SECRET,
            oidc_issuers=[provider.issuer(client_id=client_id)],
            signature_roots=[root],
        )
        service = stack.enter_context(serving(create_app(settings), port))
        yield Deployed(service, stack.enter_context(chromium()))


def signed(document: bytes, *names: str) -> bytes:
    """Signed as by the programs of those people, one after the other."""
    for number, name in enumerate(names):
        now = datetime.now(UTC).replace(microsecond=0)
        signing = AUTHORITY.sign(document, name=name, person=f"person-{number}", at=now)
        # Playwright's own loop runs in this thread.
        with ThreadPoolExecutor(1) as aside:
            document = aside.submit(asyncio.run, signing).result()
    return document


@pytest.mark.long
def test_from_the_first_sign_in_to_the_role_of_a_main_user(deployed: Deployed, tmp_path: Path) -> None:
    staff = deployed.signed_in_window("helmi")
    liitto = staff.succeed("add_organisation", {"kind": "central", "parent_id": None, "name": "Esimerkkiliitto ry"})

    aino = deployed.signed_in_window("aino")
    assert aino.send("get_me")[1]["code"] == "not-registered"
    person = aino.succeed("register_person", {"name": "Aino Alku", "email": "aino@example.org", "language": "fi"})

    grant = {"person_id": person["id"], "role": "training_manager", "organisation_id": liitto["id"], "reason": "Uusi"}
    staff.succeed("give_role", grant)
    chair = {"name": "Päivi Puheenjohtaja", "basis": "Puheenjohtaja", "valid_from": "2026-01-01"}
    signatory = staff.succeed("enter_signatory", chair, organisation_id=liitto["id"])
    assert signatory["state"] == "in_force"

    draft = aino.succeed(
        "draft_main_user_application", {"organisation_id": liitto["id"], "signatory_id": signatory["id"]}
    )
    at = {"application_id": draft["id"]}
    assert aino.succeed("submit_main_user_application", **at)["state"] == "awaiting_signatures"
    document = aino.download("get_main_user_application_document", **at)
    altered, whole = tmp_path / "altered.pdf", tmp_path / "whole.pdf"
    whole.write_bytes(signed(document, "Aino Alku", "Päivi Puheenjohtaja"))
    altered.write_bytes(whole.read_bytes().replace(b"%%EOF", b"%%EoF", 1))
    status, refused = aino.send("put_signed_main_user_application", file=altered, **at)
    assert (status, refused["code"]) == (422, "signed-document-refused")
    assert aino.succeed("put_signed_main_user_application", file=whole, **at)["state"] == "signed"

    signatures = staff.succeed("list_main_user_application_signatures", **at)["items"]
    assert len(signatures) == 2
    for signature in signatures:
        role = "applicant" if "Aino" in str(signature) else "signatory"
        staff.succeed("confirm_main_user_application_signature", {"signs_as": role}, signature_id=signature["id"], **at)
    assert staff.succeed("get_main_user_application", **at)["state"] == "received"
    assert staff.succeed("decide_main_user_application", {"outcome": "approved"}, **at)["state"] == "approved"

    roles = {role["role"]: role["organisation_name"] for role in aino.succeed("get_me")["roles"]}
    assert roles["main_user"] == "Esimerkkiliitto ry"
    for window in (staff, aino):
        window.check_policy()
