"""`/v1/reminder-settings`."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field
from pydantic.types import StrictInt

from app.api.conventions import Read, Replace
from app.api.operations import Operation
from app.api.security import operation
from app.api.shapes import Body
from app.domain.calendar.reminders import ReminderSettings
from app.services.calendar import reminders

router = APIRouter(prefix="/reminder-settings", route_class=Operation, tags=["Calendar"])


class ReminderSettingsIn(Body):
    closing_soon_days: Annotated[list[Annotated[StrictInt, Field(ge=1, le=60)]], Field(max_length=5)]
    """So many days before a last day a reminder goes out."""
    running_out_percents: Annotated[list[Annotated[StrictInt, Field(ge=1, le=100)]], Field(max_length=5)]
    """Hours are running out where so much of the year's are reserved or used."""
    unused_percent: Annotated[StrictInt, Field(ge=0, le=100)]
    """Hours are going unused where less than so much is reserved or used at the year's last change window."""


@router.get("")
@operation(scope="calendar:read")
async def get_reminder_settings(reader: Read) -> ReminderSettings:
    """When reminders go out, and which hours count as running out or going unused (everybody)."""
    return await reminders.get_settings(reader)


@router.put("")
@operation(scope="calendar:write")
async def put_reminder_settings(writer: Replace, body: ReminderSettingsIn) -> ReminderSettings:
    """Set when reminders go out, for the whole study centre (staff)."""
    return await reminders.put_settings(writer, ReminderSettings(**body.model_dump()), writer.expected)
