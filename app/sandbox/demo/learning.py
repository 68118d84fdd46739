"""What follows a course from a training model: completions, claims, certificates and shares of the study register.

The examples of the OpenAPI document use each for one thing. A course of March has been held; another is to come in May.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from app.delivery.addresses import key_of
from app.documents.certificates import CertificateContent, CertificatePictures, compose_certificates
from app.domain.calendar.deadlines import HELSINKI
from app.domain.organisations.certificate_signatories import CertificateSignatory, SignatoryTitle
from app.domain.organisations.names import search_text_of
from app.domain.trainings.certificates import CODE_BYTES, Certifiable, Signatories, code_of, facts_of
from app.domain.trainings.model_versions import credits_of
from app.sandbox.demo.courses import Course
from app.sandbox.demo.model_tour import OLD_MODEL, content
from app.sandbox.demo.organisations import Central, Unit
from app.sandbox.demo.pictures import logo, signature
from app.sandbox.demo.rows import Demo, demo_id, office_hour
from app.texts.certificates import certificate_words

CLAIMED_AT = datetime(2025, 2, 20, 19, tzinfo=HELSINKI)
RECORDED_AT = office_hour(date(2025, 3, 4))
CORRECTED_AT = office_hour(date(2025, 3, 12))
ISSUED_AT = office_hour(date(2025, 3, 13))
BATCHED_AT = office_hour(date(2025, 3, 14))
STUDY_CENTRE = "Opintokeskus Esimerkki"
ASSESSOR = "Oskari Suvikangas, kouluttaja"

SIGNATORY = CertificateSignatory(
    "Katariina Kurki", SignatoryTitle("Koulutusjohtaja", "Utbildningsdirektör", "Director of Education")
)
SIGNATORY_OF_FIRST = CertificateSignatory(
    "Kaisa Kuusiranta", SignatoryTitle("Pääsihteeri", "Generalsekreterare", "Secretary General")
)
KNOWN_SHARE = "a-share-of-the-demo-data-that-everyone-kno0"
"""A real share's secret is known to the learner alone."""

OTHERS = (
    "Ilmari Itkonen",
    "Jaana Jokela",
    "Kauko Koskela",
    "Liisa Lampinen",
    "Martti Mattila",
    "Niina Nieminen",
    "Outi Ojala",
)


def course_of(course: Course, number: int) -> Course:
    """The course as the version of the old model sets it."""
    written = content(OLD_MODEL, number)
    goals = written.texts.fi.goals if written.texts.fi else []
    return replace(course, goals="\n".join(goals), content=written.content or "", methods=written.methods or "")


