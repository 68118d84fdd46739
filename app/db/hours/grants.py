"""The facts that a batch of grants needs: who gets them, and who has one already."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ARRAY, Table, Uuid, any_, bindparam, select

from app.db.organisations.organisations import organisations, place_at
from app.db.organisations.study_centre import is_by_two
from app.db.paging import given
from app.db.sessions import Reader
from app.db.statements import Query, Selection
from app.domain.hours.grants import Candidate

_ids = bindparam("p_ids", type_=ARRAY(Uuid))
_candidate = Selection(Candidate, organisations, place=place_at(organisations), by_two=is_by_two)
_candidates = Query(select(*_candidate.columns).where(organisations.c.id == any_(_ids)), _candidate.build)


def ids_by_organisation(table: Table) -> Query[tuple[UUID, UUID]]:
    """The rows of the year (`p_year`) of some organisations (`p_ids`), of which each has one at most."""
    return Query(
        select(table.c.organisation_id, table.c.id).where(
            table.c.organisation_id == any_(_ids), given(table.c.year, "year")
        ),
        lambda organisation_id, row_id: (organisation_id, row_id),
    )


async def find_candidates(session: Reader, organisation_ids: Collection[UUID]) -> dict[UUID, Candidate]:
    candidates = await _candidates.all(session.connection, p_ids=list(organisation_ids), p_now=session.now)
    return {candidate.place.organisation_id: candidate for candidate in candidates}
