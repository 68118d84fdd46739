"""`/v1/hour-proposals/{id}/inclusions`: units' proposals become lines of their central organisation's."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest

from app.db.identifiers import new_id
from app.domain.hours.proposals import MOST_LINES
from tests.api.hours.conftest import PROPOSALS, League, line
from tests.builders import Person, refusal


@pytest.fixture
def source(league: League) -> Any:
    """The district's submitted proposal, of two lines."""
    lines = line(league.district, 50, emphasis="Talous"), line(league.association, 30, grounds="Uusia jäseniä")
    return league.submitted(league.manager, league.district, *lines)


@pytest.fixture
def target(league: League) -> Any:
    """The central organisation's draft, of one line."""
    return league.draft(league.main_user, league.central, line(league.central, 7))


def include(person: Person, target: Any, *sources: Any) -> Any:
    ids = [source["id"] if isinstance(source, dict) else str(source) for source in sources]
    return person.post(f"{PROPOSALS}/{target['id']}/inclusions", {"proposal_ids": ids}, key=False)


def state_of(league: League, proposal: Any) -> tuple[str, str | None]:
    fetched = league.main_user.get(f"{PROPOSALS}/{proposal['id']}").json()
    return fetched["state"], fetched["included_in"]


def test_each_line_of_a_units_proposal_becomes_a_line_with_its_source(league: League, source: Any, target: Any) -> None:
    before = league.main_user.get(f"{PROPOSALS}/{source['id']}").headers["ETag"]
    answer = include(league.main_user, target, source)
    assert answer.status_code == 200
    of_source = {"source_proposal_id": source["id"]}
    assert answer.json()["lines"] == [
        target["lines"][0],
        {**source["lines"][0], **of_source, "source_hours": 50},
        {**source["lines"][1], **of_source, "source_hours": 30},
    ]
    assert answer.json()["hours"] == 87
    fetched = league.main_user.get(f"{PROPOSALS}/{target['id']}")
    assert fetched.json() == answer.json()
    assert fetched.headers["ETag"] == answer.headers["ETag"]
    assert state_of(league, source) == ("included", target["id"])
    assert league.main_user.get(f"{PROPOSALS}/{source['id']}").headers["ETag"] != before
    assert league.centre.rows("SELECT action, subject_id::text FROM audit_entries WHERE action LIKE '%%included'") == [
        ("hour-proposal.included", source["id"])
    ]


def test_several_proposals_are_included_together_and_one_after_another(
    league: League, source: Any, target: Any
) -> None:
    second = league.submitted(league.manager, league.association)
    beside = league.centre.organisation(league.central)
    third = league.submitted(league.main_user, beside)
    assert len(include(league.main_user, target, second, source).json()["lines"]) == 4
    lines = include(league.main_user, target, third).json()["lines"]
    # Hours for the association are requested by itself and by its district: two sources.
    assert [one["hours"] for one in lines if one["unit_id"] == str(league.association)] == [30, 100]
    assert lines[-1]["source_proposal_id"] == third["id"]


def test_nothing_is_included_for_a_year_outside_the_membership(league: League, source: Any, target: Any) -> None:
    league.centre.owner.execute(
        "UPDATE organisations SET active_until = %s WHERE id = %s", [date(2023, 12, 31), league.central]
    )
    assert refusal(include(league.main_user, target, source)) == (409, "not-a-member")
    assert state_of(league, source) == ("submitted", None)


def test_the_main_user_changes_the_hours_of_an_included_line(league: League, source: Any, target: Any) -> None:
    included = include(league.main_user, target, source).json()
    lines = included["lines"]
    lines[1]["hours"] = 20
    # A client may send back unchanged what it read, or leave it out.
    del lines[2]["grounds"], lines[2]["source_hours"]
    answer = league.main_user.patch(f"{PROPOSALS}/{target['id']}", {"lines": lines})
    assert answer.status_code == 200
    assert [(one["hours"], one["source_hours"]) for one in answer.json()["lines"]] == [(7, None), (20, 50), (30, 30)]
    assert answer.json()["lines"][2]["grounds"] == "Uusia jäseniä"
    units_own = league.manager.get(f"{PROPOSALS}/{source['id']}").json()
    assert [one["hours"] for one in units_own["lines"]] == [50, 30]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"emphasis": "Muu"}, "/lines/0"),
        ({"emphasis": None}, "/lines/0"),
        ({"grounds": "Muu"}, "/lines/0/grounds"),
        ({"source_hours": 49}, "/lines/0/source_hours"),
    ],
)
def test_only_the_hours_of_an_included_line_can_be_changed(
    league: League, source: Any, target: Any, change: dict[str, Any], pointer: str
) -> None:
    included = include(league.main_user, target, source).json()["lines"][1]
    answer = league.main_user.patch(f"{PROPOSALS}/{target['id']}", {"lines": [included | change]})
    assert refusal(answer) == (422, "validation")
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [(pointer, "not-as-sent")]


