"""What the examples of Koski in the OpenAPI document use: two courses of a model, three learners, consents and exports.

The learners' identity codes are already deleted: only the keys of the service that runs could have encrypted them.
"""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from app.domain.organisations.names import search_text_of
from app.sandbox.demo.model_tour import version_id_of
from app.sandbox.demo.people import People
from app.sandbox.demo.rows import Demo, demo_id, office_hour

YEAR = 2025
HELD_ON, TO_COME_ON = date(YEAR, 3, 8), date(YEAR, 5, 10)
WORDED_AT = office_hour(date(YEAR, 1, 7))
CLAIMED_AT = office_hour(date(YEAR, 3, 8), 9)
COMPLETED_AT = office_hour(date(YEAR, 3, 10))
RECEIVED_AT = office_hour(date(YEAR, 3, 12))
CORRECTED_AT = office_hour(date(YEAR, 3, 13))
WITHDRAWN_AT = office_hour(date(YEAR, 3, 14))
PREPARED_AT = office_hour(date(YEAR, 3, 17), 8)
LEARNERS = ("tarkkailija@example.org", "piiri@example.org", "uusi@example.org")
SOURCE = {
    "school_oid": "1.2.246.562.10.00000000001",
    "place_oid": "1.2.246.562.10.00000000002",
    "source_system": "tuntipankki",
}
ISSUER = SOURCE | {"signatory": "Katariina Kurki", "signatory_title": {"fi": "Koulutusjohtaja"}}


