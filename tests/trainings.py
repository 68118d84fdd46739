"""Trainings and cost statements that a test needs beforehand, written by the tables' owner."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from app.db.identifiers import new_id
from app.domain.calendar.deadlines import HELSINKI
from tests.builders import FOREVER, Centre, Person

STARTS_AT = datetime(2023, 3, 1, 10, tzinfo=HELSINKI)


def add_training(centre: Centre, organisation_id: UUID, *, state: str = "approved", **columns: Any) -> UUID:
    """A training of one day, 1 March 2023, whose plan says no more than it has to."""
    training_id = new_id()
    maker = centre.person("training_manager", organisation_id)
    starts_at = columns.get("starts_at", STARTS_AT)
    ends_at = columns.get("ends_at", starts_at + timedelta(hours=6))
    row: dict[str, Any] = {
        "id": training_id,
        "organisation_id": organisation_id,
        "central_organisation_id": centre.rows(
            "SELECT central_organisation_id FROM organisations WHERE id = %s", organisation_id
        )[0][0],
        "year": starts_at.year,
        "name": "Kurssi",
        "search_text": "kurssi",
        "declarations": Jsonb({"not_sold": True, "no_qualification": True, "cooperation_named": True}),
        "hours": 8,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "starts_on": starts_at.date(),
        "ends_on": ends_at.date(),
        "state": state,
        "created_by": maker.id,
        "created_at": FOREVER,
        "submitted_by": None if state == "draft" else maker.id,
        "submitted_at": None if state == "draft" else FOREVER,
        "decided_at": FOREVER if state == "approved" else None,
        "ended_at": FOREVER if state in ("withdrawn", "cancelled", "lapsed") else None,
    } | columns
    _insert(centre, "trainings", row)
    return training_id


def add_statement(centre: Centre, training_id: UUID, state: str, **columns: Any) -> UUID:
    statement_id = new_id()
    organisation_id, central_id, year, maker_id = centre.rows(
        "SELECT organisation_id, central_organisation_id, year, created_by FROM trainings WHERE id = %s", training_id
    )[0]
    row: dict[str, Any] = {
        "id": statement_id,
        "training_id": training_id,
        "organisation_id": organisation_id,
        "central_organisation_id": central_id,
        "year": year,
        "declarations": Jsonb({}),
        "state": state,
        "created_by": maker_id,
        "created_at": FOREVER,
    }
    if state in ("approved", "rejected"):
        row |= {"support": Jsonb({}), "support_cents": 0, "used_hours": 0, "payment_state": "none"}
    _insert(centre, "cost_statements", row | columns)
    return statement_id


def participant_reader(centre: Centre) -> Person:
    """A member of the staff whom another has named to see participants."""
    reader = centre.staff()
    answer = centre.staff().put(
        "/v1/study-centre/participant-readers", {"person_ids": [str(reader.id)], "reason": "Tietosuojavastaava"}
    )
    assert answer.status_code == 200, answer.text
    return reader


def _insert(centre: Centre, table: str, row: dict[str, Any]) -> None:
    marks = ", ".join(["%s"] * len(row))
    centre.owner.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", list(row.values()))
