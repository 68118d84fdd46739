"""Participants (osallistujat) of trainings: counted, and anonymous after their time (rulebook §6.2, §7).

Participants are not people of the service. Two of their email addresses are the same if their keys are: the key of an
address is made by the one function that all addresses of the service have (`delivery/addresses.py`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from hmac import digest
from typing import Literal, TypedDict
from uuid import UUID

from app.domain.access import Actor, Place
from app.domain.errors import AlreadyExists, Fault, Forbidden, Invalid, WrongState
from app.domain.trainings.support_rules import Activity
from app.domain.trainings.training_changes import check_no_statement
from app.domain.trainings.trainings import TrainingState, TrainingSummary, check_state, may_write
from app.domain.values import Shown

Gender = Literal["female", "male", "other"]

NAMED_IN: tuple[TrainingState, ...] = ("draft", "awaiting_main_user", "submitted", "sent_back", "approved")
"""States of a training in which its participants are entered and changed."""


@dataclass(frozen=True)
class Participant(Shown):
    id: UUID
    training_id: UUID
    """ID of the training course or peer group."""
    name: str | None
    """Name of the participant, as it was entered. `null` if the participant is anonymous."""
    email: str | None
    """Email address of the participant. `null` if none is known, or the participant is anonymous."""
    gender: Gender | None
    """Gender of the participant. `null` if not known."""
    under_age: bool
    """Whether the participant is too young to count for the support."""
    anonymised_at: datetime | None
    """When the name and the email address were removed. `null` if the participant is not anonymous."""
    created_by: UUID
    """ID of the person who entered the participant, or of the API key."""
    created_by_name: str | None
    created_at: datetime
    """When the participant was entered."""


@dataclass(frozen=True)
class Participants(Shown):
    items: list[Participant]
    """Participants in the order in which their enrolments were named."""


@dataclass(frozen=True)
class FoundParticipant(Shown):
    """A participant found by the email address, with the training course or peer group."""

    id: UUID
    training_id: UUID
    """ID of the training course or peer group."""
    hour_type: Activity
    """Kind: `training` is a training course, `peer_group` a peer group."""
    training_name: str
    """Name of the training course or peer group."""
    organisation_id: UUID
    """ID of the organisation that runs it."""
    organisation_name: str
    year: int
    """Year of the training course or peer group."""
    name: str
    """Name of the participant, as it was entered."""
    email: str
    """Email address of the participant, as it was entered."""
    gender: Gender | None
    """Gender of the participant. `null` if not known."""
    under_age: bool
    """Whether the participant is too young to count for the support."""
    created_at: datetime
    """When the participant was entered."""


@dataclass(frozen=True)
class ParticipantSearch(Shown):
    items: list[FoundParticipant]
    """Participants with the address, the newest first. Those who are anonymous are not found."""


class ParticipantData(TypedDict, total=False):
    name: str
    email: str | None
    gender: Gender | None
    under_age: bool


@dataclass(frozen=True)
class ParticipantErasure(Shown):
    """How much an erasure has made anonymous."""

    participants: int
    """Number of participants with the address who are anonymous now."""
    trainings: int
    """Number of training courses and peer groups that they took part in."""
    erased_at: datetime
    """When they were made anonymous."""


@dataclass(frozen=True)
class ParticipantCounts(Shown):
    """Numbers of participants. Those whose gender is not known are in none of the genders."""

    of_age: int
    """Number of participants who are old enough to count."""
    under_age: int
    """Number of participants who are younger."""
    female: int
    """Number of female participants."""
    male: int
    """Number of male participants."""
    other: int
    """Number of participants of another gender."""


def check_counts(counts: ParticipantCounts, pointer: str = "/participants") -> None:
    """Check that the genders are no more than the participants (rulebook §7). Raise Invalid."""
    participants = counts.of_age + counts.under_age
    if counts.female + counts.male + counts.other > participants:
        raise Invalid(Fault(pointer, "more-genders-than-participants", {"participants": participants}))


def repeated_of(keys: Iterable[str | None], known: Iterable[str] = ()) -> list[int]:
    """Return the places in the list of addresses that a training has already, or an earlier place has.

    Each is the key of an address, or None if a participant has none.
    """
    seen = set(known)
    repeated = []
    for place, key in enumerate(keys):
        if key is None:
            continue
        if key in seen:
            repeated.append(place)
        seen.add(key)
    return repeated


def token_of(key_of_year: bytes, key_of_address: str) -> bytes:
    """Return what is left of an address when its row becomes anonymous: within the year the same for the same address.

    Once the year's key is destroyed, nothing leads back to the address (rulebook §6.2).
    """
    return digest(key_of_year, key_of_address.encode(), sha256)


def check_reader(actor: Actor, place: Place, *, is_named: bool) -> None:
    """Check for a person who writes the training, or for staff who are named to see participants (rulebook §6.2).

    Raise Forbidden: other staff and auditors see no participants.
    """
    if not (may_write(actor, place) or reads_by_name(actor, is_named=is_named)):
        raise Forbidden(roles=["training_manager", "unit_manager", "main_user"], because="participant-readers-only")


def check_searcher(actor: Actor, *, is_named: bool) -> None:
    """Check for a main user or named staff, who find participants by their address (rulebook §6.2). Raise Forbidden."""
    if not (actor.has("main_user") or reads_by_name(actor, is_named=is_named)):
        raise Forbidden(roles=["main_user"], because="participant-readers-only")


def reads_by_name(actor: Actor, *, is_named: bool) -> bool:
    """Whether the actor is one of the named staff, each of whose readings is recorded."""
    return is_named and actor.has("staff") and actor.scopes is None


def trees_of(actor: Actor, *, is_named: bool) -> list[UUID] | None:
    """Return the organisations below which the actor finds participants by their address. None is all."""
    if reads_by_name(actor, is_named=is_named):
        return None
    return actor.organisations_of("main_user")


def check_open(training: TrainingSummary, statement_state: str | None) -> None:
    """Check that the participants can be changed: until the training ends without being held, and not while a cost
    statement counts them. Raise WrongState."""
    check_state(training.state, *NAMED_IN)
    check_no_statement(statement_state)


def check_named(participant: Participant) -> None:
    """Check that the participant is not anonymous. Raise WrongState."""
    if participant.anonymised_at is not None:
        raise WrongState(state="anonymised")


def check_unregistered(*, has_completion: bool, has_claim: bool) -> None:
    """Check that nothing in the study register is about the participant (rulebook §3.18). Raise WrongState."""
    if has_completion or has_claim:
        raise WrongState(
            state="registered", because="completion-recorded" if has_completion else "participation-claimed"
        )


def check_year_named(year: int, kept_months: int, today: date) -> None:
    """Check that participants of the year are not anonymous yet. Raise WrongState."""
    if today >= anonymous_from(year, kept_months):
        raise WrongState(state="anonymised")


def check_address_free(holder_id: UUID | None) -> None:
    """Check that nobody else in the training has the address. Raise AlreadyExists, without the address."""
    if holder_id is not None:
        raise AlreadyExists(pointer="/email", existing_id=holder_id)


def check_reason(reason: str, email: str) -> None:
    """Check that the reason, which the audit keeps, does not have the address. Raise Invalid."""
    if email.casefold() in reason.casefold():
        raise Invalid(Fault("/reason", "address-in-reason"))


def anonymous_from(year: int, kept_months: int) -> date:
    """Return the day from which the participants of the year's trainings are anonymous (rulebook §6.2)."""
    years, months = divmod(kept_months, 12)
    return date(year + 1 + years, 1 + months, 1)


def last_year_anonymous(kept_months: int, today: date) -> int:
    """Return the last year whose participants are anonymous on the day."""
    return (today.year * 12 + today.month - 1 - kept_months) // 12 - 1
