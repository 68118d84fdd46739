"""`/v1/study-centre`."""

from fastapi import APIRouter

from app.api.conventions import Edit, Read
from app.api.operations import Operation, Tag
from app.api.security import operation
from app.api.shapes import UNSAID, Body, Flag
from app.domain.organisations.study_centre import StudyCentre
from app.services.organisations import study_centre

router = APIRouter(
    prefix="/study-centre",
    route_class=Operation,
    tags=[Tag("Study centre", "The study centre itself, and whether two people decide hours.")],
)


class StudyCentrePatch(Body):
    decisions_by_two: Flag = UNSAID
    """Whether hours above 0 are decided by two people. `true` applies immediately, `false` from the midnight after the
    next."""


@router.get("")
@operation(scope="hours:read")
async def get_study_centre(reader: Read) -> StudyCentre:
    """Get the study centre.

    Shows whether hours are decided by two people.

    **Who:** everyone who has registered.
    """
    return await study_centre.get_centre(reader)


@router.patch("")
@operation(people_only=True)
async def change_study_centre(writer: Edit, body: StudyCentrePatch) -> StudyCentre:
    """Change the settings of the study centre.

    Turns decisions by two on or off. They are on immediately. They end at the midnight after the next, in Finland, and
    all of the staff get an email about it immediately. Turning them on again before that cancels the end.

    **Who:** staff.
    """
    return await study_centre.change_centre(writer, body.given(), writer.expected)
