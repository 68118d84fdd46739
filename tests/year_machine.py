"""What machines of a year of hours have in common: the model predicts the outcome of each request, then it is sent, and
after each step the accounts are as plain arithmetic says."""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

import httpx
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from app.db.identifiers import new_id
from tests.builders import Centre, Person, refusal
from tests.hours_model import LAST_DAY_OF_STATEMENTS, WINDOWS, Refused, Tree, Year

AnyYear = TypeVar("AnyYear", bound=Year)

trees = st.integers(0, 1)
organisations = st.integers(0, 3)
some_hours = st.integers(1, 60)
any_hours = st.integers(0, 60)
few_hours = st.integers(0, 25)
dry_runs = st.sampled_from([False, False, False, True])


@dataclass
class Sent:
    person: Person
    method: str
    path: str
    body: Any
    headers: dict[str, str]
    answer: httpx.Response


class YearMachine(RuleBasedStateMachine, Generic[AnyYear]):
    def __init__(
        self,
        new_centre: Callable[[], AbstractContextManager[Centre]],
        new_year: Callable[[list[Tree], datetime], AnyYear],
        now: datetime,
    ) -> None:
        super().__init__()
        self.resources = ExitStack()
        self.centre = self.resources.enter_context(new_centre())
        self.staff = self.centre.staff()
        trees = [self.planted(), self.planted()]
        self.main_users = [self.centre.main_user(tree.id) for tree in trees]
        for first, last in WINDOWS:
            self.centre.deadline("change_window", first, last)
        self.centre.deadline("cost_statement", None, LAST_DAY_OF_STATEMENTS, year=2024)
        self.model = new_year(trees, now)
        self.centre.clock_at(self.model.now)
        self.latest = self.model.now
        self.seen: dict[datetime, list[Any]] = {}
        self.sent: list[Sent] = []
        self.returns: list[str] = []

    def planted(self) -> Tree:
        """A central organisation with a district, an association below that, and one beside."""
        central = self.centre.organisation()
        district = self.centre.organisation(central, kind="district")
        return Tree(
            central,
            {
                district: central,
                self.centre.organisation(district): district,
                self.centre.organisation(central): central,
            },
        )

    def teardown(self) -> None:
        for instant, accounts in self.seen.items():
            assert [self.account(index, at=instant.isoformat()) for index in range(2)] == accounts
        self.resources.close()

    # Each step: the model predicts the outcome, then the request is sent.

    def ask(
        self,
        person: Person,
        method: str,
        path: str,
        body: Any,
        dry: bool,
        change: Callable[[AnyYear], object],
        etag: str = "",
    ) -> httpx.Response | None:
        """Return the answer of a request that took effect."""
        headers = {"Idempotency-Key": str(new_id())} | ({"If-Match": etag} if etag else {})
        if method == "PATCH":
            headers["Content-Type"] = "application/merge-patch+json"
        tried = f"{path}{'&' if '?' in path else '?'}validate_only=true" if dry else path
        answer = person.client.request(method, tried, json=body, headers=headers)
        after, refused = deepcopy(self.model), None
        try:
            change(after)
        except Refused as refusal_to_come:
            refused = refusal_to_come
        if refused:
            assert refusal(answer) == refused.problem, answer.text
            problem = answer.json()
            assert {name: problem.get(name) for name in refused.facts} == refused.facts
            return None
        assert answer.is_success, answer.text
        if dry:
            return None
        self.sent.append(Sent(person, method, path, body, headers, answer))
        self.took_effect(after)
        return answer

    def took_effect(self, after: AnyYear) -> None:
        self.model = after
        self.latest = max(self.latest, after.now)
        # The change has altered what was seen of this instant and of later ones.
        self.seen = {instant: accounts for instant, accounts in self.seen.items() if instant < after.now}

    def move_to(self, instant: datetime) -> None:
        self.model.now = instant
        self.centre.clock_at(instant)

    @rule(hours=st.integers(0, 300), dry=dry_runs)
    def set_pool(self, hours: int, dry: bool) -> None:
        self.ask(self.staff, "PUT", "/v1/hour-pools/2023", {"hours": hours}, dry, lambda year: year.set_pool(hours))

    @rule(hours=st.integers(0, 100), dry=dry_runs)
    def set_the_pool_of_peer_groups(self, hours: int, dry: bool) -> None:
        path = "/v1/hour-pools/2023?hour_type=peer_group"
        self.ask(self.staff, "PUT", path, {"hours": hours}, dry, lambda year: year.set_peer_pool(hours))

    @rule(tree=trees, hours=st.integers(-30, 30).filter(bool), dry=dry_runs)
    def correct_hours_of_peer_groups(self, tree: int, hours: int, dry: bool) -> None:
        body = self.about(tree, hours, reason="Laskuvirhe", hour_type="peer_group")
        path = "/v1/hour-corrections"
        self.ask(self.staff, "POST", path, body, dry, lambda year: year.correct_for_peers(tree, hours))

    def decide_hours(self, hours: dict[int, int], dry: bool) -> None:
        items = [{"organisation_id": str(self.model.trees[tree].id), "hours": hours[tree]} for tree in hours]
        body = {"year": 2023, "items": items}
        self.ask(self.staff, "POST", "/v1/hour-decisions", body, dry, lambda year: year.decide(hours))

    def about(self, tree: int, hours: int, **more: str) -> dict[str, Any]:
        return {"organisation_id": str(self.model.trees[tree].id), "year": 2023, "hours": hours, **more}

    @rule(tree=trees, hours=st.integers(-60, 60).filter(bool), dry=dry_runs)
    def correct(self, tree: int, hours: int, dry: bool) -> None:
        body = self.about(tree, hours, reason="Laskuvirhe")
        self.ask(self.staff, "POST", "/v1/hour-corrections", body, dry, lambda year: year.correct(tree, hours))

    @rule(tree=trees, hours=some_hours, dry=dry_runs)
    def give_back(self, tree: int, hours: int, dry: bool) -> None:
        body = self.about(tree, hours)
        path = "/v1/hour-returns"
        answer = self.ask(self.main_users[tree], "POST", path, body, dry, lambda year: year.give_back(tree, hours))
        if answer:
            self.returns.append(answer.headers["Location"])

    @rule(number=st.integers(0, 9), dry=dry_runs)
    def cancel_a_return(self, number: int, dry: bool) -> None:
        if self.returns:
            number %= len(self.returns)
            person = self.main_users[self.model.returns[number].tree]
            path = f"{self.returns[number]}/cancellation"
            self.ask(person, "POST", path, None, dry, lambda year: year.cancel_return(number))

    @rule(
        tree=trees,
        hours=st.dictionaries(st.integers(0, 2), few_hours),
        version=st.sampled_from(["right", "right", "right", "none", "stale"]),
        dry=dry_runs,
    )
    def distribute(self, tree: int, hours: dict[int, int], version: str, dry: bool) -> None:
        central = self.model.trees[tree]
        path = f"/v1/organisations/{central.id}/hour-distribution/2023"
        units = list(central.units)
        wished = {units[number]: amount for number, amount in hours.items()}
        body = {"units": [{"unit_id": str(unit), "hours": amount} for unit, amount in wished.items()]}
        person = self.main_users[tree]
        etag = {"right": person.get(path).headers["ETag"], "none": "", "stale": '"stale"'}[version]
        self.ask(person, "PUT", path, body, dry, lambda year: year.distribute(tree, wished, version), etag)

    @rule(number=st.integers(0, 30), another_body=st.booleans())
    def send_again(self, number: int, another_body: bool) -> None:
        """Send a request that took effect again, with its key: it returns its first answer, whatever has happened
        since."""
        if not self.sent:
            return
        sent = self.sent[number % len(self.sent)]
        if another_body and isinstance(sent.body, dict) and "hours" in sent.body:
            other = sent.body | {"hours": 61}
            again = sent.person.client.request(sent.method, sent.path, json=other, headers=sent.headers)
            assert refusal(again) == (422, "idempotency-key-reused")
            return
        again = sent.person.client.request(sent.method, sent.path, json=sent.body, headers=sent.headers)
        assert again.headers["Idempotency-Replayed"] == "true"
        assert (again.status_code, again.json()) == (sent.answer.status_code, sent.answer.json())

    # What is true after each step.

    def account(self, tree: int, **params: str) -> dict[str, Any]:
        path = f"/v1/organisations/{self.model.trees[tree].id}/hour-accounts/2023"
        account: dict[str, Any] = self.main_users[tree].get(path, params=params).json()
        account["units"] = {
            unit.pop("organisation_id"): {name: value for name, value in unit.items() if name != "name"}
            for unit in account["units"]
        }
        return account

    @invariant()
    def the_accounts_agree_with_arithmetic(self) -> None:
        accounts = [self.account(index) for index in range(2)]
        assert accounts == [tree.account() for tree in self.model.trees]
        for account in accounts:
            units = account["units"].values()
            free = account["available"] + sum(unit["available"] for unit in units)
            spent = account["returned"] + account["lapsed"] + account["reserved"] + account["used"]
            assert account["granted"] == spent + free
            assert account["distributed"] == sum(unit["allotted"] for unit in units)
            for unit in units:
                assert unit["allotted"] == unit["available"] + unit["reserved"] + unit["used"] + unit["lapsed"]
        peers = [self.account(index, hour_type="peer_group") for index in range(2)]
        assert peers == [tree.peers_account() for tree in self.model.trees]
        for account in peers:
            parts = ("lapsed", "available", "reserved", "used")
            assert account["granted"] == sum(account[part] for part in parts)
        of_latest = self.account(1, at=self.latest.isoformat(), hour_type="peer_group")
        assert of_latest == peers[1]
        # Every entry was made by the latest instant, so the account at that instant is the present one.
        assert self.account(0, at=self.latest.isoformat()) == accounts[0]
        if self.model.now >= self.latest:
            self.seen[self.model.now] = accounts

    @invariant()
    def the_pool_agrees_with_arithmetic(self) -> None:
        pool = self.staff.get("/v1/hour-pools/2023").json()
        assert (pool["hours"], pool["available"], pool["returned"]) == (
            self.model.hours,
            self.model.pool,
            self.model.returned,
        )
        assert pool["granted"] == sum(tree.granted for tree in self.model.trees)
        assert pool["available"] == pool["hours"] - pool["granted"] + pool["returned"]
        of_peers = self.staff.get("/v1/hour-pools/2023", params={"hour_type": "peer_group"}).json()
        assert (of_peers["hours"], of_peers["available"]) == (self.model.peer_hours, self.model.peer_pool)
        assert of_peers["granted"] == sum(tree.peers_granted for tree in self.model.trees)
        assert pool["state"] == of_peers["state"] == ("closed" if self.model.closed else "open")

    @invariant()
    def the_ledger_is_right(self) -> None:
        self.centre.check_ledger()
