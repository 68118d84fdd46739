"""`/v1/trainings/{id}/participant-imports`."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, get_args
from uuid import UUID

from fastapi import APIRouter
from pydantic import TypeAdapter, ValidationError

from app.api.conventions import File, WriteOnce
from app.api.operations import Operation
from app.api.rendering import Created
from app.api.responses import NO_LOCATION, refusing
from app.api.security import FileBody, operation
from app.api.shapes import Email, Flag, Line
from app.documents.tables import CSV, XLSX
from app.domain.errors import Fault
from app.domain.trainings.participant_imports import COLUMNS, LARGEST_FILE, Cells, Column, ParticipantImport
from app.domain.trainings.participants import Gender
from app.services.trainings import participant_imports

router = APIRouter(prefix="/trainings/{training_id}/participant-imports", route_class=Operation, tags=["Participants"])
TABLE_IN = FileBody((CSV, XLSX), LARGEST_FILE)
CHECKS: dict[Column, TypeAdapter[list[Any]]] = {
    "name": TypeAdapter(list[Line]),
    "email": TypeAdapter(list[Email | None]),
    "gender": TypeAdapter(list[Gender | None]),
    "under_age": TypeAdapter(list[Flag]),
}
"""The types of a single participant's fields, for a column: one call for all rows takes a tenth of one for each."""


TABLE_CODES = {"bool_type": "bool-parsing"}
"""What an error is called in a table, where nothing has quotation marks."""


@router.post(
    "",
    status_code=201,
    response_model=ParticipantImport,
    responses=NO_LOCATION | refusing("wrong-state"),
)
@operation(scope="participants:write", file=TABLE_IN)
async def import_training_participants(writer: WriteOnce, training_id: UUID, file: File) -> Created:
    """Import participants of a training course.

    Accepts CSV (UTF-8, with `;` or `,`) or XLSX, of which the first sheet is read: at most 10,000 rows and 5 MiB. The
    first row has the names of the columns: `name`, `email`, `gender`, `under_age`, or their Finnish or Swedish names.
    Only `name` is required. If a row has an error, no participant is added. `errors` lists the first 100 errors with
    their rows and columns, and `faults` is the number of all.

    **Who:** training managers of the organisation, its unit managers and main users.
    """
    imported = await participant_imports.import_participants(
        writer, "training", training_id, content=file.content, media_type=file.media_type, check=check_cells
    )
    return Created(imported, None)


def check_cells(cells: Cells) -> participant_imports.Checked:
    """Check the cells as the fields of a participant. What is wrong becomes null."""
    faults: list[Fault] = []
    checked = {column: _check_column(column, cells, faults) for column in COLUMNS}
    return replace(cells, **checked), faults


def _check_column(column: Column, cells: Cells, faults: list[Fault]) -> Sequence[Any]:
    given: Sequence[Any] = getattr(cells, column)
    try:
        return CHECKS[column].validate_python(given)
    except ValidationError as error:
        wrong = {int(found["loc"][0]): found for found in error.errors(include_url=False, include_input=False)}
    faults += [_fault(found, cells.numbers[place], column, given[place]) for place, found in wrong.items()]
    right = iter(CHECKS[column].validate_python([each for place, each in enumerate(given) if place not in wrong]))
    return [None if place in wrong else next(right) for place in range(len(given))]


def _fault(found: Any, number: int, column: Column, cell: object) -> Fault:
    """The error of a cell. Its facts do not have what the cell has."""
    code = "missing" if cell is None else TABLE_CODES.get(found["type"], found["type"].replace("_", "-"))
    facts = {"expected": list(get_args(Gender))} if column == "gender" else found.get("ctx") or {}
    return Fault("", code, facts, row=number, column=column)
