"""`/v1/me`."""

from fastapi import APIRouter

from app.api.operations import PERSONAL, Operation
from app.db.sessions import Reader
from app.domain.people.people import Me
from app.services.people import me

router = APIRouter(prefix="/me", route_class=Operation, tags=["Me"])


@router.get("", response_model=Me, openapi_extra=PERSONAL)
async def get_me(reader: Reader) -> Me:
    """Who you are, which roles you hold now and for which organisations (everybody)."""
    return await me.get_me(reader)
