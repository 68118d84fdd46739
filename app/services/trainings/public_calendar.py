"""The public calendar: list and get training courses, and give them as a calendar file."""

from collections.abc import Sequence
from datetime import date
from typing import TypedDict, Unpack
from uuid import UUID

from app.db.organisations.profiles import patterns_of
from app.db.paging import PageRequest, Slice
from app.db.people.study_centres import get_study_centre
from app.db.sessions import Reader
from app.db.trainings.public_calendar import MOST_IN_FILE, file_listing, find_public_training, listing
from app.domain.errors import NotFound
from app.domain.trainings.public_calendar import PublicTraining
from app.domain.trainings.trainings import Mode


class PublicFilters(TypedDict, total=False):
    since: date | None
    until: date | None
    municipality: Sequence[str] | None
    mode: Sequence[Mode] | None


async def list_public_trainings(
    reader: Reader, page: PageRequest, *, q: str | None, **filters: Unpack[PublicFilters]
) -> Slice[PublicTraining]:
    """`since` and `until` are days that a course may go beyond, but not miss."""
    return await listing.page(reader, page, words=patterns_of(q), **filters)


async def get_public_training(reader: Reader, training_id: UUID) -> PublicTraining:
    """Raise NotFound also for a training that is not public."""
    training = await find_public_training(reader, training_id)
    if training is None:
        raise NotFound
    return training


async def read_calendar_file(
    reader: Reader, slug: str, public_url: str | None, *, q: str | None, **filters: Unpack[PublicFilters]
) -> bytes:
    """The soonest courses, and those cancelled lately, as iCalendar."""
    centre = await get_study_centre(reader.connection)
    page = PageRequest(MOST_IN_FILE, None)
    found = await file_listing.page(reader, page, words=patterns_of(q), **filters)
    # It imports the library of calendar files, which no other request needs.
    from app.delivery.calendars import calendar_of_trainings

    links = f"{public_url}/v1/public/{slug}/trainings" if public_url else None
    return calendar_of_trainings(found.items, name=centre.name, links=links)
