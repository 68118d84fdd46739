"""Reviews of versions: reviewers, opinions and decisions; two who decide at once; what never changes."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from random import Random
from typing import Any

import httpx
import psycopg
import pytest

from app.db.identifiers import new_id
from app.local.embedded_postgres import Addresses
from tests.api.trainings.model_steps import CONTENT, Modelling, end_roles, errors_of, findings, model_of, ok
from tests.builders import Centre, Person, refusal
from tests.locks import another, until_one_waits

FOR = {"opinion": "for", "text": "Tavoitteet ja arviointi sopivat yhteen."}
AGAINST = {"opinion": "against", "text": "Arviointi ei vastaa tavoitteita."}


@pytest.fixture
def modelling(centre: Centre, main_user: Person) -> Modelling:
    return Modelling.of(centre, central_of(centre, main_user), main_user)


def central_of(centre: Centre, main_user: Person) -> Any:
    [(central,)] = centre.rows("SELECT organisation_id FROM role_grants WHERE person_id = %s", main_user.id)
    return central


@pytest.fixture
def second(centre: Centre, database: Addresses) -> Iterator[Centre]:
    with another(centre, database) as second:
        yield second


def named(*people: Person) -> dict[str, Any]:
    return {"person_ids": [str(each.id) for each in people]}


def test_two_members_of_the_staff_review_a_version(centre: Centre, modelling: Modelling) -> None:
    version = modelling.submitted()
    reviewers = f"{version}/reviewers"
    assert ok(modelling.main_user.get(reviewers))["reviewers"] == []
    review = ok(modelling.expert.put(reviewers, named(*modelling.reviewers)))
    assert review["submission"] == 1
    assert [each["person_id"] for each in review["reviewers"]] == [str(each.id) for each in modelling.reviewers]
    assert {each["opinion"] for each in review["reviewers"]} == {None}
    given = ok(modelling.reviewers[0].put(f"{version}/opinion", AGAINST))
    assert [each["opinion"] for each in given["reviewers"]] == ["against", None]
    changed = ok(modelling.reviewers[0].put(f"{version}/opinion", FOR))
    assert [each["text"] for each in changed["reviewers"]] == [FOR["text"], None]
    for reader in (modelling.main_user, centre.person("auditor")):
        assert [each["opinion"] for each in ok(reader.get(reviewers))["reviewers"]] == ["for", None]
    lasts = centre.rows("SELECT facts->>'last' FROM audit_entries WHERE action = 'model-version.opinion-given'")
    assert lasts == [("false",), ("false",)]
    ok(modelling.reviewers[1].put(f"{version}/opinion", FOR))
    lasts = centre.rows("SELECT facts->>'last' FROM audit_entries WHERE action = 'model-version.opinion-given'")
    assert lasts[-1] == ("true",)


def test_who_cannot_review_is_not_named(centre: Centre, modelling: Modelling) -> None:
    version = modelling.submitted()
    first, second = modelling.reviewers
    colleague = centre.main_user(modelling.central)
    centre.grant(colleague.id, "staff")
    centre.grant(modelling.main_user.id, "staff")
    successor = centre.main_user(modelling.central)
    end_main_user(centre, modelling.main_user)

    def refused(*people: Person) -> list[tuple[str, str]]:
        answer = first.put(f"{version}/reviewers", named(*people))
        assert refusal(answer) == (422, "validation")
        return errors_of(answer)

    assert [pointer for pointer, _ in refused(first)] == ["/person_ids"]
    assert [pointer for pointer, _ in refused()] == ["/person_ids"]
    assert refused(first, first) == [("/person_ids/1", "duplicate-item")]
    assert refused(first, modelling.expert) == [("/person_ids/1", "is-expert")]
    assert refused(centre.person("auditor"), first) == [("/person_ids/0", "not-staff")]
    assert refused(successor, first) == [("/person_ids/0", "not-staff")]
    assert refused(first, second, colleague) == [("/person_ids/2", "is-main-user")]
    # The one who submitted the version is of the staff by now.
    assert refused(modelling.main_user, first) == [("/person_ids/0", "is-maker")]
    unknown = first.put(f"{version}/reviewers", {"person_ids": [str(first.id), str(new_id())]})
    assert errors_of(unknown) == [("/person_ids/1", "not-staff")]
    assert refusal(successor.put(f"{version}/reviewers", named(first, second))) == (403, "forbidden")


def end_main_user(centre: Centre, person: Person) -> None:
    centre.owner.execute(
        "UPDATE role_grants SET valid_until = '2023-03-01' WHERE person_id = %s AND role = 'main_user'", [person.id]
    )


def test_nobody_names_reviewers_in_an_own_matter(centre: Centre, modelling: Modelling) -> None:
    version = modelling.submitted()
    # The organisation's other main user, who is of the staff too, and who submitted the version and is staff alone.
    both = centre.main_user(modelling.central)
    centre.grant(both.id, "staff")
    end_roles(centre, modelling.main_user)
    centre.grant(modelling.main_user.id, "staff")
    for person in (both, modelling.main_user):
        answer = person.put(f"{version}/reviewers", named(*modelling.reviewers))
        assert (refusal(answer), answer.json()["because"]) == ((403, "forbidden"), "own-matter")
    assert len(ok(modelling.expert.put(f"{version}/reviewers", named(*modelling.reviewers)))["reviewers"]) == 2


def test_reviewers_are_named_in_review_and_before_the_first_opinion(centre: Centre, modelling: Modelling) -> None:
    version = modelling.written()
    first, second = modelling.reviewers
    early = modelling.expert.put(f"{version}/reviewers", named(first, second))
    assert refusal(early) == (409, "wrong-state")
    assert (early.json()["state"], early.json()["allowed"]) == ("in_work", ["in_review"])
    modelling.submitted(version)
    third = centre.staff()
    ok(modelling.expert.put(f"{version}/reviewers", named(first, second)))
    ok(modelling.expert.put(f"{version}/reviewers", named(second, third)))
    assert refusal(first.put(f"{version}/opinion", FOR)) == (403, "forbidden")
    ok(second.put(f"{version}/opinion", FOR))
    late = modelling.expert.put(f"{version}/reviewers", named(first, second))
    assert refusal(late) == (409, "wrong-state")
    assert late.json()["because"] == "opinion-given"
    assert refusal(modelling.expert.put(f"{version}/reviewers", named(first, second, third))) == (409, "wrong-state")
    # The same ones change nothing.
    ok(modelling.expert.put(f"{version}/reviewers", named(third, second)))


def test_a_reviewer_who_has_left_the_staff_is_replaced(centre: Centre, modelling: Modelling) -> None:
    version = modelling.submitted()
    first, second = modelling.reviewers
    third, fourth = centre.staff(), centre.staff()
    ok(modelling.expert.put(f"{version}/reviewers", named(first, second)))
    ok(first.put(f"{version}/opinion", FOR))
    end_roles(centre, second)
    assert refusal(second.put(f"{version}/opinion", FOR)) == (404, "not-found")
    waiting = first.post(f"{version}/decision", {"outcome": "approved"})
    assert refusal(waiting) == (409, "opinions-missing")
    assert waiting.json()["waiting_for"] == [str(second.id)]
    assert refusal(modelling.expert.put(f"{version}/reviewers", named(third, fourth))) == (409, "wrong-state")
    review = ok(modelling.expert.put(f"{version}/reviewers", named(first, third)))
    assert [(each["person_id"], each["opinion"]) for each in review["reviewers"]] == [
        (str(first.id), "for"),
        (str(third.id), None),
    ]
    ok(third.put(f"{version}/opinion", FOR))
    assert ok(third.post(f"{version}/decision", {"outcome": "approved"}))["state"] == "approved"


def test_only_reviewers_give_opinions_and_decide(centre: Centre, modelling: Modelling) -> None:
    version = modelling.reviewed()
    for person in (modelling.expert, centre.staff(), modelling.main_user, centre.person("auditor")):
        for answer in (
            person.put(f"{version}/opinion", FOR),
            person.post(f"{version}/decision", {"outcome": "approved"}),
        ):
            assert refusal(answer) == (403, "forbidden")
            assert answer.json()["because"] == "not-a-reviewer"


def test_a_reviewer_who_becomes_a_main_user_decides_nothing(centre: Centre, modelling: Modelling) -> None:
    version = modelling.reviewed()
    first, second = modelling.reviewers
    centre.grant(first.id, "main_user", modelling.central)
    for answer in (first.put(f"{version}/opinion", FOR), first.post(f"{version}/decision", {"outcome": "approved"})):
        assert refusal(answer) == (403, "forbidden")
        assert answer.json()["because"] == "own-matter"
    # Another takes the place.
    third = centre.staff()
    ok(modelling.expert.put(f"{version}/reviewers", named(second, third)))
    ok(third.put(f"{version}/opinion", FOR))
    ok(second.post(f"{version}/decision", {"outcome": "approved"}))


def test_a_decision_needs_every_opinion(modelling: Modelling) -> None:
    version = modelling.submitted()
    first, second = modelling.reviewers
    ok(modelling.expert.put(f"{version}/reviewers", named(first, second)))
    both = first.post(f"{version}/decision", {"outcome": "approved"})
    assert refusal(both) == (409, "opinions-missing")
    assert both.json()["waiting_for"] == [str(first.id), str(second.id)]
    ok(first.put(f"{version}/opinion", FOR))
    one = first.post(f"{version}/decision", {"outcome": "rejected", "reason": "Ei kelpaa."})
    assert refusal(one) == (409, "opinions-missing")
    assert one.json()["waiting_for"] == [str(second.id)]
    assert refusal(first.post(f"{version}/decision", {"outcome": "approved"}, key=False)) == (
        400,
        "idempotency-key-required",
    )


@pytest.mark.parametrize(
    ("opinion", "outcome", "needs_reason"),
    [
        (FOR, "approved", False),
        (AGAINST, "approved", True),
        (FOR, "sent_back", True),
        (FOR, "rejected", True),
        (AGAINST, "rejected", True),
    ],
)
def test_a_decision_has_a_reason_unless_it_approves_what_all_are_for(
    modelling: Modelling, opinion: dict[str, str], outcome: str, needs_reason: bool
) -> None:
    version = modelling.reviewed()
    decider = modelling.reviewers[0]
    ok(modelling.reviewers[1].put(f"{version}/opinion", opinion))
    bare = decider.post(f"{version}/decision", {"outcome": outcome})
    if needs_reason:
        assert refusal(bare) == (422, "validation")
        assert errors_of(bare) == [("/reason", "reason-missing")]
        bare = decider.post(f"{version}/decision", {"outcome": outcome, "reason": "Perustelu"})
    decided = ok(bare)
    assert decided["state"] == outcome
    assert decided["decided_by"] == str(decider.id)
    assert decided["decision_reason"] == ("Perustelu" if needs_reason else None)
    waiting_for = {"approved": "organisation", "sent_back": "organisation", "rejected": None}[outcome]
    assert decided["waiting_for"] == waiting_for
    assert (decided["digest"] is None) == (outcome == "sent_back")


def test_what_is_sent_back_is_changed_and_reviewed_again(modelling: Modelling) -> None:
    version = modelling.reviewed()
    first = modelling.reviewers[0]
    before = ok(modelling.main_user.get(version))["digest"]
    ok(first.post(f"{version}/decision", {"outcome": "sent_back", "reason": "Lisätkää tavoite."}))
    assert refusal(first.post(f"{version}/decision", {"outcome": "approved"})) == (409, "wrong-state")
    assert refusal(first.put(f"{version}/opinion", FOR)) == (409, "wrong-state")
    ok(modelling.main_user.patch(version, {"content": "Tarkempi sisältö"}))
    again = ok(modelling.main_user.post(f"{version}/submission"))
    assert (again["state"], again["submissions"]) == ("in_review", 2)
    assert again["digest"] != before
    # A review without reviewers has begun; the first one stays to be read.
    assert ok(modelling.main_user.get(f"{version}/reviewers")) == {
        "version_id": again["id"],
        "submission": 2,
        "reviewers": [],
    }
    old = ok(modelling.main_user.get(f"{version}/reviewers", params={"submission": 1}))
    assert [each["opinion"] for each in old["reviewers"]] == ["for", "for"]
    assert refusal(first.put(f"{version}/opinion", FOR)) == (403, "forbidden")
    assert refusal(first.post(f"{version}/decision", {"outcome": "approved"})) == (403, "forbidden")
    assert refusal(modelling.main_user.get(f"{version}/reviewers", params={"submission": 0})) == (422, "validation")


def test_the_expert_alone_decides_a_minor_change(modelling: Modelling) -> None:
    version = modelling.next_version(model_of(modelling.in_use()), "minor")
    ok(modelling.main_user.patch(version, {"methods": "Verkossa"}))
    modelling.submitted(version)
    unneeded = modelling.expert.put(f"{version}/reviewers", named(*modelling.reviewers))
    assert refusal(unneeded) == (409, "wrong-state")
    assert unneeded.json()["because"] == "expert-decides"
    other = modelling.reviewers[0].post(f"{version}/decision", {"outcome": "approved"})
    assert refusal(other) == (403, "forbidden")
    assert other.json()["because"] == "not-the-expert"
    bare = modelling.expert.post(f"{version}/decision", {"outcome": "sent_back"})
    assert errors_of(bare) == [("/reason", "reason-missing")]
    assert ok(modelling.expert.post(f"{version}/decision", {"outcome": "approved"}))["state"] == "approved"


def test_an_expert_who_becomes_a_main_user_does_not_decide_a_minor_change(centre: Centre, modelling: Modelling) -> None:
    version = modelling.submitted(modelling.next_version(model_of(modelling.in_use()), "minor"))
    centre.grant(modelling.expert.id, "main_user", modelling.central)
    answer = modelling.expert.post(f"{version}/decision", {"outcome": "approved"})
    assert refusal(answer) == (403, "forbidden")
    assert answer.json()["because"] == "own-matter"
    ok(modelling.reviewers[0].put(f"{model_of(version)}/expert", {"person_id": str(modelling.reviewers[1].id)}))
    ok(modelling.reviewers[1].post(f"{version}/decision", {"outcome": "approved"}))


def test_two_reviewers_decide_at_the_same_time_and_one_wins(
    centre: Centre, second: Centre, modelling: Modelling
) -> None:
    version = modelling.reviewed()
    outcomes = [{"outcome": "approved"}, {"outcome": "rejected", "reason": "Ei kelpaa."}]
    with ThreadPoolExecutor(2) as threads:
        with second.owner.transaction():
            second.owner.execute("SELECT FROM training_models FOR UPDATE")
            sending = [
                threads.submit(reviewer.post, f"{version}/decision", body)
                for reviewer, body in zip(modelling.reviewers, outcomes, strict=True)
            ]
            until_one_waits(centre, 2)
        answers = sorted((each.result() for each in sending), key=lambda answer: answer.status_code)
    state = ok(answers[0])["state"]
    assert refusal(answers[1]) == (409, "wrong-state")
    assert (answers[1].json()["state"], answers[1].json()["allowed"]) == (state, ["in_review"])
    decided = centre.rows(
        "SELECT action FROM audit_entries WHERE action IN ('model-version.approved', 'model-version.rejected')"
    )
    assert decided == [(f"model-version.{state}",)]


def test_two_staff_members_screen_at_the_same_time_and_one_becomes_the_expert(
    centre: Centre, second: Centre, modelling: Modelling
) -> None:
    path = modelling.proposed()
    body = {"outcome": "accepted", "criteria": findings()}
    with ThreadPoolExecutor(2) as threads:
        with second.owner.transaction():
            second.owner.execute("SELECT FROM training_models FOR UPDATE")
            sending = [threads.submit(each.post, f"{path}/screening", body) for each in modelling.reviewers]
            until_one_waits(centre, 2)
        answers = sorted((each.result() for each in sending), key=lambda answer: answer.status_code)
    assert ok(answers[0])["expert_id"] == ok(modelling.expert.get(path))["expert_id"]
    assert refusal(answers[1]) == (409, "wrong-state")
    assert centre.rows("SELECT number FROM training_model_versions") == [(1,)]


def test_two_versions_are_begun_at_the_same_time_and_one_is_open(
    centre: Centre, second: Centre, modelling: Modelling
) -> None:
    path = model_of(modelling.in_use())
    body = {"change": "substantial", "reason": "Palaute"}
    with ThreadPoolExecutor(2) as threads:
        with second.owner.transaction():
            second.owner.execute("SELECT FROM training_models FOR UPDATE")
            sending = [threads.submit(modelling.main_user.post, f"{path}/versions", body) for _ in range(2)]
            until_one_waits(centre, 2)
        answers = sorted((each.result() for each in sending), key=lambda answer: answer.status_code)
    assert ok(answers[0], 201)["number"] == 2
    assert refusal(answers[1]) == (409, "already-exists")


SECTIONS: dict[str, list[Any]] = {
    "content": ["Toinen sisältö", "Kolmas sisältö"],
    "methods": ["Verkossa", "Lähiopetuksena"],
    "prerequisites": ["Peruskurssi", None],
    "texts": [{"fi": {"goals": ["Osaa"]}}, {"sv": CONTENT["texts"]["fi"]}, {"sv": None}],
    "learner_hours": [27, 81],
    "assessment": [{"scale": "one_to_five"}, {"scale": "pass_fail"}],
    "koski_study_unit": [{"code": "1138", "name": "Vertaisohjaaja"}, None],
}


@pytest.mark.long
@pytest.mark.parametrize("seed", range(3))
def test_the_bytes_of_an_approved_version_never_change(modelling: Modelling, seed: int) -> None:
    """Whatever is done to a model at random, what was approved once keeps its content and its digest, byte by byte."""
    chance = Random(seed)
    path = model_of(modelling.in_use())
    approved: dict[int, tuple[bytes, str]] = {}
    for _ in range(40):
        items = ok(modelling.expert.get(f"{path}/versions", params={"limit": 200}))["items"]
        for each in items:
            if each["state"] in ("approved", "in_use", "superseded"):
                frozen = approved.setdefault(each["number"], (canonical(each), each["digest"]))
                assert (canonical(each), each["digest"]) == frozen
                assert sha256(frozen[0]).hexdigest() == frozen[1]
        # Mostly the newest version, and mostly what its state asks for.
        version = items[0] if chance.random() < 0.9 else chance.choice(items)
        step(modelling, path, version, chance)
    assert len(approved) >= 2


def canonical(version: dict[str, Any]) -> bytes:
    """The content as canonical JSON, written by this test from what the service shows."""
    sections = (*CONTENT, "prerequisites", "koski_study_unit")
    content = {section: version[section] for section in sections}
    content["texts"] = {language: text for language, text in version["texts"].items() if text is not None}
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


LIKELY = {
    "in_work": ["change", "submit", "hand_back"],
    "sent_back": ["change", "submit"],
    "in_review": ["review", "decide"],
    "approved": ["activate", "start"],
}


def reviewed(modelling: Modelling, at: str, chance: Random) -> httpx.Response:
    modelling.expert.put(f"{at}/reviewers", named(*modelling.reviewers))
    return [each.put(f"{at}/opinion", chance.choice([FOR, AGAINST])) for each in modelling.reviewers][-1]


def step(modelling: Modelling, path: str, version: dict[str, Any], chance: Random) -> None:
    """Do something to the version or its model, which the service may refuse."""
    at, main_user, reviewers = f"{path}/versions/{version['number']}", modelling.main_user, modelling.reviewers
    decision = {"outcome": chance.choice(["approved", "approved", "sent_back", "rejected"]), "reason": "Perustelu"}
    section = chance.choice(list(SECTIONS))
    beginning = {"change": chance.choice(["minor", "substantial"]), "reason": "Uusi"}
    actions: dict[str, Callable[[], httpx.Response]] = {
        "change": lambda: main_user.patch(at, {section: chance.choice(SECTIONS[section])}),
        "submit": lambda: main_user.post(f"{at}/submission"),
        "activate": lambda: main_user.post(f"{at}/activation"),
        "hand_over": lambda: main_user.post(f"{at}/handover"),
        "hand_back": lambda: modelling.expert.post(f"{at}/handover"),
        "withdraw": lambda: main_user.post(f"{at}/withdrawal"),
        "review": lambda: reviewed(modelling, at, chance),
        "decide": lambda: chance.choice([*reviewers, modelling.expert]).post(f"{at}/decision", decision),
        "start": lambda: main_user.post(f"{path}/versions", beginning),
    }
    likely = LIKELY.get(version["state"], ["start"])
    answer = actions[chance.choice(likely if chance.random() < 0.9 else list(actions))]()
    assert answer.status_code < 500, answer.text


@pytest.mark.parametrize(
    "change",
    [
        "content = 'Toinen'",
        "texts = '{}'",
        "learner_hours = 27",
        'assessment = \'{"what": "Muu"}\'',
        'koski_study_unit = \'{"code": "1", "name": "Muu"}\'',
        "digest = repeat('0', 64)",
        "digest = NULL",
        "round = 9",
        "number = 9",
        "state = 'in_work', digest = NULL",
        "state = 'superseded', ended_at = '2023-04-01', ended_by = created_by",
        "state = 'in_review'",
    ],
)
def test_the_database_keeps_what_was_submitted(centre: Centre, modelling: Modelling, change: str) -> None:
    """The second lock: not even the tables' owner changes it."""
    modelling.approved()
    with pytest.raises(psycopg.IntegrityError):
        centre.owner.execute(f"UPDATE training_model_versions SET {change}".encode())


@pytest.mark.parametrize(
    "change",
    [
        "name = 'Toinen'",
        "criteria = '[]'",
        "proposed_at = '2023-01-01'",
        "state = 'proposed', criteria = NULL, screened_at = NULL, screened_by = NULL, expert_id = NULL",
        "state = 'withdrawn', ended_at = '2023-04-01', ended_by = proposed_by",
    ],
)
def test_the_database_keeps_a_screened_model(centre: Centre, modelling: Modelling, change: str) -> None:
    modelling.accepted()
    with pytest.raises(psycopg.IntegrityError):
        centre.owner.execute(f"UPDATE training_models SET {change}".encode())
