"""`POST /v1/hour-proposals` with `copy_of`: a draft begins with the lines of an earlier proposal."""

from typing import Any

import pytest

from app.db.identifiers import new_id
from app.domain.hours.ledger import distribution, grant, pool_change, reservation, use
from tests.api.hours.conftest import PROPOSALS, League, line
from tests.builders import Person, refusal


def copy(person: Person, source: Any, *, year: int = 2025, **changes: Any) -> Any:
    body = {"organisation_id": source["organisation_id"], "year": year, "copy_of": source["id"]}
    return person.post(PROPOSALS, body | changes, key=False)


@pytest.fixture
def source(league: League) -> Any:
    """The central organisation's proposal for 2024, with two of its units' included; a year later it is copied.

    The district got 200 hours and used 60 of them, and the central organisation used 30 of the others.
    """
    of_district = line(league.district, 50, emphasis="Talous", grounds="Uudet hallitukset")
    of_units = [
        league.submitted(league.manager, league.district, of_district, line(league.association, 30)),
        league.submitted(league.manager, league.association, line(league.association, 20, grounds="Kysyntä")),
    ]
    own = line(league.district, 5, emphasis="Talous", grounds="Piirin oma kurssi"), line(league.central, 300)
    draft = league.draft(league.main_user, league.central, *own)
    included = {"proposal_ids": [one["id"] for one in of_units]}
    answer = league.main_user.post(f"{PROPOSALS}/{draft['id']}/inclusions", included)
    assert answer.status_code == 200
    league.centre.post(
        2024,
        pool_change(1000),
        grant(league.central, 500),
        distribution(league.central, league.district, 200),
        reservation(league.central, league.district, 80),
        use(league.central, league.district, 60),
        reservation(league.central, league.central, 30),
        use(league.central, league.central, 30),
    )
    league.centre.clock(2024, 10, 16, 12)
    return answer.json()


def test_a_copy_has_the_lines_as_the_organisations_own_with_what_they_got(league: League, source: Any) -> None:
    answer = copy(league.main_user, source)
    assert answer.status_code == 201
    draft = answer.json()
    own = {"source_proposal_id": None, "source_hours": None}
    talous = {"emphasis": "Talous", "grounds": "Piirin oma kurssi\nUudet hallitukset"}
    assert draft["lines"] == [
        line(league.district, 55, copied={"hours": 55, "granted": 200, "used": 60}, **talous, **own),
        line(
            league.central, 300, copied={"hours": 300, "granted": 500, "used": 90}, emphasis=None, grounds=None, **own
        ),
        line(
            league.association,
            50,
            copied={"hours": 50, "granted": 0, "used": 0},
            emphasis=None,
            grounds="Kysyntä",
            **own,
        ),
    ]
    assert (draft["state"], draft["year"], draft["hours"]) == ("draft", 2025, 405)
    assert draft["previous_year"] == {"granted": 500, "used": 90}
    assert league.main_user.get(answer.headers["Location"]).json() == draft
    # The copied proposal stays as it was, and so do those that it includes.
    assert league.main_user.get(f"{PROPOSALS}/{source['id']}").json() == source
    created = "SELECT facts->>'copied_from' FROM audit_entries WHERE subject_id = %s"
    assert league.centre.rows(created, draft["id"]) == [(source["id"],)]


def test_a_manager_copies_the_units_own_proposal_and_a_dry_run_shows_it(league: League) -> None:
    source = league.draft(league.manager, league.district, line(league.association, 5), year=2022)
    dry = league.manager.post(
        PROPOSALS,
        {"organisation_id": str(league.district), "year": 2024, "copy_of": source["id"]},
        key=False,
        params={"validate_only": "true"},
    )
    made = copy(league.manager, source, year=2024).json()
    assert dry.json()["lines"] == made["lines"]
    assert made["lines"][0]["copied"] == {"hours": 5, "granted": 0, "used": 0}


@pytest.mark.parametrize("ended_on", ["2024-10-15", "2024-12-31"])
def test_lines_of_units_that_have_ended_are_left_out(league: League, source: Any, ended_on: str) -> None:
    league.centre.owner.execute(
        "UPDATE organisations SET active_until = %s WHERE id = %s", [ended_on, league.association]
    )
    units = [one["unit_id"] for one in copy(league.main_user, source).json()["lines"]]
    assert units == [str(league.district), str(league.central)]


def test_lines_of_units_that_have_moved_away_are_left_out(league: League) -> None:
    source = league.draft(league.main_user, league.central, line(league.association, 5), line(league.central, 1))
    other = league.centre.organisation(name="Toinen liitto")
    moved = league.staff.patch(f"/v1/organisations/{league.association}", {"parent_id": str(other)})
    assert moved.status_code == 200
    assert [one["hours"] for one in copy(league.main_user, source).json()["lines"]] == [1]
    alone = league.draft(league.main_user, league.central, line(league.district, 5), year=2021)
    league.centre.owner.execute("UPDATE organisations SET active_until = '2020-12-31' WHERE id = %s", [league.district])
    assert copy(league.main_user, alone, year=2022).json()["lines"] == []


@pytest.mark.parametrize("state", ["draft", "submitted", "sent_back", "withdrawn", "expired", "decided"])
def test_a_proposal_in_whatever_state_is_copied(league: League, state: str) -> None:
    source = league.draft(league.main_user, league.central, line(league.central, 5), year=2023)
    league.centre.owner.execute(
        "UPDATE hour_proposals SET state = %(state)s, expired_at = CASE WHEN %(state)s = 'expired' THEN now() END, "
        "expired_because = CASE WHEN %(state)s = 'expired' THEN 'year_closed' END WHERE id = %(id)s",
        {"state": state, "id": source["id"]},
    )
    assert copy(league.main_user, source, year=2024).json()["hours"] == 5


