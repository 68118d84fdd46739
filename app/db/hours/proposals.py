"""Hour proposals, their lines and every revision submitted.

A request that locks several proposals locks a centre's before those of its units, and each kind in the order of ids.
"""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    ColumnElement,
    Date,
    DateTime,
    FromClause,
    Integer,
    SmallInteger,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    cast,
    delete,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by

from app.db.hours.ledger import hour_balances
from app.db.hours.proposal_revisions import hour_proposal_revisions
from app.db.hours.standing import get_standing
from app.db.organisations.organisations import organisations
from app.db.paging import Listing, filters_of, given, within_reach
from app.db.resources import Resource
from app.db.sessions import Reader
from app.db.statements import (
    Command,
    Connection,
    Converted,
    Query,
    Selection,
    changed_at,
    columns_of,
    from_json,
    insert_rows,
    name_of,
    reference_column,
    study_centre_table,
)
from app.db.trainings.strategies import aimed_targets_from, training_strategies
from app.domain.hours.decisions import LockedProposal, SubmittedProposal
from app.domain.hours.proposals import (
    Copied,
    HourProposal,
    HourProposalSummary,
    ListedLine,
    PreviousYear,
    ProposalLine,
)
from app.domain.hours.standing import Standing
from app.domain.organisations.holdings import OPEN_STATES

