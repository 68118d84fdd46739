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


OLD_MODEL = "Neulekerhon ohjaaja"
"""The model of the courses that have been held. Its second version has replaced the first."""
OLD_YEAR = timedelta(days=150)
"""How much earlier everything of the old model happened."""
REPLACED_AT = office_hour(date(2025, 2, 3))


def version_id_of(name: str, number: int = 1) -> UUID:
    key = ("training model version", name) if number == 1 else ("training model version", name, number)
    return demo_id(*key, at=SCREENED_AT)


def content(name: str, number: int = 1) -> VersionContent:
    """The complete content of a version, in Finnish and Swedish. The second has more of it than the first."""
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
        content="Ryhmän vaiheet, kurssin suunnittelu, ohjaaminen ja arviointi."
        + (" Turvallinen tila." if number > 1 else ""),
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
        self._add_ended()
        old = self._accepted(OLD_MODEL, earlier=OLD_YEAR)
        self._version(old, OLD_MODEL, "superseded", earlier=OLD_YEAR, ended_by=self._main_user, ended_at=REPLACED_AT)
        self._version(old, OLD_MODEL, "in_use", earlier=DECIDED_AT + timedelta(days=1) - REPLACED_AT, number=2)

    def _add_ended(self) -> None:
        """Models and versions whose work has ended, and one that was sent back."""
        grounds: dict[str, Any] = {"reason": "Koulutus on liian lyhyt opintopisteeseen."}
        unmet = [{"criterion": each, "met": each != "credits", "note": None} for each in CRITERIA]
        screened: dict[str, Any] = {"screened_by": self._expert, "screened_at": SCREENED_AT}
        self._model("Silmukan historia", state="rejected", criteria=unmet, **screened, **grounds)
        ended: dict[str, Any] = {"ended_by": self._main_user, "ended_at": DECIDED_AT}
        self._model("Kerän kierto", state="withdrawn", **ended)
        archived = self._accepted(
            "Puikkojen teoria", state="archived", reason="Kurssille ei tullut osallistujia.", **ended
        )
        self._version(archived, "Puikkojen teoria", "rejected", decision_reason="Tavoitteet eivät ole osaamista.")
        for name, state, columns in (
            ("Langan kehrääjä", "sent_back", {"decision_reason": "Arviointi puuttuu tavoitteista."}),
            ("Huovuttajan polku", "withdrawn", ended),
            ("Sukkaseminaari", "withdrawn", ended),
        ):
            self._version(self._accepted(name), name, state, **columns)

    def _model(self, name: str, *, earlier: timedelta = timedelta(), **columns: Any) -> UUID:
        model_id = demo_id("training model", name, at=PROPOSED_AT - earlier)
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
            proposed_at=PROPOSED_AT - earlier,
            **columns,
        )
        return model_id

    def _accepted(self, name: str, *, earlier: timedelta = timedelta(), **columns: Any) -> UUID:
        screening = {
            "state": "accepted",
            "expert_id": self._expert,
            "criteria": [{"criterion": criterion, "met": True, "note": None} for criterion in CRITERIA],
            "screened_by": self._expert,
            "screened_at": SCREENED_AT - earlier,
        }
        return self._model(name, earlier=earlier, **screening | columns)

    def _version(
        self,
        model_id: UUID,
        name: str,
        state: str,
        *,
        number: int = 1,
        earlier: timedelta = timedelta(),
        **columns: Any,
    ) -> UUID:
        version_id = version_id_of(name, number)
        written = content(name, number)
        texts = {language: text for language, text in asdict(written.texts).items() if text}
        started_at, submitted_at, decided_at = (at - earlier for at in (SCREENED_AT, SUBMITTED_AT, DECIDED_AT))
        known: dict[str, Any] = {"waiting_for": "organisation", "waiting_since": started_at, "submissions": 0}
        if state not in ("in_work", "withdrawn"):
            known = {
                "waiting_for": "study_centre",
                "waiting_since": submitted_at,
                "submissions": 1,
                "submitted_by": self._main_user,
                "submitted_at": submitted_at,
                "digest": None if state == "sent_back" else digest_of(written),
            }
        change = "first" if number == 1 else "minor"
        is_decided = state in ("approved", "sent_back", "rejected", "in_use", "superseded")
        if is_decided:
            # A minor change is decided by the expert alone.
            decided_by = self._expert if change == "minor" else self._reviewers[1]
            known |= {"decided_by": decided_by, "decided_at": decided_at}
            known |= {"waiting_for": "organisation", "waiting_since": decided_at}
        if state in ("in_use", "superseded"):
            known |= {"activated_by": self._main_user, "activated_at": decided_at + timedelta(days=1)}
        if state in ("rejected", "withdrawn", "in_use", "superseded"):
            known |= {"waiting_for": None, "waiting_since": None}
        self._demo.add(
            "training_model_versions",
            id=version_id,
            model_id=model_id,
            number=number,
            change=change,
            reason=None if number == 1 else "Turvallinen tila kuuluu jokaiseen kurssiin.",
            state=state,
            **asdict(content_of(written)) | {"texts": texts},
            created_by=self._expert if number == 1 else self._main_user,
            created_at=started_at,
            **known | columns,
        )
        if is_decided and change != "minor":
            self._review(version_id, 2, against=columns.get("decision_reason"), earlier=earlier)
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

    def _review(
        self, version_id: UUID, opinions: int, *, against: str | None = None, earlier: timedelta = timedelta()
    ) -> None:
        """Name the reviewers; the last of them has given an opinion, or both have, for it or against it."""
        opinion = {"opinion": "for", "text": "Tavoitteet ja arviointi sopivat yhteen."}
        if against:
            opinion = {"opinion": "against", "text": against}
        given = opinion | {"given_at": DECIDED_AT - earlier}
        for place, reviewer in enumerate(reversed(self._reviewers)):
            self._demo.add(
                "training_model_reviews",
                id=demo_id("training model review", version_id, reviewer, at=SUBMITTED_AT - earlier),
                version_id=version_id,
                submission=1,
                person_id=reviewer,
                named_by=self._expert,
                named_at=SUBMITTED_AT - earlier,
                **given if place < opinions else dict.fromkeys(given),
            )
