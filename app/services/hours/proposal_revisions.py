"""Hour proposals: submit, send back, and get the revision of each submission."""

from datetime import date
from uuid import UUID

from app.db.hours.proposal_revisions import find_revision, insert_revision, listing
from app.db.hours.proposals import hour_proposals, lock_in_reach, proposals
from app.db.hours.standing import find_windows
from app.db.organisations.organisations import find_below
from app.db.paging import PageRequest, Slice
from app.db.sessions import Reader, Writer
from app.db.statements import change_row
from app.domain.errors import NotFound
from app.domain.hours import proposals as rules
from app.domain.hours.expiring import refuse_expired
from app.domain.hours.proposals import HourProposal, ProposalRevision
from app.services.hours.expiring import find_way_on


async def submit_proposal(writer: Writer, proposal_id: UUID) -> HourProposal:
    proposal, standing = await lock_in_reach(writer, proposal_id)
    rules.check_proposer(writer.actor, standing)
    if proposal.state == "expired":
        refuse_expired(await find_way_on(writer, proposal.central_organisation_id, proposal.year), writer.now)
    own_days = (
        []
        if proposal.is_central
        else await find_windows(writer.connection, proposal.organisation_id, proposal.year, "unit_proposals")
    )
    rules.check_submission(proposal, standing, own_days, writer.now)
    # A unit may have been moved to another tree since its line was written.
    units = {line.unit_id for line in proposal.lines}
    rules.check_units(proposal.lines, await find_below(writer.connection, proposal.organisation_id, units))
    number = await insert_revision(writer, proposal)
    await change_row(writer.connection, hour_proposals, proposal_id, state="submitted", submitted_at=writer.now)
    writer.record(
        "hour-proposal.submitted",
        proposal_id,
        organisation_id=proposal.organisation_id,
        revision=number,
        hours=proposal.hours,
    )
    return await proposals.get(writer, proposal_id)


async def send_back_proposal(writer: Writer, proposal_id: UUID, *, reason: str, answer_by: date | None) -> HourProposal:
    proposal, standing = await lock_in_reach(writer, proposal_id)
    rules.check_returner(writer.actor, standing)
    rules.check_state(proposal.state, "submitted")
    rules.check_answer_by(answer_by, writer.now)
    await change_row(
        writer.connection,
        hour_proposals,
        proposal_id,
        state="sent_back",
        return_reason=reason,
        answer_by=answer_by,
    )
    writer.record(
        "hour-proposal.sent-back",
        proposal_id,
        organisation_id=proposal.organisation_id,
        reason=reason,
        answer_by=answer_by,
        reference=proposal.reference,
        year=proposal.year,
        hours=proposal.hours,
    )
    return await proposals.get(writer, proposal_id)


async def list_revisions(reader: Reader, page: PageRequest, proposal_id: UUID) -> Slice[ProposalRevision]:
    await proposals.get(reader, proposal_id)
    return await listing.page(reader, page, proposal_id=proposal_id)


async def get_revision(reader: Reader, proposal_id: UUID, number: int) -> ProposalRevision:
    await proposals.get(reader, proposal_id)
    revision = await find_revision(reader, proposal_id, number)
    if revision is None:
        raise NotFound
    return revision
