"""What the flags of a statement are found from: other trainings and accounts, and the costs of the year."""

from collections.abc import Collection
from dataclasses import dataclass
from fractions import Fraction
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Date,
    DateTime,
    Numeric,
    SmallInteger,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    cast,
    func,
    or_,
    select,
)

from app.db.organisations.bank_accounts import bank_account_changes
from app.db.organisations.organisations import organisations
from app.db.paging import given
from app.db.statements import Connection, Converted, Query, Selection
from app.db.trainings.plans import sessions_from
from app.db.trainings.tables import cost_statements, training_participants, trainings
from app.domain.calendar.deadlines import day_of, start_of
from app.domain.trainings.flags import median_per_hour, trainer_keys_of
from app.domain.trainings.sessions import TrainingSession
from app.domain.trainings.support_rules import Activity
from app.domain.trainings.trainings import Training


@dataclass(frozen=True)
class Simultaneous:
    """Another approved training at about the same time."""

    id: UUID
    sessions: list[TrainingSession]
    shares_trainer: bool
    """Whether a trainer of the same name teaches there."""
    is_stated: bool
    """Whether it has a statement that was submitted or approved."""


_shares_trainer = trainings.c.trainer_keys.bool_op("&&")(bindparam("p_trainer_keys", type_=ARRAY(Text)))
_is_stated = (
    select(cost_statements.c.id)
    .where(
        cost_statements.c.training_id == trainings.c.id,
        or_(cost_statements.c.state == "submitted", cost_statements.c.state == "approved"),
    )
    .correlate(trainings)
    .exists()
)
_found = Selection(
    Simultaneous,
    id=trainings.c.id,
    sessions=Converted(trainings.c.sessions, sessions_from),
    shares_trainer=_shares_trainer,
    is_stated=_is_stated,
)
_begins_in_time = trainings.c.starts_at < bindparam("p_ends_at", type_=DateTime(timezone=True))
_simultaneous = Query(
    select(*_found.columns).where(
        trainings.c.id != bindparam("p_id", type_=Uuid),
        trainings.c.year == bindparam("p_year", type_=SmallInteger),
        trainings.c.state == "approved",
        trainings.c.ends_at > bindparam("p_starts_at", type_=DateTime(timezone=True)),
        _begins_in_time,
        # One that does not begin on these days began before them and goes on: few do, and an index has them.
        or_(
            and_(trainings.c.starts_at >= bindparam("p_day_begins_at", type_=DateTime(timezone=True)), _begins_in_time),
            and_(trainings.c.starts_on < trainings.c.ends_on, trainings.c.ends_on >= bindparam("p_day", type_=Date)),
        ),
        or_(
            _shares_trainer,
            trainings.c.organisation_id == bindparam("p_organisation_id", type_=Uuid),
            trainings.c.id == any_(bindparam("p_ids", type_=ARRAY(Uuid))),
        ),
    ),
    _found.build,
)
_newer = bank_account_changes.alias("newer")
_with_account: Query[UUID] = Query(
    select(bank_account_changes.c.organisation_id)
    .distinct()
    .join(organisations, organisations.c.id == bank_account_changes.c.organisation_id)
    .where(
        bank_account_changes.c.iban == bindparam("p_iban", type_=Text),
        bank_account_changes.c.state == "approved",
        organisations.c.central_organisation_id != bindparam("p_central_id", type_=Uuid),
        ~select(_newer.c.id)
        .where(
            _newer.c.organisation_id == bank_account_changes.c.organisation_id,
            _newer.c.state == "approved",
            _newer.c.id > bank_account_changes.c.id,
        )
        .exists(),
    )
    .order_by(bank_account_changes.c.organisation_id)
)
_other = training_participants.alias("other")
_sharing: Query[UUID] = Query(
    select(_other.c.training_id)
    .distinct()
    .join(training_participants, training_participants.c.email_key == _other.c.email_key)
    .where(
        training_participants.c.training_id == bindparam("p_training_id", type_=Uuid),
        _other.c.training_id != training_participants.c.training_id,
    )
)
# Twenty decimals: the costs of an hour of two statements that differ do so in the fourteenth at the latest.
_per_hour = cast(cost_statements.c.costs_cents, Numeric(40, 20)) / cost_statements.c.hours
_ranked = (
    select(
        cost_statements.c.costs_cents,
        cost_statements.c.hours,
        func.row_number().over(order_by=_per_hour).label("place"),
        func.count().over().label("number"),
    )
    .join(trainings, trainings.c.id == cost_statements.c.training_id)
    .where(
        given(trainings.c.hour_type, "hour_type"),
        cost_statements.c.year == bindparam("p_year", type_=SmallInteger),
        cost_statements.c.state == "approved",
        cost_statements.c.hours > 0,
    )
    .subquery("ranked")
)
_middle: Query[tuple[int, int, int]] = Query(
    select(_ranked.c.number, _ranked.c.costs_cents, _ranked.c.hours).where(
        or_(
            2 * _ranked.c.place == _ranked.c.number,
            2 * _ranked.c.place == _ranked.c.number + 1,
            2 * _ranked.c.place == _ranked.c.number + 2,
        )
    ),
    lambda number, cents, hours: (number, cents, hours),
)


async def list_simultaneous(connection: Connection, training: Training, ids: Collection[UUID]) -> list[Simultaneous]:
    """Return the approved trainings at the same time of the same organisation, with a trainer of the same name, or with
    one of the IDs."""
    if training.starts_at is None:
        return []
    day = day_of(training.starts_at)
    return await _simultaneous.all(
        connection,
        p_id=training.id,
        p_year=training.year,
        p_starts_at=training.starts_at,
        p_ends_at=training.ends_at,
        p_organisation_id=training.organisation_id,
        p_day=day,
        p_day_begins_at=start_of(day),
        p_trainer_keys=trainer_keys_of(trainer.name for trainer in training.trainers),
        p_ids=list(ids),
    )


async def list_with_account(connection: Connection, iban: str, central_id: UUID) -> list[UUID]:
    """The organisations outside the central organisation's tree whose account in force is this one."""
    return await _with_account.all(connection, p_iban=iban, p_central_id=central_id)


async def list_sharing(connection: Connection, training_id: UUID) -> set[UUID]:
    """The other trainings that have a participant with the same address."""
    return set(await _sharing.all(connection, p_training_id=training_id))


async def find_median_per_hour(connection: Connection, year: int, hour_type: Activity) -> Fraction | None:
    """The median of the costs in cents of an hour of the year's approved statements of the type, if there are
    enough."""
    found = await _middle.all(connection, p_year=year, p_hour_type=hour_type)
    return median_per_hour(found[0][0] if found else 0, [(cents, hours) for _, cents, hours in found])
