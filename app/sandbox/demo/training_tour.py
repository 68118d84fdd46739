"""The trainings and cost statements that the examples of the OpenAPI document use, one for each.

They live in March 2025, in the tree of the documented people. Where a main user endorses plans, it is another tree.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from hashlib import sha256
from random import Random
from typing import Any
from uuid import UUID

from app.delivery.addresses import key_of
from app.delivery.tokens import RANDOM_BYTES, digest_of, token_with
from app.domain.calendar.deadlines import HELSINKI
from app.domain.hours.ledger import Transfer, release, reservation, use
from app.domain.support.enrolments import VALID_FOR
from app.domain.trainings.trainings import PLAN_FIELDS
from app.sandbox.demo.courses import COURSES, Course
from app.sandbox.demo.learning import Learning, course_of
from app.sandbox.demo.model_tour import OLD_MODEL, version_id_of
from app.sandbox.demo.organisations import Central, Unit
from app.sandbox.demo.people import People
from app.sandbox.demo.pictures import logo
from app.sandbox.demo.rows import DEMO_STUDY_CENTRE, Demo, demo_id, office_hour
from app.sandbox.demo.trainings import Trainings

YEAR = 2025
HOURS = 8
"""The teaching hours of each course: one day."""
PLANNED_AT = office_hour(date(YEAR - 1, 12, 16))
"""When the courses of the first weeks of the year were planned."""
SENT_AT = office_hour(date(YEAR, 3, 3))
"""When those of May were."""
ENROLLED_AT = datetime(YEAR, 3, 16, 18, tzinfo=HELSINKI)
STATED_AT = office_hour(date(YEAR, 3, 12))
HELD_ON, LATE_ON, SETTLED_ON, TO_COME_ON = date(YEAR, 3, 1), date(YEAR, 1, 18), date(YEAR, 2, 1), date(YEAR, 5, 10)

Make = Callable[[UUID, UUID, int], Transfer]
Post = Callable[[Unit, dict[str, Any], Make, int, datetime, UUID], None]
"""Posts hours of a unit's training, at a time, by a person."""


