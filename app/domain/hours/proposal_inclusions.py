"""Inclusion (kokoaminen): units' hour proposals become lines of their central organisation's (rulebook §3.1)."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from uuid import UUID

from app.domain.errors import Fault, Invalid, NotFound, WrongState
from app.domain.hours.proposals import MOST_LINES, HourProposal, ProposalLine, ProposalState


@dataclass(frozen=True)
class Source:
    """A proposal that is included, or is about to be."""

    id: UUID
    organisation_id: UUID
    year: int
    state: ProposalState


def sources_of(lines: Sequence[ProposalLine]) -> frozenset[UUID]:
    return frozenset(line.source_proposal_id for line in lines if line.source_proposal_id)


def check_sources_there(proposal_ids: Sequence[UUID], sources: Mapping[UUID, Source], units: AbstractSet[UUID]) -> None:
    """Check that the sources are of the tree. `units` are the central organisation and those below it.
    Raise NotFound."""
    for index, proposal_id in enumerate(proposal_ids):
        if proposal_id not in sources or sources[proposal_id].organisation_id not in units:
            raise NotFound(pointer=f"/proposal_ids/{index}")


def check_includable(
    proposal_ids: Sequence[UUID], sources: Mapping[UUID, Source], into: HourProposal, new_lines: int
) -> None:
    """Check that the sources are submitted, of the same year and not too many lines. Raise Invalid, WrongState."""
    for index, source in enumerate(map(sources.__getitem__, proposal_ids)):
        pointer = f"/proposal_ids/{index}"
        if source.year != into.year:
            raise Invalid(Fault(pointer, "other-year", {"year": into.year}))
        if source.state != "submitted":
            raise WrongState(pointer=pointer, state=source.state, allowed=["submitted"])
    if len(into.lines) + new_lines > MOST_LINES:
        raise Invalid(Fault("/proposal_ids", "too-many-lines", {"most": MOST_LINES}))


def as_sent(lines: Sequence[ProposalLine], sent: Sequence[ProposalLine]) -> list[ProposalLine]:
    """Return the lines with the units' own content: only the hours of an included line may differ from `sent`.

    Raise NotFound if a source is not included, Invalid if more than the hours was changed.
    """
    known = {(line.source_proposal_id, line.unit_id, line.emphasis): line for line in sent}
    sources = sources_of(sent)
    faults = []
    whole = []
    for index, line in enumerate(lines):
        source_id = line.source_proposal_id
        if source_id is not None and source_id not in sources:
            raise NotFound(pointer=f"/lines/{index}/source_proposal_id")
        original = known.get((source_id, line.unit_id, line.emphasis), line if source_id is None else None)
        if original is None:
            faults.append(f"/lines/{index}")
            continue
        if line.grounds not in (None, original.grounds):
            faults.append(f"/lines/{index}/grounds")
        if line.source_hours not in (None, original.source_hours if source_id else None):
            faults.append(f"/lines/{index}/source_hours")
        whole.append(replace(original, hours=line.hours))
    if faults:
        raise Invalid(*(Fault(pointer, "not-as-sent") for pointer in faults))
    return whole
