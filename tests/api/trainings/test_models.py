"""`/v1/training-models`: the proposal, its screening, its expert and its end."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from app.db.identifiers import new_id
from tests.api.trainings.model_steps import (
    CONTENT,
    CRITERIA,
    MODELS,
    Modelling,
    end_roles,
    errors_of,
    findings,
    model_of,
    ok,
    proposal,
)
from tests.builders import Centre, Person, refusal

ACCEPT = {"outcome": "accepted", "criteria": findings()}


@pytest.fixture
def modelling(centre: Centre, central: UUID, main_user: Person) -> Modelling:
    return Modelling.of(centre, central, main_user)


def test_a_main_user_proposes_a_model_and_changes_it(modelling: Modelling) -> None:
    answer = modelling.main_user.post(MODELS, proposal(modelling.central))
    model = ok(answer, 201)
    path = answer.headers["Location"]
    assert path == f"{MODELS}/{model['id']}"
    assert model["state"] == "proposed"
    assert (model["expert_id"], model["criteria"], model["reason"]) == (None, None, None)
    assert (model["organisation_name"], model["proposed_by"]) == ("Marttaliitto", str(modelling.main_user.id))
    changed = ok(modelling.main_user.patch(path, {"expected_credits": 3, "grounds": "Kysyntä kasvaa."}))
    assert changed == model | {"expected_credits": 3, "grounds": "Kysyntä kasvaa."}
    assert ok(modelling.main_user.patch(path, {"expected_credits": 3})) == changed
    assert ok(modelling.main_user.get(path)) == changed
    assert [each["id"] for each in ok(modelling.main_user.get(MODELS))["items"]] == [model["id"]]
    recorded = modelling.centre.rows("SELECT action, facts FROM audit_entries ORDER BY id")
    assert [action for action, _ in recorded] == ["training-model.proposed", "training-model.changed"]
    assert recorded[1][1]["changed"] == ["expected_credits", "grounds"]


@pytest.mark.parametrize(
    ("field", "value"), [("expected_credits", 0), ("expected_credits", 61), ("expected_credits", 1.5), ("name", "")]
)
def test_a_proposal_expects_one_to_sixty_credits_and_has_a_name(
    modelling: Modelling, field: str, value: object
) -> None:
    answer = modelling.main_user.post(MODELS, proposal(modelling.central, **{field: value}))
    assert refusal(answer) == (422, "validation")
    assert errors_of(answer)[0][0] == f"/{field}"


def test_only_a_central_organisation_that_is_a_member_today_proposes(
    centre: Centre, modelling: Modelling, unit: UUID
) -> None:
    answer = modelling.main_user.post(MODELS, proposal(unit))
    assert refusal(answer) == (409, "not-central")
    assert answer.json()["pointer"] == "/organisation_id"
    former = centre.organisation(active_until=date(2023, 3, 14))
    answer = centre.main_user(former).post(MODELS, proposal(former))
    assert refusal(answer) == (409, "not-a-member")
    assert answer.json()["active_until"] == "2023-03-14"
    later = centre.organisation(active_from=date(2023, 3, 16))
    assert refusal(centre.main_user(later).post(MODELS, proposal(later))) == (409, "not-a-member")
    last_day = centre.organisation(active_until=date(2023, 3, 15))
    ok(centre.main_user(last_day).post(MODELS, proposal(last_day)), 201)


def test_only_main_users_propose(centre: Centre, modelling: Modelling, manager: Person) -> None:
    assert refusal(modelling.expert.post(MODELS, proposal(modelling.central))) == (403, "forbidden")
    answer = manager.post(MODELS, proposal(modelling.central))
    assert refusal(answer) == (404, "not-found")
    assert answer.json()["pointer"] == "/organisation_id"
    at_the_top = centre.person("training_manager", modelling.central)
    assert refusal(at_the_top.post(MODELS, proposal(modelling.central))) == (403, "forbidden")
    assert refusal(modelling.main_user.post(MODELS, proposal(modelling.central), key=False)) == (
        400,
        "idempotency-key-required",
    )


def test_a_proposal_is_withdrawn_until_it_is_screened(modelling: Modelling) -> None:
    path = modelling.proposed()
    assert refusal(modelling.expert.post(f"{path}/withdrawal")) == (403, "forbidden")
    withdrawn = ok(modelling.main_user.post(f"{path}/withdrawal"))
    assert (withdrawn["state"], withdrawn["ended_by"]) == ("withdrawn", str(modelling.main_user.id))
    again = modelling.main_user.post(f"{path}/withdrawal")
    assert refusal(again) == (409, "wrong-state")
    assert (again.json()["state"], again.json()["allowed"]) == ("withdrawn", ["proposed"])
    assert refusal(modelling.main_user.patch(path, {"name": "Uusi"})) == (409, "wrong-state")
    assert refusal(modelling.expert.post(f"{path}/screening", ACCEPT)) == (409, "wrong-state")


def test_a_patch_needs_the_present_version(modelling: Modelling) -> None:
    path = modelling.proposed()
    old = modelling.main_user.get(path).headers["ETag"]
    ok(modelling.main_user.patch(path, {"name": "Toinen nimi"}))
    assert refusal(modelling.main_user.patch(path, {"name": "Kolmas"}, etag=old)) == (412, "precondition-failed")
    assert refusal(modelling.expert.patch(path, {"name": "Kolmas"})) == (403, "forbidden")


def test_the_screener_of_an_accepted_model_becomes_its_expert_and_a_version_begins(modelling: Modelling) -> None:
    path = modelling.proposed()
    backwards = list(reversed(findings()))
    model = ok(modelling.expert.post(f"{path}/screening", ACCEPT | {"criteria": backwards}))
    assert model["state"] == "accepted"
    assert (model["expert_id"], model["screened_by"]) == (str(modelling.expert.id),) * 2
    assert [finding["criterion"] for finding in model["criteria"]] == list(CRITERIA)
    [version] = ok(modelling.main_user.get(f"{path}/versions"))["items"]
    shown = {name: version[name] for name in ("number", "change", "state", "round", "waiting_for", "digest", "reason")}
    assert shown == {
        "number": 1,
        "change": "first",
        "state": "in_work",
        "round": 0,
        "waiting_for": "organisation",
        "digest": None,
        "reason": None,
    }
    assert version["waiting_since"] == "2023-03-15T12:00:00+02:00"
    actions = modelling.centre.rows("SELECT action FROM audit_entries ORDER BY id")
    assert [action for (action,) in actions] == [
        "training-model.proposed",
        "training-model.accepted",
        "model-version.created",
    ]


def test_what_is_accepted_meets_every_criterion(modelling: Modelling) -> None:
    path = modelling.proposed()
    criteria = findings(usable="Taitoa ei voi käyttää muualla.", assessed="Arviointi puuttuu.")
    answer = modelling.expert.post(f"{path}/screening", {"outcome": "accepted", "criteria": criteria})
    assert refusal(answer) == (409, "criteria-unmet")
    assert answer.json()["unmet"] == ["assessed", "usable"]
    without = modelling.expert.post(f"{path}/screening", {"outcome": "rejected", "criteria": criteria})
    assert refusal(without) == (422, "validation")
    assert errors_of(without) == [("/reason", "reason-missing")]
    rejected = ok(
        modelling.expert.post(
            f"{path}/screening", {"outcome": "rejected", "criteria": criteria, "reason": "Arviointi puuttuu."}
        )
    )
    assert (rejected["state"], rejected["expert_id"]) == ("rejected", None)
    assert rejected["reason"] == "Arviointi puuttuu."
    assert ok(modelling.main_user.get(f"{path}/versions"))["items"] == []


def test_each_criterion_is_found_exactly_once(modelling: Modelling) -> None:
    path = modelling.proposed()
    some = modelling.expert.post(f"{path}/screening", ACCEPT | {"criteria": findings()[:5]})
    assert refusal(some) == (422, "validation")
    assert errors_of(some) == [("/criteria", "criterion-missing")] * 2
    assert "basic_mission" in some.json()["errors"][0]["detail"]
    twice = modelling.expert.post(f"{path}/screening", ACCEPT | {"criteria": [*findings(), findings()[0]]})
    assert errors_of(twice) == [("/criteria/7/criterion", "duplicate-item")]
    unknown = modelling.expert.post(
        f"{path}/screening", ACCEPT | {"criteria": [*findings()[:6], {"criterion": "cheap", "met": True}]}
    )
    assert errors_of(unknown)[0][0] == "/criteria/6/criterion"


def test_nobody_screens_an_own_matter(centre: Centre, modelling: Modelling) -> None:
    path = modelling.proposed()
    centre.grant(modelling.main_user.id, "staff")
    answer = modelling.main_user.post(f"{path}/screening", ACCEPT)
    assert refusal(answer) == (403, "forbidden")
    assert answer.json()["because"] == "own-matter"
    # The organisation's other main user, who belongs to the staff too.
    other = centre.main_user(modelling.central)
    centre.grant(other.id, "staff")
    assert refusal(other.post(f"{path}/screening", ACCEPT)) == (403, "forbidden")
    assert refusal(centre.main_user(modelling.central).post(f"{path}/screening", ACCEPT)) == (403, "forbidden")


def test_who_has_proposed_does_not_screen_as_staff_later(centre: Centre, modelling: Modelling) -> None:
    path = modelling.proposed()
    centre.main_user(modelling.central)
    end_roles(centre, modelling.main_user)
    centre.grant(modelling.main_user.id, "staff")
    answer = modelling.main_user.post(f"{path}/screening", ACCEPT)
    assert refusal(answer) == (403, "forbidden")
    assert answer.json()["because"] == "own-matter"


def test_proposals_are_seen_by_main_users_staff_and_auditors_alone(
    centre: Centre, modelling: Modelling, manager: Person
) -> None:
    path = modelling.proposed()
    auditor = centre.person("auditor")
    for sees in (modelling.main_user, modelling.expert, auditor):
        assert sees.get(path).status_code == 200
        assert len(ok(sees.get(MODELS))["items"]) == 1
    around = [manager, centre.person("training_manager", modelling.central), centre.main_user(centre.organisation())]
    for blind in around:
        for answer in (blind.get(path), blind.get(f"{path}/versions"), blind.get(f"{path}/contact")):
            assert refusal(answer) == (404, "not-found")
        assert ok(blind.get(MODELS))["items"] == []
    assert refusal(auditor.post(f"{path}/screening", ACCEPT)) == (403, "forbidden")
    assert refusal(manager.post(f"{path}/screening", ACCEPT)) == (404, "not-found")


def test_accepted_models_are_seen_in_the_complete_tree(centre: Centre, modelling: Modelling, unit: UUID) -> None:
    """Also from below: an association runs the models of its central organisation."""
    path = modelling.accepted()
    inside = [centre.person(role, unit) for role in ("training_manager", "unit_manager", "observer")]
    inside.append(centre.person("observer", modelling.central))
    for sees in inside:
        assert ok(sees.get(path))["state"] == "accepted"
        assert len(ok(sees.get(MODELS, params={"include": "total"}))["items"]) == 1
        # Its version is in work.
        assert ok(sees.get(f"{path}/versions"))["items"] == []
        assert refusal(sees.get(f"{path}/versions/1")) == (404, "not-found")
        assert refusal(sees.patch(path, {"name": "Uusi"})) == (403, "forbidden")
    stranger = centre.person("training_manager", centre.organisation())
    assert refusal(stranger.get(path)) == (404, "not-found")
    ok(modelling.main_user.post(f"{path}/versions/1/withdrawal"))
    ok(modelling.main_user.post(f"{path}/archiving", {"reason": "Kurssia ei enää järjestetä."}))
    assert ok(inside[0].get(path))["state"] == "archived"


def test_the_list_is_filtered(centre: Centre, modelling: Modelling) -> None:
    accepted, proposed = modelling.accepted(name="Ensimmäinen"), modelling.proposed(name="Toinen")
    other = Modelling.of(centre, centre.organisation())
    elsewhere = other.proposed()

    def found(**filters: Any) -> list[str]:
        items = ok(modelling.expert.get(MODELS, params=filters))["items"]
        return [f"{MODELS}/{item['id']}" for item in items]

    assert found() == [elsewhere, proposed, accepted]
    assert found(state="accepted") == [accepted]
    assert found(state=["accepted", "proposed"], organisation_id=str(modelling.central)) == [proposed, accepted]
    assert found(under=str(other.central)) == [elsewhere]
    assert found(expert_id=str(modelling.expert.id)) == [accepted]
    assert found(expert_id=str(new_id())) == []


def test_the_expert_is_one_of_the_staff_who_reviews_no_open_version(centre: Centre, modelling: Modelling) -> None:
    version = modelling.reviewed()
    path = model_of(version)
    expert = f"{path}/expert"
    reviewer = modelling.reviewers[0]
    for person, code in (
        (reviewer, "is-reviewer"),
        (centre.person("auditor"), "not-staff"),
        (modelling.main_user, "not-staff"),
    ):
        answer = modelling.expert.put(expert, {"person_id": str(person.id)})
        assert refusal(answer) == (422, "validation")
        assert ("/person_id", code) in errors_of(answer)
    answer = modelling.expert.put(expert, {"person_id": str(new_id())})
    assert errors_of(answer) == [("/person_id", "not-staff")]
    both = centre.main_user(modelling.central)
    centre.grant(both.id, "staff")
    assert errors_of(modelling.expert.put(expert, {"person_id": str(both.id)})) == [("/person_id", "is-main-user")]
    successor = centre.staff()
    assert ok(reviewer.put(expert, {"person_id": str(successor.id)}))["expert_id"] == str(successor.id)
    assert ok(reviewer.put(expert, {"person_id": str(successor.id)}))["expert_id"] == str(successor.id)
    [(count,)] = centre.rows("SELECT count(*) FROM audit_entries WHERE action = 'training-model.expert-named'")
    assert count == 1
    assert refusal(modelling.main_user.put(expert, {"person_id": str(successor.id)})) == (403, "forbidden")
    # Once the version is decided, its reviewers review no open version any more.
    ok(reviewer.post(f"{version}/decision", {"outcome": "approved"}))
    assert ok(successor.put(expert, {"person_id": str(reviewer.id)}))["expert_id"] == str(reviewer.id)


def test_nobody_names_the_expert_in_an_own_matter(centre: Centre, modelling: Modelling) -> None:
    expert, body = f"{modelling.accepted()}/expert", {"person_id": str(modelling.reviewers[0].id)}
    # The organisation's other main user, who belongs to the staff too, and who proposed the model and is staff alone.
    both = centre.main_user(modelling.central)
    centre.grant(both.id, "staff")
    end_roles(centre, modelling.main_user)
    centre.grant(modelling.main_user.id, "staff")
    for person in (both, modelling.main_user):
        answer = person.put(expert, body)
        assert (refusal(answer), answer.json()["because"]) == ((403, "forbidden"), "own-matter")
    assert ok(modelling.expert.put(expert, body))["expert_id"] == body["person_id"]


def test_a_proposal_has_no_expert_yet(modelling: Modelling) -> None:
    answer = modelling.expert.put(f"{modelling.proposed()}/expert", {"person_id": str(modelling.expert.id)})
    assert refusal(answer) == (409, "wrong-state")


def test_the_contact_is_the_expert_and_before_the_screening_the_contact_person(
    centre: Centre, modelling: Modelling, unit: UUID
) -> None:
    path = modelling.proposed()
    assert ok(modelling.main_user.get(f"{path}/contact")) == {
        "model_id": path.rpartition("/")[2],
        "kind": None,
        "person": None,
    }
    adviser = centre.staff()
    office = ok(adviser.post("/v1/regional-offices", {"name": "Hämeenlinna"}), 201)
    ok(
        adviser.post(
            "/v1/contact-assignments",
            {
                "organisation_id": str(modelling.central),
                "person_id": str(adviser.id),
                "regional_office_id": office["id"],
                "valid_from": "2023-01-01",
            },
        ),
        201,
    )
    before = ok(modelling.main_user.get(f"{path}/contact"))
    assert (before["kind"], before["person"]["id"]) == ("contact_person", str(adviser.id))
    ok(modelling.expert.post(f"{path}/screening", ACCEPT))
    below = centre.person("training_manager", unit)
    for reader in (modelling.main_user, below):
        after = ok(reader.get(f"{path}/contact"))
        assert (after["kind"], after["person"]["id"]) == ("expert", str(modelling.expert.id))
    end_roles(centre, modelling.expert)
    assert ok(modelling.main_user.get(f"{path}/contact"))["person"]["id"] == str(adviser.id)


def test_a_model_is_archived_when_no_version_is_open(modelling: Modelling) -> None:
    version = modelling.written()
    path = model_of(version)
    reason = {"reason": "Kurssia ei enää järjestetä."}
    answer = modelling.main_user.post(f"{path}/archiving", reason)
    assert refusal(answer) == (409, "wrong-state")
    assert (answer.json()["state"], answer.json()["because"]) == ("accepted", "version-open")
    modelling.in_use(version)
    assert errors_of(modelling.expert.post(f"{path}/archiving", {}))[0][0] == "/reason"
    archived = ok(modelling.expert.post(f"{path}/archiving", reason))
    assert (archived["state"], archived["reason"]) == ("archived", reason["reason"])
    assert archived["ended_by"] == str(modelling.expert.id)
    assert refusal(modelling.expert.post(f"{path}/archiving", reason)) == (409, "wrong-state")
    for answer in (
        modelling.main_user.post(f"{path}/versions", {"change": "minor", "reason": "Korjaus"}),
        modelling.expert.put(f"{path}/expert", {"person_id": str(modelling.expert.id)}),
    ):
        assert refusal(answer) == (409, "wrong-state")


def test_an_approved_version_of_an_archived_model_is_not_taken_into_use(modelling: Modelling) -> None:
    version = modelling.approved()
    ok(modelling.main_user.post(f"{model_of(version)}/archiving", {"reason": "Ei tarvita."}))
    answer = modelling.main_user.post(f"{version}/activation")
    assert refusal(answer) == (409, "wrong-state")
    assert answer.json()["state"] == "archived"


def test_others_than_main_users_and_staff_archive_nothing(centre: Centre, modelling: Modelling, unit: UUID) -> None:
    path = modelling.accepted()
    for person in (centre.person("auditor"), centre.person("unit_manager", unit)):
        assert refusal(person.post(f"{path}/archiving", {"reason": "Ei tarvita."})) == (403, "forbidden")


def test_after_the_membership_models_can_only_be_read(centre: Centre, modelling: Modelling) -> None:
    """The main user's role goes on; the membership has ended yesterday."""
    proposed, at_work = modelling.proposed(), modelling.written()
    reviewed, approved = modelling.reviewed(), modelling.approved()
    comment = ok(modelling.main_user.post(f"{at_work}/comments", {"section": "methods", "text": "Riittääkö?"}), 201)
    path, staff = model_of(at_work), modelling.expert
    centre.owner.execute("UPDATE organisations SET active_until = '2023-03-14' WHERE id = %s", [modelling.central])
    refused = [
        modelling.main_user.patch(proposed, {"name": "Uusi"}),
        modelling.main_user.post(f"{proposed}/withdrawal"),
        staff.post(f"{proposed}/screening", ACCEPT),
        staff.put(f"{path}/expert", {"person_id": str(staff.id)}),
        modelling.main_user.post(f"{model_of(approved)}/archiving", {"reason": "Loppu"}),
        modelling.main_user.post(f"{model_of(approved)}/versions", {"change": "minor", "reason": "Korjaus"}),
        modelling.main_user.patch(at_work, {"content": "Uusi"}),
        modelling.main_user.post(f"{at_work}/withdrawal"),
        modelling.main_user.post(f"{at_work}/handover"),
        modelling.main_user.post(f"{at_work}/comments", {"section": "content", "text": "Hei"}),
        modelling.main_user.post(f"{at_work}/comments/{comment['id']}/closing"),
        modelling.main_user.post(f"{at_work}/submission"),
        staff.put(f"{reviewed}/reviewers", {"person_ids": [str(each.id) for each in modelling.reviewers]}),
        modelling.reviewers[0].put(f"{reviewed}/opinion", {"opinion": "for", "text": "Hyvä"}),
        modelling.reviewers[0].post(f"{reviewed}/decision", {"outcome": "approved"}),
        modelling.main_user.post(f"{approved}/activation"),
    ]
    assert {refusal(answer) for answer in refused} == {(409, "not-a-member")}
    assert ok(modelling.main_user.get(at_work))["content"] == CONTENT["content"]


def test_a_dry_run_changes_nothing(modelling: Modelling) -> None:
    path = modelling.proposed()
    dry = {"params": {"validate_only": "true"}}
    assert ok(modelling.expert.post(f"{path}/screening", ACCEPT, key=False, **dry))["state"] == "accepted"
    assert ok(modelling.expert.get(path))["state"] == "proposed"
    assert ok(modelling.expert.get(f"{path}/versions"))["items"] == []
