"""Fixtures of most tests of the API: a central organisation, its main user, a staff member."""

from uuid import UUID

import pytest

from app.api import metrics
from tests.builders import Centre, Person


@pytest.fixture
def central(centre: Centre) -> UUID:
    return centre.organisation(name="Marttaliitto")


@pytest.fixture
def main_user(centre: Centre, central: UUID) -> Person:
    return centre.main_user(central)


@pytest.fixture
def staff(centre: Centre) -> Person:
    return centre.staff()


@pytest.fixture
def fresh_metrics(monkeypatch: pytest.MonkeyPatch) -> None:
    """Metrics are rendered at every request for them, and not kept for a second."""
    monkeypatch.setattr(metrics, "KEPT_SECONDS", 0)
