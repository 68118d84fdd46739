"""Training strategies: create, change, open to the tree, adopt, archive, get, list and compare."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from app.db.identifiers import new_id
from app.db.organisations import profiles
from app.db.paging import PageRequest, Slice
from app.db.sessions import Reader, Writer
from app.db.statements import change_row
from app.db.trainings import strategies as questions
from app.db.trainings import strategy_revisions as revisions
from app.db.trainings.strategies import strategies, training_strategies
from app.domain.access import Place, check_main_user, check_person
from app.domain.calendar.deadlines import day_of
from app.domain.errors import AlreadyExists, NotFound
from app.domain.hours.standing import check_central
from app.domain.organisations.contacts import Contact
from app.domain.organisations.membership import check_member_on
from app.domain.organisations.organisations import Organisation
from app.domain.trainings import strategies as rules
from app.domain.trainings.strategies import (
    GivenTarget,
    StrategyChanges,
    StrategyComparison,
    StrategyContent,
    StrategyRevision,
    TrainingStrategy,
)
from app.domain.versions import Versions, check_version
from app.services.organisations.contacts import find_contact


async def create_strategy(
    writer: Writer,
    *,
    organisation_id: UUID,
    first_year: int,
    last_year: int,
    present_state: str | None,
    challenges: str | None,
    development: str | None,
    own_strategy: str | None,
    quality_process: str | None,
    targets: Sequence[GivenTarget],
) -> TrainingStrategy:
    """Create a draft, of which an organisation has one at a time."""
    rules.check_targets(targets)
    content = StrategyContent(
        first_year,
        last_year,
        present_state,
        challenges,
        development,
        own_strategy,
        quality_process,
        rules.targets_of(targets, _new_ids()),
    )
    rules.check_content(content)
    # The lock lets the second of two simultaneous requests see the draft of the first.
    organisation, place = await profiles.get(writer, organisation_id, locked=True, pointer="/organisation_id")
    check_main_user(writer.actor, place)
    check_central(place, pointer="/organisation_id")
    check_member(writer, organisation, pointer="/organisation_id")
    if draft := await questions.find_draft(writer.connection, organisation_id):
        raise AlreadyExists(existing_id=draft)
    strategy = TrainingStrategy(
        id=new_id(),
        organisation_id=organisation_id,
        organisation_name=organisation.name,
        state="draft",
        revision=None,
        **vars(content),
        consultation_opened_at=None,
        created_by=writer.actor.person_id,
        created_by_name=writer.actor.name,
        created_at=writer.now,
        adopted_at=None,
        archived_at=None,
    )
    await questions.insert_strategy(writer.connection, strategy)
    _record(writer, "created", strategy, first_year=first_year, last_year=last_year)
    return strategy


async def change_strategy(
    writer: Writer, strategy_id: UUID, changes: StrategyChanges, expected: Versions
) -> TrainingStrategy:
    """Change a draft, or one in force, which gets a new revision."""
    targets = changes.get("targets")
    rules.check_targets(targets or ())
    strategy, organisation, place = await lock_strategy(writer, strategy_id)
    rules.check_target_ids(targets or (), strategy.targets)
    rules.check_changer(writer.actor, place, strategy.state)
    check_version(strategy, expected)
    rules.check_state(strategy.state, "draft", "in_force")
    check_member(writer, organisation)
    given = {name: value for name, value in changes.items() if name != "targets"}
    kept = strategy.targets if targets is None else rules.targets_of(targets, _new_ids())
    changed: TrainingStrategy = replace(strategy, **given, targets=kept)  # type: ignore[arg-type]  # Typed by the body.
    rules.check_content(changed)
    if strategy.revision is not None:
        rules.check_complete(changed)
    if changed == strategy:
        return strategy
    if strategy.revision is not None:
        changed = replace(changed, revision=strategy.revision + 1)
        await revisions.insert_revision(writer, strategy_id, strategy.revision + 1, changed)
    content = rules.content_of(changed)
    await questions.change_content(writer.connection, strategy_id, content, revision=changed.revision)
    _record(writer, "changed", changed, revision=changed.revision)
    return changed


async def open_consultation(writer: Writer, strategy_id: UUID) -> TrainingStrategy:
    """Open a draft to everybody with a role in the tree. Repeating it changes nothing."""
    strategy, organisation, place = await lock_strategy(writer, strategy_id)
    check_main_user(writer.actor, place)
    rules.check_state(strategy.state, "draft")
    check_member(writer, organisation)
    if strategy.consultation_opened_at is not None:
        return strategy
    await change_row(writer.connection, training_strategies, strategy_id, consultation_opened_at=writer.now)
    _record(writer, "opened", strategy)
    return await strategies.get(writer, strategy_id)


async def adopt_strategy(writer: Writer, strategy_id: UUID) -> TrainingStrategy:
    """Take a draft into force. The one in force before is archived."""
    strategy, organisation, place = await lock_strategy(writer, strategy_id)
    check_main_user(writer.actor, place)
    check_person(writer.actor)
    rules.check_state(strategy.state, "draft")
    check_member(writer, organisation)
    rules.check_complete(strategy)
    ended = await questions.archive_in_force(writer.connection, strategy.organisation_id, writer.now)
    if ended:
        writer.record("training-strategy.archived", ended, organisation_id=strategy.organisation_id)
    await change_row(
        writer.connection, training_strategies, strategy_id, state="in_force", revision=1, adopted_at=writer.now
    )
    await revisions.insert_revision(writer, strategy_id, 1, strategy)
    _record(writer, "adopted", strategy, first_year=strategy.first_year, last_year=strategy.last_year)
    return await strategies.get(writer, strategy_id)


async def archive_strategy(writer: Writer, strategy_id: UUID) -> TrainingStrategy:
    strategy, organisation, place = await lock_strategy(writer, strategy_id)
    check_main_user(writer.actor, place)
    check_person(writer.actor)
    rules.check_state(strategy.state, "in_force")
    check_member(writer, organisation)
    await change_row(writer.connection, training_strategies, strategy_id, state="archived", archived_at=writer.now)
    _record(writer, "archived", strategy)
    return await strategies.get(writer, strategy_id)


get_strategy = strategies.get
list_strategies = strategies.page


async def list_revisions(reader: Reader, page: PageRequest, strategy_id: UUID) -> Slice[StrategyRevision]:
    await strategies.get(reader, strategy_id)
    return await revisions.listing.page(reader, page, strategy_id=strategy_id)


async def get_revision(reader: Reader, strategy_id: UUID, number: int) -> StrategyRevision:
    await strategies.get(reader, strategy_id)
    return await _revision(reader, strategy_id, number)


async def compare_revisions(reader: Reader, strategy_id: UUID, before: int, after: int) -> StrategyComparison:
    await strategies.get(reader, strategy_id)
    first, second = await _revision(reader, strategy_id, before), await _revision(reader, strategy_id, after)
    return rules.comparison_of(first, second)


async def get_strategy_contact(reader: Reader, strategy_id: UUID) -> Contact:
    """The organisation's contact person, for everybody who sees the strategy."""
    strategy = await strategies.get(reader, strategy_id)
    return await find_contact(reader, strategy.organisation_id, strategy.organisation_id)


