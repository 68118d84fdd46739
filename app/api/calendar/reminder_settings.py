"""`/v1/reminder-settings`."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field, Strict

from app.api.conventions import Read, Replace
from app.api.operations import Operation
from app.api.security import operation
from app.api.shapes import WHOLE, Body
from app.domain.calendar.reminder_settings import ReminderSettings
from app.services.calendar import reminder_settings

router = APIRouter(prefix="/reminder-settings", route_class=Operation, tags=["Calendar"])


class ReminderSettingsIn(Body):
    closing_soon_days: Annotated[list[Annotated[int, Strict(), Field(ge=1, le=60), WHOLE]], Field(max_length=5)]
    running_out_percents: Annotated[list[Annotated[int, Strict(), Field(ge=1, le=100), WHOLE]], Field(max_length=5)]
    unused_percent: Annotated[int, Strict(), Field(ge=0, le=100), WHOLE]


@router.get("")
@operation(scope="calendar:read")
async def get_reminder_settings(reader: Read) -> ReminderSettings:
    """Get the reminder settings.

    Shows when reminders are sent, and which hours count as running out or going unused.

    **Who:** everyone who has registered.
    """
    return await reminder_settings.get_settings(reader)


@router.put("")
@operation(scope="calendar:write")
async def put_reminder_settings(writer: Replace, body: ReminderSettingsIn) -> ReminderSettings:
    """Set the reminder settings.

    Applies to the complete study centre.

    **Who:** staff.
    """
    return await reminder_settings.put_settings(writer, ReminderSettings(**body.model_dump()), writer.expected)
