"""Anonymising: the participants of years that ended long enough ago (rulebook §6.2)."""

from secrets import token_bytes

from app.db.people.study_centres import lock_study_centre
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

    A year's key is in no place but this call: nothing leads from a token to its address, nor to the tokens of another
    year. If the transaction fails, the next one takes a new key for the complete year.
    """
    async with connection.transaction():
        centre = await lock_study_centre(connection)
        writer = Writer(connection, SERVICE, centre.now, retry_key=b"")
        last_year = last_year_anonymous(await find_kept_months(connection), day_of(centre.now))
        anonymised = 0
        for year in await questions.list_named_years(connection, last_year):
            key = token_bytes(32)
            tokens = {each: token_of(key, each) for each in await questions.list_addresses(connection, year)}
            changed = await questions.anonymise_year(connection, year, tokens, centre.now)
            writer.record("participants.anonymised", centre.id, year=year, participants=changed)
            anonymised += changed
        await write_down(writer)
    return anonymised
