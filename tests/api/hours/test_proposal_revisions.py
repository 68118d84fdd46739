"""`/v1/hour-proposals/{id}/submission`, `…/return` and `…/revisions`."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import psycopg
import pytest

from app.db.identifiers import new_id
from app.settings import Settings
from tests.api.hours.conftest import PROPOSALS, League, line
from tests.builders import FOREVER, Centre, Person, refusal


def path_of(proposal: Any, action: str | None = None) -> str:
    return f"{PROPOSALS}/{proposal['id']}" + (f"/{action}" if action else "")


def submit(person: Person, proposal: Any) -> Any:
    return person.post(path_of(proposal, "submission"))


@pytest.fixture
def draft(league: League) -> Any:
    """The central organisation's draft."""
    return league.draft(league.main_user, league.central)


@pytest.fixture
def units_draft(league: League) -> Any:
    """The district's draft."""
    return league.draft(league.manager, league.district)


def own_days(league: League, first: date, last: date, *, confirmed: bool = True) -> None:
    league.centre.deadline("unit_proposals", first, last, organisation_id=league.central, confirmed=confirmed)


def test_a_central_organisation_submits_while_the_round_is_open(league: League, draft: Any) -> None:
    answer = submit(league.main_user, draft)
    assert answer.status_code == 200
    assert answer.json() == {**draft, "state": "submitted", "submitted_at": "2023-10-16T12:00:00+03:00"}
    fetched = league.main_user.get(path_of(draft))
    assert fetched.headers["ETag"] == answer.headers["ETag"]
    assert fetched.json() == answer.json()
    assert refusal(submit(league.main_user, draft)) == (409, "wrong-state")


def test_a_submission_needs_an_idempotency_key(league: League, draft: Any) -> None:
    answer = league.main_user.post(path_of(draft, "submission"), key=False)
    assert refusal(answer) == (400, "idempotency-key-required")
    first = league.main_user.post(path_of(draft, "submission"), key="one")
    league.centre.clock(2023, 12, 24)
    again = league.main_user.post(path_of(draft, "submission"), key="one")
    assert (again.content, again.headers["Idempotency-Replayed"]) == (first.content, "true")


def test_a_proposal_with_a_line_of_a_unit_that_moved_away_is_not_submitted(league: League) -> None:
    moved = league.association
    draft = league.draft(league.main_user, league.central, line(league.district, 10), line(moved, 5))
    staff = league.centre.staff()
    answer = staff.patch(f"/v1/organisations/{moved}", {"parent_id": str(league.centre.organisation())})
    assert answer.status_code == 200
    answer = submit(league.main_user, draft)
    assert (refusal(answer), answer.json()["pointer"]) == ((404, "not-found"), "/lines/1/unit_id")
    league.main_user.patch(path_of(draft), {"lines": [line(league.district, 10)]})
    assert submit(league.main_user, draft).status_code == 200


def test_a_dry_run_submits_nothing(league: League, draft: Any) -> None:
    answer = league.main_user.post(path_of(draft, "submission"), key=False, params={"validate_only": "true"})
    assert (answer.status_code, answer.json()["state"]) == (200, "submitted")
    assert league.main_user.get(path_of(draft)).json() == draft
    assert league.main_user.get(path_of(draft, "revisions")).json()["items"] == []


# 29.10.2023 has 25 hours; the round is open from the first second of 1.10. to the last of 30.11.
@pytest.mark.parametrize(
    ("instant", "status"),
    [
        ((2023, 9, 30, 23, 59, 59), 409),
        ((2023, 10, 1), 200),
        ((2023, 10, 29, 23, 59, 59), 200),
        ((2023, 11, 30, 23, 59, 59), 200),
        ((2023, 12, 1), 409),
    ],
)
def test_the_round_is_open_to_the_second(league: League, draft: Any, instant: tuple[int, ...], status: int) -> None:
    league.centre.clock(*instant)
    assert submit(league.main_user, draft).status_code == status


def test_the_refusal_of_a_closed_round_names_its_days(league: League, draft: Any) -> None:
    league.centre.clock(2023, 9, 15)
    answer = submit(league.main_user, draft)
    assert refusal(answer) == (409, "window-closed")
    facts = {name: answer.json()[name] for name in ("kind", "closed_on", "opens_on", "closes_on", "opens_at")}
    assert facts == {
        "kind": "proposal_round",
        "closed_on": None,
        "opens_on": "2023-10-01",
        "closes_on": "2023-11-30",
        "opens_at": "2023-10-01T00:00:00+03:00",
    }


def test_the_round_of_another_year_opens_nothing(league: League) -> None:
    proposal = league.draft(league.main_user, league.central, year=2025)
    assert refusal(submit(league.main_user, proposal)) == (409, "window-closed")


