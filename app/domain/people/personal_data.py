"""The data that the service stores about a person, shown and erased in one request each (rulebook §6.8)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from app.domain.access import Actor, check_person, check_strong
from app.domain.errors import Forbidden, WrongState
from app.domain.values import Shown

ACCOUNTING_YEARS = 10
ANSWERS_KEPT_DAYS = 31
"""Stored answers to requests with a retry key. The contract promises at least 30 days."""
LINKS_KEPT = timedelta(days=30)
"""After a link that verifies an address has ended."""
INVITED_KEPT = timedelta(days=90)
"""Addresses, after an invitation has ended."""
COUNTS_KEPT = timedelta(days=2)
"""Longer than the day for which the emails to an address are counted."""


@dataclass(frozen=True)
class SignIn(Shown):
    issuer: str
    """Issuer of the person's tokens."""
    subject: str
    """Subject (`sub`) of the person's tokens."""


@dataclass(frozen=True)
class PersonalData(Shown):
    person_id: UUID
    sign_ins: list[SignIn]
    """Sign-ins of the person."""
    held: dict[str, list[dict[str, Any]]]
    """Complete rows about the person and anyone merged into the person, by table, without secrets and files."""
    made: dict[str, int]
    """Number of other rows that name the person as their author or decision-maker, by table and column."""


@dataclass(frozen=True)
class Kept(Shown):
    what: str
    """Kind of data that is kept."""
    ground: str
    """Legal ground for keeping the data."""
    until: date | None
    """Last day on which the data is kept. `null` if it is kept as long as the study centre's records."""


@dataclass(frozen=True)
class HeldByKoski(Shown):
    """A completion that Koski has. The national register keeps it: the service cannot erase it there."""

    completion_id: UUID
    """ID of the completion."""
    training_id: UUID
    """ID of the training course."""
    study_right_oid: str | None
    """OID of the study right in Koski. `null` if Koski has not confirmed it yet."""


@dataclass(frozen=True)
class Erasure(Shown):
    person_id: UUID
    erased_at: datetime
    """When the person was erased."""
    kept: list[Kept]
    """Data that must be kept, why and until when."""
    koski: list[HeldByKoski]
    """Completions that Koski has, or may have."""


@dataclass(frozen=True)
class PersonStatus:
    """Whether a person's record is still in use."""

    id: UUID
    merged_into: UUID | None
    erased_at: datetime | None


def check_may_handle_data(actor: Actor, person_id: UUID) -> None:
    """Check for the person or staff. Keys may not."""
    check_person(actor)
    if actor.person_id != person_id and not actor.has("staff"):
        raise Forbidden(because="not-a-party", roles=["staff"])


def check_may_export(actor: Actor, person_id: UUID) -> None:
    """Check for a strong authentication, except for the own data (rulebook §2.3)."""
    if not actor.is_among({person_id}):
        check_strong(actor)


def check_not_erased(status: PersonStatus, *, pointer: str | None = None) -> None:
    """Check that the record is in use: a merged record is erased with the one it was merged into. Raise WrongState."""
    if status.erased_at:
        raise WrongState(pointer=pointer, state="erased", allowed=["registered"])
    if status.merged_into:
        raise WrongState(pointer=pointer, state="merged", allowed=["registered"])


def pseudonym_of(person_id: UUID) -> str:
    return f"Poistettu henkilö {person_id.hex[-6:]}"


def kept_after(today: date, answers_until: date) -> list[Kept]:
    books = "Accounting Act (1336/1997), chapter 2, section 10"
    books_until = date(today.year + ACCOUNTING_YEARS, 12, 31)
    claims = "General Data Protection Regulation, article 17(3)(e): legal claims"
    return [
        Kept(
            "decisions, transfers of hours and payments, with the ID of the person who made them",
            books,
            books_until,
        ),
        Kept(
            "letters about hour decisions, with the name of the person who made the decision",
            books,
            books_until,
        ),
        Kept("signed main-user applications, their documents, signatures and evidence", claims, books_until),
        Kept("which person had which role and when, by ID", claims, books_until),
        Kept(
            "completions and certificates, with the name under which they were recorded: the study register",
            "Act on Liberal Adult Education (632/1998) and General Data Protection Regulation, article 17(3)(d)",
            None,
        ),
        Kept("the complete audit, by ID", "General Data Protection Regulation, articles 5(2) and 17(3)(b)", None),
        Kept(
            "consents to entries in Koski, without the names and the identity code",
            "General Data Protection Regulation, article 7(1): that the consent was given",
            None,
        ),
        Kept("that a badge was granted and revoked, by ID, without its credential", claims, books_until),
        Kept("that an email was sent and when, without its address and text", claims, books_until),
        Kept(
            "what others wrote in their own words, for example the `inductor_name` of their own onboarding",
            "General Data Protection Regulation, article 11: the service does not know which person is named",
            None,
        ),
        Kept("stored responses to requests sent with an Idempotency-Key", "deleted after 31 days", answers_until),
    ]
