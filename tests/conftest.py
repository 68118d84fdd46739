"""A migrated database and a running service per test process, and a study centre of its own for each test."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from hypothesis import HealthCheck, Phase
from hypothesis import settings as hypothesis_settings

from app.db.identifiers import new_id
from app.local.embedded_postgres import Addresses
from app.sandbox.issuer import SandboxIssuer
from app.sandbox.main import create_app
from app.sandbox.own_keys import with_own_keys
from app.settings import Settings
from tests.builders import Centre
from tests.postgres import postgres_cluster
from tests.server import serving, serving_publicly

__all__ = ["postgres_cluster"]

pytest_plugins = ["tests.completeness"]

# `make test` searches for a while, `make fuzz` for long; only the latter simplifies what it finds, which takes minutes.
for profile, examples, phases in (("short", 100, set(Phase) - {Phase.shrink}), ("long", 5_000, set(Phase))):
    hypothesis_settings.register_profile(
        profile,
        max_examples=examples,
        phases=phases,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
        print_blob=True,
    )
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "short"))

SECRET = "a secret of the tests, of thirty-two characters or more"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long tests first on both workers, which begin with a half of the list each."""
    long = [item for item in items if item.get_closest_marker("long")]
    others = [item for item in items if not item.get_closest_marker("long")]
    half = len(items) // 2 - len(long[::2])
    items[:] = long[::2] + others[:half] + long[1::2] + others[half:]


@pytest.fixture(scope="session")
def database(postgres_cluster: Addresses) -> Addresses:
    """The cluster's database, at the newest migration."""
    config = Config("alembic.ini")
    config.attributes["address"] = postgres_cluster.owner
    service = str(psycopg.conninfo.conninfo_to_dict(postgres_cluster.service)["user"])
    config.attributes["role_prefix"] = service.removesuffix("_service")
    command.upgrade(config, "head")
    return postgres_cluster


@pytest.fixture(scope="session")
def settings(database: Addresses, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    # Each test has a study centre of its own, and each study centre its own connections, so they are closed soon.
    settings = Settings(
        database_url=database.service,
        secret_key=SECRET,
        sandbox=True,
        log_level="ERROR",
        connection_idle_seconds=0.5,
        data_dir=tmp_path_factory.mktemp("data"),
    )
    return with_own_keys(settings)


@pytest.fixture(scope="session")
def service(settings: Settings) -> Iterator[str]:
    """The address of a running service."""
    with serving(create_app(settings)) as address:
        yield address


@pytest.fixture(scope="session")
def public_service(settings: Settings) -> Iterator[str]:
    """The address of a running service that has it as its public URL."""
    with serving_publicly(settings) as address:
        yield address


@pytest.fixture
def new_centre(database: Addresses, service: str) -> Callable[[], AbstractContextManager[Centre]]:
    """Make empty study centres; when a test leaves one, its ledger must be right."""

    @contextmanager
    def made() -> Iterator[Centre]:
        centre_id = new_id()
        with psycopg.connect(
            database.owner, autocommit=True, options=f"-c app.study_centre_id={centre_id} -c timezone=Europe/Helsinki"
        ) as owner:
            owner.execute("INSERT INTO study_centres (id, name) VALUES (%s, 'Opintokeskus Esimerkki')", [centre_id])
            centre = Centre(centre_id, owner, service, SandboxIssuer(SECRET))
            centre.clock(2023, 3, 15, 12)
            yield centre
            for client in centre.clients:
                client.close()
            centre.check_ledger()
            # Nobody calls it any more, so that the worker's jobs pass it by: they would take minutes for thousands.
            owner.execute("DELETE FROM callers WHERE study_centre_id = %s", [centre_id])

    return made


@pytest.fixture
def centre(new_centre: Callable[[], AbstractContextManager[Centre]]) -> Iterator[Centre]:
    """An empty study centre; after the test its ledger must be right."""
    with new_centre() as centre:
        yield centre
