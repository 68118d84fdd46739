"""Contributions to training strategies: write, get and list."""

from collections.abc import Sequence
from uuid import UUID

from app.db.identifiers import new_id
from app.db.organisations.organisations import find_below
from app.db.paging import PageRequest, Slice
from app.db.sessions import Reader, Writer
from app.db.statements import insert_row
from app.db.trainings.strategies import strategies
from app.db.trainings.strategy_contributions import contributions, training_strategy_contributions
from app.domain.errors import NotFound
from app.domain.trainings import strategies as rules
from app.domain.trainings.strategies import StrategyContribution, StrategySection
from app.services.trainings.strategies import check_member, find_organisation


async def contribute(
    writer: Writer, strategy_id: UUID, *, text: str, section: StrategySection | None, took_part: Sequence[str]
) -> StrategyContribution:
    """Keep a contribution, which changes nothing in the strategy."""
    strategy = await strategies.lock(writer, strategy_id)
    organisation, _ = await find_organisation(writer, strategy)
    acting = {g.organisation_id for g in writer.actor.roles if g.organisation_id and g.role != "observer"}
    in_tree = await find_below(writer.connection, strategy.organisation_id, acting)
    rules.check_contributor(writer.actor, acts_in_tree=bool(in_tree))
    rules.check_state(strategy.state, "draft", "in_force")
    check_member(writer, organisation)
    contribution_id = new_id()
    await insert_row(
        writer.connection,
        training_strategy_contributions,
        id=contribution_id,
        strategy_id=strategy_id,
        section=section,
        text=text,
        took_part=list(took_part),
        created_by=writer.actor.person_id,
        created_at=writer.now,
    )
    writer.record(
        "training-strategy.contributed",
        strategy_id,
        organisation_id=strategy.organisation_id,
        contribution_id=str(contribution_id),
        section=section,
    )
    return await contributions.get(writer, contribution_id)


async def get_contribution(reader: Reader, strategy_id: UUID, contribution_id: UUID) -> StrategyContribution:
    """Raise NotFound also for a contribution to another strategy."""
    await strategies.get(reader, strategy_id)
    contribution = await contributions.get(reader, contribution_id)
    if contribution.strategy_id != strategy_id:
        raise NotFound
    return contribution


async def list_contributions(reader: Reader, page: PageRequest, strategy_id: UUID) -> Slice[StrategyContribution]:
    await strategies.get(reader, strategy_id)
    return await contributions.page(reader, page, strategy_id=strategy_id)
