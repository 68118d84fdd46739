"""The shapes of plans of trainings."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, Strict

from app.api.shapes import UNSAID, WHOLE, Body, Day, Flag, Form, Instant, Line, Text
from app.api.trainings.topic_classes import TopicCode
from app.domain.trainings.sessions import SessionPlace, TrainingSession, in_finland
from app.domain.trainings.support_rules import CostCategory
from app.domain.trainings.trainings import (
    MOST_SESSIONS,
    BudgetLine,
    Mode,
    Partner,
    Trainer,
)

Municipality = Annotated[str, Form("municipality-format", r"^[0-9]{3}$")]
PostalCode = Annotated[str, Form("postal-code-format", r"^[0-9]{5}$")]
LanguageCode = Annotated[str, Form("language-format", r"^[a-z]{2,3}$")]
Minutes = Annotated[int, Strict(), Field(ge=0, le=1440), WHOLE]
Groups = Annotated[int, Strict(), Field(ge=1, le=20), WHOLE]
Places = Annotated[int, Strict(), Field(ge=1, le=10_000), WHOLE]
Headcount = Annotated[int, Strict(), Field(ge=0, le=100_000), WHOLE]
PlatformHours = Annotated[int, Strict(), Field(ge=0, le=10_000), WHOLE]
Cents = Annotated[int, Strict(), Field(ge=0, le=10**11), WHOLE]


class PlaceIn(Body):
    name: Line
    """Name of the place."""
    municipality: Municipality | None = None
    """Code of the municipality, three digits. `null` if not given."""
    street: Line | None = None
    """Street address. `null` if not given."""
    postal_code: PostalCode | None = None
    """Postal code. `null` if not given."""


class SessionIn(Body):
    starts_at: Instant
    """When the session begins, in full minutes."""
    ends_at: Instant
    """When the session ends, in full minutes."""
    break_minutes: Minutes = 0
    """Minutes of breaks, which do not count as teaching."""
    parallel_groups: Groups = 1
    """Number of groups taught at the same time, each by a trainer of its own."""
    places: Annotated[list[PlaceIn], Field(max_length=20, default_factory=list)]
    """Places of the session. Several places that are connected by video count once."""

    def session(self) -> TrainingSession:
        return TrainingSession(
            starts_at=in_finland(self.starts_at),
            ends_at=in_finland(self.ends_at),
            break_minutes=self.break_minutes,
            parallel_groups=self.parallel_groups,
            places=[SessionPlace(**place.model_dump()) for place in self.places],
        )


class TrainerIn(Body):
    name: Line
    """Name of the trainer."""


class BudgetLineIn(Body):
    category: CostCategory
    """Category of the cost."""
    cents: Cents
    """Planned cost in cents."""


class PartnerIn(Body):
    organisation_id: UUID | None = None
    """ID of the partner, if it belongs to the study centre. `null` if `name` is given."""
    name: Line | None = None
    """Name of the partner. `null` if `organisation_id` is given."""


class EnrolmentIn(Body):
    opens_on: Day | None = None
    """First day of enrolment. `null` if it opens with the approval of the plan."""
    closes_on: Day | None = None
    """Last day of enrolment. `null` if it closes when the course begins."""
    places: Places
    """Number of places."""
    waiting_list: Flag = False
    """Whether there is a waiting list when the places are taken."""


class DeclarationsIn(Body):
    not_sold: Flag = False
    """The course is not sold to companies."""
    no_qualification: Flag = False
    """The course gives no professional qualification or degree."""
    cooperation_named: Flag = False
    """All marketing names the study centre as the partner."""


class GroupPlanIn(Body):
    """What may be written of the plan of a peer group, and of each plan, all of it optional."""

    topic: TopicCode | None = UNSAID
    """Code of the topic class. `null` if not given."""
    target_group: Text | None = UNSAID
    """Target group. `null` if not given."""
    goals: Text | None = UNSAID
    """Learning goals. `null` if not given."""
    content: Text | None = UNSAID
    """Content. `null` if not given."""
    methods: Text | None = UNSAID
    """Methods of teaching or study. `null` if not given."""
    mode: Mode | None = UNSAID
    """Form of teaching or study: `in_person`, `online` or `hybrid`. `null` if not given."""
    language: LanguageCode | None = UNSAID
    """Language of teaching or study, as an ISO 639 code, for example `fi`. `null` if not given."""
    sessions: Annotated[list[SessionIn], Field(max_length=MOST_SESSIONS)] = UNSAID
    """Sessions."""
    platform_hours: PlatformHours = UNSAID
    """Teaching hours of self-study on a learning platform."""
    planned_participants: Headcount | None = UNSAID
    """Number of planned participants who are of age for support. `null` if not given."""
    planned_under_age: Headcount | None = UNSAID
    """Number of planned participants below that age. `null` if not given."""
    responsible_person_id: UUID | None = UNSAID
    """ID of the responsible person, who has a role in the organisation. Unless said, the person who adds the plan.
    `null` if nobody is named."""
    partners: Annotated[list[PartnerIn], Field(max_length=20)] = UNSAID
    """Other organisations that take part."""
    marketing_text: Text | None = UNSAID
    """Marketing text. `null` if not given."""
    listed: Flag = UNSAID
    """Whether it may be shown to the public once it is approved. The public calendar shows training courses only."""
    supported: Flag = UNSAID
    """Whether it is subsidised. That cannot change once the plan has been submitted."""

    def fields(self) -> dict[str, Any]:
        """The fields that are given, as values of the domain."""
        given = {name: getattr(self, name) for name in self.model_fields_set}
        return {name: _PARTS[name](value) if name in _PARTS else value for name, value in given.items()}


class PlanIn(GroupPlanIn):
    """What may be written of the plan of a training course, all of it optional."""

    trainers: Annotated[list[TrainerIn], Field(max_length=100)] = UNSAID
    """Trainers of the course."""
    budget: Annotated[list[BudgetLineIn], Field(max_length=100)] = UNSAID
    """Planned costs."""
    enrolment: EnrolmentIn | None = UNSAID
    """Enrolment in the public calendar. `null` if none is offered."""
    declarations: DeclarationsIn = UNSAID
    """Declarations of the organiser."""
    model_version_id: UUID | None = UNSAID
    """ID of the version of a training model that the course follows, which sets goals, content and methods. It cannot
    change once the plan has been submitted. `null` if the course follows none."""


_PARTS: dict[str, Any] = {
    "sessions": lambda sessions: [session.session() for session in sessions],
    "trainers": lambda trainers: [Trainer(trainer.name) for trainer in trainers],
    "budget": lambda lines: [BudgetLine(line.category, line.cents) for line in lines],
    "partners": lambda partners: [Partner(partner.organisation_id, partner.name) for partner in partners],
    # What is not given of these stays as it is (RFC 7396).
    "enrolment": lambda enrolment: enrolment and enrolment.given(),
    "declarations": lambda declarations: declarations.given(),
}
