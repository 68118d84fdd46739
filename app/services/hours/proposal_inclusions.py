"""Units' hour proposals in their centre's: include, release."""

from collections.abc import Collection, Sequence
from uuid import UUID

from app.db.hours.proposal_inclusions import list_lines_sent, lock_sources, mark_included, mark_submitted
from app.db.hours.proposals import insert_lines, lock_in_reach, proposals
from app.db.organisations.organisations import find_below
from app.db.sessions import Writer
from app.domain.access import check_main_user
from app.domain.hours import proposal_inclusions as rules
from app.domain.hours.proposals import HourProposal, check_editable
from app.domain.hours.standing import check_central, check_member
from app.domain.lists import check_once


async def include_proposals(writer: Writer, proposal_id: UUID, proposal_ids: Sequence[UUID]) -> HourProposal:
    check_once(proposal_ids, "/proposal_ids/{}")
    # The centre's proposal is locked before the units', and so of two that include the same one, one sees it taken.
    proposal, standing = await lock_in_reach(writer, proposal_id)
    sources = await lock_sources(writer.connection, proposal_ids)
    units = await find_below(
        writer.connection, proposal.organisation_id, {source.organisation_id for source in sources.values()}
    )
    rules.check_sources_there(proposal_ids, sources, units)
    check_main_user(writer.actor, standing.place)
    check_central(standing.place)
    check_editable(proposal.state)
    check_member(standing, writer.now)
    lines = await list_lines_sent(writer.connection, proposal_ids)
    rules.check_includable(proposal_ids, sources, proposal, len(lines))
    await insert_lines(writer.connection, proposal_id, lines, after=len(proposal.lines))
    await mark_included(writer.connection, sources, proposal_id)
    for source in sources.values():
        writer.record(
            "hour-proposal.included", source.id, organisation_id=source.organisation_id, included_in=proposal_id
        )
    writer.record(
        "hour-proposal.compiled", proposal_id, organisation_id=proposal.organisation_id, included=len(sources)
    )
    return await proposals.get(writer, proposal_id)


async def release_proposals(writer: Writer, proposal_ids: Collection[UUID]) -> None:
    """Submit included proposals again, as before they were included; the centre's proposal is locked."""
    if not proposal_ids:
        return
    sources = await lock_sources(writer.connection, proposal_ids)
    await mark_submitted(writer.connection, sources)
    for source in sources.values():
        writer.record("hour-proposal.released", source.id, organisation_id=source.organisation_id)
