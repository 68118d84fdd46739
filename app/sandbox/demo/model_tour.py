"""The training models that the examples of the OpenAPI document use, one for each. They live in March 2025."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from app.domain.trainings.model_versions import (
    Assessment,
    KoskiStudyUnit,
    ModelText,
    ModelTexts,
    VersionContent,
    content_of,
    digest_of,
)
from app.domain.trainings.models import CRITERIA
from app.sandbox.demo.organisations import Central
from app.sandbox.demo.people import People
from app.sandbox.demo.rows import Demo, demo_id, office_hour

PROPOSED_AT = office_hour(date(2025, 1, 13))
SCREENED_AT = office_hour(date(2025, 1, 20))
SUBMITTED_AT = office_hour(date(2025, 2, 17))
DECIDED_AT = office_hour(date(2025, 3, 3))


def content(name: str) -> VersionContent:
    """The complete content of a version, in Finnish and Swedish."""
    return VersionContent(
        texts=ModelTexts(
            fi=ModelText(
                name,
                ["Osaa suunnitella kurssin", "Osaa ohjata neulojien ryhmää", "Osaa arvioida oppimista"],
                "Kurssilla opittiin suunnittelemaan ja ohjaamaan neulekurssi.",
            ),
            sv=ModelText(
                f"{name} (på svenska)",
                ["Kan planera en kurs", "Kan handleda en stickgrupp", "Kan bedöma lärande"],
                "Kursen gav färdigheter att planera och handleda en stickkurs.",
            ),
        ),
        content="Ryhmän vaiheet, kurssin suunnittelu, ohjaaminen ja arviointi.",
        assessment=Assessment(
            "Oma kurssisuunnitelma", "Suunnitelma arvioidaan tavoitteiden mukaan.", "Kouluttaja", "pass_fail"
        ),
        methods="Lähiopetusta, verkkotehtäviä ja harjoitus omassa ryhmässä.",
        learner_hours=54,
        prerequisites="Neulomisen perustaidot.",
        trainer_qualifications="Käsityön ohjaajan koulutus ja kokemusta ryhmistä.",
        koski_study_unit=KoskiStudyUnit("1138", "Vertaisohjaaja"),
    )


class ModelTour:
    def __init__(self, demo: Demo, centrals: Sequence[Central], people: People) -> None:
        self._demo = demo
        self._organisation_id = centrals[0].id
        self._main_user = people.main_users[centrals[0].id]
        self._reviewers, self._expert = (people.staff[0], people.staff[2]), people.staff[1]

    def add(self) -> None:
        for name in ("Neulojan vuosi", "Lankatiedon perusteet", "Kirjoneuleen mestari"):
            self._model(name, state="proposed")
        in_use = self._accepted("Neulekurssin ohjaaja")
        self._version(in_use, "Neulekurssin ohjaaja", "in_use")
        self._accepted("Sukkaseminaari")
        for name in ("Kerhon vetäjä", "Palmikkojen rakenne"):
            self._version(self._accepted(name), name, "in_work")
        commented = self._accepted("Pitsin suunnittelu")
        self._comment(self._version(commented, "Pitsin suunnittelu", "in_work"))
        for name in ("Vertaisohjaajan taidot", "Neulegrafiikka"):
            self._version(self._accepted(name), name, "in_work")
        self._version(self._accepted("Neuletapahtuman järjestäjä"), "Neuletapahtuman järjestäjä", "approved")
        self._version(self._accepted("Värien käyttö"), "Värien käyttö", "in_review")
        for name, opinions in (("Mallin mitoitus", 1), ("Perinneneuleet", 2)):
            self._review(self._version(self._accepted(name), name, "in_review"), opinions)

    def _model(self, name: str, **columns: Any) -> UUID:
        model_id = demo_id("training model", name, at=PROPOSED_AT)
        self._demo.add(
            "training_models",
            id=model_id,
            organisation_id=self._organisation_id,
            name=name,
            idea="Neuleharrastaja oppii ohjaamaan muita.",
            target_group="Yhdistysten ohjaajat",
            expected_credits=2,
            grounds="Ohjaajia tarvitaan lisää, ja koulutuksesta halutaan todistus.",
            proposed_by=self._main_user,
            proposed_at=PROPOSED_AT,
            **columns,
        )
        return model_id

    def _accepted(self, name: str) -> UUID:
        return self._model(
            name,
            state="accepted",
            expert_id=self._expert,
            criteria=[{"criterion": criterion, "met": True, "note": None} for criterion in CRITERIA],
            screened_by=self._expert,
            screened_at=SCREENED_AT,
        )

    def _version(self, model_id: UUID, name: str, state: str) -> UUID:
        version_id = demo_id("training model version", name, at=SCREENED_AT)
        written = content(name)
        texts = {language: text for language, text in asdict(written.texts).items() if text}
        columns: dict[str, Any] = {"waiting_for": "organisation", "waiting_since": SCREENED_AT, "submissions": 0}
        if state != "in_work":
            columns = {
                "waiting_for": "study_centre",
                "waiting_since": SUBMITTED_AT,
                "submissions": 1,
                "submitted_by": self._main_user,
                "submitted_at": SUBMITTED_AT,
                "digest": digest_of(written),
            }
        if state in ("approved", "in_use"):
            columns |= {"decided_by": self._reviewers[1], "decided_at": DECIDED_AT}
            columns |= {"waiting_for": "organisation", "waiting_since": DECIDED_AT}
        if state == "in_use":
            columns |= {"activated_by": self._main_user, "activated_at": DECIDED_AT + timedelta(days=1)}
            columns |= {"waiting_for": None, "waiting_since": None}
        self._demo.add(
            "training_model_versions",
            id=version_id,
            model_id=model_id,
            number=1,
            change="first",
            state=state,
            **asdict(content_of(written)) | {"texts": texts},
            created_by=self._expert,
            created_at=SCREENED_AT,
            **columns,
        )
        return version_id

    def _comment(self, version_id: UUID) -> None:
        self._demo.add(
            "training_model_comments",
            id=demo_id("training model comment", version_id, at=SUBMITTED_AT),
            version_id=version_id,
            section="assessment",
            text="Voiko arvioinnin tehdä myös vertaisarviointina?",
            side="organisation",
            round=0,
            created_by=self._main_user,
            created_at=SUBMITTED_AT,
        )

    def _review(self, version_id: UUID, opinions: int) -> None:
        """Name the reviewers; the last of them has given an opinion, or both have."""
        for place, reviewer in enumerate(reversed(self._reviewers)):
            given = {"opinion": "for", "text": "Tavoitteet ja arviointi sopivat yhteen.", "given_at": DECIDED_AT}
            self._demo.add(
                "training_model_reviews",
                id=demo_id("training model review", version_id, reviewer, at=SUBMITTED_AT),
                version_id=version_id,
                submission=1,
                person_id=reviewer,
                named_by=self._expert,
                named_at=SUBMITTED_AT,
                **given if place < opinions else {"opinion": None, "text": None, "given_at": None},
            )
