"""Central organisations' own rules on their courses."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ARRAY, Boolean, Column, DateTime, Integer, Text, Uuid, any_, bindparam, select

from app.db.organisations.organisations import ancestors_of, organisations
from app.db.paging import below, seen_by
from app.db.sessions import Reader
from app.db.statements import (
    Connection,
    Query,
    columns_of,
    put_row,
    row_of,
    study_centre_table,
)
from app.domain.hours.distributions import Recipient
from app.domain.organisations.training_rules import TrainingRules, may_run, open_to_all

training_rules = study_centre_table(
    "training_rules",
    Column("organisation_id", Uuid, primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("kinds", ARRAY(Text), nullable=False),
    Column("units", ARRAY(Uuid)),
    Column("applications", Text, nullable=False),
    Column("unit_managers_decide", Boolean, nullable=False),
    Column("activities", ARRAY(Text)),
    Column("topics", ARRAY(Text)),
    Column("plans_through_main_user", Boolean, nullable=False),
    Column("practice", Text),
    Column("changed_by", Uuid, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
)

_rules = Query(
    select(*columns_of(TrainingRules, training_rules)).where(
        training_rules.c.organisation_id == bindparam("p_central_id", type_=Uuid)
    ),
    TrainingRules,
)
_recipients = Query(
    select(
        organisations.c.id,
        organisations.c.kind,
        ancestors_of(organisations),
        training_rules.c.kinds,
        training_rules.c.units,
        organisations.c.active_from,
        organisations.c.active_until,
    )
    .outerjoin(training_rules, training_rules.c.organisation_id == organisations.c.central_organisation_id)
    .where(
        organisations.c.id == any_(bindparam("p_ids", type_=ARRAY(Uuid))),
        below(organisations.c.id, bindparam("p_top", type_=Uuid)),
    ),
    lambda organisation_id, kind, ancestors, kinds, units, active_from, active_until: Recipient(
        organisation_id, kinds is None or may_run(kind, ancestors, kinds, units), active_from, active_until
    ),
)


async def find_rules(session: Reader, central_id: UUID) -> TrainingRules:
    """The rules of the central organisation's tree, which are the defaults until it has set any."""
    rules = await _rules.first(session.connection, p_central_id=central_id, **seen_by(session))
    return rules or open_to_all(central_id)


async def find_recipients(
    connection: Connection, top: UUID, organisation_ids: Collection[UUID]
) -> dict[UUID, Recipient]:
    """Those of the organisations that are `top` or below it, and whether each may be given hours."""
    recipients = await _recipients.all(connection, p_top=top, p_ids=list(organisation_ids))
    return {recipient.organisation_id: recipient for recipient in recipients}


async def put_rules(connection: Connection, rules: TrainingRules) -> None:
    await put_row(connection, training_rules, **row_of(training_rules, rules))