async def lock_strategy(writer: Writer, strategy_id: UUID) -> tuple[TrainingStrategy, Organisation, Place]:
    """The locked strategy with its organisation. Raise NotFound."""
    strategy = await strategies.lock(writer, strategy_id)
    return strategy, *await find_organisation(writer, strategy)


async def find_organisation(reader: Reader, strategy: TrainingStrategy) -> tuple[Organisation, Place]:
    """The strategy's organisation, also for a caller who reaches only a part of its tree."""
    found = await profiles.find(reader.connection, strategy.organisation_id)
    if found is None:
        raise RuntimeError("a strategy has an organisation")
    return found


def check_member(writer: Writer, organisation: Organisation, *, pointer: str | None = None) -> None:
    """After the membership strategies are only read (rulebook §3.8). Raise NotAMember."""
    check_member_on(day_of(writer.now), organisation.active_from, organisation.active_until, pointer=pointer)


async def _revision(reader: Reader, strategy_id: UUID, number: int) -> StrategyRevision:
    revision = await revisions.find_revision(reader, strategy_id, number)
    if revision is None:
        raise NotFound
    return revision


def _new_ids() -> Iterator[UUID]:
    while True:
        yield new_id()


def _record(writer: Writer, verb: str, strategy: TrainingStrategy, **facts: Any) -> None:
    writer.record(f"training-strategy.{verb}", strategy.id, organisation_id=strategy.organisation_id, **facts)
