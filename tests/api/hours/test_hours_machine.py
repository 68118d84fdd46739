"""The year of hours as a machine: moves in any order, and after each the account is as plain arithmetic predicts.

`make fuzz` runs it long.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import psycopg
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule, run_state_machine_as_test

from app.db.hours.drawing import find_drawn, find_used
from app.db.identifiers import new_id
from app.domain.calendar.deadlines import HELSINKI
from app.domain.errors import QuotaExceeded
from app.domain.hours.drawing import releases_of, reservations_of, reversals_of, settlement_of
from app.domain.hours.ledger import HourType, Transfer, grant
from tests.builders import Centre
from tests.hours_model import WINDOWS, Plan, Refused, Year
from tests.year_machine import YearMachine, any_hours, dry_runs, few_hours, organisations, some_hours, trees

PROPOSALS = "/v1/hour-proposals"
PLANS = "/v1/decision-plans"
INSTANTS = [
    datetime(2023, 2, 1, 9, tzinfo=HELSINKI),
    datetime(2023, 3, 15, 12, tzinfo=HELSINKI),
    datetime(2023, 3, 25, 23, 59, 59, tzinfo=HELSINKI),
    datetime(2023, 3, 26, tzinfo=HELSINKI),
    datetime(2023, 8, 20, 8, tzinfo=HELSINKI),
    datetime(2024, 1, 18, 23, 59, 59, tzinfo=HELSINKI),
    datetime(2024, 1, 19, tzinfo=HELSINKI),
]
hour_types = st.sampled_from(["training", "training", "peer_group"])


@dataclass
class Cause:
    """A training course or a peer group with reserved hours, and then with used ones."""

    tree: int
    drawn: dict[UUID, int]
    hour_type: HourType = "training"
    used: dict[UUID, int] = field(default_factory=dict)
    id: UUID = field(default_factory=new_id)


class HoursMachine(YearMachine[Year]):
    def __init__(self, new_centre: Callable[[], AbstractContextManager[Centre]]) -> None:
        super().__init__(new_centre, Year, INSTANTS[1])
        units = [unit for tree in self.model.trees for unit in tree.units]
        self.managers = {unit: self.centre.person("unit_manager", unit) for unit in units}
        for first, last in WINDOWS:
            self.centre.deadline("proposal_round", first, last, hours_year=2023)
        self.requests: list[str] = []
        self.proposals: list[str] = []
        self.allotment_requests: list[str] = []
        self.plans: list[str] = []
        self.causes: list[Cause] = []
        self.stated: list[Cause] = []

    # Each step: the model predicts the outcome, then the request is sent.

    def post(self, transfers: list[Transfer], after: Year, cause: Cause, dry: bool) -> None:
        """Post what a training course or a peer group will post; a dry run is rolled back."""
        with self.centre.owner.transaction():
            self.centre.post(2023, *transfers, cause=cause.id, hour_type=cause.hour_type)
            if dry:
                raise psycopg.Rollback
        if not dry:
            self.took_effect(after)

    @initialize(
        hours=st.lists(st.integers(40, 70), min_size=1, max_size=2), divided=st.lists(few_hours, min_size=3, max_size=3)
    )
    def begin(self, hours: list[int], divided: list[int]) -> None:
        """The second organisation may be undecided, and can then go on with its proposals."""
        self.set_pool(150, dry=False)
        self.set_the_pool_of_peer_groups(60, dry=False)
        self.grant_for_peer_groups(0, 30, dry=False)
        for tree in range(2):
            for number in range(2):
                self.propose(tree, number, dry=False)
            self.submit_or_withdraw_a_proposal(2 * tree, end=False, dry=False)
        self.decide(dict(enumerate(hours)), dry=False)
        self.distribute(0, dict(enumerate(divided)), "right", dry=False)

    @rule(instant=st.sampled_from(INSTANTS))
    def move_the_clock(self, instant: datetime) -> None:
        self.move_to(instant)

    @rule(tree=trees, hours=some_hours, dry=dry_runs)
    def grant_for_peer_groups(self, tree: int, hours: int, dry: bool) -> None:
        """As staff will grant them; what the ledger refuses changes nothing."""
        after = deepcopy(self.model)
        cause = Cause(tree, {}, "peer_group")
        transfers = [grant(after.trees[tree].id, hours)]
        try:
            after.grant_for_peers(tree, hours)
        except Refused:
            with pytest.raises(psycopg.Error, match=r"overdrawn|the year is closed"):
                self.post(transfers, after, cause, dry)
        else:
            self.post(transfers, after, cause, dry)

    @rule(hours=st.dictionaries(trees, any_hours, min_size=1), dry=dry_runs)
    def decide(self, hours: dict[int, int], dry: bool) -> None:
        self.decide_hours(hours, dry)

    @rule(tree=trees, hours=some_hours, dry=dry_runs)
    def request_more(self, tree: int, hours: int, dry: bool) -> None:
        body = self.about(tree, hours, grounds="Kysyntä kasvoi")
        path = "/v1/supplementary-hour-requests"
        answer = self.ask(self.main_users[tree], "POST", path, body, dry, lambda year: year.request(tree, hours))
        if answer:
            self.requests.append(answer.headers["Location"])

    @rule(number=st.integers(0, 9), hours=any_hours, dry=dry_runs)
    def answer_a_request(self, number: int, hours: int, dry: bool) -> None:
        if self.requests:
            number %= len(self.requests)
            path = f"{self.requests[number]}/decision"
            self.ask(self.staff, "POST", path, {"hours": hours}, dry, lambda year: year.answer_request(number, hours))

    @rule(number=st.integers(0, 9), dry=dry_runs)
    def withdraw_a_request(self, number: int, dry: bool) -> None:
        if self.requests:
            number %= len(self.requests)
            person = self.main_users[self.model.requests[number].tree]
            path = f"{self.requests[number]}/withdrawal"
            self.ask(person, "POST", path, None, dry, lambda year: year.withdraw_request(number))

    @rule(tree=trees, number=organisations, dry=dry_runs)
    def propose(self, tree: int, number: int, dry: bool) -> None:
        central = self.model.trees[tree]
        organisation = [central.id, *central.units][number]
        lines = [{"unit_id": str(organisation), "hours": 5}]
        body = {"organisation_id": str(organisation), "year": 2023, "lines": lines}
        person = self.main_users[tree]
        answer = self.ask(person, "POST", PROPOSALS, body, dry, lambda year: year.propose(tree, organisation))
        if answer:
            self.proposals.append(answer.headers["Location"])

    @rule(number=st.integers(0, 9), end=st.booleans(), dry=dry_runs)
    def submit_or_withdraw_a_proposal(self, number: int, end: bool, dry: bool) -> None:
        if self.proposals:
            number %= len(self.proposals)
            person = self.main_users[self.model.proposals[number].tree]
            path = f"{self.proposals[number]}/{'withdrawal' if end else 'submission'}"
            self.ask(
                person, "POST", path, None, dry, lambda year: year.withdraw(number) if end else year.submit(number)
            )

    @rule(tree=trees, number=st.integers(0, 2), hours=st.integers(-25, 25).filter(bool), dry=dry_runs)
    def request_an_allotment(self, tree: int, number: int, hours: int, dry: bool) -> None:
        unit = list(self.model.trees[tree].units)[number]
        body = {"unit_id": str(unit), "year": 2023, "hours": hours, "grounds": "Kysyntä muuttui"}
        answer = self.ask(
            self.managers[unit],
            "POST",
            "/v1/allotment-requests",
            body,
            dry,
            lambda year: year.request_allotment(tree, unit, hours),
        )
        if answer:
            self.allotment_requests.append(answer.headers["Location"])

    @rule(number=st.integers(0, 9), hours=st.integers(-25, 25), complete=st.booleans(), dry=dry_runs)
    def answer_an_allotment_request(self, number: int, hours: int, complete: bool, dry: bool) -> None:
        if self.allotment_requests:
            number %= len(self.allotment_requests)
            request = self.model.allotment_requests[number]
            wished = request.hours if complete else hours
            self.ask(
                self.main_users[request.tree],
                "POST",
                f"{self.allotment_requests[number]}/decision",
                {"hours": wished},
                dry,
                lambda year: year.answer_allotment_request(number, wished),
            )

    @rule(number=st.integers(0, 9), dry=dry_runs)
    def withdraw_an_allotment_request(self, number: int, dry: bool) -> None:
        if self.allotment_requests:
            number %= len(self.allotment_requests)
            person = self.managers[self.model.allotment_requests[number].unit]
            path = f"{self.allotment_requests[number]}/withdrawal"
            self.ask(person, "POST", path, None, dry, lambda year: year.withdraw_allotment_request(number))

    @rule(kind=st.sampled_from(["round", "window"]), dry=dry_runs)
    def make_a_plan(self, kind: str, dry: bool) -> None:
        body = {"year": 2023, "name": "Suunnitelma", "kind": kind}
        answer = self.ask(self.staff, "POST", PLANS, body, dry, lambda year: year.plan(kind))
        if answer:
            self.plans.append(answer.headers["Location"])

    def row_of(self, plan: Plan, key: int) -> str:
        """The ID of a row: of the organisation, or of the request."""
        return str(self.model.trees[key].id) if plan.kind == "round" else self.requests[key].rsplit("/", 1)[1]

    def version_of(self, path: str) -> str:
        return self.staff.get(path).headers["ETag"]

    @rule(number=st.integers(0, 9), hours=st.lists(any_hours, min_size=1, max_size=2), dry=dry_runs)
    def fill_a_plan(self, number: int, hours: list[int], dry: bool) -> None:
        if not self.plans:
            return
        number %= len(self.plans)
        plan, path = self.model.plans[number], self.plans[number]
        wished = dict(zip(plan.rows, hours, strict=False))
        if wished:
            body = {"rows": {self.row_of(plan, key): {"hours": given} for key, given in wished.items()}}
            version = self.version_of(path)
            self.ask(self.staff, "PATCH", path, body, dry, lambda year: year.fill_plan(number, wished), version)

    @rule(number=st.integers(0, 9), dry=dry_runs)
    def refresh_a_plan(self, number: int, dry: bool) -> None:
        if self.plans:
            number %= len(self.plans)
            path = f"{self.plans[number]}/refresh"
            self.ask(self.staff, "POST", path, None, dry, lambda year: year.refresh_plan(number))

    @rule(number=st.integers(0, 9), fresh=st.booleans(), dry=dry_runs)
    def publish_a_plan(self, number: int, fresh: bool, dry: bool) -> None:
        if not self.plans:
            return
        if fresh:
            self.refresh_a_plan(number, dry=False)
        number %= len(self.plans)
        path = f"{self.plans[number]}/publication"
        version = self.version_of(self.plans[number])
        self.ask(self.staff, "POST", path, None, dry, lambda year: year.publish_plan(number), version)

    @rule(tree=trees, number=organisations, hours=some_hours, beyond=st.booleans(), hour_type=hour_types, dry=dry_runs)
    def reserve(self, tree: int, number: int, hours: int, beyond: bool, hour_type: HourType, dry: bool) -> None:
        """`beyond`: draw on the complete allotment, and somewhat more."""
        central = self.model.trees[tree]
        organisation = [central.id, *central.units][number]
        if beyond:
            hours = hours // 10 + 1 + central.holder(self.model.drawn_on(tree, organisation)[0]).free
        drawable = self.centre.drawable_of(organisation, 2023, hour_type)
        after = deepcopy(self.model)
        try:
            drawn = after.reserve(tree, organisation, hours, hour_type)
        except Refused:
            try:
                reservations_of(drawable, hours)
            except QuotaExceeded:
                return
            raise AssertionError("more was reserved than is there") from None
        cause = Cause(tree, drawn, hour_type)
        self.post(reservations_of(drawable, hours), after, cause, dry)
        if not dry:
            self.causes.append(cause)

    @rule(number=st.integers(0, 9), held=any_hours, dry=dry_runs)
    def settle(self, number: int, held: int, dry: bool) -> None:
        if self.causes:
            cause = self.causes[number % len(self.causes)]
            after = deepcopy(self.model)
            used = after.settle(cause.tree, cause.drawn, held, cause.hour_type)
            self.post(settlement_of(after.trees[cause.tree].id, cause.drawn, held), after, cause, dry)
            if not dry:
                self.causes.remove(cause)
                self.stated.append(cause)
                cause.drawn, cause.used = {}, used

    @rule(number=st.integers(0, 9), dry=dry_runs)
    def reverse(self, number: int, dry: bool) -> None:
        """Take back a statement, also in a closed year."""
        if self.stated:
            cause = self.stated[number % len(self.stated)]
            after = deepcopy(self.model)
            after.reverse(cause.tree, cause.used, cause.hour_type)
            transfers = reversals_of(after.trees[cause.tree].id, cause.used, year_is_closed=self.model.closed)
            if transfers:
                self.post(transfers, after, cause, dry)
            if not dry:
                cause.used = {}

    @rule(number=st.integers(0, 9), hours=some_hours, dry=dry_runs)
    def release(self, number: int, hours: int, dry: bool) -> None:
        if self.causes:
            cause = self.causes[number % len(self.causes)]
            hours = min(hours, sum(cause.drawn.values()))
            after = deepcopy(self.model)
            left = after.release(cause.tree, cause.drawn, hours, cause.hour_type)
            self.post(releases_of(after.trees[cause.tree].id, cause.drawn, hours), after, cause, dry)
            if not dry:
                cause.drawn = left
                self.causes = [each for each in self.causes if each.drawn]

    @rule(dry=dry_runs)
    def close(self, dry: bool) -> None:
        waiting = [each.is_open for each in self.model.requests] + [each.is_open for each in self.model.proposals]
        still_open = sum(waiting) + sum(each.state == "submitted" for each in self.model.allotment_requests)
        still_open += sum(plan.state == "draft" for plan in self.model.plans)
        path = "/v1/hour-pools/2023/closing"
        answer = self.ask(self.staff, "POST", path, None, dry, lambda year: year.close())
        if answer:
            assert answer.json()["expired_total"] == len(answer.json()["expired"]) == still_open

    @rule(held=any_hours)
    def end_the_year(self, held: int) -> None:
        self.move_the_clock(INSTANTS[-1])
        while self.causes:
            self.settle(0, held, dry=False)
        self.close(dry=False)

    # What is true after each step.

    @invariant()
    def what_a_cause_has_drawn_is_the_sum_of_its_entries(self) -> None:
        causes = [*self.causes, *self.stated]
        if causes:
            cause = causes[len(self.sent) % len(causes)]
            assert self.centre.ask(lambda connection: find_drawn(connection, cause.id)) == cause.drawn
            assert self.centre.ask(lambda connection: find_used(connection, cause.id)) == cause.used

    @invariant()
    def the_allotment_requests_are_in_their_states(self) -> None:
        for address, request in zip(self.allotment_requests, self.model.allotment_requests, strict=True):
            assert self.staff.get(address).json()["state"] == request.state

    @invariant()
    def the_plans_are_as_they_were_made(self) -> None:
        for path, plan in zip(self.plans, self.model.plans, strict=True):
            shown = self.staff.get(path).json()
            assert (shown["state"], shown["sums"]["available"]) == (plan.state, plan.available)
            assert {each["id"]: each["hours"] for each in shown["items"]} == {
                self.row_of(plan, key): row.hours for key, row in plan.rows.items()
            }

    @invariant()
    def a_units_account_is_part_of_its_centres(self) -> None:
        tree = self.model.trees[len(self.sent) % 2]
        unit = list(tree.units)[len(self.sent) % 3]
        account = self.staff.get(f"/v1/organisations/{unit}/hour-accounts/2023").json()
        own = tree.allotments[unit]
        assert (account["allotted"], account["available"], account["common_available"]) == (
            own.allotted,
            own.free,
            tree.own.free,
        )

    @invariant()
    def what_is_proposed_and_requested_is_as_predicted(self) -> None:
        states = [self.staff.get(path).json()["state"] for path in self.proposals]
        assert states == [proposal.state for proposal in self.model.proposals]
        are_open = [self.staff.get(path).json()["state"] == "submitted" for path in self.requests]
        assert are_open == [request.is_open for request in self.model.requests]


@pytest.mark.long
def test_any_year_of_hours_adds_up(new_centre: Callable[[], AbstractContextManager[Centre]]) -> None:
    run_state_machine_as_test(
        lambda: HoursMachine(new_centre),  # type: ignore[arg-type]  # A factory does as well as a class.
        settings=settings(max_examples=max(1, settings().max_examples // 10), stateful_step_count=30),
    )
