"""Participants by their address, over all trainings: find them, and make them anonymous."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    DateTime,
    LargeBinary,
    SmallInteger,
    Text,
    Uuid,
    any_,
    bindparam,
    func,
    null,
    or_,
    select,
    update,
)

from app.db.organisations.organisations import organisations
from app.db.paging import given
from app.db.statements import Command, Connection, Query, columns_of
from app.db.trainings.tables import training_participants as rows
from app.db.trainings.tables import trainings
from app.domain.trainings.participants import FoundParticipant

ADDRESSES_AT_ONCE = 10_000

_trees = bindparam("p_trees", type_=ARRAY(Uuid))
_found = Query(
    select(
        *columns_of(
            FoundParticipant,
            rows,
            hour_type=trainings.c.hour_type,
            training_name=trainings.c.name,
            organisation_id=trainings.c.organisation_id,
            organisation_name=organisations.c.name,
            year=trainings.c.year,
        )
    )
    .join(trainings, trainings.c.id == rows.c.training_id)
    .join(organisations, organisations.c.id == trainings.c.organisation_id)
    .where(
        given(rows.c.email_key, "email_key"),
        or_(_trees.is_(None), trainings.c.central_organisation_id == any_(_trees)),
    )
    .order_by(rows.c.id.desc()),
    FoundParticipant,
)
_lock = Command(
    select(rows.c.id)
    .where(rows.c.id == any_(bindparam("p_ids", type_=ARRAY(Uuid))))
    .order_by(rows.c.id)
    .with_for_update()
)
_anonymous = {
    "name": null(),
    "email": null(),
    "email_key": null(),
    "anonymised_at": bindparam("p_at", type_=DateTime(timezone=True)),
}
_tokens_of_rows = (
    func.unnest(bindparam("p_ids", type_=ARRAY(Uuid)), bindparam("p_tokens", type_=ARRAY(LargeBinary)))
    .table_valued("id", "token")
    .render_derived(name="given")
)
_erased = Command(
    update(rows)
    .where(rows.c.id == _tokens_of_rows.c.id, rows.c.anonymised_at.is_(None))
    .values(token=_tokens_of_rows.c.token, **_anonymous)
)
_years: Query[int] = Query(
    select(trainings.c.year)
    .where(
        trainings.c.year <= bindparam("p_last_year", type_=SmallInteger),
        select(rows.c.id).where(rows.c.training_id == trainings.c.id, rows.c.anonymised_at.is_(None)).exists(),
    )
    .distinct()
    .order_by(trainings.c.year)
)
_of_year = (trainings.c.id == rows.c.training_id, given(trainings.c.year, "year"))
_lock_year = Command(
    select(rows.c.id)
    .join(trainings, trainings.c.id == rows.c.training_id)
    .where(given(trainings.c.year, "year"), rows.c.anonymised_at.is_(None))
    .order_by(rows.c.id)
    .with_for_update(of=rows)
)
_keys: Query[str] = Query(select(rows.c.email_key).distinct().where(*_of_year, rows.c.email_key.is_not(None)))
_tokens_of_keys = (
    func.unnest(bindparam("p_keys", type_=ARRAY(Text)), bindparam("p_tokens", type_=ARRAY(LargeBinary)))
    .table_valued("email_key", "token")
    .render_derived(name="given")
)
_anonymised = Command(
    update(rows)
    .where(*_of_year, rows.c.email_key == _tokens_of_keys.c.email_key)
    .values(token=_tokens_of_keys.c.token, **_anonymous)
)
_anonymised_without = Command(
    update(rows).where(*_of_year, rows.c.email_key.is_(None), rows.c.anonymised_at.is_(None)).values(**_anonymous)
)


async def find_participants(
    connection: Connection, email_key: str, trees: Sequence[UUID] | None
) -> list[FoundParticipant]:
    """Those with the address in the trees of these central organisations, or in all."""
    return await _found.all(connection, p_email_key=email_key, p_trees=None if trees is None else list(trees))


async def erase_participants(connection: Connection, tokens: Mapping[UUID, bytes], at: datetime) -> int:
    """Make the participants anonymous, each with its token, and return how many were not yet."""
    await _lock.run(connection, p_ids=list(tokens))
    return await _erased.run(connection, p_ids=list(tokens), p_tokens=list(tokens.values()), p_at=at)


async def list_named_years(connection: Connection, last_year: int) -> list[int]:
    """The years until the last one in which a participant is not anonymous."""
    return await _years.all(connection, p_last_year=last_year)


async def lock_year(connection: Connection, year: int) -> int:
    """Lock the participants of the year who are not anonymous, in the order of their IDs. Return how many there are."""
    return await _lock_year.run(connection, p_year=year)


async def list_addresses(connection: Connection, year: int) -> list[str]:
    """The keys of all addresses of the year."""
    return await _keys.all(connection, p_year=year)


async def anonymise_year(connection: Connection, year: int, tokens: Mapping[str, bytes], at: datetime) -> int:
    """Make all participants of the year anonymous. A participant with an address gets the token of the address.

    Return the number of participants.
    """
    keys = list(tokens)
    changed = await _anonymised_without.run(connection, p_year=year, p_at=at)
    for begin in range(0, len(keys), ADDRESSES_AT_ONCE):
        part = keys[begin : begin + ADDRESSES_AT_ONCE]
        changed += await _anonymised.run(
            connection, p_year=year, p_keys=part, p_tokens=[tokens[key] for key in part], p_at=at
        )
    return changed
