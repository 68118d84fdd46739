"""`/v1/messages` from a main user to all managers of the own tree."""

from typing import Any
from uuid import UUID

import pytest

from app.db.identifiers import new_id
from tests.builders import Centre, Person, refusal
from tests.delivery.conftest import make
from tests.delivery.events import Make

__all__ = ["make"]

PATH = "/v1/messages"


@pytest.fixture
def central(centre: Centre) -> UUID:
    return centre.organisation(name="Marttaliitto")


@pytest.fixture
def main_user(centre: Centre, central: UUID) -> Person:
    return centre.main_user(central)


def write(person: Person, organisation_id: UUID, **changes: Any) -> Any:
    texts = {"fi": {"subject": "Koulutuspäivä", "body": "Tervetuloa, {organisation}!"}}
    return person.post(PATH, {"texts": texts, "audience": "tree", "organisation_id": str(organisation_id)} | changes)


def test_all_managers_of_the_own_tree_get_it_once(centre: Centre, main_user: Person, central: UUID, make: Make) -> None:
    unit = centre.organisation(central, name="Hämeen piiri", kind="district")
    below = centre.organisation(unit, name="Lahden Martat")
    reached = [
        centre.person("unit_manager", unit),
        centre.person("training_manager", below),
        centre.person("training_manager", central),
    ]
    centre.grant(reached[0].id, "training_manager", below)
    centre.person("observer", unit)
    foreign = centre.organisation()
    centre.person("unit_manager", centre.organisation(foreign))
    written = write(main_user, central)
    assert written.status_code == 201, written.text
    assert written.json() | {"audience": "tree", "organisation_id": str(central), "round_year": None} == written.json()
    path = written.headers["Location"]
    assert main_user.get(f"{path}/preview").json()["recipients"] == 3
    assert main_user.post(f"{path}/sending").status_code == 200
    make()
    mails = dict(centre.rows("SELECT person_id, text FROM mails WHERE event = 'message'"))
    assert mails.keys() == {person.id for person in reached}
    assert mails[reached[1].id] == "Hei Aino Esimerkki,\n\nTervetuloa, Lahden Martat!\n\nTerveisin\nMarttaliitto"
    assert main_user.get(path).json()["recipients"] == 3


def test_the_main_users_of_a_tree_write_twenty_messages_a_day(centre: Centre, main_user: Person, central: UUID) -> None:
    for _ in range(20):
        assert write(main_user, central).status_code == 201
    answer = write(centre.main_user(central), central)
    assert refusal(answer) == (429, "rate-limited")
    assert (answer.json()["most"], answer.json()["retry_at"]) == (20, "2023-03-16T00:00:00+02:00")
    centre.clock(2023, 3, 16)
    assert write(main_user, central).status_code == 201


def test_nobody_else_writes_to_the_tree(centre: Centre, main_user: Person, central: UUID) -> None:
    unit = centre.organisation(central)
    for person in (centre.staff(), centre.person("unit_manager", central), centre.person("training_manager", central)):
        assert refusal(write(person, central)) == (403, "forbidden")
    for person in (centre.main_user(centre.organisation()), centre.person("unit_manager", unit)):
        assert refusal(write(person, central)) == (404, "not-found")
    assert refusal(write(main_user, new_id())) == (404, "not-found")
    assert refusal(write(main_user, unit)) == (409, "not-central")
    round_of = write(main_user, central, round_year=2024, round_states=["draft"])
    assert refusal(round_of) == (422, "validation")
    assert [fault["pointer"] for fault in round_of.json()["errors"]] == ["/round_year", "/round_states"]
    without = main_user.post(PATH, {"texts": {"fi": {"subject": "A", "body": "B"}}, "audience": "tree"})
    assert [fault["pointer"] for fault in without.json()["errors"]] == ["/organisation_id"]
