"""`/v1/organisations/{id}/signatories`."""

from datetime import date
from typing import Any
from uuid import UUID

import psycopg
import pytest

from app.db.identifiers import new_id
from tests.builders import Centre, Person, refusal


def path_of(central: UUID) -> str:
    return f"/v1/organisations/{central}/signatories"


def entered(**more: Any) -> dict[str, Any]:
    return {"name": "Aili Puheenjohtaja", "basis": "Puheenjohtaja, säännöt 8 §", "valid_from": "2023-01-01"} | more


def test_a_main_user_enters_a_signatory_and_staff_confirm_it(centre: Centre, main_user: Person, central: UUID) -> None:
    answer = main_user.post(path_of(central), entered(valid_until="2023-12-31"))
    assert answer.status_code == 201
    signatory = answer.json()
    assert (signatory["state"], signatory["confirmed_by"]) == ("unconfirmed", None)
    location = answer.headers["Location"]
    assert main_user.get(location).json() == signatory
    staff = centre.staff()
    confirmed = staff.post(f"{location}/confirmation", key=False)
    assert (confirmed.json()["state"], confirmed.json()["confirmed_by"]) == ("in_force", str(staff.id))
    fetched = main_user.get(location)
    assert (fetched.json(), fetched.headers["ETag"]) == (confirmed.json(), confirmed.headers["ETag"])
    assert refusal(staff.post(f"{location}/confirmation", key=False)) == (409, "wrong-state")


def test_the_first_signatory_that_staff_enter_needs_no_confirmation(centre: Centre, central: UUID) -> None:
    staff = centre.staff()
    first = staff.post(path_of(central), entered()).json()
    assert (first["state"], first["confirmed_by"]) == ("in_force", str(staff.id))
    second = staff.post(path_of(central), entered(name="Bertta Varapuheenjohtaja"))
    assert second.json()["state"] == "unconfirmed"
    confirmation = f"{second.headers['Location']}/confirmation"
    assert refusal(staff.post(confirmation, key=False)) == (403, "forbidden")
    assert centre.staff().post(confirmation, key=False).json()["state"] == "in_force"


def test_after_an_ended_signatory_staff_may_enter_a_first_one_again(centre: Centre, central: UUID) -> None:
    staff = centre.staff()
    first = staff.post(path_of(central), entered())
    ended = staff.post(f"{first.headers['Location']}/end", {"reason": "Kausi päättyi"})
    assert ended.json()["state"] == "ended"
    assert staff.get(first.headers["Location"]).json() == ended.json()
    assert refusal(staff.post(f"{first.headers['Location']}/end", key=False)) == (409, "wrong-state")
    assert staff.post(path_of(central), entered()).json()["state"] == "in_force"


@pytest.mark.parametrize("staff_is", ["named", "main user"])
def test_staff_do_not_confirm_a_signatory_that_they_entered(
    centre: Centre, main_user: Person, central: UUID, staff_is: str
) -> None:
    staff = centre.staff()
    centre.grant(staff.id, "main_user" if staff_is == "main user" else "training_manager", central)
    more = {"name": None, "person_id": str(staff.id)} if staff_is == "named" else {}
    own = staff.post(path_of(central), entered(**more))
    assert own.json()["state"] == "unconfirmed"
    others = main_user.post(path_of(central), entered(**more))
    assert refusal(staff.post(f"{others.headers['Location']}/confirmation", key=False)) == (403, "forbidden")
    if staff_is == "named":
        with pytest.raises(psycopg.errors.CheckViolation, match="not_confirmed_by_themselves"):
            centre.owner.execute("UPDATE signatories SET confirmed_by = person_id, confirmed_at = entered_at")


def test_main_users_do_not_confirm_signatories(centre: Centre, main_user: Person, central: UUID) -> None:
    location = main_user.post(path_of(central), entered()).headers["Location"]
    other = centre.main_user(central)
    assert refusal(other.post(f"{location}/confirmation", key=False)) == (403, "forbidden")


