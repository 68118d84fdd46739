"""`/v1/onboardings`, and which organisations have few main users."""

from typing import Any
from uuid import UUID

import pytest

from app.db.identifiers import new_id
from tests.builders import FOREVER, Centre, Person, refusal

PATH = "/v1/onboardings"


@pytest.fixture
def newcomer(centre: Centre, central: UUID) -> Person:
    return centre.main_user(central)


@pytest.fixture
def onboarding(centre: Centre, newcomer: Person) -> str:
    """The path of the newcomer's onboarding."""
    onboarding_id = new_id()
    centre.owner.execute(
        "INSERT INTO onboardings (id, role_grant_id, created_at) SELECT %s, id, %s FROM role_grants "
        "WHERE person_id = %s",
        [onboarding_id, FOREVER, newcomer.id],
    )
    return f"{PATH}/{onboarding_id}"


def test_the_people_concerned_mark_the_four_steps_as_done(
    centre: Centre, central: UUID, newcomer: Person, onboarding: str
) -> None:
    other, staff = centre.main_user(central), centre.staff()
    seen = newcomer.get(onboarding).json()
    assert (seen["state"], seen["right_given_on"], seen["person_id"]) == ("open", "2000-01-01", str(newcomer.id))
    induction = {"inductor_id": str(other.id), "inducted_on": "2023-03-10"}
    assert staff.patch(onboarding, induction).json()["state"] == "open"
    assert newcomer.patch(onboarding, {"service_known_on": "2023-03-15"}).json()["state"] == "open"
    answer = other.patch(onboarding, {"member_services_known_on": "2023-03-14"})
    assert answer.json()["state"] == "done"
    fetched = newcomer.get(onboarding)
    assert (fetched.json(), fetched.headers["ETag"]) == (answer.json(), answer.headers["ETag"])
    assert staff.get(PATH, params={"state": "open"}).json()["items"] == []
    assert staff.get(PATH, params={"state": "done", "under": str(central)}).json()["items"] == [answer.json()]
    named = newcomer.patch(onboarding, {"inductor_name": "Edellinen pääkäyttäjä"}).json()
    assert (named["inductor_id"], named["inductor_name"]) == (None, "Edellinen pääkäyttäjä")


def inductor_of(reader: Person, onboarding: str) -> tuple[str | None, str | None]:
    """ID and name of the person who gives the onboarding, the same alone and in the list."""
    one = reader.get(onboarding).json()
    assert reader.get(PATH).json()["items"] == [one]
    return one["inductor_id"], one["inductor_name"]


def test_the_inductor_is_named_to_those_who_may_see_that_person(
    centre: Centre, central: UUID, newcomer: Person, onboarding: str
) -> None:
    other, staff, inductor = centre.main_user(central), centre.staff(), centre.main_user(central)
    centre.owner.execute("UPDATE persons SET name = 'Liisa Perehdyttäjä' WHERE id = %s", [inductor.id])
    named = (str(inductor.id), "Liisa Perehdyttäjä")
    answer = other.patch(onboarding, {"inductor_id": str(inductor.id)})
    assert (answer.json()["inductor_id"], answer.json()["inductor_name"]) == named
    fetched = other.get(onboarding)
    assert (fetched.json(), fetched.headers["ETag"]) == (answer.json(), answer.headers["ETag"])
    for reader in (newcomer, other, staff, centre.person("auditor")):
        assert inductor_of(reader, onboarding) == named
    centre.owner.execute("UPDATE role_grants SET valid_until = '2023-03-01' WHERE person_id = %s", [inductor.id])
    assert inductor_of(newcomer, onboarding) == (str(inductor.id), None)
    assert inductor_of(staff, onboarding) == named
    assert inductor.post(f"/v1/people/{inductor.id}/erasure", {"reason": "Pyyntö"}).status_code == 200
    assert inductor_of(staff, onboarding) == (str(inductor.id), None)


