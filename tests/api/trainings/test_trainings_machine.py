"""The courses of a year as a machine: plans, changes, cost statements and the closing of the year in any order.

After each step the hours that each course holds, the accounts and the figures are as plain arithmetic predicts.

`make fuzz` runs it long.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date, datetime
from typing import Any, get_args
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule, run_state_machine_as_test

from app.db.connections import Connections
from app.domain.calendar.deadlines import HELSINKI
from app.domain.hours.ledger import HourType
from app.local.embedded_postgres import Addresses
from app.services.trainings.lapsing import lapse_trainings
from tests.api.trainings.conftest import PLACE, plan
from tests.api.trainings.test_cost_statements import CONTENTS
from tests.api.trainings.test_cost_statements import PATH as STATEMENTS
from tests.builders import Centre, Person
from tests.courses_model import (
    AUTUMN,
    ENDS,
    LAST_DAY_OF_ENTRIES,
    PLAN_WINDOWS,
    SPRING,
    STARTS,
    Course,
    CoursePlan,
    YearOfCourses,
    ends_at,
)
from tests.hours_model import LAST_DAY_OF_STATEMENTS
from tests.year_machine import YearMachine, dry_runs, few_hours, organisations, trees

PATHS: dict[HourType, str] = {"training": "/v1/trainings", "peer_group": "/v1/peer-groups"}
CLOSING = "/v1/hour-pools/2023/closing"
INSTANTS = [
    datetime(2023, 2, 1, 9, tzinfo=HELSINKI),
    datetime(2023, 3, 15, 12, tzinfo=HELSINKI),
    datetime(2023, 4, 15, 10, tzinfo=HELSINKI),
    datetime(2023, 4, 20, 12, tzinfo=HELSINKI),
    datetime(2023, 8, 20, 8, tzinfo=HELSINKI),
    datetime(2023, 9, 2, 12, 15, tzinfo=HELSINKI),
    datetime(2023, 9, 16, 23, 59, 59, tzinfo=HELSINKI),
    datetime(2024, 1, 18, 23, 59, 59, tzinfo=HELSINKI),
    datetime(2024, 1, 19, tzinfo=HELSINKI),
    datetime(2024, 2, 4, tzinfo=HELSINKI),
]
"""Before the plan windows and in them, in a session and after it, on the last day of statements and after all."""
hour_types = st.sampled_from(list(PATHS))
numbers = st.integers(0, 19)
held_days = st.sampled_from([(SPRING,), (AUTUMN,), (SPRING, AUTUMN)])
days = held_days | held_days | st.just(())
platform_hours = st.integers(0, 25)
participants = st.sampled_from([12, 12, 12, 8, 20, 6, 4])
course_plans = st.builds(CoursePlan, days, platform_hours, participants)
complete_plans = st.builds(CoursePlan, held_days, st.integers(7, 25), st.integers(8, 20))
fields = st.fixed_dictionaries(
    {}, optional={"days": days, "platform_hours": platform_hours, "participants": participants}
)
outcomes = st.sampled_from(["approved", "approved", "sent_back", "rejected"])
answer_days = st.sampled_from([None, None, date(2023, 4, 18), date(2023, 9, 10), date(2024, 1, 25)])


class TrainingsMachine(YearMachine[YearOfCourses]):
    def __init__(self, new_centre: Callable[[], AbstractContextManager[Centre]], database: str) -> None:
        super().__init__(new_centre, YearOfCourses, INSTANTS[1])
        self.connections = Connections(
            database, largest=1, idle_seconds=1, statement_timeout_ms=10_000, lock_timeout_ms=4_000
        )
        self.centre.deadline("training_entry", date(2022, 12, 1), LAST_DAY_OF_ENTRIES, year=2022, hours_year=2023)
        self.managers = {
            organisation: self.centre.person("training_manager", organisation)
            for tree in self.model.trees
            for organisation in (tree.id, *tree.units)
        }
        self.paths: list[str] = []
        self.changes: dict[tuple[int, int], str] = {}
        """Paths of the changes, by the number of the course and their own number."""
        self.statements: dict[tuple[int, int], str] = {}

    # What the requests say.

    def sessions_of(self, plan: CoursePlan) -> list[dict[str, Any]]:
        return [
            {
                "starts_at": datetime.combine(day, STARTS, HELSINKI).isoformat(),
                "ends_at": datetime.combine(day, ENDS, HELSINKI).isoformat(),
                "break_minutes": 0,
                "parallel_groups": 1,
                "places": [PLACE],
            }
            for day in plan.days
        ]

    def body_of(self, course: Course) -> dict[str, Any]:
        all_fields = {name: getattr(course.plan, name) for name in ("days", "platform_hours", "participants")}
        body = plan(course.organisation_id, supported=course.supported, **self.named(course, all_fields))
        if course.hour_type == "peer_group":
            del body["trainers"], body["declarations"]
        return body

    def named(self, course: Course, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The fields by their names in the API."""
        names = {"platform_hours": "platform_hours", "participants": "planned_participants"}
        named = {names[name]: value for name, value in fields.items() if name in names}
        if "days" in fields:
            named["sessions"] = self.sessions_of(replace(course.plan, days=fields["days"]))
        return named

    def answer(self, outcome: str, answer_by: date | None) -> dict[str, Any]:
        body: dict[str, Any] = {"outcome": outcome, "reason": "Perustelu"}
        if outcome == "sent_back" and answer_by:
            body["answer_by"] = answer_by.isoformat()
        return body

    def id_of(self, path: str) -> str:
        return path.rpartition("/")[2]

    def course_of(self, number: int) -> tuple[int, Course]:
        number %= len(self.model.courses)
        return number, self.model.courses[number]

    def writer_of(self, course: Course, *, by_main_user: bool = False) -> Person:
        return self.main_users[course.tree] if by_main_user else self.managers[course.organisation_id]

    # Each step: the model predicts the outcome, then the request is sent.

    @initialize(
        hours=st.lists(st.integers(30, 70), min_size=2, max_size=2),
        divided=st.lists(few_hours, min_size=3, max_size=3),
        endorsing=st.booleans(),
        places=st.lists(organisations, min_size=5, max_size=5),
        plans=st.lists(complete_plans, min_size=5, max_size=5),
        types=st.lists(hour_types, min_size=5, max_size=5),
        steps=st.lists(st.integers(0, 6), min_size=5, max_size=5),
        held=st.lists(st.integers(1, 25), min_size=5, max_size=5),
    )
    def begin(
        self,
        hours: list[int],
        divided: list[int],
        endorsing: bool,
        places: list[int],
        plans: list[CoursePlan],
        types: list[HourType],
        steps: list[int],
        held: list[int],
    ) -> None:
        """Courses of both organisations, each some steps on its way."""
        self.set_pool(150, dry=False)
        self.set_the_pool_of_peer_groups(90, dry=False)
        self.decide_hours(dict(enumerate(hours)), dry=False)
        for tree in range(2):
            self.grant_a_quota(tree, 30, dry=False)
        self.distribute(0, dict(enumerate(divided)), "right", dry=False)
        self.set_the_training_rules(1, endorsing, dry=False)
        for number in range(5):
            self.add(number // 3, places[number], plans[number], types[number], supported=True, dry=False)
        for number in range(5):
            self.take_a_course_on(number, held[number], steps[number])

    @rule(instant=st.sampled_from(INSTANTS))
    def move_the_clock(self, instant: datetime) -> None:
        self.move_to(instant)

    @rule(tree=trees, hours=few_hours, dry=dry_runs)
    def grant_a_quota(self, tree: int, hours: int, dry: bool) -> None:
        body = {"year": 2023, "items": [{"organisation_id": str(self.model.trees[tree].id), "hours": hours}]}
        path = "/v1/peer-group-quotas"
        self.ask(self.staff, "POST", path, body, dry, lambda year: year.grant_quota(tree, hours))

    @rule(tree=trees, endorsing=st.booleans(), dry=dry_runs)
    def set_the_training_rules(self, tree: int, endorsing: bool, dry: bool) -> None:
        path = f"/v1/organisations/{self.model.trees[tree].id}/training-rules"
        person = self.main_users[tree]
        body = {"kinds": ["central", "district", "association"], "plans_through_main_user": endorsing}
        change = set.add if endorsing else set.discard
        etag = person.get(path).headers["ETag"]
        self.ask(person, "PUT", path, body, dry, lambda year: change(year.endorsing, tree), etag)

    @rule(automatic=st.sets(st.sampled_from(get_args(HourType))), dry=dry_runs)
    def set_the_support_rules(self, automatic: set[HourType], dry: bool) -> None:
        path = "/v1/support-rules/2023"
        now = self.staff.get(path)
        body = {name: now.json()[name] | {"automatic_approval": name in automatic} for name in get_args(HourType)}
        self.ask(
            self.staff, "PUT", path, body, dry, lambda year: setattr(year, "automatic", automatic), now.headers["ETag"]
        )

    @rule(tree=trees, allotment_only=st.booleans(), dry=dry_runs)
    def set_what_units_draw_on(self, tree: int, allotment_only: bool, dry: bool) -> None:
        path = f"/v1/organisations/{self.model.trees[tree].id}"
        person = self.main_users[tree]
        body = {"draws_on": "allotment_only" if allotment_only else "allotment_then_common"}
        etag = person.get(path).headers["ETag"]
        self.ask(
            person,
            "PATCH",
            path,
            body,
            dry,
            lambda year: year.set_draws_on(tree, allotment_only=allotment_only),
            etag,
        )

    @rule(
        tree=trees,
        place=organisations,
        plan=course_plans,
        hour_type=hour_types,
        supported=st.sampled_from([True, True, True, False]),
        dry=dry_runs,
    )
    def add(self, tree: int, place: int, plan: CoursePlan, hour_type: HourType, supported: bool, dry: bool) -> None:
        central = self.model.trees[tree]
        course = Course(tree, [central.id, *central.units][place], hour_type, plan, supported)
        body = self.body_of(course)
        answer = self.ask(self.writer_of(course), "POST", PATHS[hour_type], body, dry, lambda year: year.add(course))
        if answer:
            self.paths.append(answer.headers["Location"])

    @rule(number=numbers, fields=fields, dry=dry_runs)
    def edit(self, number: int, fields: dict[str, Any], dry: bool) -> None:
        number, course = self.course_of(number)
        path = self.paths[number]
        writer, body = self.writer_of(course), self.named(course, fields)
        etag = writer.get(path).headers["ETag"]
        self.ask(writer, "PATCH", path, body, dry, lambda year: year.edit(number, fields), etag)

    @rule(number=numbers, fewer=st.integers(1, 25), dry=dry_runs)
    def edit_to_fewer_hours(self, number: int, fewer: int, dry: bool) -> None:
        number, course = self.course_of(number)
        self.edit(number, {"platform_hours": max(0, course.plan.platform_hours - fewer)}, dry)

    @rule(number=numbers, by_main_user=st.sampled_from([False, False, True]), dry=dry_runs)
    def submit(self, number: int, by_main_user: bool, dry: bool) -> None:
        number, course = self.course_of(number)
        self.ask(
            self.writer_of(course, by_main_user=by_main_user),
            "POST",
            f"{self.paths[number]}/submission",
            None,
            dry,
            lambda year: year.send([number], by_main_user=by_main_user),
        )

    @rule(tree=trees, chosen=st.lists(numbers, min_size=1, max_size=4), only_drafts=st.booleans(), dry=dry_runs)
    def submit_several(self, tree: int, chosen: list[int], only_drafts: bool, dry: bool) -> None:
        """By the main user, who sends those of all units. Peer groups are sent one by one."""
        ours = [
            number
            for number, course in enumerate(self.model.courses)
            if (course.tree, course.hour_type) == (tree, "training") and (course.state == "draft" or not only_drafts)
        ]
        if ours:
            sent = list(dict.fromkeys(ours[each % len(ours)] for each in chosen))
            body = {"year": 2023, "training_ids": [self.id_of(self.paths[number]) for number in sent]}
            self.ask(
                self.main_users[tree],
                "POST",
                "/v1/training-submissions",
                body,
                dry,
                lambda year: year.send(sent, by_main_user=True, pointer="/training_ids/{}"),
            )

    @rule(
        number=numbers,
        outcome=st.sampled_from(["endorsed", "endorsed", "sent_back", "rejected"]),
        answer_by=answer_days,
        dry=dry_runs,
    )
    def endorse(self, number: int, outcome: str, answer_by: date | None, dry: bool) -> None:
        number, course = self.course_of(number)
        path, body = f"{self.paths[number]}/endorsement", self.answer(outcome, answer_by)
        day = answer_by if outcome == "sent_back" else None
        self.ask(self.main_users[course.tree], "POST", path, body, dry, lambda year: year.endorse(number, outcome, day))

    @rule(number=numbers, outcome=outcomes, answer_by=answer_days, dry=dry_runs)
    def decide_a_plan(self, number: int, outcome: str, answer_by: date | None, dry: bool) -> None:
        number, _ = self.course_of(number)
        path, body = f"{self.paths[number]}/decision", self.answer(outcome, answer_by)
        self.ask(self.staff, "POST", path, body, dry, lambda year: year.decide_plans({number: outcome}, answer_by))

    @rule(chosen=st.dictionaries(numbers, outcomes, min_size=1, max_size=4), answer_by=answer_days, dry=dry_runs)
    def decide_several_plans(self, chosen: dict[int, str], answer_by: date | None, dry: bool) -> None:
        waiting = [
            number
            for number, course in enumerate(self.model.courses)
            if (course.hour_type, course.state) == ("training", "submitted")
        ]
        if waiting:
            decided = {waiting[number % len(waiting)]: outcome for number, outcome in chosen.items()}
            items = [
                self.answer(outcome, answer_by) | {"training_id": self.id_of(self.paths[number])}
                for number, outcome in decided.items()
            ]
            self.ask(
                self.staff,
                "POST",
                "/v1/training-decisions",
                {"year": 2023, "items": items},
                dry,
                lambda year: year.decide_plans(decided, answer_by, "/items/{}"),
            )

    @rule(number=numbers, dry=dry_runs)
    def withdraw_a_plan(self, number: int, dry: bool) -> None:
        number, course = self.course_of(number)
        path = f"{self.paths[number]}/withdrawal"
        self.ask(self.writer_of(course), "POST", path, None, dry, lambda year: year.withdraw_plan(number))

    @rule(number=numbers, dry=dry_runs)
    def cancel(self, number: int, dry: bool) -> None:
        number, course = self.course_of(number)
        path = f"{self.paths[number]}/cancellation"
        self.ask(self.writer_of(course), "POST", path, {"reason": "Ei tule"}, dry, lambda year: year.cancel(number))

    @rule(number=numbers, fields=fields, dry=dry_runs)
    def change(self, number: int, fields: dict[str, Any], dry: bool) -> None:
        number, course = self.course_of(number)
        path, body = f"{self.paths[number]}/changes", self.named(course, fields)
        answer = self.ask(self.writer_of(course), "POST", path, body, dry, lambda year: year.change(number, fields))
        if answer:
            self.changes[number, len(course.changes)] = answer.headers["Location"]

    @rule(number=numbers, more=st.integers(1, 25), dry=dry_runs)
    def change_to_more_hours(self, number: int, more: int, dry: bool) -> None:
        number, course = self.course_of(number)
        self.change(number, {"platform_hours": course.plan.platform_hours + more}, dry)

    @rule(number=numbers, outcome=st.sampled_from(["approved", "approved", "rejected", "withdrawn"]), dry=dry_runs)
    def end_a_change(self, number: int, outcome: str, dry: bool) -> None:
        if not self.changes:
            return
        number, which = list(self.changes)[number % len(self.changes)]
        path = self.changes[number, which]

        def end(year: YearOfCourses) -> None:
            year.end_change(number, which, outcome)

        if outcome == "withdrawn":
            writer = self.writer_of(self.model.courses[number])
            self.ask(writer, "POST", f"{path}/withdrawal", None, dry, end)
        else:
            self.ask(self.staff, "POST", f"{path}/decision", self.answer(outcome, None), dry, end)

    @rule(number=numbers, hours=few_hours, dry=dry_runs)
    def add_a_statement(self, number: int, hours: int, dry: bool) -> None:
        number, course = self.course_of(number)
        body = CONTENTS | {f"{course.hour_type}_id": self.id_of(self.paths[number]), "hours": hours}
        answer = self.ask(self.writer_of(course), "POST", STATEMENTS, body, dry, lambda year: year.state(number, hours))
        if answer:
            self.statements[number, len(course.statements)] = answer.headers["Location"]

    def statement_of(self, number: int) -> tuple[int, int] | None:
        return list(self.statements)[number % len(self.statements)] if self.statements else None

    @rule(number=numbers, hours=few_hours, dry=dry_runs)
    def edit_a_statement(self, number: int, hours: int, dry: bool) -> None:
        if found := self.statement_of(number):
            path, writer = self.statements[found], self.writer_of(self.model.courses[found[0]])
            etag = writer.get(path).headers["ETag"]
            self.ask(
                writer, "PATCH", path, {"hours": hours}, dry, lambda year: year.edit_statement(*found, hours), etag
            )

    @rule(number=numbers, dry=dry_runs)
    def submit_a_statement(self, number: int, dry: bool) -> None:
        if found := self.statement_of(number):
            path, writer = f"{self.statements[found]}/submission", self.writer_of(self.model.courses[found[0]])
            self.ask(writer, "POST", path, None, dry, lambda year: year.send_statement(*found))

    @rule(number=numbers, outcome=outcomes, answer_by=answer_days, dry=dry_runs)
    def decide_a_statement(self, number: int, outcome: str, answer_by: date | None, dry: bool) -> None:
        if found := self.statement_of(number):
            path, body = f"{self.statements[found]}/decision", self.answer(outcome, answer_by)
            self.ask(
                self.staff, "POST", path, body, dry, lambda year: year.decide_statements({found: outcome}, answer_by)
            )

    @rule(
        chosen=st.dictionaries(numbers, outcomes, min_size=1, max_size=4),
        answer_by=answer_days,
        only_waiting=st.booleans(),
        dry=dry_runs,
    )
    def decide_several_statements(
        self, chosen: dict[int, str], answer_by: date | None, only_waiting: bool, dry: bool
    ) -> None:
        possible = [
            (number, which)
            for number, which in self.statements
            if self.model.courses[number].statements[which].state == "submitted" or not only_waiting
        ]
        if possible:
            decided = {possible[number % len(possible)]: outcome for number, outcome in chosen.items()}
            items = [
                self.answer(outcome, answer_by) | {"statement_id": self.id_of(self.statements[found])}
                for found, outcome in decided.items()
            ]
            self.ask(
                self.staff,
                "POST",
                "/v1/cost-statement-decisions",
                {"year": 2023, "items": items},
                dry,
                lambda year: year.decide_statements(decided, answer_by, "/items/{}"),
            )

    @rule(number=numbers, dry=dry_runs)
    def reverse_a_statement(self, number: int, dry: bool) -> None:
        if found := self.statement_of(number):
            path = f"{self.statements[found]}/reversal"
            body = {"reason": "Kaksi kertaa"}
            self.ask(self.staff, "POST", path, body, dry, lambda year: year.reverse_statement(*found))

    @rule(held=few_hours)
    def take_each_course_on(self, held: int) -> None:
        for number in range(len(self.model.courses)):
            self.take_a_course_on(number, held, 1)

    @rule(number=numbers, held=few_hours, steps=st.integers(1, 6))
    def take_a_course_on(self, number: int, held: int, steps: int) -> None:
        """Some steps to its support, from the draft to the reversal and again."""
        for _ in range(steps):
            self.take_a_step(number, held)
            self.each_course_holds_what_is_predicted()
            self.the_accounts_agree_with_arithmetic()

    def take_a_step(self, number: int, held: int) -> None:
        """The clock moves where it has to."""
        number, course = self.course_of(number)
        last = len(course.statements) - 1
        state = course.statements[-1].state if course.statements else None
        match course.state, state:
            case "draft" | "sent_back", _:
                if course.state == "draft" and course.plan.days:
                    opens_on, closes_on = PLAN_WINDOWS[course.hour_type, course.plan.days[0]]
                    if not opens_on <= self.model.today <= closes_on:
                        self.move_to(next(each for each in INSTANTS if opens_on <= each.date() <= closes_on))
                self.submit(number, by_main_user=False, dry=False)
            case "awaiting_main_user", _:
                self.endorse(number, "endorsed", None, dry=False)
            case "submitted", _:
                self.decide_a_plan(number, "approved", None, dry=False)
            case "approved", None | "reversed":
                if course.plan.days and self.model.now < ends_at(course.plan.days[-1]):
                    self.move_to(min(each for each in INSTANTS if each >= ends_at(course.plan.days[-1])))
                self.add_a_statement(number, held, dry=False)
            case "approved", "draft" | "sent_back":
                self.submit_a_statement(list(self.statements).index((number, last)), dry=False)
            case "approved", "submitted":
                self.decide_a_statement(list(self.statements).index((number, last)), "approved", None, dry=False)
            case "approved", "approved":
                self.reverse_a_statement(list(self.statements).index((number, last)), dry=False)

    @rule(instant=st.sampled_from([None, *INSTANTS[-2:]]), times=st.integers(1, 2))
    def let_the_worker_lapse(self, instant: datetime | None, times: int) -> None:
        """What the worker does every minute."""
        if instant:
            self.move_to(instant)

        async def lapse() -> None:
            async with self.connections.apart(self.centre.id, statement_timeout_ms=10_000) as connection:
                for _ in range(times):
                    assert await lapse_trainings(connection) == 0

        asyncio.run(lapse())
        self.model.lapse()
        self.took_effect(self.model)

    @rule(dry=dry_runs)
    def close(self, dry: bool) -> None:
        if self.ask(self.staff, "POST", CLOSING, None, dry, lambda year: year.close()) or self.model.closed:
            return
        refused = self.staff.post(CLOSING, params={"validate_only": "true"})
        if refused.status_code == 409:
            named = {each["id"]: each for each in refused.json().get("trainings", [])}
            expected = {self.id_of(self.paths[number]): number for number in self.model.unsettled}
            assert named.keys() == expected.keys()
            for course_id, number in expected.items():
                course, shown = self.model.courses[number], named[course_id]
                assert (shown["hours"], shown["state"]) == (course.reserved, course.state)
                assert (shown["call"]["method"], shown["call"]["path"]) == ("POST", self.settling_path_of(number))

    def settling_path_of(self, number: int) -> str:
        course, path = self.model.courses[number], self.paths[number]
        steps = {"awaiting_main_user": "endorsement", "submitted": "decision", "sent_back": "submission"}
        if course.state in steps:
            return f"{path}/{steps[course.state]}"
        if course.statement:
            step = "submission" if course.statement.is_open else "decision"
            return f"{self.statements[number, len(course.statements) - 1]}/{step}"
        has_ended = ends_at(course.plan.days[-1]) <= self.model.now
        return STATEMENTS if has_ended and self.model.today <= LAST_DAY_OF_STATEMENTS else f"{path}/cancellation"

    @rule(
        outcome=st.sampled_from(["approved", "approved", "rejected"]),
        number=numbers,
        held=few_hours.filter(bool),
        reverse=st.booleans(),
    )
    def end_the_year(self, outcome: str, number: int, held: int, reverse: bool) -> None:
        """One course is taken on; all that waits is decided or lapses, and an approval may be reversed when the year is
        closed."""
        self.take_a_course_on(number, held, 4)
        self.move_to(INSTANTS[-1])
        for each, course in enumerate(self.model.courses):
            if course.state in ("awaiting_main_user", "submitted"):
                self.withdraw_a_plan(each, dry=False)
        for index, (each, which) in enumerate(self.statements):
            if self.model.courses[each].statements[which].state == "submitted":
                self.decide_a_statement(index, outcome, None, dry=False)
        self.let_the_worker_lapse(None, 1)
        self.close(dry=False)
        approved = [
            index
            for index, (each, which) in enumerate(self.statements)
            if self.model.courses[each].statements[which].state == "approved"
        ]
        if reverse and approved:
            self.reverse_a_statement(approved[number % len(approved)], dry=False)

    # What is true after each step.

    @invariant()
    def each_course_holds_what_is_predicted(self) -> None:
        kept: dict[str, dict[str, dict[UUID, int]]] = {}
        for kind, held in (("reserved", "reservation"), ("used", "use")):
            taken = ("release", "use") if kind == "reserved" else ("reversal",)
            for cause, holder, hours in self.centre.rows(
                "SELECT cause_id, from_organisation_id, sum(CASE WHEN kind = %s THEN hours ELSE -hours END) "
                "FROM hour_transfers WHERE kind = ANY(%s) AND cause_type = ANY(%s) GROUP BY 1, 2",
                held,
                [held, *taken],
                list(get_args(HourType)),
            ):
                if hours:
                    kept.setdefault(str(cause), {"reserved": {}, "used": {}})[kind][holder] = int(hours)
        assert kept == {
            self.id_of(path): {"reserved": course.drawn, "used": course.used}
            for path, course in zip(self.paths, self.model.courses, strict=True)
            if course.drawn or course.used
        }

    @invariant()
    def the_courses_are_as_predicted(self) -> None:
        shown = {
            each["id"]: (each["state"], each["hours"], each["answer_by"] if each["state"] == "sent_back" else None)
            for path in PATHS.values()
            for each in self.staff.get(path, params={"year": 2023, "limit": 200}).json()["items"]
        }
        assert shown == {
            self.id_of(path): (
                course.state,
                course.plan.hours,
                course.answer_by.isoformat() if course.state == "sent_back" and course.answer_by else None,
            )
            for path, course in zip(self.paths, self.model.courses, strict=True)
        }

    @invariant()
    def the_statements_are_as_predicted(self) -> None:
        items = self.staff.get(STATEMENTS, params={"year": 2023, "limit": 200}).json()["items"]
        shown = {each["id"]: (each["state"], each["hours"], each["used_hours"]) for each in items}
        stated = {
            self.id_of(path): self.model.courses[number].statements[which]
            for (number, which), path in self.statements.items()
        }
        assert shown == {key: (each.state, each.hours, each.used) for key, each in stated.items()}

    @invariant()
    def the_changes_of_a_course_are_as_predicted(self) -> None:
        if self.changes:
            number, which = list(self.changes)[len(self.sent) % len(self.changes)]
            course = self.model.courses[number]
            shown = self.staff.get(self.changes[number, which]).json()
            change = course.changes[which]
            assert shown["state"] == change.state
            if change.state == "submitted":
                assert shown["hours"] == change.merged(course.plan).hours

    @invariant()
    def the_figures_are_those_of_the_courses(self) -> None:
        for tree, central in enumerate(self.model.trees):
            for hour_type in get_args(HourType):
                query = {"year": 2023, "under": str(central.id), "by": "organisation", "hour_type": hour_type}
                shown = self.staff.get("/v1/statistics/hours", params=query).json()
                items = {each.pop("key"): each for each in shown["items"]}
                for each in items.values():
                    del each["name"], each["name_sv"], each["name_en"]
                assert {"items": items, "total": shown["total"]} == self.model.figures(tree, hour_type)
        whole = self.staff.get("/v1/statistics/hours", params={"year": 2023}).json()["total"]
        parts = [self.model.figures(tree, of)["total"] for tree in range(2) for of in get_args(HourType)]
        assert whole == {name: sum(part[name] for part in parts) for name in whole}


@pytest.mark.long
def test_any_year_of_courses_adds_up(
    new_centre: Callable[[], AbstractContextManager[Centre]], database: Addresses
) -> None:
    run_state_machine_as_test(
        lambda: TrainingsMachine(new_centre, database.service),  # type: ignore[arg-type]  # A factory does as well as a class.
        settings=settings(max_examples=max(1, settings().max_examples // 16), stateful_step_count=40),
    )
