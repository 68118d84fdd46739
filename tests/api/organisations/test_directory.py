"""`GET /v1/organisation-directory`: people without a role find an organisation to apply to."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from tests.builders import Centre, Person, refusal

PATH = "/v1/organisation-directory"


@pytest.fixture
def central(centre: Centre) -> UUID:
    return centre.organisation(
        name="Marttaliitto", name_sv="Marthaförbundet", search_text="marttaliitto marthaforbundet"
    )


def names(person: Person, **filters: Any) -> list[str]:
    return [each["name"] for each in person.get(PATH, params=filters).json()["items"]]


def test_a_person_without_a_role_finds_an_organisation_and_applies_to_it(centre: Centre, central: UUID) -> None:
    person = centre.person()
    unit = centre.organisation(central, name="Kainuun Martat")
    assert person.get("/v1/organisations").json()["items"] == []
    answer = person.get(PATH, params={"q": "martta", "kind": "central"})
    assert answer.json()["items"] == [
        {
            "id": str(central),
            "name": "Marttaliitto",
            "name_sv": "Marthaförbundet",
            "kind": "central",
            "central_organisation_id": str(central),
            "parent_name": None,
        }
    ]
    [found] = person.get(PATH, params={"q": "kainuun"}).json()["items"]
    assert (found["id"], found["parent_name"]) == (str(unit), "Marttaliitto")
    body = {"organisation_id": found["id"], "role": "training_manager"}
    assert person.post("/v1/role-applications", body).status_code == 201


def test_an_organisation_without_applications_is_found_too(centre: Centre, central: UUID) -> None:
    rules = {"kinds": ["central"], "units": None, "applications": "by_invitation", "unit_managers_decide": False}
    answer = centre.main_user(central).put(f"/v1/organisations/{central}/training-rules", rules)
    assert answer.status_code == 200
    assert names(centre.person()) == ["Marttaliitto"]


def test_an_ended_organisation_is_left_out_with_all_below_it(centre: Centre, central: UUID) -> None:
    ended = centre.organisation(central, name="Entinen piiri", active_until=date(2023, 3, 14))
    centre.organisation(ended, name="Entisen piirin yhdistys")
    centre.organisation(central, name="Päättyvä piiri", active_until=date(2023, 3, 15))
    assert names(centre.person()) == ["Marttaliitto", "Päättyvä piiri"]


def test_the_directory_comes_in_pages_by_name(centre: Centre, central: UUID) -> None:
    person = centre.person()
    for name in ("Waasa", "Aura"):
        centre.organisation(central, name=name)
    first = person.get(PATH, params={"limit": 2, "include": "total"}).json()
    assert ([each["name"] for each in first["items"]], first["total"]) == (["Aura", "Marttaliitto"], 3)
    assert names(person, limit=2, cursor=first["next_cursor"]) == ["Waasa"]
    assert refusal(person.get(PATH, params={"cursor": "x"})) == (400, "invalid-cursor")


def test_the_directory_shows_ones_own_study_centre_to_registered_people(centre: Centre, central: UUID) -> None:
    stranger = Person(central, centre.signed_in("nobody-yet"))
    assert refusal(stranger.get(PATH)) == (403, "not-registered")
