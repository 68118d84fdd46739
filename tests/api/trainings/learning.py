"""A course from a model in use, with participants, as far as a test of completions needs it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from app.domain.calendar.deadlines import HELSINKI
from tests.api.trainings.model_steps import CONTENT, Modelling, ok
from tests.builders import Centre, Person
from tests.trainings import add_training

FIRST = datetime(2023, 3, 1, 10, tzinfo=HELSINKI)
LAST = datetime(2023, 3, 15, 12, tzinfo=HELSINKI)
"""The last session begins at noon of 15 March: the time of the tests' clock."""


def sessions(*begins: datetime) -> list[dict[str, Any]]:
    return [
        {
            "starts_at": begin.isoformat(),
            "ends_at": (begin + timedelta(hours=6)).isoformat(),
            "break_minutes": 90,
            "parallel_groups": 1,
            "places": [],
        }
        for begin in begins
    ]


@dataclass
class Course:
    """An approved course of two sessions."""

    centre: Centre
    writer: Person
    id: UUID
    names: list[str] = field(default_factory=list)

    @property
    def path(self) -> str:
        return f"/v1/trainings/{self.id}/completions"

    def participant(self, name: str = "Ilona Iltanen", email: str | None = None) -> str:
        answer = self.writer.post(f"/v1/trainings/{self.id}/participants", {"name": name, "email": email})
        return str(ok(answer, 201)["id"])

    def recorded(self, participant_id: str, **more: Any) -> dict[str, Any]:
        items = ok(self.writer.post(self.path, {"items": [passed(participant_id, **more)]}), 201)["items"]
        completion: dict[str, Any] = items[0]
        return completion


def passed(participant_id: str, **more: Any) -> dict[str, Any]:
    return {
        "participant_id": participant_id,
        "outcome": "passed",
        "completed_on": "2023-03-15",
        "assessed_by": "Kouluttaja Kaisa",
        "attended": True,
    } | more


def course_of(
    centre: Centre,
    organisation_id: UUID,
    writer: Person,
    *,
    scale: str = "pass_fail",
    state: str = "approved",
    content: Mapping[str, Any] = MappingProxyType({}),
    **more: Any,
) -> Course:
    """The course of a new model whose learners work 54 hours."""
    central = centre.rows("SELECT central_organisation_id FROM organisations WHERE id = %s", organisation_id)[0][0]
    assessment = CONTENT["assessment"] | {"scale": scale}
    version = ok(writer_of(centre, central).get(Modelling.of(centre, central).in_use(assessment=assessment, **content)))
    columns = {
        "sessions": Jsonb(sessions(FIRST, LAST)),
        "starts_at": FIRST,
        "ends_at": LAST + timedelta(hours=6),
        "model_version_id": version["id"],
    } | more
    return Course(centre, writer, add_training(centre, organisation_id, state=state, **columns))


def writer_of(centre: Centre, central: UUID) -> Person:
    return centre.main_user(central)
