"""What a unit may draw on: the nearest allotment at or above it, and the centre's common hours."""

from collections import defaultdict
from collections.abc import Collection
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Integer,
    SmallInteger,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    case,
    cast,
    func,
    or_,
    select,
    true,
)

from app.db.hours.ledger import hour_balances, hour_transfers, lock_balances
from app.db.organisations.organisations import organisation_ancestors, organisations
from app.db.statements import Connection, Query, columns_of
from app.domain.hours.drawing import Drawable, Drawn
from app.domain.hours.ledger import HourType

_own = organisations.alias("own")
_central = organisations.alias("central")
_common = hour_balances.alias("common")
_year = bindparam("p_year", type_=SmallInteger)
_type = bindparam("p_hour_type", type_=Text)

_nearest = (
    select(hour_balances.c.organisation_id, hour_balances.c.allotment)
    .join(organisation_ancestors, organisation_ancestors.c.ancestor_id == hour_balances.c.organisation_id)
    .where(
        organisation_ancestors.c.organisation_id == _own.c.id,
        hour_balances.c.central_organisation_id == _own.c.central_organisation_id,
        hour_balances.c.organisation_id != _own.c.central_organisation_id,
        hour_balances.c.year == _year,
        hour_balances.c.hour_type == _type,
        # An allotment of which nothing is left is still an allotment.
        hour_balances.c.allotment + hour_balances.c.reserved + hour_balances.c.used > 0,
    )
    .order_by(organisation_ancestors.c.distance)
    .limit(1)
    .correlate(_own)
    .lateral("nearest")
)
_drawable = Query(
    select(
        *columns_of(
            Drawable,
            _own,
            organisation_id=_own.c.id,
            draws_on=_central.c.draws_on,
            common=func.coalesce(_common.c.common, 0),
            holder_id=_nearest.c.organisation_id,
            allotment=func.coalesce(_nearest.c.allotment, 0),
            hour_type=_type,
        )
    )
    .select_from(_own)
    .join(_central, _central.c.id == _own.c.central_organisation_id)
    .outerjoin(
        _common,
        and_(
            _common.c.central_organisation_id == _central.c.id,
            _common.c.organisation_id == _central.c.id,
            _common.c.year == _year,
            _common.c.hour_type == _type,
        ),
    )
    .outerjoin(_nearest, true())
    .where(_own.c.id == any_(bindparam("p_organisation_ids", type_=ARRAY(Uuid)))),
    Drawable,
)


async def find_drawable(
    connection: Connection, organisation_id: UUID, year: int, hour_type: HourType = "training"
) -> Drawable | None:
    """What can be drawn on now. Nothing is locked: posting refuses hours that are gone by then (rulebook §3.12), so a
    caller who wants no refusal has locked the balances (`lock_balances`)."""
    return await _drawable.first(connection, p_organisation_ids=[organisation_id], p_year=year, p_hour_type=hour_type)


def _of_cause(adds: ColumnElement[bool], *takes: str) -> Query[tuple[UUID, int]]:
    """A holder's hours by one cause: what some transfers add, less what those of other kinds take."""
    taken = or_(*(hour_transfers.c.kind == kind for kind in takes))
    hours = func.sum(case((adds, hour_transfers.c.hours), else_=-hour_transfers.c.hours))
    return Query(
        select(hour_transfers.c.from_organisation_id, cast(hours, Integer))
        .where(hour_transfers.c.cause_id == bindparam("p_cause_id", type_=Uuid), or_(adds, taken))
        .group_by(hour_transfers.c.from_organisation_id)
        .having(hours != 0),
        lambda holder_id, hours: (holder_id, hours),
    )


_reserved = hour_transfers.c.kind == "reservation"
_drawn = _of_cause(_reserved, "release", "use")
_hours_drawn = func.sum(case((_reserved, hour_transfers.c.hours), else_=-hour_transfers.c.hours))
_drawn_of_several: Query[tuple[UUID, UUID, int]] = Query(
    select(hour_transfers.c.cause_id, hour_transfers.c.from_organisation_id, cast(_hours_drawn, Integer))
    .where(
        hour_transfers.c.cause_id == any_(bindparam("p_cause_ids", type_=ARRAY(Uuid))),
        or_(_reserved, hour_transfers.c.kind == "release", hour_transfers.c.kind == "use"),
    )
    .group_by(hour_transfers.c.cause_id, hour_transfers.c.from_organisation_id)
    .having(_hours_drawn != 0),
    lambda *row: row,
)
_used = _of_cause(hour_transfers.c.kind == "use", "reversal")
_departed: Query[UUID] = Query(
    select(organisations.c.id).where(
        organisations.c.id == any_(bindparam("p_ids", type_=ARRAY(Uuid))),
        organisations.c.central_organisation_id != bindparam("p_central_id", type_=Uuid),
    )
)


async def find_drawn(connection: Connection, cause_id: UUID) -> Drawn:
    """What the cause has reserved and neither released nor used, by holder. The balances are locked before."""
    return dict(await _drawn.all(connection, p_cause_id=cause_id))


async def lock_and_find(
    connection: Connection,
    year: int,
    hour_type: HourType,
    central_ids: Collection[UUID],
    *,
    cause_ids: Collection[UUID],
    organisation_ids: Collection[UUID],
) -> tuple[dict[UUID, Drawn], dict[UUID, Drawable]]:
    """Lock the balances of the central organisations in the order of their IDs. Return what each cause has reserved, as
    `find_drawn`, and what each organisation may draw on: all in one message, and read when all is locked.

    A cause that has nothing reserved is not among them.
    """
    async with connection.pipeline():
        for central_id in sorted(central_ids):
            await lock_balances(connection, year, central_id, hour_type)
        drawn_rows = await _drawn_of_several.ask(connection, p_cause_ids=list(cause_ids))
        drawable_rows = await _drawable.ask(
            connection, p_organisation_ids=list(organisation_ids), p_year=year, p_hour_type=hour_type
        )
    drawn: defaultdict[UUID, dict[UUID, int]] = defaultdict(dict)
    for cause_id, holder_id, hours in await drawn_rows.fetchall():
        drawn[cause_id][holder_id] = hours
    return dict(drawn), {drawable.organisation_id: drawable for drawable in await drawable_rows.fetchall()}


async def find_used(connection: Connection, cause_id: UUID) -> Drawn:
    """What the cause has used and nobody has reversed, by holder. The balances are locked before."""
    return dict(await _used.all(connection, p_cause_id=cause_id))


async def list_departed(connection: Connection, central_id: UUID, holder_ids: Collection[UUID]) -> set[UUID]:
    """The holders that have left the central organisation. None leaves while its balances are locked."""
    return set(await _departed.all(connection, p_central_id=central_id, p_ids=list(holder_ids)))
