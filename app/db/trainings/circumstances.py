"""What decides about a submission of a training, or about a change of it, beside the plan."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, func, null, select, true
from sqlalchemy.dialects.postgresql import array

from app.db.hours.ledger import hour_pools
from app.db.hours.standing import windows_from, windows_of
from app.db.organisations.organisations import organisations, place_at
from app.db.organisations.training_rules import training_rules
from app.db.sessions import Writer
from app.db.statements import Connection, Converted, Query, Selection
from app.db.trainings.statement_days import RULES
from app.db.trainings.tables import trainings
from app.db.trainings.topic_classes import topic_classes
from app.db.trainings.trainings import ask_locked, place_under
from app.domain.organisations.training_rules import TrainingRules, open_to_all
from app.domain.trainings.submissions import Circumstances
from app.domain.trainings.support_rules import ActivityRules
from app.domain.trainings.trainings import Training


class _OwnRules(Selection[TrainingRules]):
    def build(self, *values: Any) -> TrainingRules:
        central_id, revision, *_ = values
        return open_to_all(central_id) if revision is None else super().build(*values)


_central = organisations.alias("central")
_circumstances = Selection(
    Circumstances,
    place=place_at(organisations),
    kind=organisations.c.kind,
    organisation_active=Converted(array([organisations.c.active_from, organisations.c.active_until]), tuple),
    centre_active=Converted(array([_central.c.active_from, _central.c.active_until]), tuple),
    closed_at=select(hour_pools.c.closed_at)
    .where(hour_pools.c.year == trainings.c.year, hour_pools.c.hour_type == "training")
    .correlate(trainings)
    .scalar_subquery(),
    training_entry=Converted(windows_of(organisations, "training_entry", trainings.c.year, trainings), windows_from),
    rules=Converted(RULES.c.numbers, lambda numbers: ActivityRules(**numbers)),
    own_rules=_OwnRules(
        TrainingRules, training_rules, organisation_id=organisations.c.central_organisation_id, changed_by_name=null()
    ),
    topics_in_use=Converted(
        select(func.array_agg(topic_classes.c.code)).where(topic_classes.c.active).scalar_subquery(),
        lambda codes: frozenset(codes or ()),
    ),
)


def _from_row(training_id: UUID, central_id: UUID, *values: Any) -> tuple[UUID, Circumstances]:
    found = _circumstances.build(*values)
    return training_id, replace(found, place=place_under(central_id, found.place))


_found = Query(
    select(trainings.c.id, trainings.c.central_organisation_id, *_circumstances.columns)
    .join(organisations, organisations.c.id == trainings.c.organisation_id)
    .join(_central, _central.c.id == organisations.c.central_organisation_id)
    .join(RULES, true())
    .outerjoin(training_rules, training_rules.c.organisation_id == organisations.c.central_organisation_id)
    .where(trainings.c.id == any_(bindparam("p_ids", type_=ARRAY(Uuid)))),
    _from_row,
)


async def find_circumstances(connection: Connection, training_id: UUID) -> Circumstances:
    ((_, circumstances),) = await _found.all(connection, p_ids=[training_id])
    return circumstances


async def lock_with_circumstances(
    writer: Writer, training_ids: Sequence[UUID]
) -> dict[UUID, tuple[Training, Circumstances]]:
    """As `lock_several`, with what decides about the submission of each."""
    async with writer.connection.pipeline():
        locked = await ask_locked(writer, training_ids)
        found = await _found.ask(writer.connection, p_ids=list(training_ids))
    circumstances = dict(await found.fetchall())
    return {each.training.id: (each.training, circumstances[each.training.id]) for each in await locked.fetchall()}
