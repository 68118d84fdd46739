"""The ledger: pools, balances and transfers."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from sqlalchemy import (
    ARRAY,
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
    bindparam,
    func,
    select,
)

from app.db.identifiers import new_id
from app.db.sessions import Writer
from app.db.statements import Command, Connection, insertion, study_centre_table
from app.domain.access import SERVICE
from app.domain.hours.ledger import HourType, Transfer


def hour_type_column(*, primary_key: bool = False) -> Column[str]:
    return Column("hour_type", Text, primary_key=primary_key, nullable=False, server_default="training")


hour_pools = study_centre_table(
    "hour_pools",
    Column("year", SmallInteger, primary_key=True),
    hour_type_column(primary_key=True),
    Column("state", Integer, nullable=False),
    Column("pool", Integer, nullable=False),
    Column("returned", Integer, nullable=False),
    Column("closed_at", DateTime(timezone=True)),
)

hour_balances = study_centre_table(
    "hour_balances",
    Column("central_organisation_id", Uuid, primary_key=True),
    Column("year", SmallInteger, primary_key=True),
    hour_type_column(primary_key=True),
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

hour_transfers = study_centre_table(
    "hour_transfers",
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
    hour_type_column(),
)


_retry_key = bindparam("p_retry_key", type_=LargeBinary)
posting = Command(
    select(
        func.post_hour_transfers(
            bindparam("posting_year", type_=SmallInteger),
            bindparam("posting_retry_key", type_=LargeBinary),
            bindparam("posting_cause_type", type_=Text),
            bindparam("posting_cause_id", type_=Uuid),
            bindparam("posting_actor_id", type_=Uuid),
            bindparam("posting_made_at", type_=DateTime(timezone=True)),
            bindparam("posting_holder_ids", type_=ARRAY(Uuid)),
            bindparam("posting_holder_central_ids", type_=ARRAY(Uuid)),
            bindparam("posting_ids", type_=ARRAY(Uuid)),
            bindparam("posting_kinds", type_=ARRAY(Text)),
            bindparam("posting_hours", type_=ARRAY(Integer)),
            bindparam("posting_central_ids", type_=ARRAY(Uuid)),
            bindparam("posting_from_accounts", type_=ARRAY(Text)),
            bindparam("posting_from_ids", type_=ARRAY(Uuid)),
            bindparam("posting_to_accounts", type_=ARRAY(Text)),
            bindparam("posting_to_ids", type_=ARRAY(Uuid)),
            bindparam("posting_cause_ids", type_=ARRAY(Uuid)),
            bindparam("posting_hour_type", type_=Text),
        )
    )
)


def posting_of(
    year: int,
    cause_type: str,
    cause: UUID | Sequence[UUID],
    transfers: Sequence[Transfer],
    *,
    retry_key: bytes,
    actor_id: UUID | None,
    made_at: datetime,
    hour_type: HourType = "training",
) -> dict[str, object]:
    """The parameters of `posting`, the one call by which hours move."""
    holders = sorted({holder for transfer in transfers for holder in transfer.holders()})
    return {
        "posting_year": year,
        "posting_retry_key": retry_key,
        "posting_cause_type": cause_type,
        "posting_cause_id": cause if isinstance(cause, UUID) else None,
        "posting_actor_id": actor_id,
        "posting_made_at": made_at,
        "posting_holder_ids": [holder_id for holder_id, _ in holders],
        "posting_holder_central_ids": [central_id for _, central_id in holders],
        "posting_ids": [new_id() for _ in transfers],
        "posting_kinds": [transfer.kind for transfer in transfers],
        "posting_hours": [transfer.hours for transfer in transfers],
        "posting_central_ids": [transfer.central_organisation_id for transfer in transfers],
        "posting_from_accounts": [transfer.source.account for transfer in transfers],
        "posting_from_ids": [transfer.source.organisation_id for transfer in transfers],
        "posting_to_accounts": [transfer.target.account for transfer in transfers],
        "posting_to_ids": [transfer.target.organisation_id for transfer in transfers],
        "posting_cause_ids": None if isinstance(cause, UUID) else list(cause),
        "posting_hour_type": hour_type,
    }


async def post_transfers(
    writer: Writer,
    year: int,
    cause_type: str,
    cause: UUID | Sequence[UUID],
    transfers: Sequence[Transfer],
    hour_type: HourType = "training",
    *,
    row: tuple[Table, Mapping[str, object]] | None = None,
    is_last: bool = False,
    retry_key: bytes | None = None,
) -> None:
    """Post all or none, in one call of the database's function. Without transfers there is no call.

    `cause` is what all of them come from, or one for each. The request's retry key is for one posting of each type, so
    further ones need keys of their own. What the clock posts has no actor, and a `clock_retry_key`.
    With a `row`, the cause itself, both travel with the closing statement, the posting last: an account that many want
    is locked for as long as it takes to post and commit. What `is_last` travels so too, without a row.
    Raises PoolExceeded, QuotaExceeded, YearClosed (from the database: `app/db/refusals.py`), and AlreadyExists where
    this request's retry key has posted before, long after its answer was thrown away.
    """
    if not transfers:
        return
    parameters = posting_of(
        year,
        cause_type,
        cause,
        transfers,
        retry_key=retry_key or retry_key_of(writer, hour_type),
        actor_id=None if writer.actor is SERVICE else writer.actor.person_id,
        made_at=writer.now,
        hour_type=hour_type,
    )
    if row is None and not is_last:
        await posting.run(writer.connection, **parameters)
    else:
        writer.last += [*([insertion(*row)] if row else ()), (posting.sql, posting.set | parameters)]


def retry_key_of(writer: Writer, hour_type: HourType) -> bytes:
    """The key of a request's posting of a type: that of the request itself, or one that follows from it."""
    return writer.retry_key if hour_type == "training" else sha256(hour_type.encode() + writer.retry_key).digest()


def clock_retry_key(act: str, cause_id: UUID) -> bytes:
    """The key of what the clock does once with something, for example `training.lapsed`: two workers make the same."""
    return sha256(f"{act} {cause_id}".encode()).digest()


async def lock_balances(connection: Connection, year: int, central_id: UUID, hour_type: HourType = "training") -> None:
    """Let nobody else move the hours of this type of the centre's tree until the transaction ends."""
    await connection.execute("SELECT FROM lock_hour_balances(%s::smallint, %s, %s)", [year, central_id, hour_type])
