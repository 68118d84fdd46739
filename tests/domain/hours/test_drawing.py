"""The accounts from which a unit reserves, frees and uses hours."""

from uuid import UUID

import pytest

from app.domain.errors import QuotaExceeded
from app.domain.hours.drawing import (
    Drawable,
    Drawn,
    missing_of,
    releases_of,
    reservations_of,
    reversals_of,
    settlement_of,
    with_reserved,
)
from app.domain.hours.ledger import Holding, Transfer
from app.domain.organisations.organisations import DrawsOn

CENTRE, UNIT, DISTRICT = (UUID(int=number) for number in (1, 2, 3))
NAMES = {CENTRE: "centre", UNIT: "unit", DISTRICT: "district"}


def drawable(
    common: int = 0,
    allotment: int = 0,
    *,
    holder: UUID | None = None,
    draws_on: DrawsOn = "allotment_then_common",
    asking: UUID = UNIT,
) -> Drawable:
    return Drawable(asking, CENTRE, draws_on, common, holder, allotment)


def moved(transfers: list[Transfer]) -> list[tuple[str, str, int]]:
    return [(transfer.kind, NAMES[transfer.source.organisation_id or CENTRE], transfer.hours) for transfer in transfers]


@pytest.mark.parametrize(
    ("source", "hours", "reserved"),
    [
        # Nothing is divided: everybody draws on common, to its last hour.
        (drawable(50), 50, [("reservation", "centre", 50)]),
        # Its own allotment is enough: common is not touched.
        (drawable(50, 20, holder=UNIT), 20, [("reservation", "unit", 20)]),
        # 20 of its own, and 5 of common for the rest.
        (drawable(50, 20, holder=UNIT), 25, [("reservation", "unit", 20), ("reservation", "centre", 5)]),
        # The allotment is used up: only common is left.
        (drawable(50, 0, holder=UNIT), 10, [("reservation", "centre", 10)]),
        # It has no allotment of its own: the district's is the nearest above.
        (drawable(50, 20, holder=DISTRICT), 30, [("reservation", "district", 20), ("reservation", "centre", 10)]),
        # The setting limits the unit to the allotment.
        (drawable(50, 20, holder=UNIT, draws_on="allotment_only"), 20, [("reservation", "unit", 20)]),
        # But not the central organisation itself.
        (drawable(50, draws_on="allotment_only", asking=CENTRE), 50, [("reservation", "centre", 50)]),
    ],
)
def test_a_unit_draws_on_its_allotment_and_then_on_common(
    source: Drawable, hours: int, reserved: list[tuple[str, str, int]]
) -> None:
    assert moved(reservations_of(source, hours)) == reserved


@pytest.mark.parametrize(
    ("source", "hours", "available"),
    [
        (drawable(50), 60, 50),  # Rulebook §9 example 14: 500 − 300 − 150 = 50; a plan of 60 is refused.
        (drawable(50, 20, holder=UNIT), 71, 70),  # 20 + 50.
        (drawable(50, 20, holder=UNIT, draws_on="allotment_only"), 21, 20),
        (drawable(50, draws_on="allotment_only"), 1, 0),  # Neither an allotment nor permission to draw on common.
    ],
)
def test_no_more_is_reserved_than_may_be_drawn(source: Drawable, hours: int, available: int) -> None:
    with pytest.raises(QuotaExceeded) as refusal:
        reservations_of(source, hours)
    assert refusal.value.facts == {
        "available": available,
        "asked": hours,
        "allotment_available": source.allotment,
        "common_available": source.common_available,
    }


@pytest.mark.parametrize(
    ("drawn", "hours", "freed"),
    [
        ({UNIT: 20, CENTRE: 5}, 5, [("release", "centre", 5)]),
        ({UNIT: 20, CENTRE: 5}, 6, [("release", "centre", 5), ("release", "unit", 1)]),
        ({UNIT: 20, CENTRE: 5}, 25, [("release", "centre", 5), ("release", "unit", 20)]),
        ({UNIT: 20}, 20, [("release", "unit", 20)]),
        ({UNIT: 20}, 0, []),
    ],
)
def test_hours_of_common_are_freed_first(drawn: Drawn, hours: int, freed: list[tuple[str, str, int]]) -> None:
    assert moved(releases_of(CENTRE, drawn, hours)) == freed


def test_no_more_is_freed_than_was_reserved() -> None:
    with pytest.raises(QuotaExceeded):
        releases_of(CENTRE, {UNIT: 20, CENTRE: 5}, 26)


