"""The yearly report to the statistics authority."""

from app.db.sessions import Reader
from app.db.trainings.authority_reports import list_topic_figures
from app.domain.access import check_staff_or_auditor
from app.domain.trainings.authority_reports import AuthorityReport, report_of


async def get_report(reader: Reader, year: int) -> AuthorityReport:
    check_staff_or_auditor(reader.actor)
    return report_of(year, await list_topic_figures(reader.connection, year))
