"""Learners that a test needs beforehand: a model with a study unit, a course of it, participants and completions."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from app.db.identifiers import new_id
from app.domain.calendar.deadlines import HELSINKI
from tests.builders import FOREVER, Centre, Person
from tests.trainings import add_training

KOSKI = {
    "school_oid": "1.2.246.562.10.00000000001",
    "place_oid": "1.2.246.562.10.00000000002",
    "source_system": "tuntipankki",
}
SIGNATORY = {"name": "Sylvi Rantakallio", "title": {"fi": "rehtori", "sv": "rektor", "en": None}}
CONTROL = "0123456789ABCDEFHJKLMNPRSTUVWXY"
COURSE_STARTS_AT = datetime(2023, 3, 1, 10, tzinfo=HELSINKI)


def code_of(born: str, number: int = 900, sign: str = "-") -> str:
    """An identity code that is nobody's, of six digits of a birth date, a sign and a number from 900 on."""
    return f"{born}{sign}{number}{CONTROL[int(f'{born}{number}') % 31]}"


@dataclass(frozen=True)
class Learner:
    person: Person
    participant_id: UUID
    training_id: UUID


def insert(centre: Centre, table: str, **row: Any) -> Any:
    """Return the row's ID."""
    row = {"id": new_id()} | row
    marks = ", ".join(["%s"] * len(row))
    centre.owner.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", list(row.values()))
    return row["id"]


def model_version(
    centre: Centre, organisation_id: UUID, *, study_unit: str | None = "1138", grades: bool = False
) -> UUID:
    """A version in use, which anybody has made."""
    maker = centre.person().id
    model_id = insert(
        centre,
        "training_models",
        organisation_id=organisation_id,
        name="Sienestäjä",
        idea="Sieniretki",
        target_group="Kaikki",
        expected_credits=2,
        grounds="Tarve",
        state="accepted",
        expert_id=maker,
        criteria=Jsonb([]),
        proposed_by=maker,
        proposed_at=FOREVER,
        screened_by=maker,
        screened_at=FOREVER,
    )
    return UUID(
        str(
            insert(
                centre,
                "training_model_versions",
                model_id=model_id,
                number=1,
                change="first",
                state="in_use",
                texts=Jsonb(
                    {
                        "fi": {
                            "name": "Sienestämisen perusteet",
                            "goals": ["Tunnistaa kymmenen sientä", "Osaa säilöä"],
                            "certificate_text": "Perusteet",
                        }
                    }
                ),
                content="Sieniä",
                assessment=Jsonb({"scale": "one_to_five" if grades else "pass_fail"}),
                methods="Retki",
                learner_hours=54,
                trainer_qualifications="Sienineuvoja",
                koski_study_unit=Jsonb({"code": study_unit, "name": "Luonto"}) if study_unit else None,
                digest="0" * 64,
                created_by=maker,
                created_at=FOREVER,
                submitted_by=maker,
                submitted_at=FOREVER,
                decided_by=maker,
                decided_at=FOREVER,
                activated_by=maker,
                activated_at=FOREVER,
            )
        )
    )


def course(centre: Centre, organisation_id: UUID, version_id: UUID | None, **columns: Any) -> UUID:
    """A course of one day, 1 March 2023."""
    return add_training(centre, organisation_id, model_version_id=version_id, language="fi", **columns)


def learner(centre: Centre, training_id: UUID, person: Person | None = None) -> Learner:
    """A participant of the course whom the person has claimed to be."""
    person = person or centre.person()
    participant_id = insert(
        centre,
        "training_participants",
        training_id=training_id,
        name="Aava Tuulenpää",
        under_age=False,
        created_by=person.id,
        created_at=FOREVER,
    )
    insert(
        centre,
        "participation_claims",
        training_id=training_id,
        person_id=person.id,
        participant_id=participant_id,
        state="granted",
        claimed_at=FOREVER,
        decided_at=FOREVER,
    )
    return Learner(person, participant_id, training_id)


def completion(centre: Centre, of: Learner, **columns: Any) -> UUID:
    """A passed completion of 1 March 2023, by default."""
    row = {
        "training_id": of.training_id,
        "participant_id": of.participant_id,
        "name": "Aava Tuulenpää",
        "search_text": "aava tuulenpää",
        "kind": "course",
        "outcome": "passed",
        "completed_on": date(2023, 3, 1),
        "assessed_by": "Kaisa Kuusiranta",
        "attended": True,
        "credits": 2,
        "state": "in_force",
        "recorded_by": of.person.id,
        "recorded_at": FOREVER,
    } | columns
    return UUID(str(insert(centre, "completions", **row)))


def correction(centre: Centre, of: Learner, corrected: UUID, **columns: Any) -> UUID:
    centre.owner.execute("UPDATE completions SET state = 'corrected' WHERE id = %s", [corrected])
    return completion(centre, of, corrects_id=corrected, reason="Virhe", **columns)


def wording(reader: Person) -> int:
    answer = reader.post("/v1/koski-consent-wordings", {"fi": "Suostun", "sv": "Jag samtycker", "en": "I agree"})
    assert answer.status_code == 201, answer.text
    return int(answer.json()["version"])


def consent_of(of: Learner, version: int = 1, **more: Any) -> dict[str, Any]:
    """The body of a consent."""
    body = {
        "participant_id": str(of.participant_id),
        "wording_version": version,
        "first_names": "Aava Kielo-Maria",
        "calling_name": "Kielo",
        "surname": "Tuulenpää",
        "personal_identity_code": code_of("010190"),
    } | more
    return {name: value for name, value in body.items() if value is not None}


def with_koski(centre: Centre) -> None:
    """Let the study centre's profile say all that an export needs."""
    centre.owner.execute(
        "UPDATE study_centres SET koski = %s, certificate_signatory = %s", [Jsonb(KOSKI), Jsonb(SIGNATORY)]
    )
