"""How many main users organisations have."""

from collections.abc import Sequence

from app.db.paging import PageRequest, Slice
from app.db.people import main_user_coverage as questions
from app.db.sessions import Reader
from app.domain.access import check_staff_or_auditor
from app.domain.people.main_user_coverage import Coverage, MainUserCoverage


async def list_coverage(
    reader: Reader, page: PageRequest, *, coverage: Sequence[Coverage] | None
) -> Slice[MainUserCoverage]:
    check_staff_or_auditor(reader.actor)
    return await questions.list_coverage(reader, page, coverage=coverage)
