"""Follow-ups of training strategies: put, get and list, with the figures of the statistics."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from uuid import UUID

from app.db.paging import PageRequest, Slice
from app.db.sessions import Reader, Writer
from app.db.trainings import strategy_follow_ups as questions
from app.db.trainings.completion_counts import count_passed
from app.db.trainings.strategies import strategies
from app.domain.access import check_main_user
from app.domain.calendar.deadlines import day_of
from app.domain.errors import NotFound
from app.domain.trainings import strategies as strategy_rules
from app.domain.trainings import strategy_follow_ups as rules
from app.domain.trainings.statistics import Wanted
from app.domain.trainings.strategies import Figure, TrainingStrategy
from app.domain.trainings.strategy_follow_ups import StrategyFollowUp
from app.domain.versions import Versions, check_absent, check_required_version
from app.services.trainings import statistics
from app.services.trainings.strategies import check_member, lock_strategy


async def put_follow_up(
    writer: Writer,
    strategy_id: UUID,
    year: int,
    *,
    summary: str,
    learned: Sequence[tuple[UUID, str | None]],
    expected: Versions,
) -> StrategyFollowUp:
    """Write what the year was like, with its figures as the statistics have them now."""
    strategy, organisation, place = await lock_strategy(writer, strategy_id)
    rules.check_learned([target_id for target_id, _ in learned], strategy)
    check_main_user(writer.actor, place)
    current = await questions.find_follow_up(writer, strategy_id, year)
    if current is None:
        check_absent(expected)
    else:
        check_required_version(current, expected)
    strategy_rules.check_state(strategy.state, "in_force", "archived")
    check_member(writer, organisation)
    strategy_rules.check_year_begun(strategy, year, day_of(writer.now))
    figures = {figure: await FIGURES[figure](writer, strategy, year) for figure in rules.figures_needed(strategy)}
    follow_up = StrategyFollowUp(
        strategy_id=strategy_id,
        year=year,
        revision=strategy.revision or 1,
        summary=summary,
        targets=rules.followed_targets(strategy, dict(learned), figures),
        made_by=writer.actor.person_id,
        made_by_name=writer.actor.name,
        made_at=writer.now,
    )
    await questions.put_follow_up(writer.connection, follow_up)
    writer.record(
        "training-strategy.followed-up",
        strategy_id,
        organisation_id=strategy.organisation_id,
        year=year,
        revision=follow_up.revision,
    )
    return follow_up


async def get_follow_up(reader: Reader, strategy_id: UUID, year: int) -> StrategyFollowUp:
    await strategies.get(reader, strategy_id)
    follow_up = await questions.find_follow_up(reader, strategy_id, year)
    if follow_up is None:
        raise NotFound
    return follow_up


async def list_follow_ups(reader: Reader, page: PageRequest, strategy_id: UUID) -> Slice[StrategyFollowUp]:
    await strategies.get(reader, strategy_id)
    return await questions.listing.page(reader, page, strategy_id=strategy_id)


def _wanted(strategy: TrainingStrategy, year: int) -> Wanted:
    """What the statistics count: all courses and peer groups of the tree (rulebook §3.8)."""
    return Wanted(year, None, strategy.organisation_id, None, None, None, None)


async def _hours_used(reader: Reader, strategy: TrainingStrategy, year: int) -> int | None:
    return (await statistics.get_hours(reader, _wanted(strategy, year))).total.used


async def _trainings_held(reader: Reader, strategy: TrainingStrategy, year: int) -> int | None:
    return (await statistics.get_courses(reader, _wanted(strategy, year))).total.held


async def _participants(reader: Reader, strategy: TrainingStrategy, year: int) -> int | None:
    return (await statistics.get_participants(reader, _wanted(strategy, year))).total.participants


async def _completions(reader: Reader, strategy: TrainingStrategy, year: int) -> int | None:
    return rules.shown_count(await count_passed(reader.connection, strategy.organisation_id, year))


async def _support_cents(reader: Reader, strategy: TrainingStrategy, year: int) -> int | None:
    return (await statistics.get_costs(reader, _wanted(strategy, year))).total.support_cents


FIGURES: Mapping[Figure, Callable[[Reader, TrainingStrategy, int], Awaitable[int | None]]] = {
    "hours_used": _hours_used,
    "trainings_held": _trainings_held,
    "participants": _participants,
    "completions": _completions,
    "support_cents": _support_cents,
}
