"""`/v1/main-user-coverage`."""

from fastapi import APIRouter

from app.api.conventions import Read
from app.api.operations import Operation
from app.api.paging import Page, Paging
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import Several
from app.db.paging import Slice
from app.domain.people.main_user_coverage import Coverage, MainUserCoverage
from app.services.people import main_user_coverage

router = APIRouter(prefix="/main-user-coverage", route_class=Operation, tags=["Rights"])


@router.get("", response_model=Page[MainUserCoverage], responses=refusing("forbidden"))
@operation(people_only=True)
async def list_main_user_coverage(
    reader: Read, page: Paging, coverage: Several[Coverage] = None
) -> Slice[MainUserCoverage]:
    """List organisations by number of main users.

    Returns the member organisations by name.

    **Who:** staff, auditors.
    """
    return await main_user_coverage.list_coverage(reader, page, coverage=coverage)
