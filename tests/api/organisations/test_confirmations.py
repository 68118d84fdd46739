"""`/v1/organisation-confirmations`."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from app.db.identifiers import new_id
from tests.builders import Centre, refusal

PATH = "/v1/organisation-confirmations"


@pytest.fixture
def central(centre: Centre) -> UUID:
    centre.deadline("data_confirmation", date(2023, 3, 1), date(2023, 3, 31))
    return centre.organisation(name="Marttaliitto")


def body_of(organisation_id: UUID, year: int = 2023) -> dict[str, Any]:
    return {"organisation_id": str(organisation_id), "year": year}


def test_each_main_user_confirms_once_a_year(centre: Centre, central: UUID) -> None:
    main_user = centre.main_user(central)
    answer = main_user.post(PATH, body_of(central))
    assert answer.status_code == 201
    confirmation = answer.json()
    assert (confirmation["late"], confirmation["confirmed_at"]) == (False, "2023-03-15T12:00:00+02:00")
    fetched = main_user.get(answer.headers["Location"])
    assert (fetched.json(), fetched.headers["ETag"]) == (confirmation, answer.headers["ETag"])
    assert refusal(main_user.post(PATH, body_of(central))) == (409, "already-exists")
    assert centre.main_user(central).post(PATH, body_of(central)).status_code == 201
    assert len(centre.staff().get(PATH, params={"year": 2023, "under": str(central)}).json()["items"]) == 2
    [own] = main_user.get(PATH, params={"person_id": str(main_user.id)}).json()["items"]
    assert own == confirmation
    outsider = centre.main_user(centre.organisation())
    assert outsider.get(PATH).json()["items"] == []
    assert refusal(outsider.get(answer.headers["Location"])) == (404, "not-found")
    assert refusal(main_user.get(f"{PATH}/{new_id()}")) == (404, "not-found")


def test_a_confirmation_may_name_the_page_about_the_membership(centre: Centre, central: UUID) -> None:
    main_user, page = centre.main_user(central), "https://www.marttaliitto.fi/opintokeskus"
    answer = main_user.post(PATH, body_of(central) | {"membership_page_url": page})
    assert (answer.status_code, answer.json()["membership_page_url"]) == (201, page)
    assert main_user.get(answer.headers["Location"]).json() == answer.json()
    other = centre.main_user(central)
    assert refusal(other.post(PATH, body_of(central) | {"membership_page_url": "marttaliitto"})) == (422, "validation")
    assert other.post(PATH, body_of(central)).json()["membership_page_url"] is None


def test_a_confirmation_comes_not_too_early_but_may_be_late(centre: Centre, central: UUID) -> None:
    main_user, late = centre.main_user(central), centre.main_user(central)
    centre.clock(2023, 2, 28, 23, 59, 59)
    early = main_user.post(PATH, body_of(central))
    assert refusal(early) == (409, "window-closed")
    assert (early.json()["kind"], early.json()["opens_on"]) == ("data_confirmation", "2023-03-01")
    centre.clock(2023, 3, 31, 23, 59, 59)
    assert main_user.post(PATH, body_of(central)).json()["late"] is False
    centre.clock(2023, 4, 1)
    assert late.post(PATH, body_of(central)).json()["late"] is True
    assert refusal(main_user.post(PATH, body_of(central, 2024))) == (409, "window-closed")


def test_a_confirmation_within_an_extension_is_in_time(centre: Centre, central: UUID) -> None:
    staff, main_user = centre.staff(), centre.main_user(central)
    [(deadline_id,)] = centre.rows("SELECT id FROM deadlines")
    body = {"organisation_id": str(central), "closes_on": "2023-04-10", "reason": "Pääkäyttäjä vaihtui"}
    assert staff.post(f"/v1/deadlines/{deadline_id}/extensions", body).status_code == 201
    centre.clock(2023, 4, 10, 12)
    assert main_user.post(PATH, body_of(central)).json()["late"] is False


def test_only_a_member_organisations_main_user_confirms(centre: Centre, central: UUID) -> None:
    unit = centre.organisation(central)
    main_user = centre.main_user(central)
    assert refusal(main_user.post(PATH, body_of(unit))) == (409, "not-central")
    assert refusal(main_user.post(PATH, body_of(centre.organisation()))) == (404, "not-found")
    for caller in (centre.staff(), centre.person("training_manager", central)):
        assert refusal(caller.post(PATH, body_of(central))) == (403, "forbidden")
    centre.owner.execute("UPDATE organisations SET active_until = '2022-12-31' WHERE id = %s", [central])
    assert refusal(main_user.post(PATH, body_of(central))) == (409, "not-a-member")
