"""`/v1/hour-proposals`: create, change, withdraw, read."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest

from app.db.identifiers import new_id
from app.domain.hours.ledger import distribution, grant, hour_return, lapse, pool_change, reservation, use
from app.domain.hours.proposals import MOST_LINES
from tests.api.hours.conftest import PROPOSALS, League, line
from tests.builders import refusal


def faults(answer: Any) -> list[tuple[str, str]]:
    assert refusal(answer) == (422, "validation")
    return [(error["pointer"], error["code"]) for error in answer.json()["errors"]]


def body(league: League, *lines: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"organisation_id": str(league.central), "year": 2024, "lines": list(lines), **changes}


def test_a_main_user_drafts_a_proposal_with_lines_for_the_whole_tree(league: League) -> None:
    lines = [
        line(league.central, 300, emphasis="Johtaminen", grounds="Uudet puheenjohtajat"),
        line(league.association, 40),
    ]
    answer = league.main_user.post(PROPOSALS, body(league, *lines), key=False)
    assert answer.status_code == 201
    proposal = answer.json()
    blank = {"emphasis": None, "grounds": None, "source_proposal_id": None, "source_hours": None, "copied": None}
    assert proposal == {
        "id": proposal["id"],
        "reference": "2023-0001",
        "organisation_id": str(league.central),
        "organisation_name": "Marttaliitto",
        "central_organisation_id": str(league.central),
        "year": 2024,
        "state": "draft",
        "hours": 340,
        "previous_year": {"granted": 0, "used": 0},
        "answer_by": None,
        "return_reason": None,
        "included_in": None,
        "created_by": str(league.main_user.id),
        "created_by_name": "Aino Esimerkki",
        "created_at": "2023-10-16T12:00:00+03:00",
        "submitted_at": None,
        "expired_at": None,
        "expired_because": None,
        "handler_id": None,
        "handler_name": None,
        "lines": [{**blank, **lines[0]}, {**blank, **lines[1]}],
        "strategy_targets": [],
    }
    assert answer.headers["Location"] == f"{PROPOSALS}/{proposal['id']}"
    fetched = league.main_user.get(answer.headers["Location"])
    assert fetched.json() == proposal
    assert fetched.headers["ETag"] == answer.headers["ETag"]


def test_a_draft_may_be_created_at_any_time_and_without_lines(league: League) -> None:
    league.centre.clock(2023, 2, 1)
    answer = league.main_user.post(PROPOSALS, body(league))
    assert (answer.status_code, answer.json()["hours"], answer.json()["lines"]) == (201, 0, [])


def test_a_units_manager_proposes_for_the_unit_and_what_is_below_it(league: League) -> None:
    for unit in (league.district, league.association):
        proposal = league.draft(league.manager, unit)
        assert proposal["organisation_id"] == str(unit)
        assert proposal["central_organisation_id"] == str(league.central)


def test_a_main_user_proposes_for_a_unit_too(league: League) -> None:
    assert league.draft(league.main_user, league.association)["state"] == "draft"


def test_a_units_manager_proposes_nothing_if_the_rules_forbid_it(league: League) -> None:
    before = league.draft(league.manager, league.district)
    league.centre.owner.execute("UPDATE organisations SET units_propose = false WHERE id = %s", [league.central])
    answer = league.manager.post(PROPOSALS, body(league, organisation_id=str(league.association)))
    assert refusal(answer) == (403, "forbidden")
    path = f"{PROPOSALS}/{before['id']}"
    assert refusal(league.manager.patch(path, {"lines": []})) == (403, "forbidden")
    assert refusal(league.manager.post(f"{path}/submission")) == (403, "forbidden")
    assert league.draft(league.main_user, league.association)["state"] == "draft"


@pytest.mark.parametrize(
    ("role", "at"),
    [
        ("staff", None),
        ("auditor", None),
        ("unit_manager", "central"),
        ("training_manager", "central"),
        ("training_manager", "district"),
    ],
)
def test_other_roles_neither_propose_nor_withdraw(league: League, role: str, at: str | None) -> None:
    other = league.centre.person(role, getattr(league, at) if at else None)
    named = league.district if at == "district" else league.central
    assert refusal(other.post(PROPOSALS, body(league, organisation_id=str(named)))) == (403, "forbidden")
    path = f"{PROPOSALS}/{league.draft(league.main_user, named)['id']}"
    assert refusal(other.patch(path, {"lines": []})) == (403, "forbidden")
    for action in ("submission", "withdrawal"):
        assert refusal(other.post(f"{path}/{action}")) == (403, "forbidden")
    assert other.get(path).status_code == 200


def test_a_proposal_out_of_reach_is_not_found(league: League) -> None:
    foreign = league.centre.organisation()
    proposal = league.draft(league.centre.main_user(foreign), foreign)
    path = f"{PROPOSALS}/{proposal['id']}"
    beside = league.draft(league.main_user, league.central)
    for person, absent in (
        (league.main_user, path),
        (league.manager, f"{PROPOSALS}/{beside['id']}"),
        (league.main_user, f"{PROPOSALS}/{new_id()}"),
    ):
        assert refusal(person.get(absent)) == (404, "not-found")
        assert refusal(person.patch(absent, {"lines": []}, etag='"x"')) == (404, "not-found")
        for action in ("submission", "withdrawal"):
            assert refusal(person.post(f"{absent}/{action}")) == (404, "not-found")
        assert refusal(person.post(f"{absent}/return", {"reason": "Miksi?"})) == (404, "not-found")
        assert refusal(person.post(f"{absent}/inclusions", {"proposal_ids": [str(new_id())]})) == (404, "not-found")
        assert refusal(person.get(f"{absent}/revisions")) == (404, "not-found")
        assert refusal(person.get(f"{absent}/revisions/1")) == (404, "not-found")
    answer = league.main_user.post(PROPOSALS, body(league, organisation_id=str(foreign)))
    assert refusal(answer) == (404, "not-found")
    assert answer.json()["pointer"] == "/organisation_id"


def test_a_line_names_the_organisation_or_one_below_it(league: League) -> None:
    foreign = league.centre.organisation()
    for organisation, unit in (
        (league.central, foreign),
        (league.central, new_id()),
        (league.district, league.central),
        (league.district, league.centre.organisation(league.central)),
    ):
        wished = body(league, line(organisation, 1), line(unit, 2), organisation_id=str(organisation))
        answer = league.main_user.post(PROPOSALS, wished)
        assert refusal(answer) == (404, "not-found")
        assert answer.json()["pointer"] == "/lines/1/unit_id"
    path = f"{PROPOSALS}/{league.draft(league.main_user, league.central)['id']}"
    answer = league.main_user.patch(path, {"lines": [line(foreign, 1)]})
    assert (refusal(answer), answer.json()["pointer"]) == ((404, "not-found"), "/lines/0/unit_id")


def test_a_unit_has_one_line_for_each_emphasis(league: League) -> None:
    unit = league.association
    twice = [line(unit, 1), line(unit, 2, emphasis="Talous"), line(unit, 3), line(unit, 4, emphasis=" Talous ")]
    assert faults(league.main_user.post(PROPOSALS, body(league, *twice))) == [
        ("/lines/2", "duplicate-item"),
        ("/lines/3", "duplicate-item"),
    ]
    path = f"{PROPOSALS}/{league.draft(league.main_user, league.central, *twice[:2])['id']}"
    answer = league.main_user.patch(path, {"lines": twice[:3]})
    assert faults(answer) == [("/lines/2", "duplicate-item")]


def test_all_faults_of_a_wrong_shape_are_reported_together(league: League) -> None:
    wrong = {
        "organisation_id": "x",
        "year": 2101,
        "state": "submitted",
        "lines": [line(league.central, 0), {"hours": "1"}, line(league.central, 1, source_hours=1)],
    }
    assert set(faults(league.main_user.post(PROPOSALS, wrong))) == {
        ("/organisation_id", "uuid-parsing"),
        ("/year", "less-than-equal"),
        ("/state", "extra-forbidden"),
        ("/lines/0/hours", "greater-than-equal"),
        ("/lines/1/unit_id", "missing"),
        ("/lines/1/hours", "int-type"),
        ("/lines/2/source_hours", "extra-forbidden"),
    }


@pytest.mark.parametrize(
    ("hours", "code"),
    [
        (-1, "greater-than-equal"),
        (10_000_001, "less-than-equal"),
        (10**12, "less-than-equal"),
        (1e300, "less-than-equal"),
        ("1", "int-type"),
        (1.5, "int-from-float"),
        (True, "number-type"),
        (None, "number-type"),
        ([1], "number-type"),
    ],
)
def test_hours_of_a_line_are_whole_and_bounded(league: League, hours: Any, code: str) -> None:
    answer = league.main_user.post(PROPOSALS, body(league, line(league.central, hours)))
    assert faults(answer) == [("/lines/0/hours", code)]


@pytest.mark.parametrize("hours", ["10", "10.0", "1e1", "100e-1"])
def test_an_integer_may_be_written_in_any_way_of_json(league: League, hours: str) -> None:
    first = league.main_user.post(PROPOSALS, body(league, line(league.central, 10)), key="one")
    written = json.dumps(body(league, line(league.central, 10))).replace('"hours": 10', f'"hours": {hours}')
    again = league.main_user.post(PROPOSALS, content=written, headers={"Content-Type": "application/json"}, key="one")
    assert (again.status_code, again.content) == (201, first.content)


def test_the_lines_are_bounded_and_their_sum_is_not(league: League) -> None:
    lines = [line(league.central, 10_000_000, emphasis=str(number)) for number in range(MOST_LINES + 1)]
    assert faults(league.main_user.post(PROPOSALS, body(league, *lines))) == [("/lines", "too-long")]
    answer = league.main_user.post(PROPOSALS, body(league, *lines[:300]))
    assert answer.json()["hours"] == 3_000_000_000


def test_an_organisation_has_one_proposal_a_year_besides_withdrawn_ones(league: League) -> None:
    first = league.draft(league.main_user, league.central)
    answer = league.main_user.post(PROPOSALS, body(league))
    assert refusal(answer) == (409, "already-exists")
    assert answer.json()["existing_id"] == first["id"]
    league.draft(league.main_user, league.central, year=2025)
    league.draft(league.main_user, league.district)
    league.main_user.post(f"{PROPOSALS}/{first['id']}/withdrawal")
    assert league.draft(league.main_user, league.central)["id"] != first["id"]


def test_only_one_of_simultaneous_drafts_is_created(league: League) -> None:
    with ThreadPoolExecutor(8) as threads:
        answers = [*threads.map(lambda _: league.main_user.post(PROPOSALS, body(league)), range(8))]
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"already-exists"}


def test_a_year_outside_the_membership_is_refused(league: League) -> None:
    league.centre.owner.execute(
        "UPDATE organisations SET active_until = %s WHERE id = %s", [date(2023, 12, 31), league.central]
    )
    for unit in (league.central, league.district):
        answer = league.main_user.post(PROPOSALS, body(league, organisation_id=str(unit)))
        assert refusal(answer) == (409, "not-a-member")
        assert answer.json()["active_until"] == "2023-12-31"


def test_nothing_is_done_to_proposals_of_a_closed_year(league: League) -> None:
    draft = f"{PROPOSALS}/{league.draft(league.main_user, league.central)['id']}"
    source = league.submitted(league.manager, league.district)["id"]
    unit = f"{PROPOSALS}/{source}"
    league.centre.post(2024, pool_change(1))
    league.centre.close(2024)
    assert refusal(league.main_user.post(PROPOSALS, body(league, organisation_id=str(league.association)))) == (
        409,
        "year-closed",
    )
    for answer in (
        league.main_user.patch(draft, {"lines": []}),
        league.main_user.post(f"{draft}/submission"),
        league.main_user.post(f"{draft}/inclusions", {"proposal_ids": [source]}),
        league.main_user.post(f"{draft}/withdrawal"),
        league.main_user.post(f"{unit}/return", {"reason": "Täydennä"}),
    ):
        assert (refusal(answer), answer.json()["state"]) == ((409, "wrong-state"), "expired")


def test_a_proposal_shows_the_previous_years_granted_and_used_hours(league: League) -> None:
    central, district = league.central, league.district
    league.centre.post(
        2023,
        pool_change(1000),
        grant(central, 500),
        distribution(central, district, 200),
        reservation(central, district, 80),
        use(central, district, 60),
        reservation(central, central, 30),
        use(central, central, 30),
        hour_return(central, 50),
    )
    # 500 were granted to the central organisation, though 50 went back; 60 + 30 were used in its tree.
    assert league.draft(league.main_user, central)["previous_year"] == {"granted": 500, "used": 90}
    # Of the district's 200, 120 are free, 20 reserved and 60 used.
    assert league.draft(league.manager, district)["previous_year"] == {"granted": 200, "used": 60}
    assert league.draft(league.manager, league.association)["previous_year"] == {"granted": 0, "used": 0}


def test_granted_hours_include_lapsed_ones(league: League) -> None:
    central, district = league.central, league.district
    league.centre.post(2023, pool_change(1000), grant(central, 500), distribution(central, district, 200))
    league.centre.post(2023, lapse(central, district, 200), lapse(central, central, 300))
    assert league.draft(league.main_user, central)["previous_year"] == {"granted": 500, "used": 0}
    assert league.draft(league.manager, district)["previous_year"] == {"granted": 200, "used": 0}


def test_a_patch_replaces_all_lines(league: League) -> None:
    proposal = league.draft(league.main_user, league.central, line(league.central, 1), line(league.district, 2))
    path = f"{PROPOSALS}/{proposal['id']}"
    answer = league.main_user.patch(path, {"lines": [line(league.association, 3, grounds="Kurssi")]})
    assert answer.status_code == 200
    assert [(one["unit_id"], one["hours"]) for one in answer.json()["lines"]] == [(str(league.association), 3)]
    assert answer.json()["hours"] == 3
    fetched = league.main_user.get(path)
    assert fetched.json() == answer.json()
    assert fetched.headers["ETag"] == answer.headers["ETag"]
    assert league.main_user.patch(path, {}).json() == answer.json()


@pytest.mark.parametrize("patch", [{"lines": None}, {"state": "submitted"}, {"year": 2025}, {"hours": 5}])
def test_a_patch_changes_only_lines(league: League, patch: dict[str, Any]) -> None:
    path = f"{PROPOSALS}/{league.draft(league.main_user, league.central)['id']}"
    assert refusal(league.main_user.patch(path, patch)) == (422, "validation")


def test_a_patch_needs_the_version_it_starts_from(league: League) -> None:
    path = f"{PROPOSALS}/{league.draft(league.main_user, league.central)['id']}"
    merge = {"Content-Type": "application/merge-patch+json"}
    assert refusal(league.main_user.client.patch(path, json={}, headers=merge)) == (428, "precondition-required")
    seen = league.main_user.get(path).headers["ETag"]
    now = league.main_user.patch(path, {"lines": []}, etag=seen).headers["ETag"]
    answer = league.main_user.patch(path, {"lines": []}, etag=seen)
    assert refusal(answer) == (412, "precondition-failed")
    assert answer.headers["ETag"] == now


def test_only_one_of_two_patches_of_one_version_is_accepted(league: League) -> None:
    path = f"{PROPOSALS}/{league.draft(league.main_user, league.central)['id']}"
    seen = league.main_user.get(path).headers["ETag"]
    people = [league.centre.main_user(league.central) for _ in range(6)]
    with ThreadPoolExecutor(6) as threads:
        wishes = [
            threads.submit(person.patch, path, {"lines": [line(league.central, hours)]}, etag=seen)
            for hours, person in enumerate(people, 1)
        ]
    assert sorted(wish.result().status_code for wish in wishes) == [200] + [412] * 5


def test_a_submitted_proposal_is_not_changed_until_it_is_sent_back(league: League) -> None:
    path = f"{PROPOSALS}/{league.submitted(league.main_user, league.central)['id']}"
    answer = league.main_user.patch(path, {"lines": []})
    assert refusal(answer) == (409, "wrong-state")
    assert (answer.json()["state"], answer.json()["allowed"]) == ("submitted", ["draft", "sent_back"])
    league.centre.staff().post(f"{path}/return", {"reason": "Täydennä"})
    assert league.main_user.patch(path, {"lines": []}).json()["state"] == "sent_back"


def test_a_draft_a_submitted_and_a_returned_proposal_can_be_withdrawn(league: League) -> None:
    path = f"{PROPOSALS}/{league.draft(league.main_user, league.central)['id']}"
    assert league.main_user.post(f"{path}/withdrawal", key=False).json()["state"] == "withdrawn"
    path = f"{PROPOSALS}/{league.submitted(league.manager, league.district)['id']}"
    assert league.manager.post(f"{path}/withdrawal").json()["state"] == "withdrawn"
    path = f"{PROPOSALS}/{league.submitted(league.main_user, league.central)['id']}"
    league.centre.staff().post(f"{path}/return", {"reason": "Täydennä"})
    withdrawn = league.main_user.post(f"{path}/withdrawal")
    assert withdrawn.json()["state"] == "withdrawn"
    assert league.main_user.get(path).headers["ETag"] == withdrawn.headers["ETag"]
    for answer in (
        league.main_user.post(f"{path}/withdrawal"),
        league.main_user.post(f"{path}/submission"),
        league.main_user.patch(path, {"lines": []}),
    ):
        assert refusal(answer) == (409, "wrong-state")
        assert answer.json()["state"] == "withdrawn"


def test_the_list_is_filtered_limited_to_reach_and_newest_first(league: League) -> None:
    centrals = league.draft(league.main_user, league.central)
    later = league.draft(league.main_user, league.central, year=2025)
    districts = league.submitted(league.manager, league.district)
    associations = league.draft(league.manager, league.association)
    foreign = league.centre.organisation()
    others = league.draft(league.centre.main_user(foreign), foreign)

    def shown(person: Any, **filters: Any) -> list[str]:
        return [item["id"] for item in person.get(PROPOSALS, params=filters).json()["items"]]

    everything = [one["id"] for one in (others, associations, districts, later, centrals)]
    assert shown(league.centre.staff()) == everything
    assert shown(league.main_user) == everything[1:]
    assert shown(league.manager) == everything[1:3]
    assert shown(league.main_user, organisation_id=str(league.central)) == [later["id"], centrals["id"]]
    assert shown(league.main_user, under=str(league.district)) == [associations["id"], districts["id"]]
    assert shown(league.main_user, year=2025) == [later["id"]]
    assert shown(league.main_user, state="submitted") == [districts["id"]]
    assert shown(league.main_user, organisation_id=str(foreign)) == []
    assert refusal(league.main_user.get(PROPOSALS, params={"state": "lost"})) == (422, "validation")
    page = league.main_user.get(PROPOSALS, params={"limit": 3, "include": "total"})
    assert page.json()["total"] == 4
    last = league.main_user.get(page.headers["Link"].split(";")[0].strip("<>")).json()
    del centrals["lines"], centrals["strategy_targets"]
    assert (last["items"], last["next_cursor"]) == ([centrals], None)


def test_every_action_is_recorded_in_the_audit(league: League) -> None:
    path = f"{PROPOSALS}/{league.submitted(league.main_user, league.central)['id']}"
    league.centre.staff().post(f"{path}/return", {"reason": "Täydennä"})
    league.main_user.patch(path, {"lines": []})
    league.main_user.post(f"{path}/withdrawal")
    assert league.centre.rows("SELECT action, reason FROM audit_entries ORDER BY id") == [
        ("hour-proposal.created", None),
        ("hour-proposal.submitted", None),
        ("hour-proposal.sent-back", "Täydennä"),
        ("hour-proposal.changed", None),
        ("hour-proposal.withdrawn", None),
    ]


@pytest.mark.parametrize("last_day", ["2023-10-15", "2023-12-31"])
def test_a_unit_that_has_ended_or_will_have_by_then_proposes_nothing(league: League, last_day: str) -> None:
    draft = league.draft(league.manager, league.district)
    league.centre.owner.execute("UPDATE organisations SET active_until = %s WHERE id = %s", [last_day, league.district])
    lines = [line(league.district, 10)]
    another = league.main_user.post(PROPOSALS, body(league, *lines, organisation_id=str(league.district), year=2025))
    path = f"{PROPOSALS}/{draft['id']}"
    changed = league.manager.patch(path, {"lines": lines})
    for answer in (another, changed, league.manager.post(f"{path}/submission")):
        assert refusal(answer) == (409, "not-a-member")
        assert answer.json()["active_until"] == last_day
    assert league.manager.post(f"{path}/withdrawal", key=False).status_code == 200
