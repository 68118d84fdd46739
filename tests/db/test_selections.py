"""The columns of a select follow from the dataclass that they fill."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import Column, Integer, Table, Text, func, select

from app.db.statements import Converted, Query, Selection, columns_of, from_json, metadata


@dataclass(frozen=True)
class Address:
    street: str


@dataclass(frozen=True)
class Rooms:
    small: int
    large: int


@dataclass(frozen=True)
class Venue:
    name: str
    id: int
    rooms: Rooms
    address: Address | None
    tags: frozenset[str]
    seats: int = 0
    doors: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Named:
    name: str
    id: int


venues = Table(
    "venues",
    type(metadata)(),
    Column("id", Integer),
    Column("name", Text),
    Column("small_rooms", Integer),
    Column("large_rooms", Integer),
    Column("address", Text),
    Column("tags", Text),
)
PARTS: dict[str, Any] = {
    "rooms": Selection(Rooms, small=venues.c.small_rooms, large=venues.c.large_rooms),
    "address": from_json(venues.c.address, Address),
    "tags": Converted(venues.c.tags, frozenset),
}


def names(columns: list[Any]) -> list[str]:
    return [column.name for column in columns]


def test_columns_come_in_the_order_of_the_fields() -> None:
    assert names(columns_of(Named, venues)) == ["name", "id"]
    assert names(columns_of(Named, venues, name=func.upper(venues.c.name))) == ["name", "id"]


def test_parts_are_built_and_values_converted() -> None:
    selection = Selection(Venue, venues, **PARTS)
    assert names(selection.columns) == ["name", "id", "rooms_small", "rooms_large", "address", "tags"]
    assert selection.build("Aula", 1, 2, 3, {"street": "Kuja 4"}, ["lift"]) == Venue(
        "Aula", 1, Rooms(2, 3), Address("Kuja 4"), frozenset({"lift"})
    )
    assert selection.build("Aula", 1, 2, 3, None, []).address is None


def test_a_field_with_a_default_and_no_column_keeps_the_default() -> None:
    selection = Selection(Venue, venues, seats=func.length(venues.c.name), **PARTS)
    assert selection.build("Aula", 1, 2, 3, None, [], 4).seats == 4


def test_a_column_that_fills_no_field_is_refused_at_import() -> None:
    with pytest.raises(TypeError, match="colour"):
        columns_of(Named, venues, colour=venues.c.name)


def test_a_field_without_a_column_is_refused_at_import() -> None:
    with pytest.raises(KeyError, match="rooms"):
        Selection(Venue, venues)


def test_a_query_in_another_order_than_the_fields_is_refused_at_import() -> None:
    with pytest.raises(TypeError, match="Named"):
        Query(select(venues.c.id, venues.c.name), Named)
