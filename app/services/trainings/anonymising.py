"""Anonymising: the participants of years that ended long enough ago (rulebook §6.2)."""

from secrets import token_bytes
from uuid import UUID

from app.db.people.study_centres import get_study_centre
from app.db.sessions import Writer
from app.db.statements import Connection
from app.db.trainings import participants_by_address as questions
from app.db.trainings.participants import find_kept_months
from app.db.transactions import write_down
from app.domain.access import SERVICE
from app.domain.calendar.deadlines import day_of
from app.domain.trainings.participants import last_year_anonymous, token_of


async def anonymise_due(connection: Connection) -> int:
    """Make participants anonymous by the study centre's clock, and return how many. Repeating it changes nothing more.

    Each year has a transaction of its own. Its key is in no place but that one: nothing leads from a token to its
    address, nor to the tokens of another year. If the transaction fails, the next one takes a new key for the complete
    year.
    """
    centre = await get_study_centre(connection)
    last_year = last_year_anonymous(await find_kept_months(connection), day_of(centre.now))
    anonymised = 0
    for year in await questions.list_named_years(connection, last_year):
        async with connection.transaction():
            anonymised += await _anonymise(Writer(connection, SERVICE, centre.now, retry_key=b""), centre.id, year)
    return anonymised


async def _anonymise(writer: Writer, centre_id: UUID, year: int) -> int:
    """Make the participants of the year anonymous, unless another worker was faster.

    All are locked first, in the order of their IDs: an erasure locks its own in the same order.
    """
    connection = writer.connection
    if not await questions.lock_year(connection, year):
        return 0
    key = token_bytes(32)
    tokens = {each: token_of(key, each) for each in await questions.list_addresses(connection, year)}
    changed = await questions.anonymise_year(connection, year, tokens, writer.now)
    writer.record("participants.anonymised", centre_id, year=year, participants=changed)
    await write_down(writer)
    return changed
