"""Reservations, releases and uses, posted through the ledger as training courses will post them."""

from collections import Counter
from datetime import datetime
from uuid import UUID

import psycopg
import pytest

from app.db.hours.drawing import find_drawn, find_used, list_departed
from app.db.hours.ledger import clock_retry_key, lock_balances, post_transfers
from app.db.identifiers import new_id
from app.db.sessions import Writer
from app.db.statements import Connection
from app.domain.access import SERVICE
from app.domain.calendar.deadlines import HELSINKI
from app.domain.errors import QuotaExceeded
from app.domain.hours.drawing import Drawable, Drawn, releases_of, reservations_of, reversals_of, settlement_of
from app.domain.hours.ledger import (
    Transfer,
    distribution,
    grant,
    hour_return,
    lapse,
    pool_change,
    recall,
    reservation,
    reversal,
    supplementary_grant,
    use,
)
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


def account(centre: Centre, organisation_id: UUID, hour_type: str = "training") -> dict[str, int]:
    """The accounts that have hours."""
    names = ("common", "allotment", "reserved", "used", "lapsed", "allotment_lapsed")
    rows = centre.rows(
        f"SELECT {', '.join(names)} FROM hour_balances WHERE organisation_id = %s AND hour_type = %s",
        organisation_id,
        hour_type,
    )
    return {name: hours for row in rows for name, hours in zip(names, row, strict=True) if hours}


def test_hours_of_peer_groups_are_drawn_from_common_alone(centre: Centre) -> None:
    central = centre.organisation(draws_on="allotment_only")
    unit = centre.organisation(central)
    centre.post(2023, pool_change(100), grant(central, 100), distribution(central, unit, 10))
    drawable = centre.drawable_of(unit, 2023, "peer_group")
    assert drawable == Drawable(unit, central, "allotment_only", 0, None, 0, "peer_group")
    centre.post(2023, pool_change(50), grant(central, 30), hour_type="peer_group")
    drawable = centre.drawable_of(unit, 2023, "peer_group")
    assert (drawable.allotment, drawable.available) == (0, 30)
    cause = new_id()
    centre.post(2023, *reservations_of(drawable, 25), cause=cause, hour_type="peer_group")
    assert account(centre, central, "peer_group") == {"common": 5, "reserved": 25}
    assert account(centre, central) == {"common": 90}
    assert centre.drawable_of(unit, 2023).available == 10
    with pytest.raises(psycopg.Error, match="overdrawn"):
        centre.post(2023, reservation(central, central, 6), hour_type="peer_group")
    centre.check_ledger()


@pytest.mark.parametrize("transfer", ["distribution", "return", "recall", "supplementary"])
def test_hours_of_peer_groups_are_neither_distributed_nor_requested_nor_returned(centre: Centre, transfer: str) -> None:
    central = centre.organisation()
    unit = centre.organisation(central)
    centre.post(2023, pool_change(50), grant(central, 30), hour_type="peer_group")
    transfers = {
        "distribution": distribution(central, unit, 1),
        "return": hour_return(central, 1),
        "recall": recall(central, unit, 1),
        "supplementary": supplementary_grant(central, 1),
    }
    with pytest.raises(psycopg.Error):
        centre.post(2023, transfers[transfer], hour_type="peer_group")
    assert account(centre, central, "peer_group") == {"common": 30}


def test_what_a_cause_has_drawn_is_the_sum_of_its_entries(centre: Centre, central: UUID) -> None:
    unit = centre.organisation(central)
    centre.post(2023, distribution(central, unit, 6))
    cause = new_id()
    assert drawn_and_used(centre, cause) == ({}, {})
    centre.post(2023, *reservations_of(centre.drawable_of(unit, 2023), 10), cause=cause)
    reserve(centre, unit, 5)
    assert drawn_and_used(centre, cause) == ({unit: 6, central: 4}, {})
    centre.post(2023, *releases_of(central, {unit: 6, central: 4}, 1), cause=cause)
    assert drawn_and_used(centre, cause) == ({unit: 6, central: 3}, {})
    centre.post(2023, *settlement_of(central, {unit: 6, central: 3}, 8), cause=cause)
    assert drawn_and_used(centre, cause) == ({}, {unit: 6, central: 2})
    centre.post(2023, *reversals_of(central, {unit: 6, central: 2}, year_is_closed=False), cause=cause)
    assert drawn_and_used(centre, cause) == ({}, {})
    assert account(centre, unit) == {"allotment": 6}
    # Another statement reserves again and uses in one posting.
    again = reservations_of(centre.drawable_of(unit, 2023), 7)
    centre.post(2023, *again, *settlement_of(central, {unit: 6, central: 1}, 7), cause=cause)
    assert drawn_and_used(centre, cause) == ({}, {unit: 6, central: 1})
    centre.check_ledger()