class Learning:
    def __init__(self, demo: Demo, first: Central, trainer: UUID) -> None:
        self._demo, self._first, self._trainer = demo, first, trainer
        self._persons = {row["email"]: row for row in demo.tables["persons"]}

    def add(self, unit: Unit, held: dict[str, Any], to_come: dict[str, Any]) -> None:
        """Add what followed the course that was held, and who has claimed to be in the other."""
        toini, tapio, venla, ebba, yrjo = (
            self._participant(held, self._persons[f"{local}@example.org"])
            for local in ("tarkkailija", "paakayttaja2", "yhdistys", "huvudanvandare", "auditor")
        )
        # Nobody knows by the address that the auditor is this one.
        yrjo["email"] = yrjo["email_key"] = None
        ilmari, jaana, kauko, liisa, *_ = (self._participant(held, {"name": name, "email": None}) for name in OTHERS)
        for participant, email in ((toini, "tarkkailija"), (tapio, "paakayttaja2"), (venla, "yhdistys")):
            self._claim(participant, email, participant["id"])
        self._claim(ebba, "auditor", None)
        self._add_register(unit, held, (toini, tapio, venla), (ilmari, jaana, kauko, liisa))
        to_consent = self._participant(to_come, self._persons["tarkkailija@example.org"])
        self._claim(to_consent, "tarkkailija", to_consent["id"], RECORDED_AT)
        self._add_shares()

    def _add_register(
        self,
        unit: Unit,
        held: dict[str, Any],
        learners: Sequence[dict[str, Any]],
        others: Sequence[dict[str, Any]],
    ) -> None:
        toini, tapio, venla = learners
        ilmari, jaana, kauko, liisa = others
        first = self._completion(toini, state="corrected", completed_on=date(2025, 3, 1))
        corrected = self._completion(
            toini, corrects_id=first["id"], reason="Kurssitehtävä palautettiin vasta 3.3.", at=CORRECTED_AT
        )
        of_tapio = self._completion(tapio)
        self._completion(venla)
        self._completion(ilmari, outcome="failed")
        self._completion(jaana, outcome="interrupted", attended=False)
        self._completion(kauko)
        of_liisa = self._completion(liisa, kind="recognition", grounds="Ohjannut neulekerhoa kymmenen vuotta.")
        self._certify(unit, held, (corrected, of_tapio, of_liisa))

    def _participant(self, training: dict[str, Any], person: dict[str, Any]) -> dict[str, Any]:
        created_at = training["decided_at"] + timedelta(days=1)
        email = person["email"]
        row = {
            "id": demo_id("learner", training["id"], person["name"], at=created_at),
            "training_id": training["id"],
            "name": person["name"],
            "email": email,
            "email_key": key_of(email) if email else None,
            "under_age": False,
            "created_by": training["created_by"],
            "created_at": created_at,
        }
        self._demo.tables["training_participants"].append(row)
        return row

    def _claim(
        self, participant: dict[str, Any], local: str, participant_id: UUID | None, at: datetime = CLAIMED_AT
    ) -> None:
        """Add a claim that was granted at once, or is open if there is no participant."""
        person_id = self._persons[f"{local}@example.org"]["id"]
        self._demo.add(
            "participation_claims",
            id=demo_id("participation claim", participant["training_id"], local, at=at),
            training_id=participant["training_id"],
            person_id=person_id,
            participant_id=participant_id,
            state="granted" if participant_id else "open",
            claimed_at=at,
            decided_at=at if participant_id else None,
        )

    def _completion(
        self, participant: dict[str, Any], *, outcome: str = "passed", at: datetime = RECORDED_AT, **columns: Any
    ) -> dict[str, Any]:
        name = participant["name"]
        row = {
            "id": demo_id("completion", participant["id"], columns.get("corrects_id"), at=at),
            "training_id": participant["training_id"],
            "participant_id": participant["id"],
            "name": name,
            "search_text": search_text_of(name),
            "kind": "course",
            "outcome": outcome,
            "completed_on": date(2025, 3, 3),
            "assessed_by": ASSESSOR,
            "attended": True,
            "credits": credits_of(content(OLD_MODEL).learner_hours) if outcome == "passed" else 0,
            "state": "in_force",
            "recorded_by": self._trainer,
            "recorded_at": at,
        } | columns
        self._demo.add("completions", **row)
        return row

    def _certify(self, unit: Unit, training: dict[str, Any], completions: Sequence[dict[str, Any]]) -> None:
        """Add certificates without a seal and an address, which each sandbox has of its own, and an order of them."""
        codes = [code_of(sha256(f"certificate {number}".encode()).digest()[:CODE_BYTES]) for number in range(3)]
        sheets = [
            self._sheet(self._certifiable(unit, training, completion), code)
            for completion, code in zip(completions, codes, strict=True)
        ]
        pictures = CertificatePictures(logo(), logo(), signature(), signature())
        ids = []
        for completion, code, pdf in zip(
            completions, codes, compose_certificates(sheets, pictures, ISSUED_AT, None), strict=True
        ):
            certificate_id = demo_id("certificate", code, at=ISSUED_AT)
            self._demo.add(
                "certificates",
                id=certificate_id,
                completion_id=completion["id"],
                training_id=training["id"],
                language="fi",
                code=code,
                state="in_force",
                study_centre_name=STUDY_CENTRE,
                organisation_name=self._first.name,
                organiser_name=unit.name,
                model_name=OLD_MODEL,
                version=1,
                credits=completion["credits"],
                completed_on=completion["completed_on"],
                digest=sha256(pdf).hexdigest(),
                sealed=False,
                content=f"\\x{pdf.hex()}",
                issued_by=self._trainer,
                issued_at=ISSUED_AT,
            )
            ids.append(certificate_id)
        self._demo.add(
            "certificate_batches",
            id=demo_id("certificate batch", training["id"], at=BATCHED_AT),
            training_id=training["id"],
            language="fi",
            state="ready",
            certificates=len(ids),
            certificate_ids=ids,
            requested_by=self._trainer,
            requested_at=BATCHED_AT,
            finished_at=BATCHED_AT + timedelta(minutes=1),
        )

    def _certifiable(self, unit: Unit, training: dict[str, Any], completion: dict[str, Any]) -> Certifiable:
        written = content(OLD_MODEL)
        return Certifiable(
            **{name: completion[name] for name in ("id", "training_id", "participant_id", "name", "kind", "outcome")},
            **{name: completion[name] for name in ("completed_on", "assessed_by", "credits", "state")},
            grade=None,
            language="fi",
            starts_on=training["starts_on"],
            ends_on=training["ends_on"],
            organisation=unit.name,
            central_organisation=self._first.name,
            study_centre=STUDY_CENTRE,
            central_organisation_id=self._first.id,
            slug=None,
            version=1,
            texts=asdict(written.texts),
            assessment=asdict(written.assessment) if written.assessment else {},
            learner_hours=written.learner_hours or 0,
        )

    def _sheet(self, completion: Certifiable, code: str) -> tuple[CertificateContent, Mapping[str, Any]]:
        facts = facts_of(
            completion,
            "fi",
            code,
            Signatories(SIGNATORY, SIGNATORY_OF_FIRST),
            address=None,
            is_sealed=False,
            issued_on=ISSUED_AT.date(),
        )
        return CertificateContent("fi", STUDY_CENTRE, completion.name, None), certificate_words("fi", facts)

    def _add_shares(self) -> None:
        """Add a share that the examples read, and one that they end."""
        person_id = self._persons["tarkkailija@example.org"]["id"]
        for number, secret in enumerate((KNOWN_SHARE, KNOWN_SHARE[::-1]), 1):
            self._demo.add(
                "study_register_shares",
                id=demo_id("share", number, at=ISSUED_AT),
                person_id=person_id,
                digest=f"\\x{sha256(secret.encode()).hexdigest()}",
                expires_on=date(2025, 5, 31),
                made_at=ISSUED_AT,
            )