class KoskiTour:
    def __init__(self, demo: Demo, people: People) -> None:
        self._demo = demo
        self._staff = people.staff[1]
        by_email = {row["email"]: row for row in demo.tables["persons"]}
        self._learners = [by_email[address] for address in LEARNERS]
        of_courses = version_id_of("Neulekurssin ohjaaja")
        self._version = next(row for row in demo.tables["training_model_versions"] if row["id"] == of_courses)

    def add(self) -> None:
        self._demo.add(
            "koski_consent_wordings",
            version=1,
            texts={
                "fi": "Suostun siihen, että suoritukseni tallennetaan Koski-tietovarantoon.",
                "sv": "Jag samtycker till att min studieprestation lagras i informationsresursen Koski.",
                "en": "I agree to my completion being stored in Koski.",
            },
            made_by=self._staff,
            made_at=WORDED_AT,
        )
        held, to_come = (
            self._course("Neulekurssin ohjaaja, maaliskuu", HELD_ON),
            self._course("Neulekurssin ohjaaja, toukokuu", TO_COME_ON),
        )
        self._claim(to_come, self._learners[0])
        self._consent(to_come, self._learners[1], self._claim(to_come, self._learners[1]))
        self._add_exports(held)

    def _add_exports(self, training: dict[str, Any]) -> None:
        """Three completions that Koski has. One has lost its consent, two have been corrected since."""
        sent = []
        for number, person in enumerate(self._learners):
            participant = self._claim(training, person)
            columns = {"withdrawn_at": WITHDRAWN_AT} if number == 0 else {}
            consent_id = self._consent(training, person, participant, **columns)
            completion_id = self._completion(training, person, participant, COMPLETED_AT)
            sent.append((completion_id, consent_id, person, participant))
        known = [
            {
                "study_right_oid": f"1.2.246.562.15.{number:011}",
                "learner_oid": f"1.2.246.562.24.{number:011}",
            }
            for number in range(1, len(sent) + 1)
        ]
        accepted = {"outcome": "accepted", "version": 1, "received_by": self._staff, "received_at": RECEIVED_AT}
        first = self._export("first", training, COMPLETED_AT + timedelta(hours=2), "acknowledged", RECEIVED_AT)
        for (completion_id, consent_id, person, _), oids in zip(sent, known, strict=True):
            self._item(first, completion_id, completion_id, consent_id, person, "create", **oids, **accepted)
        for key, (completion_id, consent_id, person, participant), oids in zip(
            ("second", "third"), sent[1:], known[1:], strict=True
        ):
            correcting = self._completion(training, person, participant, CORRECTED_AT, corrects=completion_id)
            export_id = self._export(key, training, PREPARED_AT, "prepared", None)
            self._item(export_id, completion_id, correcting, consent_id, person, "correct", **oids)

    def _course(self, name: str, day: date) -> dict[str, Any]:
        """A course like an unsubsidised one of the tour, made from the model."""
        like = next(row for row in self._demo.tables["trainings"] if row["name"] == "Neulojan yö")
        starts_at, ends_at = office_hour(day, 9), office_hour(day, 16)
        [session] = like["sessions"]
        text = self._version["texts"]["fi"]
        numbers = [
            int(row["reference"].partition("-")[2])
            for rows in self._demo.tables.values()
            for row in rows
            if str(row.get("reference")).startswith(f"{YEAR}-")
        ]
        training = like | {
            "id": demo_id("training", name, at=like["created_at"]),
            "name": name,
            "search_text": search_text_of(name),
            "sessions": [session | {"starts_at": starts_at.isoformat(), "ends_at": ends_at.isoformat()}],
            "starts_at": starts_at,
            "ends_at": ends_at,
            "starts_on": day,
            "ends_on": day,
            "goals": "\n".join(text["goals"]),
            "content": self._version["content"],
            "methods": self._version["methods"],
            "model_version_id": self._version["id"],
            "reference": f"{YEAR}-{max(numbers) + 1:04}",
        }
        self._demo.add("trainings", **training)
        return training

    def _claim(self, training: dict[str, Any], person: dict[str, Any]) -> UUID:
        """Return the participant, whom the person has claimed to be."""
        participant_id = demo_id("participant", training["id"], person["id"], at=CLAIMED_AT)
        self._demo.add(
            "training_participants",
            id=participant_id,
            training_id=training["id"],
            name=person["name"],
            email=None,
            email_key=None,
            gender=None,
            under_age=False,
            created_by=training["created_by"],
            created_at=CLAIMED_AT,
        )
        self._demo.add(
            "participation_claims",
            id=demo_id("participation claim", participant_id, at=CLAIMED_AT),
            training_id=training["id"],
            person_id=person["id"],
            participant_id=participant_id,
            state="granted",
            claimed_at=CLAIMED_AT,
            decided_by=self._staff,
            decided_at=CLAIMED_AT,
        )
        return participant_id

    def _consent(
        self, training: dict[str, Any], person: dict[str, Any], participant_id: UUID, **columns: object
    ) -> UUID:
        first_name, _, surname = person["name"].partition(" ")
        consent_id = demo_id("koski consent", participant_id, at=CLAIMED_AT)
        self._demo.add(
            "koski_consents",
            id=consent_id,
            training_id=training["id"],
            participant_id=participant_id,
            person_id=person["id"],
            wording_version=1,
            first_names=first_name,
            calling_name=first_name,
            surname=surname,
            identity_kind="personal_identity_code",
            given_at=CLAIMED_AT,
            **columns,
        )
        return consent_id

    def _completion(
        self,
        training: dict[str, Any],
        person: dict[str, Any],
        participant_id: UUID,
        at: datetime,
        corrects: UUID | None = None,
    ) -> UUID:
        completion_id = demo_id("completion", participant_id, corrects, at=at)
        is_corrected = person is not self._learners[0] and corrects is None
        self._demo.add(
            "completions",
            id=completion_id,
            training_id=training["id"],
            participant_id=participant_id,
            name=person["name"],
            search_text=search_text_of(person["name"]),
            kind="course",
            outcome="passed",
            completed_on=HELD_ON,
            assessed_by="Kirsi Ylänneranta" if corrects is None else "Kirsi Ylänneranta ja Pia Puro",
            attended=True,
            credits=self._version["learner_hours"] // 27,
            state="corrected" if is_corrected else "in_force",
            corrects_id=corrects,
            reason="Toinen arvioija puuttui." if corrects else None,
            recorded_by=training["created_by"],
            recorded_at=at,
        )
        return completion_id

    def _export(
        self, key: str, training: dict[str, Any], at: datetime, state: str, concluded_at: datetime | None
    ) -> UUID:
        export_id = demo_id("koski export", key, at=at)
        self._demo.add(
            "koski_exports",
            id=export_id,
            training_ids=[str(training["id"])],
            state=state,
            issuer=ISSUER,
            left_out=[],
            prepared_by=self._staff,
            prepared_at=at,
            file_read_at=concluded_at and at,
            concluded_at=concluded_at,
        )
        return export_id

    def _item(
        self,
        export_id: UUID,
        source_id: UUID,
        completion_id: UUID,
        consent_id: UUID,
        person: dict[str, Any],
        action: str,
        **columns: object,
    ) -> None:
        self._demo.add(
            "koski_export_items",
            export_id=export_id,
            source_id=source_id,
            completion_id=completion_id,
            consent_id=consent_id,
            person_id=person["id"],
            action=action,
            **columns,
        )
