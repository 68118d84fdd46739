"""Imports of participants (osallistujien tuonti): what the columns and rows of a table are (rulebook §6.2)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from app.domain.errors import Fault, InvalidRows
from app.domain.values import Shown

Column = Literal["name", "email", "gender", "under_age"]
COLUMNS: tuple[Column, ...] = get_args(Column)
MOST_ROWS = 10_000
LARGEST_FILE = 5 * 1024 * 1024
"""In bytes."""


@dataclass(frozen=True)
class ParticipantImport(Shown):
    """What an import has added."""

    added: int
    """Number of participants added."""
    participants: int
    """Number of all participants of the training course or peer group after the import."""
    imported_at: datetime
    """When they were added."""


@dataclass(frozen=True)
class Words:
    """What the columns and values of files are called, each with what it stands for."""

    columns: Mapping[str, str]
    genders: Mapping[str, str]
    flags: Mapping[str, str]


@dataclass(frozen=True)
class Cells:
    """The cells of a table by column, each column as long as the table. A cell that is empty is None."""

    numbers: Sequence[int]
    """The number of each row in the file."""
    name: Sequence[str | None]
    email: Sequence[str | None]
    gender: Sequence[str | None]
    under_age: Sequence[bool | str]
    """Text if it says neither yes nor no."""


def cells_of(rows: Sequence[tuple[int, Sequence[str]]], words: Words) -> Cells:
    """Return the cells of the table whose first row is the header, by their columns. Raise InvalidRows."""
    (number, header), *rest = rows
    places = _places_of(number, header, words.columns)
    check_rows(_beside(rest, set(places.values())))
    cells = {column: list(_column(rest, places.get(column))) for column in COLUMNS}
    return Cells(
        numbers=[number for number, _ in rest],
        name=cells["name"],
        email=cells["email"],
        gender=[cell and words.genders.get(cell.casefold(), cell) for cell in cells["gender"]],
        under_age=[_flag(cell, words.flags) for cell in cells["under_age"]],
    )


def repeated_faults(numbers: Sequence[int], keys: Sequence[str | None], known: AbstractSet[str]) -> Iterator[Fault]:
    """The errors of addresses that an earlier row has, or a participant of the training (`known`). None names them."""
    seen: set[str] = set()
    for number, key in zip(numbers, keys, strict=True):
        if key is None:
            continue
        if key in known:
            yield Fault("", "already-a-participant", row=number, column="email")
        elif key in seen:
            yield Fault("", "repeated", row=number, column="email")
        seen.add(key)


def check_rows(faults: Iterable[Fault]) -> None:
    """Raise InvalidRows with all errors, in the order of rows and columns."""
    if found := sorted(faults, key=lambda fault: fault.row or 0):
        raise InvalidRows(*found)


def _places_of(number: int, header: Sequence[str], known: Mapping[str, str]) -> dict[str, int]:
    places: dict[str, int] = {}
    faults = []
    for place, cell in enumerate(header):
        title = cell.strip().casefold()
        column = known.get(title)
        if column is None and title:
            faults.append(Fault("", "unknown-column", row=number, column=_letters(place)))
        elif column in places:
            faults.append(Fault("", "repeated", row=number, column=column))
        elif column:
            places[column] = place
    if "name" not in places:
        faults.append(Fault("", "missing", row=number, column="name"))
    if faults:
        raise InvalidRows(*faults)
    return places


def _beside(rows: Sequence[tuple[int, Sequence[str]]], places: AbstractSet[int]) -> Iterator[Fault]:
    """Rows that have something outside the columns: in a CSV a separator too many moves what follows it."""
    outside = [place for place in range(max(len(cells) for _, cells in rows)) if place not in places]
    for number, cells in rows if outside else ():
        place = next((place for place in outside if place < len(cells) and cells[place].strip()), None)
        if place is not None:
            yield Fault("", "unknown-column", row=number, column=_letters(place))


def _letters(place: int) -> str:
    """What a spreadsheet calls the column of that place: 0 is A, 26 is AA."""
    above, place = divmod(place, 26)
    return (_letters(above - 1) if above else "") + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[place]


def _column(rows: Sequence[tuple[int, Sequence[str]]], place: int | None) -> Iterator[str | None]:
    for _, cells in rows:
        yield (cells[place].strip() or None) if place is not None and place < len(cells) else None


def _flag(cell: str | None, words: Mapping[str, str]) -> bool | str:
    if cell is None:
        return False
    said = words.get(cell.casefold())
    return cell if said is None else said == "yes"
