"""Reservations, releases and uses, posted through the ledger as training courses will post them."""

from collections import Counter
from uuid import UUID

import psycopg
import pytest

from app.db.identifiers import new_id
from app.domain.errors import QuotaExceeded
from app.domain.hours.drawing import Drawable, releases_of, reservations_of, settlement_of
from app.domain.hours.ledger import Transfer, distribution, grant, hour_return, pool_change, recall, reservation, use
from tests.builders import Centre


@pytest.fixture
def central(centre: Centre) -> UUID:
    central = centre.organisation()
    centre.post(2023, pool_change(1000), grant(central, 500))
    return central


def reserve(centre: Centre, organisation_id: UUID, hours: int) -> Counter[UUID]:
    """Reserve the hours; returns how much each holder has reserved."""
    transfers = reservations_of(centre.drawable_of(organisation_id, 2023), hours)
    centre.post(2023, *transfers)
    return Counter({transfer.source.organisation_id or central_of(transfer): transfer.hours for transfer in transfers})


def central_of(transfer: Transfer) -> UUID:
    assert transfer.central_organisation_id
    return transfer.central_organisation_id


def balances(centre: Centre, organisation_id: UUID) -> tuple[int, ...]:
    """Free, reserved, used."""
    [row] = centre.rows(
        "SELECT common + allotment, reserved, used FROM hour_balances WHERE organisation_id = %s", organisation_id
    )
    return row


def test_a_unit_draws_on_the_nearest_allotment_at_or_above_it(centre: Centre, central: UUID) -> None:
    district = centre.organisation(central, kind="district")
    association = centre.organisation(district)
    section = centre.organisation(association)
    beside = centre.organisation(central)
    centre.post(2023, distribution(central, district, 100), distribution(central, beside, 50))
    assert centre.drawable_of(section, 2023).holder_id == district
    centre.post(2023, distribution(central, association, 30))
    assert centre.drawable_of(section, 2023) == Drawable(
        section, central, "allotment_then_common", 320, association, 30
    )
    assert centre.drawable_of(association, 2023).holder_id == association
    assert centre.drawable_of(district, 2023).holder_id == district
    # A completely used allotment is still one; a recalled one is none.
    centre.post(2023, reservation(central, association, 20), recall(central, association, 10))
    assert centre.drawable_of(section, 2023) == Drawable(section, central, "allotment_then_common", 330, association, 0)
    centre.post(2023, use(central, association, 20))
    assert centre.drawable_of(section, 2023).holder_id == association
    centre.post(2023, recall(central, beside, 50))
    assert centre.drawable_of(beside, 2023).holder_id is None
    assert centre.drawable_of(central, 2023) == Drawable(central, central, "allotment_then_common", 380, None, 0)


def test_a_central_organisation_may_limit_its_units_to_their_allotments(centre: Centre) -> None:
    central = centre.organisation(draws_on="allotment_only")
    unit = centre.organisation(central)
    centre.post(2023, pool_change(100), grant(central, 100), distribution(central, unit, 10))
    assert reserve(centre, unit, 10) == {unit: 10}
    with pytest.raises(QuotaExceeded):
        reserve(centre, unit, 1)
    assert reserve(centre, central, 90) == {central: 90}


def test_a_reservation_takes_no_hours_of_another_year(centre: Centre, central: UUID) -> None:
    unit = centre.organisation(central)
    centre.post(2024, pool_change(70), grant(central, 70), distribution(central, unit, 7))
    assert centre.drawable_of(unit, 2023) == Drawable(unit, central, "allotment_then_common", 500, None, 0)


def test_example_14_of_the_rulebook(centre: Centre, central: UUID) -> None:
    drawn = reserve(centre, central, 450)
    centre.post(2023, *settlement_of(central, {central: 300}, 300))
    assert (balances(centre, central), drawn) == ((50, 150, 300), {central: 450})
    with pytest.raises(QuotaExceeded) as refusal:
        reserve(centre, central, 60)
    assert refusal.value.facts == {
        "available": 50,
        "asked": 60,
        "allotment_available": 0,
        "common_available": 50,
    }
    centre.post(2023, grant(central, 100))
    assert centre.drawable_of(central, 2023).available == 150
    with pytest.raises(psycopg.Error, match="overdrawn"):
        centre.post(2023, hour_return(central, 151))
    centre.post(2023, hour_return(central, 60))
    assert centre.drawable_of(central, 2023).available == 90


def test_example_16_of_the_rulebook(centre: Centre, central: UUID) -> None:
    unit = centre.organisation(central)
    centre.post(2023, distribution(central, unit, 6))
    drawn = reserve(centre, unit, 10)
    assert drawn == {unit: 6, central: 4}
    centre.post(2023, *settlement_of(central, drawn, 8))
    assert (balances(centre, unit), balances(centre, central)) == ((0, 0, 6), (492, 0, 2))
    drawn = reserve(centre, unit, 10)
    centre.post(2023, *settlement_of(central, drawn, 12))
    assert balances(centre, central) == (482, 0, 12)


def test_a_release_returns_the_hours_to_the_account_they_came_from(centre: Centre, central: UUID) -> None:
    unit = centre.organisation(central)
    centre.post(2023, distribution(central, unit, 20))
    drawn = reserve(centre, unit, 25)
    centre.post(2023, *releases_of(central, drawn, 7))
    assert (balances(centre, unit), balances(centre, central)) == ((2, 18, 0), (480, 0, 0))


def test_the_ledger_refuses_hours_that_were_reserved_meanwhile(centre: Centre, central: UUID) -> None:
    both = [reservations_of(centre.drawable_of(central, 2023), 300) for _ in range(2)]
    centre.post(2023, *both[0])
    with pytest.raises(psycopg.Error, match="overdrawn"):
        centre.post(2023, *both[1])
    with pytest.raises(psycopg.Error, match="overdrawn"):
        centre.post(2023, use(central, central, 301))
    with pytest.raises(psycopg.Error):
        centre.post(2023, use(central, new_id(), 1))
