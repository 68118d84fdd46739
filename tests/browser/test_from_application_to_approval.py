"""Chromium, without the sandbox: from the first sign-in to the right of a main user, by Swagger UI alone.

The provider is real, the first staff member is made by the setup command, and a certificate authority of the tests is
the configured root.
"""

from contextlib import ExitStack

import pytest

from app import setup
from app.embedded_postgres import Addresses
from app.main import create_app
from app.settings import Settings
from tests.browser.swagger import CHROMIUM, SwaggerUI, chromium
from tests.conftest import SECRET
from tests.provider.provider import providing
from tests.sandbox import another_database, role_prefix_of
from tests.server import free_port, serving

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed.")


def test_from_the_first_sign_in_to_approval(postgres_cluster: Addresses, monkeypatch: pytest.MonkeyPatch) -> None:
    with ExitStack() as stack:
        database = stack.enter_context(another_database(postgres_cluster))
        provider = stack.enter_context(providing("helmi", "aino"))
        monkeypatch.setenv("OWNER_DATABASE_URL", database.owner)
        monkeypatch.setenv("ROLE_PREFIX", role_prefix_of(database))
        assert setup.main(["--study-centre", "Opintokeskus Oikea", "--staff", provider.address, "helmi"]) == 0
        port = free_port()
        client_id = provider.client_of(f"http://127.0.0.1:{port}")
        settings = Settings(
            database_url=database.service, secret_key=SECRET, oidc_issuers=[provider.issuer(client_id=client_id)]
        )
        service = stack.enter_context(serving(create_app(settings), port))
        browser = stack.enter_context(chromium())
        staff = SwaggerUI.opened_in(browser, service)
        staff.sign_in("helmi")
        status, me = staff.send("get_me")
        assert (status, [role["role"] for role in me["roles"]]) == (200, ["staff"])
        status, organisation = staff.send(
            "add_organisation", {"kind": "central", "parent_id": None, "name": "Liitto ry"}
        )
        assert (status, organisation["name"]) == (201, "Liitto ry")
