"""The units' hour proposals that a centre's includes."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, null, select, update

from app.db.hours.proposals import hour_proposal_lines, hour_proposals
from app.db.statements import Command, Connection, Query, columns_of
from app.domain.hours.proposal_inclusions import Source
from app.domain.hours.proposals import ProposalLine

_ids = bindparam("p_ids", type_=ARRAY(Uuid))
_locked = Query(
    select(*columns_of(Source, hour_proposals))
    .where(hour_proposals.c.id == any_(_ids))
    .order_by(hour_proposals.c.id)
    .with_for_update(key_share=True),
    Source,
)
_lines = Query(
    select(
        *columns_of(
            ProposalLine,
            hour_proposal_lines,
            source_proposal_id=hour_proposal_lines.c.proposal_id,
            source_hours=hour_proposal_lines.c.hours,
            copied=null(),
        )
    )
    .where(hour_proposal_lines.c.proposal_id == any_(_ids))
    .order_by(hour_proposal_lines.c.proposal_id, hour_proposal_lines.c.ordinal),
    ProposalLine,
)
_changed = Command(
    update(hour_proposals)
    .where(hour_proposals.c.id == any_(_ids))
    .values(state=bindparam("p_state"), included_in=bindparam("p_included_in"))
)


async def lock_sources(connection: Connection, proposal_ids: Collection[UUID]) -> dict[UUID, Source]:
    """The existing ones of these proposals, locked. The centre's proposal has been locked before."""
    sources = await _locked.all(connection, p_ids=list(proposal_ids))
    return {source.id: source for source in sources}


async def list_lines_sent(connection: Connection, proposal_ids: Collection[UUID]) -> list[ProposalLine]:
    """The lines of these proposals as the centre's proposal has them, until it changes their hours."""
    if not proposal_ids:
        return []
    return await _lines.all(connection, p_ids=list(proposal_ids))


async def mark_included(connection: Connection, proposal_ids: Collection[UUID], into: UUID) -> None:
    await _changed.run(connection, p_ids=list(proposal_ids), p_state="included", p_included_in=into)


async def mark_submitted(connection: Connection, proposal_ids: Collection[UUID]) -> None:
    """As they were before they were included."""
    await _changed.run(connection, p_ids=list(proposal_ids), p_state="submitted", p_included_in=None)
