"""`/v1/authority-reports`."""

from operator import attrgetter

from fastapi import APIRouter

from app.api.conventions import Read
from app.api.operations import Operation
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import YearPath
from app.domain.trainings.authority_reports import AuthorityReport
from app.services.trainings import authority_reports

router = APIRouter(prefix="/authority-reports", route_class=Operation, tags=["Statistics"])


@router.get("/{year}", responses=refusing("forbidden"))
@operation(people_only=True, csv_rows=attrgetter("items"))
async def get_authority_report(reader: Read, year: YearPath) -> AuthorityReport:
    """Get the report to the statistics authority.

    Courses, hours and participants of the year by the authority’s classification. No count is hidden. `faults` lists
    what has to be put right before the report is sent.

    **Who:** staff, auditors.
    """
    return await authority_reports.get_report(reader, year)
