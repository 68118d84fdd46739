"""`/v1/decision-plans`."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.db.identifiers import new_id
from app.domain.hours.ledger import grant, pool_change, reservation, use
from app.local.embedded_postgres import Addresses
from tests.api.hours.conftest import PROPOSALS, League
from tests.builders import Centre, Person, refusal
from tests.locks import another, until_one_waits

PATH = "/v1/decision-plans"


@pytest.fixture
def staff(league: League) -> Person:
    """Staff of a study centre with 1,000 hours for 2024, whose only member so far is Marttaliitto."""
    league.centre.post(2024, pool_change(1000))
    return league.centre.staff()


def plan_of(staff: Person, kind: str = "round", year: int = 2024, name: str = "Syksy") -> Any:
    answer = staff.post(PATH, {"year": year, "name": name, "kind": kind})
    assert answer.status_code == 201, answer.text
    return answer.json()


def path_of(plan: Any) -> str:
    return f"{PATH}/{plan['id']}"


def fill(staff: Person, plan: Any, hours: dict[UUID, int]) -> Any:
    rows = {str(row_id): {"hours": given} for row_id, given in hours.items()}
    answer = staff.patch(path_of(plan), {"rows": rows})
    assert answer.status_code == 200, answer.text
    return answer.json()


def with_version(staff: Person, plan: Any) -> dict[str, str]:
    return {"If-Match": staff.get(path_of(plan)).headers["ETag"]}


def publish(staff: Person, plan: Any, **options: Any) -> httpx.Response:
    headers = options.pop("headers", None) or with_version(staff, plan)
    return staff.post(f"{path_of(plan)}/publication", headers=headers, **options)


def simulate(staff: Person, plan: Any, method: str, **body: Any) -> httpx.Response:
    return staff.post(f"{path_of(plan)}/simulation", {"method": method, **body}, headers=with_version(staff, plan))


def hours_of(plan: Any) -> dict[str, int | None]:
    return {item["organisation_name"]: item["hours"] for item in plan["items"]}


class TestMaking:
    def test_a_plan_of_a_round_has_a_row_for_each_member_without_a_decision(
        self, league: League, staff: Person
    ) -> None:
        asking = league.submitted(league.main_user, league.central)
        decided = league.centre.organisation(name="Päätetty")
        league.centre.organisation(name="Entinen", active_until="2023-12-31")
        drafting = league.centre.organisation(name="Luonnosteleva")
        league.draft(league.centre.main_user(drafting), drafting)
        staff.post("/v1/hour-decisions", {"year": 2024, "items": [{"organisation_id": str(decided), "hours": 10}]})
        plan = plan_of(staff)
        assert [(each["organisation_name"], each["asked"], each["proposal_id"]) for each in plan["items"]] == [
            ("Luonnosteleva", None, None),
            ("Marttaliitto", 100, asking["id"]),
        ]
        assert plan["items"][1] | {"why": []} == {
            "id": str(league.central),
            "organisation_id": str(league.central),
            "organisation_name": "Marttaliitto",
            "asked": 100,
            "proposal_id": asking["id"],
            "request_id": None,
            "hours": None,
            "reason": None,
            "own": False,
            "why": [],
        }
        assert plan["sums"] == {"rows": 2, "filled": 0, "hours": 0, "asked": 100, "available": 990, "left": 990}
        assert staff.get(path_of(plan)).json() == plan
        [listed] = staff.get(PATH, params={"year": 2024, "kind": "round", "state": "draft"}).json()["items"]
        assert listed == {name: value for name, value in plan.items() if name != "items"}
        assert staff.get(PATH, params={"kind": "window"}).json()["items"] == []

    def test_a_plan_of_a_window_has_a_row_for_each_open_request(self, centre: Centre, central: UUID) -> None:
        centre.change_window()
        centre.post(2023, pool_change(500))
        main_user, staff = centre.main_user(central), centre.staff()
        asked = {"organisation_id": str(central), "year": 2023, "grounds": "Kysyntä kasvoi"}
        requests = [main_user.post("/v1/supplementary-hour-requests", asked | {"hours": each}) for each in (40, 50, 60)]
        first, second, third = (answer.json()["id"] for answer in requests)
        main_user.post(f"/v1/supplementary-hour-requests/{third}/withdrawal")
        plan = plan_of(staff, "window", 2023)
        assert [(each["id"], each["request_id"], each["asked"]) for each in plan["items"]] == [
            (first, first, 40),
            (second, second, 50),
        ]
        too_much = staff.patch(path_of(plan), {"rows": {first: {"hours": 41}}})
        assert refusal(too_much) == (422, "validation")
        assert too_much.json()["errors"][0]["pointer"] == f"/rows/{first}/hours"
        fixed = simulate(staff, plan, "pro_rata", overrides={first: 41})
        assert fixed.json()["errors"][0]["pointer"] == f"/overrides/{first}"
        unfit = simulate(staff, plan, "by_history")
        assert unfit.json()["errors"][0]["pointer"] == "/method"

    def test_a_plan_of_a_closed_year_is_refused_and_an_open_one_expires(self, league: League, staff: Person) -> None:
        plan = plan_of(staff)
        league.centre.deadline("cost_statement", None, date(2001, 1, 18), year=2001, hours_year=2024)
        closed = staff.post("/v1/hour-pools/2024/closing").json()
        assert closed["expired"] == [
            {"type": "decision_plan", "id": plan["id"], "reference": None, "organisation_id": None}
        ]
        ended = staff.get(path_of(plan)).json()
        assert (ended["state"], ended["expired_because"]) == ("expired", "year_closed")
        assert refusal(publish(staff, plan)) == (409, "wrong-state")
        assert refusal(staff.post(PATH, {"year": 2024, "name": "Uusi", "kind": "round"})) == (409, "year-closed")

    def test_the_view_finds_a_plan_that_is_open_in_a_closed_year(self, league: League, staff: Person) -> None:
        plan = plan_of(staff)
        league.centre.owner.execute("UPDATE hour_pools SET closed_at = now() WHERE year = 2024")
        assert league.centre.rows("SELECT type, id FROM hours_left_open") == [("decision_plan", UUID(plan["id"]))]
        league.centre.owner.execute("UPDATE hour_pools SET closed_at = NULL WHERE year = 2024")

    def test_only_staff_make_plans_and_only_staff_and_auditors_see_them(self, league: League, staff: Person) -> None:
        plan = plan_of(staff)
        auditor = league.centre.person("auditor")
        assert auditor.get(path_of(plan)).json()["items"] == plan["items"]
        assert auditor.get(PATH).status_code == 200
        assert auditor.get(f"{path_of(plan)}/comparison/{plan['id']}").status_code == 200
        for person in (league.main_user, league.manager):
            assert refusal(person.get(PATH)) == (403, "forbidden")
            assert refusal(person.get(path_of(plan))) == (403, "forbidden")
            assert refusal(person.get(f"{PATH}/{new_id()}")) == (403, "forbidden")
            assert refusal(person.get(f"{path_of(plan)}/comparison/{plan['id']}")) == (403, "forbidden")
        for person in (auditor, league.main_user):
            assert refusal(person.post(PATH, {"year": 2024, "name": "Oma", "kind": "round"})) == (403, "forbidden")
            assert refusal(person.patch(path_of(plan), {"name": "Oma"}, etag='"x"')) == (403, "forbidden")
            for change in ("simulation", "refresh", "withdrawal", "publication"):
                body = {"method": "pro_rata"} if change == "simulation" else None
                answer = person.post(f"{path_of(plan)}/{change}", body, headers={"If-Match": '"x"'})
                assert refusal(answer) == (403, "forbidden")


class TestEditing:
    def test_named_rows_change_and_others_stay(self, league: League, staff: Person) -> None:
        other = league.centre.organisation(name="Villasukat")
        plan = plan_of(staff)
        assert (plan["last_edited_by"], plan["last_edited_at"]) == (None, None)
        fill(staff, plan, {league.central: 1_200, other: 0})
        changes = {"name": "Toinen", "rows": {str(league.central): {"reason": "Kasvoi"}}}
        changed = staff.patch(path_of(plan), changes).json()
        assert changed["name"] == "Toinen"
        assert hours_of(changed) == {"Marttaliitto": 1_200, "Villasukat": 0}
        assert changed["items"][0]["reason"] == "Kasvoi"
        assert [(step["step"], step["hours"], step["weight"]) for step in changed["items"][0]["why"]] == [
            ("fixed", 1_200, None)
        ]
        assert changed["items"][0]["why"][0]["text"] == {
            "fi": "Asetettu käsin: 1\xa0200 opetustuntia.",
            "sv": "Angivet för hand: 1\xa0200 undervisningstimmar.",
            "en": "Set by hand: 1,200 teaching hours.",
        }
        assert changed["sums"] | {"rows": 2} == {
            "rows": 2, "filled": 2, "hours": 1_200, "asked": 0, "available": 1_000, "left": -200,
        }  # fmt: skip
        assert changed["last_edited_by"] == str(staff.id)
        emptied = staff.patch(path_of(plan), {"rows": {str(league.central): None, str(other): {"hours": None}}})
        assert hours_of(emptied.json()) == {"Marttaliitto": None, "Villasukat": None}
        assert emptied.json()["items"][0]["reason"] is None

    def test_a_new_name_is_no_edit(self, staff: Person) -> None:
        plan = plan_of(staff)
        renamed = staff.patch(path_of(plan), {"name": "Toinen"}).json()
        assert (renamed["name"], renamed["last_edited_by"]) == ("Toinen", None)

    def test_an_unknown_row_is_not_found_and_ones_own_is_forbidden(self, league: League, staff: Person) -> None:
        league.centre.grant(staff.id, "main_user", league.central)
        plan = plan_of(staff)
        assert plan["items"][0]["own"] is True
        unknown = new_id()
        answer = staff.post(
            f"{path_of(plan)}/simulation",
            {"method": "pro_rata", "overrides": {str(unknown): 1, str(league.central): 1}},
            headers={"If-Match": '"old"'},
        )
        assert refusal(answer) == (404, "not-found")
        for row_id, expected in ((unknown, (404, "not-found")), (league.central, (403, "forbidden"))):
            answer = staff.patch(path_of(plan), {"rows": {str(row_id): {"hours": 1}}}, etag='"old"')
            assert refusal(answer) == expected
            assert answer.json()["pointer"] == f"/rows/{row_id}"
        own = simulate(staff, plan, "pro_rata", overrides={str(league.central): 5})
        assert refusal(own) == (403, "forbidden")
        assert own.json()["pointer"] == f"/overrides/{league.central}"
        assert league.centre.staff().get(path_of(plan)).json()["items"][0]["own"] is False

    def test_who_sent_the_proposal_owns_the_row(self, league: League, staff: Person) -> None:
        league.submitted(league.main_user, league.central)
        league.centre.owner.execute("UPDATE hour_proposals SET created_by = %s", [staff.id])
        plan = plan_of(staff)
        assert plan["items"][0]["own"] is True
        assert league.centre.staff().get(path_of(plan)).json()["items"][0]["own"] is False

    def test_a_row_of_a_merged_record_is_ones_own_in_one_version(self, league: League, staff: Person) -> None:
        league.submitted(league.main_user, league.central)
        plan = plan_of(staff)
        assert plan["items"][0]["own"] is False
        merger = {"person_id": str(league.main_user.id), "reason": "Sama ihminen"}
        assert league.centre.staff().post(f"/v1/people/{staff.id}/merger", merger).status_code == 200
        league.centre.owner.execute("DELETE FROM role_grants WHERE role = 'main_user'")
        assert staff.get(path_of(plan)).json()["items"][0]["own"] is True
        # What was read is the version that a change meets.
        answer = staff.patch(path_of(plan), {"name": "Toinen"}, etag=with_version(staff, plan)["If-Match"])
        assert answer.status_code == 200, answer.text

    def test_a_change_needs_the_present_version(self, league: League, staff: Person) -> None:
        plan = plan_of(staff)
        stale = with_version(staff, plan)
        fill(staff, plan, {league.central: 5})
        for change in ("simulation", "publication"):
            body = {"method": "pro_rata"} if change == "simulation" else None
            assert refusal(staff.post(f"{path_of(plan)}/{change}", body)) == (428, "precondition-required")
            answer = staff.post(f"{path_of(plan)}/{change}", body, headers=stale)
            assert refusal(answer) == (412, "precondition-failed")
        changed = staff.patch(path_of(plan), {"name": "Toinen"}, etag=stale["If-Match"])
        assert refusal(changed) == (412, "precondition-failed")
        without_key = staff.post(f"{path_of(plan)}/publication", key=False)
        assert refusal(without_key) == (400, "idempotency-key-required")

    def test_nothing_changes_a_plan_that_is_no_draft(self, staff: Person) -> None:
        plan = plan_of(staff)
        assert staff.post(f"{path_of(plan)}/withdrawal").json()["state"] == "withdrawn"
        assert refusal(staff.patch(path_of(plan), {"name": "Toinen"})) == (409, "wrong-state")
        assert refusal(simulate(staff, plan, "pro_rata")) == (409, "wrong-state")
        assert refusal(publish(staff, plan)) == (409, "wrong-state")
        for change in ("refresh", "withdrawal"):
            assert refusal(staff.post(f"{path_of(plan)}/{change}")) == (409, "wrong-state")


class TestSimulation:
    def test_the_rows_are_filled_with_the_reasons(self, league: League, staff: Person) -> None:
        asking = {name: league.centre.organisation(name=name) for name in ("Aallot", "Beetat", "Ceeta")}
        for organisation_id, hours in zip(asking.values(), (90, 40, 10), strict=True):
            line = {"unit_id": str(organisation_id), "hours": hours}
            league.submitted(league.centre.main_user(organisation_id), organisation_id, line)
        for of, used in ((asking["Aallot"], 60), (asking["Beetat"], 20)):
            for transfer in (pool_change(used), grant(of, used), reservation(of, of, used), use(of, of, used)):
                league.centre.post(2022, transfer)
        plan = plan_of(staff)
        for method, parameters, expected in (
            ("pro_rata", {}, (64, 29, 7)),
            ("by_history", {}, (75, 25, 0)),
            ("minimum_first", {"minimum": 20}, (59, 31, 10)),
            ("needs_then_history", {"need_percent": 50}, (68, 27, 5)),
        ):
            answer = simulate(staff, plan, method, parameters={"cap": 100, **parameters})
            assert answer.status_code == 200, answer.text
            assert hours_of(answer.json()) == {**dict(zip(asking, expected, strict=True)), "Marttaliitto": None}
            for item in answer.json()["items"]:
                assert sum(step["hours"] for step in item["why"]) == (item["hours"] or 0)
        assert answer.json()["last_edited_by"] == str(staff.id)
        assert [step["step"] for step in answer.json()["items"][0]["why"]] == ["need", "history"]
        refused = simulate(staff, plan, "as_asked", parameters={"cap": 100})
        assert (refusal(refused), refused.json()["asked"]) == ((409, "pool-exceeded"), 140)
        assert hours_of(simulate(staff, plan, "as_asked").json())["Aallot"] == 90

    def test_a_dry_run_shows_what_a_simulation_would_give(self, league: League, staff: Person) -> None:
        league.submitted(league.main_user, league.central)
        plan = plan_of(staff)
        answer = staff.post(
            f"{path_of(plan)}/simulation?validate_only=true", {"method": "as_asked"}, headers=with_version(staff, plan)
        )
        assert hours_of(answer.json()) == {"Marttaliitto": 100}
        assert hours_of(staff.get(path_of(plan)).json()) == {"Marttaliitto": None}

    @pytest.mark.parametrize(
        ("body", "status", "pointer"),
        [
            ({"method": "minimum_first"}, 422, "/parameters/minimum"),
            ({"method": "needs_then_history"}, 422, "/parameters/need_percent"),
            ({"method": "drawing_lots"}, 422, "/method"),
            ({"method": "pro_rata", "parameters": {"weights": {"ROW": 0}}}, 422, "/parameters/weights"),
            ({"method": "pro_rata", "parameters": {"weights": {"ROW": 1_001}}}, 422, "/parameters/weights/ROW"),
            ({"method": "pro_rata", "parameters": {"weights": {"x": 1}}}, 422, "/parameters/weights/x"),
            ({"method": "pro_rata", "parameters": {"weights": {"OTHER": 1}}}, 404, "/parameters/weights/OTHER"),
            ({"method": "pro_rata", "parameters": {"floors": {"ROW": 60}, "cap": 50}}, 409, "/parameters/floors"),
            ({"method": "pro_rata", "parameters": {"cap": 1_001}}, 409, "/parameters/cap"),
            ({"method": "pro_rata", "overrides": {"ROW": 1_001}}, 409, "/overrides"),
            ({"method": "pro_rata", "overrides": {"OTHER": 1}}, 404, "/overrides/OTHER"),
            ({"method": "pro_rata", "overrides": {"ROW": 1, "BIG": 2}}, 422, "/overrides"),
            ({"method": "pro_rata", "parameters": {"years": 6}}, 422, "/parameters/years"),
            ({"method": "pro_rata", "parameters": {"need_percent": 0}}, 422, "/parameters/need_percent"),
        ],
    )
    def test_a_wrong_parameter_is_named(
        self, league: League, staff: Person, body: Any, status: int, pointer: str
    ) -> None:
        league.submitted(league.main_user, league.central)
        plan = plan_of(staff)
        places = {"ROW": str(league.central), "OTHER": str(new_id()), "BIG": str(league.central).upper()}

        def placed(value: Any) -> Any:
            if isinstance(value, dict):
                return {places.get(name, name): placed(each) for name, each in value.items()}
            return value

        answer = simulate(staff, plan, **placed(body))
        assert answer.status_code == status, answer.text
        problem = answer.json()
        named = problem["errors"][0]["pointer"] if status == 422 else problem["pointer"]
        for name, place in places.items():
            pointer = pointer.replace(name, place)
        assert named == pointer


class TestPublication:
    def test_the_filled_rows_are_decided_and_the_others_are_not(self, league: League, staff: Person) -> None:
        asking = league.submitted(league.main_user, league.central)
        refused, waiting = league.centre.organisation(name="Nolla"), league.centre.organisation(name="Odottava")
        plan = plan_of(staff)
        rows = {str(league.central): {"hours": 80, "reason": "Kasvoi"}, str(refused): {"hours": 0}}
        staff.patch(path_of(plan), {"rows": rows})
        answer = publish(staff, plan)
        assert answer.status_code == 200, answer.text
        published = answer.json()
        assert (published["state"], published["published_by"]) == ("published", str(staff.id))
        assert published["published_at"] == "2023-10-16T12:00:00+03:00"
        made = staff.get("/v1/hour-decisions", params={"year": 2024}).json()["items"]
        assert {(each["organisation_name"], each["hours"], each["reason"], each["proposal_id"]) for each in made} == {
            ("Marttaliitto", 80, "Kasvoi", asking["id"]),
            ("Nolla", 0, None, None),
        }
        assert staff.get(f"{PROPOSALS}/{asking['id']}").json()["state"] == "decided"
        account = staff.get(f"/v1/organisations/{league.central}/hour-accounts/2024").json()
        assert account["granted"] == 80
        assert str(waiting) not in {each["organisation_id"] for each in made}
        assert refusal(publish(staff, plan)) == (409, "wrong-state")

    def test_what_has_moved_is_listed_and_a_refresh_takes_it_in(self, league: League, staff: Person) -> None:
        asking = league.submitted(league.main_user, league.central)
        decided, left, new = (league.centre.organisation(name=name) for name in ("Decided", "Left", "New"))
        empty = league.centre.organisation(name="Tyhjä")
        plan = plan_of(staff)
        fill(staff, plan, {league.central: 80, decided: 5, left: 5, new: 5})
        staff.post(f"{PROPOSALS}/{asking['id']}/return", {"reason": "Tarkentakaa"})
        decision = staff.post(
            "/v1/hour-decisions", {"year": 2024, "items": [{"organisation_id": str(decided), "hours": 7}]}
        ).json()["items"][0]
        league.centre.owner.execute("UPDATE organisations SET active_until = '2023-12-31' WHERE id = %s", [left])
        for late in (new, empty):
            line = {"unit_id": str(late), "hours": 30}
            proposal = league.submitted(league.centre.main_user(late), late, line)
            if late == new:
                asked_late = proposal
        answer = publish(staff, plan)
        assert refusal(answer) == (409, "plan-stale")
        assert answer.json()["pool"] == {"before": 1_000, "now": 993}
        wish = {"id": asking["id"], "hours": 100}
        assert [{name: each[name] for name in each if name != "id"} for each in answer.json()["changes"]] == [
            {
                "organisation_name": "Decided",
                "what": "decision",
                "before": None,
                "now": {"id": decision["id"], "state": "decided", "hours": 7},
            },
            {
                "organisation_name": "Left",
                "what": "membership",
                "before": {"id": None, "state": "member", "hours": None},
                "now": None,
            },
            {
                "organisation_name": "Marttaliitto",
                "what": "proposal",
                "before": wish | {"state": "submitted"},
                "now": wish | {"state": "sent_back"},
            },
            {
                "organisation_name": "New",
                "what": "proposal",
                "before": None,
                "now": {"id": asked_late["id"], "state": "submitted", "hours": 30},
            },
        ]
        edited = staff.get(path_of(plan)).json()
        refreshed = staff.post(f"{path_of(plan)}/refresh").json()
        assert hours_of(refreshed) == {"Marttaliitto": 80, "New": 5, "Tyhjä": None}
        assert [item["asked"] for item in refreshed["items"]] == [None, 30, 30]
        assert refreshed["sums"]["available"] == 993
        assert refreshed["last_edited_at"] == edited["last_edited_at"]
        assert publish(staff, plan).status_code == 200

    def test_a_draft_and_an_empty_row_make_nothing_stale(self, league: League, staff: Person) -> None:
        other = league.centre.organisation(name="Toinen")
        plan = plan_of(staff)
        fill(staff, plan, {league.central: 80})
        league.draft(league.main_user, league.central)
        league.submitted(league.centre.main_user(other), other)
        assert publish(staff, plan).status_code == 200

    def test_the_same_proposal_sent_again_with_the_same_hours_is_as_before(self, league: League, staff: Person) -> None:
        asking = league.submitted(league.main_user, league.central)
        plan = plan_of(staff)
        fill(staff, plan, {league.central: 80})
        staff.post(f"{PROPOSALS}/{asking['id']}/return", {"reason": "Tarkentakaa"})
        league.main_user.post(f"{PROPOSALS}/{asking['id']}/submission")
        assert publish(staff, plan).status_code == 200

    def test_no_more_is_published_than_the_pool_has(self, league: League, staff: Person) -> None:
        plan = plan_of(staff)
        fill(staff, plan, {league.central: 1_001})
        answer = publish(staff, plan)
        assert refusal(answer) == (409, "pool-exceeded")
        assert (answer.json()["available"], answer.json()["asked"]) == (1_000, 1_001)
        assert staff.get("/v1/hour-decisions").json()["items"] == []

    def test_over_the_pool_by_an_hour_that_came_back_is_stale_first(self, league: League, staff: Person) -> None:
        plan = plan_of(staff)
        fill(staff, plan, {league.central: 1_000})
        league.centre.post(2024, pool_change(-1))
        assert refusal(publish(staff, plan)) == (409, "plan-stale")
        staff.post(f"{path_of(plan)}/refresh")
        assert refusal(publish(staff, plan)) == (409, "pool-exceeded")

    def test_a_filled_row_of_ones_own_cannot_be_published(self, league: League, staff: Person) -> None:
        plan = plan_of(staff)
        fill(staff, plan, {league.central: 0})
        league.centre.grant(staff.id, "main_user", league.central)
        answer = publish(staff, plan)
        assert refusal(answer) == (403, "forbidden")
        assert (answer.json()["because"], answer.json()["pointer"]) == ("own-matter", f"/rows/{league.central}")
        assert publish(league.centre.staff(), plan).status_code == 200

    def test_a_dry_run_and_a_replay_decide_nothing_more(self, league: League, staff: Person) -> None:
        plan = plan_of(staff)
        fill(staff, plan, {league.central: 80})
        headers = with_version(staff, plan)
        dry = staff.post(f"{path_of(plan)}/publication?validate_only=true", headers=headers)
        assert dry.json()["state"] == "published"
        assert staff.get("/v1/hour-decisions").json()["items"] == []
        first = publish(staff, plan, headers=headers, key="kerran")
        again = publish(staff, plan, headers=headers, key="kerran")
        assert (first.status_code, first.content) == (again.status_code, again.content)
        assert len(staff.get("/v1/hour-decisions").json()["items"]) == 1

    def test_a_plan_published_twice_at_the_same_time_decides_once(self, league: League, staff: Person) -> None:
        plan = plan_of(staff)
        fill(staff, plan, {league.central: 80})
        headers = with_version(staff, plan)
        others = [staff, league.centre.staff()]
        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(lambda person: publish(person, plan, headers=headers), others))
        assert sorted(answer.status_code for answer in answers) in ([200, 409], [200, 412])
        assert len(staff.get("/v1/hour-decisions").json()["items"]) == 1

    def test_one_of_a_publication_and_a_decision_at_the_same_time_decides(self, league: League, staff: Person) -> None:
        plan = plan_of(staff)
        fill(staff, plan, {league.central: 80})
        headers = with_version(staff, plan)
        body = {"year": 2024, "items": [{"organisation_id": str(league.central), "hours": 70}]}
        other = league.centre.staff()
        with ThreadPoolExecutor(2) as pool:
            published = pool.submit(publish, staff, plan, headers=headers)
            decided = pool.submit(other.post, "/v1/hour-decisions", body)
            outcomes = (published.result().status_code, decided.result().status_code)
        assert outcomes in ((200, 409), (409, 201))
        [made] = staff.get("/v1/hour-decisions").json()["items"]
        assert made["hours"] == (80 if outcomes == (200, 409) else 70)


def test_two_plans_are_compared_row_by_row(league: League, staff: Person) -> None:
    other = league.centre.organisation(name="Äijät")
    first, second = plan_of(staff), plan_of(staff, name="Toinen")
    fill(staff, first, {league.central: 10})
    new = league.centre.organisation(name="Zeta")
    staff.post(f"{path_of(second)}/refresh")
    fill(staff, second, {league.central: 25, new: 5, other: 0})
    answer = staff.get(f"{path_of(first)}/comparison/{second['id']}").json()
    assert answer["items"] == [
        {
            "id": str(league.central),
            "organisation_name": "Marttaliitto",
            "hours": 10,
            "other_hours": 25,
            "difference": 15,
        },
        {"id": str(new), "organisation_name": "Zeta", "hours": None, "other_hours": 5, "difference": 5},
        {"id": str(other), "organisation_name": "Äijät", "hours": None, "other_hours": 0, "difference": 0},
    ]
    assert answer["totals"] == {"hours": 10, "other_hours": 30, "difference": 20}
    for unlike in (plan_of(staff, "window"), plan_of(staff, year=2025)):
        refused = staff.get(f"{path_of(first)}/comparison/{unlike['id']}")
        assert refusal(refused) == (422, "validation")
        assert refused.json()["errors"][0]["parameter"] == "other_id"
    assert refusal(staff.get(f"{path_of(first)}/comparison/{new_id()}")) == (404, "not-found")


class TestWindow:
    @pytest.fixture
    def requests(self, centre: Centre, central: UUID) -> list[str]:
        """Two requests in the change window of 2023, with a pool of 100 hours."""
        centre.change_window()
        centre.post(2023, pool_change(100))
        main_user = centre.main_user(central)
        asked = {"organisation_id": str(central), "year": 2023, "grounds": "Kysyntä kasvoi"}
        answers = [main_user.post("/v1/supplementary-hour-requests", asked | {"hours": each}) for each in (40, 50)]
        return [answer.json()["id"] for answer in answers]

    def test_the_requests_are_decided_with_the_reasons(self, centre: Centre, requests: list[str]) -> None:
        staff = centre.staff()
        plan = plan_of(staff, "window", 2023)
        staff.patch(
            path_of(plan), {"rows": {requests[0]: {"hours": 30, "reason": "Osittain"}, requests[1]: {"hours": 0}}}
        )
        assert publish(staff, plan).json()["state"] == "published"
        decided = [staff.get(f"/v1/supplementary-hour-requests/{each}").json() for each in requests]
        assert [(each["state"], each["granted_hours"], each["reason"]) for each in decided] == [
            ("partially_approved", 30, "Osittain"),
            ("rejected", 0, None),
        ]

    def test_a_decided_request_and_an_ended_membership_are_stale(
        self, centre: Centre, central: UUID, requests: list[str]
    ) -> None:
        staff = centre.staff()
        plan = plan_of(staff, "window", 2023)
        first, second = requests
        fill(staff, plan, {UUID(first): 30, UUID(second): 20})
        staff.post(f"/v1/supplementary-hour-requests/{first}/decision", {"hours": 0})
        answer = publish(staff, plan)
        assert refusal(answer) == (409, "plan-stale")
        [change] = answer.json()["changes"]
        assert (change["id"], change["what"]) == (first, "request")
        assert change["before"] == {"id": first, "state": "submitted", "hours": 40}
        assert change["now"] == {"id": first, "state": "rejected", "hours": 0}
        assert [item["id"] for item in staff.post(f"{path_of(plan)}/refresh").json()["items"]] == [second]
        centre.owner.execute("UPDATE organisations SET active_until = '2022-12-31' WHERE id = %s", [central])
        assert [each["what"] for each in publish(staff, plan).json()["changes"]] == ["membership"]
        staff.post(f"{path_of(plan)}/refresh")
        answer = publish(staff, plan)
        assert (refusal(answer), answer.json()["pointer"]) == ((409, "not-a-member"), f"/rows/{second}")
        fill(staff, plan, {UUID(second): 0})
        assert publish(staff, plan).status_code == 200

    def test_another_person_publishes_it_where_two_decide(self, centre: Centre, requests: list[str]) -> None:
        staff, other = centre.staff(), centre.staff()
        assert staff.patch("/v1/study-centre", {"decisions_by_two": True}).status_code == 200
        plan = plan_of(staff, "window", 2023)
        fill(staff, plan, {UUID(requests[0]): 30})
        answer = publish(staff, plan)
        assert (refusal(answer), answer.json()["because"]) == ((403, "forbidden"), "decisions-by-two")
        body = {"year": 2023, "items": [{"request_id": requests[0], "hours": 30}]}
        assert refusal(other.post("/v1/supplementary-hour-decisions", body)) == (403, "forbidden")
        assert publish(other, plan).status_code == 200
        assert staff.get(f"/v1/supplementary-hour-requests/{requests[0]}").json()["granted_hours"] == 30


class TestByTwo:
    """Hours above 0 are decided by plans alone, and a plan by another person than edited it last."""

    @pytest.fixture
    def other(self, league: League, staff: Person) -> Person:
        assert staff.patch("/v1/study-centre", {"decisions_by_two": True}).json()["decisions_by_two"] is True
        return league.centre.staff()

    def test_the_last_editor_does_not_publish(self, league: League, staff: Person, other: Person) -> None:
        plan = plan_of(staff)
        fill(staff, plan, {league.central: 80})
        answer = publish(staff, plan)
        assert (refusal(answer), answer.json()["because"]) == ((403, "forbidden"), "decisions-by-two")
        assert publish(other, plan).status_code == 200

    def test_a_simulation_is_an_edit_and_a_refresh_and_a_name_are_none(
        self, league: League, staff: Person, other: Person
    ) -> None:
        league.submitted(league.main_user, league.central)
        plan = plan_of(staff)
        simulate(other, plan, "pro_rata")
        staff.post(f"{path_of(plan)}/refresh")
        staff.patch(path_of(plan), {"name": "Toinen"})
        assert refusal(publish(other, plan)) == (403, "forbidden")
        assert publish(staff, plan).status_code == 200

    def test_a_change_of_nothing_is_no_edit(self, league: League, staff: Person, other: Person) -> None:
        plan = plan_of(staff)
        fill(staff, plan, {league.central: 80})
        for change in ({}, {"hours": 80}, {"reason": None}):
            changed = other.patch(path_of(plan), {"rows": {str(league.central): change}}).json()
            assert changed["last_edited_by"] == str(staff.id)
        assert refusal(publish(staff, plan)) == (403, "forbidden")

    def test_turned_off_for_a_minute_it_still_holds(self, league: League, staff: Person, other: Person) -> None:
        plan = plan_of(staff)
        fill(staff, plan, {league.central: 80})
        assert other.get("/v1/study-centre").json()["decisions_by_two"] is True
        staff.patch("/v1/study-centre", {"decisions_by_two": False})
        assert refusal(publish(staff, plan)) == (403, "forbidden")
        body = {"year": 2024, "items": [{"organisation_id": str(league.central), "hours": 80}]}
        assert refusal(staff.post("/v1/hour-decisions", body)) == (403, "forbidden")
        # It ends at the midnight after the next.
        league.centre.clock(2023, 10, 17, 23, 59)
        assert refusal(publish(staff, plan)) == (403, "forbidden")
        league.centre.clock(2023, 10, 18)
        assert publish(staff, plan).status_code == 200

    def test_two_records_of_one_person_are_one(self, league: League, staff: Person, other: Person) -> None:
        plan = plan_of(staff)
        fill(staff, plan, {league.central: 80})
        third = league.centre.staff()
        merged = third.post(f"/v1/people/{other.id}/merger", {"person_id": str(staff.id), "reason": "Sama ihminen"})
        assert merged.status_code == 200, merged.text
        assert refusal(publish(other, plan)) == (403, "forbidden")
        assert publish(third, plan).status_code == 200


class TestMeeting:
    """A plan and what else happens to its year at the same time; another transaction holds both up."""

    @pytest.fixture
    def other(self, league: League, database: Addresses) -> Iterator[Centre]:
        with another(league.centre, database) as other:
            yield other

    def test_a_publication_that_counts_the_pool_before_a_cancellation_is_never_short(
        self, league: League, staff: Person, other: Centre
    ) -> None:
        """The publication holds the pool, so that the return's hours cannot leave it before the decisions are made."""
        league.centre.deadline("change_window", date(2023, 10, 1), date(2023, 10, 31), hours_year=2024)
        giving = league.centre.organisation()
        league.centre.post(2024, grant(giving, 100))
        main_user = league.centre.main_user(giving)
        body = {"organisation_id": str(giving), "year": 2024, "hours": 50}
        booked = main_user.post("/v1/hour-returns", body).headers["Location"]
        plan = plan_of(staff)
        fill(staff, plan, {league.central: 950})
        headers = with_version(staff, plan)
        with ThreadPoolExecutor() as threads:
            with other.owner.transaction():
                # The publication waits for it after it has counted the pool.
                other.owner.execute("LOCK TABLE hour_decisions IN SHARE ROW EXCLUSIVE MODE")
                publishing = threads.submit(publish, staff, plan, headers=headers)
                until_one_waits(league.centre)
                cancelling = threads.submit(main_user.post, f"{booked}/cancellation")
                until_one_waits(league.centre, 2)
            published, cancelled = publishing.result(), cancelling.result()
        assert published.status_code == 200, published.text
        assert refusal(cancelled) == (409, "pool-exceeded")
        league.centre.check_ledger()

    def test_a_publication_and_a_withdrawal_meet_in_order(self, league: League, staff: Person, other: Centre) -> None:
        asking = league.submitted(league.main_user, league.central)
        plan = plan_of(staff)
        fill(staff, plan, {league.central: 80})
        headers = with_version(staff, plan)
        with ThreadPoolExecutor() as threads:
            with other.owner.transaction():
                other.owner.execute("SELECT FROM hour_proposals FOR UPDATE")
                publishing = threads.submit(publish, staff, plan, headers=headers)
                until_one_waits(league.centre)
                withdrawing = threads.submit(league.main_user.post, f"{PROPOSALS}/{asking['id']}/withdrawal")
                until_one_waits(league.centre, 2)
            published, withdrawn = publishing.result(), withdrawing.result()
        state = league.main_user.get(f"{PROPOSALS}/{asking['id']}").json()["state"]
        if published.is_success:
            assert (refusal(withdrawn), state) == ((409, "wrong-state"), "decided")
        else:
            assert (refusal(published), state) == ((409, "plan-stale"), "withdrawn")
        league.centre.check_ledger()

    def test_a_plan_that_is_being_made_is_ended_by_the_closing(
        self, league: League, staff: Person, other: Centre
    ) -> None:
        league.centre.deadline("cost_statement", None, date(2001, 1, 18), year=2001, hours_year=2024)
        body = {"year": 2024, "name": "Syksy", "kind": "round"}
        closer = league.centre.staff()
        with ThreadPoolExecutor() as threads:
            with other.owner.transaction():
                other.owner.execute("LOCK TABLE decision_plan_rows IN SHARE ROW EXCLUSIVE MODE")
                making = threads.submit(staff.post, PATH, body)
                until_one_waits(league.centre)
                closing = threads.submit(closer.post, "/v1/hour-pools/2024/closing")
                until_one_waits(league.centre, 2)
            made, closed = making.result(), closing.result()
        assert (made.status_code, closed.status_code) == (201, 200)
        assert staff.get(path_of(made.json())).json()["state"] == "expired"
        league.centre.check_ledger()

    def test_a_publication_and_a_closing_meet_in_order(self, league: League, staff: Person, other: Centre) -> None:
        league.centre.deadline("cost_statement", None, date(2001, 1, 18), year=2001, hours_year=2024)
        plan = plan_of(staff)
        fill(staff, plan, {league.central: 80})
        headers, closer = with_version(staff, plan), league.centre.staff()
        with ThreadPoolExecutor() as threads:
            with other.owner.transaction():
                other.owner.execute("LOCK TABLE hour_decisions IN SHARE ROW EXCLUSIVE MODE")
                publishing = threads.submit(publish, staff, plan, headers=headers)
                until_one_waits(league.centre)
                closing = threads.submit(closer.post, "/v1/hour-pools/2024/closing")
                until_one_waits(league.centre, 2)
            published, closed = publishing.result(), closing.result()
        assert (published.status_code, closed.status_code) == (200, 200)
        assert closed.json()["expired"] == []
        account = staff.get(f"/v1/organisations/{league.central}/hour-accounts/2024").json()
        assert staff.get(path_of(plan)).json()["state"] == "published"
        assert (account["granted"], account["lapsed"], account["available"]) == (80, 80, 0)
        league.centre.check_ledger()
