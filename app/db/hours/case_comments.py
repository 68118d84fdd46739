"""Comments on cases."""

from sqlalchemy import Column, Text

from app.db.hours.case_entries import of_cases, table_of_entries
from app.domain.hours.cases import CaseComment

case_comments = table_of_entries("case_comments", Column("text", Text, nullable=False))

comments = of_cases(CaseComment, case_comments)
