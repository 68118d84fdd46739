"""The ledger: pools, balances and transfers."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Identity,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    Uuid,
)

from app.db.identifiers import new_id
from app.db.sessions import Writer
from app.db.statements import metadata, study_centre_key
from app.domain.errors import AlreadyExists
from app.domain.hours.ledger import Transfer

hour_pools = Table(
    "hour_pools",
    metadata,
    study_centre_key(),
    Column("year", SmallInteger, primary_key=True),
    Column("state", Integer, nullable=False),
    Column("pool", Integer, nullable=False),
    Column("returned", Integer, nullable=False),
    Column("closed_at", DateTime(timezone=True)),
)

hour_balances = Table(
    "hour_balances",
    metadata,
    study_centre_key(),
    Column("central_organisation_id", Uuid, primary_key=True),
    Column("year", SmallInteger, primary_key=True),
    Column("organisation_id", Uuid, primary_key=True),
    Column("common", Integer, nullable=False),
    Column("allotment", Integer, nullable=False),
    Column("reserved", Integer, nullable=False),
    Column("used", Integer, nullable=False),
    Column("lapsed", Integer, nullable=False),
    Column("returned", Integer, nullable=False),
    Column("allotment_lapsed", Integer, nullable=False),
    Column("closed", Boolean, nullable=False),
)

hour_transfers = Table(
    "hour_transfers",
    metadata,
    study_centre_key(),
    Column("id", Uuid, primary_key=True),
    Column("position", BigInteger, Identity(always=True)),
    Column("year", SmallInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("hours", Integer, nullable=False),
    Column("central_organisation_id", Uuid),
    Column("from_account", Text, nullable=False),
    Column("from_organisation_id", Uuid),
    Column("to_account", Text, nullable=False),
    Column("to_organisation_id", Uuid),
    Column("cause_type", Text, nullable=False),
    Column("cause_id", Uuid, nullable=False),
    Column("actor_id", Uuid),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("retry_key", LargeBinary, nullable=False),
    Column("ordinal", Integer, nullable=False),
)


async def post_transfers(
    writer: Writer, year: int, cause_type: str, cause_id: UUID, transfers: Sequence[Transfer]
) -> None:
    """Posts all or none, in one call of the database's own function; none is no call.

    Raises PoolExceeded, QuotaExceeded, YearClosed (from the database: `app/db/refusals.py`), and AlreadyExists where
    this request's retry key has posted before, long after its answer was thrown away.
    """
    if not transfers:
        return
    holders = sorted({holder for transfer in transfers for holder in transfer.holders()})
    cursor = await writer.connection.execute(
        "SELECT post_hour_transfers(%s::smallint, %s, %s, %s, %s, %s, %s::uuid[], %s::uuid[], "
        "%s::uuid[], %s::text[], %s::int[], %s::uuid[], %s::text[], %s::uuid[], %s::text[], %s::uuid[])",
        [
            year,
            writer.retry_key,
            cause_type,
            cause_id,
            writer.actor.person_id,
            writer.now,
            [holder_id for holder_id, _ in holders],
            [central_id for _, central_id in holders],
            [new_id() for _ in transfers],
            [transfer.kind for transfer in transfers],
            [transfer.hours for transfer in transfers],
            [transfer.central_organisation_id for transfer in transfers],
            [transfer.source.account for transfer in transfers],
            [transfer.source.organisation_id for transfer in transfers],
            [transfer.target.account for transfer in transfers],
            [transfer.target.organisation_id for transfer in transfers],
        ],
    )
    row = await cursor.fetchone()
    if row is None or not row[0]:
        raise AlreadyExists
