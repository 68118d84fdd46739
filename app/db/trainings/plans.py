"""Plans of trainings as JSON, in which the database keeps their lists."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.domain.calendar.deadlines import HELSINKI
from app.domain.support.enrolments import Enrolment
from app.domain.trainings.sessions import SessionPlace, TrainingSession
from app.domain.trainings.trainings import (
    BudgetLine,
    Partner,
    PlanDeclarations,
    PlanException,
    Trainer,
    TrainingPlan,
)


def sessions_from(rows: list[dict[str, Any]]) -> list[TrainingSession]:
    return [
        TrainingSession(
            starts_at=time_from(row["starts_at"]),
            ends_at=time_from(row["ends_at"]),
            break_minutes=row["break_minutes"],
            parallel_groups=row["parallel_groups"],
            places=[SessionPlace(**place) for place in row["places"]],
        )
        for row in rows
    ]


def trainers_from(rows: list[dict[str, Any]]) -> list[Trainer]:
    return [Trainer(**row) for row in rows]


def budget_from(rows: list[dict[str, Any]]) -> list[BudgetLine]:
    return [BudgetLine(**row) for row in rows]


def partners_from(rows: list[dict[str, Any]]) -> list[Partner]:
    return [Partner(_id(row["organisation_id"]), row["name"]) for row in rows]


def enrolment_from(row: dict[str, Any] | None) -> Enrolment | None:
    if row is None:
        return None
    return Enrolment(_day(row["opens_on"]), _day(row["closes_on"]), row["places"], row["waiting_list"])


def declarations_from(row: dict[str, bool]) -> PlanDeclarations:
    return PlanDeclarations(**row)


def exceptions_from(rows: list[dict[str, Any]]) -> list[PlanException]:
    return [
        PlanException(row["rule"], _day(row["until"]), row["reason"], time_from(row["granted_at"]), row.get("name"))
        for row in rows
    ]


PARTS: dict[str, Callable[[Any], Any]] = {
    "sessions": sessions_from,
    "trainers": trainers_from,
    "budget": budget_from,
    "partners": partners_from,
    "enrolment": enrolment_from,
    "declarations": declarations_from,
}
"""How the parts of a plan are read that are no plain values."""


def json_of(value: Any) -> Any:
    """Return the value as JSON has it: dataclasses as objects, times in Finland with their offset, IDs as text."""
    match value:
        case datetime():
            return value.astimezone(HELSINKI).isoformat()
        case date():
            return value.isoformat()
        case UUID():
            return str(value)
        case list() | tuple():
            return [json_of(each) for each in value]
        case dict():
            return {name: json_of(each) for name, each in value.items()}
    return json_of(asdict(value)) if hasattr(value, "__dataclass_fields__") else value


def columns_of_plan(plan: TrainingPlan) -> dict[str, Any]:
    """The plan as columns of a training."""
    return {name: json_of(value) if name in PARTS else value for name, value in vars_of(plan).items()}


def vars_of(plan: TrainingPlan) -> Mapping[str, Any]:
    return {name: getattr(plan, name) for name in TrainingPlan.__dataclass_fields__}


def plan_from(row: dict[str, Any]) -> TrainingPlan:
    """The plan that was kept as JSON, also before courses followed models."""
    read: dict[str, Any] = PARTS | {"responsible_person_id": _id, "model_version_id": _id}
    kept = {"model_version_id": None} | row
    return TrainingPlan(**{name: read[name](value) if name in read else value for name, value in kept.items()})


def time_from(text: str) -> datetime:
    """In Finland by its offset: two times in the hour that the clock repeats differ."""
    return datetime.fromisoformat(text)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _id(text: str | None) -> UUID | None:
    return UUID(text) if text else None
