"""Training courses that follow a version of a training model: what it sets, which may be followed, and what stays."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from app.db.identifiers import new_id
from tests.api.trainings.conftest import PATH, added, approved, plan, session
from tests.api.trainings.model_steps import CONTENT, Modelling, model_of, ok
from tests.builders import Centre, Person, refusal
from tests.pdf_text import needs_pdftotext, text_of

GOALS = "\n".join(CONTENT["texts"]["fi"]["goals"])
OF_MODEL = {"goals": GOALS, "content": CONTENT["content"], "methods": CONTENT["methods"]}
SET = tuple(OF_MODEL)


@pytest.fixture
def modelling(centre: Centre, central: UUID, main_user: Person) -> Modelling:
    return Modelling.of(centre, central, main_user)


def version_id(modelling: Modelling, path: str) -> str:
    found: str = ok(modelling.main_user.get(path))["id"]
    return found


def supersede(modelling: Modelling, version: str) -> str:
    """The path of the next version of the model, which comes into use."""
    body = {"change": "substantial", "reason": "Palaute kursseilta"}
    begun = ok(modelling.main_user.post(f"{model_of(version)}/versions", body), 201)
    return modelling.in_use(f"{model_of(version)}/versions/{begun['number']}")


@pytest.fixture
def version(modelling: Modelling) -> str:
    """The path of a version in use."""
    return modelling.in_use()


def follower(unit: UUID, version: str, **more: Any) -> dict[str, Any]:
    """A plan without what the version sets."""
    body = plan(unit, model_version_id=version, **more)
    return {name: value for name, value in body.items() if name not in SET or name in more}


def faults(answer: Any) -> list[tuple[str, str]]:
    assert refusal(answer) == (422, "validation")
    return [(error["pointer"], error["code"]) for error in answer.json()["errors"]]


def test_the_version_sets_goals_content_and_methods(
    modelling: Modelling, manager: Person, unit: UUID, version: str
) -> None:
    followed = version_id(modelling, version)
    answer = manager.post(PATH, follower(unit, followed))
    shown = ok(answer, 201)
    assert {name: shown[name] for name in SET} == OF_MODEL
    assert shown["model_version_id"] == followed
    assert shown["model"] == {
        "model_id": model_of(version).rpartition("/")[2],
        "version_id": followed,
        "number": 1,
        "credits": 2,
        "learner_hours": 54,
    }
    path = answer.headers["Location"]
    # The same values may be named, other ones not.
    assert ok(manager.patch(path, OF_MODEL)) == shown
    body = {"goals": "Muu", "content": None, "methods": OF_MODEL["methods"]}
    assert faults(manager.patch(path, body)) == [("/goals", "fixed-by-model"), ("/content", "fixed-by-model")]
    assert faults(manager.post(PATH, follower(unit, followed, goals="Muu"))) == [("/goals", "fixed-by-model")]
    free = ok(manager.patch(path, {"model_version_id": None, "goals": "Muu"}))
    assert (free["model"], free["goals"], free["content"]) == (None, "Muu", OF_MODEL["content"])
    again = ok(manager.patch(path, {"model_version_id": followed}))
    assert again["goals"] == GOALS


def test_goals_are_in_the_language_of_the_course_if_the_version_has_it(
    modelling: Modelling, manager: Person, unit: UUID
) -> None:
    swedish = {"name": "Gruppledare", "goals": ["Kan planera", "Kan leda"], "certificate_text": "Kan leda en grupp."}
    followed = version_id(modelling, modelling.in_use(texts=CONTENT["texts"] | {"sv": swedish}))
    answer = manager.post(PATH, follower(unit, followed, language="sv"))
    assert ok(answer, 201)["goals"] == "Kan planera\nKan leda"
    path = answer.headers["Location"]
    assert ok(manager.patch(path, {"language": "fi"}))["goals"] == GOALS
    assert ok(manager.patch(path, {"language": "en"}))["goals"] == GOALS
    assert ok(manager.patch(path, {"language": None}))["goals"] == GOALS


def test_a_course_follows_only_a_version_in_use_of_its_own_central_organisation(
    centre: Centre, modelling: Modelling, manager: Person, main_user: Person, unit: UUID
) -> None:
    draft = added(manager, unit)
    in_work = version_id(modelling, modelling.written())
    reviewed = version_id(modelling, modelling.reviewed())
    ready = version_id(modelling, modelling.approved())
    other = Modelling.of(centre, centre.organisation())
    foreign = version_id(other, other.in_use())
    for unknown in (str(new_id()), foreign, in_work, reviewed):
        for answer in (
            manager.patch(draft, {"model_version_id": unknown}),
            manager.post(PATH, follower(unit, unknown)),
        ):
            assert refusal(answer) == (404, "not-found")
            assert answer.json()["pointer"] == "/model_version_id"
    # A main user sees the work on the model, so the answer says what its state is.
    for seen, state, person in ((in_work, "in_work", main_user), (reviewed, "in_review", main_user)):
        answer = person.patch(draft, {"model_version_id": seen})
        assert refusal(answer) == (409, "wrong-state")
        assert (answer.json()["state"], answer.json()["allowed"]) == (state, ["in_use"])
    for answer in (manager.patch(draft, {"model_version_id": ready}), manager.post(PATH, follower(unit, ready))):
        assert refusal(answer) == (409, "wrong-state")
        body = answer.json()
        assert (body["pointer"], body["state"], body["allowed"]) == ("/model_version_id", "approved", ["in_use"])
    assert refusal(manager.post("/v1/peer-groups", {"model_version_id": ready}))[0] == 422


def test_the_version_is_checked_again_at_the_submission(
    modelling: Modelling, manager: Person, staff: Person, unit: UUID, version: str
) -> None:
    followed = version_id(modelling, version)
    body = follower(unit, followed)
    draft, sent, alone = (str(manager.post(PATH, body).headers["Location"]) for _ in range(3))
    ok(manager.patch(alone, {"supported": False}))
    ok(manager.post(f"{sent}/submission"))
    back = {"outcome": "sent_back", "reason": "Tarkenna aikataulua."}
    ok(staff.post(f"{sent}/decision", back))
    held = approved(manager, staff, unit, **{name: OF_MODEL[name] for name in SET}, model_version_id=followed)
    supersede(modelling, version)
    for path in (draft, alone):
        answer = manager.post(f"{path}/submission")
        assert refusal(answer) == (409, "wrong-state")
        assert (answer.json()["pointer"], answer.json()["state"]) == ("/model_version_id", "superseded")
    ids = [path.rpartition("/")[2] for path in (draft, sent)]
    answer = manager.post("/v1/training-submissions", {"year": 2023, "training_ids": ids})
    assert refusal(answer) == (409, "wrong-state")
    assert answer.json()["pointer"] == "/training_ids/0/model_version_id"
    # What has been submitted keeps its version, also when it is submitted again.
    assert ok(manager.post(f"{sent}/submission"))["model"]["number"] == 1
    assert ok(manager.get(held))["model"]["version_id"] == followed
    newest = version_id(modelling, f"{model_of(version)}/versions/2")
    assert ok(manager.patch(draft, {"model_version_id": newest}))["model"]["number"] == 2
    assert ok(manager.post(f"{draft}/submission"))["state"] == "submitted"


def test_a_submitted_course_keeps_its_version(
    modelling: Modelling, manager: Person, staff: Person, unit: UUID, version: str
) -> None:
    followed = version_id(modelling, version)
    held = approved(manager, staff, unit, **OF_MODEL, model_version_id=followed)
    for answer in (
        manager.patch(held, {"model_version_id": None}),
        manager.post(f"{held}/changes", {"model_version_id": None, "name": "Muu"}),
    ):
        assert refusal(answer) == (409, "wrong-state")
        body = answer.json()
        assert (body["pointer"], body["state"], body["allowed"]) == ("/model_version_id", "approved", ["draft"])
    assert faults(manager.patch(held, {"goals": "Muu"})) == [("/goals", "fixed-by-model")]
    change = {"sessions": [session(), session("2023-04-16")], "methods": "Muu"}
    assert faults(manager.post(f"{held}/changes", change)) == [("/methods", "fixed-by-model")]
    sent = manager.post(f"{held}/changes", change | {"methods": OF_MODEL["methods"]})
    assert ok(sent, 201)["plan"]["model_version_id"] == followed
    ok(staff.post(f"{sent.headers['Location']}/decision", {"outcome": "approved"}))
    shown = ok(manager.get(held))
    assert (shown["model"]["version_id"], shown["goals"]) == (followed, GOALS)


@needs_pdftotext
@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("fi", "Koulutusmalli Ryhmän ohjaaminen, versio 1"),
        ("sv", "Utbildningsmodell Grundkurs för gruppledare, version 1"),
        ("en", "Training model Ryhmän ohjaaminen, version 1"),
    ],
)
def test_the_document_of_the_plan_names_the_model(
    modelling: Modelling, manager: Person, staff: Person, unit: UUID, tmp_path: Path, language: str, said: str
) -> None:
    """By the version's name in the document's language, otherwise in the first language that it has."""
    swedish = {"name": "Grundkurs för gruppledare", "goals": ["Leder en grupp"], "certificate_text": "Har deltagit."}
    finnish = CONTENT["texts"]["fi"] | {"name": "Ryhmän ohjaaminen"}
    version = modelling.in_use(texts={"fi": finnish, "sv": swedish})
    held = approved(manager, staff, unit, **OF_MODEL, model_version_id=version_id(modelling, version))
    answer = manager.get(f"{held}/documents/plan", params={"language": language})
    assert answer.status_code == 200, answer.text
    assert said in text_of(answer.content, tmp_path)


def test_of_an_archived_model_nothing_new_is_made_and_what_is_under_way_goes_on(
    modelling: Modelling, manager: Person, staff: Person, unit: UUID, version: str
) -> None:
    followed = version_id(modelling, version)
    body = follower(unit, followed)
    draft, sent = (str(manager.post(PATH, body).headers["Location"]) for _ in range(2))
    ok(manager.post(f"{sent}/submission"))
    ok(modelling.main_user.post(f"{model_of(version)}/archiving", {"reason": "Kurssi ei ole enää ajankohtainen."}))
    for answer in (manager.post(PATH, body), manager.post(f"{draft}/submission")):
        assert refusal(answer) == (409, "wrong-state")
        assert (answer.json()["state"], answer.json()["allowed"]) == ("archived", ["accepted"])
    assert ok(staff.post(f"{sent}/decision", {"outcome": "approved"}))["model"]["version_id"] == followed


def test_after_the_membership_no_course_is_made_from_a_model(
    centre: Centre, modelling: Modelling, manager: Person, central: UUID, unit: UUID, version: str
) -> None:
    body = follower(unit, version_id(modelling, version), supported=False)
    draft = str(manager.post(PATH, body).headers["Location"])
    plain = added(manager, unit, supported=False)
    centre.owner.execute("UPDATE organisations SET active_until = '2023-03-14' WHERE id = %s", [central])
    for answer in (
        manager.post(PATH, body),
        manager.patch(plain, {"model_version_id": body["model_version_id"]}),
        manager.post(f"{draft}/submission"),
    ):
        assert refusal(answer) == (409, "not-a-member")
        assert answer.json()["pointer"] == "/model_version_id"


def test_a_copy_follows_the_same_version_which_its_submission_checks(
    modelling: Modelling, manager: Person, staff: Person, unit: UUID, version: str
) -> None:
    followed = version_id(modelling, version)
    held = approved(manager, staff, unit, **OF_MODEL, model_version_id=followed)
    supersede(modelling, version)
    [copy] = ok(manager.post(f"{held}/copies", {"starts_on": ["2023-05-20"]}), 201)["items"]
    assert copy["model"]["version_id"] == followed
    assert refusal(manager.post(f"{PATH}/{copy['id']}/submission")) == (409, "wrong-state")


def test_courses_are_listed_by_model(
    modelling: Modelling, manager: Person, main_user: Person, unit: UUID, version: str
) -> None:
    added(manager, unit)
    of_model = str(manager.post(PATH, follower(unit, version_id(modelling, version))).headers["Location"])
    model = model_of(version).rpartition("/")[2]
    for person in (manager, main_user):
        found = ok(person.get(PATH, params={"model_id": model}))["items"]
        assert [f"{PATH}/{each['id']}" for each in found] == [of_model]
    assert ok(manager.get(PATH, params={"model_id": str(new_id())}))["items"] == []
    found = ok(manager.get(PATH, params={"model_id": [model, str(new_id())]}))["items"]
    assert len(found) == 1


def test_the_database_keeps_the_version_of_a_submitted_course(
    centre: Centre, modelling: Modelling, manager: Person, staff: Person, unit: UUID, version: str
) -> None:
    held = approved(manager, staff, unit, **OF_MODEL, model_version_id=version_id(modelling, version))
    with pytest.raises(Exception, match="never changes"):
        centre.owner.execute("UPDATE trainings SET model_version_id = NULL WHERE id = %s", [held.rpartition("/")[2]])
