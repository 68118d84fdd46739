"""The study register (opintorekisteri): what learners have taken part in and completed, and shares of it (rulebook
§3.18)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from app.domain.errors import Fault, Invalid, NotConfigured, TooMany
from app.domain.trainings.certificates import CourseCertificate
from app.domain.trainings.completions import Completion, CompletionKind
from app.domain.trainings.koski_consents import KoskiConsent
from app.domain.values import Shown

LONGEST_SHARE = timedelta(days=90)
MOST_SHARES = 20


@dataclass(frozen=True)
class RegisteredModel(Shown):
    """The training model that a course was made from."""

    model_id: UUID
    """ID of the training model."""
    name: str
    """Name of the training model's version, in the language of the training course if the version has it."""
    number: int
    """Number of its version."""
    learner_hours: int
    """Hours of a learner's work."""


@dataclass(frozen=True)
class Participation(Shown):
    """A claimed participation, with what followed from it."""

    claim_id: UUID
    """ID of the claim that was granted."""
    training_id: UUID
    """ID of the training course."""
    training_name: str
    """Name of the training course."""
    organisation_id: UUID
    """ID of the organisation that ran it."""
    organisation_name: str
    participant_id: UUID
    """ID of the participant."""
    starts_on: date | None
    """Day of the first session. `null` if there are no sessions."""
    ends_on: date | None
    """Day of the last session. `null` if there are no sessions."""
    model: RegisteredModel | None
    """Training model. `null` if the course was not made from one."""
    completion: Completion | None
    """Completion in force. `null` if none has been recorded."""
    certificates: list[CourseCertificate]
    """Certificates of that completion, the newest first, also those that have been withdrawn."""
    consent: KoskiConsent | None
    """Your newest consent for Koski. `null` if you have given none."""


@dataclass(frozen=True)
class StudyRegister(Shown):
    """What one learner has taken part in."""

    items: list[Participation]
    """Participations, the latest course first."""


@dataclass(frozen=True)
class RegisteredCompletion(Completion):
    """A completion with its course, as staff find it."""

    training_name: str
    """Name of the training course."""
    organisation_id: UUID
    """ID of the organisation that ran it."""
    organisation_name: str


@dataclass(frozen=True)
class Share(Shown):
    """A link by which anybody reads what a learner has passed."""

    id: UUID
    expires_on: date
    """Last day on which the link works."""
    made_at: datetime
    """When the link was made."""


@dataclass(frozen=True)
class NewShare(Share):
    address: str
    """Secret URL of the page. It is shown once."""


@dataclass(frozen=True)
class SharedCompletion(Shown):
    """A completion as others see it."""

    name: str
    """Name of the participant when the completion was recorded."""
    organisation: str
    """Name of the central organisation whose training model it is, in the reader's language if it has one in it."""
    organiser: str
    """Name of the organisation that ran the course, in the reader's language if it has one in it."""
    model: str
    """Name of the training model's version, in the language of the training course if the version has it."""
    version: int
    """Number of its version."""
    kind: CompletionKind
    """`course`, or `recognition` of what was learned elsewhere."""
    credits: int
    """Study credits."""
    grade: int | None
    """Grade from 1 to 5. `null` if the model is assessed as passed or failed."""
    completed_on: date
    """Day of the completion."""


@dataclass(frozen=True)
class SharedRegister(Shown):
    """What the learner shows to others: passed completions in force."""

    name: str
    """Name of the learner."""
    study_centre: str
    """Name of the study centre, in the reader's language if it has one in it."""
    expires_on: date
    """Last day on which the link works."""
    completions: list[SharedCompletion]
    """Passed completions in force, the latest first."""


def check_last_day(expires_on: date, today: date) -> None:
    """Check that a share works today, and at most 90 days from now (rulebook §3.18). Raise Invalid."""
    latest = today + LONGEST_SHARE
    if not today <= expires_on <= latest:
        facts: dict[str, object] = {"first_day": today.isoformat(), "last_day": latest.isoformat()}
        raise Invalid(Fault("/expires_on", "day-outside", facts))


def check_share_limit(shares: int) -> None:
    """Check that there is room for another share (rulebook §3.18). Raise TooMany."""
    if shares >= MOST_SHARES:
        raise TooMany(most=MOST_SHARES)


def address_of(public_url: str | None, slug: str | None, secret: str) -> str:
    """Return the public address of a share (rulebook §3.18). Raise NotConfigured for a study centre that has none."""
    needed = {"PUBLIC_URL": public_url, "slug": slug}
    if missing := [name for name, value in needed.items() if not value]:
        raise NotConfigured(missing=missing)
    return f"{public_url}/v1/public/{slug}/study-register/{secret}"
