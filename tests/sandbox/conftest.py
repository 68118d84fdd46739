"""A running sandbox per test process; a test that changes it resets it, or looks only at what it made itself."""

from collections.abc import Iterator

import pytest

from app.local.embedded_postgres import Addresses
from tests.sandbox import Sandbox, serving_sandbox


@pytest.fixture(scope="session")
def sandbox(postgres_cluster: Addresses) -> Iterator[Sandbox]:
    with serving_sandbox(postgres_cluster) as sandbox:
        yield sandbox