def test_an_extension_lets_the_centre_and_its_units_submit(league: League, draft: Any, units_draft: Any) -> None:
    league.centre.clock(2023, 12, 5)
    assert refusal(submit(league.main_user, draft)) == (409, "window-closed")
    league.centre.owner.execute(
        "INSERT INTO deadline_extensions (id, deadline_id, organisation_id, closes_on, reason, made_by, made_at) "
        "SELECT %s, id, %s, '2023-12-05', 'Sairaus', %s, %s FROM deadlines",
        [new_id(), league.central, league.main_user.id, FOREVER],
    )
    assert submit(league.main_user, draft).status_code == 200
    assert submit(league.manager, units_draft).status_code == 200


def test_units_submit_while_the_round_is_open_if_there_are_no_own_days(league: League, units_draft: Any) -> None:
    own_days(league, date(2023, 9, 1), date(2023, 9, 30), confirmed=False)
    assert submit(league.manager, units_draft).json()["state"] == "submitted"


def test_units_submit_only_within_their_central_organisations_own_days(
    league: League, draft: Any, units_draft: Any
) -> None:
    own_days(league, date(2023, 9, 10), date(2023, 10, 10))
    answer = submit(league.manager, units_draft)
    assert refusal(answer) == (409, "window-closed")
    assert (answer.json()["kind"], answer.json()["closed_on"]) == ("unit_proposals", "2023-10-10")
    assert submit(league.main_user, draft).status_code == 200
    league.centre.clock(2023, 9, 10)
    assert submit(league.manager, units_draft).status_code == 200


def test_a_unit_of_a_district_follows_its_own_central_organisations_days(league: League) -> None:
    other = league.centre.organisation()
    days = {"organisation_id": other, "hours_year": 2024}
    league.centre.deadline("unit_proposals", date(2023, 9, 1), date(2023, 9, 30), **days)  # type: ignore[arg-type]
    proposal = league.draft(league.manager, league.association)
    assert submit(league.manager, proposal).status_code == 200


def test_a_proposal_of_no_hours_is_not_submitted(league: League, draft: Any) -> None:
    league.main_user.patch(path_of(draft), {"lines": []})
    answer = submit(league.main_user, draft)
    assert refusal(answer) == (422, "validation")
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [("/lines", "nothing-asked")]


def test_after_the_membership_nothing_is_submitted(league: League, draft: Any) -> None:
    league.centre.owner.execute("UPDATE organisations SET active_until = '2023-12-31' WHERE id = %s", [league.central])
    assert refusal(submit(league.main_user, draft)) == (409, "not-a-member")
    assert refusal(league.main_user.patch(path_of(draft), {"lines": []})) == (409, "not-a-member")


def test_staff_send_a_central_organisations_proposal_back_with_a_reason(league: League, draft: Any) -> None:
    submit(league.main_user, draft)
    body = {"reason": "Perustelut puuttuvat", "answer_by": "2023-12-08"}
    answer = league.centre.staff().post(path_of(draft, "return"), body, key=False)
    assert answer.status_code == 200
    returned = answer.json()
    assert (returned["state"], returned["return_reason"], returned["answer_by"]) == (
        "sent_back",
        "Perustelut puuttuvat",
        "2023-12-08",
    )
    assert league.main_user.get(path_of(draft)).headers["ETag"] == answer.headers["ETag"]


def test_the_main_user_sends_units_proposals_back_and_staff_the_main_users(
    league: League, draft: Any, units_draft: Any
) -> None:
    staff = league.centre.staff()
    submit(league.main_user, draft)
    submit(league.manager, units_draft)
    reason = {"reason": "Täydennä"}
    for person, proposal in (
        (league.main_user, draft),
        (staff, units_draft),
        (league.manager, units_draft),
        (league.centre.person("auditor"), draft),
    ):
        assert refusal(person.post(path_of(proposal, "return"), reason)) == (403, "forbidden")
    assert league.main_user.post(path_of(units_draft, "return"), reason).json()["state"] == "sent_back"
    assert staff.post(path_of(draft, "return"), reason).json()["state"] == "sent_back"


def test_only_a_submitted_proposal_is_sent_back(league: League, draft: Any) -> None:
    answer = league.centre.staff().post(path_of(draft, "return"), {"reason": "Täydennä"})
    assert refusal(answer) == (409, "wrong-state")
    assert (answer.json()["state"], answer.json()["allowed"]) == ("draft", ["submitted"])


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({}, "/reason", "missing"),
        ({"reason": " "}, "/reason", "string-too-short"),
        ({"reason": "Täydennä", "answer_by": "8.12.2023"}, "/answer_by", "date-parsing"),
        ({"reason": "Täydennä", "answer_by": "2023-10-15"}, "/answer_by", "day-passed"),
    ],
)
def test_sending_back_needs_a_reason_and_leaves_time_to_answer(
    league: League, draft: Any, body: dict[str, Any], pointer: str, code: str
) -> None:
    submit(league.main_user, draft)
    answer = league.centre.staff().post(path_of(draft, "return"), body)
    assert refusal(answer) == (422, "validation")
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [(pointer, code)]


