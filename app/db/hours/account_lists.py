"""All hour accounts of a year, each with the proposal and the year before, and their sums."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Numeric,
    SmallInteger,
    Text,
    and_,
    bindparam,
    case,
    cast,
    extract,
    func,
    or_,
    select,
    true,
)

from app.db.hours.ledger import hour_balances
from app.db.hours.proposals import hour_proposal_lines, hour_proposals
from app.db.organisations.organisations import organisations
from app.db.organisations.profiles import has_words
from app.db.paging import Choice, Listing, any_under, within_reach
from app.db.sessions import Reader
from app.db.statements import Selection
from app.domain.hours.account_lists import (
    CentralItem,
    CentralTotals,
    Level,
    Sort,
    UnitItem,
    UnitTotals,
    YearBefore,
)

_year = bindparam("p_year", type_=SmallInteger)
_type = bindparam("p_hour_type", type_=Text)
_centre = organisations.alias("centre")
EXACT = Numeric(60, 40)
"""Two different shares of whole hours differ before the fortieth decimal."""


def _hours_of(name: str, year: ColumnElement[int], *, whole_tree: bool) -> FromClause:
    """One row with the sums of a central organisation's tree, or of one unit: zeros if nothing was ever booked."""
    own = hour_balances.alias(f"{name}_balance")
    is_unit = own.c.organisation_id != own.c.central_organisation_id
    allotted = own.c.allotment + own.c.reserved + own.c.used + own.c.allotment_lapsed
    sums = {
        "common": own.c.common,
        "allotment": own.c.allotment,
        "reserved": own.c.reserved,
        "used": own.c.used,
        "lapsed": own.c.lapsed,
        "returned": own.c.returned,
        "allotment_lapsed": own.c.allotment_lapsed,
        "allotted": case((is_unit, allotted), else_=0),
    }
    found = select(*(cast(func.coalesce(func.sum(of), 0), BigInteger).label(sum_) for sum_, of in sums.items())).where(
        own.c.central_organisation_id == organisations.c.central_organisation_id,
        own.c.year == year,
        own.c.hour_type == _type,
    )
    if not whole_tree:
        found = found.where(own.c.organisation_id == organisations.c.id)
    return found.correlate(organisations).lateral(name)


def granted_of(hours: FromClause) -> ColumnElement[int]:
    """All hours that were granted, from the balances of a central organisation's tree."""
    return hours.c.common + hours.c.allotment + hours.c.reserved + hours.c.used + hours.c.lapsed + hours.c.returned


