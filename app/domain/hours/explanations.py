"""Explanations of an account (tilin selitys): how its free hours came to be, by kinds of transfers and their causes
(rulebook §3.12)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby
from typing import Literal, get_args
from uuid import UUID

from app.domain.access import Actor
from app.domain.hours.causes import OF_POOL, path_of
from app.domain.hours.ledger import HourType, TransferKind
from app.domain.values import Localised, Shown

MOST_CAUSES = 100
FreeAccount = Literal["common", "allotment"]
ExplainedAccount = Literal[FreeAccount, "pool"]
_ORDER: tuple[TransferKind, ...] = get_args(TransferKind)


@dataclass(frozen=True)
class Moved:
    """What one cause changed in the account by transfers of a kind, and what all causes changed by that kind."""

    kind: TransferKind
    cause_type: str
    cause_id: UUID
    hours: int
    hours_of_kind: int
    causes_of_kind: int


@dataclass(frozen=True)
class CausePage:
    """What is known of a cause that people can look up."""

    type: str
    id: UUID
    reference: str | None
    is_seen: bool
    """Whether it is within the reader's reach."""


@dataclass(frozen=True)
class CauseHours(Shown):
    """What one cause changed in the account."""

    type: str
    """Type of the resource that caused the transfers."""
    id: UUID
    """ID of the resource that caused the transfers."""
    reference: str | None
    """Reference of the cause, for example `2024-0123`. `null` if it has none."""
    path: str | None
    """Path at which the cause is read. `null` if it has no page of its own or is out of the caller's reach."""
    hours: int
    """Hours that it added to the account, below 0 if it took some."""


@dataclass(frozen=True)
class ExplanationStep(Shown):
    """What all transfers of one kind changed in the account."""

    kind: TransferKind
    """Kind of transfer."""
    hours: int
    """Hours that transfers of this kind added to the account, below 0 if they took some."""
    after: int
    """Sum of the hours of this step and those before it. That of the last step is `available`."""
    text: Localised
    """Text for people that says what happened."""
    causes: list[CauseHours]
    """Causes of these transfers, at most 100, those with the newest transfers first."""
    causes_total: int
    """Number of all causes of these transfers."""


@dataclass(frozen=True)
class AccountExplanation(Shown):
    """How the free hours of an organisation's account came to be."""

    organisation_id: UUID
    year: int
    account: FreeAccount
    """Account of the free hours: `common` of a central organisation, `allotment` of a unit."""
    steps: list[ExplanationStep]
    """A step for each kind of transfer that touched the account, in the order of the kinds in the ledger."""
    available: int
    """Free hours of the account."""
    hour_type: HourType
    """Type of the hours."""


@dataclass(frozen=True)
class PoolExplanation:
    """How the free hours of the study centre's pool came to be."""

    year: int
    steps: list[ExplanationStep]
    available: int


def steps_of(
    moved: Sequence[Moved], pages: Sequence[CausePage], year: int, text_of: Callable[[TransferKind, int], Localised]
) -> list[ExplanationStep]:
    """Return the steps in the ledger's order of kinds (rulebook §3.12): that of any two accounts is the same.

    `moved` has the causes of each kind together, newest first. A kind that is not in the ledger's list comes last.
    """
    known = {(page.type, page.id): page for page in pages}
    kinds = [list(group) for _, group in groupby(sorted(moved, key=_place_of), key=_place_of)]
    sums = accumulate(causes[0].hours_of_kind for causes in kinds)
    return [
        ExplanationStep(
            kind=causes[0].kind,
            hours=causes[0].hours_of_kind,
            after=after,
            text=text_of(causes[0].kind, causes[0].hours_of_kind),
            causes=[_cause_of(each, known, year) for each in causes],
            causes_total=causes[0].causes_of_kind,
        )
        for causes, after in zip(kinds, sums, strict=True)
    ]


def pool_pages(actor: Actor, moved: Sequence[Moved]) -> list[CausePage]:
    """Return the causes whose page is the pool, which staff and auditors alone read (rulebook §2.2)."""
    is_seen = actor.has("staff", "auditor")
    return [CausePage(each.cause_type, each.cause_id, None, is_seen) for each in moved if each.cause_type in OF_POOL]


def available_of(steps: Sequence[ExplanationStep]) -> int:
    return steps[-1].after if steps else 0


def _place_of(moved: Moved) -> tuple[int, str]:
    return _ORDER.index(moved.kind) if moved.kind in _ORDER else len(_ORDER), moved.kind


def _cause_of(moved: Moved, known: Mapping[tuple[str, UUID], CausePage], year: int) -> CauseHours:
    page = known.get((moved.cause_type, moved.cause_id))
    return CauseHours(
        type=moved.cause_type,
        id=moved.cause_id,
        reference=page.reference if page else None,
        path=path_of(moved.cause_type, moved.cause_id, year) if page and page.is_seen else None,
        hours=moved.hours,
    )
