"""Distributions of hours to units: put and get."""

from collections.abc import Sequence
from uuid import UUID

from app.db.hours.accounts import get_books
from app.db.hours.distributions import find_revision, raise_revision
from app.db.hours.ledger import lock_balances, post_transfers
from app.db.hours.standing import get_standing
from app.db.organisations.organisations import find_below
from app.db.organisations.training_rules import find_recipients
from app.db.sessions import Reader, Writer
from app.domain.access import check_main_user
from app.domain.calendar.deadlines import day_of
from app.domain.errors import Stale
from app.domain.hours import distributions as rules
from app.domain.hours.accounts import Books
from app.domain.hours.distributions import Allotment, Distribution
from app.domain.hours.standing import check_central, check_year
from app.domain.versions import Versions, check_required_version, check_version, fingerprint


async def distribute(
    writer: Writer, organisation_id: UUID, year: int, *, units: Sequence[Allotment], expected: Versions
) -> Distribution:
    rules.check_each_once(units)
    standing = await get_standing(writer, organisation_id, year)
    unit_ids = [unit.unit_id for unit in units]
    rules.check_below(organisation_id, units, await find_below(writer.connection, organisation_id, unit_ids))
    check_main_user(writer.actor, standing.place)
    # The tree's balances are locked before they are read: the second of two distributions sees what the first left,
    # and no reservation is drawn on an allotment between the check and the recall. Nor does a unit end or move away
    # after that: a request that ends or moves one takes the same lock. So the days are read here.
    await lock_balances(writer.connection, year, organisation_id)
    recipients = await find_recipients(writer.connection, organisation_id, unit_ids)
    rules.check_below(organisation_id, units, recipients)
    books, current = await _find(writer, organisation_id, year)
    if current.revision:
        check_required_version(current, expected)
    check_version(current, expected, is_put=current.revision > 0)
    check_central(standing.place)
    check_year(standing, writer.now)
    rules.check_recipients(books, units, recipients, day_of(writer.now))
    transfers = rules.transfers_of(books, units)
    await post_transfers(writer, year, "hour_distribution", organisation_id, transfers)
    raised = await raise_revision(
        writer.connection,
        organisation_id,
        year,
        seen=current.revision,
        person_id=writer.actor.person_id,
        now=writer.now,
    )
    _, changed = await _find(writer, organisation_id, year)
    if not raised:
        # If nothing was ever granted, there is no balance to lock, and two requests may both put the first one.
        raise Stale(etag=f'"{fingerprint(changed)}"')
    writer.record(
        "hour-distribution.changed",
        organisation_id,
        organisation_id=organisation_id,
        year=year,
        revision=changed.revision,
        recalled=sum(transfer.hours for transfer in transfers if transfer.kind == "recall"),
        distributed=sum(transfer.hours for transfer in transfers if transfer.kind == "distribution"),
    )
    return changed


async def get_distribution(reader: Reader, organisation_id: UUID, year: int) -> Distribution:
    books, distribution = await _find(reader, organisation_id, year)
    check_central(books.place)
    return distribution


async def _find(reader: Reader, organisation_id: UUID, year: int) -> tuple[Books, Distribution]:
    books = await get_books(reader, organisation_id, year)
    return books, rules.distribution_of(books, await find_revision(reader.connection, organisation_id, year))
