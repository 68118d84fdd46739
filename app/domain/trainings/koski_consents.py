"""Consents (suostumus) to report a completion to Koski, and how long an identity code is kept (rulebook §7.1, §6.2)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from app.domain.access import Actor
from app.domain.calendar.deadlines import same_day_later, start_of
from app.domain.errors import ConsentClosed, Fault, Forbidden, Invalid, NotForKoski, WrongState
from app.domain.trainings.completions import was_approved
from app.domain.trainings.trainings import TrainingSummary
from app.domain.values import Localised, Shown

ConsentState = Literal["in_force", "withdrawn"]
IdentityKind = Literal["personal_identity_code", "learner_number"]
EntryState = Literal["none", "prepared", "accepted", "cancelled", "withdrawn_by_learner"]

OF_AGE = 18
KEPT_AFTER_ACCEPTANCE = timedelta(days=90)
FIRST_TEMPORARY = 900
"""Individual numbers from this one on are given to nobody for good: they serve tests and hospitals."""
CENTURIES = {"+": 1800} | dict.fromkeys("-YXWVU", 1900) | dict.fromkeys("ABCDEF", 2000)


@dataclass(frozen=True)
class KoskiConsentWording(Shown):
    """What a learner agrees to. A version never changes; consents are given to the newest."""

    version: int
    """Version of the wording, from 1 on."""
    texts: Localised
    """Wording in the three languages."""
    made_by: UUID
    """ID of the person who wrote the version."""
    made_by_name: str | None
    made_at: datetime
    """When the version was written."""


@dataclass(frozen=True)
class ConsentWording(Shown):
    version: int
    """Version of the wording that the learner agreed to."""
    texts: Localised
    """Wording in the three languages."""


@dataclass(frozen=True)
class KoskiEntry(Shown):
    """What Koski has of the completion, by the receipts."""

    state: EntryState
    """State of the entry: `none` until an export has it, `prepared` while it waits for a receipt."""
    study_right_oid: str | None
    """OID of the study right in Koski. `null` if Koski has accepted none."""


@dataclass(frozen=True)
class KoskiConsent(Shown):
    """A learner's consent. Nothing shows the identity code or the learner number again."""

    id: UUID
    training_id: UUID
    """ID of the training course."""
    training_name: str
    """Name of the training course."""
    organisation_id: UUID
    """ID of the organisation that runs the training course."""
    participant_id: UUID
    """ID of the participant."""
    person_id: UUID
    """ID of the learner."""
    wording: ConsentWording
    """Wording that the learner agreed to."""
    first_names: str | None
    """First names of the learner. `null` if the learner has been erased."""
    calling_name: str | None
    """Calling name, one of the first names. `null` if the learner has been erased."""
    surname: str | None
    """Surname of the learner. `null` if the learner has been erased."""
    identity_kind: IdentityKind
    """Kind of what the learner gave: `personal_identity_code` or `learner_number`."""
    identity_until: datetime | None
    """When the identity code or learner number is deleted, unless the consent is withdrawn before. `null` if it has
    been deleted."""
    state: ConsentState
    """State of the consent."""
    given_at: datetime
    """When the consent was given."""
    withdrawn_at: datetime | None
    """When the consent was withdrawn or ended. `null` if it is in force."""
    entry: KoskiEntry
    """Entry in Koski, for which the consent was given."""


def closes_at(last_day: date) -> datetime:
    """Return when consents end: 24:00 in Finland on the training's last day (rulebook §7.1)."""
    return start_of(last_day + timedelta(days=1))


def check_takes_place(training: TrainingSummary) -> None:
    """Check that completions of the training can be recorded (rulebook §7.1). Raise WrongState."""
    if not was_approved(training):
        raise WrongState(pointer="/participant_id", state=training.state, allowed=["approved", "lapsed"])


def check_open(last_day: date, now: datetime) -> None:
    """Check that the training has not ended (rulebook §7.1). Raise ConsentClosed."""
    closed_at = closes_at(last_day)
    if now >= closed_at:
        raise ConsentClosed(closed_at=closed_at)


def check_for_koski(study_unit: str | None) -> None:
    """Check that the training is of a version that has a study unit (rulebook §7.1). Raise NotForKoski."""
    if study_unit is None:
        raise NotForKoski


def check_wording(version: int, newest: int | None) -> None:
    """Check that the learner agrees to the newest wording (rulebook §7.1). Raise Invalid."""
    if version != newest:
        raise Invalid(Fault("/wording_version", "wording-not-newest", {"newest": newest}))


def check_code(code: str, today: date, *, accepts_temporary: bool) -> None:
    """Check that a code of the right form is a person's for good, who is of age on the day (rulebook §7.1). Raise
    Invalid, without the code."""
    if individual_number_of(code) >= FIRST_TEMPORARY and not accepts_temporary:
        raise Invalid(Fault("/personal_identity_code", "identity-code-temporary"))
    if today < birthday_of(birth_date_of(code), OF_AGE):
        raise Invalid(Fault("/personal_identity_code", "under-age", {"least": OF_AGE}))


def check_calling_name(calling_name: str, first_names: str) -> None:
    """Check that people call the learner by one of the first names, as Koski demands (rulebook §7.1). Raise Invalid.

    A part of a name with a hyphen counts too.
    """
    names = first_names.casefold().split()
    parts = {part for name in names for part in name.split("-")}
    if calling_name.casefold() not in {first_names.casefold(), *names, *parts}:
        raise Invalid(Fault("/calling_name", "not-a-first-name"))


def check_in_force(consent: KoskiConsent) -> None:
    """Raise WrongState."""
    if consent.state != "in_force":
        raise WrongState(state=consent.state, allowed=["in_force"])


def check_learner(actor: Actor, person_id: UUID) -> None:
    """Check that the learner acts in person: staff never do it in place of the learner (rulebook §7.1). Raise
    Forbidden."""
    if not actor.is_among({person_id}):
        raise Forbidden(because="learner-only")


def individual_number_of(code: str) -> int:
    """Return the number of three digits after the sign of the century."""
    return int(code[7:10])


def birth_date_of(code: str) -> date:
    """Return the birth date in a personal identity code of the right form."""
    return date(CENTURIES[code[6]] + int(code[4:6]), int(code[2:4]), int(code[:2]))


def birthday_of(day: date, years: int) -> date:
    """Return the same day so many years later. In other years the 29th of February is the 1st of March."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def kept_until(last_day: date, accepted_at: datetime | None) -> datetime:
    """Return when an identity code is deleted: at 24:00 in Finland on the same day a year after the training, or 90
    days after Koski accepted the completion, whichever comes first (rulebook §6.2)."""
    a_year_later = closes_at(same_day_later(last_day, 1))
    return a_year_later if accepted_at is None else min(a_year_later, accepted_at + KEPT_AFTER_ACCEPTANCE)