@pytest.mark.parametrize(
    ("drawn", "held", "moves"),
    [
        # Rulebook §9 example 16: planned 10, took place 8: 8 used, 2 freed.
        ({CENTRE: 10}, 8, [("use", "centre", 8), ("release", "centre", 2)]),
        # Took place 12 of planned 10: 10 used.
        ({CENTRE: 10}, 12, [("use", "centre", 10)]),
        # Planned 10, 6 of its own and 4 of common, took place 8: common's part is freed first, so 2 of it.
        ({UNIT: 6, CENTRE: 4}, 8, [("use", "unit", 6), ("use", "centre", 2), ("release", "centre", 2)]),
        # Took place 5: all of common's 4 are freed and 1 of its own.
        ({UNIT: 6, CENTRE: 4}, 5, [("use", "unit", 5), ("release", "centre", 4), ("release", "unit", 1)]),
        # Did not take place at all.
        ({UNIT: 6, CENTRE: 4}, 0, [("release", "centre", 4), ("release", "unit", 6)]),
    ],
)
def test_hours_that_took_place_are_used_and_the_rest_freed(
    drawn: Drawn, held: int, moves: list[tuple[str, str, int]]
) -> None:
    assert moved(settlement_of(CENTRE, drawn, held)) == moves


@pytest.mark.parametrize(
    ("drawn", "held", "missing"),
    [
        ({CENTRE: 6}, 6, 0),
        ({CENTRE: 6}, 4, 0),
        ({}, 6, 6),  # After a reversal nothing is reserved.
        ({CENTRE: 0, UNIT: 2}, 6, 4),
        ({}, 0, 0),  # A rejection uses nothing.
    ],
)
def test_what_was_held_is_reserved_again_as_far_as_it_is_not(drawn: Drawn, held: int, missing: int) -> None:
    assert missing_of(drawn, held) == missing
    reserved = reservations_of(drawable(50, 3, holder=UNIT), missing)
    after = with_reserved(drawn, reserved)
    assert sum(after.values()) == max(held, sum(drawn.values()))
    assert sum(each.hours for each in settlement_of(CENTRE, after, held) if each.kind == "use") == held


def test_every_unit_draws_hours_of_peer_groups_from_common() -> None:
    """Whatever the setting says: it is about allotments, and these hours are not allotted."""
    source = Drawable(UNIT, CENTRE, "allotment_only", 50, None, 0, "peer_group")
    assert moved(reservations_of(source, 50)) == [("reservation", "centre", 50)]
    with pytest.raises(QuotaExceeded) as refusal:
        reservations_of(source, 51)
    parts = {"allotment_available": 0, "common_available": 50}
    assert refusal.value.facts == parts | {"available": 50, "asked": 51, "hour_type": "peer_group"}


@pytest.mark.parametrize(
    ("year_is_closed", "departed", "targets"),
    [
        # Free again for who had drawn them.
        (False, [], {CENTRE: ("common", CENTRE), UNIT: ("allotment", UNIT), DISTRICT: ("allotment", DISTRICT)}),
        # The district has left the centre: its hours stay there.
        (False, [DISTRICT], {CENTRE: ("common", CENTRE), UNIT: ("allotment", UNIT), DISTRICT: ("common", CENTRE)}),
        # Nothing is free in a closed year.
        (True, [DISTRICT], dict.fromkeys((CENTRE, UNIT, DISTRICT), ("lapsed", CENTRE))),
    ],
)
def test_a_reversal_takes_back_what_was_used(
    year_is_closed: bool, departed: list[UUID], targets: dict[UUID, tuple[str, UUID]]
) -> None:
    used = {DISTRICT: 3, UNIT: 6, CENTRE: 2}
    transfers = reversals_of(CENTRE, used, year_is_closed=year_is_closed, departed=departed)
    assert [transfer.source for transfer in transfers] == [Holding("used", holder) for holder in sorted(used)]
    assert moved(transfers) == [("reversal", "centre", 2), ("reversal", "unit", 6), ("reversal", "district", 3)]
    assert {each.source.organisation_id: each.target for each in transfers} == {
        holder: Holding(account, of)  # type: ignore[arg-type]  # One of the accounts.
        for holder, (account, of) in targets.items()
    }


def test_nothing_is_reversed_where_nothing_was_used() -> None:
    assert reversals_of(CENTRE, {UNIT: 0}, year_is_closed=False) == []
