"""How many main users each member organisation has."""

from collections.abc import Sequence

from sqlalchemy import and_, case, distinct, func, or_, select

from app.db.organisations.organisations import organisations
from app.db.paging import Listing, PageRequest, Slice, any_given
from app.db.people.people import in_force, role_grants
from app.db.sessions import Reader
from app.db.statements import NOW, TODAY, columns_of
from app.domain.people.main_user_coverage import Coverage, MainUserCoverage

_grants = role_grants.c
_counted = (
    select(
        organisations.c.id.label("organisation_id"),
        organisations.c.name.label("organisation_name"),
        func.count(distinct(_grants.person_id)).label("main_users"),
        func.count(distinct(case((_grants.valid_until.is_(None), _grants.person_id)))).label("lasting"),
        organisations.c.sort_key,
    )
    .outerjoin(
        role_grants,
        and_(
            _grants.organisation_id == organisations.c.id,
            _grants.role == "main_user",
            in_force(NOW),
        ),
    )
    .where(
        organisations.c.kind == "central",
        organisations.c.active_from <= TODAY,
        or_(organisations.c.active_until.is_(None), organisations.c.active_until >= TODAY),
    )
    .group_by(organisations.c.id, organisations.c.name, organisations.c.sort_key)
    .subquery()
)
_number = _counted.c.main_users
_coverage = case((_number == 0, "none"), (_number == 1, "one"), else_="several")
_listing = Listing(
    select(*columns_of(MainUserCoverage, _counted, coverage=_coverage)),
    MainUserCoverage,
    key=[_counted.c.sort_key, _counted.c.organisation_id],
    newest_first=False,
    filters={"coverage": any_given(_coverage, "coverage")},
)


async def list_coverage(
    reader: Reader, page: PageRequest, *, coverage: Sequence[Coverage] | None
) -> Slice[MainUserCoverage]:
    """Member organisations of that day, by name."""
    return await _listing.page(reader, page, coverage=coverage)
