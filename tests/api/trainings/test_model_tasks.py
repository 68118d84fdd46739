"""Tasks of training models: of the side whose turn it is, each with the call that does it."""

from typing import Any
from uuid import UUID

import pytest

from tests.api.trainings.model_steps import CONTENT, Modelling, end_roles, findings, model_of, ok
from tests.builders import Centre, Person, refusal


@pytest.fixture
def modelling(centre: Centre, central: UUID, main_user: Person) -> Modelling:
    return Modelling.of(centre, central, main_user)


def tasks(person: Person) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = ok(person.get("/v1/me/tasks"))["items"]
    return [task for task in items if task["kind"].startswith("training_model")]


def kinds(*people: Person) -> list[list[str]]:
    return [[task["kind"].removeprefix("training_model_") for task in tasks(person)] for person in people]


def do(person: Person, **more: Any) -> dict[str, Any]:
    """Do the person's only task of a model by its call."""
    (task,) = tasks(person)
    call = task["call"]
    body = (call["body"] or {}) | more or None
    send = {"PATCH": person.patch, "PUT": person.put, "POST": person.post}[call["method"]]
    return ok(send(call["path"], body))


def test_a_version_goes_from_task_to_task(modelling: Modelling, manager: Person) -> None:
    main_user, expert, (first, second) = modelling.main_user, modelling.expert, modelling.reviewers
    everybody = (main_user, expert, first, second, manager)
    model = modelling.proposed()
    assert kinds(*everybody) == [[], ["screening"], ["screening"], ["screening"], []]
    [task] = tasks(expert)
    assert task["title"] == "Marttaliitto: tee päätös koulutusmalliehdotuksesta, Ryhmänohjaajan peruskurssi"
    do(expert, criteria=findings())
    assert kinds(*everybody) == [["turn"], [], [], [], []]
    do(main_user, **CONTENT)
    version = f"{model}/versions/1"
    ok(main_user.post(f"{version}/handover"))
    assert kinds(*everybody) == [[], ["turn"], [], [], []]
    do(expert)
    assert kinds(*everybody) == [["turn"], [], [], [], []]
    ok(main_user.post(f"{version}/submission"))
    assert kinds(*everybody) == [[], ["reviewers"], ["reviewers"], ["reviewers"], []]
    do(second, person_ids=[str(first.id), str(second.id)])
    assert kinds(*everybody) == [[], [], ["opinion"], ["opinion"], []]
    do(first, text="Hyvä.")
    assert kinds(*everybody) == [[], [], [], ["opinion"], []]
    do(second, text="Hyvä.")
    assert kinds(*everybody) == [[], [], ["decision"], ["decision"], []]
    do(first)
    assert kinds(*everybody) == [["activation"], [], [], [], []]
    do(main_user)
    assert kinds(*everybody) == [[], [], [], [], []]


def test_a_minor_change_waits_for_the_expert_alone(modelling: Modelling) -> None:
    version = modelling.in_use()
    main_user, expert, (first, second) = modelling.main_user, modelling.expert, modelling.reviewers
    ok(main_user.post(f"{model_of(version)}/versions", {"change": "minor", "reason": "Kirjoitusvirhe"}), 201)
    second_version = f"{model_of(version)}/versions/2"
    ok(main_user.patch(second_version, {"methods": "Verkko-opetusta."}))
    ok(main_user.post(f"{second_version}/submission"))
    assert kinds(main_user, expert, first, second) == [[], ["decision"], [], []]
    do(expert)
    assert kinds(main_user, expert, first, second) == [["activation"], [], [], []]


def test_staff_have_no_task_in_a_matter_of_their_own_and_nobody_after_the_membership(
    centre: Centre, modelling: Modelling, central: UUID
) -> None:
    modelling.proposed()
    both = centre.staff()
    centre.grant(both.id, "main_user", central)
    assert kinds(both, modelling.expert) == [[], ["screening"]]
    centre.owner.execute("UPDATE organisations SET active_until = '2023-03-14' WHERE id = %s", [central])
    assert kinds(both, modelling.expert) == [[], []]


def test_who_made_a_version_has_no_task_to_name_its_reviewers(centre: Centre, modelling: Modelling) -> None:
    """The version's second submission is by another, so the first sender is one of its makers all the same."""
    version, (first, second) = modelling.reviewed(), modelling.reviewers
    ok(first.post(f"{version}/decision", {"outcome": "sent_back", "reason": "Arviointi puuttuu."}))
    successor = centre.main_user(modelling.central)
    ok(successor.post(f"{version}/submission"))
    centre.main_user(modelling.central)
    for person in (modelling.main_user, successor):
        end_roles(centre, person)
        centre.grant(person.id, "staff")
        # A write reads the rights again, which a read keeps for a while.
        named = person.put(f"{version}/reviewers", {"person_ids": [str(first.id), str(second.id)]})
        assert refusal(named) == (403, "forbidden")
    assert kinds(first, second, modelling.main_user, successor) == [["reviewers"], ["reviewers"], [], []]
