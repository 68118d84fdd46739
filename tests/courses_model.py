"""Training courses and peer groups of a year of hours in plain numbers: what the service must answer about their plans,
changes and cost statements."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Literal
from uuid import UUID

from app.domain.calendar.deadlines import HELSINKI
from app.domain.hours.ledger import HourType
from tests.hours_model import LAST_DAY_OF_STATEMENTS, Refused, Year

SPRING, AUTUMN = date(2023, 4, 15), date(2023, 9, 2)
STARTS, ENDS = time(10), time(12, 15)
HOURS_OF_SESSION = 3
LAST_DAY_OF_ENTRIES = date(2023, 12, 31)
PLAN_WINDOWS = {
    ("training", SPRING): (date(2022, 10, 15), date(2023, 4, 14)),
    ("training", AUTUMN): (date(2023, 3, 2), date(2023, 9, 1)),
    ("peer_group", SPRING): (date(2023, 1, 15), date(2023, 4, 29)),
    ("peer_group", AUTUMN): (date(2023, 6, 2), date(2023, 9, 16)),
}
FEWEST_HOURS: dict[HourType, int] = {"training": 1, "peer_group": 10}
FEWEST_PARTICIPANTS: dict[HourType, int] = {"training": 7, "peer_group": 5}
DAYS_TO_ANSWER = timedelta(days=14)

Outcome = Literal["approved", "sent_back", "rejected"]


@dataclass(frozen=True)
class CoursePlan:
    days: tuple[date, ...]
    """Days of its sessions, of three hours each."""
    platform_hours: int
    participants: int

    @property
    def hours(self) -> int:
        return len(self.days) * HOURS_OF_SESSION + self.platform_hours


@dataclass
class Change:
    fields: dict[str, Any]
    state: str = "submitted"

    def merged(self, plan: CoursePlan) -> CoursePlan:
        return replace(plan, **self.fields)


@dataclass
class Statement:
    hours: int
    state: str = "draft"
    answer_by: date | None = None
    used: int | None = None

    @property
    def is_open(self) -> bool:
        return self.state in ("draft", "sent_back")


@dataclass
class Course:
    """A training course or a peer group."""

    tree: int
    organisation_id: UUID
    hour_type: HourType
    plan: CoursePlan
    supported: bool = True
    state: str = "draft"
    answer_by: date | None = None
    was_endorsed: bool = False
    drawn: dict[UUID, int] = field(default_factory=dict)
    used: dict[UUID, int] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)

    @property
    def reserved(self) -> int:
        return sum(self.drawn.values())

    @property
    def change(self) -> Change | None:
        """The open one."""
        return next((each for each in self.changes if each.state == "submitted"), None)

    @property
    def statement(self) -> Statement | None:
        """The one in force."""
        return next((each for each in self.statements if each.state != "reversed"), None)

    @property
    def is_decided(self) -> bool:
        """Whether a statement has been submitted or decided, also one whose approval was reversed."""
        return any(each.state in ("submitted", "approved", "rejected", "reversed") for each in self.statements)

    @property
    def needed(self) -> int:
        """Hours that the approved plan holds, with its open change."""
        return max([self.plan.hours, *([self.change.merged(self.plan).hours] if self.change else [])])


def starts_at(day: date) -> datetime:
    return datetime.combine(day, STARTS, HELSINKI)


def ends_at(day: date) -> datetime:
    return datetime.combine(day, ENDS, HELSINKI)


@dataclass
class YearOfCourses(Year):
    courses: list[Course] = field(default_factory=list)
    endorsing: set[int] = field(default_factory=set)
    """Numbers of the central organisations whose main user endorses plans."""
    automatic: set[HourType] = field(default_factory=set)
    """What is approved without a decision."""

    # Hours

    def hold(self, course: Course, hours: int) -> None:
        """Reserve what is missing, or free what is too much."""
        more = hours - course.reserved
        if more > 0:
            added = self.reserve(course.tree, course.organisation_id, more, course.hour_type)
            course.drawn = {
                each: course.drawn.get(each, 0) + added.get(each, 0) for each in course.drawn.keys() | added.keys()
            }
        else:
            course.drawn = self.release(course.tree, course.drawn, -more, course.hour_type)

    def set_draws_on(self, tree: int, *, allotment_only: bool) -> None:
        self.trees[tree].allotment_only = allotment_only

    # Plans

    def add(self, course: Course) -> None:
        self.courses.append(course)

    def edit(self, number: int, fields: Mapping[str, Any]) -> None:
        course = self.courses[number]
        self.check_state(course, "draft", "sent_back", "approved")
        plan = replace(course.plan, **fields)
        if plan == course.plan:
            return
        if course.state != "approved":
            course.plan = plan
            return
        if course.supported and self.needs_decision(course.plan, plan):
            raise Refused(409, "decision-required")
        if course.is_decided:
            raise Refused(409, "wrong-state", because="statement-exists")
        if course.supported:
            if any(starts_at(day) <= self.now for day in altered(course.plan, plan)):
                raise Refused(409, "wrong-state", because="session-begun")
            self.check_complete(course, plan)
        course.plan = plan
        if course.supported:
            self.hold(course, course.needed)

    def needs_decision(self, before: CoursePlan, after: CoursePlan) -> bool:
        return (
            after.hours > before.hours
            or after.participants > before.participants
            or not after.days
            or not set(after.days) <= set(before.days)
        )

    def check_complete(self, course: Course, plan: CoursePlan) -> None:
        few_hours = plan.hours < FEWEST_HOURS[course.hour_type]
        if not plan.days or few_hours or plan.participants < FEWEST_PARTICIPANTS[course.hour_type]:
            raise Refused(422, "validation")

    def check_sendable(self, course: Course) -> None:
        self.check_state(course, "draft", "sent_back")
        is_again = course.state == "sent_back"
        if is_again and course.answer_by and self.today > course.answer_by:
            raise Refused(409, "wrong-state", state="lapsed")
        if not course.supported:
            return
        self.check_complete(course, course.plan)
        self.check_open()
        if is_again:
            return
        if course.hour_type == "training" and self.today > LAST_DAY_OF_ENTRIES:
            raise Refused(409, "window-closed")
        first, last = PLAN_WINDOWS[course.hour_type, course.plan.days[0]]
        if not first <= self.today <= last:
            raise Refused(409, "plan-window-closed", opens_on=first.isoformat(), closes_on=last.isoformat())
        if self.today > LAST_DAY_OF_STATEMENTS:
            raise Refused(409, "window-closed")

    def send(self, numbers: Sequence[int], *, by_main_user: bool, pointer: str = "") -> None:
        """Submit all or none."""
        courses = [self.courses[number] for number in numbers]
        each_of(courses, self.check_sendable, pointer)
        for course in courses:
            has_to_be_endorsed = course.supported and course.tree in self.endorsing and not course.was_endorsed
            if has_to_be_endorsed and not by_main_user:
                course.state = "awaiting_main_user"
            else:
                self.arrive(course)
            course.answer_by = None
        each_of(courses, lambda course: self.hold(course, course.plan.hours if course.supported else 0), pointer)

    def arrive(self, course: Course) -> None:
        """At the study centre."""
        is_automatic = not course.supported or course.hour_type in self.automatic
        course.state = "approved" if is_automatic else "submitted"

    def endorse(self, number: int, outcome: str, answer_by: date | None) -> None:
        course = self.courses[number]
        self.check_day(answer_by)
        self.check_state(course, "awaiting_main_user")
        if outcome == "endorsed":
            course.was_endorsed = True
            self.arrive(course)
        else:
            self.answer(course, outcome, answer_by)

    def decide_plans(self, outcomes: Mapping[int, str], answer_by: date | None, pointer: str = "") -> None:
        """Decide all or none."""
        if "sent_back" in outcomes.values():
            self.check_day(answer_by)
        each_of(
            [self.courses[each] for each in outcomes], lambda course: self.check_state(course, "submitted"), pointer
        )
        for number, outcome in outcomes.items():
            self.answer(self.courses[number], outcome, answer_by)

    def answer(self, course: Course, outcome: str, answer_by: date | None) -> None:
        course.state = outcome
        if outcome == "sent_back":
            course.answer_by = answer_by or self.today + DAYS_TO_ANSWER
        if outcome == "rejected":
            self.hold(course, 0)

    def withdraw_plan(self, number: int) -> None:
        course = self.courses[number]
        self.check_state(course, "draft", "awaiting_main_user", "submitted", "sent_back")
        self.end(course, "withdrawn")

    def cancel(self, number: int) -> None:
        course = self.courses[number]
        self.check_state(course, "approved")
        if course.statement and course.statement.state in ("submitted", "approved"):
            raise Refused(409, "wrong-state", because="statement-exists")
        self.end(course, "cancelled")

    def end(self, course: Course, state: str) -> None:
        if course.change:
            course.change.state = "cancelled"
        if course.statement and course.statement.is_open:
            course.statement.state = "lapsed" if state == "lapsed" else "cancelled"
        self.hold(course, 0)
        course.state = state

    # Changes of approved plans

    def change(self, number: int, fields: Mapping[str, Any]) -> None:
        course = self.courses[number]
        plan = replace(course.plan, **fields)
        self.check_state(course, "approved")
        if course.is_decided:
            raise Refused(409, "wrong-state", because="statement-exists")
        changed = {name: value for name, value in fields.items() if value != getattr(course.plan, name)}
        if not changed:
            raise Refused(422, "validation")
        if course.change:
            raise Refused(409, "already-exists")
        self.check_changed(course, plan)
        concerned = altered(course.plan, plan)
        if not concerned and course.plan.days:
            concerned = [day for day in course.plan.days if ends_at(day) > self.now]
            if not concerned:
                raise Refused(409, "wrong-state", because="course-ended")
        if concerned and self.today >= min(concerned):
            raise Refused(409, "plan-window-closed", opens_on=None)
        course.changes.append(Change(changed))
        if course.supported:
            self.hold(course, course.needed)

    def check_changed(self, course: Course, plan: CoursePlan) -> None:
        if course.supported:
            self.check_complete(course, plan)
            self.check_open()

    def end_change(self, number: int, which: int, outcome: str) -> None:
        """Approved, rejected or withdrawn."""
        course = self.courses[number]
        change = course.changes[which]
        if change.state != "submitted":
            raise Refused(409, "wrong-state")
        merged = change.merged(course.plan)
        if outcome == "approved":
            self.check_changed(course, merged)
            course.plan = merged
        change.state = outcome
        if course.supported:
            self.hold(course, course.needed)

    # Cost statements

    def state(self, number: int, hours: int) -> None:
        course = self.courses[number]
        self.check_state(course, "approved")
        if course.statement:
            raise Refused(409, "already-exists")
        course.statements.append(Statement(hours))

    def edit_statement(self, number: int, which: int, hours: int) -> None:
        statement = self.courses[number].statements[which]
        if not statement.is_open:
            raise Refused(409, "wrong-state")
        statement.hours = hours

    def send_statement(self, number: int, which: int) -> None:
        course = self.courses[number]
        statement = course.statements[which]
        days = course.plan.days
        if not statement.is_open:
            raise Refused(409, "wrong-state")
        if course.change:
            raise Refused(409, "wrong-state", because="change-open")
        if (course.supported or days) and self.now < ends_at(days[-1]):
            raise Refused(409, "wrong-state")
        if course.supported:
            due_on = min(days[-1] + timedelta(days=28), LAST_DAY_OF_STATEMENTS)
            last = max([due_on, LAST_DAY_OF_STATEMENTS, *([statement.answer_by] if statement.answer_by else [])])
            if self.today > last:
                raise Refused(409, "window-closed")
        statement.state = "submitted" if course.supported else "approved"
        statement.used = None if course.supported else 0
        statement.answer_by = None

    def decide_statements(
        self, outcomes: Mapping[tuple[int, int], str], answer_by: date | None, pointer: str = ""
    ) -> None:
        """Decide all or none."""
        if "sent_back" in outcomes.values():
            self.check_day(answer_by)
        cases = [(self.courses[number], self.courses[number].statements[which]) for number, which in outcomes]
        pointers = [pointer.format(index) for index in range(len(cases))]
        for (_, statement), place in zip(cases, pointers, strict=True):
            if statement.state != "submitted":
                raise Refused(409, "wrong-state", **({"pointer": place} if place else {}))
        for hour_type in ("training", "peer_group"):
            for (course, statement), outcome, place in zip(cases, outcomes.values(), pointers, strict=True):
                if course.hour_type != hour_type:
                    continue
                try:
                    self.answer_statement(course, statement, outcome, answer_by)
                except Refused as refused:
                    if place:
                        refused.facts["pointer"] = place
                    raise

    def answer_statement(self, course: Course, statement: Statement, outcome: str, answer_by: date | None) -> None:
        statement.state = outcome
        if outcome == "sent_back":
            statement.answer_by = answer_by or self.today + DAYS_TO_ANSWER
            return
        held = min(course.plan.hours, statement.hours) if outcome == "approved" else 0
        statement.used = held
        if held > course.reserved:
            # Again, after a reversal.
            if self.closed:
                raise Refused(409, "year-closed")
            self.hold(course, held)
        course.used = self.settle(course.tree, course.drawn, held, course.hour_type)
        course.drawn = {}

    def reverse_statement(self, number: int, which: int) -> None:
        course = self.courses[number]
        statement = course.statements[which]
        if statement.state != "approved":
            raise Refused(409, "wrong-state")
        statement.state, statement.used = "reversed", 0
        self.reverse(course.tree, course.used, course.hour_type)
        course.used = {}

    # By the clock

    def has_lapsed(self, course: Course) -> bool:
        if course.state == "awaiting_main_user":
            return self.today > LAST_DAY_OF_STATEMENTS
        if course.state == "sent_back" and course.answer_by:
            return self.today > course.answer_by
        statement = course.statement
        if course.state != "approved" or not course.supported or (statement and not statement.is_open):
            return False
        answer_by = statement.answer_by if statement and statement.state == "sent_back" else None
        return self.today > max(LAST_DAY_OF_STATEMENTS, *([answer_by] if answer_by else []), course.plan.days[-1])

    def lapse(self) -> None:
        for course in self.courses:
            if self.has_lapsed(course):
                self.end(course, "lapsed")

    @property
    def unsettled(self) -> list[int]:
        """Numbers of those that keep the year open."""
        return [
            number
            for number, course in enumerate(self.courses)
            if course.reserved or (course.statement and course.statement.state == "submitted")
        ]

    def close(self) -> None:
        self.check_open()
        if self.unsettled or self.today <= LAST_DAY_OF_STATEMENTS:
            trees = [holder for tree in self.trees for holder in (tree.own, tree.peers, *tree.allotments.values())]
            raise Refused(409, "wrong-state", reserved=sum(holder.reserved for holder in trees))
        super().close()

    def check_state(self, course: Course, *allowed: str) -> None:
        if course.state not in allowed:
            raise Refused(409, "wrong-state", state=course.state)

    def check_day(self, answer_by: date | None) -> None:
        if answer_by and answer_by < self.today:
            raise Refused(422, "validation")

    # Figures

    def figures(self, tree: int, hour_type: HourType) -> dict[str, Any]:
        """Hours of each organisation that has any, and of the tree, with what it was granted and has."""
        central = self.trees[tree]
        courses = [each for each in self.courses if each.tree == tree and each.hour_type == hour_type]
        account = central.account() if hour_type == "training" else central.peers_account()
        holders = [central.peers] if hour_type == "peer_group" else [central.own, *central.allotments.values()]
        return {
            "items": {
                str(organisation): sums_of([each for each in courses if each.organisation_id == organisation])
                for organisation in (central.id, *central.units)
            },
            "total": sums_of(courses)
            | {name: account[name] for name in ("granted", "returned", "lapsed")}
            | {"available": sum(holder.free for holder in holders)},
        }


def each_of(courses: Sequence[Course], step: Callable[[Course], None], pointer: str) -> None:
    for index, course in enumerate(courses):
        try:
            step(course)
        except Refused as refused:
            if pointer and refused.problem[0] == 409:
                refused.facts["pointer"] = pointer.format(index)
            raise


def altered(before: CoursePlan, after: CoursePlan) -> list[date]:
    return sorted(set(before.days) ^ set(after.days))


def sums_of(courses: Sequence[Course]) -> dict[str, int]:
    return {
        "planned": sum(each.plan.hours for each in courses if each.state in ("submitted", "approved")),
        "reserved": sum(each.reserved for each in courses),
        "used": sum(sum(each.used.values()) for each in courses),
    }
