"""A course of a training model whose participants have passed, and both signatures of its certificates."""

import json
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from app.db.identifiers import new_id
from tests.api.trainings.conftest import approved
from tests.api.trainings.model_steps import CONTENT, Modelling, ok
from tests.builders import Centre, Person
from tests.documents.certificate_facts import picture

TEXTS = {
    "fi": {
        "name": "Ryhmänohjaajan peruskurssi",
        "goals": ["Osaa suunnitella kokoontumisen", "Osaa ohjata ryhmää"],
        "certificate_text": "Kurssilla opittiin ohjaamaan vapaaehtoisten ryhmää.",
    },
    "sv": {
        "name": "Grundkurs för gruppledare",
        "goals": ["Kan planera en sammankomst", "Kan leda en grupp"],
        "certificate_text": "På kursen lärde man sig leda en grupp av frivilliga.",
    },
}
SIGNATORIES = {
    "study_centre": {"name": "Raija Rehtori", "title": {"fi": "rehtori", "sv": "rektor"}},
    "organisation": {"name": "Pia Puheenjohtaja", "title": {"fi": "puheenjohtaja"}},
}


@dataclass
class Course:
    """An approved course of the version in use, which its training manager writes."""

    centre: Centre
    central: UUID
    main_user: Person
    writer: Person
    id: str

    @classmethod
    def of(
        cls, centre: Centre, central: UUID, unit: UUID, main_user: Person, writer: Person, staff: Person
    ) -> "Course":
        version = ok(main_user.get(Modelling.of(centre, central, main_user).in_use(texts=TEXTS)))
        goals = "\n".join(TEXTS["fi"]["goals"])
        fixed = {"goals": goals, "content": CONTENT["content"], "methods": CONTENT["methods"]}
        path = approved(writer, staff, unit, model_version_id=version["id"], **fixed)
        course = cls(centre, central, main_user, writer, path.rpartition("/")[2])
        course.sign()
        return course

    def sign(self) -> None:
        """Put both signatures in place."""
        owner = self.centre.owner
        for table, whose in (("study_centres", "study_centre"), ("organisations", "organisation")):
            owner.execute(
                f"UPDATE {table} SET certificate_signatory = %s WHERE id = %s",
                [json.dumps(SIGNATORIES[whose]), self.centre.id if whose == "study_centre" else self.central],
            )
        headers = {"Content-Type": "image/png"}
        path = f"/v1/organisations/{self.central}/signature-image"
        ok(self.main_user.client.put(path, content=picture(240, 64), headers=headers))
        owner.execute(
            "INSERT INTO study_centre_signature_images VALUES (%s, %s, %s, '2023-01-01') ON CONFLICT DO NOTHING",
            [self.centre.id, picture(300, 80), self.main_user.id],
        )

    def participant(self, name: str) -> UUID:
        participant_id = new_id()
        self.centre.owner.execute(
            "INSERT INTO training_participants (id, training_id, name, under_age, created_by, created_at) "
            "VALUES (%s, %s, %s, false, %s, '2023-04-01')",
            [participant_id, self.id, name, self.writer.id],
        )
        return participant_id

    def completion(self, name: str = "Kaisa Kuusiranta", outcome: str = "passed", **columns: Any) -> UUID:
        """A completion of a new participant, or of the one in `columns`."""
        completion_id = new_id()
        row = {
            "id": completion_id,
            "training_id": self.id,
            "participant_id": columns.pop("participant_id", None) or self.participant(name),
            "name": name,
            "search_text": name.casefold(),
            "kind": "course",
            "outcome": outcome,
            "completed_on": date(2023, 4, 15),
            "assessed_by": "Pekka Pihlajamäki",
            "attended": True,
            "credits": 2 if outcome == "passed" else 0,
            "state": "in_force",
            "recorded_by": self.writer.id,
            "recorded_at": "2023-04-16",
        } | columns
        names = ", ".join(row)
        marks = ", ".join(["%s"] * len(row))
        self.centre.owner.execute(f"INSERT INTO completions ({names}) VALUES ({marks})", [*row.values()])
        return completion_id

    def corrected(self, completion_id: UUID, **columns: Any) -> UUID:
        """A completion that corrects that one."""
        owner = self.centre.owner
        [(participant_id, name)] = owner.execute(
            "UPDATE completions SET state = 'corrected' WHERE id = %s RETURNING participant_id, name", [completion_id]
        ).fetchall()
        columns = {"name": name} | columns
        return self.completion(
            participant_id=participant_id, corrects_id=completion_id, reason="Kirjoitusvirhe", **columns
        )

    def learner(self, completion_id: UUID) -> Person:
        """The person who has claimed the participation."""
        person = self.centre.person()
        self.centre.owner.execute(
            "INSERT INTO participation_claims "
            "(id, training_id, person_id, participant_id, state, claimed_at, decided_at) "
            "SELECT %s, training_id, %s, participant_id, 'granted', '2023-04-01', '2023-04-01' "
            "FROM completions WHERE id = %s",
            [new_id(), person.id, completion_id],
        )
        return person


def made(person: Person, completion_id: UUID | str, **body: Any) -> dict[str, Any]:
    """A certificate of the completion."""
    answer = person.post(f"/v1/completions/{completion_id}/certificates", body)
    shown = ok(answer, 201)
    assert answer.headers["Location"].endswith(f"/v1/certificates/{shown['id']}")
    return shown


def document_of(person: Person, certificate: dict[str, Any]) -> bytes:
    answer = person.get(f"/v1/certificates/{certificate['id']}/document")
    assert answer.status_code == 200, answer.text
    return answer.content
