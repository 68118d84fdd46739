"""Follow-ups (seuranta) of training strategies: what a year was like, beside its figures (rulebook §3.8)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.domain.lists import check_found, check_once
from app.domain.trainings.small_cells import FEWEST_SHOWN
from app.domain.trainings.strategies import Figure, FigureMeasure, Measure, StrategyContent, StrategyTarget
from app.domain.values import Shown


@dataclass(frozen=True)
class FollowedTarget(Shown):
    """A target as it was when the year was followed up."""

    target_id: UUID
    """ID of the strategy's target."""
    text: str
    """Target in the organisation's own words."""
    measure: Measure
    """Measure of the target."""
    aim: int | str
    """Number to reach if the measure is a figure, otherwise text."""
    year: int
    """Year in which the target is to be reached."""
    figure: int | None
    """Figure of the followed year, copied from the statistics of that day. `null` if the measure is words, or if the
    statistics hide the figure."""
    learned: str | None
    """Lesson learned. `null` if nothing was written."""


@dataclass(frozen=True)
class StrategyFollowUp(Shown):
    strategy_id: UUID
    """ID of the strategy."""
    year: int
    """Followed year."""
    revision: int
    """Number of the revision whose targets are followed up."""
    summary: str
    """Summary of the year."""
    targets: list[FollowedTarget]
    """Targets as they were when the year was followed up, all of them."""
    made_by: UUID
    """ID of the person or API key that last wrote the follow-up."""
    made_by_name: str | None
    made_at: datetime
    """When the follow-up was last written, and its figures were copied."""


def check_learned(ids: Sequence[UUID], content: StrategyContent) -> None:
    """Check that what was learned is about targets of the strategy, once about each (rulebook §3.8).

    Raise Invalid, NotFound.
    """
    check_once(ids, "/targets/{}/target_id")
    check_found(ids, {target.id for target in content.targets}, pointer="/targets/{}/target_id")


def figures_needed(content: StrategyContent) -> frozenset[Figure]:
    """Return the figures by which the targets are measured."""
    return frozenset(target.measure.figure for target in content.targets if isinstance(target.measure, FigureMeasure))


def shown_count(people: int) -> int | None:
    """Return the count of people, None for a small one, as statistics hide it (rulebook §7)."""
    return None if 0 < people < FEWEST_SHOWN else people


def followed_targets(
    content: StrategyContent, learned: Mapping[UUID, str | None], figures: Mapping[Figure, int | None]
) -> list[FollowedTarget]:
    """Return all targets of the strategy, with the year's figures and what was learned (rulebook §3.8)."""
    return [_followed(target, learned.get(target.id), figures) for target in content.targets]


def _followed(target: StrategyTarget, learned: str | None, figures: Mapping[Figure, int | None]) -> FollowedTarget:
    measure = target.measure
    figure = figures.get(measure.figure) if isinstance(measure, FigureMeasure) else None
    return FollowedTarget(target.id, target.text, measure, target.aim, target.year, figure, learned)
