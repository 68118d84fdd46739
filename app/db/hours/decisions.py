"""Hour decisions, and the facts that a batch of them needs."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    DateTime,
    Integer,
    SmallInteger,
    Text,
    Uuid,
    any_,
    bindparam,
    select,
)

from app.db.organisations.organisations import organisations, place_at
from app.db.organisations.study_centre import is_by_two
from app.db.paging import given
from app.db.resources import of_organisations
from app.db.sessions import Reader
from app.db.statements import Connection, Query, Selection, changed_at, reference_column, study_centre_table
from app.domain.hours.decisions import Candidate, HourDecision

hour_decisions = study_centre_table(
    "hour_decisions",
    reference_column(),
    Column("organisation_id", Uuid, nullable=False),
    Column("year", SmallInteger, nullable=False),
    Column("proposal_id", Uuid),
    Column("asked", BigInteger),
    Column("hours", Integer, nullable=False),
    Column("reason", Text),
    Column("decided_by", Uuid, nullable=False),
    Column("decided_at", DateTime(timezone=True), nullable=False),
    changed_at(),
)

decisions = of_organisations(HourDecision, hour_decisions, "year", "reference", "changed_since")
_ids = bindparam("p_ids", type_=ARRAY(Uuid))


_candidate = Selection(Candidate, organisations, place=place_at(organisations), by_two=is_by_two)
_candidates = Query(select(*_candidate.columns).where(organisations.c.id == any_(_ids)), _candidate.build)
_decided = Query(
    select(hour_decisions.c.organisation_id, hour_decisions.c.id).where(
        hour_decisions.c.organisation_id == any_(_ids), given(hour_decisions.c.year, "year")
    ),
    lambda organisation_id, decision_id: (organisation_id, decision_id),
)


async def find_candidates(session: Reader, organisation_ids: Collection[UUID]) -> dict[UUID, Candidate]:
    candidates = await _candidates.all(session.connection, p_ids=list(organisation_ids), p_now=session.now)
    return {candidate.place.organisation_id: candidate for candidate in candidates}


async def find_decided(connection: Connection, organisation_ids: Collection[UUID], year: int) -> dict[UUID, UUID]:
    """The existing decisions of the year, by organisation."""
    return dict(await _decided.all(connection, p_ids=list(organisation_ids), p_year=year))
