"""The steps of a training model from the proposal to a version in use, each as far as a test needs it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx

from tests.builders import Centre, Person

MODELS = "/v1/training-models"
CRITERIA = ("credits", "competence_based", "assessed", "liberal_adult_education", "usable", "basic_mission", "member")
CONTENT: dict[str, Any] = {
    "texts": {
        "fi": {
            "name": "Ryhmänohjaajan peruskurssi",
            "goals": ["Osaa suunnitella kokoontumisen", "Osaa ohjata ryhmää"],
            "certificate_text": "Kurssilla opittiin ohjaamaan vapaaehtoisten ryhmää.",
        }
    },
    "content": "Ryhmän vaiheet, ohjaajan rooli ja kokoontumisen suunnittelu.",
    "assessment": {
        "what": "Kokoontumisen suunnitelma",
        "how": "Suunnitelma arvioidaan tavoitteiden mukaan.",
        "by_whom": "Kouluttaja",
        "scale": "pass_fail",
    },
    "methods": "Lähiopetusta ja harjoitus omassa ryhmässä.",
    "learner_hours": 54,
    "trainer_qualifications": "Kokemusta ryhmien ohjaamisesta.",
}
"""All that a submission needs."""


def ok(answer: httpx.Response, status: int = 200) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


def end_roles(centre: Centre, person: Person) -> None:
    centre.owner.execute("UPDATE role_grants SET valid_until = '2023-03-01' WHERE person_id = %s", [person.id])


def errors_of(answer: httpx.Response) -> list[tuple[str, str]]:
    return [(error["pointer"], error["code"]) for error in answer.json()["errors"]]


def findings(**unmet: str) -> list[dict[str, Any]]:
    """One for each criterion; those in `unmet` are not met, for these reasons."""
    return [{"criterion": name, "met": name not in unmet, "note": unmet.get(name)} for name in CRITERIA]


def proposal(organisation_id: UUID, **more: Any) -> dict[str, Any]:
    return {
        "organisation_id": str(organisation_id),
        "name": "Ryhmänohjaajan peruskurssi",
        "idea": "Uudet ohjaajat oppivat ohjaamaan vapaaehtoisten ryhmiä.",
        "target_group": "Yhdistysten uudet ohjaajat",
        "expected_credits": 2,
        "grounds": "Ohjaajia tarvitaan joka syksy lisää.",
    } | more


@dataclass
class Modelling:
    """A central organisation's main user, and the staff: an expert and two reviewers."""

    centre: Centre
    central: UUID
    main_user: Person
    expert: Person
    reviewers: tuple[Person, Person]

    @classmethod
    def of(cls, centre: Centre, central: UUID, main_user: Person | None = None) -> "Modelling":
        reviewers = (centre.staff(), centre.staff())
        return cls(centre, central, main_user or centre.main_user(central), centre.staff(), reviewers)

    def proposed(self, **more: Any) -> str:
        """The path of a new proposal."""
        answer = self.main_user.post(MODELS, proposal(self.central, **more))
        ok(answer, 201)
        return str(answer.headers["Location"])

    def accepted(self, **more: Any) -> str:
        """The path of a model whose first version is in work."""
        path = self.proposed(**more)
        ok(self.expert.post(f"{path}/screening", {"outcome": "accepted", "criteria": findings()}))
        return path

    def written(self, **content: Any) -> str:
        """The path of a first version that can be submitted."""
        path = f"{self.accepted()}/versions/1"
        ok(self.main_user.patch(path, CONTENT | content))
        return path

    def submitted(self, version: str | None = None, **content: Any) -> str:
        """The path of a version in review: of that one, or of a new first version."""
        path = version or self.written(**content)
        ok(self.main_user.post(f"{path}/submission"))
        return path

    def reviewed(self, version: str | None = None, **content: Any) -> str:
        """The path of a version that both reviewers are for."""
        path = self.submitted(version, **content)
        ok(self.expert.put(f"{path}/reviewers", {"person_ids": [str(each.id) for each in self.reviewers]}))
        for reviewer in self.reviewers:
            ok(reviewer.put(f"{path}/opinion", {"opinion": "for", "text": "Tavoitteet ja arviointi sopivat yhteen."}))
        return path

    def approved(self, version: str | None = None, **content: Any) -> str:
        path = self.reviewed(version, **content)
        ok(self.reviewers[0].post(f"{path}/decision", {"outcome": "approved"}))
        return path

    def in_use(self, version: str | None = None, **content: Any) -> str:
        """The path of a version in use, of a new model unless another is given."""
        path = self.approved(version, **content)
        ok(self.main_user.post(f"{path}/activation"))
        return path

    def next_version(self, path: str, change: str = "substantial") -> str:
        """The path of the next version of the model, in work."""
        answer = self.main_user.post(f"{path}/versions", {"change": change, "reason": "Palaute kursseilta"})
        ok(answer, 201)
        return str(answer.headers["Location"])


def model_of(version: str) -> str:
    """The path of the version's model."""
    return version.partition("/versions/")[0]