# The round closed on 30.11.; the last day for answering is 8.12.
@pytest.mark.parametrize(
    ("answer_by", "instant", "status"),
    [
        ("2023-12-08", (2023, 12, 8, 23, 59, 59), 200),
        ("2023-12-08", (2023, 12, 9), 409),
        (None, (2023, 11, 30, 23, 59, 59), 200),
        (None, (2023, 12, 1), 409),
        ("2023-10-16", (2023, 11, 30), 200),
    ],
)
def test_a_proposal_sent_back_may_be_submitted_until_its_last_day_or_the_rounds_end(
    league: League, draft: Any, answer_by: str | None, instant: tuple[int, ...], status: int
) -> None:
    submit(league.main_user, draft)
    league.centre.staff().post(path_of(draft, "return"), {"reason": "Täydennä", "answer_by": answer_by})
    league.centre.clock(*instant)
    answer = submit(league.main_user, draft)
    assert answer.status_code == status
    if status == 409:
        assert answer.json()["code"] == "window-closed"


def test_every_revision_is_kept_complete_and_unchanged(league: League, draft: Any) -> None:
    revisions = path_of(draft, "revisions")
    assert league.main_user.get(revisions).json() == {"items": [], "next_cursor": None}
    first = submit(league.main_user, draft).json()
    league.centre.staff().post(path_of(draft, "return"), {"reason": "Täydennä"})
    lines = [line(league.central, 80, emphasis="Talous", grounds="Kysyntä"), line(league.association, 5)]
    league.main_user.patch(path_of(draft), {"lines": lines})
    league.centre.clock(2023, 11, 1)
    second = submit(league.main_user, draft).json()
    league.main_user.post(path_of(draft, "withdrawal"))
    expected = [
        {
            "number": number,
            "hours": proposal["hours"],
            "lines": proposal["lines"],
            "submitted_by": str(league.main_user.id),
            "submitted_by_name": "Aino Esimerkki",
            "submitted_at": proposal["submitted_at"],
        }
        for number, proposal in ((2, second), (1, first))
    ]
    assert [revision["hours"] for revision in expected] == [85, 100]
    for person in (league.main_user, league.centre.staff(), league.centre.person("auditor")):
        assert person.get(revisions).json()["items"] == expected
    newest = league.main_user.get(revisions, params={"limit": 1, "include": "total"})
    assert newest.json()["total"] == 2
    following = newest.headers["Link"].split(";")[0].strip("<>")
    assert league.main_user.get(following).json() == {"items": expected[1:], "next_cursor": None, "total": 2}
    for revision in expected:
        one = league.main_user.get(f"{revisions}/{revision['number']}")
        assert one.json() == revision
        assert "ETag" in one.headers


def test_an_unknown_revision_is_not_found(league: League, draft: Any) -> None:
    submit(league.main_user, draft)
    assert refusal(league.main_user.get(path_of(draft, "revisions/2"))) == (404, "not-found")
    for number in ("0", "x", str(2**31)):
        assert refusal(league.main_user.get(path_of(draft, f"revisions/{number}"))) == (422, "validation")


def test_a_revision_shows_what_the_units_wrote(league: League, draft: Any) -> None:
    source = league.submitted(league.manager, league.district)
    included = league.main_user.post(path_of(draft, "inclusions"), {"proposal_ids": [source["id"]]}).json()
    submit(league.main_user, draft)
    assert league.main_user.get(path_of(draft, "revisions/1")).json()["lines"] == included["lines"]


def test_the_service_can_neither_change_nor_remove_a_revision(
    centre: Centre, settings: Settings, league: League, draft: Any
) -> None:
    submit(league.main_user, draft)
    with psycopg.connect(settings.database_url, options=f"-c app.study_centre_id={centre.id}") as service:
        for statement in ("UPDATE hour_proposal_revisions SET hours = 1", "DELETE FROM hour_proposal_revisions"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                service.execute(statement)
            service.rollback()


def test_a_change_during_a_submission_is_complete_in_the_revision_or_refused(league: League) -> None:
    for _ in range(6):
        proposal = league.draft(league.main_user, league.central, line(league.central, 1))
        path = path_of(proposal)
        etag = league.main_user.get(path).headers["ETag"]
        other = league.centre.main_user(league.central)
        with ThreadPoolExecutor(2) as threads:
            patch = threads.submit(other.patch, path, {"lines": [line(league.central, 2)]}, etag=etag)
            submission = threads.submit(submit, league.main_user, proposal)
        assert submission.result().status_code == 200
        hours = league.main_user.get(path).json()["hours"]
        # Whichever came first, the submitted revision is complete: a change that came second saw another version.
        assert hours == (2 if patch.result().status_code == 200 else 1)
        assert patch.result().status_code in (200, 412)
        assert league.main_user.get(f"{path}/revisions/1").json()["hours"] == hours
        league.main_user.post(f"{path}/withdrawal")


def test_only_one_of_simultaneous_submissions_is_accepted(league: League, draft: Any) -> None:
    people = [league.centre.main_user(league.central) for _ in range(6)]
    with ThreadPoolExecutor(6) as threads:
        answers = [*threads.map(lambda person: submit(person, draft), people)]
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 5
    assert len(league.main_user.get(path_of(draft, "revisions")).json()["items"]) == 1