_now, _before = (_hours_of(name, year, whole_tree=True) for name, year in (("now", _year), ("before", _year - 1)))
_unit_now, _unit_before = (
    _hours_of(name, year, whole_tree=False) for name, year in (("unit_now", _year), ("unit_before", _year - 1))
)
_is_active = and_(
    extract("year", organisations.c.active_from) <= _year,
    func.coalesce(extract("year", organisations.c.active_until), _year) >= _year,
)
_proposed = (
    select(cast(func.sum(hour_proposal_lines.c.hours), BigInteger))
    .select_from(hour_proposals)
    .join(hour_proposal_lines, hour_proposal_lines.c.proposal_id == hour_proposals.c.id)
    .where(
        hour_proposals.c.organisation_id == organisations.c.id,
        hour_proposals.c.year == _year,
        _type == "training",
        or_(*(hour_proposals.c.state == state for state in ("submitted", "included", "decided"))),
    )
    .correlate(organisations)
    .scalar_subquery()
)
_common_available = (
    select(hour_balances.c.common)
    .where(
        hour_balances.c.central_organisation_id == organisations.c.central_organisation_id,
        hour_balances.c.organisation_id == organisations.c.central_organisation_id,
        hour_balances.c.year == _year,
        hour_balances.c.hour_type == _type,
    )
    .correlate(organisations)
    .scalar_subquery()
)
_central = Selection(
    CentralItem,
    organisation_id=organisations.c.id,
    name=organisations.c.name,
    year=_year,
    granted=granted_of(_now),
    distributed=_now.c.allotted,
    reserved=_now.c.reserved,
    used=_now.c.used,
    returned=_now.c.returned,
    lapsed=_now.c.lapsed,
    available=_now.c.common,
    units_available=_now.c.allotment,
    proposed=_proposed,
    previous_year=Selection(
        YearBefore,
        granted=granted_of(_before),
        used=_before.c.used,
        returned=_before.c.returned,
        lapsed=_before.c.lapsed,
    ),
    hour_type=_type,
)
_unit = Selection(
    UnitItem,
    organisation_id=organisations.c.id,
    name=organisations.c.name,
    year=_year,
    central_organisation_id=organisations.c.central_organisation_id,
    allotted=_unit_now.c.allotted,
    reserved=_unit_now.c.reserved,
    used=_unit_now.c.used,
    lapsed=_unit_now.c.allotment_lapsed,
    available=_unit_now.c.allotment,
    common_available=case(
        (
            or_(_type == "peer_group", _centre.c.draws_on == "allotment_then_common"),
            func.coalesce(_common_available, 0),
        )
    ),
    proposed=_proposed,
    previous_year=Selection(
        YearBefore,
        granted=_unit_before.c.allotted,
        used=_unit_before.c.used,
        returned=_unit_before.c.returned,
        lapsed=_unit_before.c.allotment_lapsed,
    ),
    hour_type=_type,
)
_of_centrals = (
    select(*_central.columns)
    .select_from(organisations)
    .join(_now, true())
    .join(_before, true())
    .where(organisations.c.kind == "central", or_(_is_active, granted_of(_now) != 0))
)
_of_units = (
    select(*_unit.columns)
    .select_from(organisations)
    .join(_centre, _centre.c.id == organisations.c.central_organisation_id)
    .join(_unit_now, true())
    .join(_unit_before, true())
    .where(organisations.c.kind != "central", or_(_is_active, _unit_now.c.allotted != 0))
)


def _share(used: ColumnElement[int], of: ColumnElement[int]) -> ColumnElement[Any]:
    """Used hours of all, exactly; nothing of nothing comes last."""
    return func.coalesce(cast(used, EXACT) / func.nullif(of, 0), -1)


_first: dict[tuple[Level, Sort], list[ColumnElement[Any]]] = {
    ("central", "name"): [],
    ("central", "available"): [-_now.c.common],
    ("central", "used_share"): [-_share(_now.c.used, granted_of(_now))],
    ("units", "name"): [],
    ("units", "available"): [-_unit_now.c.allotment],
    ("units", "used_share"): [-_share(_unit_now.c.used, _unit_now.c.allotted)],
}
# The year and the type are parameters of the select itself.
_filters: dict[str, ColumnElement[bool] | Choice] = {
    "year": true(),
    "hour_type": true(),
    "words": has_words,
    "under": any_under(organisations.c.id),
}
listings: dict[tuple[Level, Sort], Listing[Any]] = {
    (level, sort): Listing(
        _of_centrals if level == "central" else _of_units,
        (_central if level == "central" else _unit).build,
        key=[*first, organisations.c.sort_key, organisations.c.id],
        newest_first=False,
        seen=within_reach(organisations.c.id),
        filters=_filters,
    )
    for (level, sort), first in _first.items()
}
"""The list of each level in each order."""

_sums = {
    "central": [
        "granted",
        "distributed",
        "reserved",
        "used",
        "returned",
        "lapsed",
        "available",
        "units_available",
        "proposed",
    ],
    "units": ["allotted", "reserved", "used", "lapsed", "available", "proposed"],
}
_sums_before = [f"previous_year_{name}" for name in ("granted", "used", "returned", "lapsed")]


async def sum_accounts(session: Reader, level: Level, **filters: object) -> CentralTotals | UnitTotals:
    """The sums over all accounts that match."""
    listing = listings[level, "name"]
    organisations, *sums = await listing.sums(session, *_sums[level], *_sums_before, **filters)
    of_year, before = dict(zip(_sums[level], sums, strict=False)), YearBefore(*sums[-len(_sums_before) :])
    totals = CentralTotals if level == "central" else UnitTotals
    return totals(organisations=organisations, previous_year=before, **of_year)