def test_what_is_shown_can_be_sent_back_and_the_name_is_not_stored(
    centre: Centre, central: UUID, newcomer: Person, onboarding: str
) -> None:
    inductor, staff = centre.main_user(central), centre.staff()
    newcomer.patch(onboarding, {"inductor_id": str(inductor.id), "inducted_on": "2023-03-10"})
    shown = newcomer.get(onboarding).json()
    known = {"inductor_id": shown["inductor_id"], "inductor_name": shown["inductor_name"]}
    assert known == {"inductor_id": str(inductor.id), "inductor_name": "Aino Esimerkki"}
    before = centre.rows("SELECT count(*) FROM audit_entries")
    for same in (
        known,
        {"inductor_name": "Aino Esimerkki"},
        {"inductor_name": None},
        {"inductor_id": str(inductor.id)},
    ):
        answer = newcomer.patch(onboarding, same)
        assert (answer.status_code, answer.json()) == (200, shown)
    assert centre.rows("SELECT count(*) FROM audit_entries") == before
    day = newcomer.patch(onboarding, known | {"service_known_on": "2023-03-14"}).json()
    assert day == shown | {"service_known_on": "2023-03-14"}
    changed = newcomer.patch(onboarding, known | {"inductor_id": str(staff.id)})
    assert changed.json()["inductor_id"] == str(staff.id)
    assert centre.rows("SELECT inductor_id, inductor_name FROM onboardings") == [(staff.id, None)]
    refused = newcomer.patch(onboarding, {"inductor_id": None})
    assert [fault["pointer"] for fault in refused.json()["errors"]] == ["/inductor_id"]
    refused = newcomer.patch(onboarding, {"inductor_id": str(staff.id), "inductor_name": "Muu Ihminen"})
    assert [fault["code"] for fault in refused.json()["errors"]] == ["none-required"]
    in_words = newcomer.patch(onboarding, {"inductor_id": None, "inductor_name": "Aino Esimerkki"})
    assert in_words.status_code == 200
    assert centre.rows("SELECT inductor_id, inductor_name FROM onboardings") == [(None, "Aino Esimerkki")]


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({"service_known_on": "2023-03-16"}, [("/service_known_on", "day-to-come")]),
        ({"service_known_on": "1999-12-31"}, [("/service_known_on", "out-of-range")]),
        ({"inducted_on": "2023-03-15"}, [("/inductor_id", "required")]),
        ({"inductor_id": "themself"}, [("/inductor_id", "not-an-inductor")]),
        ({"inductor_id": "a stranger"}, [("/inductor_id", "not-an-inductor")]),
        ({"inductor_id": "staff", "inductor_name": "Aino"}, [("/inductor_name", "none-required")]),
    ],
)
def test_wrong_days_and_inductors_are_refused(
    centre: Centre, newcomer: Person, onboarding: str, changes: dict[str, Any], faults: list[tuple[str, str]]
) -> None:
    people = {"themself": newcomer, "a stranger": centre.person(), "staff": centre.staff()}
    if inductor := changes.get("inductor_id"):
        changes = changes | {"inductor_id": str(people[inductor].id)}
    answer = newcomer.patch(onboarding, changes)
    assert refusal(answer) == (422, "validation")
    assert [(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]] == faults


def test_other_people_neither_see_nor_change_an_onboarding(
    centre: Centre, central: UUID, newcomer: Person, onboarding: str
) -> None:
    for outsider in (centre.person("training_manager", central), centre.main_user(centre.organisation())):
        assert refusal(outsider.get(onboarding)) == (404, "not-found")
        assert outsider.get(PATH).json()["items"] == []
    body = {"service_known_on": "2023-03-15"}
    auditor = centre.person("auditor")
    assert refusal(auditor.patch(onboarding, body)) == (403, "forbidden")
    assert refusal(newcomer.patch(onboarding, body, etag='"old"')) == (412, "precondition-failed")
    assert refusal(newcomer.get(f"{PATH}/{new_id()}")) == (404, "not-found")


def test_organisations_with_few_main_users_are_listed_to_the_staff(centre: Centre) -> None:
    numbers = {"Aamukerho": 0, "Iltakerho": 1, "Päiväkerho": 2}
    for name, number in numbers.items():
        organisation_id = centre.organisation(name=name)
        for _ in range(number):
            centre.main_user(organisation_id)
    centre.organisation(name="Entinen", active_until="2022-12-31")
    centre.owner.execute(
        "UPDATE role_grants SET valid_until = '2023-12-31' WHERE id = (SELECT max(g.id::text)::uuid FROM role_grants g "
        "JOIN organisations o ON o.id = g.organisation_id WHERE o.name = 'Päiväkerho')"
    )
    staff = centre.staff()

    def listed(**filters: str) -> list[tuple[str, int, int]]:
        items = staff.get("/v1/main-user-coverage", params=filters).json()["items"]
        return [(item["organisation_name"], item["main_users"], item["lasting"]) for item in items]

    assert listed() == [("Aamukerho", 0, 0), ("Iltakerho", 1, 1), ("Päiväkerho", 2, 1)]
    assert listed(coverage="none") == [("Aamukerho", 0, 0)]
    assert listed(coverage="one") == [("Iltakerho", 1, 1)]
    assert listed(coverage="several") == [("Päiväkerho", 2, 1)]
    main_user = centre.main_user(centre.organisation())
    assert refusal(main_user.get("/v1/main-user-coverage")) == (403, "forbidden")
