"""Revisions of hour proposals: each submission, complete and unchanged."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, DateTime, Integer, Uuid, func, select
from sqlalchemy.dialects.postgresql import JSONB

from app.db.identifiers import new_id
from app.db.paging import Listing, given, seen_by
from app.db.sessions import Reader, Writer
from app.db.statements import (
    Converted,
    Query,
    Selection,
    insert_row,
    study_centre_table,
)
from app.domain.hours.proposals import Copied, HourProposal, ProposalLine, ProposalRevision

hour_proposal_revisions = study_centre_table(
    "hour_proposal_revisions",
    Column("proposal_id", Uuid, nullable=False),
    Column("number", Integer, nullable=False),
    Column("hours", BigInteger, nullable=False),
    Column("lines", JSONB, nullable=False),
    Column("submitted_by", Uuid, nullable=False),
    Column("submitted_at", DateTime(timezone=True), nullable=False),
)

_IDS = ("unit_id", "source_proposal_id")


def _stored(line: ProposalLine) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, UUID) else value for name, value in asdict(line).items()}


def _line(stored: dict[str, Any]) -> ProposalLine:
    ids = {name: stored[name] and UUID(stored[name]) for name in _IDS}
    # Revisions that were submitted before lines could be copied say nothing of it.
    copied = stored.get("copied")
    return ProposalLine(**stored | ids | {"copied": copied and Copied(**copied)})


_revision = Selection(
    ProposalRevision,
    hour_proposal_revisions,
    lines=Converted(hour_proposal_revisions.c.lines, lambda lines: [_line(line) for line in lines]),
)
_revisions = select(*_revision.columns)
_of_proposal = given(hour_proposal_revisions.c.proposal_id, "proposal_id")
_found = Query(_revisions.where(_of_proposal, given(hour_proposal_revisions.c.number, "number")), _revision.build)
_last_number = Query(select(func.max(hour_proposal_revisions.c.number)).where(_of_proposal), lambda number: number or 0)


async def insert_revision(writer: Writer, proposal: HourProposal) -> int:
    """Keep the submission and return its number. The proposal is locked, so that no other submission gets it."""
    last = await _last_number.first(writer.connection, p_proposal_id=proposal.id)
    number = (last or 0) + 1
    await insert_row(
        writer.connection,
        hour_proposal_revisions,
        id=new_id(),
        proposal_id=proposal.id,
        number=number,
        hours=proposal.hours,
        lines=[_stored(line) for line in proposal.lines],
        submitted_by=writer.actor.person_id,
        submitted_at=writer.now,
    )
    return number


async def find_revision(session: Reader, proposal_id: UUID, number: int) -> ProposalRevision | None:
    return await _found.first(session.connection, p_proposal_id=proposal_id, p_number=number, **seen_by(session))


listing = Listing(
    _revisions,
    _revision.build,
    key=[hour_proposal_revisions.c.number],
    filters={"proposal_id": _of_proposal},
)
