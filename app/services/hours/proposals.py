"""Hour proposals: make, change, withdraw, get and list."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any, Literal, TypedDict
from uuid import UUID

from app.db.hours.expiring import share_openings
from app.db.hours.proposal_copies import find_units_then
from app.db.hours.proposal_inclusions import list_lines_sent
from app.db.hours.proposals import (
    find_of_year,
    hour_proposals,
    insert_lines,
    listed_lines,
    lock_in_reach,
    mark_decided,
    proposals,
    replace_lines,
    summaries,
)
from app.db.hours.standing import get_standing_to_make
from app.db.identifiers import new_id
from app.db.organisations.organisations import find_below
from app.db.paging import PageRequest, Slice
from app.db.sessions import Reader, Writer
from app.db.statements import change_row, insert_row
from app.domain.calendar.deadlines import day_of
from app.domain.errors import AlreadyExists
from app.domain.hours import proposals as rules
from app.domain.hours.expiring import check_not_decided
from app.domain.hours.proposal_copies import check_beginning, copied_lines, copyable, with_copied
from app.domain.hours.proposal_inclusions import as_sent, sources_of
from app.domain.hours.proposals import HourProposal, ListedLine, ProposalLine
from app.domain.hours.standing import check_member, check_year
from app.domain.versions import Versions, check_version
from app.services.hours.expiring import find_way_on
from app.services.hours.proposal_inclusions import release_proposals


class ProposalChanges(TypedDict, total=False):
    lines: list[ProposalLine]


async def make_proposal(
    writer: Writer, *, organisation_id: UUID, year: int, lines: Sequence[ProposalLine] | None, copy_of: UUID | None
) -> HourProposal:
    """Make a draft with these lines, or with those of another proposal."""
    check_beginning(lines, copy_of)
    rules.check_lines_once(lines or ())
    # A decision or a closing comes before this, and is seen, or waits, and ends the new proposal.
    await share_openings(writer.connection, year)
    standing = await get_standing_to_make(writer, organisation_id, year, pointer="/organisation_id")
    first_lines = await _first_lines(writer, organisation_id, year, lines or (), copy_of)
    rules.check_proposer(writer.actor, standing)
    check_year(standing, writer.now)
    central_id = standing.place.central_organisation_id
    check_not_decided(await find_way_on(writer, central_id, year), writer.now)
    if existing := await find_of_year(writer.connection, organisation_id, year):
        raise AlreadyExists(existing_id=existing)
    proposal_id = new_id()
    # The database's unique index lets one of two simultaneous requests through.
    await insert_row(
        writer.connection,
        hour_proposals,
        id=proposal_id,
        reference=standing.reference,
        organisation_id=organisation_id,
        central_organisation_id=central_id,
        year=year,
        state="draft",
        created_by=writer.actor.person_id,
        created_at=writer.now,
    )
    await insert_lines(writer.connection, proposal_id, first_lines)
    origin: dict[str, Any] = {"copied_from": copy_of} if copy_of else {}
    writer.record("hour-proposal.created", proposal_id, organisation_id=organisation_id, year=year, **origin)
    return await proposals.get(writer, proposal_id)


async def change_proposal(
    writer: Writer, proposal_id: UUID, changes: ProposalChanges, expected: Versions
) -> HourProposal:
    lines = changes.get("lines")
    rules.check_lines_once(lines or [])
    proposal, standing = await lock_in_reach(writer, proposal_id)
    sources = sources_of(proposal.lines)
    if lines is not None:
        await _check_units(writer, proposal.organisation_id, lines)
        lines = with_copied(lines, proposal.lines)
        lines = as_sent(lines, await list_lines_sent(writer.connection, sources))
    rules.check_proposer(writer.actor, standing)
    check_version(proposal, expected)
    rules.check_editable(proposal.state)
    check_member(standing, writer.now)
    if lines is not None:
        await replace_lines(writer.connection, proposal_id, lines)
        await release_proposals(writer, sources - sources_of(lines))
    writer.record("hour-proposal.changed", proposal_id, organisation_id=proposal.organisation_id)
    return await proposals.get(writer, proposal_id)


async def withdraw_proposal(writer: Writer, proposal_id: UUID) -> HourProposal:
    proposal, standing = await lock_in_reach(writer, proposal_id)
    rules.check_proposer(writer.actor, standing)
    rules.check_state(proposal.state, "draft", "submitted", "sent_back")
    await change_row(writer.connection, hour_proposals, proposal_id, state="withdrawn")
    await release_proposals(writer, sources_of(proposal.lines))
    writer.record("hour-proposal.withdrawn", proposal_id, organisation_id=proposal.organisation_id)
    return await proposals.get(writer, proposal_id)


async def decide_proposals(writer: Writer, proposal_ids: Collection[UUID]) -> None:
    """Close submitted proposals, with those included in them: the decision on their hours has been made."""
    for proposal_id, organisation_id in await mark_decided(writer.connection, proposal_ids):
        writer.record("hour-proposal.decided", proposal_id, organisation_id=organisation_id)


async def list_proposals(
    reader: Reader, page: PageRequest, *, rows: Literal["lines"] | None, **filters: object
) -> Slice[Any]:
    """The proposals, or their lines."""
    if rows is None:
        return await summaries.page(reader, page, **filters)
    return replace(await listed_lines.page(reader, page, **filters), row=ListedLine)


get_proposal = proposals.get


async def _first_lines(
    writer: Writer, organisation_id: UUID, year: int, lines: Sequence[ProposalLine], copy_of: UUID | None
) -> Sequence[ProposalLine]:
    if copy_of is None:
        await _check_units(writer, organisation_id, lines)
        return lines
    source = copyable(await proposals.find(writer, copy_of), organisation_id, year)
    named = {line.unit_id for line in source.lines}
    units = await find_units_then(writer.connection, organisation_id, named, source.year)
    return copied_lines(source.lines, units, year, day_of(writer.now))


async def _check_units(writer: Writer, organisation_id: UUID, lines: Sequence[ProposalLine]) -> None:
    named = {line.unit_id for line in lines}
    rules.check_units(lines, await find_below(writer.connection, organisation_id, named) if named else set())
