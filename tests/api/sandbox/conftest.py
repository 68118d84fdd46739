"""A running sandbox per test process; a test that changes it resets it, or minds only what it made."""

from collections.abc import Iterator

import httpx
import pytest

from app.db.schema import prepared_database
from app.demo.loading import load_demo
from app.embedded_postgres import Addresses
from app.main import create_app
from app.settings import Settings
from tests.conftest import SECRET
from tests.sandbox import Sandbox, another_database, role_prefix_of
from tests.server import serving


@pytest.fixture(scope="session")
def sandbox(postgres_cluster: Addresses) -> Iterator[Sandbox]:
    with another_database(postgres_cluster) as database:
        with prepared_database(database.owner, role_prefix_of(database), sandbox=True):
            assert load_demo(database.owner)
        settings = Settings(
            database_url=database.service,
            owner_database_url=database.owner,
            secret_key=SECRET,
            sandbox=True,
            log_level="ERROR",
        )
        with (
            serving(create_app(settings)) as address,
            httpx.Client(base_url=address, headers={"Accept-Language": "en"}, timeout=60) as client,
        ):
            sandbox = Sandbox(address, database, client)
            yield sandbox
            for each in sandbox.clients:
                each.close()
