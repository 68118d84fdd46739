"""People of training models: records that are merged, a person's data, and an erasure."""

from uuid import UUID

import pytest

from tests.api.trainings.model_steps import Modelling, model_of, ok
from tests.builders import Centre, Person, refusal

FOR = {"opinion": "for", "text": "Tavoitteet ja arviointi sopivat yhteen."}
APPROVED = {"outcome": "approved"}


@pytest.fixture
def modelling(centre: Centre, central: UUID, main_user: Person) -> Modelling:
    return Modelling.of(centre, central, main_user)


def merge(staff: Person, person: Person, other: Person) -> None:
    ok(staff.post(f"/v1/people/{person.id}/merger", {"person_id": str(other.id), "reason": "Sama ihminen"}))


def test_the_models_of_a_merged_expert_go_to_the_person_who_remains(centre: Centre, modelling: Modelling) -> None:
    path, remaining = modelling.accepted(), centre.staff()
    merge(modelling.reviewers[0], remaining, modelling.expert)
    assert ok(modelling.main_user.get(path))["expert_id"] == str(remaining.id)
    ok(modelling.main_user.post(f"{path}/versions/1/handover"))
    ok(remaining.post(f"{path}/versions/1/handover"))


def test_a_merged_reviewer_goes_on_reviewing(centre: Centre, modelling: Modelling) -> None:
    version, (first, second), remaining = modelling.reviewed(), modelling.reviewers, centre.staff()
    merge(first, remaining, second)
    review = ok(modelling.main_user.get(f"{version}/reviewers"))
    assert [(each["person_id"], each["opinion"]) for each in review["reviewers"]] == [
        (str(first.id), "for"),
        (str(remaining.id), "for"),
    ]
    ok(remaining.post(f"{version}/decision", APPROVED))


def test_two_reviewers_who_turn_out_to_be_one_person_are_one(centre: Centre, modelling: Modelling) -> None:
    version, (first, second), third = modelling.reviewed(), modelling.reviewers, centre.staff()
    merge(modelling.expert, first, second)
    assert len(ok(modelling.main_user.get(f"{version}/reviewers"))["reviewers"]) == 1
    answer = first.post(f"{version}/decision", APPROVED)
    assert refusal(answer) == (409, "opinions-missing")
    assert answer.json()["waiting_for"] == []
    ok(modelling.expert.put(f"{version}/reviewers", {"person_ids": [str(first.id), str(third.id)]}))
    ok(third.put(f"{version}/opinion", FOR))
    ok(first.post(f"{version}/decision", APPROVED))


def test_a_reviewer_who_turns_out_to_be_the_expert_is_replaced(centre: Centre, modelling: Modelling) -> None:
    version, (first, second), third = modelling.reviewed(), modelling.reviewers, centre.staff()
    merge(second, modelling.expert, first)
    for answer in (
        modelling.expert.put(f"{version}/opinion", FOR),
        modelling.expert.post(f"{version}/decision", APPROVED),
    ):
        assert refusal(answer) == (403, "forbidden")
    ok(third.put(f"{version}/reviewers", {"person_ids": [str(second.id), str(third.id)]}))
    ok(third.put(f"{version}/opinion", FOR))
    ok(third.post(f"{version}/decision", APPROVED))


def test_a_persons_data_have_the_comments_and_opinions(modelling: Modelling) -> None:
    version, reviewer = modelling.reviewed(), modelling.reviewers[0]
    ok(modelling.main_user.post(f"{version}/comments", {"section": "content", "text": "Riittääkö tämä?"}), 201)
    held = ok(reviewer.get(f"/v1/people/{reviewer.id}/data"))["held"]
    assert [each["text"] for each in held["training_model_reviews"]] == [FOR["text"]]
    shown = ok(modelling.main_user.get(f"/v1/people/{modelling.main_user.id}/data"))
    assert [each["text"] for each in shown["held"]["training_model_comments"]] == ["Riittääkö tämä?"]
    assert shown["made"]["training_models.proposed_by"] == 1
    expert = ok(modelling.expert.get(f"/v1/people/{modelling.expert.id}/data"))
    assert expert["made"]["training_models.expert_id"] == 1


def test_an_erased_expert_leaves_the_model_and_another_is_named(centre: Centre, modelling: Modelling) -> None:
    version, successor = modelling.written(), modelling.reviewers[0]
    path = model_of(version)
    ok(modelling.expert.post(f"/v1/people/{modelling.expert.id}/erasure", {"reason": "Pyysi tietojensa poistamista"}))
    assert ok(modelling.main_user.get(f"{path}/contact"))["person"] is None
    shown = ok(successor.put(f"{path}/expert", {"person_id": str(successor.id)}))
    assert shown["expert_id"] == str(successor.id)
    ok(centre.main_user(modelling.central).post(f"{version}/submission"))
