"""Training strategies (koulutusstrategia): what a central organisation aims at with its courses (rulebook §3.8)."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Literal, TypedDict, cast, get_args
from uuid import UUID

from app.domain.access import Actor, Place, check_main_user, check_person
from app.domain.comparisons import differences_of
from app.domain.errors import Fault, Forbidden, Invalid, WrongState
from app.domain.lists import check_found, check_once
from app.domain.values import Shown

StrategyState = Literal["draft", "in_force", "archived"]
Figure = Literal["hours_used", "trainings_held", "participants", "completions", "support_cents"]
StrategySection = Literal["present_state", "challenges", "development", "own_strategy", "quality_process", "targets"]
ContentSection = Literal[
    "first_year",
    "last_year",
    "present_state",
    "challenges",
    "development",
    "own_strategy",
    "quality_process",
    "targets",
]
SECTIONS: tuple[ContentSection, ...] = get_args(ContentSection)
MOST_TARGETS = 50
MOST_TOOK_PART = 100
LARGEST_AIM = 2**53 - 1


@dataclass(frozen=True)
class FigureMeasure(Shown):
    """A target is measured by a figure of the statistics."""

    kind: Literal["figure"]
    """Kind of the measure."""
    figure: Figure
    """Figure of the organisation's complete tree in a year."""


@dataclass(frozen=True)
class WordsMeasure(Shown):
    """A target is measured in words."""

    kind: Literal["words"]
    """Kind of the measure."""
    text: str
    """Sign by which the organisation sees that it has reached the target."""


Measure = FigureMeasure | WordsMeasure


@dataclass(frozen=True)
class AimedTarget(Shown):
    """What the year's hour proposal shows of a target."""

    id: UUID
    text: str
    """Target in the organisation's own words."""
    measure: Measure
    """Measure of the target."""
    aim: int | str
    """Number to reach if the measure is a figure, otherwise text."""


@dataclass(frozen=True)
class StrategyTarget(AimedTarget):
    year: int
    """Year in which the target is to be reached."""


@dataclass(frozen=True)
class StrategyContent(Shown):
    """What a strategy says."""

    first_year: int
    """First year of the strategy."""
    last_year: int
    """Last year of the strategy."""
    present_state: str | None
    """Present state of the organisation's training. `null` if not written yet."""
    challenges: str | None
    """Challenges. `null` if there are none."""
    development: str | None
    """Development of the training. `null` if not written yet."""
    own_strategy: str | None
    """Relation of the training to the organisation's own strategy. `null` if not written."""
    quality_process: str | None
    """Process by which the quality of the training is looked after. `null` if not written."""
    targets: list[StrategyTarget]
    """Targets."""


@dataclass(frozen=True)
class OfStrategy(Shown):
    """What comes before the content of a strategy."""

    id: UUID
    organisation_id: UUID
    """ID of the central organisation."""
    organisation_name: str
    state: StrategyState
    """State of the strategy."""
    revision: int | None
    """Number of the newest revision, 1 at the adoption. `null` if it is a draft."""


@dataclass(frozen=True)
class TrainingStrategy(StrategyContent, OfStrategy):
    consultation_opened_at: datetime | None
    """When the draft was opened to everyone with a role in the tree. `null` if it has not been."""
    created_by: UUID
    created_by_name: str | None
    created_at: datetime
    adopted_at: datetime | None
    """When the strategy was adopted. `null` if it is a draft."""
    archived_at: datetime | None
    """When the strategy was archived. `null` if it has not been."""


@dataclass(frozen=True)
class OfRevision(Shown):
    """What comes before the content of a revision."""

    strategy_id: UUID
    """ID of the strategy."""
    number: int
    """Number of the revision, 1 for the adoption."""


@dataclass(frozen=True)
class StrategyRevision(StrategyContent, OfRevision):
    """A strategy as it was adopted or changed, which never changes."""

    made_by: UUID
    made_by_name: str | None
    made_at: datetime


@dataclass(frozen=True)
class StrategyDifference(Shown):
    section: ContentSection
    """Field that differs."""
    before: int | str | list[StrategyTarget] | None
    """Value in the first revision. `null` if it has none."""
    after: int | str | list[StrategyTarget] | None
    """Value in the second revision. `null` if it has none."""


@dataclass(frozen=True)
class StrategyComparison(Shown):
    sections: list[StrategyDifference]
    """Fields that differ, in the order of the strategy."""


@dataclass(frozen=True)
class StrategyContribution(Shown):
    """What a person of the organisation's tree or of the study centre adds to the discussion of a strategy."""

    id: UUID
    strategy_id: UUID
    """ID of the strategy."""
    section: StrategySection | None
    """Section that the contribution is about. `null` if it is about the complete strategy."""
    text: str
    """Text of the contribution."""
    took_part: list[str]
    """People or bodies who took part in the discussion, for example a board. Empty if not said."""
    created_by: UUID
    """ID of the author."""
    created_by_name: str | None
    """Name of the author. `null` if you cannot see that person, or the person has been erased."""
    created_at: datetime


@dataclass(frozen=True)
class GivenTarget:
    """A target as a request gives it."""

    id: UUID | None
    """None for a new one."""
    text: str
    kind: Literal["figure", "words"]
    figure: Figure | None
    words: str | None
    aim: int | str
    year: int


