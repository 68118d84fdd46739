"""Training courses and peer groups with their plans, cost statements and participants, as rows of the database."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cache
from random import Random
from typing import Any
from uuid import UUID

from app.delivery.addresses import key_of
from app.domain.calendar.deadlines import HELSINKI
from app.domain.organisations.names import search_text_of
from app.domain.trainings.flags import trainer_keys_of
from app.domain.trainings.statement_checks import NeedsReason
from app.domain.trainings.support import Cost, payment_state_of, support_of
from app.domain.trainings.support_rules import ActivityRules, SupportRules, inherited
from app.sandbox.demo.courses import COURSES, Course, place_of
from app.sandbox.demo.names import FIRST_NAMES, FIRST_NAMES_IN_SWEDISH, LAST_NAMES, LAST_NAMES_IN_SWEDISH
from app.sandbox.demo.organisations import Unit
from app.sandbox.demo.people import People
from app.sandbox.demo.rows import Demo, demo_id

HOURS_OF_DAY = 8
"""Teaching hours of a day from 9:00 to 16:00 with an hour of breaks."""
SEASONS = {
    "fi": ("kevät", "kesä", "syksy"),
    "sv": ("våren", "sommaren", "hösten"),
    "en": ("spring", "summer", "autumn"),
}
DECLARED = {"not_sold": True, "no_qualification": True, "cooperation_named": True}
BOOKED = {"booked": True, "separable": True, "other_state_support": False, "adult_education_centre": False}
FEMALE, MALE = ("Aino", "Helmi", "Kaisa", "Sanna", "Noora", "Venla"), ("Eero", "Onni", "Tapio", "Mikko", "Olli", "Urho")
RATE_CENTS = {2022: 3300}
RATE_CENTS_SINCE = 3500
LAST_LOADED = 2025


@dataclass
class Span:
    """When a course is held, and who is taught at the same time."""

    days: list[date]
    groups: int
    platform_hours: int
    minutes: int
    """Minutes of a day from beginning to end."""
    breaks: int


def span_of(hours: int, days: Sequence[date]) -> Span:
    """Spread the hours over some of the days: as few parallel groups as possible, the rest on a learning platform."""
    if hours < HOURS_OF_DAY:
        return Span([days[0]], 1, 0, hours * 45, 0)
    groups = max(1, min(-(-hours // (HOURS_OF_DAY * len(days))), hours // HOURS_OF_DAY))
    number = min(len(days), hours // (HOURS_OF_DAY * groups))
    held = [days[index * len(days) // number] for index in range(number)]
    return Span(held, groups, hours - HOURS_OF_DAY * groups * number, 420, 60)


@cache
def _search_text(name: str, target_group: str, content: str) -> str:
    return search_text_of(name, target_group, content)


@cache
def rules_of(year: int) -> SupportRules:
    """The support rules that every study centre begins with. A year after the last has its rules."""
    loaded = min(year, LAST_LOADED)
    training = ActivityRules(
        enabled=True,
        rate_cents=RATE_CENTS.get(loaded, RATE_CENTS_SINCE),
        share_percent=55,
        minimum_hours=1,
        maximum_hours=None,
        minimum_participants=7,
        minimum_age=15,
        earliest_months=6,
        latest_days=1,
        statement_days=28,
        automatic_approval=False,
        eligible_costs=["teaching_fees", "materials", "venue", "participant_meals", "trainer_travel"],
    )
    peer_group = replace(
        training,
        rate_cents=300,
        share_percent=100,
        minimum_hours=10,
        minimum_participants=5,
        earliest_months=3,
        latest_days=-14,
        eligible_costs=["materials", "venue", "leader_fees", "leader_travel", "equipment", "other"],
    )
    rules = SupportRules(loaded, True, None, 1, training, peer_group, None, None, None)
    return inherited(rules, year)


class Trainings:
    """Adds trainings and their statements. All that they show follows from their hours and days."""

    def __init__(self, demo: Demo, people: People) -> None:
        self._demo, self._people = demo, people
        self._staff = people.staff[2]

    def writer_of(self, unit: Unit) -> UUID:
        """The manager of the unit, or of the nearest one above it that has one, or else the main user."""
        managers = (self._people.unit_managers.get(each.id) for each in (unit, *unit.ancestors))
        top = unit.ancestors[-1] if unit.ancestors else unit
        return next((manager for manager in managers if manager), self._people.main_users[top.id])

    def add(
        self,
        unit: Unit,
        hours: int,
        days: Sequence[date],
        chance: Random,
        *,
        submitted_at: datetime,
        state: str = "approved",
        writer: UUID | None = None,
        course: Course | None = None,
        name: str | None = None,
        key: object = None,
        **columns: Any,
    ) -> dict[str, Any]:
        """Add a training on some of the days, and return its row. Plans are decided three days after they were sent."""
        writer = writer or self.writer_of(unit)
        course = course or chance.choice(COURSES[unit.language])
        span = span_of(hours, days)
        created_at = submitted_at - timedelta(hours=2)
        year = span.days[0].year
        online = chance.random() < 0.15 and span.groups == 1
        places = [] if online else [place_of(unit.language, chance.randrange(40))]
        begins = datetime.combine(date.min, time(9))
        ends = (begins + timedelta(minutes=span.minutes)).time()
        sessions = [
            (datetime.combine(day, begins.time(), HELSINKI), datetime.combine(day, ends, HELSINKI)) for day in span.days
        ]
        texts = course.texts()
        texts["name"] = name or f"{course.name}, {_season(unit.language, span.days[0])} {year}"
        participants = chance.randint(8, 16) * span.groups
        trainers = _names(unit.language, chance, span.groups)
        decided = state in ("approved", "cancelled", "lapsed", "rejected")
        row = {
            "id": demo_id("training", unit.id, year, key or hours, submitted_at, at=created_at),
            "hour_type": "training",
            "organisation_id": unit.id,
            "central_organisation_id": (unit.ancestors[-1] if unit.ancestors else unit).id,
            "year": year,
            "search_text": _search_text(texts["name"], course.target_group, course.content),
            "mode": "online" if online else "hybrid" if span.platform_hours else "in_person",
            "language": unit.language,
            "sessions": [
                {
                    "starts_at": starts_at.isoformat(),
                    "ends_at": ends_at.isoformat(),
                    "break_minutes": span.breaks,
                    "parallel_groups": span.groups,
                    "places": places,
                }
                for starts_at, ends_at in sessions
            ],
            "platform_hours": span.platform_hours,
            "trainers": [{"name": each} for each in trainers],
            "trainer_keys": trainer_keys_of(trainers),
            "planned_participants": participants,
            "planned_under_age": chance.choice((0, 0, 0, 2)),
            "budget": [
                {"category": "teaching_fees", "cents": hours * 4500},
                {"category": "venue", "cents": len(sessions) * 9000 if places else 0},
            ],
            "responsible_person_id": writer,
            "partners": [],
            "listed": True,
            "enrolment": None,
            "declarations": DECLARED,
            "supported": True,
            "hours": hours,
            "starts_at": sessions[0][0],
            "ends_at": sessions[-1][1],
            "starts_on": span.days[0],
            "ends_on": span.days[-1],
            "state": state,
            "exceptions": [],
            "created_by": writer,
            "created_at": created_at,
            "submitted_by": None if state == "draft" else writer,
            "submitted_at": None if state == "draft" else submitted_at,
            "decided_by": self._staff if decided else None,
            "decided_at": submitted_at + timedelta(days=3, hours=1) if decided else None,
            "decided_automatically": False,
        }
        row |= texts | columns
        self._demo.add("trainings", **row)
        return row

    def add_statement(
        self,
        training: dict[str, Any],
        chance: Random,
        *,
        state: str = "approved",
        submitted_at: datetime,
        decided_at: datetime | None = None,
        held: int | None = None,
        needs_reason: Sequence[NeedsReason] = (),
        **columns: Any,
    ) -> dict[str, Any]:
        """Add the training's cost statement, and return its row. An approved one has its support by the rules."""
        held = training["hours"] if held is None else held
        came = max(7, training["planned_participants"] - chance.randint(0, 3))
        female = came * chance.randint(40, 80) // 100
        costs = (
            _costs(held, came, bool(training["sessions"][0]["places"]), chance)
            if training["hour_type"] == "training"
            else _costs_of_group(held, came, chance)
        )
        row: dict[str, Any] = {
            "id": demo_id("statement", training["id"], state, at=submitted_at - timedelta(hours=1)),
            "training_id": training["id"],
            "organisation_id": training["organisation_id"],
            "central_organisation_id": training["central_organisation_id"],
            "year": training["year"],
            "hours": held,
            "participants": {"of_age": came, "under_age": 0, "female": female, "male": came - female, "other": 0},
            "costs": [asdict(cost) for cost in costs],
            "other_grants_cents": 0,
            "participant_fees_cents": came * chance.choice((0, 0, 1000)),
            "currency": "EUR",
            "declarations": BOOKED,
            "state": state,
            "needs_reason": list(needs_reason),
            "flags": [],
            "disallowed": [],
            "costs_cents": sum(cost.cents for cost in costs),
            "created_by": training["created_by"],
            "created_at": submitted_at - timedelta(hours=1),
            "submitted_by": None if state == "draft" else training["created_by"],
            "submitted_at": None if state == "draft" else submitted_at,
            "decided_automatically": False,
        }
        if state == "approved":
            support = support_of(
                training["hour_type"],
                rules_of(training["year"]),
                planned=training["hours"],
                held=held,
                of_age=came,
                costs=costs,
                supported=training["supported"],
                final=True,
            )
            row |= {
                "support": asdict(support),
                "support_cents": support.cents,
                "used_hours": support.hours if training["supported"] else 0,
                "payment_state": payment_state_of(support),
                "decided_by": self._staff,
                "decided_at": decided_at,
            }
        row |= columns
        self._demo.add("cost_statements", **row)
        return row

    def add_participants(self, training: dict[str, Any], number: int, chance: Random) -> dict[str, int]:
        """Add so many participants, and return their numbers, which are those of the statement too."""
        created_at = training["decided_at"] + timedelta(days=1)
        female = 0
        for ordinal in range(number):
            is_female = chance.random() < 0.6
            female += is_female
            first, last = chance.choice(FEMALE if is_female else MALE), LAST_NAMES[ordinal % len(LAST_NAMES)]
            email = f"osallistuja{ordinal + 1}.{training['id'].hex[-6:]}@example.org"
            self._demo.add(
                "training_participants",
                id=demo_id("participant", training["id"], ordinal, at=created_at),
                training_id=training["id"],
                name=f"{first} {last}",
                email=email if ordinal % 4 else None,
                email_key=key_of(email) if ordinal % 4 else None,
                gender="female" if is_female else "male",
                under_age=False,
                created_by=training["created_by"],
                created_at=created_at,
            )
        return {"of_age": number, "under_age": 0, "female": female, "male": number - female, "other": 0}