def test_a_person_is_named_by_id_and_shown_by_name(centre: Centre, main_user: Person, central: UUID) -> None:
    manager = centre.person("training_manager", centre.organisation(central))
    answer = main_user.post(path_of(central), entered(name=None, person_id=str(manager.id)))
    assert (answer.json()["name"], answer.json()["person_id"]) == ("Aino Esimerkki", str(manager.id))
    stranger = centre.person()
    for unknown in (stranger.id, new_id()):
        refused = main_user.post(path_of(central), entered(name=None, person_id=str(unknown)))
        assert refusal(refused) == (404, "not-found")
        assert refused.json()["pointer"] == "/person_id"
    assert centre.staff().post(path_of(central), entered(name=None, person_id=str(stranger.id))).status_code == 201


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (entered(name=None), ("/name", "name-or-person")),
        (entered(person_id=str(new_id())), ("/name", "name-or-person")),
        (entered(valid_until="2022-12-31"), ("/valid_until", "day-order")),
        (entered(valid_from="0001-01-01"), ("/valid_from", "out-of-range")),
        (entered(valid_until="9999-12-31"), ("/valid_until", "out-of-range")),
        (entered(state="in_force"), ("/state", "extra-forbidden")),
        (entered(basis=" "), ("/basis", "string-too-short")),
    ],
)
def test_a_wrong_shape_is_refused(
    main_user: Person, central: UUID, body: dict[str, Any], fault: tuple[str, str]
) -> None:
    answer = main_user.post(path_of(central), body)
    assert refusal(answer) == (422, "validation")
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [fault]


def test_only_central_organisations_have_signatories(centre: Centre, main_user: Person, central: UUID) -> None:
    assert refusal(main_user.post(path_of(centre.organisation(central)), entered())) == (409, "not-central")


def test_only_main_users_and_staff_see_and_enter_signatories(centre: Centre, main_user: Person, central: UUID) -> None:
    location = main_user.post(path_of(central), entered()).headers["Location"]
    below = centre.person("training_manager", centre.organisation(central))
    for person in (below, centre.person("auditor")):
        assert person.get(location).status_code == 200
        assert len(person.get(path_of(central)).json()["items"]) == 1
        assert refusal(person.post(path_of(central), entered())) == (403, "forbidden")
        assert refusal(person.post(f"{location}/end", key=False)) == (403, "forbidden")
    foreign = centre.main_user(centre.organisation())
    for path in (location, path_of(central), path_of(new_id())):
        assert refusal(foreign.get(path)) == (404, "not-found")
    assert refusal(foreign.post(path_of(central), entered())) == (404, "not-found")
    assert refusal(main_user.get(f"{path_of(central)}/{new_id()}")) == (404, "not-found")
    other = centre.organisation()
    centre.grant(main_user.id, "main_user", other)
    assert refusal(main_user.get(f"{path_of(other)}/{location.rsplit('/')[-1]}")) == (404, "not-found")


def test_the_state_follows_from_the_days_and_filters_the_list(centre: Centre, main_user: Person, central: UUID) -> None:
    staff = centre.staff()
    coming = staff.post(path_of(central), entered(valid_from="2023-05-01", valid_until="2023-05-31")).json()
    waiting = main_user.post(path_of(central), entered()).json()

    def listed(state: str) -> list[str]:
        return [item["id"] for item in main_user.get(path_of(central), params={"state": state}).json()["items"]]

    for day, state in (
        (date(2023, 4, 30), "upcoming"),
        (date(2023, 5, 1), "in_force"),
        (date(2023, 5, 31), "in_force"),
        (date(2023, 6, 1), "ended"),
    ):
        centre.clock(day.year, day.month, day.day)
        assert main_user.get(f"{path_of(central)}/{coming['id']}").json()["state"] == state
        for other in ("unconfirmed", "upcoming", "in_force", "ended"):
            expected = [waiting["id"]] * (other == "unconfirmed") + [coming["id"]] * (other == state)
            assert listed(other) == expected, (day, other)
