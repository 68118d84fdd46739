"""The mails sent."""

from app.db.delivery.mails import mails_listing
from app.db.paging import PageRequest, Slice
from app.db.sessions import Reader
from app.domain.delivery.mails import Mail


async def list_mails(reader: Reader, page: PageRequest, *, to: str | None) -> Slice[Mail]:
    return await mails_listing.page(reader.connection, page, to=to)