def test_a_withdrawn_proposal_of_the_same_year_is_copied(league: League) -> None:
    source = league.draft(league.main_user, league.central, line(league.central, 5))
    league.main_user.post(f"{PROPOSALS}/{source['id']}/withdrawal")
    assert copy(league.main_user, source, year=2024).json()["hours"] == 5


def test_only_an_earlier_proposal_of_the_same_organisation_is_copied(league: League) -> None:
    later = league.draft(league.main_user, league.central, year=2026)
    of_unit = league.draft(league.manager, league.district)
    foreign = league.centre.organisation()
    of_foreign = league.draft(league.centre.main_user(foreign), foreign)
    for source in (later, of_unit, of_foreign, {"id": str(new_id())}):
        answer = copy(league.main_user, source | {"organisation_id": str(league.central)})
        assert (refusal(answer), answer.json()["pointer"]) == ((404, "not-found"), "/copy_of")


def test_a_proposal_begins_either_with_lines_or_with_a_copy(league: League) -> None:
    source = league.draft(league.main_user, league.central, year=2023)
    for lines in ([], [line(league.central, 1)]):
        answer = copy(league.main_user, source, year=2024, lines=lines)
        assert answer.json()["errors"][0] | {"detail": ""} == {
            "pointer": "/lines",
            "code": "extra-forbidden",
            "detail": "",
        }
    for nothing in ({}, {"copy_of": None}):
        answer = league.main_user.post(PROPOSALS, {"organisation_id": str(league.central), "year": 2024} | nothing)
        assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [("/lines", "required")]


def test_copying_follows_the_rules_of_creating(league: League, source: Any) -> None:
    auditor = league.centre.person("auditor")
    assert refusal(copy(auditor, source)) == (403, "forbidden")
    assert copy(league.main_user, source).status_code == 201
    assert refusal(copy(league.main_user, source)) == (409, "already-exists")


def test_lines_that_become_one_ask_for_no_more_than_a_line_may(league: League) -> None:
    unit = league.submitted(league.manager, league.district, line(league.district, 10_000_000, grounds="a" * 4000))
    draft = league.draft(league.main_user, league.central, line(league.district, 1, grounds="b"))
    path = f"{PROPOSALS}/{draft['id']}"
    assert league.main_user.post(f"{path}/inclusions", {"proposal_ids": [unit["id"]]}).status_code == 200
    [merged] = copy(league.main_user, draft).json()["lines"]
    assert (merged["hours"], merged["copied"]["hours"], merged["grounds"]) == (10_000_000, 10_000_001, "b")


def test_what_was_copied_stays_with_the_unit_and_the_emphasis(league: League, source: Any) -> None:
    draft = copy(league.main_user, source).json()
    path = f"{PROPOSALS}/{draft['id']}"
    of_district, of_central, _ = draft["lines"]
    lines = [
        # As it was read, with other hours.
        of_district | {"hours": 60},
        # Without saying it.
        {"unit_id": of_central["unit_id"], "hours": 310, "grounds": "Uudet"},
        # With another emphasis it is another line.
        line(league.association, 50, emphasis="Terveys"),
        line(league.central, 1, emphasis="Terveys", copied=None),
    ]
    changed = league.main_user.patch(path, {"lines": lines}).json()
    assert [one["copied"] for one in changed["lines"]] == [of_district["copied"], of_central["copied"], None, None]
    assert league.main_user.patch(path, {"lines": changed["lines"]}).json()["lines"] == changed["lines"]
    # It goes with its line.
    league.main_user.patch(path, {"lines": []})
    again = league.main_user.patch(path, {"lines": [line(league.central, 310)]}).json()
    assert again["lines"][0]["copied"] is None


def test_nobody_says_what_was_copied(league: League, source: Any) -> None:
    draft = copy(league.main_user, source).json()
    copied = draft["lines"][0]["copied"]
    for told in (
        draft["lines"][0] | {"copied": copied | {"granted": 1000}},
        draft["lines"][0] | {"emphasis": "Terveys"},
        line(league.association, 1, emphasis="Kulttuuri", copied=copied),
    ):
        answer = league.main_user.patch(f"{PROPOSALS}/{draft['id']}", {"lines": [told]})
        faults = [(one["pointer"], one["code"]) for one in answer.json()["errors"]]
        assert (refusal(answer), faults) == ((422, "validation"), [("/lines/0/copied", "not-as-copied")])


def test_a_revision_shows_what_was_copied_and_an_included_line_does_not(league: League) -> None:
    last = league.draft(league.manager, league.district, line(league.district, 5), year=2022)
    unit = copy(league.manager, last, year=2024).json()
    path = f"{PROPOSALS}/{unit['id']}"
    assert league.manager.post(f"{path}/submission").status_code == 200
    assert league.manager.get(f"{path}/revisions/1").json()["lines"] == unit["lines"]
    target = f"{PROPOSALS}/{league.draft(league.main_user, league.central)['id']}"
    answer = league.main_user.post(f"{target}/inclusions", {"proposal_ids": [unit["id"]]})
    included = answer.json()["lines"]
    assert [one["copied"] for one in included] == [None, None]
    changed = league.main_user.patch(target, {"lines": [included[1] | {"hours": 4}]}).json()["lines"]
    assert [(one["hours"], one["copied"]) for one in changed] == [(4, None)]
