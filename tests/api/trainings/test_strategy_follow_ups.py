"""`/v1/training-strategies/{id}/follow-ups`, contributions, the targets of hour proposals, and the task."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from app.db.identifiers import new_id
from tests.api.trainings.conftest import approved
from tests.api.trainings.test_statistics import figures, held
from tests.api.trainings.test_strategies import BOARDS, HOURS, PATH, adopted, changed, drafted
from tests.builders import Centre, Person, refusal
from tests.trainings import add_training

FIGURES = ("hours_used", "trainings_held", "participants", "completions", "support_cents")


def by_figures() -> list[dict[str, Any]]:
    """A target of each figure, and one of words."""
    targets = [HOURS | {"measure": {"kind": "figure", "figure": figure}, "text": figure} for figure in FIGURES]
    return [*targets, BOARDS]


def complete(centre: Centre, training_id: UUID, count: int, outcome: str = "passed", state: str = "in_force") -> None:
    """Add completions of so many participants."""
    recorder = centre.person()
    for _ in range(count):
        participant_id = new_id()
        centre.owner.execute(
            "INSERT INTO training_participants (id, training_id, name, under_age, created_by, created_at) "
            "VALUES (%s, %s, 'Osallistuja', false, %s, now())",
            [participant_id, training_id, recorder.id],
        )
        centre.owner.execute(
            "INSERT INTO completions (id, training_id, participant_id, name, search_text, kind, outcome, completed_on, "
            "assessed_by, attended, credits, state, recorded_by, recorded_at) VALUES "
            "(%s, %s, %s, 'Osallistuja', 'osallistuja', 'course', %s, '2023-03-01', 'Ope', true, %s, %s, %s, now())",
            [new_id(), training_id, participant_id, outcome, int(outcome == "passed"), state, recorder.id],
        )


def test_a_follow_up_copies_the_figures_of_the_day(
    centre: Centre, central: UUID, unit: UUID, main_user: Person, manager: Person, staff: Person
) -> None:
    held(centre, manager, staff, unit, of_age=20, female=10, male=10)
    held(centre, main_user, staff, central, of_age=8, female=8)
    approved(manager, staff, unit)
    complete(centre, add_training(centre, unit), 6)
    complete(centre, add_training(centre, central), 1, "failed")
    complete(centre, add_training(centre, centre.organisation()), 7)
    in_force = adopted(main_user, central, targets=by_figures())
    path = f"{PATH}/{in_force['id']}/follow-ups/2023"
    ids = [target["id"] for target in in_force["targets"]]
    learned = [{"target_id": ids[0], "learned": "Kouluttajat riittivät"}, {"target_id": ids[5]}]
    body = {"summary": "Hyvä vuosi", "targets": learned}
    centre.clock(2023, 4, 20)
    answer = main_user.put(path, body)
    assert answer.status_code == 200, answer.text
    follow_up = answer.json()
    costs = figures(main_user, "costs", under=central)["total"]["support_cents"]
    assert costs > 0
    assert [target["figure"] for target in follow_up["targets"]] == [12, 2, 28, 6, costs, None]
    assert follow_up["targets"][0] == {
        "target_id": ids[0],
        "text": "hours_used",
        "measure": {"kind": "figure", "figure": "hours_used"},
        "aim": 300,
        "year": 2024,
        "figure": 12,
        "learned": "Kouluttajat riittivät",
    }
    assert {name: value for name, value in follow_up.items() if name != "targets"} == {
        "strategy_id": in_force["id"],
        "year": 2023,
        "revision": 1,
        "summary": "Hyvä vuosi",
        "made_by": str(main_user.id),
        "made_by_name": "Aino Esimerkki",
        "made_at": "2023-04-20T00:00:00+03:00",
    }
    assert main_user.get(path).json() == follow_up
    assert main_user.get(path).headers["ETag"] == answer.headers["ETag"]
    assert centre.person("observer", unit).get(f"{PATH}/{in_force['id']}/follow-ups").json()["items"] == [
        follow_up | {"made_by_name": None}
    ]
    # What comes later changes the statistics, and no follow-up.
    centre.clock(2023, 3, 16)
    held(centre, main_user, staff, central, of_age=5, male=5)
    changed(main_user, in_force["id"], targets=[in_force["targets"][0]])
    assert main_user.get(path).json() == follow_up
    again = main_user.put(path, body | {"targets": []}, headers={"If-Match": answer.headers["ETag"]}).json()
    assert [(target["figure"], target["learned"]) for target in again["targets"]] == [(18, None)]
    assert again["revision"] == 2


@pytest.mark.parametrize(("count", "shown"), [(0, 0), (1, None), (4, None), (5, 5)])
def test_figures_that_the_statistics_hide_are_null(
    centre: Centre, central: UUID, main_user: Person, staff: Person, count: int, shown: int | None
) -> None:
    if count:
        held(centre, main_user, staff, central, of_age=count, female=count)
    training_id = add_training(centre, central)
    complete(centre, training_id, count)
    complete(centre, training_id, 2, state="corrected")
    in_force = adopted(main_user, central, targets=by_figures())
    targets = main_user.put(f"{PATH}/{in_force['id']}/follow-ups/2023", {"summary": "Vuosi"}).json()["targets"]
    found = {target["text"]: target["figure"] for target in targets}
    assert (found["participants"], found["completions"]) == (shown, shown)
    assert figures(main_user, "participants", under=central)["total"]["participants"] == shown


def test_only_years_of_the_strategy_that_have_begun_are_followed_up(
    centre: Centre, central: UUID, main_user: Person
) -> None:
    path = f"{PATH}/{adopted(main_user, central)['id']}/follow-ups"
    for year, code in ((2022, "outside-the-strategy"), (2026, "outside-the-strategy"), (2024, "year-to-come")):
        answer = main_user.put(f"{path}/{year}", {"summary": "Vuosi"})
        assert refusal(answer) == (422, "validation")
        assert [(error["parameter"], error["code"]) for error in answer.json()["errors"]] == [("year", code)]
        assert refusal(main_user.get(f"{path}/{year}")) == (404, "not-found")
    centre.clock(2023, 12, 31, 23, 59, 59)
    assert refusal(main_user.put(f"{path}/2024", {"summary": "Vuosi"})) == (422, "validation")
    centre.clock(2024, 1, 1)
    assert main_user.put(f"{path}/2024", {"summary": "Vuosi"}).status_code == 200
    assert main_user.put(f"{path}/2023", {"summary": "Vuosi"}).status_code == 200
    assert [each["year"] for each in main_user.get(path).json()["items"]] == [2024, 2023]


def test_a_follow_up_that_is_there_changes_by_its_version(central: UUID, main_user: Person) -> None:
    path = f"{PATH}/{adopted(main_user, central)['id']}/follow-ups/2023"
    for version in ("*", '"0123456789abcdef01234567"'):
        absent = main_user.put(path, {"summary": "Vuosi"}, headers={"If-Match": version})
        assert refusal(absent) == (412, "precondition-failed")
    first = main_user.put(path, {"summary": "Vuosi"}, headers={"If-None-Match": "*"})
    assert first.status_code == 200
    assert refusal(main_user.put(path, {"summary": "Toinen"})) == (428, "precondition-required")
    stale = main_user.put(path, {"summary": "Toinen"}, headers={"If-Match": '"0123456789abcdef01234567"'})
    assert refusal(stale) == (412, "precondition-failed")
    assert main_user.get(path).json()["summary"] == "Vuosi"


def test_a_draft_is_not_followed_up_and_an_archived_strategy_is(central: UUID, main_user: Person) -> None:
    draft = drafted(main_user, central)
    path = f"{PATH}/{draft['id']}"
    refused = main_user.put(f"{path}/follow-ups/2023", {"summary": "Vuosi"})
    assert refusal(refused) == (409, "wrong-state")
    assert refused.json()["allowed"] == ["in_force", "archived"]
    main_user.post(f"{path}/adoption")
    main_user.post(f"{path}/archiving")
    assert main_user.put(f"{path}/follow-ups/2023", {"summary": "Vuosi"}).status_code == 200


def test_what_was_learned_is_about_targets_of_the_strategy(
    centre: Centre, central: UUID, unit: UUID, main_user: Person
) -> None:
    in_force = adopted(main_user, central)
    path = f"{PATH}/{in_force['id']}/follow-ups/2023"
    known, other = {"target_id": in_force["targets"][0]["id"]}, {"target_id": str(new_id())}
    unknown = main_user.put(path, {"summary": "Vuosi", "targets": [known, other]})
    assert refusal(unknown) == (404, "not-found")
    assert unknown.json()["pointer"] == "/targets/1/target_id"
    twice = main_user.put(path, {"summary": "Vuosi", "targets": [known, known]})
    [error] = twice.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/targets/1/target_id", "duplicate-item")
    for person in (centre.staff(), centre.person("auditor"), centre.person("unit_manager", unit)):
        assert refusal(person.put(path, {"summary": "Vuosi"})) == (403, "forbidden")
    assert refusal(centre.main_user(centre.organisation()).put(path, {"summary": "Vuosi"})) == (404, "not-found")


def test_those_in_the_tree_and_staff_contribute_and_change_nothing(
    centre: Centre, central: UUID, unit: UUID, main_user: Person, manager: Person, staff: Person
) -> None:
    draft = drafted(main_user, central)
    path = f"{PATH}/{draft['id']}"
    board = {"text": "Nuoret puuttuvat.", "section": "targets", "took_part": ["Hallitus", "Nuorisojaosto"]}
    assert refusal(manager.post(f"{path}/contributions", board)) == (404, "not-found")
    opened = main_user.post(f"{path}/consultation").json()
    answer = manager.post(f"{path}/contributions", board)
    assert answer.status_code == 201, answer.text
    contribution = answer.json()
    assert contribution == board | {
        "id": contribution["id"],
        "strategy_id": draft["id"],
        "created_by": str(manager.id),
        "created_by_name": "Aino Esimerkki",
        "created_at": "2023-03-15T12:00:00+02:00",
    }
    location = answer.headers["Location"]
    assert location == f"{path}/contributions/{contribution['id']}"
    for person in (manager, main_user, staff, centre.person("observer", unit)):
        assert person.get(location).json()["id"] == contribution["id"]
    assert manager.get(location).json() == contribution
    assert staff.post(f"{path}/contributions", {"text": "Hyvä luonnos"}).json()["section"] is None
    for person in (centre.person("observer", unit), centre.person("observer", central), centre.person("auditor")):
        assert refusal(person.post(f"{path}/contributions", {"text": "Katselija"})) == (403, "forbidden")
    # A role in another tree makes nobody more than an observer here.
    both = centre.person("observer", unit)
    centre.grant(both.id, "main_user", centre.organisation())
    assert refusal(both.post(f"{path}/contributions", {"text": "Naapuri"})) == (403, "forbidden")
    assert main_user.get(path).json() == opened
    listed = centre.person("observer", unit).get(f"{path}/contributions").json()["items"]
    assert [each["text"] for each in listed] == ["Hyvä luonnos", "Nuoret puuttuvat."]
    main_user.post(f"{path}/adoption")
    assert manager.post(f"{path}/contributions", {"text": "Ensi kerralla enemmän"}).status_code == 201
    unknown = manager.post(f"{path}/contributions", {"text": "Teksti", "section": "budget"})
    assert refusal(unknown) == (422, "validation")
    recorded = "SELECT facts FROM audit_entries WHERE action = 'training-strategy.contributed' ORDER BY id"
    assert centre.rows(recorded)[0] == ({"contribution_id": contribution["id"], "section": "targets"},)


def test_a_contribution_is_found_at_its_own_strategy_by_those_who_see_it(
    centre: Centre, central: UUID, main_user: Person, manager: Person, staff: Person
) -> None:
    in_force, draft = adopted(main_user, central), drafted(main_user, central)
    answer = staff.post(f"{PATH}/{draft['id']}/contributions", {"text": "Hyvä luonnos"})
    location = answer.headers["Location"]
    # Before the consultation the tree sees neither the draft nor what is said about it.
    for person in (manager, centre.main_user(centre.organisation())):
        assert refusal(person.get(location)) == (404, "not-found")
    for elsewhere in (
        location.replace(draft["id"], in_force["id"]),
        f"{PATH}/{draft['id']}/contributions/{new_id()}",
        f"{PATH}/{new_id()}/contributions/{answer.json()['id']}",
    ):
        assert refusal(main_user.get(elsewhere)) == (404, "not-found")
    assert main_user.get(location).json()["text"] == "Hyvä luonnos"


def test_contributions_are_among_a_persons_data(
    centre: Centre, central: UUID, main_user: Person, manager: Person
) -> None:
    path = f"{PATH}/{adopted(main_user, central)['id']}/contributions"
    made = manager.post(path, {"text": "Nuoret puuttuvat.", "took_part": ["Hallitus"]}).json()
    answer = centre.staff().get(f"/v1/people/{manager.id}/data")
    assert answer.status_code == 200, answer.text
    [held] = answer.json()["held"]["training_strategy_contributions"]
    assert (held["id"], held["text"], held["took_part"]) == (made["id"], "Nuoret puuttuvat.", ["Hallitus"])


def test_contributions_go_with_a_merged_person_and_stay_after_an_erasure(
    centre: Centre, central: UUID, unit: UUID, main_user: Person, manager: Person, staff: Person
) -> None:
    path = f"{PATH}/{adopted(main_user, central)['id']}/contributions"
    second = centre.person("training_manager", unit)
    for person in (manager, second):
        assert person.post(path, {"text": "Nuoret puuttuvat."}).status_code == 201
    merged = staff.post(f"/v1/people/{manager.id}/merger", {"person_id": str(second.id), "reason": "Sama ihminen"})
    assert merged.status_code == 200, merged.text
    held = staff.get(f"/v1/people/{manager.id}/data").json()["held"]["training_strategy_contributions"]
    assert len(held) == 2
    erased = staff.post(f"/v1/people/{manager.id}/erasure", {"reason": "Pyysi itse"})
    assert erased.status_code == 200, erased.text
    listed = staff.get(path).json()["items"]
    assert [each["text"] for each in listed] == ["Nuoret puuttuvat.", "Nuoret puuttuvat."]
    assert {each["created_by_name"] for each in listed} == {None}


def test_an_hour_proposal_shows_the_targets_of_its_year(
    centre: Centre, central: UUID, unit: UUID, main_user: Person
) -> None:
    centre.deadline("proposal_round", date(2023, 3, 1), date(2023, 3, 31), year=2023, hours_year=2024)
    made = main_user.post("/v1/hour-proposals", {"organisation_id": str(central), "year": 2024, "lines": []})
    assert made.status_code == 201, made.text
    path = made.headers["Location"]
    assert made.json()["strategy_targets"] == []
    draft = drafted(main_user, central)
    assert main_user.get(path).json()["strategy_targets"] == []
    main_user.post(f"{PATH}/{draft['id']}/adoption")
    hours, _ = draft["targets"]
    shown = {name: value for name, value in hours.items() if name != "year"}
    assert main_user.get(path).json()["strategy_targets"] == [shown]
    own = centre.person("unit_manager", unit).post(
        "/v1/hour-proposals", {"organisation_id": str(unit), "year": 2024, "lines": []}
    )
    assert own.json()["strategy_targets"] == [shown]
    later = main_user.post("/v1/hour-proposals", {"organisation_id": str(central), "year": 2025, "lines": []})
    assert [target["text"] for target in later.json()["strategy_targets"]] == [BOARDS["text"]]
    other = centre.organisation()
    elsewhere = centre.main_user(other).post(
        "/v1/hour-proposals", {"organisation_id": str(other), "year": 2024, "lines": []}
    )
    assert elsewhere.json()["strategy_targets"] == []
    main_user.post(f"{PATH}/{draft['id']}/archiving")
    assert main_user.get(path).json()["strategy_targets"] == []


def task_of(person: Person) -> dict[str, Any] | None:
    items = person.get("/v1/me/tasks", params={"kind": "strategy_follow_up"}).json()["items"]
    return items[0] if items else None


def test_the_task_of_the_follow_up_is_done_with_it(
    centre: Centre, central: UUID, unit: UUID, main_user: Person
) -> None:
    centre.deadline("strategy_follow_up", date(2024, 2, 1), date(2024, 3, 31), year=2024, hours_year=2023)
    centre.clock(2024, 2, 5)
    assert task_of(main_user) is None
    in_force = adopted(main_user, central)
    other = centre.main_user(central)
    for person in (main_user, other):
        task = task_of(person)
        assert task is not None
        assert (task["state"], task["closes_on"], task["year"]) == ("open", "2024-03-31", 2023)
        assert task["title"] == "Marttaliitto: kirjoita koulutusstrategian seuranta vuodelta 2023"
        assert task["call"] == {
            "method": "PUT",
            "path": f"{PATH}/{in_force['id']}/follow-ups/2023",
            "body": {"summary": None, "targets": []},
        }
    assert task_of(centre.person("unit_manager", unit)) is None
    assert main_user.put(f"{PATH}/{in_force['id']}/follow-ups/2023", {"summary": "Vuosi"}).status_code == 200
    for person in (main_user, other):
        done = task_of(person)
        assert done is not None
        assert done["state"] == "done"


def test_there_is_no_task_for_a_year_before_the_strategy(centre: Centre, central: UUID, main_user: Person) -> None:
    centre.deadline("strategy_follow_up", date(2024, 2, 1), date(2024, 3, 31), year=2024, hours_year=2023)
    centre.clock(2024, 2, 5)
    adopted(main_user, central, first_year=2024)
    assert task_of(main_user) is None


def test_the_days_of_the_follow_up_block_nothing(centre: Centre, central: UUID, main_user: Person) -> None:
    centre.deadline("strategy_follow_up", date(2024, 2, 1), date(2024, 3, 31), year=2024, hours_year=2023)
    path = f"{PATH}/{adopted(main_user, central)['id']}/follow-ups/2023"
    assert main_user.put(path, {"summary": "Jo ennen"}).status_code == 200
    centre.clock(2024, 6, 1)
    etag = main_user.get(path).headers["ETag"]
    assert main_user.put(path, {"summary": "Myöhässä"}, headers={"If-Match": etag}).status_code == 200
