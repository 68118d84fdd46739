"""Whom most tests of the API need: a central organisation, its main user, one of the staff. A test module may have its
own."""

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
