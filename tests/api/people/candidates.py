"""A person who applies to become main user, and the application up to the step that a test needs."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tests.builders import Centre, Person

PATH = "/v1/main-user-applications"


@dataclass
class Candidate:
    """A training manager of an association, whose central organisation has a signatory in force."""

    central: UUID
    unit: UUID
    applicant: Person
    staff: Person
    signatory: Person | None
    """None if the signatory is known by name only."""
    signatory_id: str

    @classmethod
    def of(cls, centre: Centre, *, signatory_in_person: bool = False) -> "Candidate":
        central = centre.organisation(name="Marttaliitto")
        unit = centre.organisation(central)
        staff = centre.staff()
        signatory = centre.person("training_manager", unit) if signatory_in_person else None
        named = {"name": None, "person_id": str(signatory.id)} if signatory else {}
        signatory_id = signatory_of(staff, central, **named)["id"]
        applicant = centre.person("training_manager", unit)
        return cls(central, unit, applicant, staff, signatory, signatory_id)

    def asked(self, **more: Any) -> dict[str, Any]:
        return {"organisation_id": str(self.central), "signatory_id": self.signatory_id} | more

    def drafted(self, **more: Any) -> str:
        answer = self.applicant.post(PATH, self.asked(**more))
        assert answer.status_code == 201, answer.text
        return answer.headers["Location"]

    def submitted(self, **more: Any) -> str:
        location = self.drafted(**more)
        answer = self.applicant.post(f"{location}/submission", key=False)
        assert answer.status_code == 200, answer.text
        return location

    def sign_here(self, person: Person, location: str) -> Any:
        """Both sign in the service."""
        digest = person.get(location).json()["document_digest"]
        answer = person.post(f"{location}/signatures", {"digest": digest})
        assert answer.status_code == 201, answer.text
        return answer.json()

    def received(self, **more: Any) -> str:
        """Signed in the service by both."""
        assert self.signatory
        location = self.submitted(**more)
        for person in (self.applicant, self.signatory):
            self.sign_here(person, location)
        return location

    def approved(self, **more: Any) -> str:
        location = self.received(**more)
        answer = self.staff.post(f"{location}/decision", {"outcome": "approved"})
        assert answer.status_code == 200, answer.text
        return location


def signatory_of(staff: Person, central: UUID, **more: Any) -> Any:
    body = {"name": "Aili Puheenjohtaja", "basis": "Puheenjohtaja", "valid_from": "2023-01-01"} | more
    answer = staff.post(f"/v1/organisations/{central}/signatories", body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def main_user_grant(centre: Centre, person: Person) -> str:
    ((grant_id,),) = centre.rows("SELECT id FROM role_grants WHERE person_id = %s AND role = 'main_user'", person.id)
    return str(grant_id)