def test_an_own_line_has_no_hours_of_a_source(league: League, target: Any) -> None:
    lines = [line(league.central, 7, source_hours=7)]
    answer = league.main_user.patch(f"{PROPOSALS}/{target['id']}", {"lines": lines})
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/lines/0/source_hours"]


def test_a_line_names_no_source_that_is_not_included(league: League, source: Any, target: Any) -> None:
    for source_id in (source["id"], str(new_id())):
        lines = [line(league.district, 50, emphasis="Talous", source_proposal_id=source_id)]
        answer = league.main_user.patch(f"{PROPOSALS}/{target['id']}", {"lines": lines})
        assert refusal(answer) == (404, "not-found")
        assert answer.json()["pointer"] == "/lines/0/source_proposal_id"
    assert state_of(league, source) == ("submitted", None)


def test_a_source_stays_included_until_its_last_line_is_taken_out(league: League, source: Any, target: Any) -> None:
    own, first, second = include(league.main_user, target, source).json()["lines"]
    path = f"{PROPOSALS}/{target['id']}"
    league.main_user.patch(path, {"lines": [own, second]})
    assert state_of(league, source) == ("included", target["id"])
    # A line that was taken out may be put back while its proposal is included.
    assert league.main_user.patch(path, {"lines": [first, second]}).status_code == 200
    league.main_user.patch(path, {"lines": [own]})
    assert state_of(league, source) == ("submitted", None)
    again = include(league.main_user, target, source)
    assert len(again.json()["lines"]) == 3


@pytest.mark.parametrize("until", ["draft", "submitted", "sent_back"])
def test_withdrawing_the_including_proposal_makes_its_sources_submitted_again(
    league: League, source: Any, target: Any, until: str
) -> None:
    include(league.main_user, target, source)
    path = f"{PROPOSALS}/{target['id']}"
    if until != "draft":
        league.main_user.post(f"{path}/submission")
    if until == "sent_back":
        league.centre.staff().post(f"{path}/return", {"reason": "Täydennä"})
    assert league.main_user.post(f"{path}/withdrawal").json()["state"] == "withdrawn"
    assert state_of(league, source) == ("submitted", None)
    another = league.draft(league.main_user, league.central)
    assert include(league.main_user, another, source).status_code == 200


def test_an_included_proposal_is_neither_changed_withdrawn_sent_back_nor_included_again(
    league: League, source: Any, target: Any
) -> None:
    include(league.main_user, target, source)
    path = f"{PROPOSALS}/{source['id']}"
    for answer in (
        league.manager.patch(path, {"lines": []}),
        league.manager.post(f"{path}/submission"),
        league.manager.post(f"{path}/withdrawal"),
        league.main_user.post(f"{path}/return", {"reason": "Täydennä"}),
        include(league.main_user, target, source),
    ):
        assert refusal(answer) == (409, "wrong-state")
        assert answer.json()["state"] == "included"
    assert answer.json()["pointer"] == "/proposal_ids/0"
    assert answer.json()["allowed"] == ["submitted"]


def test_a_draft_is_not_included_and_refuses_the_whole_request(league: League, source: Any, target: Any) -> None:
    draft = league.draft(league.manager, league.association)
    answer = include(league.main_user, target, source, draft)
    assert refusal(answer) == (409, "wrong-state")
    assert (answer.json()["pointer"], answer.json()["state"]) == ("/proposal_ids/1", "draft")
    assert state_of(league, source) == ("submitted", None)
    assert league.main_user.get(f"{PROPOSALS}/{target['id']}").json() == target