class StrategyChanges(TypedDict, total=False):
    first_year: int
    last_year: int
    present_state: str | None
    challenges: str | None
    development: str | None
    own_strategy: str | None
    quality_process: str | None
    targets: list[GivenTarget]


def content_of(content: StrategyContent) -> StrategyContent:
    """Return the content alone of a strategy or a revision."""
    return StrategyContent(**{each.name: getattr(content, each.name) for each in fields(StrategyContent)})


def check_changer(actor: Actor, place: Place, state: StrategyState) -> None:
    """Check who changes a strategy. A change of one in force is in force immediately, so a person makes it, as a person
    adopts (rulebook §3.8). Raise Forbidden."""
    check_main_user(actor, place)
    if state == "in_force":
        check_person(actor)


def check_contributor(actor: Actor, *, acts_in_tree: bool) -> None:
    """Check who contributes to a strategy that the actor sees: staff, and everybody with a role in the tree that is not
    an observer's (rulebook §2.2, §3.8). Raise Forbidden."""
    if not (acts_in_tree or actor.has("staff")):
        raise Forbidden(roles=["staff", "main_user", "unit_manager", "training_manager"])


def check_state(state: StrategyState, *allowed: StrategyState) -> None:
    """Raise WrongState."""
    if state not in allowed:
        raise WrongState(state=state, allowed=list(allowed))


def check_targets(targets: Sequence[GivenTarget]) -> None:
    """Check that each target says its measure, and the aim of a figure is a number, the others words (rulebook §3.8).

    Raise Invalid.
    """
    faults = [fault for index, target in enumerate(targets) for fault in _faults_of(target, f"/targets/{index}")]
    if faults:
        raise Invalid(*faults)


def _faults_of(target: GivenTarget, pointer: str) -> Iterator[Fault]:
    is_figure = target.kind == "figure"
    for name, value, is_wanted in (("figure", target.figure, is_figure), ("text", target.words, not is_figure)):
        if (value is None) is is_wanted:
            yield Fault(f"{pointer}/measure/{name}", "required" if is_wanted else "none-required")
    if isinstance(target.aim, int) is not is_figure:
        yield Fault(f"{pointer}/aim", "int-type" if is_figure else "string-type")


def targets_of(targets: Sequence[GivenTarget], new_ids: Iterator[UUID]) -> list[StrategyTarget]:
    """Return the targets, the new ones with new IDs. They have been checked."""
    return [
        StrategyTarget(target.id or next(new_ids), target.text, _measure_of(target), target.aim, target.year)
        for target in targets
    ]


def _measure_of(target: GivenTarget) -> Measure:
    return FigureMeasure("figure", target.figure) if target.figure else WordsMeasure("words", target.words or "")


def check_target_ids(targets: Sequence[GivenTarget], known: Collection[StrategyTarget]) -> None:
    """Check that the targets that are kept are the strategy's own, each once. Raise Invalid, NotFound."""
    check_once((target.id or index for index, target in enumerate(targets)), "/targets/{}/id")
    check_found((target.id for target in targets), {None, *(target.id for target in known)}, pointer="/targets/{}/id")


def check_content(content: StrategyContent) -> None:
    """Check the years of the strategy and of its targets (rulebook §3.8). Raise Invalid."""
    if content.last_year < content.first_year:
        raise Invalid(Fault("/last_year", "year-order"))
    outside = [
        _outside(content, f"/targets/{index}/year")
        for index, target in enumerate(content.targets)
        if not is_year_of(content, target.year)
    ]
    if outside:
        raise Invalid(*outside)


def check_complete(content: StrategyContent) -> None:
    """Check that a strategy in force says its present state, its development and a target (rulebook §3.8).

    Raise Invalid.
    """
    missing = [name for name in ("present_state", "development", "targets") if not getattr(content, name)]
    if missing:
        raise Invalid(*(Fault(f"/{name}", "required") for name in missing))


def is_year_of(content: StrategyContent, year: int) -> bool:
    return content.first_year <= year <= content.last_year


def check_year_begun(content: StrategyContent, year: int, today: date) -> None:
    """Check that a year of the strategy has begun, so that it can be followed up (rulebook §3.8). Raise Invalid."""
    if not is_year_of(content, year):
        raise Invalid(_outside(content, parameter="year"))
    if year > today.year:
        raise Invalid(Fault("", "year-to-come", parameter="year"))


def _outside(content: StrategyContent, pointer: str = "", *, parameter: str | None = None) -> Fault:
    years: dict[str, object] = {"first": content.first_year, "last": content.last_year}
    return Fault(pointer, "outside-the-strategy", years, parameter=parameter)


def comparison_of(before: StrategyContent, after: StrategyContent) -> StrategyComparison:
    """Return what differs between two revisions (rulebook §3.8)."""
    return StrategyComparison(list(_differences(before, after)))


def _differences(before: StrategyContent, after: StrategyContent) -> Iterator[StrategyDifference]:
    for section, old, new in differences_of(before, after, SECTIONS):
        yield StrategyDifference(cast(ContentSection, section), cast(str, old), cast(str, new))