hour_proposals = study_centre_table(
    "hour_proposals",
    reference_column(),
    Column("organisation_id", Uuid, nullable=False),
    Column("central_organisation_id", Uuid, nullable=False),
    Column("year", SmallInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("answer_by", Date),
    Column("return_reason", Text),
    Column("included_in", Uuid),
    Column("created_by", Uuid, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("submitted_at", DateTime(timezone=True)),
    Column("expired_at", DateTime(timezone=True)),
    Column("expired_because", Text),
    Column("handler_id", Uuid),
    changed_at(),
)

hour_proposal_lines = study_centre_table(
    "hour_proposal_lines",
    Column("proposal_id", Uuid, primary_key=True),
    Column("ordinal", Integer, primary_key=True),
    Column("unit_id", Uuid, nullable=False),
    Column("hours", Integer, nullable=False),
    Column("emphasis", Text),
    Column("grounds", Text),
    Column("source_proposal_id", Uuid),
    Column("source_hours", Integer),
    Column("copied", JSONB),
)


def _lines_from(rows: list[list[Any]]) -> list[ProposalLine]:
    """From JSON, in the order of the columns."""
    return [
        ProposalLine(
            UUID(unit_id),
            hours,
            emphasis,
            grounds,
            source_id and UUID(source_id),
            source_hours,
            copied and Copied(**copied),
        )
        for unit_id, hours, emphasis, grounds, source_id, source_hours, copied in rows
    ]


_is_units = hour_proposals.c.organisation_id != hour_proposals.c.central_organisation_id
is_open = or_(*(hour_proposals.c.state == state for state in OPEN_STATES))


def _sum(of: Any, condition: Any, outer: FromClause) -> Any:
    total = select(cast(func.coalesce(func.sum(of), 0), BigInteger)).where(condition)
    return total.correlate(outer).scalar_subquery()


def hours_of(organisation_id: Column[UUID], central_id: Column[UUID], year: ColumnElement[int]) -> dict[str, Any]:
    """What an organisation got and used in a year: the complete tree of a central one, or a unit's own allotment."""
    # Lapsed hours of an allotment are also in the centre's `lapsed`, so a centre counts them only there.
    granted = (
        hour_balances.c.common
        + hour_balances.c.allotment
        + hour_balances.c.reserved
        + hour_balances.c.used
        + hour_balances.c.lapsed
        + hour_balances.c.returned
        + hour_balances.c.allotment_lapsed * cast(organisation_id != central_id, Integer)
    )
    of_year = and_(
        or_(
            hour_balances.c.central_organisation_id == organisation_id,
            hour_balances.c.organisation_id == organisation_id,
        ),
        hour_balances.c.year == year,
        hour_balances.c.hour_type == "training",
    )
    outer = organisation_id.table
    return {"granted": _sum(granted, of_year, outer), "used": _sum(hour_balances.c.used, of_year, outer)}


_hours = _sum(hour_proposal_lines.c.hours, hour_proposal_lines.c.proposal_id == hour_proposals.c.id, hour_proposals)
_summary: dict[str, Any] = {
    "organisation_name": organisations.c.name,
    "handler_name": name_of(hour_proposals.c.handler_id),
    "hours": _hours,
    "previous_year": Selection(
        PreviousYear,
        **hours_of(
            hour_proposals.c.organisation_id, hour_proposals.c.central_organisation_id, hour_proposals.c.year - 1
        ),
    ),
}
# The lines are read by the proposal's own statement, so that no response has half of a change.
_line_columns = func.json_build_array(*columns_of(ProposalLine, hour_proposal_lines))
_lines = (
    select(func.coalesce(func.json_agg(aggregate_order_by(_line_columns, hour_proposal_lines.c.ordinal)), text("'[]'")))
    .where(hour_proposal_lines.c.proposal_id == hour_proposals.c.id)
    .correlate(hour_proposals)
    .scalar_subquery()
)
_strategy_targets = (
    select(training_strategies.c.targets)
    .where(
        training_strategies.c.organisation_id == hour_proposals.c.central_organisation_id,
        training_strategies.c.state == "in_force",
    )
    .correlate(hour_proposals)
    .scalar_subquery()
)
_targets_of_year = func.jsonb_path_query_array(
    _strategy_targets,
    cast("$[*] ? (@.year == $year)", postgresql.JSONPATH),
    func.jsonb_build_object("year", hour_proposals.c.year),
)
_proposal = Selection(
    HourProposal,
    hour_proposals,
    **_summary,
    lines=Converted(_lines, _lines_from),
    strategy_targets=Converted(_targets_of_year, aimed_targets_from),
)
_summarised = Selection(HourProposalSummary, hour_proposals, **_summary)
_is_its_organisation = organisations.c.id == hour_proposals.c.organisation_id
_seen = within_reach(hour_proposals.c.organisation_id)
_filters = filters_of(
    hour_proposals, "organisation_id", "under", "year", "state", "reference", "handler_id", "changed_since"
)
proposals = Resource(
    select(*_proposal.columns).join(organisations, _is_its_organisation),
    _proposal.build,
    hour_proposals,
    seen=_seen,
    locked_first=True,
)
summaries = Listing(
    select(*_summarised.columns).join(organisations, _is_its_organisation),
    _summarised.build,
    key=[hour_proposals.c.id],
    seen=_seen,
    filters=_filters,
)
_listed_line = Selection(
    ListedLine,
    hour_proposal_lines,
    organisation_name=organisations.c.name,
    copied=from_json(hour_proposal_lines.c.copied, Copied),
    **{name: hour_proposals.c[name] for name in ("reference", "organisation_id", "year", "state")},
)
listed_lines = Listing(
    select(*_listed_line.columns)
    .join(hour_proposals, hour_proposals.c.id == hour_proposal_lines.c.proposal_id)
    .join(organisations, _is_its_organisation),
    _listed_line.build,
    key=[hour_proposals.c.id, -hour_proposal_lines.c.ordinal],
    seen=_seen,
    filters=_filters,
)
"""The lines of all proposals, in the order of the proposals."""
_id = bindparam("p_id", type_=Uuid)
_ids = bindparam("p_ids", type_=ARRAY(Uuid))
_contested = Query(
    select(*columns_of(LockedProposal, hour_proposals))
    .where(
        or_(
            hour_proposals.c.id == any_(_ids),
            and_(
                hour_proposals.c.central_organisation_id == any_(bindparam("p_central_ids", type_=ARRAY(Uuid))),
                given(hour_proposals.c.year, "year"),
                is_open,
            ),
        )
    )
    .order_by(_is_units, hour_proposals.c.id)
    .with_for_update(key_share=True),
    LockedProposal,
)
_part = hour_proposals.alias("part")
makers_of_proposal = (
    select(
        func.array_cat(func.array_agg(_part.c.created_by), func.array_agg(hour_proposal_revisions.c.submitted_by)),
    )
    .select_from(_part)
    .outerjoin(hour_proposal_revisions, hour_proposal_revisions.c.proposal_id == _part.c.id)
    .where(or_(_part.c.id == hour_proposals.c.id, _part.c.included_in == hour_proposals.c.id))
    .correlate(hour_proposals)
    .scalar_subquery()
)
_submission = Selection(
    SubmittedProposal, hour_proposals, hours=_hours, makers=Converted(makers_of_proposal, frozenset)
)
_makers = Query(select(makers_of_proposal).where(hour_proposals.c.id == bindparam("p_id", type_=Uuid)), frozenset[UUID])
_submitted = Query(select(*_submission.columns).where(hour_proposals.c.id == any_(_ids)), _submission.build)
_decided = Query(
    update(hour_proposals)
    .where(
        or_(
            and_(hour_proposals.c.id == any_(_ids), hour_proposals.c.state == "submitted"),
            and_(hour_proposals.c.included_in == any_(_ids), hour_proposals.c.state == "included"),
        )
    )
    .values(state="decided")
    .returning(hour_proposals.c.id, hour_proposals.c.organisation_id),
    lambda proposal_id, organisation_id: (proposal_id, organisation_id),
)
_of_year: Query[UUID] = Query(
    select(hour_proposals.c.id).where(
        given(hour_proposals.c.organisation_id, "organisation_id"),
        given(hour_proposals.c.year, "year"),
        hour_proposals.c.state != "withdrawn",
        hour_proposals.c.state != "expired",
    )
)
_lines_removed = Command(delete(hour_proposal_lines).where(hour_proposal_lines.c.proposal_id == _id))


async def lock_in_reach(session: Reader, proposal_id: UUID) -> tuple[HourProposal, Standing]:
    """The locked proposal, and its organisation's facts for the proposal round. Raises NotFound."""
    proposal = await proposals.lock(session, proposal_id)
    standing = await get_standing(session, proposal.organisation_id, proposal.year, "proposal_round")
    return proposal, standing


async def find_of_year(connection: Connection, organisation_id: UUID, year: int) -> UUID | None:
    """The organisation's proposal for the year that is neither withdrawn nor expired, if there is one."""
    return await _of_year.first(connection, p_organisation_id=organisation_id, p_year=year)


async def lock_contested(
    connection: Connection, central_ids: Collection[UUID], year: int, named: Collection[UUID]
) -> dict[UUID, LockedProposal]:
    """The open proposals of these trees in the year and the named ones, locked until the transaction ends."""
    locked = await _contested.all(connection, p_central_ids=list(central_ids), p_year=year, p_ids=list(named))
    return {proposal.id: proposal for proposal in locked}


async def find_submitted(connection: Connection, proposal_ids: Collection[UUID]) -> dict[UUID, SubmittedProposal]:
    """The submitted proposals by organisation. They are locked, so that their hours and makers do not change."""
    submitted = await _submitted.all(connection, p_ids=list(proposal_ids))
    return {proposal.organisation_id: proposal for proposal in submitted}


async def find_makers(connection: Connection, proposal_id: UUID) -> frozenset[UUID]:
    """Who created or submitted the proposal, or one that it includes."""
    return await _makers.first(connection, p_id=proposal_id) or frozenset()


async def mark_decided(connection: Connection, proposal_ids: Collection[UUID]) -> list[tuple[UUID, UUID]]:
    """Submitted proposals and those included in them; return the id and the organisation of each."""
    return await _decided.all(connection, p_ids=list(proposal_ids))


async def insert_lines(
    connection: Connection, proposal_id: UUID, lines: Sequence[ProposalLine], *, after: int = 0
) -> None:
    """`after`: how many lines there are already."""
    rows = ({"proposal_id": proposal_id, "ordinal": after + i, **vars(line)} for i, line in enumerate(lines, 1))
    await insert_rows(connection, hour_proposal_lines, rows)


async def replace_lines(connection: Connection, proposal_id: UUID, lines: Sequence[ProposalLine]) -> None:
    await _lines_removed.run(connection, p_id=proposal_id)
    await insert_lines(connection, proposal_id, lines)
