"""Fixtures of most tests of the API: a central organisation, its main user, a staff member."""

from uuid import UUID

import pytest

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
