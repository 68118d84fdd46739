"""What a unit may draw on: the nearest allotment at or above it, and the centre's common hours."""

from uuid import UUID

from sqlalchemy import SmallInteger, Uuid, and_, bindparam, func, select, true

from app.db.hours.ledger import hour_balances
from app.db.organisations.organisations import organisation_ancestors, organisations
from app.db.statements import Connection, Query, columns_of
from app.domain.hours.drawing import Drawable

_own = organisations.alias("own")
_central = organisations.alias("central")
_common = hour_balances.alias("common")
_year = bindparam("p_year", type_=SmallInteger)

_nearest = (
    select(hour_balances.c.organisation_id, hour_balances.c.allotment)
    .join(organisation_ancestors, organisation_ancestors.c.ancestor_id == hour_balances.c.organisation_id)
    .where(
        organisation_ancestors.c.organisation_id == _own.c.id,
        hour_balances.c.central_organisation_id == _own.c.central_organisation_id,
        hour_balances.c.organisation_id != _own.c.central_organisation_id,
        hour_balances.c.year == _year,
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
        ),
    )
    .outerjoin(_nearest, true())
    .where(_own.c.id == bindparam("p_organisation_id", type_=Uuid)),
    Drawable,
)


async def find_drawable(connection: Connection, organisation_id: UUID, year: int) -> Drawable | None:
    """What can be drawn on now. Nothing is locked: posting refuses hours that are gone by then (rulebook §3.12)."""
    return await _drawable.first(connection, p_organisation_id=organisation_id, p_year=year)
