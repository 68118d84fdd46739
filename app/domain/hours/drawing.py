"""Drawing (tuntien käyttö): whose hours a unit reserves, releases and uses (rulebook §3.3, §3.5).

A unit draws on its own allotment, or else on the nearest one above it. The rest comes from the central
organisation's common hours, unless its setting is `allotment_only`. Reserved hours stay with the holder that they
were drawn from. Hours of peer groups are not allotted: every unit draws them from common, whatever the setting.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from app.domain.errors import QuotaExceeded
from app.domain.hours.ledger import HourType, Transfer, release, reservation, reversal, use
from app.domain.organisations.organisations import DrawsOn

Drawn = Mapping[UUID, int]
"""Hours that one cause has reserved, or used, by holder."""


@dataclass(frozen=True)
class Drawable:
    """What an organisation may draw on in a year."""

    organisation_id: UUID
    central_organisation_id: UUID
    draws_on: DrawsOn
    common: int
    """Free common hours of the central organisation, whether or not a unit may draw on them."""
    holder_id: UUID | None
    """The unit with the allotment: the unit itself, or else the nearest above it. None if there is none below the
    central organisation."""
    allotment: int
    """Free hours of the allotment."""
    hour_type: HourType = "training"

    @property
    def available(self) -> int:
        return self.allotment + self.common_available

    @property
    def common_available(self) -> int:
        """Common hours that the unit may draw on. The setting restricts units, not the central organisation itself, and
        not the hours of peer groups."""
        is_centre = self.organisation_id == self.central_organisation_id
        is_allowed = self.hour_type == "peer_group" or self.draws_on == "allotment_then_common"
        return self.common if is_centre or is_allowed else 0


def reservations_of(drawable: Drawable, hours: int) -> list[Transfer]:
    """Return the transfers that reserve hours, from the allotment first, then from common. Raise QuotaExceeded."""
    if hours > drawable.available:
        refusal = QuotaExceeded(
            available=drawable.available,
            asked=hours,
            allotment_available=drawable.allotment,
            common_available=drawable.common_available,
        )
        if drawable.hour_type == "peer_group":
            refusal.facts["hour_type"] = drawable.hour_type
        raise refusal
    central_id = drawable.central_organisation_id
    from_allotment = min(hours, drawable.allotment)
    transfers = []
    if from_allotment and drawable.holder_id:
        transfers.append(reservation(central_id, drawable.holder_id, from_allotment))
    if hours > from_allotment:
        transfers.append(reservation(central_id, central_id, hours - from_allotment))
    return transfers


def releases_of(central_id: UUID, drawn: Drawn, hours: int) -> list[Transfer]:
    """Return the transfers that release some of what one cause has reserved, the common part first."""
    common_first = sorted(drawn, key=lambda holder_id: (holder_id != central_id, holder_id))
    return _taken(release, central_id, drawn, hours, common_first)


def missing_of(drawn: Drawn, held: int) -> int:
    """Return the hours that a cause reserves again before it uses what was held: after a reversal it has nothing
    reserved (rulebook §3.5)."""
    return max(0, held - sum(drawn.values()))


def with_reserved(drawn: Drawn, reserved: Iterable[Transfer]) -> Drawn:
    """Return what the cause has reserved after these reservations too."""
    after = Counter(drawn)
    for transfer in reserved:
        if transfer.target.organisation_id:
            after[transfer.target.organisation_id] += transfer.hours
    return after


def settlement_of(central_id: UUID, drawn: Drawn, held: int) -> list[Transfer]:
    """Return the transfers that use the held hours, up to the planned ones, and release the rest (rulebook §3.5)."""
    used = min(held, sum(drawn.values()))
    common_last = sorted(drawn, key=lambda holder_id: (holder_id == central_id, holder_id))
    uses = _taken(use, central_id, drawn, used, common_last)
    return uses + releases_of(central_id, drawn, sum(drawn.values()) - used)


def reversals_of(
    central_id: UUID, used: Drawn, *, year_is_closed: bool, departed: Collection[UUID] = ()
) -> list[Transfer]:
    """Return the transfers that take back all that one cause has used, in the order of its holders.

    `departed` are the holders that have left the central organisation.
    """
    return [
        reversal(central_id, holder_id, used[holder_id], has_left=holder_id in departed, year_is_closed=year_is_closed)
        for holder_id in sorted(used)
        if used[holder_id]
    ]


def _taken(
    transfer: Callable[[UUID, UUID, int], Transfer], central_id: UUID, drawn: Drawn, hours: int, order: list[UUID]
) -> list[Transfer]:
    """Raise QuotaExceeded if the cause has reserved less."""
    if hours > sum(drawn.values()):
        raise QuotaExceeded(available=sum(drawn.values()), asked=hours)
    transfers = []
    for holder_id in order:
        taken = min(hours, drawn[holder_id])
        if taken:
            transfers.append(transfer(central_id, holder_id, taken))
            hours -= taken
    return transfers
