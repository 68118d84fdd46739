"""What is open ends when its year is closed or its hours are decided, and nothing is left open at any instant."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.domain.hours.ledger import pool_change
from app.local.embedded_postgres import Addresses
from tests.api.hours.conftest import PROPOSALS, League, line
from tests.builders import Centre, Person, refusal
from tests.locks import another, until_one_waits

DECISIONS = "/v1/hour-decisions"
REQUESTS = "/v1/supplementary-hour-requests"


def state_of(proposal: dict[str, Any], reader: Person) -> str:
    return str(reader.get(f"{PROPOSALS}/{proposal['id']}").json()["state"])


def decide(league: League, hours: int = 0) -> httpx.Response:
    items = [{"organisation_id": str(league.central), "hours": hours}]
    return league.centre.staff().post(DECISIONS, {"year": 2024, "items": items})


def close(league: League) -> httpx.Response:
    return league.centre.staff().post("/v1/hour-pools/2024/closing")


@pytest.fixture
def ready(league: League) -> League:
    """The statements of 2024 have ended, so the year may be closed, and a change window is ahead."""
    league.centre.deadline("cost_statement", None, date(2023, 1, 18), hours_year=2024)
    league.centre.deadline("change_window", date(2024, 3, 13), date(2024, 3, 25), year=2024, hours_year=2024)
    league.centre.post(2024, pool_change(1000))
    return league


class TestClosing:
    def test_all_that_is_open_in_the_year_expires_and_nothing_else(self, ready: League) -> None:
        main_user, centre = ready.main_user, ready.centre
        source = ready.submitted(ready.manager, ready.district)
        draft = ready.draft(main_user, ready.central)
        assert main_user.post(f"{PROPOSALS}/{draft['id']}/inclusions", {"proposal_ids": [source["id"]]}).is_success
        gone = ready.draft(main_user, ready.association)
        assert main_user.post(f"{PROPOSALS}/{gone['id']}/withdrawal").is_success
        other_year = ready.draft(main_user, ready.association, year=2025)
        centre.deadline("change_window", date(2023, 10, 1), date(2023, 12, 31), hours_year=2024)
        body = {"organisation_id": str(ready.central), "year": 2024, "hours": 10, "grounds": "Kysyntä"}
        request = main_user.post(REQUESTS, body).json()
        answer = close(ready)
        assert answer.status_code == 200
        assert answer.json()["expired_total"] == 3
        named = [(each["type"], each["id"], each["organisation_id"]) for each in answer.json()["expired"]]
        assert named == sorted(
            [
                ("hour_proposal", source["id"], str(ready.district)),
                ("hour_proposal", draft["id"], str(ready.central)),
                ("supplementary_hour_request", request["id"], str(ready.central)),
            ]
        )
        states = [state_of(each, main_user) for each in (source, draft, gone, other_year)]
        assert states == ["expired", "expired", "withdrawn", "draft"]
        ended = main_user.get(f"{PROPOSALS}/{draft['id']}").json()
        assert (ended["expired_at"], ended["expired_because"]) == ("2023-10-16T12:00:00+03:00", "year_closed")
        ended = main_user.get(f"{REQUESTS}/{request['id']}").json()
        assert (ended["state"], ended["expired_because"]) == ("expired", "year_closed")
        listed = main_user.get(PROPOSALS, params={"state": "expired"}).json()["items"]
        assert {each["id"] for each in listed} == {source["id"], draft["id"]}
        recorded = "SELECT action, subject_id::text FROM audit_entries WHERE action LIKE '%%expired' ORDER BY 2"
        assert sorted(centre.rows(recorded)) == sorted(
            [
                ("hour-proposal.expired", source["id"]),
                ("hour-proposal.expired", draft["id"]),
                ("supplementary-hour-request.expired", request["id"]),
            ]
        )

    def test_a_dry_run_says_what_would_expire(self, ready: League) -> None:
        draft = ready.draft(ready.main_user, ready.central)
        answer = ready.centre.staff().post("/v1/hour-pools/2024/closing", params={"validate_only": True})
        assert [each["id"] for each in answer.json()["expired"]] == [draft["id"]]
        assert state_of(draft, ready.main_user) == "draft"

    def test_nothing_expires_where_the_year_cannot_be_closed(self, league: League) -> None:
        draft = league.draft(league.main_user, league.central)
        assert refusal(close(league)) == (409, "wrong-state")
        assert state_of(draft, league.main_user) == "draft"

    def test_only_the_first_two_hundred_are_shown(self, ready: League) -> None:
        ready.centre.owner.execute(
            """INSERT INTO hour_proposals
                   (id, organisation_id, central_organisation_id, year, state, created_by, created_at)
               SELECT gen_random_uuid(), id, %(central)s, 2024, 'draft', %(person)s, now()
               FROM (SELECT id FROM organisations WHERE central_organisation_id = %(central)s) tree""",
            {"central": ready.central, "person": ready.main_user.id},
        )
        for _ in range(200):
            unit = ready.centre.organisation(ready.central)
            ready.draft(ready.main_user, unit)
        answer = close(ready).json()
        assert (answer["expired_total"], len(answer["expired"])) == (203, 200)
        references = [each["reference"] for each in answer["expired"]]
        assert references == sorted(references)
        assert len(set(references)) == 200


class TestDecision:
    def test_the_submitted_proposal_is_decided_and_every_other_one_expires(self, ready: League) -> None:
        main_user = ready.main_user
        source = ready.submitted(ready.manager, ready.district)
        draft = ready.draft(main_user, ready.central)
        left_out = ready.draft(main_user, ready.association)
        main_user.post(f"{PROPOSALS}/{draft['id']}/inclusions", {"proposal_ids": [source["id"]]})
        assert main_user.post(f"{PROPOSALS}/{draft['id']}/submission").is_success
        other = ready.centre.organisation()
        beside = ready.draft(ready.centre.main_user(other), other)
        assert decide(ready, 100).status_code == 201
        staff = ready.centre.staff()
        assert [state_of(each, staff) for each in (draft, source, left_out, beside)] == [
            "decided",
            "decided",
            "expired",
            "draft",
        ]
        ended = staff.get(f"{PROPOSALS}/{left_out['id']}").json()
        assert (ended["expired_at"], ended["expired_because"]) == ("2023-10-16T12:00:00+03:00", "decided")

    @pytest.mark.parametrize("state", ["draft", "sent_back"])
    def test_an_unsubmitted_proposal_expires_with_what_it_includes(self, ready: League, state: str) -> None:
        source = ready.submitted(ready.manager, ready.district)
        draft = ready.draft(ready.main_user, ready.central)
        path = f"{PROPOSALS}/{draft['id']}"
        ready.main_user.post(f"{path}/inclusions", {"proposal_ids": [source["id"]]})
        if state == "sent_back":
            ready.main_user.post(f"{path}/submission")
            assert ready.centre.staff().post(f"{path}/return", {"reason": "Täydennä"}).is_success
        assert decide(ready).status_code == 201
        assert [state_of(each, ready.main_user) for each in (draft, source)] == ["expired", "expired"]

    @pytest.mark.parametrize("who", ["main_user", "manager"])
    def test_no_proposal_is_made_for_decided_hours(self, ready: League, who: str) -> None:
        decision = decide(ready, 100).json()["items"][0]
        proposer, organisation = (
            (ready.main_user, ready.central) if who == "main_user" else (ready.manager, ready.district)
        )
        body = {"organisation_id": str(organisation), "year": 2024, "lines": []}
        answer = proposer.post(PROPOSALS, body)
        assert refusal(answer) == (409, "already-exists")
        assert answer.json()["decision_id"] == decision["id"]
        assert answer.json()["change_window"] == {
            "opens_on": "2024-03-13",
            "closes_on": "2024-03-25",
            "opens_at": "2024-03-13T00:00:00+02:00",
        }
        assert "existing_id" not in answer.json()
        ready.centre.clock(2024, 4, 1)
        assert proposer.post(PROPOSALS, body).json()["change_window"] is None

    def test_an_expired_proposal_is_not_submitted_and_blocks_no_new_one(self, ready: League) -> None:
        draft = ready.draft(ready.main_user, ready.central)
        decision = decide(ready, 100).json()["items"][0]
        answer = ready.main_user.post(f"{PROPOSALS}/{draft['id']}/submission")
        assert (refusal(answer), answer.json()["state"]) == ((409, "wrong-state"), "expired")
        assert answer.json()["decision_id"] == decision["id"]
        assert answer.json()["change_window"]["opens_on"] == "2024-03-13"
        for path, body in (("withdrawal", None), ("return", {"reason": "Täydennä"})):
            person = ready.main_user if path == "withdrawal" else ready.centre.staff()
            ended = person.post(f"{PROPOSALS}/{draft['id']}/{path}", body)
            assert (refusal(ended), ended.json()["state"]) == ((409, "wrong-state"), "expired")
        ready.centre.owner.execute("DELETE FROM hour_decisions")
        assert ready.draft(ready.main_user, ready.central)["state"] == "draft"

    def test_supplementary_requests_go_on(self, ready: League) -> None:
        ready.centre.deadline("change_window", date(2023, 10, 1), date(2023, 12, 31), hours_year=2024)
        body = {"organisation_id": str(ready.central), "year": 2024, "hours": 10, "grounds": "Kysyntä"}
        request = ready.main_user.post(REQUESTS, body).json()
        assert decide(ready).status_code == 201
        assert ready.main_user.get(f"{REQUESTS}/{request['id']}").json()["state"] == "submitted"
        assert ready.main_user.post(REQUESTS, body).status_code == 201


class TestAtOnce:
    """Whatever adds something open, or keeps it open, and what ends it come one after the other."""

    @pytest.fixture
    def other(self, ready: League, database: Addresses) -> Iterator[Centre]:
        with another(ready.centre, database) as other:
            yield other

    @pytest.mark.parametrize("end", [decide, close])
    def test_a_proposal_that_is_being_made_is_ended(
        self, ready: League, other: Centre, end: Callable[[League], httpx.Response]
    ) -> None:
        """The maker waits with its locks for the line's unit, which another transaction holds."""
        body = {"organisation_id": str(ready.central), "year": 2024, "lines": [line(ready.district, 5)]}
        with ThreadPoolExecutor() as threads:
            with other.owner.transaction():
                other.owner.execute("LOCK TABLE hour_proposal_lines IN SHARE ROW EXCLUSIVE MODE")
                making = threads.submit(ready.main_user.post, PROPOSALS, body)
                until_one_waits(ready.centre)
                ending = threads.submit(end, ready)
                until_one_waits(ready.centre, 2)
            made, ended = making.result(), ending.result()
        assert (made.status_code, ended.is_success) == (201, True)
        assert state_of(made.json(), ready.main_user) == "expired"
        ready.centre.check_ledger()

    @pytest.mark.parametrize(("end", "code"), [(decide, "already-exists"), (close, "year-closed")])
    def test_a_proposal_that_comes_later_is_refused(
        self, ready: League, other: Centre, end: Callable[[League], httpx.Response], code: str
    ) -> None:
        """What ends waits, with the openings stopped, for a proposal that is being changed."""
        draft = ready.draft(ready.main_user, ready.central)
        body = {"organisation_id": str(ready.district), "year": 2024, "lines": []}
        with ThreadPoolExecutor() as threads:
            with other.owner.transaction():
                other.owner.execute("SELECT FROM hour_proposals WHERE id = %s FOR UPDATE", [draft["id"]])
                ending = threads.submit(end, ready)
                until_one_waits(ready.centre)
                making = threads.submit(ready.manager.post, PROPOSALS, body)
                until_one_waits(ready.centre, 2)
            ended, made = ending.result(), making.result()
        assert ended.is_success
        assert refusal(made) == (409, code)
        ready.centre.check_ledger()

    @pytest.mark.parametrize("end", [decide, close])
    @pytest.mark.parametrize("keep", ["submission", "return"])
    def test_a_submission_or_a_return_is_ended_or_refused(
        self, ready: League, other: Centre, end: Callable[[League], httpx.Response], keep: str
    ) -> None:
        proposal = ready.draft(ready.main_user, ready.central)
        path = f"{PROPOSALS}/{proposal['id']}"
        who, body = ready.main_user, None
        if keep == "return":
            ready.main_user.post(f"{path}/submission")
            who, body = ready.centre.staff(), {"reason": "Täydennä"}
        with ThreadPoolExecutor() as threads:
            with other.owner.transaction():
                other.owner.execute("SELECT FROM hour_proposals WHERE id = %s FOR UPDATE", [proposal["id"]])
                keeping = threads.submit(who.post, f"{path}/{keep}", body)
                until_one_waits(ready.centre)
                ending = threads.submit(end, ready)
                until_one_waits(ready.centre, 2)
            kept, ended = keeping.result(), ending.result()
        assert ended.is_success
        assert kept.status_code == 200 or kept.json()["code"] == "wrong-state"
        assert state_of(proposal, ready.main_user) in ("expired", "decided")
        ready.centre.check_ledger()

    def test_a_request_that_is_being_made_or_decided_meets_the_closing_in_order(
        self, ready: League, other: Centre
    ) -> None:
        ready.centre.deadline("change_window", date(2023, 10, 1), date(2023, 12, 31), hours_year=2024)
        body = {"organisation_id": str(ready.central), "year": 2024, "hours": 10, "grounds": "Kysyntä"}
        request: dict[str, Any] = ready.main_user.post(REQUESTS, body).json()
        staff = ready.centre.staff()
        with ThreadPoolExecutor() as threads:
            with other.owner.transaction():
                other.owner.execute(
                    "SELECT FROM supplementary_hour_requests WHERE id = %s FOR UPDATE", [UUID(request["id"])]
                )
                deciding = threads.submit(staff.post, f"{REQUESTS}/{request['id']}/decision", {"hours": 10})
                until_one_waits(ready.centre)
                closing = threads.submit(close, ready)
                until_one_waits(ready.centre, 2)
                making = threads.submit(ready.main_user.post, REQUESTS, body)
                until_one_waits(ready.centre, 3)
            decided, closed, made = deciding.result(), closing.result(), making.result()
        assert closed.status_code == 200
        assert decided.status_code == 200 or decided.json()["code"] == "wrong-state"
        assert refusal(made) == (409, "year-closed")
        ready.centre.check_ledger()


def test_the_view_finds_what_was_left_open(ready: League) -> None:
    """Seeded by the owner: the service itself has no way to it."""
    centre = ready.centre
    draft = ready.draft(ready.main_user, ready.district)
    left_open = ("hour_proposal", draft["id"], 2024)

    def found() -> list[tuple[Any, ...]]:
        return centre.rows("SELECT type, id::text, year FROM hours_left_open")

    assert found() == []
    with centre.owner.transaction(force_rollback=True):
        centre.owner.execute("SELECT close_hour_year(2024::smallint, now())")
        assert found() == [left_open]
    assert decide(ready).status_code == 201
    with centre.owner.transaction(force_rollback=True):
        centre.owner.execute("UPDATE hour_proposals SET state = 'draft', expired_at = NULL, expired_because = NULL")
        assert found() == [left_open]
    assert found() == []