def drawn_and_used(centre: Centre, cause: UUID) -> tuple[Drawn, Drawn]:
    async def both(connection: Connection) -> tuple[Drawn, Drawn]:
        return await find_drawn(connection, cause), await find_used(connection, cause)

    return centre.ask(both)


def test_hours_of_a_unit_that_has_left_are_common_again(centre: Centre, central: UUID) -> None:
    unit, other = centre.organisation(central), centre.organisation()
    centre.post(2023, distribution(central, unit, 20), reservation(central, unit, 20), use(central, unit, 20))
    assert departed(centre, central, unit) == set()
    centre.owner.execute("UPDATE organisations SET central_organisation_id = %s WHERE id = %s", [other, unit])
    assert departed(centre, central, unit) == {unit}
    # The one who had not seen it go tries again.
    with pytest.raises(psycopg.errors.SerializationFailure, match="has moved"):
        centre.post(2023, *reversals_of(central, {unit: 20}, year_is_closed=False))
    centre.post(2023, *reversals_of(central, {unit: 20}, year_is_closed=False, departed={unit}))
    assert (account(centre, unit), account(centre, central)) == ({}, {"common": 500})
    centre.check_ledger()


def departed(centre: Centre, central: UUID, *holders: UUID) -> set[UUID]:
    return centre.ask(lambda connection: list_departed(connection, central, [central, *holders]))


@pytest.mark.parametrize("has_left", [False, True])
def test_a_reversal_in_a_closed_year_lapses_and_leaves_the_allotment_as_large(
    centre: Centre, central: UUID, has_left: bool
) -> None:
    unit = centre.organisation(central)
    drawn = [reservation(central, unit, 15), use(central, unit, 15), reservation(central, central, 4)]
    centre.post(2023, distribution(central, unit, 20), *drawn, use(central, central, 4))
    with pytest.raises(psycopg.errors.RaiseException, match="nothing has lapsed in an open year"):
        centre.post(2023, reversal(central, unit, 15, has_left=False, year_is_closed=True))
    centre.post(2023, lapse(central, unit, 5), lapse(central, central, 476))
    centre.owner.execute("SELECT close_hour_year(2023::smallint, now())")
    if has_left:
        other = centre.organisation()
        centre.owner.execute("UPDATE organisations SET central_organisation_id = %s WHERE id = %s", [other, unit])
    for is_gone in (False, True):
        with pytest.raises(psycopg.DatabaseError, match="the year is closed"):
            centre.post(2023, reversal(central, unit, 15, has_left=is_gone, year_is_closed=False))
    centre.post(2023, *reversals_of(central, {unit: 15, central: 4}, year_is_closed=True, departed={unit}))
    assert account(centre, unit) == {"allotment_lapsed": 20}
    assert account(centre, central) == {"lapsed": 500}
    centre.check_ledger()


def test_the_clock_posts_once_and_has_no_actor(centre: Centre, central: UUID) -> None:
    """A worker that was killed after its commit begins again, or two run: the second finds that it was done."""
    cause = new_id()
    centre.post(2023, reservation(central, central, 10), cause=cause)
    key = clock_retry_key("training.lapsed", cause)
    assert (len(key), key) == (32, clock_retry_key("training.lapsed", cause))
    assert key not in (clock_retry_key("training.lapsed", new_id()), clock_retry_key("cost-statement.lapsed", cause))

    async def lapse_it(connection: Connection) -> None:
        await lock_balances(connection, 2023, central, "training")
        drawn = await find_drawn(connection, cause)
        writer = Writer(connection, SERVICE, datetime.now(HELSINKI), retry_key=b"")
        await post_transfers(
            writer, 2023, "training", cause, releases_of(central, drawn or {central: 1}, 1), retry_key=key
        )

    centre.ask(lapse_it)
    with pytest.raises(psycopg.errors.UniqueViolation, match="has posted before"):
        centre.ask(lapse_it)
    released = centre.rows("SELECT kind, hours, cause_type, actor_id FROM hour_transfers WHERE retry_key = %s", key)
    assert released == [("release", 1, "training", None)]
    assert drawn_and_used(centre, cause) == ({central: 9}, {})