def _season(language: str, day: date) -> str:
    seasons = SEASONS.get(language, SEASONS["fi"])
    return seasons[0 if day.month < 6 else 1 if day.month < 8 else 2]


def _names(language: str, chance: Random, number: int) -> list[str]:
    first, last = (FIRST_NAMES_IN_SWEDISH, LAST_NAMES_IN_SWEDISH) if language == "sv" else (FIRST_NAMES, LAST_NAMES)
    return [f"{chance.choice(first)} {chance.choice(last)}" for _ in range(number)]


def _costs(hours: int, participants: int, has_place: bool, chance: Random) -> list[Cost]:
    costs = [
        Cost("teaching_fees", hours * chance.choice((3800, 4500, 5200, 6000)), None),
        Cost("materials", participants * chance.randint(400, 1500), None),
    ]
    if has_place:
        costs.append(Cost("venue", hours * chance.choice((800, 1200, 1500)), "Tilan vuokra"))
        costs.append(Cost("participant_meals", participants * 1250, None))
    if chance.random() < 0.3:
        costs.append(Cost("trainer_travel", chance.randint(20, 180) * 100, None))
    return costs


def _costs_of_group(hours: int, members: int, chance: Random) -> list[Cost]:
    return [
        Cost("materials", members * chance.randint(300, 900), None),
        Cost("venue", hours * chance.choice((200, 400)), "Kerhohuone"),
    ]


def saturdays(first: date, number: int, every: int = 1) -> list[date]:
    """So many Saturdays from the first one on or after the day, one in every so many weeks."""
    first += timedelta(days=(5 - first.weekday()) % 7)
    return [first + timedelta(weeks=every * index) for index in range(number)]
