"""A league of associations in the autumn of 2023, when the hours of 2024 are proposed."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from tests.builders import Centre, Person

PROPOSALS = "/v1/hour-proposals"


def line(unit_id: UUID, hours: int, **more: Any) -> dict[str, Any]:
    return {"unit_id": str(unit_id), "hours": hours, **more}


@dataclass
class League:
    centre: Centre
    central: UUID
    district: UUID
    """Directly below the central organisation."""
    association: UUID
    """Below the district."""
    main_user: Person
    staff: Person
    manager: Person
    """The manager of the district."""

    def draft(self, proposer: Person, organisation_id: UUID, *lines: dict[str, Any], year: int = 2024) -> Any:
        lines = lines or (line(organisation_id, 100),)
        body = {"organisation_id": str(organisation_id), "year": year, "lines": lines}
        answer = proposer.post(PROPOSALS, body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def submitted(self, proposer: Person, organisation_id: UUID, *lines: dict[str, Any]) -> Any:
        proposal = self.draft(proposer, organisation_id, *lines)
        answer = proposer.post(f"{PROPOSALS}/{proposal['id']}/submission")
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def league(centre: Centre) -> League:
    """The round of 1.10.–30.11. is open: it is noon on 16 October."""
    centre.clock(2023, 10, 16, 12)
    centre.deadline("proposal_round", date(2023, 10, 1), date(2023, 11, 30))
    central = centre.organisation(name="Marttaliitto")
    district = centre.organisation(central, name="Hämeen piiri", kind="district")
    association = centre.organisation(district, name="Lahden Martat")
    manager = centre.person("unit_manager", district)
    return League(centre, central, district, association, centre.main_user(central), centre.staff(), manager)
