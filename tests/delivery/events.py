"""Events that tests record without the API, and the states of their mails."""

from collections.abc import Callable
from uuid import UUID

from psycopg.types.json import Jsonb

from app.db.identifiers import new_id
from tests.builders import Centre, Person

Make = Callable[[], None]
Deliver = Callable[..., None]


def happen(centre: Centre, event: str, organisation_id: UUID | None = None, **facts: object) -> UUID:
    event_id = new_id()
    [(now,)] = centre.rows("SELECT clock_at FROM study_centres")
    centre.owner.execute(
        "INSERT INTO outbox (id, event, subject_id, organisation_id, facts, made_at) VALUES (%s, %s, %s, %s, %s, %s)",
        [event_id, event, new_id(), organisation_id, Jsonb(facts), now],
    )
    return event_id


def states(centre: Centre) -> list[str]:
    return [row[0] for row in centre.rows("SELECT state FROM mails ORDER BY id")]


def readers(centre: Centre, count: int) -> list[Person]:
    """People who each get a mail once mails are made."""
    people = [centre.person() for _ in range(count)]
    for person in people:
        happen(centre, "role-grant.given", person_id=str(person.id), role="main_user")
    return people
