"""`/v1/me/study-register/extract`."""

from typing import Annotated

from fastapi import APIRouter, Depends

from app.api.conventions import PlainWrite
from app.api.files import PDF, Download, giving
from app.api.languages import language_of
from app.api.operations import Operation
from app.api.security import operation
from app.domain.organisations.organisations import Language
from app.services.trainings import register_extracts

router = APIRouter(prefix="/me/study-register/extract", route_class=Operation, tags=["Study register"])
ExtractLanguage = Annotated[Language, Depends(language_of("document"))]


@router.get("", **giving(PDF))
@operation(people_only=True, personal_data=True, computed=True)
async def get_my_study_register_extract(writer: PlainWrite, language: ExtractLanguage) -> Download:
    """Get your extract from the study register as a PDF.

    Shows the passed completions in force of all courses whose participation you have claimed, as of today, each with
    the code of its certificate.

    **Who:** everyone, for oneself.
    """
    name, content = await register_extracts.get_extract(writer, language)
    return Download(content, PDF, name, language, is_chosen=True)