class TrainingTour:
    def __init__(
        self, trainings: Trainings, demo: Demo, centrals: Sequence[Central], people: People, post: Post
    ) -> None:
        self._trainings, self._demo, self._people, self._post = trainings, demo, people, post
        self._chance = Random("tour of trainings")
        self._staff = people.staff[2]
        self._first, self._second = centrals[0], centrals[1]
        self._district = self._first.districts[1]
        self._association = self._district.children[0]
        grants = demo.tables["role_grants"]
        of_trainer = (self._association.id, "training_manager")
        self._trainer: UUID = next(
            grant["person_id"] for grant in grants if (grant["organisation_id"], grant["role"]) == of_trainer
        )
        self._number = 0

    def add(self) -> None:
        association, district, in_other_tree = self._association, self._district, self._second.districts[0]
        for name in ("Neuletapaaminen", "Sukkatehtaan salat", "Lankalaskento", "Värjäyspäivä"):
            self._plan(association, name, "draft", TO_COME_ON)
        # Its plan window has closed: staff make an exception.
        self._plan(district, "Piirin kevätpäivä", "draft", date(YEAR, 3, 15))
        for name in ("Kirjoneulepäivä", "Palmikkopäivä", "Pitsineulepäivä", "Kantapääklinikka"):
            self._plan(association, name, "submitted", TO_COME_ON)
        back: dict[str, Any] = {"reason": "Kertokaa tavoitteet tarkemmin.", "answer_by": date(YEAR, 3, 31)}
        self._plan(association, "Puikkojen huolto", "sent_back", TO_COME_ON, **back)
        self._reject(
            self._plan(district, "Piirin syyskokous", "rejected", TO_COME_ON, reason="Kokous ei ole koulutus.")
        )
        self._demo.add(
            "training_rules",
            organisation_id=self._second.id,
            revision=1,
            kinds=["central", "district", "association"],
            units=None,
            applications="open",
            unit_managers_decide=True,
            activities=None,
            topics=None,
            plans_through_main_user=True,
            practice="Suunnitelmat kulkevat liiton pääkäyttäjän kautta.",
            changed_by=self._people.main_users[self._second.id],
            changed_at=PLANNED_AT - timedelta(days=7),
        )
        for name in ("Talkookeittiön turvallisuus", "Reseptit talteen"):
            self._plan(in_other_tree, name, "awaiting_main_user", TO_COME_ON)
        self._add_approved()
        self._add_held()
        self._add_learning()

    def _add_learning(self) -> None:
        """Courses from a training model: one that was held, and one to come from the version that has replaced it."""
        association = self._association
        held, to_come = (
            self._plan(
                association,
                name,
                "approved",
                day,
                course=course_of(COURSES["fi"][0], number),
                model_version_id=version_id_of(OLD_MODEL, number),
            )[1]
            for number, (name, day) in enumerate(
                (("Neulekerhon ohjaajan kurssi", HELD_ON), ("Neulekerhon ohjaajan kevätkurssi", TO_COME_ON)), 1
            )
        )
        Learning(self._demo, self._first, self._trainer).add(association, held, to_come)

    def _add_approved(self) -> None:
        """Courses to come: to change, to cancel, with changes that wait, with participants."""
        enrolment = {"opens_on": None, "closes_on": None, "places": 12, "waiting_list": True}
        _, training = self._plan(
            self._association, "Ensiapu neulekerhossa", "approved", TO_COME_ON, enrolment=enrolment
        )
        self._add_enrolments(training)
        self._plan(self._district, "Piirin tietosuojapäivä", "approved", TO_COME_ON)
        self._plan(self._association, "Villasukka alusta loppuun", "approved", TO_COME_ON)
        for unit, name in ((self._association, "Huovutuspäivä"), (self._district, "Piirin viestintäpäivä")):
            self._add_change(unit, self._plan(unit, name, "approved", TO_COME_ON))
        ended_at = SENT_AT + timedelta(days=7)
        cancelled: dict[str, Any] = {
            "ended_by": self._staff,
            "ended_at": ended_at,
            "end_reason": "Kouluttaja sairastui.",
        }
        _, training = self._plan(self._district, "Piirin lauluilta", "cancelled", TO_COME_ON, **cancelled)
        self._post(self._district, training, release, HOURS, ended_at, self._staff)
        _, training = self._plan(self._association, "Kehruupäivä", "approved", TO_COME_ON)
        self._trainings.add_participants(training, 8, self._chance)
        automatic: dict[str, Any] = {
            "decided_by": None,
            "decided_at": SENT_AT,
            "decided_automatically": True,
            "supported": False,
        }
        self._plan(self._association, "Neulojan yö", "approved", date(YEAR, 3, 8), **automatic)

    def _add_enrolments(self, training: dict[str, Any]) -> None:
        """Some who have enrolled, and one whose request waits; tokens of three links are in the examples."""
        for number, (name, state) in enumerate(
            (
                ("Tuuli Tuulikki", "enrolled"),
                ("Sisko Sivula", "enrolled"),
                ("Pirkko Pirinen", "enrolled"),
                ("Vieno Virtaluoto", "unconfirmed"),
            ),
            1,
        ):
            local, is_confirmed = name.split()[0].lower(), state == "enrolled"
            email, content = f"{local}.ilmoittautuja@example.org", local.encode().rjust(RANDOM_BYTES, b"-")
            self._demo.add(
                "enrolments",
                id=demo_id("enrolment", name, at=ENROLLED_AT),
                subject_type="training",
                subject_id=training["id"],
                digest=f"\\x{digest_of(token_with(DEMO_STUDY_CENTRE, content)).hex()}",
                state=state,
                number=number if is_confirmed else None,
                name=name,
                email=email,
                email_key=key_of(email),
                language="fi",
                under_age=False,
                requested_at=ENROLLED_AT,
                expires_at=ENROLLED_AT + VALID_FOR,
                confirmed_at=ENROLLED_AT + timedelta(minutes=5) if is_confirmed else None,
            )

    def _add_held(self) -> None:
        """Courses that were held, with statements of every state."""
        chance = self._chance
        for name, held_on in (("Tilkkutyöpäivä", HELD_ON), ("Silmukoiden alkeet", LATE_ON)):
            self._plan(self._association, name, "approved", held_on)
        for name, state in (
            ("Virkkauspäivä", "draft"),
            ("Lapaspäivä", "draft"),
            ("Kaulurikurssi", "submitted"),
            ("Myssykurssi", "submitted"),
            ("Huivikurssi", "submitted"),
        ):
            _, training = self._plan(self._association, name, "approved", HELD_ON)
            statement = self._trainings.add_statement(training, chance, state=state, submitted_at=STATED_AT)
            if name == "Virkkauspäivä":
                self._attach(statement, "Tilan vuokra.png", "Lankalasku.png")
        _, training = self._plan(self._association, "Ohjaajan eväät", "approved", HELD_ON)
        counts = self._trainings.add_participants(training, 9, chance)
        self._trainings.add_statement(
            training, chance, state="submitted", submitted_at=STATED_AT, held=HOURS - 1, participants=counts
        )
        _, training = self._plan(self._association, "Nuttukurssi", "approved", LATE_ON)
        self._trainings.add_statement(
            training, chance, state="submitted", submitted_at=STATED_AT, needs_reason=["late"]
        )
        _, training = self._plan(self._association, "Sukkakurssi", "approved", HELD_ON)
        back: dict[str, Any] = {"reason": "Tilan vuokran tosite puuttuu.", "answer_by": date(YEAR, 3, 31)}
        self._trainings.add_statement(training, chance, state="sent_back", submitted_at=STATED_AT, **back)
        for name in ("Puseron malli", "Peittotalkoot", "Nauhakudonta"):
            unit, training = self._plan(self._association, name, "approved", SETTLED_ON)
            sent_at = office_hour(date(YEAR, 2, 10))
            decided_at = office_hour(date(YEAR, 2, 17), 15)
            self._trainings.add_statement(training, chance, submitted_at=sent_at, decided_at=decided_at)
            self._post(unit, training, use, HOURS, decided_at, self._staff)

    def _plan(
        self, unit: Unit, name: str, state: str, day: date, *, course: Course | None = None, **columns: Any
    ) -> tuple[Unit, dict[str, Any]]:
        """Add a plan of one day, whose hours are reserved if it has been submitted and is supported."""
        submitted_at = SENT_AT if day > SENT_AT.date() else PLANNED_AT
        training = self._trainings.add(
            unit,
            HOURS,
            [day],
            self._chance,
            submitted_at=submitted_at,
            state=state,
            writer=self._trainer if unit is self._association else None,
            course=course or COURSES["fi"][self._number % len(COURSES["fi"])],
            name=name,
            key=name,
            **columns,
        )
        self._number += 1
        if state != "draft" and training["supported"]:
            self._post(unit, training, reservation, HOURS, submitted_at, training["submitted_by"])
        return unit, training

    def _attach(self, statement: dict[str, Any], *names: str) -> None:
        content = logo()
        for name in names:
            self._demo.add(
                "cost_statement_attachments",
                id=demo_id("statement attachment", name, at=STATED_AT),
                statement_id=statement["id"],
                name=name,
                media_type="image/png",
                size=len(content),
                digest=sha256(content).hexdigest(),
                content=f"\\x{content.hex()}",
                created_by=statement["created_by"],
                created_at=STATED_AT,
            )

    def _reject(self, plan: tuple[Unit, dict[str, Any]]) -> None:
        unit, training = plan
        self._post(unit, training, release, HOURS, training["decided_at"], self._staff)

    def _add_change(self, unit: Unit, plan: tuple[Unit, dict[str, Any]]) -> None:
        """Add a change that doubles the hours, which are reserved meanwhile."""
        _, training = plan
        submitted_at = STATED_AT
        week = timedelta(weeks=1)
        session = training["sessions"][0]
        times = {name: (datetime.fromisoformat(session[name]) + week).isoformat() for name in ("starts_at", "ends_at")}
        self._demo.add(
            "training_changes",
            id=demo_id("training change", training["id"], at=submitted_at),
            training_id=training["id"],
            changed=["sessions"],
            plan={name: training.get(name) for name in PLAN_FIELDS} | {"sessions": [session, session | times]},
            hours=2 * HOURS,
            state="submitted",
            submitted_by=training["submitted_by"],
            submitted_at=submitted_at,
        )
        self._post(unit, training, reservation, HOURS, submitted_at, training["submitted_by"])
