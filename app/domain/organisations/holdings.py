"""What prevents an organisation from moving or ending: allotments, reserved hours, open proposals and training courses
(rulebook §6.1)."""

from collections.abc import Iterable
from dataclasses import dataclass

from app.domain.errors import OrganisationInUse
from app.domain.organisations.membership import is_member_in
from app.domain.organisations.organisations import Organisation

OPEN_STATES = ["draft", "submitted", "sent_back", "included"]
"""States of proposals that can still lead to something."""


@dataclass(frozen=True)
class Holding:
    """What an organisation and everything below it have in a year that is not closed."""

    year: int
    allotted: int
    """Allotted hours, with the reserved and used ones."""
    reserved: int
    used: int
    """Used hours of the allotments."""
    open_proposals: int
    open_trainings: int
    """Submitted training courses without a decided cost statement, also those whose hours come from common. Where an
    organisation ends: those with sessions outside its days."""


def check_may_leave(holdings: Iterable[Holding]) -> None:
    """Check that a move to another central organisation leaves nothing behind in an open year. A used-up allotment
    counts, because it is still in the old central organisation's distribution. Raise OrganisationInUse."""
    _refuse([one for one in holdings if one.allotted or one.reserved or one.open_proposals or one.open_trainings])


def check_may_end(before: Organisation, after: Organisation, holdings: Iterable[Holding]) -> None:
    """Check that a unit that ends has nothing left to use. A membership may end during its last year: only the years
    after it count, and courses with sessions after its end. Raise OrganisationInUse."""
    _refuse(
        [
            one
            for one in holdings
            if one.open_trainings
            or (
                (one.allotted > one.used or one.reserved or one.open_proposals)
                and (_becomes_outside(one.year, before, after) if after.is_central else _ends_sooner(before, after))
            )
        ]
    )


def loses_days(before: Organisation, after: Organisation) -> bool:
    """Whether the change removes days, so that it matters what the organisation has."""
    return _ends_sooner(before, after) or (after.is_central and after.active_from > before.active_from)


def _becomes_outside(year: int, before: Organisation, after: Organisation) -> bool:
    return is_member_in(year, before.active_from, before.active_until) and not is_member_in(
        year, after.active_from, after.active_until
    )


def _ends_sooner(before: Organisation, after: Organisation) -> bool:
    return after.active_until is not None and (before.active_until is None or after.active_until < before.active_until)


def _refuse(holds: list[Holding]) -> None:
    if holds:
        raise OrganisationInUse(
            holds=[
                {
                    "year": one.year,
                    "allotted": one.allotted,
                    "reserved": one.reserved,
                    "open_proposals": one.open_proposals,
                    "open_trainings": one.open_trainings,
                }
                for one in holds
            ]
        )
