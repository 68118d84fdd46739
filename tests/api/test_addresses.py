"""Email addresses, wherever one is entered: in what form, and that emails can reach them."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from app.db.identifiers import new_id
from tests.builders import Centre, refusal

Entering = Callable[[Centre, str], Any]


def registering(centre: Centre, address: str) -> Any:
    # A study centre without people is not known at sign-in yet.
    centre.staff()
    newcomer = centre.signed_in(new_id())
    body = {"name": "Uusi Ihminen", "email": address, "study_centre_id": str(centre.id)}
    return newcomer.post("/v1/people", json=body)


def changing_ones_own(centre: Centre, address: str) -> Any:
    return centre.person().patch("/v1/me", {"email": address})


def adding_an_organisation(centre: Centre, address: str) -> Any:
    body = {"name": "Yhdistys", "kind": "central", "parent_id": None, "email": address}
    return centre.staff().post("/v1/organisations", body)


def changing_an_organisation(centre: Centre, address: str) -> Any:
    return centre.staff().patch(f"/v1/organisations/{centre.organisation()}", {"email": address})


def changing_a_contact_person(centre: Centre, address: str) -> Any:
    body = {"contact_person": {"email": address}}
    return centre.staff().patch(f"/v1/organisations/{centre.organisation()}", body)


def opening_an_office(centre: Centre, address: str) -> Any:
    return centre.staff().post("/v1/regional-offices", {"name": "Turku", "email": address})


ENTERED: dict[Entering, str] = {
    registering: "/email",
    changing_ones_own: "/email",
    adding_an_organisation: "/email",
    changing_an_organisation: "/email",
    changing_a_contact_person: "/contact_person/email",
    opening_an_office: "/email",
}


def shown(body: Any, pointer: str) -> Any:
    for name in pointer.split("/")[1:]:
        body = body["person"][name] if "person" in body else body[name]
    return body


@pytest.mark.parametrize(("enter", "pointer"), ENTERED.items())
def test_an_address_is_kept_as_it_is_written(centre: Centre, enter: Entering, pointer: str) -> None:
    answer = enter(centre, " Aino.K@Straße.example ")
    assert answer.status_code in {200, 201}, answer.text
    assert shown(answer.json(), pointer) == "Aino.K@Straße.example"


@pytest.mark.parametrize(("enter", "pointer"), ENTERED.items())
@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("aino@printer.local", "email-unreachable"),
        ("aino@example.invalid", "email-unreachable"),
        ("päivi@example.org", "email-unreachable"),
        ("aino@☃.example", "email-unreachable"),
        ("aino@localhost", "email-format"),
    ],
)
def test_an_address_that_no_email_can_reach_is_refused(
    centre: Centre, enter: Entering, pointer: str, address: str, code: str
) -> None:
    answer = enter(centre, address)
    assert refusal(answer) == (422, "validation")
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [(pointer, code)]


def test_a_stored_address_that_would_be_refused_now_does_not_prevent_other_changes(
    centre: Centre, central: UUID
) -> None:
    staff, person = centre.staff(), centre.person()
    centre.owner.execute("UPDATE persons SET email = 'päivi@exam_ple.org' WHERE id = %s", [person.id])
    centre.owner.execute(
        "UPDATE organisations SET email = 'aino@printer.local', contact_person = %s WHERE id = %s",
        ['{"name": "Aino", "email": "aino@localhost", "phone": null}', central],
    )
    changed = person.patch("/v1/me", {"phone": "040 123 4567"})
    assert (changed.status_code, changed.json()["person"]["email"]) == (200, "päivi@exam_ple.org")
    path = f"/v1/organisations/{central}"
    assert staff.get(path).json()["email"] == "aino@printer.local"
    organisation = staff.patch(path, {"name": "Uusi nimi", "contact_person": {"phone": "040 123 4567"}}).json()
    assert (organisation["name"], organisation["email"]) == ("Uusi nimi", "aino@printer.local")
    assert organisation["contact_person"] == {"name": "Aino", "email": "aino@localhost", "phone": "040 123 4567"}
