"""Copies (kopiointi): an hour proposal begins with the lines of an earlier one (rulebook §3.1)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from app.domain.errors import Fault, Invalid, NotFound
from app.domain.hours.proposals import MOST_GROUNDS, MOST_HOURS, Copied, HourProposal, ProposalLine
from app.domain.organisations.membership import is_unit_active


@dataclass(frozen=True)
class UnitThen:
    """A unit of the tree, with what it got and used in the copied year."""

    id: UUID
    active_from: date
    active_until: date | None
    granted: int
    used: int


def check_beginning(lines: Sequence[ProposalLine] | None, copy_of: UUID | None) -> None:
    """Check that a proposal begins with lines of its own or with copied ones, not both. Raise Invalid."""
    if (lines is None) == (copy_of is None):
        raise Invalid(Fault("/lines", "required" if lines is None else "extra-forbidden"))


def copyable(source: HourProposal | None, organisation_id: UUID, year: int) -> HourProposal:
    """Return the source if it is the organisation's own of that year or an earlier one. Raise NotFound."""
    if source is None or source.organisation_id != organisation_id or source.year > year:
        raise NotFound(pointer="/copy_of")
    return source


def copied_lines(
    lines: Sequence[ProposalLine], units: Mapping[UUID, UnitThen], year: int, today: date
) -> list[ProposalLine]:
    """Return copies of the lines of units that are still of the tree and have not ended.

    Included lines become the organisation's own, so those with the same unit and emphasis become one.
    """
    alike: dict[tuple[UUID, str | None], list[ProposalLine]] = {}
    for line in lines:
        unit = units.get(line.unit_id)
        if unit and is_unit_active(year, unit.active_from, unit.active_until, today):
            alike.setdefault((unit.id, line.emphasis), []).append(line)
    return [_merged(same, units[unit_id]) for (unit_id, _), same in alike.items()]


def _merged(lines: Sequence[ProposalLine], unit: UnitThen) -> ProposalLine:
    asked = sum(line.hours for line in lines)
    grounds = ""
    for text in dict.fromkeys(line.grounds for line in lines if line.grounds):
        joined = f"{grounds}\n{text}" if grounds else text
        grounds = joined if len(joined) <= MOST_GROUNDS else grounds
    return ProposalLine(
        unit_id=unit.id,
        hours=min(asked, MOST_HOURS),
        emphasis=lines[0].emphasis,
        grounds=grounds or None,
        source_proposal_id=None,
        source_hours=None,
        copied=Copied(asked, unit.granted, unit.used),
    )


def with_copied(lines: Sequence[ProposalLine], present: Sequence[ProposalLine]) -> list[ProposalLine]:
    """Return the lines with what those of the same unit and emphasis among the present ones were copied from.

    Raise Invalid if a line says anything else.
    """
    kept = {(line.unit_id, line.emphasis): line.copied for line in present if line.copied}
    faults = []
    whole = []
    for index, line in enumerate(lines):
        copied = None if line.source_proposal_id else kept.get((line.unit_id, line.emphasis))
        if line.copied not in (None, copied):
            faults.append(Fault(f"/lines/{index}/copied", "not-as-copied"))
        whole.append(replace(line, copied=copied))
    if faults:
        raise Invalid(*faults)
    return whole