def test_a_proposal_for_another_year_is_not_included(league: League, source: Any) -> None:
    target = league.draft(league.main_user, league.central, year=2025)
    answer = include(league.main_user, target, source)
    assert refusal(answer) == (422, "validation")
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [
        ("/proposal_ids/0", "other-year")
    ]


def test_proposals_of_other_central_organisations_are_not_found(league: League, source: Any, target: Any) -> None:
    foreign = league.centre.organisation(league.centre.organisation())
    manager = league.centre.person("unit_manager", foreign)
    for absent in (league.submitted(manager, foreign), new_id()):
        answer = include(league.main_user, target, source, absent)
        assert refusal(answer) == (404, "not-found")
        assert answer.json()["pointer"] == "/proposal_ids/1"


def test_only_the_main_user_includes(league: League, source: Any, target: Any) -> None:
    trainer = league.centre.person("training_manager", league.central)
    for person in (league.centre.staff(), trainer):
        assert refusal(include(person, target, source)) == (403, "forbidden")
    districts = league.draft(league.manager, league.association)
    assert refusal(include(league.manager, districts, districts)) == (403, "forbidden")


def test_a_units_proposal_includes_nothing(league: League) -> None:
    of_association = league.draft(league.manager, league.association)
    below = league.centre.organisation(league.association)
    sent = league.submitted(league.main_user, below)
    assert refusal(include(league.main_user, of_association, sent)) == (409, "not-central")


def test_nothing_is_included_in_a_submitted_proposal(league: League, source: Any, target: Any) -> None:
    league.main_user.post(f"{PROPOSALS}/{target['id']}/submission")
    answer = include(league.main_user, target, source)
    assert refusal(answer) == (409, "wrong-state")
    assert (answer.json()["state"], answer.json()["allowed"]) == ("submitted", ["draft", "sent_back"])


@pytest.mark.parametrize("ids", [[], ["x"], None, [None]])
def test_an_inclusion_names_its_proposals(league: League, target: Any, ids: Any) -> None:
    answer = league.main_user.post(f"{PROPOSALS}/{target['id']}/inclusions", {"proposal_ids": ids})
    assert refusal(answer) == (422, "validation")


def test_a_proposal_named_twice_is_refused(league: League, source: Any, target: Any) -> None:
    answer = include(league.main_user, target, source, source)
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [
        ("/proposal_ids/1", "duplicate-item")
    ]


def test_included_lines_count_towards_the_limit(league: League, source: Any) -> None:
    full = [line(league.central, 1, emphasis=str(number)) for number in range(MOST_LINES - 1)]
    target = league.draft(league.main_user, league.central, *full)
    answer = include(league.main_user, target, source)
    assert refusal(answer) == (422, "validation")
    assert answer.json()["errors"][0]["code"] == "too-many-lines"
    league.main_user.patch(f"{PROPOSALS}/{target['id']}", {"lines": full[:-1]})
    assert len(include(league.main_user, target, source).json()["lines"]) == MOST_LINES


def test_only_one_of_simultaneous_requests_includes_a_proposal(league: League, source: Any, target: Any) -> None:
    people = [league.centre.main_user(league.central) for _ in range(6)]
    with ThreadPoolExecutor(6) as threads:
        answers = [*threads.map(lambda person: include(person, target, source), people)]
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 5
    assert len(league.main_user.get(f"{PROPOSALS}/{target['id']}").json()["lines"]) == 3


def test_a_proposal_is_either_withdrawn_or_included(league: League, target: Any) -> None:
    units = [league.centre.organisation(league.central) for _ in range(6)]
    for unit in units:
        source = league.submitted(league.main_user, unit)
        manager = league.centre.person("unit_manager", unit)
        with ThreadPoolExecutor(2) as threads:
            included = threads.submit(include, league.main_user, target, source)
            withdrawn = threads.submit(manager.post, f"{PROPOSALS}/{source['id']}/withdrawal")
        assert sorted(answer.result().status_code for answer in (included, withdrawn)) == [200, 409]
        state, _ = state_of(league, source)
        assert state == ("included" if included.result().status_code == 200 else "withdrawn")
