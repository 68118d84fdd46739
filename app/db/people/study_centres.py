"""The study centre of the connection."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select

from app.db.people.people import study_centres
from app.db.statements import Connection, Query, columns_of
from app.domain.calendar.deadlines import HELSINKI


@dataclass(frozen=True)
class StudyCentre:
    id: UUID
    name: str
    name_sv: str | None
    name_en: str | None
    clock_at: datetime | None
    """The time by the sandbox's clock; None for real time."""
    signing_days: int
    """How many days a main-user application waits for its signatures."""

    @property
    def now(self) -> datetime:
        """The time in Helsinki by the study centre's clock."""
        return (self.clock_at or datetime.now(UTC)).astimezone(HELSINKI)


_one = select(*columns_of(StudyCentre, study_centres))
_found, _locked = Query(_one, StudyCentre), Query(_one.with_for_update(key_share=True), StudyCentre)


async def get_study_centre(connection: Connection) -> StudyCentre:
    return _existing(await _found.first(connection))


async def lock_study_centre(connection: Connection) -> StudyCentre:
    """Let no other job, such as one that makes a digest, work for the study centre until the transaction ends."""
    return _existing(await _locked.first(connection))


def _existing(centre: StudyCentre | None) -> StudyCentre:
    if centre is None:
        raise RuntimeError("the connection has no study centre")
    return centre
