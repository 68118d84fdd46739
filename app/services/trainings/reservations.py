"""Hours of trainings: reserve them for plans, and release them (rulebook §3.5).

The order of locks: the trainings by their IDs, the pool, the balances of the central organisations by their IDs. Only
then are free hours read, so a plan that fits when its turn comes is never refused for what another took meanwhile.
What the hours move for is called as their type: `training` or `peer_group`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from app.db.hours.drawing import find_drawn, lock_and_find
from app.db.hours.ledger import clock_retry_key, lock_balances, post_transfers
from app.db.hours.pools import find_pool
from app.db.sessions import Writer
from app.domain.access import SERVICE
from app.domain.errors import QuotaExceeded
from app.domain.hours.drawing import Drawable, releases_of, reservations_of
from app.domain.hours.ledger import Transfer
from app.domain.hours.years import check_year_open
from app.domain.trainings.trainings import TrainingSummary


async def reserve(
    writer: Writer, wanted: Sequence[tuple[TrainingSummary, int]], *, pointers: Sequence[str] = ()
) -> None:
    """Make each training hold so many hours: reserve what is missing, and release what is too much.

    All trainings are of one year and one type. `pointers` are those of the trainings, if there are several. Raise
    QuotaExceeded. It comes last in a request: many want the same hours, which are locked from here on, and the posting
    travels with the closing statement.
    """
    if not wanted:
        return
    year, hour_type = wanted[0][0].year, wanted[0][0].hour_type
    held, drawable = await lock_and_find(
        writer.connection,
        year,
        hour_type,
        {training.central_organisation_id for training, _ in wanted},
        # A plan that was never submitted holds nothing.
        cause_ids=[training.id for training, _ in wanted if training.submitted_at],
        organisation_ids=drawn_on(training for training, hours in wanted if hours),
    )
    draws = Draws(writer, drawable)
    transfers: list[Transfer] = []
    causes: list[UUID] = []
    for index, (training, hours) in enumerate(wanted):
        drawn = held.get(training.id, {})
        more = hours - sum(drawn.values())
        moved = []
        if more < 0:
            moved = releases_of(training.central_organisation_id, drawn, -more)
            draws.note(moved)
        elif more > 0:
            moved = await draws.reserve(training, more, pointer=pointers[index] if pointers else "")
        transfers += moved
        causes += [training.id] * len(moved)
    await post_transfers(writer, year, hour_type, causes, transfers, hour_type, is_last=True)


async def release(writer: Writer, training: TrainingSummary, act: str) -> int:
    """Release all that the training holds, and return it. Of the clock's own acts, each releases once."""
    if not training.supported:
        return 0
    await lock_balances(writer.connection, training.year, training.central_organisation_id, training.hour_type)
    drawn = await find_drawn(writer.connection, training.id)
    held = sum(drawn.values())
    transfers = releases_of(training.central_organisation_id, drawn, held)
    key = clock_retry_key(act, training.id) if writer.actor is SERVICE else None
    await post_transfers(
        writer, training.year, training.hour_type, training.id, transfers, training.hour_type, retry_key=key
    )
    return held


def drawn_on(trainings: Iterable[TrainingSummary]) -> set[UUID]:
    """The organisations whose free hours have to be known to reserve some for these trainings."""
    return {each_id for each in trainings for each_id in (each.organisation_id, each.central_organisation_id)}


class Draws:
    """The reservations of one posting: each finds what those before it have left. The balances are locked."""

    def __init__(self, writer: Writer, drawable: Mapping[UUID, Drawable]) -> None:
        """`drawable` is what is free for each organisation of `drawn_on`, all of one year and type."""
        self._writer = writer
        self._drawable = drawable
        self._taken: defaultdict[UUID, int] = defaultdict(int)
        """Free hours that the posting takes, by holder."""

    async def reserve(self, training: TrainingSummary, hours: int, *, pointer: str = "") -> list[Transfer]:
        """The transfers that reserve hours for the training. Raise QuotaExceeded, YearClosed."""
        drawable = self._drawable_by(training)
        common = drawable.common - self._taken[drawable.central_organisation_id]
        allotment = drawable.allotment - (self._taken[drawable.holder_id] if drawable.holder_id else 0)
        try:
            transfers = reservations_of(replace(drawable, common=common, allotment=allotment), hours)
        except QuotaExceeded as refusal:
            # A closing that this waited for has let all free hours lapse.
            pool = await find_pool(self._writer.connection, training.year)
            check_year_open(training.year, pool.closed_at, pointer=pointer or None)
            raise QuotaExceeded(pointer=pointer or None, **refusal.facts) from None
        self.note(transfers)
        return transfers

    def _drawable_by(self, training: TrainingSummary) -> Drawable:
        """An organisation that has left the central organisation has no part in its hours: what is reserved once more
        for what it held there is of the common ones."""
        own, central_id = self._drawable[training.organisation_id], training.central_organisation_id
        return own if own.central_organisation_id == central_id else self._drawable[central_id]

    def note(self, transfers: Sequence[Transfer]) -> None:
        """Count transfers that were made otherwise."""
        for transfer in transfers:
            if transfer.kind == "reservation" and transfer.source.organisation_id:
                self._taken[transfer.source.organisation_id] += transfer.hours
            elif transfer.kind == "release" and transfer.target.organisation_id:
                self._taken[transfer.target.organisation_id] -= transfer.hours
